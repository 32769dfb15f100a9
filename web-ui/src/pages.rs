//! One struct for each page. Handlers fill them with plain values; `render()` gives the HTML.

pub mod set_up;
pub mod account;
pub mod home;
pub mod activity;
pub mod workspaces;
pub mod organization;
pub mod decisions;
pub mod record;
pub mod join;
pub mod invites;
pub mod documents;
pub mod search;
pub mod read;
pub mod access;
pub mod edit;
pub mod comments;
pub mod suggestions;
pub mod signatures;
pub mod figures;
pub mod crosswalks;
pub mod history;
pub mod versions;
pub mod copies;
pub mod publish;
pub mod shelf;
pub mod network;
pub mod ways;
pub mod settings;
pub mod computers;
pub mod plain;

use crdt_schema::heads::Heads;
use crdt_schema::identity::{DocumentId, Kind, WorkspaceId};

use crate::kinds;

/// Links to the pages of a list before and after this one.
#[derive(Clone, Debug, Default)]
pub struct Pages {
    /// Address of the page before.
    pub previous: Option<String>,
    /// Address of the page after.
    pub next: Option<String>,
}

impl Pages {
    /// Is there more than this page?
    #[must_use]
    pub const fn has_more(&self) -> bool {
        self.previous.is_some() || self.next.is_some()
    }
}

/// What every page about one document says of it.
#[derive(Clone, Debug)]
pub struct DocumentHead {
    /// Its id.
    pub id: DocumentId,
    /// The workspace it is in.
    pub workspace: WorkspaceId,
    /// What it is.
    pub kind: Kind,
    /// Its title.
    pub title: String,
    /// The version that the page shows. Forms send it back.
    pub heads: Heads,
    /// Why the person cannot change it: "Only editors can change this pathway. Ask Sam Ali (Leeds City Council)."
    /// Nothing if they can.
    pub cannot: Option<String>,
    /// May the person suggest changes?
    pub may_suggest: bool,
    /// Whose document it is a copy of: "Kent County Council (Kent together)"; nothing if it is none.
    pub copied_from: Option<String>,
}

impl DocumentHead {
    /// Returns what people call its kind.
    #[must_use]
    pub const fn words(&self) -> kinds::Words {
        kinds::words(self.kind)
    }

    /// Is it of a kind that organisations sign?
    #[must_use]
    pub const fn is_signed(&self) -> bool {
        matches!(
            self.kind,
            Kind::DataSharingAgreement
                | Kind::DpiaLite
                | Kind::InformedConsent
                | Kind::TaggingConvention
                | Kind::ReferralPathway
                | Kind::DataRequest
                | Kind::Crosswalk
        )
    }

    /// Returns the files as which it can be taken along: format and name.
    #[must_use]
    pub fn files(&self) -> Vec<(&'static str, &'static str)> {
        let own: &[_] = match self.kind {
            Kind::TaggingConvention | Kind::Crosswalk => {
                &[("turtle", "SKOS (Turtle)"), ("jsonld", "SKOS (JSON-LD)")]
            }
            Kind::AggregatedInsight => {
                &[("csv", "CSV"), ("csvw", "what programs must know of the CSV")]
            }
            _ => &[],
        };
        [
            ("html", "web page"),
            ("pdf", "PDF"),
            ("bundle", "signed file"),
            ("json", "JSON"),
            ("markdown", "Markdown"),
            ("automerge", "Automerge"),
        ]
        .iter()
        .chain(own)
        .copied()
        .collect()
    }

    /// Returns a document as the samples have it.
    #[must_use]
    pub fn sample() -> Self {
        Self {
            id: DocumentId([9; 32]),
            workspace: WorkspaceId([7; 32]),
            kind: Kind::ReferralPathway,
            title: "Cash first: when somebody cannot afford food".to_owned(),
            heads: "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03"
                .parse()
                .unwrap_or_default(),
            cannot: None,
            may_suggest: true,
            copied_from: None,
        }
    }
}

/// Two or more values that were set at the same time.
#[derive(Clone, Debug)]
pub struct Conflict {
    /// Path of the field.
    pub path: String,
    /// What the field is called: "Acknowledge the referral within".
    pub label: String,
    /// The values, the one that is shown first.
    pub choices: Vec<Rival>,
}

/// One of the values that were set at the same time.
#[derive(Clone, Debug)]
pub struct Rival {
    /// Who chose it: an organisation, or a person (organisation).
    pub who: String,
    /// The value as people read it.
    pub shown: String,
    /// The value as JSON: what the Choose page posts as `value`.
    pub json: String,
}

impl Conflict {
    /// Returns "Kent chose 5 days, Leeds chose 10 days at the same time".
    #[must_use]
    pub fn sentence(&self) -> String {
        let chose: Vec<String> = self
            .choices
            .iter()
            .map(|rival| format!("{} chose “{}”", rival.who, rival.shown))
            .collect();
        format!("{} at the same time", chose.join(", "))
    }

