//! What was said about a document or one of its places, and what organisations hold of it.

use askama::Template;

use super::DocumentHead;
use crate::chrome::{Chrome, Tab, count};
use crate::forms::{Choice, Field, FormError};

/// What a comment does besides saying something, as forms post it.
pub const REMARKS: &str = "remarks";
/// The organisation agrees.
pub const AGREES: &str = "agrees";
/// The organisation objects.
pub const OBJECTS: &str = "objects";

/// `/documents/{d}/comments`, or with `?place=` what was said about one place. Posts `heads`, `place`, `stance` and `text` to
/// `/documents/{d}/comments`.
#[derive(Debug, Template)]
#[template(path = "pages/comments.html")]
pub struct Comments {
    /// Around the page.
    pub chrome: Chrome,
    /// Which document.
    pub document: DocumentHead,
    /// The one place that the page is about; nothing if it is about all.
    pub about: Option<About>,
    /// Discussions that go on, newest first.
    pub open: Vec<Discussion>,
    /// Discussions that are over.
    pub over: Vec<Discussion>,
    /// How many more there are that are not shown.
    pub more: usize,
    /// Places to choose from: path and name.
    pub places: Vec<(String, String)>,
    /// What is chosen.
    pub place: Field,
    /// What the comment does.
    pub stance: Field,
    /// What is written.
    pub text: Field,
    /// What looks like something about a person, and the field that it is in.
    pub warnings: Vec<String>,
    /// Empty if there is nothing of that kind.
    pub warned: String,
}

/// The place that a page is about.
#[derive(Clone, Debug, Default)]
pub struct About {
    /// Its path.
    pub path: String,
    /// What it is called.
    pub title: String,
    /// What stands there, as people read it.
    pub says: Vec<(String, String)>,
    /// What each organisation holds of it.
    pub positions: Vec<Position>,
    /// How tags are agreed, in the list's own words; empty for what is no tag.
    pub rules: Vec<(String, String)>,
    /// Is it a proposed tag that the person may put in use?
    pub may_use: bool,
    /// Whether the person has seen that somebody objects.
    pub seen: Field,
}

/// What an organisation holds of a place.
#[derive(Clone, Debug)]
pub struct Position {
    /// The organisation.
    pub organization: String,
    /// Does it agree? Else it objects.
    pub agrees: bool,
    /// Was it said of other words than stand there now?
    pub is_older: bool,
}

/// A discussion.
#[derive(Clone, Debug)]
pub struct Discussion {
    /// What it is about: "Tag 3: Food insecurity", "The whole pathway", "A part that is not there any more".
    pub about: String,
    /// Its place, if that is there.
    pub place: Option<String>,
    /// Has the place changed since?
    pub is_older: bool,
    /// The address of the version in which it began.
    pub version: String,
    /// What began it.
    pub first: Comment,
    /// What was answered.
    pub replies: Vec<Comment>,
    /// May the person answer?
    pub may_reply: bool,
    /// May the person say that it is over, or is not?
    pub may_end: bool,
    /// What is being answered.
    pub reply: Field,
}

/// What somebody said.
#[derive(Clone, Debug)]
pub struct Comment {
    /// Its id.
    pub id: String,
    /// Who said it: person (organisation).
    pub who: String,
    /// When, in near form.
    pub when: String,
    /// What it does besides: "agrees", "objects", "says that this is settled"; may be empty.
    pub does: &'static str,
    /// What is said; may be empty.
    pub text: String,
    /// Was it taken back?
    pub is_withdrawn: bool,
    /// May the person take it back?
    pub may_take_back: bool,
}

impl Discussion {
    /// Returns the name of the field that an answer is written in.
    #[must_use]
    pub fn field(&self) -> String {
        reply_field(&self.first.id)
    }
}

/// Returns the name of the field in which an answer to a comment is written; each has its own, since several are on one page.
#[must_use]
pub fn reply_field(comment: &str) -> String {
    format!("reply-{comment}")
}

impl About {
    /// Returns who agrees and who objects, as a sentence.
    #[must_use]
    pub fn summary(&self) -> String {
        let (agree, object): (Vec<&Position>, Vec<&Position>) =
            self.positions.iter().partition(|position| position.agrees);
        let agree = count(agree.len(), "organisation agrees", "organisations agree");
        match object.len() {
            0 => format!("{agree}."),
            n => format!("{agree}, {}.", count(n, "objects", "object")),
        }
    }

    /// Does somebody object?
    #[must_use]
    pub fn is_disputed(&self) -> bool {
        self.positions.iter().any(|position| !position.agrees)
    }
}

