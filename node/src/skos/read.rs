//! A file of SKOS to lists of tags, or to how the tags of two lists match.

use std::collections::{BTreeMap, BTreeSet};

use crdt_schema::documents::{MATCHES_MAX, RELATIONS};
use oxjsonld::{JsonLdParser, JsonLdRemoteDocument};
use oxrdf::{Graph, Triple};
use oxttl::TurtleParser;
use serde_json::{Value, json};

use super::matches;
use super::names::{DCT, OWL, skos};
use super::said::{LANGUAGE, Said, prefix_of};

/// Most triples that are read; protects the memory.
const TRIPLES: usize = 200_000;

/// Most lists in one file; protects the node's time.
const LISTS: usize = 50;

/// Why a file of SKOS cannot be brought in, and what to do.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WrongSkos {
    #[error("the file cannot be read as Turtle: {0}")]
    Turtle(String),
    #[error("the file cannot be read as JSON-LD: {0}")]
    JsonLd(String),
    #[error("the file holds more than {TRIPLES} statements. Split it into several lists")]
    TooMany,
    #[error("the file has no skos:ConceptScheme. Add one: it is the list that the tags are in")]
    NoScheme,
    #[error(
        "the file has several lists, and <{0}> is in none of them. Say in which one, with skos:inScheme"
    )]
    InNoList(String),
    #[error("the file has more than {LISTS} lists (skos:ConceptScheme). Split it")]
    TooManyLists,
    #[error("the file has more than {MATCHES_MAX} tags and matches. Split it into several tables")]
    TooManyMatches,
    #[error("the list has no tags (skos:Concept)")]
    NoTags,
    #[error("S9: <{0}> is a tag and a list at once. Give them different addresses")]
    TagAndScheme(String),
    #[error("S13: <{tag}> has “{label}” as its name and as another word for it. Remove one")]
    Labels { tag: String, label: String },
    #[error(
        "S14: <{tag}> has two names in the language “{language}”. Keep one, and make the other an alternative label"
    )]
    Names { tag: String, language: String },
    #[error("<{0}> is broader than itself, in a ring. Remove one skos:broader of the ring")]
    Ring(String),
    #[error(
        "S27: <{tag}> is related to <{other}>, which is broader or narrower. Remove one of the two"
    )]
    Related { tag: String, other: String },
    #[error(
        "S46: <{tag}> is an exact match of <{other}>, and a broader or related one too. Keep one of them"
    )]
    Matches { tag: String, other: String },
}

/// Returns the documents that a file of SKOS holds: lists of tags, or how the tags of two lists match; nothing if it is no
/// such file.
pub(crate) fn contents_of(file: &[u8]) -> Option<Result<Vec<Value>, WrongSkos>> {
    let graph = match file.iter().find(|byte| !byte.is_ascii_whitespace())? {
        b'{' | b'[' => {
            let value: Value = serde_json::from_slice(file).ok()?;
            if !is_json_ld(&value) {
                return None;
            }
            from_json_ld(file)
        }
        _ => {
            let text = std::str::from_utf8(file).ok()?;
            if !text.contains("skos/core#") {
                return None;
            }
            from_turtle(file)
        }
    };
    Some(graph.and_then(|graph| documents(&graph)))
}

