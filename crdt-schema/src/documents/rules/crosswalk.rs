//! What must hold between the matches of two lists of tags: S46 and S9 of SKOS, both sides said, nothing said twice.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::matches::{self, EXACT};
use super::{list, problem, text};
use crate::documents::{Problem, RELATIONS};

const MATCHES: &str = "/body/mappings";
/// What is said of a tag that the other list has nothing for. SKOS has no word for it.
const ALONE: &str = "noMatch";

/// Most tags that one warning names.
const NAMES: usize = 5;

/// One side of a match.
#[derive(Clone, Copy)]
struct Side {
    /// What its fields' names begin with.
    name: &'static str,
    /// Where its list is.
    list: &'static str,
    words: &'static str,
}

const FROM: Side = Side { name: "from", list: "/body/from/uri", words: "the first list" };
const TO: Side = Side { name: "to", list: "/body/to/uri", words: "the second list" };

impl Side {
    fn field<'a>(self, value: &'a Value, field: &str) -> &'a str {
        text(value, &format!("/{}_{field}", self.name))
    }
}

/// What a file says of one pair of tags.
struct Match<'a> {
    value: &'a Value,
    index: usize,
    relation: &'a str,
    /// What each tag is known by: its address, or its code if nothing says its address; empty if there is none.
    pair: (&'a str, &'a str),
}

impl<'a> Match<'a> {
    fn at(&self, field: &str) -> String {
        format!("{MATCHES}/{}/{field}", self.index)
    }

    fn number(&self) -> usize {
        self.index.saturating_add(1)
    }

    fn is_pair(&self) -> bool {
        !self.pair.0.is_empty() && !self.pair.1.is_empty()
    }

    /// Is it a tag that is in both lists?
    fn is_one_tag(&self) -> bool {
        self.is_pair() && self.pair.0 == self.pair.1 && self.pair.0.contains("://")
    }

    /// Returns what a side's tag is known by.
    fn tag(&self, side: Side) -> &'a str {
        if side.name == FROM.name { self.pair.0 } else { self.pair.1 }
    }

    /// Returns what people call a side's tag.
    fn called(&self, side: Side) -> &str {
        let names = ["label", "curie", "uri"].map(|field| side.field(self.value, field));
        names.into_iter().find(|name| !name.is_empty()).unwrap_or_default()
    }
}

fn all(content: &Value) -> Vec<Match<'_>> {
    let values = list(content, MATCHES);
    let (from, to) = (addresses(values, FROM), addresses(values, TO));
    let made = |(index, value)| Match {
        value,
        index,
        relation: text(value, "/relation"),
        pair: (known_by(value, FROM, &from), known_by(value, TO, &to)),
    };
    (0_usize..).zip(values).map(made).collect()
}

fn known_by<'a>(value: &'a Value, side: Side, addresses: &BTreeMap<&str, &'a str>) -> &'a str {
    let code = side.field(value, "curie");
    match side.field(value, "uri") {
        "" => addresses.get(code).copied().unwrap_or(code),
        address => address,
    }
}

/// Returns the addresses of a side's tags by their codes.
fn addresses(values: &[Value], side: Side) -> BTreeMap<&str, &str> {
    let both = |value| (side.field(value, "curie"), side.field(value, "uri"));
    values.iter().map(both).filter(|(code, uri)| !code.is_empty() && !uri.is_empty()).collect()
}

pub(super) fn problems(content: &Value) -> Vec<Problem> {
    let matches = all(content);
    let mut problems = Vec::new();
    for field in ["document_id", "uri"] {
        let of = |side: &str| text(content, &format!("/body/{side}/{field}"));
        if !of("from").is_empty() && of("from") == of("to") {
            let message = "Both are the same list. Choose another one to match it with.";
            problems.push(problem(format!("/body/to/{field}"), message));
        }
    }
    for one in &matches {
        for side in [FROM, TO] {
            address(one, side, text(content, side.list), &mut problems);
        }
        sides(one, &mut problems);
    }
    twice(&matches, &mut problems);
    alone(&matches, &mut problems);
    let said: Vec<_> = matches.iter().map(|one| (one.pair, one.relation)).collect();
    for one in matches::disjoint(&said).into_iter().filter_map(|index| matches.get(index)) {
        if one.is_pair() {
            let pair = format!("“{}” and “{}”", one.called(FROM), one.called(TO));
            problems.push(matches::said_both(one.at("relation"), &pair));
        }
    }
    problems
}

fn address(one: &Match<'_>, side: Side, whole: &str, problems: &mut Vec<Problem>) {
    let address = side.field(one.value, "uri");
    let place = || one.at(&format!("{}_uri", side.name));
    if !address.is_empty() && !is_address(address) {
        let message =
            format!("“{address}” is no web address. Write one that begins with https://, or none.");
        problems.push(problem(place(), message));
    }
    problems.extend(matches::whole_list(place(), address, whole));
}

fn is_address(text: &str) -> bool {
    let unfit = |letter: char| letter.is_whitespace() || "<>\"{}|\\^`".contains(letter);
    let is_scheme = |scheme: &str| {
        scheme.starts_with(|letter: char| letter.is_ascii_alphabetic())
            && scheme.chars().all(|letter| letter.is_ascii_alphanumeric() || "+.-".contains(letter))
    };
    let is_whole = |(scheme, rest): (&str, &str)| is_scheme(scheme) && !rest.is_empty();
    !text.contains(unfit) && text.split_once(':').is_some_and(is_whole)
}

