//! What two lists of tags seem to have in common: matches for people to look at, never more than proposals.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::tag::{RELATIONS, inverse, tag_address, text};
use crate::identity::{DocumentId, Kind};

/// Most entries that a crosswalk is made with; protects the node's time and the page that shows them.
pub const MATCHES_MAX: usize = 3_000;

/// Why two lists cannot be matched, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CannotMatch {
    /// The other list is the same one.
    #[error("both are the same list. Choose two")]
    Same,
    /// It is a document of another kind.
    #[error("“{0}” is no list of tags. Choose a list of tags")]
    NoList(String),
    /// There is nothing to match.
    #[error("“{0}” has no tags that are used. Add some, or choose another list")]
    NoTags(String),
    /// There is too much to match.
    #[error(
        "together the lists have more tags and matches than fit: at most {MATCHES_MAX}. Match parts of them, each as a list of its own"
    )]
    TooMany,
}

/// Returns the body of a crosswalk from the first list to the second: proposals for the tags that seem to match, and each
/// tag for which nothing was found. Tags that are no longer used are left out.
///
/// # Errors
/// If they are not two lists with tags, or too long.
pub fn propose_matches(
    from: (&DocumentId, &Value),
    to: (&DocumentId, &Value),
) -> Result<Value, CannotMatch> {
    if from.0 == to.0 {
        return Err(CannotMatch::Same);
    }
    let prefixes = prefixes(&[from.1, to.1]);
    let (first, second) = (List::of(from.1, &prefixes)?, List::of(to.1, &prefixes)?);
    let found = Finder::new(&first, &second).found()?;
    let with_match: BTreeSet<usize> = found.iter().map(|one| one.to).collect();
    let mut mappings = Vec::new();
    for (index, tag) in (0_usize..).zip(&first.tags) {
        let of_tag = found.iter().skip(found.partition_point(|one| one.from < index));
        let before = mappings.len();
        for one in of_tag.take_while(|one| one.from == index) {
            mappings.push(entry(Some(tag), second.tags.get(one.to), one.relation, &one.basis));
        }
        if mappings.len() == before {
            mappings.push(entry(Some(tag), None, "noMatch", ""));
        }
    }
    let left = (0_usize..).zip(&second.tags).filter(|(index, _)| !with_match.contains(index));
    mappings.extend(left.map(|(_, tag)| entry(None, Some(tag), "noMatch", "")));
    if mappings.len() > MATCHES_MAX {
        return Err(CannotMatch::TooMany);
    }
    Ok(json!({
        "from": reference(from.0, from.1),
        "to": reference(to.0, to.1),
        "mappings": mappings,
    }))
}

/// Returns what a crosswalk says of one of its lists.
fn reference(id: &DocumentId, content: &Value) -> Value {
    let taxonomy = content.pointer("/body/taxonomy").unwrap_or(&Value::Null);
    let title = super::title(content);
    let name = match text(taxonomy, "name") {
        "" => title.as_str(),
        name => name,
    };
    let mut said = json!({"name": name, "document_id": id});
    for field in ["uri", "curie_prefix", "version"] {
        if let Some(fields) = said.as_object_mut()
            && !text(taxonomy, field).is_empty()
        {
            fields.insert(field.to_owned(), json!(text(taxonomy, field)));
        }
    }
    said
}

fn entry(from: Option<&Tag>, to: Option<&Tag>, relation: &str, basis: &str) -> Value {
    let mut said = serde_json::Map::new();
    for (side, tag) in [("from", from), ("to", to)] {
        let Some(tag) = tag else { continue };
        for (field, value) in [("label", tag.name), ("curie", &tag.code), ("uri", &tag.address)] {
            if !value.is_empty() {
                said.insert(format!("{side}_{field}"), json!(value));
            }
        }
    }
    said.insert("relation".to_owned(), json!(relation));
    said.insert("status".to_owned(), json!("proposed"));
    if !basis.is_empty() {
        said.insert("basis".to_owned(), json!(basis));
    }
    Value::Object(said)
}

/// What addresses begin with, by the prefix of short codes.
type Prefixes = BTreeMap<String, String>;

/// Returns the prefixes that the lists explain: those of other lists whose address says where tags' codes go.
fn prefixes(contents: &[&Value]) -> Prefixes {
    let mut prefixes = Prefixes::new();
    for content in contents {
        let others = content.pointer("/body/external_vocabularies").and_then(Value::as_array);
        for one in others.into_iter().flatten() {
            let (prefix, address) = (text(one, "curie_prefix"), text(one, "uri"));
            if !prefix.is_empty() && address.ends_with(['/', '#']) {
                prefixes.entry(prefix.to_owned()).or_insert_with(|| address.to_owned());
            }
        }
    }
    prefixes
}

/// A list of tags as it is compared.
struct List<'a> {
    tags: Vec<Tag<'a>>,
    prefix: &'a str,
}

