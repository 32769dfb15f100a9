//! The parts in which a document is edited: which fields a part has, and how each is asked for.
//!
//! [`PARTS`] names every field of a pathway once; the parts of other kinds are made from the sections of
//! [`crate::kinds`]. From the parts come the page that lists all of them ([`overview`]) and the form of one ([`form`]).
//! Both read a document's JSON and, for lists whose items have identity, the items' keys.

pub(crate) mod made;
mod specification;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::LazyLock;

use crdt_schema::identity::Kind as DocumentKind;
use serde_json::Value;

use crate::forms::Choice;
use crate::forms::part::{FormErrors, Kind};
use crate::words::{capital, plain, small};

pub use crdt_schema::documents::{ListSpec, Shape, Spec};
pub use specification::PARTS;

/// Keys of the items of each list, in the order of the list, by the list's path: `/body/steps` → `["12@ab", "7@cd"]`.
/// The path of an item is the list's path, a slash and its key.
pub type ItemKeys = BTreeMap<String, Vec<String>>;

/// Ids of the lists of tags that a page offers while somebody types.
pub const TAG_NAMES: &str = "tag-names";
/// The same for their codes.
pub const TAG_CODES: &str = "tag-codes";

/// One part: what a person changes at one time.
#[derive(Debug)]
pub struct Part {
    /// How it is named in addresses.
    pub slug: Cow<'static, str>,
    /// What it is called.
    pub title: Cow<'static, str>,
    /// What to know before filling it in.
    pub hint: &'static str,
    /// What its fields' paths begin with. For a part that is one item of a list: the list's path.
    pub root: Cow<'static, str>,
    /// Whether the part is one item of the list at `root`, named in the address.
    pub is_item: bool,
    /// Its fields.
    pub fields: Cow<'static, [Spec]>,
}

/// Returns all parts of a kind.
#[must_use]
pub fn of(kind: DocumentKind) -> &'static [Part] {
    static MADE: LazyLock<BTreeMap<&'static str, Vec<Part>>> = LazyLock::new(|| {
        DocumentKind::ALL.iter().map(|kind| (kind.word(), made::parts(*kind))).collect()
    });
    match kind {
        DocumentKind::ReferralPathway => PARTS,
        _ => MADE.get(kind.word()).map_or(&[], Vec::as_slice),
    }
}

/// Returns the part with this name.
#[must_use]
pub fn find(kind: DocumentKind, slug: &str) -> Option<&'static Part> {
    of(kind).iter().find(|part| part.slug == slug)
}

/// Returns what people call one item of the list at a path.
#[must_use]
pub fn item_word(kind: DocumentKind, list: &str) -> &'static str {
    let last = list.rsplit('/').find(|token| !token.contains('@')).unwrap_or_default();
    of(kind).iter().find_map(|part| word_in(&part.fields, last)).unwrap_or("line")
}

fn word_in(fields: &[Spec], last: &str) -> Option<&'static str> {
    fields.iter().find_map(|spec| match spec.shape {
        Shape::List(list) if spec.path.rsplit('/').next() == Some(last) => Some(list.word),
        Shape::List(list) => word_in(list.fields, last),
        Shape::Group(fields) => word_in(fields, last),
        _ => None,
    })
}

/// The form of one part, ready to show.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PartForm {
    /// How the part is named in addresses.
    pub slug: String,
    /// Key of the item, for a part that is one item.
    pub item: String,
    /// What it is called: "Step 3", "Consent".
    pub title: String,
    /// What to know before filling it in.
    pub hint: String,
    /// Its fields.
    pub fields: Vec<PartField>,
    /// Its lists.
    pub lists: Vec<PartList>,
}

/// One input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartField {
    /// Path of the field in the document.
    pub path: String,
    /// Name and id of the input: the type's prefix and the path.
    pub name: String,
    /// What it is called.
    pub label: String,
    /// What to write; may be empty.
    pub hint: String,
    /// Which input.
    pub widget: Widget,
    /// What is in it, as text.
    pub value: String,
    /// What is wrong with it.
    pub error: Option<String>,
    /// Whether others' letters appear in it: it is text that the document holds already.
    pub live: bool,
}