/// Is it JSON-LD: an object with a context, or things with full addresses, as it is when written out?
fn is_json_ld(value: &Value) -> bool {
    match value {
        Value::Object(fields) => {
            fields.contains_key("@context") && !fields.contains_key("document_type")
        }
        Value::Array(items) => {
            let is_thing = |item: &Value| item.get("@id").or_else(|| item.get("@type")).is_some();
            !items.is_empty() && items.iter().all(is_thing)
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

fn documents(graph: &Graph) -> Result<Vec<Value>, WrongSkos> {
    let said = Said(graph);
    let (schemes, tags) = (said.typed("ConceptScheme"), said.typed("Concept"));
    if let Some(both) = schemes.intersection(&tags).next() {
        return Err(WrongSkos::TagAndScheme(both.clone()));
    }
    if schemes.is_empty() {
        return Err(WrongSkos::NoScheme);
    }
    if tags.is_empty() {
        return Err(WrongSkos::NoTags);
    }
    if schemes.len() > LISTS {
        return Err(WrongSkos::TooManyLists);
    }
    let schemes: Vec<String> = schemes.into_iter().collect();
    match schemes.as_slice() {
        [scheme] => Ok(vec![List::of(said, scheme.clone(), tags)?]),
        [one, other] => match matches::content(said, [one.clone(), other.clone()], &tags) {
            Some(matches) => Ok(vec![matches?]),
            None => several(said, &schemes, &tags),
        },
        _ => several(said, &schemes, &tags),
    }
}

/// Returns each list with the tags that say that they are in it. A list without tags is left out.
fn several(
    said: Said<'_>,
    schemes: &[String],
    tags: &BTreeSet<String>,
) -> Result<Vec<Value>, WrongSkos> {
    let of_tag = said.schemes_of(schemes, tags);
    if let Some(tag) = tags.iter().find(|tag| !of_tag.contains_key(tag.as_str())) {
        return Err(WrongSkos::InNoList(tag.clone()));
    }
    let mut lists = Vec::new();
    for (index, scheme) in (0_usize..).zip(schemes) {
        let is_in = |(_, of): &(&&str, &BTreeSet<usize>)| of.contains(&index);
        let own: BTreeSet<String> =
            of_tag.iter().filter(is_in).map(|(tag, _)| (*tag).to_owned()).collect();
        if !own.is_empty() {
            lists.push(List::of(said, scheme.clone(), own)?);
        }
    }
    Ok(lists)
}

fn gather<E>(
    triples: impl Iterator<Item = Result<Triple, E>>,
    wrong: impl Fn(E) -> WrongSkos,
) -> Result<Graph, WrongSkos> {
    let mut graph = Graph::new();
    for (count, triple) in triples.enumerate() {
        if count >= TRIPLES {
            return Err(WrongSkos::TooMany);
        }
        graph.insert(&triple.map_err(&wrong)?);
    }
    Ok(graph)
}

fn from_turtle(file: &[u8]) -> Result<Graph, WrongSkos> {
    gather(TurtleParser::new().for_slice(file), |error| WrongSkos::Turtle(error.to_string()))
}

fn from_json_ld(file: &[u8]) -> Result<Graph, WrongSkos> {
    let parser = JsonLdParser::new().for_slice(file).with_load_document_callback(|address, _| {
        // Nothing is fetched. The one context that many lists name is known here.
        if address.trim_end_matches('/') != "https://openactive.io" {
            return Err(format!("it names the context {address}, which is not fetched. Put the context into the file").into());
        }
        Ok(JsonLdRemoteDocument {
            document: OPEN_ACTIVE.as_bytes().to_vec(),
            document_url: address.to_owned(),
        })
    });
    let triples = parser.map(|quad| quad.map(Triple::from));
    gather(triples, |error| WrongSkos::JsonLd(error.to_string()))
}

/// The words of OpenActive's lists.
const OPEN_ACTIVE: &str = r#"{"@context": {"@language": "en", "skos": "http://www.w3.org/2004/02/skos/core#", "id": "@id", "type": "@type",
 "Concept": "skos:Concept", "ConceptScheme": "skos:ConceptScheme", "prefLabel": "skos:prefLabel", "altLabel": "skos:altLabel",
 "hiddenLabel": "skos:hiddenLabel", "definition": "skos:definition", "notation": {"@id": "skos:notation", "@language": null},
 "broader": {"@id": "skos:broader", "@type": "@id"}, "narrower": {"@id": "skos:narrower", "@type": "@id"},
 "related": {"@id": "skos:related", "@type": "@id"}, "broadMatch": {"@id": "skos:broadMatch", "@type": "@id"},
 "closeMatch": {"@id": "skos:closeMatch", "@type": "@id"}, "exactMatch": {"@id": "skos:exactMatch", "@type": "@id"},
 "topConceptOf": {"@id": "skos:topConceptOf", "@type": "@id"}, "hasTopConcept": {"@id": "skos:hasTopConcept", "@type": "@id"},
 "inScheme": {"@id": "skos:inScheme", "@type": "@id"}, "concept": {"@reverse": "skos:inScheme"},
 "title": "http://purl.org/dc/terms/title", "license": {"@id": "http://purl.org/dc/terms/license", "@type": "@id"},
 "deprecated": {"@id": "http://www.w3.org/2002/07/owl#deprecated"}}}"#;

/// A list that is read, with what stands above each tag.
struct List<'a> {
    said: Said<'a>,
    scheme: String,
    tags: BTreeSet<String>,
    /// Tags by what is right above them.
    above: BTreeMap<String, BTreeSet<String>>,
    prefix: String,
}

impl<'a> List<'a> {
    fn of(said: Said<'a>, scheme: String, tags: BTreeSet<String>) -> Result<Value, WrongSkos> {
        let prefix = prefix_of(&scheme);
        let mut list = Self { said, scheme, tags, above: BTreeMap::new(), prefix };
        list.find_above();
        list.check()?;
        Ok(list.content())
    }

    fn find_above(&mut self) {
        let mut above: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for tag in &self.tags {
            for broader in self.said.links(tag, &skos("broader")) {
                above.entry(tag.clone()).or_default().insert(broader);
            }
            for narrower in self.said.links(tag, &skos("narrower")) {
                above.entry(narrower).or_default().insert(tag.clone());
            }
        }
        self.above = above;
    }