/// A tag as it is compared.
struct Tag<'a> {
    name: &'a str,
    code: String,
    address: String,
    /// Its name and other words for it, each without regard to case and spaces.
    words: BTreeSet<String>,
    /// How its own list compares it with tags of other lists.
    mappings: Vec<Mapping<'a>>,
}

/// What a list says of one of its tags and a tag of another list.
struct Mapping<'a> {
    relation: &'static str,
    /// The other tag as it is named.
    said: &'a str,
    /// The other tag's address, as far as somebody explains its prefix; else as it is named.
    whole: String,
    /// What people call the other tag.
    label: &'a str,
}

impl<'a> Mapping<'a> {
    fn of(value: &'a Value, prefixes: &Prefixes) -> Option<Self> {
        let word = text(value, "relation");
        let relation = RELATIONS.into_iter().find(|known| *known == word)?;
        let said = text(value, "target");
        let label = match text(value, "label") {
            "" => said,
            label => label,
        };
        (!said.is_empty()).then(|| Self { relation, said, whole: whole(said, prefixes), label })
    }
}

impl<'a> List<'a> {
    fn of(content: &'a Value, prefixes: &Prefixes) -> Result<Self, CannotMatch> {
        if super::kind(content.get("document_type").unwrap_or(&Value::Null))
            != Kind::TaggingConvention
        {
            return Err(CannotMatch::NoList(super::title(content)));
        }
        let taxonomy = content.pointer("/body/taxonomy").unwrap_or(&Value::Null);
        let (address, prefix) = (text(taxonomy, "uri"), text(taxonomy, "curie_prefix"));
        let terms = content.pointer("/body/terms").and_then(Value::as_array);
        let used = terms.into_iter().flatten().filter(|term| text(term, "status") != "deprecated");
        let tags: Vec<Tag<'a>> =
            used.filter_map(|term| Tag::of(term, address, prefix, prefixes)).collect();
        if tags.is_empty() {
            return Err(CannotMatch::NoTags(super::title(content)));
        }
        if tags.len() > MATCHES_MAX {
            return Err(CannotMatch::TooMany);
        }
        Ok(Self { tags, prefix })
    }
}

impl<'a> Tag<'a> {
    /// Returns nothing for a tag that nothing names.
    fn of(term: &'a Value, list: &str, prefix: &str, prefixes: &Prefixes) -> Option<Self> {
        let code = match (text(term, "curie"), text(term, "code")) {
            ("", "") => String::new(),
            ("", code) if prefix.is_empty() => code.to_owned(),
            ("", code) => format!("{prefix}:{code}"),
            (code, _) => code.to_owned(),
        };
        let name = text(term, "prefLabel");
        let address = tag_address(term, list);
        if code.is_empty() && address.is_empty() {
            return None;
        }
        let others = term.get("altLabel").and_then(Value::as_array).into_iter().flatten();
        let words = std::iter::once(name).chain(others.filter_map(Value::as_str));
        let mappings = term.get("mappings").and_then(Value::as_array).into_iter().flatten();
        Some(Self {
            name,
            code,
            address,
            words: words.map(folded).filter(|word| !word.is_empty()).collect(),
            mappings: mappings.filter_map(|one| Mapping::of(one, prefixes)).collect(),
        })
    }
}

/// Returns the whole address of a tag of another list, as far as somebody explains its prefix.
fn whole(target: &str, prefixes: &Prefixes) -> String {
    let code = target.split_once(':').filter(|_| !target.contains("://"));
    code.and_then(|(prefix, code)| Some(format!("{}{code}", prefixes.get(prefix)?)))
        .unwrap_or_else(|| target.to_owned())
}

fn folded(words: &str) -> String {
    words.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

/// A match that seems to be there, and why.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Found {
    from: usize,
    to: usize,
    relation: &'static str,
    basis: String,
}

/// The second list by everything that a tag may be found by.
struct Finder<'a> {
    first: &'a List<'a>,
    second: &'a List<'a>,
    by_address: BTreeMap<&'a str, Vec<usize>>,
    by_code: BTreeMap<&'a str, Vec<usize>>,
    by_name: BTreeMap<String, Vec<usize>>,
    by_word: BTreeMap<&'a str, Vec<usize>>,
    /// By what its tags are compared with.
    by_other: BTreeMap<&'a str, Vec<(usize, &'static str)>>,
    /// Tags of the first list that the second compares its own with.
    from_second: BTreeMap<&'a str, Vec<(usize, &'static str)>>,
}