    /// Returns a conflict as the samples have it.
    #[must_use]
    pub fn sample() -> Self {
        let rival = |who: &str, days: &str| Rival {
            who: who.to_owned(),
            shown: days.to_owned(),
            json: format!("\"{days}\""),
        };
        Self {
            path: "/body/response_time/first_contact".to_owned(),
            label: "The person is contacted".to_owned(),
            choices: vec![rival("Kent", "5 days"), rival("Leeds", "10 days")],
        }
    }
}

/// A page with its name, rendered with sample values.
type Sample = (&'static str, Result<String, askama::Error>);

macro_rules! render {
    ($($name:literal => $page:expr,)*) => { vec![$(($name, $page.render()),)*] };
}

/// The pages about signatures and versions.
fn samples_of_signatures() -> Vec<Sample> {
    use askama::Template as _;
    render! {
        "signatures" => signatures::Signatures::sample(),
        "signatures-none" => signatures::Signatures::sample_empty(),
        "sign" => signatures::Sign::sample(),
        "sign-unsettled" => signatures::Sign::sample_unsettled(),
        "sign-error" => signatures::Sign::sample_error(),
        "signature" => signatures::Signed::sample(),
        "signature-taken-back" => signatures::Signed::sample_taken_back(),
        "signature-broken" => signatures::Signed::sample_broken(),
        "version" => versions::Version::sample(),
        "version-error" => versions::Version::sample_error(),
        "restore" => versions::Restore::sample(),
        "restore-same" => versions::Restore::sample_same(),
        "copy" => copies::Copy::sample(),
        "copy-error" => copies::Copy::sample_error(),
        "copy-file" => copies::CopyFile::sample(),
        "other-shelf" => copies::OtherShelf::sample(),
        "other-shelf-followed" => copies::OtherShelf::sample_followed(),
        "other-shelf-failed" => copies::OtherShelf::sample_failed(),
        "incoming" => copies::Incoming::sample(),
        "incoming-none" => copies::Incoming::sample_none(),
        "incoming-away" => copies::Incoming::sample_away(),
        "incoming-error" => copies::Incoming::sample_error(),
        "authors" => versions::Authors::sample(),
        "authors-none" => versions::Authors::sample_empty(),
        "publish" => publish::Publish::sample(),
        "publish-doubt" => publish::Publish::sample_doubt(),
        "publish-unfit" => publish::Publish::sample_unfit(),
        "publish-done" => publish::Publish::sample_done(),
        "shelf" => shelf::Shelf::sample(),
        "shelf-kind" => shelf::Shelf::sample_kind(),
        "shelf-empty" => shelf::Shelf::sample_empty(),
        "shelf-document" => shelf::ShelfDocument::sample(),
        "shelf-missing" => shelf::ShelfMissing,
        "compare-side" => history::Compare::sample_side(),
        "signature-print" => signatures::SignedPrint::sample(),
    }
}

/// The pages for making documents of any kind, and those of kinds that are shown in their own way.
fn samples_of_kinds() -> Vec<Sample> {
    use askama::Template as _;
    let mut samples = render! {
        "edit-tags" => edit::EditPart::sample_tags(),
        "edit-part-warning" => edit::EditPart::sample_warning(),
        "figures" => figures::BringFigures::sample(),
        "figures-check" => figures::CheckFigures::sample(),
        "crosswalk-new" => crosswalks::CrosswalkNew::sample(),
        "crosswalk-new-error" => crosswalks::CrosswalkNew::sample_error(),
        "proposed-matches" => crosswalks::ProposedMatches::sample(),
        "proposed-matches-error" => crosswalks::ProposedMatches::sample_error(),
        "proposed-matches-none" => crosswalks::ProposedMatches::sample_none(),
        "crosswalk-new-none" => crosswalks::CrosswalkNew::sample_none(),
        "activity" => activity::Activity::sample(),
        "activity-first" => activity::Activity::sample_first(),
        "search" => search::Search::sample(),
        "search-fresh" => search::Search::sample_fresh(),
        "search-none" => search::Search::sample_none(),
        "document-kinds" => documents::DocumentKinds::sample(),
        "document-new-template" => documents::DocumentNew::sample_templates(),
    };
    samples.extend(read::samples().into_iter().map(|(name, page)| (name, page.render())));
    samples
}

/// Implements `sample()` by hand in each page; this lists all of them for the tests and the gallery.
#[must_use]
pub fn samples() -> Vec<Sample> {
    use askama::Template as _;
    let mut samples = render! {
        "start" => set_up::Start::sample(),
        "start-problem" => set_up::Start::sample_problem(),
        "setup-organisation" => set_up::SetupOrganization::sample(),
        "setup-you" => set_up::SetupYou::sample(),
        "setup-recovery" => set_up::SetupRecovery::sample(),
        "setup-check" => set_up::SetupCheck::sample(),
        "setup-done" => set_up::SetupCheck::sample_done(),
        "sign-in" => account::SignIn::sample(),
        "account" => account::Account::sample(),
        "home" => home::Home::sample(),
        "home-empty" => home::Home::sample_empty(),
        "workspaces" => workspaces::Workspaces::sample(),
        "workspace-new" => workspaces::WorkspaceNew::sample(),
        "workspace" => workspaces::Overview::sample(),
        "workspace-empty" => workspaces::Overview::sample_empty(),
        "members" => workspaces::Members::sample(),
        "join" => join::Join::sample(),
        "join-check" => join::JoinCheck::sample(),
        "join-waiting" => join::JoinWaiting::sample(),
        "join-refused" => join::JoinRefused::sample(),
        "invites" => invites::Invites::sample(),
        "invite-new" => invites::InviteNew::sample(),
        "invite" => invites::InviteShow::sample(),
        "documents" => documents::Documents::sample(),
        "documents-empty" => documents::Documents::sample_empty(),
        "documents-none-match" => documents::Documents::sample_none_match(),
        "document-new" => documents::DocumentNew::sample(),
        "import-upload" => documents::ImportUpload::sample(),
        "import-check" => documents::ImportCheck::sample(),
        "import-done" => documents::ImportDone::sample(),
        "document" => read::Read::sample(),
        "document-print" => read::Print::sample(),
        "document-file" => read::DocumentFile::sample(),
        "document-choose" => read::Choose::sample(),
        "edit" => edit::Edit::sample(),
        "edit-step" => edit::EditPart::sample_step(),
        "edit-trigger" => edit::EditPart::sample("trigger"),
        "edit-contacts" => edit::EditPart::sample("contacts"),
        "suggest" => edit::Edit::sample_suggest(),
        "suggest-step" => edit::EditPart::sample_suggest(),
        "comments" => comments::Comments::sample(),
        "comments-tag" => comments::Comments::sample_tag(),
        "comments-error" => comments::Comments::sample_error(),
        "suggestions" => suggestions::Suggestions::sample(),
        "suggestions-none" => suggestions::Suggestions::sample_empty(),
        "suggestion" => suggestions::Suggestion::sample(),
        "suggestion-taken" => suggestions::Suggestion::sample_taken(),
        "suggestion-decline-error" => suggestions::Suggestion::sample_error(),
        "edit-review-error" => edit::EditPart::sample_error(),
        "remove" => edit::RemoveItem::sample(),
        "history" => history::History::sample(),
        "compare" => history::Compare::sample(),
        "accessibility" => plain::Accessibility::sample(),
        "help" => plain::Help::sample(),
        "problem-404" => plain::Problem::not_found(crate::chrome::Chrome::sample(crate::chrome::Place::Elsewhere)),
        "problem-403" => plain::Problem::sample_forbidden(),
        "problem-421" => plain::Problem::misdirected(),
        "problem-500" => plain::Problem::broken(crate::chrome::Chrome::sample(crate::chrome::Place::Elsewhere)),
    };
    samples.extend(samples_of_trust());
    samples.extend(samples_of_computers());
    samples.extend(samples_of_kinds());
    samples.extend(samples_of_signatures());
    samples
}

/// The pages about this organisation's computers and the way to others'.
fn samples_of_computers() -> Vec<Sample> {
    use askama::Template as _;
    render! {
        "network" => network::Network::sample(),
        "ways" => ways::Ways::sample(),
        "ways-connected" => ways::Ways::sample_connected(),
        "settings" => settings::Settings::sample(),
        "settings-people" => settings::SettingsPeople::sample(),
        "computers" => computers::Computers::sample(),
        "computer-code" => computers::ComputerCode::sample(),
        "computer-code-used" => computers::ComputerCode::sample_used(),
    }
}

/// The pages about who may read, write, admit and remove.
fn samples_of_trust() -> Vec<Sample> {
    use askama::Template as _;
    render! {
        "organisation" => organization::Organization::sample(),
        "organisation-own" => organization::Organization::sample_own(),
        "organisation-waiting" => organization::Organization::sample_waiting(),
        "decisions" => decisions::Decisions::sample(),
        "decisions-empty" => decisions::Decisions::sample_empty(),
        "decision" => decisions::Decision::sample(),
        "decision-done" => decisions::Decision::sample_done(),
        "confirm" => decisions::Confirm::sample(),
        "confirm-error" => decisions::Confirm::sample_error(),
        "rules" => decisions::Rules::sample(),
        "rules-cannot" => decisions::Rules::sample_cannot(),
        "workspace-history" => record::WorkspaceHistory::sample(),
        "workspace-refusals" => record::WorkspaceRefusals::sample(),
        "workspace-refusals-empty" => record::WorkspaceRefusals::sample_empty(),
        "document-access" => access::Access::sample(),
        "document-access-day" => access::Access::sample_day(),
        "document-access-change" => access::AccessChange::sample(),
        "document-refusals" => record::DocumentRefusals::sample(),
    }
}
