//! What stands in the way of showing a document to everybody: what is missing from it, a refuge whose place it tells, and what
//! may be about a person.

use serde_json::{Map, Value};

use super::{Problem, check, label, title_field};
use crate::identity::Kind;
use crate::personal;

/// Fields in which directories say where something is.
const PLACES: [&str; 9] = [
    "service_at_locations",
    "locations",
    "location",
    "physical_addresses",
    "addresses",
    "address_1",
    "postal_code",
    "postcode",
    "latitude",
];
/// What the names of streets end with.
const STREETS: [&str; 14] = [
    "avenue", "close", "court", "crescent", "drive", "gardens", "grove", "lane", "place", "road",
    "row", "street", "terrace", "way",
];
/// Fields that say what something is called.
const NAMES: [&str; 3] = ["name", "title", "alternate_name"];

/// Returns everything that has to be put right before everybody may read a document of a kind.
#[must_use]
pub fn unfit_for_public(kind: Kind, content: &Value) -> Vec<Problem> {
    let mut problems = check(content).err().unwrap_or_default();
    let around = [title_field(kind), "licence"].map(|field| vec![field]);
    let inside = needed(kind).iter().map(|path| path.split('/').collect());
    for path in around.into_iter().chain(inside) {
        let pointer: String = path.iter().map(|token| format!("/{token}")).collect();
        if problems.iter().all(|problem| problem.pointer != pointer)
            && content.pointer(&pointer).is_none_or(is_empty)
        {
            let names: Vec<String> = path.iter().map(|token| (*token).to_owned()).collect();
            problems.push(Problem { message: fill_in(kind, &names), pointer });
        }
    }
    problems
}

/// Says where something that is called a refuge tells its place. That is wrong for readers in a workspace too.
pub(super) fn told_refuge(content: &Value) -> Option<Problem> {
    let message = "This is a refuge, and here it says where it is. Take the place out: nobody may learn where a refuge is.";
    refuge(content, "").map(|pointer| Problem { pointer, message: message.to_owned() })
}

/// Does it speak of a refuge and tell a place, though nothing says that the place is the refuge's?
#[must_use]
pub fn may_tell_where_a_refuge_is(content: &Value) -> bool {
    has_text(content, &speaks_of_refuge)
        && (place(content, "").is_some() || has_text(content, &tells_address))
}

/// Says what in a document may be about a person, or tell where a refuge is, as sentences without a full stop.
#[must_use]
pub fn doubts(content: &Value) -> Vec<String> {
    let mut doubts: Vec<String> =
        personal::look_in(content).iter().map(personal::Finding::words).collect();
    if may_tell_where_a_refuge_is(content) {
        doubts.push("It speaks of a refuge, and tells a place".to_owned());
    }
    doubts
}

/// Returns the fields without which a kind says nothing, as paths.
const fn needed(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::ReferralPathway => &["body/steps"],
        Kind::TaggingConvention => &["body/terms"],
        Kind::DataSharingAgreement => &["body/parties", "body/purpose"],
        Kind::DpiaLite => &["body/screening"],
        Kind::InformedConsent => &["body/short_wording"],
        Kind::AggregatedInsight => &["body/data"],
        Kind::CommunityInsightsProject | Kind::Survey => &["body/questions"],
        Kind::IdeaRegister => &["body/ideas"],
        Kind::Note => &["body/text"],
        Kind::Crosswalk => &["body/from", "body/to", "body/mappings"],
        Kind::DataRequest
        | Kind::OrganizationProfile
        | Kind::Service
        | Kind::ProgrammeEvaluation => &[],
    }
}