    /// Returns everything above a tag, however far.
    fn all_above(&self, tag: &str) -> BTreeSet<&str> {
        let mut found = BTreeSet::new();
        let mut waiting: Vec<&str> = vec![tag];
        while let Some(one) = waiting.pop() {
            for next in self.above.get(one).into_iter().flatten() {
                if found.insert(next.as_str()) {
                    waiting.push(next);
                }
            }
        }
        found
    }

    fn check(&self) -> Result<(), WrongSkos> {
        for tag in &self.tags {
            self.check_labels(tag)?;
            let above = self.all_above(tag);
            if above.contains(tag.as_str()) {
                return Err(WrongSkos::Ring(tag.clone()));
            }
            for other in self.said.links(tag, &skos("related")) {
                if above.contains(other.as_str()) || self.all_above(&other).contains(tag.as_str()) {
                    return Err(WrongSkos::Related { tag: tag.clone(), other });
                }
            }
            let exact = self.said.links(tag, &skos("exactMatch"));
            for word in ["broadMatch", "narrowMatch", "relatedMatch"] {
                if let Some(other) = self.said.links(tag, &skos(word)).intersection(&exact).next() {
                    return Err(WrongSkos::Matches { tag: tag.clone(), other: other.clone() });
                }
            }
        }
        Ok(())
    }

    fn check_labels(&self, tag: &str) -> Result<(), WrongSkos> {
        let mut seen: BTreeMap<(String, String), &str> = BTreeMap::new();
        let mut languages = BTreeSet::new();
        for word in ["prefLabel", "altLabel", "hiddenLabel"] {
            for (label, language) in self.said.labels(tag, &skos(word)) {
                if word == "prefLabel" && !languages.insert(language.clone()) {
                    return Err(WrongSkos::Names { tag: tag.to_owned(), language });
                }
                let before = seen.insert((label.clone(), language), word);
                if before.is_some_and(|before| before != word) {
                    return Err(WrongSkos::Labels { tag: tag.to_owned(), label });
                }
            }
        }
        Ok(())
    }

    fn curie(&self, tag: &str) -> String {
        if self.tags.contains(tag) {
            format!("{}:{}", self.prefix, self.said.code(tag))
        } else {
            tag.to_owned()
        }
    }

    fn content(&self) -> Value {
        let scheme = self.scheme.as_str();
        let title = self.said.title(scheme);
        let terms: Vec<Value> = self.tags.iter().map(|tag| self.term(tag)).collect();
        let licence = self.said.links(scheme, &format!("{DCT}license")).into_iter().next();
        let mut content = json!({
            "document_type": "tagging_convention",
            "title": title,
            "status": "draft",
            "language": LANGUAGE,
            "body": {
                "taxonomy": {
                    "name": title,
                    "uri": scheme,
                    "version": self.said.text(scheme, &format!("{OWL}versionInfo")),
                    "curie_prefix": self.prefix,
                },
                "terms": terms,
            },
        });
        if let (Some(members), Some(licence)) = (content.as_object_mut(), licence) {
            members.insert("licence".to_owned(), json!(licence));
        }
        content
    }

    fn term(&self, tag: &str) -> Value {
        let other_words: Vec<String> =
            self.said.labels(tag, &skos("altLabel")).into_iter().map(|(label, _)| label).collect();
        let mut above = self.above.get(tag).into_iter().flatten();
        let broader = above.next().map(|broader| self.curie(broader));
        let also_broader: Vec<String> = above.map(|broader| self.curie(broader)).collect();
        let is_given_up = self.said.is_given_up(tag);
        let mappings: Vec<Value> = RELATIONS
            .iter()
            .flat_map(|word| {
                self.said
                    .links(tag, &skos(word))
                    .into_iter()
                    .map(move |target| json!({"relation": word, "target": target}))
            })
            .collect();
        let related: Vec<String> =
            self.said.links(tag, &skos("related")).iter().map(|other| self.curie(other)).collect();
        let next = self.said.links(tag, &format!("{DCT}isReplacedBy")).into_iter().next();
        let mut term = json!({
            "code": self.said.code(tag),
            "curie": self.curie(tag),
            "term_uri": tag,
            "prefLabel": self.said.text(tag, &skos("prefLabel")).unwrap_or_else(|| self.said.code(tag)),
            "altLabel": other_words,
            "definition": self.said.text(tag, &skos("definition")),
            "scopeNote": self.said.text(tag, &skos("scopeNote")),
            "broader": broader,
            "status": if is_given_up { "deprecated" } else { "in_use" },
            "replaced_by": next.map(|next| self.curie(&next)),
        });
        if let Some(members) = term.as_object_mut() {
            members.retain(|_, value| !value.is_null());
            for (name, values) in [
                ("mappings", mappings),
                ("related", related.into_iter().map(Value::String).collect()),
                // A tag has one place in the tree; the others are kept.
                ("also_broader", also_broader.into_iter().map(Value::String).collect()),
            ] {
                if !values.is_empty() {
                    members.insert(name.to_owned(), Value::Array(values));
                }
            }
        }
        term
    }
}
