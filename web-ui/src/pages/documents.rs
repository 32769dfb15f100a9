//! Documents of a workspace: list, create, bring in. `chrome.workspace` must be set on all of these pages.

use askama::Template;
use crdt_schema::identity::{DocumentId, Kind, OrganizationId, WorkspaceId};

use super::Pages;
use crate::chrome::{Chrome, Tab};
use crate::forms::document::{AudienceForm, TitleForm};
use crate::forms::{Choice, Field};
use crate::kinds;
use crate::urls;
use crate::words::capital;

/// `/workspaces/{w}/documents?q=&tag=&kind=&page=`: at most 50 rows.
#[derive(Debug, Template)]
#[template(path = "pages/documents.html")]
pub struct Documents {
    /// Around the page.
    pub chrome: Chrome,
    /// The workspace.
    pub workspace: WorkspaceId,
    /// Words to look for.
    pub words: String,
    /// The tag to look for; empty for all.
    pub tag: String,
    /// The tags to choose from.
    pub tags: Vec<String>,
    /// The kind to look for; nothing for all.
    pub kind: Option<Kind>,
    /// The kinds to choose from.
    pub kinds: Vec<Kind>,
    /// The rows of this page.
    pub documents: Vec<DocumentRow>,
    /// How many match.
    pub total: usize,
    /// Pages before and after.
    pub pages: Pages,
    /// Why the person cannot create.
    pub cannot_write: Option<String>,
}

/// A document in a list.
#[derive(Clone, Debug)]
pub struct DocumentRow {
    /// Its id.
    pub id: DocumentId,
    /// What it is.
    pub kind: Kind,
    /// Its title.
    pub title: String,
    /// Names of its tags.
    pub tags: Vec<String>,
    /// When it changed last, in near form.
    pub updated: String,
    /// Who changed it last: person (organisation).
    pub updated_by: String,
    /// Whether its review date has passed.
    pub overdue: bool,
    /// Whether two values wait for somebody to choose.
    pub conflict: bool,
}

impl DocumentRow {
    /// Returns what its kind is called.
    #[must_use]
    pub fn kind_name(&self) -> String {
        capital(kinds::words(self.kind).one)
    }
}

impl Documents {
    /// Returns the kinds to choose from.
    #[must_use]
    pub fn kind_choices(&self) -> Vec<Choice> {
        let choice = |kind: &Kind| Choice::new(kind.word(), &capital(kinds::words(*kind).many), "");
        self.kinds.iter().map(choice).collect()
    }

    /// Is this the kind that was chosen?
    #[must_use]
    pub fn is_kind(&self, word: &str) -> bool {
        self.kind.is_some_and(|kind| kind.word() == word)
    }

    /// Was the list filtered?
    #[must_use]
    pub const fn is_filtered(&self) -> bool {
        !self.words.is_empty() || !self.tag.is_empty() || self.kind.is_some()
    }

    /// Returns the sentence above the list.
    #[must_use]
    pub fn found(&self) -> String {
        crate::chrome::count(self.total, "document", "documents")
    }

    /// Returns a page with the usual values.
    #[must_use]
    pub fn sample() -> Self {
        let row = |key: u8, title: &str, tags: &[&str]| DocumentRow {
            id: DocumentId([key; 32]),
            kind: Kind::ReferralPathway,
            title: title.to_owned(),
            tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
            updated: "today at 3:05pm".to_owned(),
            updated_by: "Priya Shah (Leeds City Council)".to_owned(),
            overdue: key == 2,
            conflict: key == 1,
        };
        Self {
            chrome: Chrome::sample_in_workspace(Tab::Pathways),
            workspace: WorkspaceId([7; 32]),
            words: String::new(),
            tag: String::new(),
            tags: vec![
                "Domestic abuse".to_owned(),
                "Food insecurity".to_owned(),
                "Money and debt".to_owned(),
            ],
            kind: None,
            kinds: vec![Kind::ReferralPathway, Kind::TaggingConvention],
            documents: vec![
                row(
                    1,
                    "Cash first: when somebody cannot afford food",
                    &["Food insecurity", "Money and debt"],
                ),
                row(2, "Domestic abuse: what to do when somebody tells you", &["Domestic abuse"]),
            ],
            total: 2,
            pages: Pages {
                previous: None,
                next: Some(urls::documents_page("sample", "", "", "", 2)),
            },
            cannot_write: None,
        }
    }