fn fill_in(kind: Kind, names: &[String]) -> String {
    match names {
        [only] if only == "licence" => {
            "Say under which licence others may use it. For example, OGL-UK-3.0.".to_owned()
        }
        [_] => "Enter a title.".to_owned(),
        _ => format!("Fill in “{}”.", label(kind, names)),
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Array(items) => items.iter().all(is_empty),
        Value::Object(members) => members.values().all(is_empty),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

/// Finds something that is called a refuge, and returns where in it a place is told.
fn refuge(value: &Value, at: &str) -> Option<String> {
    match value {
        Value::Object(members) if is_called_refuge(members) => place(value, at),
        Value::Object(members) => {
            members.iter().find_map(|(name, value)| refuge(value, &format!("{at}/{}", token(name))))
        }
        Value::Array(items) => {
            (0_usize..).zip(items).find_map(|(index, item)| refuge(item, &format!("{at}/{index}")))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}

fn is_called_refuge(members: &Map<String, Value>) -> bool {
    let names = NAMES.iter().filter_map(|name| members.get(*name)?.as_str());
    names.into_iter().any(says_refuge)
}

fn has_text(value: &Value, is_so: &impl Fn(&str) -> bool) -> bool {
    match value {
        Value::String(text) => is_so(text),
        Value::Array(items) => items.iter().any(|item| has_text(item, is_so)),
        Value::Object(members) => members.values().any(|member| has_text(member, is_so)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// "Refugees" are others.
fn says_refuge(text: &str) -> bool {
    let words = words(text);
    words.iter().any(|word| matches!(word.as_str(), "refuge" | "refuges"))
        || words.windows(2).any(|pair| {
            matches!(pair, [safe, home] if safe == "safe"
                && matches!(home.as_str(), "house" | "houses" | "accommodation"))
        })
}

/// Says it so, or in other words.
fn speaks_of_refuge(text: &str) -> bool {
    let words = words(text);
    let says = |one: &str| words.iter().any(|word| word == one);
    let is_about_abuse = says("domestic") && (says("abuse") || says("violence"));
    let is_home = ["accommodation", "shelter", "housing"].into_iter().any(says);
    says_refuge(text) || (is_about_abuse && is_home)
}

/// Has it a house number in a street?
fn tells_address(text: &str) -> bool {
    let words = words(text);
    let is_in_street = |at: usize| {
        let names = words.iter().skip(at + 1).take(3);
        names.into_iter().any(|name| STREETS.contains(&name.as_str()))
    };
    let mut numbers =
        (0_usize..).zip(&words).filter(|(_, word)| word.starts_with(|c: char| c.is_ascii_digit()));
    numbers.any(|(at, _)| is_in_street(at))
        || personal::look(text).iter().any(|one| one.looks_like == personal::Sort::Postcode)
}

fn words(text: &str) -> Vec<String> {
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect()
}

/// Returns where a place is told.
fn place(value: &Value, at: &str) -> Option<String> {
    match value {
        Value::Object(members) => members.iter().find_map(|(name, value)| {
            let here = format!("{at}/{}", token(name));
            if PLACES.contains(&name.as_str()) && !is_empty(value) {
                Some(here)
            } else {
                place(value, &here)
            }
        }),
        Value::Array(items) => {
            (0_usize..).zip(items).find_map(|(index, item)| place(item, &format!("{at}/{index}")))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}

fn token(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn pointers(kind: Kind, content: &Value) -> Vec<String> {
        unfit_for_public(kind, content).into_iter().map(|problem| problem.pointer).collect()
    }

    #[test]
    fn what_says_nothing_or_has_no_licence_is_not_for_everybody() {
        let empty =
            json!({"document_type": "referral_pathway", "title": " ", "body": {"steps": [{}]}});
        assert_eq!(pointers(Kind::ReferralPathway, &empty), ["/title", "/licence", "/body/steps"]);
        let full = json!({"document_type": "note", "title": "T", "licence": "CC0-1.0", "body": {"text": "x"}});
        assert_eq!(pointers(Kind::Note, &full), Vec::<String>::new());
        let wrong = json!({"document_type": "note", "title": 3, "licence": "CC0-1.0", "body": {"text": "x"}});
        assert_eq!(pointers(Kind::Note, &wrong), ["/title"]);
    }

    #[test]
    fn a_refuge_never_says_where_it_is() {
        let service = |name: &str, more: Value| {
            let mut service =
                json!({"document_type": "service", "name": name, "licence": "CC0-1.0"});
            if let (Some(fields), Value::Object(more)) = (service.as_object_mut(), more) {
                fields.extend(more);
            }
            service
        };
        let place = json!({"service_at_locations": [{"description": "Mill Lane"}]});
        assert_eq!(
            pointers(Kind::Service, &service("Northmere Refuge", place.clone())),
            ["/service_at_locations"]
        );
        let nowhere = service("Northmere Refuge", json!({"service_at_locations": []}));
        assert_eq!(pointers(Kind::Service, &nowhere), Vec::<String>::new());
        let others = service("Advice for refugees", place.clone());
        assert_eq!(pointers(Kind::Service, &others), Vec::<String>::new());
        assert!(!may_tell_where_a_refuge_is(&others));
        let safe = service("Safe house for women", place.clone());
        assert_eq!(pointers(Kind::Service, &safe), ["/service_at_locations"]);
        let mut other = service("Emergency accommodation", place.clone());
        assert!(!may_tell_where_a_refuge_is(&other));
        other["description"] = json!("A shelter from domestic violence.");
        assert!(may_tell_where_a_refuge_is(&other));
        let note = |text: &str| json!({"document_type": "note", "body": {"text": text}});
        assert!(may_tell_where_a_refuge_is(&note("The refuge is at 7 Hidden Lane, Northmere.")));
        assert!(!may_tell_where_a_refuge_is(&note("The refuge has 7 rooms. Ask in the office.")));
        let mut speaks = service("Harbour House", place);
        speaks["description"] = json!("A refuge for women.");
        assert_eq!(pointers(Kind::Service, &speaks), Vec::<String>::new());
        assert!(may_tell_where_a_refuge_is(&speaks));
        let mentioned = json!({"body": {"services": [{"title": "The refuge", "location": {"postal_code": "NM1 2AB"}}]}});
        assert_eq!(refuge(&mentioned, "").unwrap(), "/body/services/0/location");
    }
}
