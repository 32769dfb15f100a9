//! What holds wherever tags of two lists are compared.

use std::collections::{BTreeMap, BTreeSet};

use super::problem;
use crate::documents::Problem;

/// Tags that mean the same.
pub(super) const EXACT: &str = "exactMatch";
/// What tags that mean the same cannot be as well.
const OTHERWISE: [&str; 3] = ["broadMatch", "narrowMatch", "relatedMatch"];

/// Returns which of these say that a pair means the same though another says that it is broader, narrower or related
/// (S46; narrower is broader, read from the other tag). Each is a pair and a relation.
pub(super) fn disjoint<P: Ord>(said: &[(P, &str)]) -> Vec<usize> {
    let mut of_pair: BTreeMap<&P, BTreeSet<&str>> = BTreeMap::new();
    for (pair, relation) in said {
        of_pair.entry(pair).or_default().insert(relation);
    }
    let is_faulty = |(pair, relation): &(P, &str)| {
        let all = of_pair.get(pair).filter(|_| *relation == EXACT);
        all.is_some_and(|all| OTHERWISE.iter().any(|word| all.contains(word)))
    };
    (0_usize..).zip(said).filter(|(_, one)| is_faulty(one)).map(|(index, _)| index).collect()
}

/// Says that a pair cannot be all that is said of it.
pub(super) fn said_both(pointer: String, what: &str) -> Problem {
    let message = format!(
        "{what} cannot mean the same and be broader, narrower or related too. Keep one of them."
    );
    problem(pointer, message)
}

/// Says so if a tag has the address of its whole list (S9).
pub(super) fn whole_list(pointer: String, address: &str, list: &str) -> Option<Problem> {
    let is_list = !list.is_empty() && address == list;
    let message = "This is the address of the whole list. Give the tag an address of its own.";
    is_list.then(|| problem(pointer, message))
}