/// Which input a field has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Widget {
    /// A text area.
    Long,
    /// A text area of one line.
    Line,
    /// An input of one line.
    Short,
    /// A narrow input for a number.
    Number,
    /// A text area for one sentence in a line.
    Lines,
    /// Radios.
    Radios(Vec<Choice>),
    /// Day, month and year.
    Date([String; 3]),
}

/// Items that are added, moved and removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartList {
    /// Path of the list.
    pub path: String,
    /// What the list is called.
    pub label: String,
    /// What one item is called.
    pub word: String,
    /// What to know; may be empty.
    pub hint: String,
    /// The items in order.
    pub items: Vec<PartItem>,
    /// Whether each item is edited on a page of its own.
    pub is_apart: bool,
}

/// One item of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartItem {
    /// Path of the item.
    pub path: String,
    /// "Step 3".
    pub title: String,
    /// What is in it, in a line.
    pub summary: String,
    /// The part and key with which it is edited on its own page.
    pub part: Option<(String, String)>,
    /// Its fields, if it is edited here.
    pub fields: Vec<PartField>,
    /// Lists in it, if it is edited here.
    pub lists: Vec<PartList>,
    /// Nothing stands before it.
    pub is_first: bool,
    /// Nothing stands after it.
    pub is_last: bool,
}

/// A part on the page that lists all of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartSummary {
    /// How the part is named in addresses.
    pub slug: String,
    /// What it is called.
    pub title: String,
    /// Its fields: label and value.
    pub rows: Vec<(String, String)>,
    /// Its lists whose items have pages of their own.
    pub lists: Vec<PartList>,
    /// Whether there is anything to change beside such lists.
    pub has_form: bool,
}

/// Returns all parts of a document with what is in them.
#[must_use]
pub fn overview(kind: DocumentKind, document: &Value, keys: &ItemKeys) -> Vec<PartSummary> {
    let source = Source { kind, document, keys };
    of(kind)
        .iter()
        .filter(|part| !part.is_item)
        .map(|part| {
            let (fields, lists) = source.read(&part.root, &part.fields);
            let mut rows: Vec<(String, String)> =
                fields.iter().map(|field| (field.label.clone(), shown(field))).collect();
            let (apart, here): (Vec<_>, Vec<_>) = lists.into_iter().partition(|list| list.is_apart);
            for list in here {
                let items: Vec<String> =
                    list.items.iter().map(|item| item.summary.clone()).collect();
                rows.push((list.label, items.join("\n")));
            }
            PartSummary {
                slug: part.slug.to_string(),
                title: part.title.to_string(),
                has_form: !rows.is_empty(),
                rows,
                lists: apart,
            }
        })
        .collect()
}

/// Returns the form of a part; nothing if there is no such item.
#[must_use]
pub fn form(
    kind: DocumentKind,
    part: &Part,
    item: &str,
    document: &Value,
    keys: &ItemKeys,
) -> Option<PartForm> {
    let source = Source { kind, document, keys };
    let (root, title) = if part.is_item {
        let place = keys.get(part.root.as_ref())?.iter().position(|key| key == item)?;
        (format!("{}/{item}", part.root), format!("{} {}", part.title, place.saturating_add(1)))
    } else {
        (part.root.to_string(), part.title.to_string())
    };
    let (fields, lists) = source.read(&root, &part.fields);
    let lists = lists.into_iter().filter(|list| !list.is_apart).collect();
    Some(PartForm {
        slug: part.slug.to_string(),
        item: item.to_owned(),
        title,
        hint: part.hint.to_owned(),
        fields,
        lists,
    })
}

impl PartForm {
    /// Returns the same form with what was typed, and what is wrong with it.
    #[must_use]
    pub fn typed(mut self, posted: &[(String, String)], errors: &FormErrors) -> Self {
        for field in &mut self.fields {
            field.take(posted, errors);
        }
        for item in self.lists.iter_mut().flat_map(|list| &mut list.items) {
            for field in item.fields.iter_mut().chain(
                item.lists
                    .iter_mut()
                    .flat_map(|list| &mut list.items)
                    .flat_map(|inner| &mut inner.fields),
            ) {
                field.take(posted, errors);
            }
        }
        self
    }
}

