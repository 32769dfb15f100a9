//! A file of SKOS to a list of tags.

use std::collections::{BTreeMap, BTreeSet};

use oxjsonld::{JsonLdParser, JsonLdRemoteDocument};
use oxrdf::{Graph, NamedNode, NamedOrBlankNode, TermRef, Triple};
use oxttl::TurtleParser;
use serde_json::{Value, json};

use super::names::{DCT, MATCHES, OWL, skos};

/// Most triples that are read; protects the memory.
const TRIPLES: usize = 200_000;

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
    #[error("the file has several lists (skos:ConceptScheme). Bring in one at a time")]
    Schemes,
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

/// Returns the list of tags that a file of SKOS holds; nothing if it is no such file.
pub(crate) fn list_of_tags(file: &[u8]) -> Option<Result<Value, WrongSkos>> {
    let graph = match file.iter().find(|byte| !byte.is_ascii_whitespace())? {
        b'{' => {
            let value: Value = serde_json::from_slice(file).ok()?;
            if value.get("@context").is_none() || value.get("document_type").is_some() {
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
    Some(graph.and_then(|graph| List::of(&graph)))
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
    graph: &'a Graph,
    scheme: NamedNode,
    tags: BTreeSet<String>,
    /// Tags by what is right above them.
    above: BTreeMap<String, BTreeSet<String>>,
    prefix: String,
}

/// The language that names are taken from, where a tag has several.
const LANGUAGE: &str = "en";

impl<'a> List<'a> {
    fn of(graph: &'a Graph) -> Result<Value, WrongSkos> {
        let typed = |word: &str| -> BTreeSet<String> {
            let Ok(class) = NamedNode::new(skos(word)) else { return BTreeSet::new() };
            let subjects = graph.subjects_for_predicate_object(oxrdf::vocab::rdf::TYPE, &class);
            subjects.filter_map(|subject| address(subject.into_owned())).collect()
        };
        let (schemes, tags) = (typed("ConceptScheme"), typed("Concept"));
        if let Some(both) = schemes.intersection(&tags).next() {
            return Err(WrongSkos::TagAndScheme(both.clone()));
        }
        let mut schemes = schemes.into_iter().filter_map(|scheme| NamedNode::new(scheme).ok());
        let scheme = schemes.next().ok_or(WrongSkos::NoScheme)?;
        if schemes.next().is_some() {
            return Err(WrongSkos::Schemes);
        }
        if tags.is_empty() {
            return Err(WrongSkos::NoTags);
        }
        let prefix = prefix_of(scheme.as_str());
        let mut list = Self { graph, scheme, tags, above: BTreeMap::new(), prefix };
        list.find_above();
        list.check()?;
        Ok(list.content())
    }

    fn find_above(&mut self) {
        let mut above: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for tag in &self.tags {
            for broader in self.links(tag, &skos("broader")) {
                above.entry(tag.clone()).or_default().insert(broader);
            }
            for narrower in self.links(tag, &skos("narrower")) {
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
            for other in self.links(tag, &skos("related")) {
                if above.contains(other.as_str()) || self.all_above(&other).contains(tag.as_str()) {
                    return Err(WrongSkos::Related { tag: tag.clone(), other });
                }
            }
            let exact = self.links(tag, &skos("exactMatch"));
            for word in ["broadMatch", "narrowMatch", "relatedMatch"] {
                if let Some(other) = self.links(tag, &skos(word)).intersection(&exact).next() {
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
            for (label, language) in self.labels(tag, &skos(word)) {
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

    fn objects(&self, tag: &str, predicate: &str) -> Vec<TermRef<'_>> {
        let (Ok(tag), Ok(predicate)) = (NamedNode::new(tag), NamedNode::new(predicate)) else {
            return Vec::new();
        };
        let objects = self.graph.objects_for_subject_predicate(&tag, &predicate);
        let mut found: Vec<TermRef<'_>> = objects.collect();
        found.sort_by_key(ToString::to_string);
        found
    }

    fn links(&self, tag: &str, predicate: &str) -> BTreeSet<String> {
        let objects = self.objects(tag, predicate).into_iter();
        objects
            .filter_map(|object| match object {
                TermRef::NamedNode(node) => Some(node.as_str().to_owned()),
                _ => None,
            })
            .collect()
    }

    /// Returns texts with their languages.
    fn labels(&self, tag: &str, predicate: &str) -> Vec<(String, String)> {
        let objects = self.objects(tag, predicate).into_iter();
        objects
            .filter_map(|object| match object {
                TermRef::Literal(literal) => {
                    let language = literal.language().unwrap_or_default().to_owned();
                    Some((literal.value().to_owned(), language))
                }
                _ => None,
            })
            .collect()
    }

    /// Returns the text in English, or else any.
    fn text(&self, tag: &str, predicate: &str) -> Option<String> {
        let mut texts = self.labels(tag, predicate);
        texts.sort_by_key(|(_, language)| !language.starts_with(LANGUAGE));
        texts.into_iter().next().map(|(text, _)| text)
    }

    fn code(&self, tag: &str) -> String {
        self.text(tag, &skos("notation"))
            .filter(|code| !code.contains(char::is_whitespace))
            .unwrap_or_else(|| tag.rsplit(['#', '/']).next().unwrap_or_default().to_owned())
    }

    fn curie(&self, tag: &str) -> String {
        if self.tags.contains(tag) {
            format!("{}:{}", self.prefix, self.code(tag))
        } else {
            tag.to_owned()
        }
    }

    fn content(&self) -> Value {
        let scheme = self.scheme.as_str();
        let title = self.text(scheme, &format!("{DCT}title"));
        let title = title
            .or_else(|| self.text(scheme, &skos("prefLabel")))
            .unwrap_or_else(|| scheme.to_owned());
        let terms: Vec<Value> = self.tags.iter().map(|tag| self.term(tag)).collect();
        let licence = self.links(scheme, &format!("{DCT}license")).into_iter().next();
        let mut content = json!({
            "document_type": "tagging_convention",
            "title": title,
            "status": "draft",
            "language": LANGUAGE,
            "body": {
                "taxonomy": {
                    "name": title,
                    "uri": scheme,
                    "version": self.text(scheme, &format!("{OWL}versionInfo")),
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
            self.labels(tag, &skos("altLabel")).into_iter().map(|(label, _)| label).collect();
        let mut above = self.above.get(tag).into_iter().flatten();
        let broader = above.next().map(|broader| self.curie(broader));
        let also_broader: Vec<String> = above.map(|broader| self.curie(broader)).collect();
        let is_given_up = self.text(tag, &format!("{OWL}deprecated")).as_deref() == Some("true");
        let mappings: Vec<Value> = MATCHES
            .iter()
            .flat_map(|word| {
                self.links(tag, &skos(word))
                    .into_iter()
                    .map(move |target| json!({"relation": word, "target": target}))
            })
            .collect();
        let related: Vec<String> =
            self.links(tag, &skos("related")).iter().map(|other| self.curie(other)).collect();
        let next = self.links(tag, &format!("{DCT}isReplacedBy")).into_iter().next();
        let mut term = json!({
            "code": self.code(tag),
            "curie": self.curie(tag),
            "term_uri": tag,
            "prefLabel": self.text(tag, &skos("prefLabel")).unwrap_or_else(|| self.code(tag)),
            "altLabel": other_words,
            "definition": self.text(tag, &skos("definition")),
            "scopeNote": self.text(tag, &skos("scopeNote")),
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

fn address(subject: NamedOrBlankNode) -> Option<String> {
    match subject {
        NamedOrBlankNode::NamedNode(node) => Some(node.into_string()),
        NamedOrBlankNode::BlankNode(_) => None,
    }
}

/// Returns a prefix for short codes, from the last name in an address.
fn prefix_of(scheme: &str) -> String {
    let last = scheme.trim_end_matches(['/', '#']).rsplit(['/', '#']).next().unwrap_or_default();
    let plain: String = last.chars().filter(char::is_ascii_alphanumeric).collect();
    if plain.is_empty() { "tag".to_owned() } else { plain }
}