    /// Returns the page of a workspace without documents.
    #[must_use]
    pub fn sample_empty() -> Self {
        Self {
            documents: Vec::new(),
            tags: Vec::new(),
            kinds: Vec::new(),
            total: 0,
            pages: Pages::default(),
            ..Self::sample()
        }
    }

    /// Returns the page for words that nothing matches.
    #[must_use]
    pub fn sample_none_match() -> Self {
        Self {
            words: "diabetes".to_owned(),
            documents: Vec::new(),
            total: 0,
            pages: Pages::default(),
            ..Self::sample()
        }
    }
}

/// `/workspaces/{w}/documents/kinds`: what to create.
#[derive(Debug, Template)]
#[template(path = "pages/document_kinds.html")]
pub struct DocumentKinds {
    /// Around the page.
    pub chrome: Chrome,
    /// The workspace.
    pub workspace: WorkspaceId,
}

impl DocumentKinds {
    /// Returns every kind, in the order in which it is offered.
    #[must_use]
    pub fn kinds(&self) -> Vec<(Kind, kinds::Words)> {
        Kind::ALL.iter().map(|kind| (*kind, kinds::words(*kind))).collect()
    }

    /// Returns a page with the usual values.
    #[must_use]
    pub fn sample() -> Self {
        Self { chrome: Chrome::sample_in_workspace(Tab::Pathways), workspace: WorkspaceId([7; 32]) }
    }
}

/// `/workspaces/{w}/documents/new?kind=`.
#[derive(Debug, Template)]
#[template(path = "pages/document_new.html")]
pub struct DocumentNew {
    /// Around the page.
    pub chrome: Chrome,
    /// The workspace.
    pub workspace: WorkspaceId,
    /// The kind; posted as `kind`.
    pub kind: Kind,
    /// What it starts from; posted as `template`.
    pub template: Field,
    /// What was typed as its title.
    pub form: TitleForm,
    /// Who was chosen.
    pub audience: AudienceForm,
    /// The organisations to choose from, without our own, which may always read and change it.
    pub organizations: Vec<Chosen>,
}

/// An organisation that may be ticked.
#[derive(Clone, Debug)]
pub struct Chosen {
    /// Its id; posted as `reader`, `suggester` or `writer`.
    pub id: OrganizationId,
    /// Its name.
    pub name: String,
    /// Ticked to read.
    pub reads: bool,
    /// Ticked to suggest changes.
    pub suggests: bool,
    /// Ticked to change.
    pub writes: bool,
}

impl Chosen {
    /// Returns organisations as the samples have them.
    #[must_use]
    pub fn samples() -> Vec<Self> {
        let chosen = |key: u8, name: &str| Self {
            id: OrganizationId([key; 32]),
            name: name.to_owned(),
            reads: true,
            suggests: false,
            writes: false,
        };
        vec![chosen(2, "Open Door"), chosen(3, "Kent County Council")]
    }
}

impl DocumentNew {
    /// Returns what people call the kind.
    #[must_use]
    pub const fn words(&self) -> kinds::Words {
        kinds::words(self.kind)
    }

    /// Returns what the button says.
    #[must_use]
    pub fn button(&self) -> String {
        format!("Create {}", self.words().one)
    }

    /// Returns what the document may start from; a blank page comes last.
    #[must_use]
    pub fn starts(&self) -> Vec<Choice> {
        let starts = kinds::starts(self.kind);
        let known = starts.iter().map(|start| Choice::new(start.slug, start.name, start.about));
        known.chain([Choice::new("", "A blank page", "")]).collect()
    }

    /// Returns where such a document is made from others instead, and what the link says.
    #[must_use]
    pub fn made_from_others(&self) -> Option<(String, &'static str)> {
        let address = urls::crosswalk_new(self.workspace);
        let says = "Make it from two lists of tags, with matches proposed";
        (self.kind == Kind::Crosswalk).then_some((address, says))
    }

    /// Returns the page of a kind with templates.
    #[must_use]
    pub fn sample_templates() -> Self {
        Self { kind: Kind::DataSharingAgreement, template: Field::of("sharing"), ..Self::sample() }
    }

    /// Returns who may read; who may read is widened to the public on purpose only, later.
    #[must_use]
    pub fn readers(&self) -> Vec<Choice> {
        let mut readers = AudienceForm::readers();
        readers.retain(|choice| choice.value != "public");
        readers
    }

    /// Returns who may suggest changes.
    #[must_use]
    pub fn suggesters(&self) -> Vec<Choice> {
        AudienceForm::suggesters()
    }