impl PartField {
    fn take(&mut self, posted: &[(String, String)], errors: &FormErrors) {
        let typed = |name: &str| {
            posted.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone())
        };
        if let Widget::Date(parts) = &mut self.widget {
            for (part, name) in parts.iter_mut().zip(["day", "month", "year"]) {
                *part = typed(&format!("{}:{name}", self.name)).unwrap_or_default();
            }
        }
        if let Some(value) = typed(&self.name) {
            self.value = value;
        }
        let id = self.id();
        self.error =
            errors.iter().find(|error| error.field == id).map(|error| error.message.clone());
    }

    /// Returns the id of the list of what may be typed here; empty if there is none.
    #[must_use]
    pub fn suggests(&self) -> &'static str {
        let is_in = |list: &str| self.path.starts_with(list);
        match self.path.rsplit('/').next() {
            Some("name") if is_in("/tags/") => TAG_NAMES,
            Some("curie") if is_in("/tags/") => TAG_CODES,
            Some("broader" | "replaced_by") if is_in("/body/terms/") => TAG_CODES,
            _ => "",
        }
    }

    /// Returns the id that the error summary links to.
    #[must_use]
    pub fn id(&self) -> String {
        match self.widget {
            Widget::Date(_) => format!("{}:day", self.name),
            Widget::Long
            | Widget::Line
            | Widget::Short
            | Widget::Number
            | Widget::Lines
            | Widget::Radios(_) => self.name.clone(),
        }
    }

    /// Returns the field as the macros take it.
    #[must_use]
    pub fn field(&self) -> crate::forms::Field {
        crate::forms::Field { value: self.value.clone(), error: self.error.clone() }
    }
}

fn join(root: &str, path: &str) -> String {
    if root == "/" { format!("/{path}") } else { format!("{root}/{path}") }
}

/// Where values come from.
struct Source<'a> {
    kind: DocumentKind,
    document: &'a Value,
    keys: &'a ItemKeys,
}

impl Source<'_> {
    fn read(&self, root: &str, specs: &[Spec]) -> (Vec<PartField>, Vec<PartList>) {
        let (mut fields, mut lists) = (Vec::new(), Vec::new());
        for spec in specs {
            let path = join(root, spec.path);
            match &spec.shape {
                Shape::List(list) => lists.push(self.list(path, spec, list)),
                Shape::Group(inside) => {
                    let (mut inner, mut inner_lists) = self.read(&path, inside);
                    for label in inner
                        .iter_mut()
                        .map(|field| &mut field.label)
                        .chain(inner_lists.iter_mut().map(|list| &mut list.label))
                    {
                        *label = format!("{}: {}", spec.label, small(label));
                    }
                    fields.append(&mut inner);
                    lists.append(&mut inner_lists);
                }
                Shape::Any => {}
                _ => fields.push(self.field(path, spec)),
            }
        }
        (fields, lists)
    }

    fn list(&self, path: String, spec: &Spec, list: &'static ListSpec) -> PartList {
        let keys = self.keys.get(&path).map_or(&[][..], Vec::as_slice);
        let items = keys
            .iter()
            .enumerate()
            .map(|(index, key)| {
                let root = format!("{path}/{key}");
                let specs =
                    if list.part.is_empty() { list.fields } else { self.fields_apart(list) };
                let (fields, lists) = self.read(&root, specs);
                let summary = summary(&fields, &lists);
                let own_page = !list.part.is_empty();
                PartItem {
                    path: root,
                    title: format!("{} {}", capital(list.word), index.saturating_add(1)),
                    summary,
                    part: own_page.then(|| (slug(list.part), key.clone())),
                    fields: if own_page { Vec::new() } else { fields },
                    lists: if own_page { Vec::new() } else { lists },
                    is_first: index == 0,
                    is_last: index.saturating_add(1) == keys.len(),
                }
            })
            .collect();
        PartList {
            path,
            label: spec.label.to_owned(),
            word: list.word.to_owned(),
            hint: spec.hint.to_owned(),
            items,
            is_apart: !list.part.is_empty(),
        }
    }

    /// Returns the fields of items that have pages of their own.
    fn fields_apart(&self, list: &'static ListSpec) -> &'static [Spec] {
        if list.fields.is_empty() {
            find(self.kind, list.part).map_or(&[], |part| &part.fields)
        } else {
            list.fields
        }
    }

    fn field(&self, path: String, spec: &Spec) -> PartField {
        let value = self.value(&path).filter(|value| !value.is_null());
        let (kind, widget) = match &spec.shape {
            Shape::Long => (Kind::Text, Widget::Long),
            Shape::Line => (Kind::Text, Widget::Line),
            Shape::Number => (Kind::Number, Widget::Number),
            Shape::Lines | Shape::Codes => (Kind::Lines, Widget::Lines),
            // What is no date is kept as it is written.
            Shape::Date
                if value.is_some_and(|value| date_parts(Some(value)).concat().is_empty()) =>
            {
                (Kind::Short, Widget::Short)
            }
            Shape::Date => (Kind::Date, Widget::Date(date_parts(value))),
            Shape::YesNo => (
                Kind::YesNo,
                Widget::Radios(vec![
                    Choice::new("true", "Yes", ""),
                    Choice::new("false", "No", ""),
                    Choice::new("", "Not said", ""),
                ]),
            ),
            Shape::Choice(known) => (Kind::Short, Widget::Radios(choices(known, value))),
            Shape::Short | Shape::List(_) | Shape::Group(_) | Shape::Any => {
                (Kind::Short, Widget::Short)
            }
        };
        PartField {
            name: format!("{}{path}", kind.prefix()),
            label: spec.label.to_owned(),
            hint: spec.hint.to_owned(),
            // Browsers turn a carriage return into a line feed, so offsets in a text that has one would not fit.
            live: kind == Kind::Text
                && value.and_then(Value::as_str).is_some_and(|text| !text.contains('\r')),
            value: value.map(typed).unwrap_or_default(),
            error: None,
            widget,
            path,
        }
    }

    /// Returns the value at a path whose lists are entered by their items' keys.
    fn value(&self, path: &str) -> Option<&Value> {
        let mut value = self.document;
        let mut walked = String::new();
        for segment in path.split('/').skip(1) {
            value = match value {
                Value::Array(items) => {
                    let index = self.keys.get(&walked)?.iter().position(|key| key == segment)?;
                    items.get(index)?
                }
                Value::Object(members) => members.get(segment)?,
                Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => return None,
            };
            walked.push('/');
            walked.push_str(segment);
        }
        Some(value)
    }
}