/// Says what is missing on the sides of a match, or too much.
fn sides(one: &Match<'_>, problems: &mut Vec<Problem>) {
    let missing = |side: Side, what: &str| {
        let message = format!("Say which tag of {} {what}: fill in its short code.", side.words);
        problem(one.at(&format!("{}_curie", side.name)), message)
    };
    let (from, to) = (!one.pair.0.is_empty(), !one.pair.1.is_empty());
    match one.relation {
        "" => {
            let named = |side: &Side| !side.field(one.value, "label").is_empty();
            let nameless = |side: &Side| one.tag(*side).is_empty();
            let sides = [FROM, TO].into_iter().filter(|side| named(side) && nameless(side));
            problems.extend(sides.map(|side| missing(side, "this is")));
        }
        ALONE if from && to => {
            let message = "“No match” is for a tag that the other list has nothing for. Empty one side, or say how they compare.";
            problems.push(problem(one.at("relation"), message));
        }
        ALONE if !from && !to => problems.push(missing(FROM, "has no match")),
        ALONE => {}
        known if RELATIONS.contains(&known) && known != EXACT && one.is_one_tag() => {
            let message = "Both have one web address, so they are one tag. Say that they mean the same, or put an address right.";
            problems.push(problem(one.at("relation"), message));
        }
        known if RELATIONS.contains(&known) => {
            problems.extend((!from).then(|| missing(FROM, "is meant")));
            problems.extend((!to).then(|| missing(TO, "is meant, or choose “No match”")));
        }
        unknown => {
            let known = RELATIONS.join(", ");
            let message =
                format!("“{unknown}” says not how they compare. Use one of {known}, or {ALONE}.");
            problems.push(problem(one.at("relation"), message));
        }
    }
}

fn twice(matches: &[Match<'_>], problems: &mut Vec<Problem>) {
    let mut seen: BTreeMap<(&str, (&str, &str)), usize> = BTreeMap::new();
    for one in matches.iter().filter(|one| !one.relation.is_empty()) {
        if one.pair == ("", "") {
            continue;
        }
        if let Some(first) = seen.get(&(one.relation, one.pair)) {
            let message = format!("Match {first} says the same already. Remove one of the two.");
            problems.push(problem(one.at("relation"), message));
        } else {
            seen.insert((one.relation, one.pair), one.number());
        }
    }
}

/// Says which tags have a match though something else says that they have none.
fn alone(matches: &[Match<'_>], problems: &mut Vec<Problem>) {
    let (mut from, mut to) = (BTreeMap::new(), BTreeMap::new());
    for one in matches.iter().filter(|one| RELATIONS.contains(&one.relation) && one.is_pair()) {
        from.entry(one.pair.0).or_insert(one.number());
        to.entry(one.pair.1).or_insert(one.number());
    }
    for one in matches.iter().filter(|one| one.relation == ALONE && !one.is_pair()) {
        let (side, known) = if one.pair.1.is_empty() { (FROM, &from) } else { (TO, &to) };
        if let Some(other) = known.get(one.tag(side)) {
            let name = one.called(side);
            let message = format!("“{name}” has a match: match {other}. Remove one of the two.");
            problems.push(problem(one.at("relation"), message));
        }
    }
}

/// Returns what should be looked at: a tag that means the same as several, a pair of which two things are said.
pub(super) fn warnings(content: &Value) -> Vec<Problem> {
    let matches = all(content);
    let mut warnings = Vec::new();
    for (side, other) in [(FROM, TO), (TO, FROM)] {
        several(&matches, side, other, &mut warnings);
    }
    let mut seen: BTreeMap<(&str, &str), &Match<'_>> = BTreeMap::new();
    for one in matches.iter().filter(|one| RELATIONS.contains(&one.relation) && one.is_pair()) {
        let first = seen.entry(one.pair).or_insert(one);
        if first.relation != one.relation {
            let (from, to, first) = (one.called(FROM), one.called(TO), first.number());
            let message = format!(
                "“{from}” and “{to}” are compared twice, in match {first} and match {}. Keep the one that says it best.",
                one.number()
            );
            warnings.push(problem(one.at("relation"), message));
        }
    }
    warnings
}

fn several(matches: &[Match<'_>], side: Side, other: Side, warnings: &mut Vec<Problem>) {
    let mut same: BTreeMap<&str, Vec<&Match<'_>>> = BTreeMap::new();
    for one in matches.iter().filter(|one| one.relation == EXACT && one.is_pair()) {
        same.entry(one.tag(side)).or_default().push(one);
    }
    for group in same.values() {
        let others: BTreeSet<&str> = group.iter().map(|one| one.tag(other)).collect();
        let (Some(first), Some(last)) = (group.first(), group.last()) else { continue };
        if others.len() > 1 {
            let called = |one: &&Match<'_>| format!("“{}”", one.called(other));
            let mut names: Vec<String> = group.iter().take(NAMES).map(called).collect();
            if group.len() > NAMES {
                names.push("and others".to_owned());
            }
            let message = format!(
                "“{}” means the same as {} tags of {}: {}. Then these mean the same too. If they do not, choose “nearly the same” or “broader”.",
                first.called(side),
                others.len(),
                other.words,
                names.join(", ")
            );
            warnings.push(problem(last.at("relation"), message));
        }
    }
}
