//! Forms about a document as a whole: making it, and who can read and change it.

use crdt_schema::identity::DocumentId;

use super::{Choice, Field, FormError, Posted, form};

/// Most bytes of a title.
pub const TITLE_MAX: usize = 200;

/// Who is meant, before the organisations are known by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Circle {
    /// Everyone in the workspace.
    Workspace,
    /// Everyone.
    Public,
    /// The organisations that are ticked.
    Named,
}

impl Circle {
    fn of_word(word: &str) -> Option<Self> {
        match word {
            "workspace" => Some(Self::Workspace),
            "public" => Some(Self::Public),
            "named" => Some(Self::Named),
            _ => None,
        }
    }
}

/// Who may suggest changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Suggesters {
    /// All who may read.
    Readers,
    /// Nobody but who may change it.
    Writers,
    /// The organisations that are ticked.
    Named,
}

impl Suggesters {
    fn of_word(word: &str) -> Option<Self> {
        match word {
            // What says nothing of it means what the form starts with.
            "" | "readers" => Some(Self::Readers),
            "writers" => Some(Self::Writers),
            "named" => Some(Self::Named),
            _ => None,
        }
    }
}

form! {
    /// Who can read a document, suggest changes to it, and change it. The organisations chosen are posted as `reader`,
    /// `suggester` and `writer`, once for each.
    AudienceForm {
        /// A circle's word: "workspace", "public" or "named".
        read => "read",
        /// "readers", "writers" or "named".
        suggest => "suggest",
        /// "workspace" or "named".
        write => "write",
    }
}

impl AudienceForm {
    /// Returns the form with the usual choices.
    #[must_use]
    pub fn fresh() -> Self {
        Self {
            read: Field::of("workspace"),
            suggest: Field::of("readers"),
            write: Field::of("workspace"),
        }
    }

    /// Returns who may read, who may suggest changes, and who may change.
    ///
    /// # Errors
    /// The same form with what is wrong.
    #[expect(clippy::result_large_err, reason = "it is shown again at once")]
    pub fn parse(mut self) -> Result<(Circle, Suggesters, Circle), Self> {
        let read = Circle::of_word(&self.read.value);
        if read.is_none() {
            self.read.refuse("Choose who can read it");
        }
        let suggest = Suggesters::of_word(&self.suggest.value);
        if suggest.is_none() {
            self.suggest.refuse("Choose who can suggest changes");
        }
        let write = Circle::of_word(&self.write.value);
        if write.is_none() {
            self.write.refuse("Choose who can change it");
        }
        match (read, suggest, write) {
            (Some(read), Some(suggest), Some(write)) => Ok((read, suggest, write)),
            (_, _, _) => Err(self),
        }
    }

    /// Returns who may read.
    #[must_use]
    pub fn readers() -> Vec<Choice> {
        vec![
            Choice::new(
                "workspace",
                "Everyone in this workspace",
                "Organisations that join later can read it too.",
            ),
            Choice::new(
                "named",
                "Only the organisations that I choose",
                "Others will not know that it exists.",
            ),
            Choice::new(
                "public",
                "The public",
                "Everyone in this workspace, and they may pass it on to anybody.",
            ),
        ]
    }

    /// Returns who may suggest changes.
    #[must_use]
    pub fn suggesters() -> Vec<Choice> {
        vec![
            Choice::new("readers", "Every contributor and editor who can read it", ""),
            Choice::new(
                "named",
                "Only contributors and editors of the organisations that I choose",
                "",
            ),
            Choice::new("writers", "Nobody but those who can change it", ""),
        ]
    }

    /// Returns who may change.
    #[must_use]
    pub fn writers() -> Vec<Choice> {
        vec![
            Choice::new("workspace", "Every editor who can read it", ""),
            Choice::new("named", "Only editors of the organisations that I choose", ""),
        ]
    }
}

form! {
    /// Create a document: its title. Who can read and change it is an [`AudienceForm`].
    TitleForm {
        /// Its title.
        title => "title",
    }
}

impl TitleForm {
    /// Returns the title.
    ///
    /// # Errors
    /// The same form with what is wrong.
    pub fn parse(mut self) -> Result<String, Self> {
        let title = self.title.value.trim().to_owned();
        if title.is_empty() {
            self.title.refuse("Enter a title");
        } else if title.len() > TITLE_MAX {
            self.title.refuse(format!("Title must be {TITLE_MAX} characters or less"));
        }
        if self.title.error.is_some() { Err(self) } else { Ok(title) }
    }
}