    /// Returns who may change.
    #[must_use]
    pub fn writers(&self) -> Vec<Choice> {
        AudienceForm::writers()
    }

    /// Returns a page with the usual values.
    #[must_use]
    pub fn sample() -> Self {
        Self {
            chrome: Chrome::sample_in_workspace(Tab::Pathways),
            workspace: WorkspaceId([7; 32]),
            kind: Kind::ReferralPathway,
            template: Field::default(),
            form: TitleForm::default(),
            audience: AudienceForm::fresh(),
            organizations: Chosen::samples(),
        }
    }
}

/// `/workspaces/{w}/import/upload`: choose a file (`file`, multipart). Posts to [`urls::import_check`].
#[derive(Debug, Template)]
#[template(path = "pages/import_upload.html")]
pub struct ImportUpload {
    /// Around the page.
    pub chrome: Chrome,
    /// The workspace.
    pub workspace: WorkspaceId,
    /// What is wrong with the file.
    pub file: Field,
}

impl ImportUpload {
    /// Returns a page with the usual values.
    #[must_use]
    pub fn sample() -> Self {
        let mut file = Field::default();
        file.refuse("Choose a JSON file");
        let error = crate::forms::FormError {
            field: "file".to_owned(),
            message: "Choose a JSON file".to_owned(),
        };
        Self {
            chrome: Chrome::sample_in_workspace(Tab::Pathways).with_errors(vec![error]),
            workspace: WorkspaceId([7; 32]),
            file,
        }
    }
}

/// One row of a file that is brought in.
#[derive(Clone, Debug)]
pub struct ImportRow {
    /// Its number in the file, counted from 1.
    pub row: usize,
    /// Its title, as far as it has one.
    pub title: String,
    /// What will be or was made of it; or why nothing.
    pub result: Result<String, String>,
    /// Where the document is, once it is made.
    pub url: Option<String>,
}

/// `/workspaces/{w}/import/check`: row by row what the file holds. Posts `held` to [`urls::import_done`].
#[derive(Debug, Template)]
#[template(path = "pages/import_check.html")]
pub struct ImportCheck {
    /// Around the page.
    pub chrome: Chrome,
    /// The workspace.
    pub workspace: WorkspaceId,
    /// The file's name, as text only.
    pub file_name: String,
    /// What names the held file when it is confirmed.
    pub held: String,
    /// Row by row.
    pub rows: Vec<ImportRow>,
}

impl ImportCheck {
    /// Returns how many rows will be brought in.
    #[must_use]
    pub fn ready(&self) -> usize {
        self.rows.iter().filter(|row| row.result.is_ok()).count()
    }

    /// Returns a page with the usual values.
    #[must_use]
    pub fn sample() -> Self {
        Self {
            chrome: Chrome::sample_in_workspace(Tab::Pathways),
            workspace: WorkspaceId([7; 32]),
            file_name: "pathways.json".to_owned(),
            held: "sample".to_owned(),
            rows: vec![
                ImportRow {
                    row: 1,
                    title: "Cash first: when somebody cannot afford food".to_owned(),
                    result: Ok("A new pathway".to_owned()),
                    url: None,
                },
                ImportRow {
                    row: 2,
                    title: String::new(),
                    result: Err("It has no title. Add a title and try again".to_owned()),
                    url: None,
                },
            ],
        }
    }
}

/// `/workspaces/{w}/import/done`: row by row what was made.
#[derive(Debug, Template)]
#[template(path = "pages/import_done.html")]
pub struct ImportDone {
    /// Around the page.
    pub chrome: Chrome,
    /// The workspace.
    pub workspace: WorkspaceId,
    /// Row by row.
    pub rows: Vec<ImportRow>,
}

impl ImportDone {
    /// Returns the heading.
    #[must_use]
    pub fn heading(&self) -> String {
        let made = self.rows.iter().filter(|row| row.result.is_ok()).count();
        format!("{} brought in", crate::chrome::count(made, "document", "documents"))
    }

    /// Returns a page with the usual values.
    #[must_use]
    pub fn sample() -> Self {
        let ImportCheck { chrome, workspace, mut rows, .. } = ImportCheck::sample();
        if let Some(first) = rows.first_mut() {
            first.url = Some(urls::document("sample"));
            first.result = Ok("Made".to_owned());
        }
        Self { chrome, workspace, rows }
    }
}
