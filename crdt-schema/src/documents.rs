//! The kinds of document: their fields, how each merges, and what a file must look like.

mod aggregated_insight;
mod common;
mod community_insights_project;
mod crosswalk;
mod data_request;
mod data_sharing_agreement;
mod dpia_lite;
mod form;
mod idea_register;
mod informed_consent;
mod matching;
mod note;
mod organization_profile;
mod passages;
mod programme_evaluation;
mod public;
mod referral_pathway;
mod rules;
mod service;
mod survey;
mod tag;
mod tagging_convention;

pub use form::{ListSpec, Shape, Spec};
pub use matching::{CannotMatch, MATCHES_MAX, propose_matches};
pub use passages::{Passage, area, decision, passages};
pub use public::{doubts, may_tell_where_a_refuge_is, unfit_for_public};
pub use tag::{RELATIONS, inverse, tag_address};

use schemars::{JsonSchema, schema_for};
use std::collections::BTreeSet;

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::document::POSITIONS;
use crate::identity::Kind;
use crate::limits;

/// The field that names the kind.
pub(crate) const KIND_FIELD: &str = "document_type";

/// How a text is merged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MergeRule {
    /// By character: everybody's letters stay.
    Text,
    /// As a whole: where people chose differently at the same time, they are shown all values and asked.
    Choice,
}

/// One row of a kind's table of fields.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FieldRule {
    /// The path, with `*` for every item of a list.
    pub(crate) path: &'static str,
    /// What people call it. `#` stands for the number of the item.
    pub(crate) label: &'static str,
    pub(crate) merge: MergeRule,
}

/// What has to be put right in a file.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Problem {
    /// Where, as a JSON pointer.
    pub pointer: String,
    /// What to do.
    pub message: String,
}

/// How the files of one kind are checked and described.
#[derive(Clone, Copy)]
struct Form {
    /// Its fields; none for a kind whose table is [`FieldRule`]s.
    fields: &'static [Spec],
    /// Makes the JSON Schema.
    schema: fn() -> Value,
    /// Checks the types.
    check: fn(&Value) -> Result<(), serde_path_to_error::Error<serde_json::Error>>,
}

impl Form {
    const fn of<T: DeserializeOwned + JsonSchema>(fields: &'static [Spec]) -> Self {
        Self {
            fields,
            schema: || schema_for!(T).to_value(),
            check: |content| serde_path_to_error::deserialize::<_, T>(content).map(drop),
        }
    }
}

/// Returns the form of a kind. A new kind is one row here, its own file, and its word in [`Kind`].
const fn form(kind: Kind) -> Form {
    macro_rules! of {
        ($form:ty) => {
            Form::of::<$form>(<$form>::FIELDS)
        };
    }
    match kind {
        Kind::ReferralPathway => Form::of::<referral_pathway::ReferralPathway>(&[]),
        Kind::TaggingConvention => of!(tagging_convention::TaggingConvention),
        Kind::DataSharingAgreement => of!(data_sharing_agreement::DataSharingAgreement),
        Kind::DpiaLite => of!(dpia_lite::DpiaLite),
        Kind::InformedConsent => of!(informed_consent::InformedConsent),
        Kind::AggregatedInsight => of!(aggregated_insight::AggregatedInsight),
        Kind::DataRequest => of!(data_request::DataRequest),
        Kind::OrganizationProfile => of!(organization_profile::OrganizationProfile),
        Kind::Service => of!(service::Service),
        Kind::CommunityInsightsProject => of!(community_insights_project::CommunityInsightsProject),
        Kind::IdeaRegister => of!(idea_register::IdeaRegister),
        Kind::Survey => of!(survey::Survey),
        Kind::ProgrammeEvaluation => of!(programme_evaluation::ProgrammeEvaluation),
        Kind::Note => of!(note::Note),
        Kind::Crosswalk => of!(crosswalk::Crosswalk),
    }
}

/// Returns the fields of a kind, each with its label, guidance and shape. A referral pathway's are a table of their own.
#[must_use]
pub const fn specs(kind: Kind) -> &'static [Spec] {
    form(kind).fields
}

/// Returns the JSON Schema of a kind's full form.
#[must_use]
pub fn schema(kind: Kind) -> Value {
    (form(kind).schema)()
}

/// Returns the field that holds the title: directories say name.
#[must_use]
pub const fn title_field(kind: Kind) -> &'static str {
    match kind {
        Kind::OrganizationProfile | Kind::Service => "name",
        _ => "title",
    }
}