form! {
    /// Make a table of matching tags: two lists of tags, and its title.
    MatchForm {
        /// The first list.
        from => "from",
        /// The second list.
        to => "to",
        /// Its title; may be empty.
        title => "title",
    }
}

impl MatchForm {
    /// Returns the two lists and the title, if one was typed.
    ///
    /// # Errors
    /// The same form with what is wrong.
    #[expect(clippy::result_large_err, reason = "it is shown again at once")]
    pub fn parse(mut self) -> Result<(DocumentId, DocumentId, Option<String>), Self> {
        let from = self.from.parse("Choose the first list");
        let to = self.to.parse("Choose the second list");
        if from.is_some() && from == to {
            self.to.refuse("Both are the same list. Choose another one");
        }
        let title = self.title.value.trim().to_owned();
        if title.len() > TITLE_MAX {
            self.title.refuse(format!("Title must be {TITLE_MAX} characters or less"));
        }
        match (from, to) {
            (Some(from), Some(to)) if self.errors().is_empty() => {
                Ok((from, to, Some(title).filter(|title| !title.is_empty())))
            }
            (_, _) => Err(self),
        }
    }
}

form! {
    /// The day for which somebody asks who could read a document; sent with GET.
    DayForm {
        /// Day of the month.
        day => "day",
        /// Month of the year.
        month => "month",
        /// Year.
        year => "year",
    }
}

impl DayForm {
    /// Was nothing typed?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        [&self.day, &self.month, &self.year].iter().all(|field| field.value.trim().is_empty())
    }

    /// Returns the day.
    ///
    /// # Errors
    /// The same form with what is wrong.
    #[expect(clippy::result_large_err, reason = "the wrong form goes straight back to the page")]
    pub fn parse(mut self) -> Result<jiff::civil::Date, Self> {
        let number = |field: &Field| field.value.trim().parse::<i16>().ok();
        let (year, month, day) = (number(&self.year), number(&self.month), number(&self.day));
        let date = year.zip(month.zip(day)).and_then(|(year, (month, day))| {
            let (month, day) = (i8::try_from(month).ok()?, i8::try_from(day).ok()?);
            jiff::civil::Date::new(year, month, day).ok().filter(|_| (2000..=9998).contains(&year))
        });
        date.ok_or_else(|| {
            self.day.refuse("Enter a real date, like 3 3 2026");
            self
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_a_real_one() {
        let parse = |day: &str, month: &str, year: &str| {
            let form =
                DayForm { day: Field::of(day), month: Field::of(month), year: Field::of(year) };
            form.parse().map(|date| date.to_string()).ok()
        };
        assert_eq!(parse("3", " 3", "2026").as_deref(), Some("2026-03-03"));
        for wrong in [("31", "2", "2026"), ("0", "1", "2026"), ("1", "1", "26"), ("", "", "")] {
            assert_eq!(parse(wrong.0, wrong.1, wrong.2), None, "{wrong:?}");
        }
    }

    #[test]
    fn a_table_of_matches_needs_two_lists() {
        let id = |number: u8| DocumentId([number; 32]).to_string();
        let parse = |from: &str, to: &str, title: &str| {
            let form =
                MatchForm { from: Field::of(from), to: Field::of(to), title: Field::of(title) };
            form.parse().map_err(|form| form.errors().into_iter().map(|one| one.field).collect())
        };
        let (one, two) = (id(1), id(2));
        assert_eq!(parse(&one, &two, " "), Ok((DocumentId([1; 32]), DocumentId([2; 32]), None)));
        assert_eq!(parse(&one, &two, " Both ").unwrap().2.as_deref(), Some("Both"));
        for (from, to, title, wrong) in [
            ("", "", "", vec!["from", "to"]),
            (&*one, &*one, "", vec!["to"]),
            (&*one, "nonsense", "", vec!["to"]),
            (&*one, &*two, &*"x".repeat(201), vec!["title"]),
        ] {
            let wrong: Vec<String> = wrong.into_iter().map(str::to_owned).collect();
            assert_eq!(parse(from, to, title), Err(wrong), "{from} {to}");
        }
    }

    #[test]
    fn an_audience_that_nobody_offered_is_not_taken() {
        let form = |read: &str, suggest: &str, write: &str| AudienceForm {
            read: Field::of(read),
            suggest: Field::of(suggest),
            write: Field::of(write),
        };
        assert_eq!(
            form("public", "", "named").parse().unwrap(),
            (Circle::Public, Suggesters::Readers, Circle::Named)
        );
        assert_eq!(form("everyone", "public", "").parse().unwrap_err().errors().len(), 3);
    }
}