impl Comments {
    /// Returns what an organisation can say.
    #[must_use]
    pub fn stances() -> Vec<Choice> {
        vec![
            Choice::new(REMARKS, "Comment or ask", ""),
            Choice::new(AGREES, "We agree with this", "Said for your organisation."),
            Choice::new(OBJECTS, "We object to this", "Said for your organisation. Say why."),
        ]
    }

    /// Does the form of this field ask whether it is about a person?
    #[must_use]
    pub fn asks(&self, field: &str) -> bool {
        !self.warnings.is_empty() && self.warned == field
    }

    /// Asks whether what is written in a field is about a person.
    pub fn ask(&mut self, field: &str, warnings: Vec<String>) {
        self.warnings = warnings;
        field.clone_into(&mut self.warned);
        let message = "Check that this is not about a person whom you help".to_owned();
        self.chrome.errors = vec![FormError { field: "sure".to_owned(), message }];
    }

    /// Says what is wrong with a field.
    pub fn refuse(&mut self, field: &str, message: &str) {
        let name = match field {
            "place" => {
                self.place.refuse(message);
                "place".to_owned()
            }
            "stance" => {
                self.stance.refuse(message);
                "stance".to_owned()
            }
            "seen" => {
                if let Some(about) = &mut self.about {
                    about.seen.refuse(message);
                }
                "seen".to_owned()
            }
            "text" => {
                self.text.refuse(message);
                "text".to_owned()
            }
            other => {
                let mut all = self.open.iter_mut().chain(&mut self.over);
                if let Some(found) = all.find(|it| it.field() == other) {
                    found.reply.refuse(message);
                }
                other.to_owned()
            }
        };
        self.chrome.errors = vec![FormError { field: name, message: message.to_owned() }];
    }

    /// Returns a page with the usual values.
    #[must_use]
    pub fn sample() -> Self {
        let said = |id: &str, who: &str, does: &'static str, text: &str| Comment {
            id: id.to_owned(),
            who: who.to_owned(),
            when: "today at 3:05pm".to_owned(),
            does,
            text: text.to_owned(),
            is_withdrawn: false,
            may_take_back: true,
        };
        let first = said("a", "Sam Ali (Open Door)", "objects", "Nobody answers before ten.");
        let reply = said("b", "Priya Shah (Leeds City Council)", "", "Then let us write ten.");
        let open = Discussion {
            about: "Step 2: Ring the advice line".to_owned(),
            place: Some("/body/steps/3@ab".to_owned()),
            is_older: true,
            version: "/documents/d/versions/v".to_owned(),
            first,
            replies: vec![reply],
            may_reply: true,
            may_end: true,
            reply: Field::default(),
        };
        let over = Discussion {
            about: "The whole pathway".to_owned(),
            place: Some(String::new()),
            is_older: false,
            first: said("c", "Ruth Okafor (Open Door)", "", "Who keeps this up to date?"),
            replies: vec![said("d", "Sam Ali (Open Door)", "says that this is settled", "")],
            may_reply: false,
            ..open.clone()
        };
        Self {
            chrome: Chrome::sample_in_workspace(Tab::Pathways),
            document: DocumentHead::sample(),
            about: None,
            open: vec![open],
            over: vec![over],
            more: 0,
            places: vec![
                (String::new(), "The whole pathway".to_owned()),
                ("/body/steps/3@ab".to_owned(), "Step 2: Ring the advice line".to_owned()),
            ],
            place: Field::default(),
            stance: Field::of(REMARKS),
            text: Field::default(),
            warnings: Vec::new(),
            warned: String::new(),
        }
    }

    /// Returns the page of a proposed tag.
    #[must_use]
    pub fn sample_tag() -> Self {
        let position = |organization: &str, agrees, is_older| Position {
            organization: organization.to_owned(),
            agrees,
            is_older,
        };
        let row = |label: &str, value: &str| (label.to_owned(), value.to_owned());
        let about = About {
            path: "/body/terms/3@ab".to_owned(),
            title: "Tag 3: Food insecurity".to_owned(),
            says: vec![
                row("What it means", "Not enough money for food"),
                row("Status", "Proposed"),
            ],
            positions: vec![
                position("Leeds City Council", true, true),
                position("Open Door", false, false),
            ],
            rules: vec![row("Who decides", "The partnership"), row("Days to comment", "14")],
            may_use: true,
            seen: Field::default(),
        };
        Self { about: Some(about), open: Vec::new(), over: Vec::new(), ..Self::sample() }
    }

    /// Returns the page of somebody who sent nothing.
    #[must_use]
    pub fn sample_error() -> Self {
        let mut page = Self::sample();
        page.refuse("text", "Write your comment");
        page
    }
}