/// Checks the content of a file and says which kind it is.
///
/// # Errors
/// Everything that has to be put right.
pub fn check(content: &Value) -> Result<(Kind, Value), Vec<Problem>> {
    let problem =
        |pointer: &str, message: String| vec![Problem { pointer: pointer.to_owned(), message }];
    let Value::Object(fields) = content else {
        return Err(problem(
            "",
            "The file must hold one JSON object, in curly brackets.".to_owned(),
        ));
    };
    let Some(word) = fields.get(KIND_FIELD).and_then(Value::as_str) else {
        let message = format!("Add \"{KIND_FIELD}\", for example \"{}\".", Kind::ReferralPathway);
        return Err(problem("/document_type", message));
    };
    let Ok(kind) = word.parse::<Kind>() else {
        let known: Vec<&str> = Kind::ALL.iter().map(|kind| kind.word()).collect();
        let message = format!(
            "\"{word}\" is not a kind of document known here. Use one of: {}.",
            known.join(", ")
        );
        return Err(problem("/document_type", message));
    };
    let mut problems = Vec::new();
    if fields.contains_key(POSITIONS) {
        let message = format!("Remove \"{POSITIONS}\": the program keeps it for itself.");
        problems.extend(problem(&format!("/{POSITIONS}"), message));
    }
    if let Err(error) = (form(kind).check)(content) {
        let pointer = pointer_of(error.path());
        problems.push(Problem { pointer, message: what_stands_there(&error.inner().to_string()) });
    }
    if problems.is_empty() {
        problems = rules::problems(kind, content);
    }
    if problems.is_empty() { Ok((kind, content.clone())) } else { Err(problems) }
}

/// Returns what somebody should look at: what is no fault by itself, and faults that came of what two people did at the same
/// time. Each with its place and what to do.
#[must_use]
pub fn warnings(kind: Kind, content: &Value) -> Vec<Problem> {
    rules::warnings(kind, content)
}

/// Says in plain words what a reader of JSON complains of.
fn what_stands_there(complaint: &str) -> String {
    let mistake =
        complaint.strip_prefix("invalid type: ").and_then(|it| it.split_once(", expected "));
    let Some((found, wanted)) = mistake else { return format!("Put this right: {complaint}.") };
    let found = match found.split(' ').next().unwrap_or_default() {
        "integer" | "floating" => "a number",
        "boolean" => "true or false",
        "string" => "text",
        "sequence" => "a list",
        "map" => "a group of fields",
        "null" => "nothing",
        _ => found,
    };
    let wanted = match wanted {
        "a string" => "text",
        "a sequence" => "a list",
        "a boolean" => "true or false",
        "i64" | "u64" => "a whole number",
        "f64" => "a number",
        wanted if wanted.starts_with("struct") || wanted.contains("map") => "a group of fields",
        wanted => wanted,
    };
    format!("Here stands {found}. Put {wanted} in its place.")
}

fn pointer_of(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    let token = |segment: &Segment| match segment {
        Segment::Seq { index } => index.to_string(),
        Segment::Map { key } => key.replace('~', "~0").replace('/', "~1"),
        Segment::Enum { variant } => variant.clone(),
        Segment::Unknown => String::new(),
    };
    path.iter().map(|segment| format!("/{}", token(segment))).collect()
}

/// Returns the title, for lists.
#[must_use]
pub fn title(content: &Value) -> String {
    let field = content.get(KIND_FIELD).map_or("title", |word| title_field(kind(word)));
    text(content, field)
}

/// Returns the status, for lists.
#[must_use]
pub fn status(content: &Value) -> String {
    text(content, "status")
}

/// Returns when somebody must look at it again, for lists: what its review says, else what it says of itself.
#[must_use]
pub fn review_date(content: &Value) -> String {
    let review = content.pointer("/body/review").map(|review| text(review, "review_date"));
    review.filter(|date| !date.is_empty()).unwrap_or_else(|| text(content, "review_date"))
}

/// Returns the summary, for lists.
#[must_use]
pub fn description(content: &Value) -> String {
    text(content, "description")
}

/// Returns the names of the tags, for lists.
#[must_use]
pub fn tags(content: &Value) -> Vec<String> {
    let name = |tag: &Value| match tag {
        Value::String(name) => Some(name.clone()),
        _ => ["name", "curie"].iter().find_map(|field| tag.get(field)?.as_str().map(str::to_owned)),
    };
    content
        .get("tags")
        .and_then(Value::as_array)
        .map_or_else(Vec::new, |tags| tags.iter().filter_map(name).collect())
}

/// Returns the short codes of the tags in a list of tags: documents that carry one name it by them.
#[must_use]
pub fn codes(content: &Value) -> BTreeSet<String> {
    let terms = content.pointer("/body/terms").and_then(Value::as_array).into_iter().flatten();
    let codes = terms.filter_map(|term| term.get("curie")?.as_str());
    codes.filter(|code| !code.is_empty()).map(str::to_owned).collect()
}

fn text(content: &Value, field: &str) -> String {
    content
        .get(field)
        .and_then(Value::as_str)
        .unwrap_or_default()
        .chars()
        .take(limits::NAME_BYTES)
        .collect()
}

/// Does a field at the top say something to programs only, or what the network says itself?
pub(crate) fn is_for_programs(name: &str) -> bool {
    passages::UNREAD.contains(&name)
}

/// Returns the kind that the field `document_type` names.
pub(crate) fn kind(word: &Value) -> Kind {
    word.as_str().and_then(|word| word.parse().ok()).unwrap_or(Kind::ReferralPathway)
}

