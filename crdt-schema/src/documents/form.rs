//! How a kind of document is declared: each field once, with its type, how it merges, what people call it and what
//! they should know when they fill it in.
//!
//! [`form!`] makes of one declaration the Rust type that files are checked against, the JSON Schema that scripts read,
//! and the table ([`Spec`]) that merging, labels and the pages of the web UI read.

/// One field of a form.
#[derive(Clone, Copy, Debug)]
pub struct Spec {
    /// Its name; in tables of the web UI, a path below the part.
    pub path: &'static str,
    /// What it is called.
    pub label: &'static str,
    /// What to know when filling it in; may be empty.
    pub hint: &'static str,
    /// What it holds.
    pub shape: Shape,
}

/// What a field holds, and so how it merges and how it is asked for.
#[derive(Clone, Copy, Debug)]
pub enum Shape {
    /// A long text that merges letter by letter.
    Long,
    /// A text of one line that merges letter by letter.
    Line,
    /// A short value, chosen as a whole.
    Short,
    /// A number.
    Number,
    /// Yes or no.
    YesNo,
    /// A date.
    Date,
    /// Sentences, one in a line; each merges letter by letter.
    Lines,
    /// Codes or names, one in a line; each is chosen as a whole.
    Codes,
    /// One of these: value and label. Other values are kept.
    Choice(&'static [(&'static str, &'static str)]),
    /// Fields of their own.
    Group(&'static [Spec]),
    /// Items that are added, moved and removed, each with these fields.
    List(&'static ListSpec),
    /// Anything; it is kept and shown, and has no input.
    Any,
}

/// A list of items.
#[derive(Clone, Copy, Debug)]
pub struct ListSpec {
    /// What one item is called: "step".
    pub word: &'static str,
    /// The part of the web UI in which one item is edited; empty if items are edited where their list is.
    pub part: &'static str,
    /// Fields of an item.
    pub fields: &'static [Spec],
}

/// Most fields that an item may have to be edited where its list is.
const FIELDS_IN_PLACE: usize = 4;

impl ListSpec {
    /// Makes a list whose items have pages of their own if they have many fields.
    pub(crate) const fn of(word: &'static str, fields: &'static [Spec]) -> Self {
        Self { word, part: if fields.len() > FIELDS_IN_PLACE { word } else { "" }, fields }
    }
}

/// Finds what stands at a path; `*` or a number stands for any item of a list.
pub(super) fn find<'a>(
    fields: &'static [Spec],
    tokens: impl IntoIterator<Item = &'a str>,
) -> Option<Place> {
    let mut place = Place { trail: Vec::new(), shape: Shape::Group(fields) };
    for token in tokens {
        let is_item = token == "*" || token.parse::<u64>().is_ok();
        let (label, shape) = match place.shape {
            Shape::Group(fields) => {
                let spec = fields.iter().find(|spec| spec.path == token)?;
                (spec.label.to_owned(), spec.shape)
            }
            Shape::List(list) if is_item => {
                place.trail.pop();
                (capital(&format!("{} {token}", list.word)), Shape::Group(list.fields))
            }
            Shape::Lines if is_item => (format!("line {token}"), Shape::Long),
            Shape::Codes if is_item => (format!("line {token}"), Shape::Short),
            _ => return None,
        };
        place.trail.push(label);
        place.shape = shape;
    }
    Some(place)
}

/// A place of a form.
#[derive(Debug)]
pub(super) struct Place {
    /// What its ancestors and it are called; an item of a list stands for its list.
    trail: Vec<String>,
    pub(super) shape: Shape,
}

impl Place {
    /// Returns what people call the place: from the first item of a list on, or the last two names.
    pub(super) fn label(&self) -> String {
        let is_item =
            |name: &String| name.rsplit(' ').next().is_some_and(|end| end.parse::<u64>().is_ok());
        let last_two = self.trail.len().saturating_sub(2);
        let from = self.trail.iter().position(is_item).map_or(last_two, |item| item.min(last_two));
        // The body is no place of its own for people.
        let from = if self.trail.len() > 1 { from.max(1) } else { from };
        let names = self.trail.iter().skip(from).enumerate();
        names
            .map(|(index, name)| if index == 0 { name.clone() } else { small(name) })
            .collect::<Vec<_>>()
            .join(": ")
    }
}

/// Returns a name with its first letter large.
fn capital(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// Returns a name with its first letter small, unless it is an abbreviation.
fn small(name: &str) -> String {
    let mut letters = name.chars();
    match (letters.next(), letters.clone().next()) {
        (Some(first), Some(second)) if !second.is_uppercase() => {
            first.to_lowercase().chain(letters).collect()
        }
        _ => name.to_owned(),
    }
}

/// Declares a group of fields: `name: Shape, "label", "what to know";`.
macro_rules! form {
    ($(#[$meta:meta])* $name:ident {
        $( $field:ident $(as $rename:literal)? : $shape:ident $(($($arg:tt)*))?, $label:literal $(, $hint:literal)? ; )*
    }) => {
        $(#[$meta])*
        #[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
        #[expect(dead_code, reason = "the types are the form: files are checked against them")]
        pub(super) struct $name {
            $(
                $(#[doc = $hint])?
                #[schemars(title = $label, extend("x-merge" = form!(@merge $shape)))]
                $(#[serde(rename = $rename)])?
                $field: form!(@type $shape $(($($arg)*))?),
            )*
        }

        impl $name {
            /// The same, as a table.
            pub(super) const FIELDS: &'static [$crate::documents::form::Spec] = &[
                $( $crate::documents::form::Spec {
                    path: form!(@name $field $($rename)?),
                    label: $label,
                    hint: concat!("" $(, $hint)?),
                    shape: form!(@shape $shape $(($($arg)*))?),
                }, )*
            ];
        }
    };

    (@name $field:ident) => { stringify!($field) };
    (@name $field:ident $rename:literal) => { $rename };

    (@merge Long) => { "text" };
    (@merge Line) => { "text" };
    (@merge Title) => { "text" };
    (@merge Lines) => { "list of texts" };
    (@merge Codes) => { "list of choices" };
    (@merge List) => { "list" };
    (@merge Group) => { "group" };
    (@merge $other:ident) => { "choice" };

    (@type Title) => { String };
    (@type Kind) => { String };
    (@type Number) => { Option<serde_json::Number> };
    (@type YesNo) => { Option<bool> };
    (@type Lines) => { Option<Vec<String>> };
    (@type Codes) => { Option<Vec<String>> };
    (@type Group($of:ty)) => { Option<$of> };
    (@type List($of:ty, $word:literal)) => { Option<Vec<$of>> };
    (@type Any) => { Option<serde_json::Value> };
    (@type $other:ident $(($($arg:tt)*))?) => { Option<String> };

    (@shape Title) => { $crate::documents::form::Shape::Line };
    (@shape Kind) => { $crate::documents::form::Shape::Short };
    (@shape Group($of:ty)) => { $crate::documents::form::Shape::Group(<$of>::FIELDS) };
    (@shape List($of:ty, $word:literal)) => {
        $crate::documents::form::Shape::List(&$crate::documents::form::ListSpec::of($word, <$of>::FIELDS))
    };
    (@shape Choice($($choice:tt)*)) => { $crate::documents::form::Shape::Choice(&[$($choice)*]) };
    (@shape $other:ident) => { $crate::documents::form::Shape::$other };
}

pub(super) use form;
