//! The integrity conditions of SKOS that a list of tags must meet, and no rings.
//!
//! S9: a tag is not the list itself. S13: the labels of a tag differ. S14: a tag has one name in each language (the form
//! has one, the list's). S27: what is related is not broader or narrower. S46: what means the same in another list is not
//! broader, narrower or related there too.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{list, matches, problem, text};
use crate::documents::Problem;

const TERMS: &str = "/body/terms";

pub(super) fn problems(content: &Value) -> Vec<Problem> {
    let terms = list(content, TERMS);
    let scheme = text(content, "/body/taxonomy/uri");
    let codes: BTreeSet<&str> = terms.iter().map(|term| text(term, "/curie")).collect();
    let broader = broader_of(terms);
    let mut problems = Vec::new();
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for (index, term) in terms.iter().enumerate() {
        let at = |field: &str| format!("{TERMS}/{index}/{field}");
        let curie = text(term, "/curie");
        if !curie.is_empty()
            && let Some(first) = seen.insert(curie, index.saturating_add(1))
        {
            let message =
                format!("Tag {first} has the short code “{curie}” already. Give this one another.");
            problems.push(problem(at("curie"), message));
        }
        problems.extend(matches::whole_list(at("term_uri"), text(term, "/term_uri"), scheme));
        labels(term, &at, &mut problems);
        mappings(term, &at, &mut problems);
        if is_in_ring(curie, &broader) {
            let message = format!(
                "“{}” is part of itself through its broader tags. Choose another broader tag.",
                text(term, "/prefLabel")
            );
            problems.push(problem(at("broader"), message));
        } else {
            related(term, curie, &broader, &at, &mut problems);
        }
        successor(term, &codes, &at, &mut problems);
    }
    problems
}

fn broader_of(terms: &[Value]) -> BTreeMap<&str, &str> {
    let pair = |term| (text(term, "/curie"), text(term, "/broader"));
    terms
        .iter()
        .map(pair)
        .filter(|(curie, broader)| !curie.is_empty() && !broader.is_empty())
        .collect()
}

/// Is a tag above itself?
fn is_in_ring(curie: &str, broader: &BTreeMap<&str, &str>) -> bool {
    above(curie, broader).contains(&curie)
}

/// Returns everything above a tag.
fn above<'a>(curie: &str, broader: &BTreeMap<&str, &'a str>) -> BTreeSet<&'a str> {
    let mut found = BTreeSet::new();
    let mut next = broader.get(curie);
    while let Some(one) = next {
        if !found.insert(*one) {
            break;
        }
        next = broader.get(one);
    }
    found
}

fn labels(term: &Value, at: &impl Fn(&str) -> String, problems: &mut Vec<Problem>) {
    let name = text(term, "/prefLabel");
    let mut seen = BTreeSet::from([name]);
    for label in list(term, "/altLabel").iter().filter_map(Value::as_str).map(str::trim) {
        if !label.is_empty() && !seen.insert(label) {
            let message =
                format!("“{label}” is there twice. A tag’s name and its other words must differ.");
            problems.push(problem(at("altLabel"), message));
        }
    }
}

fn mappings(term: &Value, at: &impl Fn(&str) -> String, problems: &mut Vec<Problem>) {
    let all = list(term, "/mappings");
    let said: Vec<(&str, &str)> =
        all.iter().map(|one| (text(one, "/target"), text(one, "/relation"))).collect();
    for index in matches::disjoint(&said) {
        if let Some((target, _)) = said.get(index).filter(|(target, _)| !target.is_empty()) {
            let place = at(&format!("mappings/{index}/relation"));
            problems.push(matches::said_both(place, &format!("“{target}”")));
        }
    }
}

fn related(
    term: &Value,
    curie: &str,
    broader: &BTreeMap<&str, &str>,
    at: &impl Fn(&str) -> String,
    problems: &mut Vec<Problem>,
) {
    for other in list(term, "/related").iter().filter_map(Value::as_str) {
        if above(curie, broader).contains(other) || above(other, broader).contains(curie) {
            let message = format!(
                "“{other}” is broader or narrower than this tag, so it cannot be related too. Keep one of them."
            );
            problems.push(problem(at("related"), message));
        }
    }
}

fn successor(
    term: &Value,
    codes: &BTreeSet<&str>,
    at: &impl Fn(&str) -> String,
    problems: &mut Vec<Problem>,
) {
    let next = text(term, "/replaced_by");
    if !next.is_empty() && next == text(term, "/curie") {
        problems.push(problem(
            at("replaced_by"),
            "A tag cannot be replaced by itself. Choose another tag.",
        ));
    } else if !next.is_empty() && !next.starts_with("https://") && !codes.contains(next) {
        let message = format!(
            "No tag of this list has the short code “{next}”. Use the code of the tag to use instead."
        );
        problems.push(problem(at("replaced_by"), message));
    }
}