/// Returns the table of a referral pathway, the kind whose labels say the whole path.
fn table(kind: Kind) -> &'static [FieldRule] {
    if kind == Kind::ReferralPathway { referral_pathway::FIELDS } else { &[] }
}

/// Returns how a new text at this place merges. `pattern` has `*` for every item of a list.
pub(crate) fn merge_rule(kind: Kind, pattern: &[String]) -> MergeRule {
    let tokens = || pattern.iter().map(String::as_str);
    if let Some(place) = form::find(specs(kind), tokens()) {
        return match place.shape {
            Shape::Long | Shape::Line => MergeRule::Text,
            _ => MergeRule::Choice,
        };
    }
    let row = table(kind).iter().find(|row| row.path.split('/').eq(tokens()));
    row.map_or(MergeRule::Choice, |row| row.merge)
}

/// Returns what people call a place. `names` has the number of the item, counted from one, for every item of a list.
pub(crate) fn label(kind: Kind, names: &[String]) -> String {
    let fits = |row: &&FieldRule| {
        let mut tokens = row.path.split('/');
        let all = names.iter().all(|name| {
            tokens
                .next()
                .is_some_and(|token| token == name || (token == "*" && name.parse::<u64>().is_ok()))
        });
        all && tokens.next().is_none()
    };
    let mut numbers = names.iter().filter(|name| name.parse::<u64>().is_ok());
    if let Some(place) = form::find(specs(kind), names.iter().map(String::as_str)) {
        return place.label();
    }
    match table(kind).iter().find(fits) {
        Some(row) => row
            .label
            .split_inclusive('#')
            .map(|part| match part.strip_suffix('#') {
                Some(before) => format!("{before}{}", numbers.next().map_or("", String::as_str)),
                None => part.to_owned(),
            })
            .collect(),
        None => plain_words(names),
    }
}

/// Returns the best that can be said of a field that is in no table.
fn plain_words(names: &[String]) -> String {
    let words: Vec<String> =
        names.iter().filter(|name| *name != "body").map(|name| name.replace('_', " ")).collect();
    let text = words.join(": ");
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_file_that_is_wrong_is_told_where_and_what_to_do() {
        let with = |field: &str, value: Value| {
            let mut content =
                json!({"document_type": "referral_pathway", "title": "T", "body": {}});
            if let Some(fields) = content.as_object_mut() {
                fields.insert(field.to_owned(), value);
            }
            content
        };
        for (content, pointer, said) in [
            (json!([]), "", "JSON object"),
            (json!({"title": "T"}), "/document_type", "Add \"document_type\""),
            (
                with("document_type", json!("poem")),
                "/document_type",
                "Use one of: referral_pathway",
            ),
            (with("_positions", json!({})), "/_positions", "Remove"),
            (with("title", json!(3)), "/title", "Here stands a number. Put text in its place."),
            (with("body", json!({"steps": {}})), "/body/steps", "Put a list in its place."),
            (
                with("body", json!({"steps": [{}, {"step": "one"}]})),
                "/body/steps/1/step",
                "Here stands text. Put a whole number in its place.",
            ),
            (json!({"document_type": "referral_pathway"}), "", "missing field `title`"),
        ] {
            let problems = check(&content).unwrap_err();
            assert_eq!(
                problems.first().map(|problem| problem.pointer.as_str()),
                Some(pointer),
                "{problems:?}"
            );
            assert!(problems.iter().any(|problem| problem.message.contains(said)), "{problems:?}");
        }
        assert!(check(&with("_note", json!({"kept": true}))).is_ok());
    }

    #[test]
    fn places_are_called_by_their_names() {
        for (pointer, label_of_it) in [
            ("body/steps/3/detail", "Step 3: detail"),
            ("body/response_time/acknowledge", "Response time: acknowledge"),
            ("body/contacts/2/phones/1/number", "Contact 2: phone number 1"),
            ("body/x_local/some_field", "X local: some field"),
            ("body/trigger/urgency_levels/1/when", "Urgency level 1: when"),
        ] {
            let names: Vec<String> = pointer.split('/').map(str::to_owned).collect();
            assert_eq!(label(Kind::ReferralPathway, &names), label_of_it, "{pointer}");
        }
    }

    #[test]
    fn every_text_of_the_table_is_in_the_manual() {
        let manual = include_str!("../../docs/merging.md");
        for row in table(Kind::ReferralPathway).iter().filter(|row| row.merge == MergeRule::Text) {
            let name = row.path.rsplit('/').find(|token| *token != "*").unwrap_or_default();
            assert!(manual.contains(name), "{}", row.path);
        }
    }

    #[test]
    fn list_data_is_there_whatever_the_content_is() {
        for content in [
            json!(null),
            json!([1]),
            json!({"title": 3, "tags": [1, {"curie": "a:b"}, "plain"], "status": {}}),
        ] {
            assert_eq!(
                (title(&content), status(&content), description(&content)),
                Default::default()
            );
            assert!(tags(&content).len() <= 2);
        }
        assert!(schema(Kind::ReferralPathway).pointer("/properties/body").is_some());
    }
}
