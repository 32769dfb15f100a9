//! What every page has around its content: who is signed in, where we are, the status line, a banner.

use crdt_schema::identity::WorkspaceId;

use crate::forms::FormError;

/// Everything that `base.html` needs. Made once for each request.
#[derive(Clone, Debug, Default)]
pub struct Chrome {
    /// Who is signed in; nobody on the pages before sign-in.
    pub viewer: Option<Viewer>,
    /// Which item of the navigation is the current one.
    pub place: Place,
    /// The workspace that the page is in, with its own row of navigation.
    pub workspace: Option<WorkspacePlace>,
    /// Where the person's changes are; left out before set-up is done.
    pub status: Option<StatusLine>,
    /// The session's form token; in every form that posts.
    pub token: String,
    /// What just happened, shown once.
    pub banner: Option<Banner>,
    /// What is wrong with the form on this page; fills the error summary and puts "Error: " before the title.
    pub errors: Vec<FormError>,
}

impl Chrome {
    /// Returns the same with what is wrong with the form.
    #[must_use]
    pub fn with_errors(mut self, errors: Vec<FormError>) -> Self {
        self.errors = errors;
        self
    }

    /// Returns the same with a banner.
    #[must_use]
    pub fn with_banner(mut self, banner: Option<Banner>) -> Self {
        self.banner = banner;
        self
    }

    /// Returns a chrome as a signed-in person sees it.
    #[must_use]
    pub fn sample(place: Place) -> Self {
        Self {
            viewer: Some(Viewer {
                person: "Priya Shah".to_owned(),
                organization: "Leeds City Council".to_owned(),
            }),
            place,
            workspace: None,
            status: Some(StatusLine::AllShared { organizations: 3 }),
            token: "sample-token".to_owned(),
            banner: None,
            errors: Vec::new(),
        }
    }

    /// Returns a chrome as a signed-in person sees it in a workspace.
    #[must_use]
    pub fn sample_in_workspace(tab: Tab) -> Self {
        Self {
            workspace: Some(WorkspacePlace {
                id: WorkspaceId([7; 32]),
                name: "Northmere cash first partnership".to_owned(),
                tab,
                notice: None,
            }),
            ..Self::sample(Place::Workspaces)
        }
    }

    /// Returns a chrome as somebody sees it who is not signed in.
    #[must_use]
    pub fn sample_signed_out() -> Self {
        Self { token: "sample-token".to_owned(), ..Self::default() }
    }
}

/// Who is signed in.
#[derive(Clone, Debug)]
pub struct Viewer {
    /// The person's name.
    pub person: String,
    /// The name of the person's organisation.
    pub organization: String,
}

/// An item of the navigation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Place {
    /// None of them.
    #[default]
    Elsewhere,
    /// Home.
    Home,
    /// Workspaces, and all within one.
    Workspaces,
    /// Search.
    Search,
    /// Network.
    Network,
    /// Settings.
    Settings,
}

/// The workspace that a page is in.
#[derive(Clone, Debug)]
pub struct WorkspacePlace {
    /// Its id.
    pub id: WorkspaceId,
    /// Its name.
    pub name: String,
    /// Which item of its row is the current one.
    pub tab: Tab,
    /// What everybody here must know about our place in it: that we are suspended, by whom, why and until when.
    pub notice: Option<String>,
}

/// An item of the row of a workspace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tab {
    /// Overview.
    Overview,
    /// Pathways, and all about one of them.
    Pathways,
    /// Members and invites.
    Members,
}

/// Where the person's changes are, in one of the five sentences.
///
/// The sixth, "Not connected to the node", only a tab can know: `live-region` puts it here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StatusLine {
    /// No other organisation shares a workspace with us yet.
    Alone,
    /// Every organisation that we share with has everything.
    AllShared {
        /// How many they are.
        organizations: usize,
    },
    /// Some have not seen all.
    Behind {
        /// Who, and how many changes each lacks; at least one.
        organizations: Vec<(String, usize)>,
    },
    /// Nobody is in reach, and somebody lacks something.
    Nobody,
    /// The node could not save.
    NotSaved {
        /// Why, as a clause: "the disk is full".
        why: String,
        /// What to do, as a clause: "Free some space, then save again".
        what_to_do: String,
    },
}

impl StatusLine {
    /// Returns the sentence.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::Alone => "All changes saved on this computer.".to_owned(),
            Self::AllShared { organizations } => format!(
                "All changes saved and shared with {organizations} of {organizations} {}.",
                if *organizations == 1 { "organisation" } else { "organisations" }
            ),
            Self::Behind { organizations } => {
                let lack: Vec<String> = organizations
                    .iter()
                    .map(|(name, changes)| format!("{name} has not seen {} yet.", count(*changes, "change", "changes")))
                    .collect();
                format!("Saved on this computer. {}", lack.join(" "))
            }
            Self::Nobody => {
                "Saved on this computer. No other organisation is online. Changes are sent when one is.".to_owned()
            }
            Self::NotSaved { why, what_to_do } => format!("Not saved: {why}. {what_to_do}."),
        }
    }

    /// Is this the one that must not be missed?
    #[must_use]
    pub const fn is_alert(&self) -> bool {
        matches!(self, Self::NotSaved { .. })
    }

    /// Does Network say more?
    #[must_use]
    pub const fn has_more(&self) -> bool {
        matches!(self, Self::Behind { .. } | Self::Nobody)
    }
}

/// Returns a number with its noun: "1 change", "1,200 changes".
#[must_use]
pub fn count(number: usize, one: &str, many: &str) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    format!("{grouped} {}", if number == 1 { one } else { many })
}

/// What just happened, or what a person must know, above the content.
#[derive(Clone, Debug)]
pub struct Banner {
    /// Green, for something that was done; otherwise "Important".
    pub success: bool,
    /// The sentence.
    pub text: String,
    /// A link after it: text and address.
    pub link: Option<(String, String)>,
}

impl Banner {
    /// Returns a green banner.
    #[must_use]
    pub fn success(text: impl Into<String>) -> Self {
        Self { success: true, text: text.into(), link: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_status_line_names_who_lacks_what() {
        let behind = StatusLine::Behind {
            organizations: vec![("Kent".to_owned(), 4), ("Leeds".to_owned(), 1)],
        };
        assert_eq!(
            behind.words(),
            "Saved on this computer. Kent has not seen 4 changes yet. Leeds has not seen 1 change yet."
        );
        assert_eq!(
            StatusLine::AllShared { organizations: 3 }.words(),
            "All changes saved and shared with 3 of 3 organisations."
        );
    }

    #[test]
    fn numbers_are_grouped_by_thousands() {
        for (number, text) in [
            (0, "0 rows"),
            (1, "1 row"),
            (999, "999 rows"),
            (1200, "1,200 rows"),
            (1234567, "1,234,567 rows"),
        ] {
            assert_eq!(count(number, "row", "rows"), text);
        }
    }
}