fn typed(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(typed).collect::<Vec<_>>().join("\n"),
        Value::Null => String::new(),
        Value::Bool(_) | Value::Number(_) | Value::Object(_) => value.to_string(),
    }
}

fn date_parts(value: Option<&Value>) -> [String; 3] {
    value
        .and_then(Value::as_str)
        .and_then(crate::when::parse)
        .map(|date| [date.day().to_string(), date.month().to_string(), date.year().to_string()])
        .unwrap_or_default()
}

/// Returns the known choices; a value that is none of them is offered too, or saving would change it.
fn choices(known: &[(&str, &str)], value: Option<&Value>) -> Vec<Choice> {
    let mut choices: Vec<Choice> =
        known.iter().map(|(value, label)| Choice::new(value, label, "")).collect();
    if let Some(value) = value.and_then(Value::as_str)
        && !known.iter().any(|(known, _)| *known == value)
    {
        choices.push(Choice::new(value, &plain(value), ""));
    }
    choices.push(Choice::new("", "Not said", ""));
    choices
}

/// Returns what a field holds as people read it.
fn shown(field: &PartField) -> String {
    match &field.widget {
        _ if field.value.is_empty() => String::new(),
        Widget::Radios(choices) => choices
            .iter()
            .find(|choice| choice.value == field.value)
            .map_or_else(|| plain(&field.value), |choice| choice.label.clone()),
        Widget::Date(_) => crate::when::iso_date(&field.value),
        Widget::Short => crate::words::code(&field.value),
        Widget::Long | Widget::Line | Widget::Number | Widget::Lines => field.value.clone(),
    }
}

fn summary(fields: &[PartField], lists: &[PartList]) -> String {
    let inner = lists.iter().flat_map(|list| &list.items).map(|item| item.summary.clone());
    let parts: Vec<String> = fields
        .iter()
        .filter(|field| {
            !matches!(field.widget, Widget::Radios(_))
                || !matches!(field.value.as_str(), "true" | "false")
        })
        .map(shown)
        .chain(inner)
        .filter(|text| !text.is_empty())
        .collect();
    if parts.is_empty() {
        "Empty".to_owned()
    } else {
        parts.join(". ").replace("..", ".").replace("?.", "?")
    }
}

/// Returns how the part of one item is named in addresses.
fn slug(word: &str) -> String {
    word.replace([' ', '’'], "-")
}