impl<'a> Finder<'a> {
    fn new(first: &'a List<'a>, second: &'a List<'a>) -> Self {
        let mut finder = Self {
            first,
            second,
            by_address: BTreeMap::new(),
            by_code: BTreeMap::new(),
            by_name: BTreeMap::new(),
            by_word: BTreeMap::new(),
            by_other: BTreeMap::new(),
            from_second: BTreeMap::new(),
        };
        for (index, tag) in (0_usize..).zip(&second.tags) {
            if !tag.address.is_empty() {
                finder.by_address.entry(&tag.address).or_default().push(index);
            }
            finder.by_code.entry(&tag.code).or_default().push(index);
            finder.by_name.entry(folded(tag.name)).or_default().push(index);
            for word in &tag.words {
                finder.by_word.entry(word).or_default().push(index);
            }
            for one in &tag.mappings {
                put(&mut finder.by_other, &one.whole, (index, one.relation));
                for name in [&one.whole, one.said] {
                    put(&mut finder.from_second, name, (index, inverse(one.relation)));
                }
            }
        }
        finder
    }

    /// Returns the best matches of each tag, in the order of the lists.
    fn found(&self) -> Result<Vec<Found>, CannotMatch> {
        let mut all = Vec::new();
        for (index, tag) in (0_usize..).zip(&self.first.tags) {
            let ways = [Self::same_address, Self::said, Self::same_other, Self::same_word];
            let best = ways.iter().map(|way| way(self, tag)).find(|found| !found.is_empty());
            let mut of_tag: BTreeMap<usize, (&'static str, String)> = BTreeMap::new();
            for (to, relation, basis) in best.unwrap_or_default() {
                // Of several reasons the first is the best.
                of_tag.entry(to).or_insert((relation, basis));
            }
            let made = |(to, (relation, basis))| Found { from: index, to, relation, basis };
            all.extend(of_tag.into_iter().map(made));
            if all.len() > MATCHES_MAX {
                return Err(CannotMatch::TooMany);
            }
        }
        Ok(all)
    }

    fn same_address(&self, tag: &Tag<'_>) -> Vec<Way> {
        let same = self.by_address.get(tag.address.as_str()).into_iter().flatten();
        same.map(|to| (*to, "exactMatch", "Both have the same web address".to_owned())).collect()
    }

    /// What one of the lists itself says about a tag of the other.
    fn said(&self, tag: &Tag<'_>) -> Vec<Way> {
        // Two lists may use one prefix, as those do that began with the same template: then codes say nothing.
        let codes_differ = self.first.prefix != self.second.prefix;
        let mut ways = Vec::new();
        for one in &tag.mappings {
            let code = self.by_code.get(one.said).filter(|_| codes_differ);
            let found = self.by_address.get(one.whole.as_str()).or(code).into_iter().flatten();
            ways.extend(found.map(|to| (*to, one.relation, "The first list says so".to_owned())));
        }
        let codes = Some(tag.code.as_str()).filter(|code| codes_differ && !code.is_empty());
        let names = [Some(tag.address.as_str()).filter(|address| !address.is_empty()), codes];
        for name in names.into_iter().flatten() {
            let back = self.from_second.get(name).into_iter().flatten();
            let basis = || "The second list says so".to_owned();
            ways.extend(back.map(|(to, relation)| (*to, *relation, basis())));
        }
        ways
    }

    /// Tags that both are compared with one of a third list. That both are only broader, narrower or related says nothing.
    fn same_other(&self, tag: &Tag<'_>) -> Vec<Way> {
        let is_near = |relation: &str| matches!(relation, "exactMatch" | "closeMatch");
        let mut ways = Vec::new();
        for one in &tag.mappings {
            for (to, its) in self.by_other.get(one.whole.as_str()).into_iter().flatten() {
                let basis = format!("Both are compared with {}", one.label);
                if one.relation == "exactMatch" && *its == "exactMatch" {
                    ways.insert(0, (*to, "exactMatch", basis));
                } else if is_near(one.relation) || is_near(its) {
                    ways.push((*to, "closeMatch", basis));
                }
            }
            if ways.len() > MATCHES_MAX {
                break;
            }
        }
        ways
    }

    fn same_word(&self, tag: &Tag<'_>) -> Vec<Way> {
        let name = folded(tag.name);
        if let Some(same) = self.by_name.get(&name).filter(|_| !name.is_empty()) {
            let way = |to: &usize| (*to, "closeMatch", "Both have the same name".to_owned());
            return same.iter().map(way).collect();
        }
        let mut ways = Vec::new();
        for word in &tag.words {
            let same = self.by_word.get(word.as_str()).into_iter().flatten();
            ways.extend(same.map(|to| (*to, "closeMatch", format!("Both are called “{word}”"))));
            if ways.len() > MATCHES_MAX {
                break;
            }
        }
        ways
    }
}

/// Adds to what is known by a name, once for each tag after another.
fn put<'a>(
    known: &mut BTreeMap<&'a str, Vec<(usize, &'static str)>>,
    name: &'a str,
    what: (usize, &'static str),
) {
    let of_name = known.entry(name).or_default();
    if of_name.last() != Some(&what) {
        of_name.push(what);
    }
}

/// A tag of the second list, how it compares, and why.
type Way = (usize, &'static str, String);

#[cfg(test)]
mod tests;
