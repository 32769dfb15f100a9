//! A list of tags, or how tags match, to triples, and triples to a file.

use crdt_schema::documents::{RELATIONS, tag_address};
use oxjsonld::JsonLdSerializer;
use oxrdf::{GraphName, Literal, NamedNode, Term, Triple};
use oxttl::TurtleSerializer;
use serde_json::Value;

use super::matches;
use super::names::{DCT, OWL, RDF, SKOS, XSD, skos};

/// Addresses of the licences that people use most.
const LICENCES: [(&str, &str); 3] = [
    ("OGL-UK-3.0", "https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/"),
    ("CC-BY-4.0", "https://creativecommons.org/licenses/by/4.0/"),
    ("CC0-1.0", "https://creativecommons.org/publicdomain/zero/1.0/"),
];

/// Why a list cannot be written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CannotWrite {
    #[error("only a list of tags or a table of matching tags can be written as SKOS")]
    NoTags,
    #[error("no match is agreed yet. Set the status of a match to “Agreed”, then export again")]
    NothingAgreed,
    #[error(
        "“{0}” has no web address. Fill in its own, or its short code and the web address of its list"
    )]
    NoAddressOf(String),
    #[error("give the list a web address first: fill in “Web address” under “The list”")]
    NoAddress,
    #[error("“{0}” is no web address. Put it right, then export again")]
    BadAddress(String),
    #[error("the file could not be written: {0}")]
    Io(#[from] std::io::Error),
}

/// Writes a document as Turtle.
pub(crate) fn turtle(content: &Value) -> Result<Vec<u8>, CannotWrite> {
    let triples = triples(content)?;
    let mut serializer = TurtleSerializer::new();
    for (prefix, address) in [("skos", SKOS), ("dct", DCT), ("owl", OWL), ("xsd", XSD)] {
        serializer = serializer
            .with_prefix(prefix, address)
            .map_err(|_| CannotWrite::BadAddress(address.to_owned()))?;
    }
    let mut writer = serializer.for_writer(Vec::new());
    for triple in &triples {
        writer.serialize_triple(triple)?;
    }
    Ok(writer.finish()?)
}

/// Writes a document as JSON-LD. Its context is in the file, so that no network is needed to read it.
pub(crate) fn json_ld(content: &Value) -> Result<Vec<u8>, CannotWrite> {
    let mut serializer = JsonLdSerializer::new();
    for (prefix, address) in [("skos", SKOS), ("dct", DCT), ("owl", OWL), ("xsd", XSD)] {
        serializer = serializer
            .with_prefix(prefix, address)
            .map_err(|_| CannotWrite::BadAddress(address.to_owned()))?;
    }
    let mut writer = serializer.for_writer(Vec::new());
    for triple in triples(content)? {
        writer.serialize_quad(&triple.in_graph(GraphName::DefaultGraph))?;
    }
    Ok(writer.finish()?)
}

pub(super) fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default().trim()
}

pub(super) fn list<'a>(value: &'a Value, pointer: &str) -> &'a [Value] {
    value.pointer(pointer).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

pub(super) fn node(address: impl Into<String>) -> Result<NamedNode, CannotWrite> {
    let address = address.into();
    NamedNode::new(address.clone()).map_err(|_| CannotWrite::BadAddress(address))
}

/// Collects triples, and knows the language of the document.
pub(super) struct Writer {
    pub(super) triples: Vec<Triple>,
    language: String,
}

impl Writer {
    pub(super) fn of(content: &Value) -> Self {
        let language = text(content, "/language").split('-').next().filter(|tag| !tag.is_empty());
        Self { triples: Vec::new(), language: language.unwrap_or("en").to_owned() }
    }

    pub(super) fn add(
        &mut self,
        subject: &NamedNode,
        predicate: &str,
        object: impl Into<Term>,
    ) -> Result<(), CannotWrite> {
        self.triples.push(Triple::new(subject.clone(), node(predicate)?, object.into()));
        Ok(())
    }

    /// Adds a text in the document's language, unless it is empty.
    pub(super) fn say(
        &mut self,
        subject: &NamedNode,
        predicate: &str,
        text: &str,
    ) -> Result<(), CannotWrite> {
        if text.is_empty() {
            return Ok(());
        }
        let literal = Literal::new_language_tagged_literal(text, &self.language)
            .unwrap_or_else(|_| Literal::new_simple_literal(text));
        self.add(subject, predicate, literal)
    }
}

/// Returns what a document says, in its order.
pub(super) fn triples(content: &Value) -> Result<Vec<Triple>, CannotWrite> {
    match text(content, "/document_type") {
        "tagging_convention" => of_list(content),
        "crosswalk" => matches::triples(content),
        _ => Err(CannotWrite::NoTags),
    }
}

fn of_list(content: &Value) -> Result<Vec<Triple>, CannotWrite> {
    let address = text(content, "/body/taxonomy/uri");
    if address.is_empty() {
        return Err(CannotWrite::NoAddress);
    }
    let scheme = node(address)?;
    let mut writer = Writer::of(content);
    let agreed: Vec<&Value> = list(content, "/body/terms")
        .iter()
        .filter(|term| matches!(text(term, "/status"), "in_use" | "deprecated" | ""))
        .collect();
    about(&mut writer, content, &scheme)?;
    let addresses = Addresses::of(content, address, &agreed)?;
    for term in &agreed {
        concept(&mut writer, term, &scheme, &addresses, &agreed)?;
    }
    Ok(writer.triples)
}

fn about(writer: &mut Writer, content: &Value, scheme: &NamedNode) -> Result<(), CannotWrite> {
    writer.add(scheme, &format!("{RDF}type"), node(skos("ConceptScheme"))?)?;
    let name = text(content, "/body/taxonomy/name");
    let title = crdt_schema::documents::title(content);
    writer.say(scheme, &format!("{DCT}title"), if name.is_empty() { &title } else { name })?;
    let licence = text(content, "/licence");
    let known = LICENCES.iter().find(|(word, _)| *word == licence).map(|(_, address)| *address);
    if let Some(licence) = known {
        writer.add(scheme, &format!("{DCT}license"), node(licence)?)?;
    }
    let day = list(content, "/body/changes").last().map_or("", |change| text(change, "/date"));
    let day = if day.is_empty() { text(content, "/last_modified") } else { day };
    if let Some(day) = day.get(..10) {
        let literal = Literal::new_typed_literal(day, node(format!("{XSD}date"))?);
        writer.add(scheme, &format!("{DCT}modified"), literal)?;
    }
    let version = text(content, "/body/taxonomy/version");
    if !version.is_empty() {
        writer.add(scheme, &format!("{OWL}versionInfo"), Literal::new_simple_literal(version))?;
    }
    Ok(())
}

/// The address of each tag by its short code, and of the lists that tags are matched with by their prefixes.
struct Addresses {
    tags: std::collections::BTreeMap<String, NamedNode>,
    lists: std::collections::BTreeMap<String, String>,
}

impl Addresses {
    fn of(content: &Value, scheme: &str, agreed: &[&Value]) -> Result<Self, CannotWrite> {
        let mut tags = std::collections::BTreeMap::new();
        for term in agreed {
            tags.insert(text(term, "/curie").to_owned(), own_address(term, scheme)?);
        }
        let lists = list(content, "/body/external_vocabularies")
            .iter()
            .map(|one| (text(one, "/curie_prefix").to_owned(), text(one, "/uri").to_owned()))
            .collect();
        Ok(Self { tags, lists })
    }

    /// Returns the address of a tag of another list; nothing if its list does not say how addresses are made.
    fn elsewhere(&self, target: &str) -> Option<NamedNode> {
        if target.starts_with("https://") || target.starts_with("http://") {
            return NamedNode::new(target).ok();
        }
        let (prefix, code) = target.split_once(':')?;
        let list = self.lists.get(prefix).filter(|list| list.ends_with(['/', '#']))?;
        NamedNode::new(format!("{list}{code}")).ok()
    }
}

/// Returns a tag's address: what it says, or the list's address with its code.
fn own_address(term: &Value, scheme: &str) -> Result<NamedNode, CannotWrite> {
    match tag_address(term, scheme) {
        address if address.is_empty() => {
            Err(CannotWrite::NoAddressOf(text(term, "/prefLabel").to_owned()))
        }
        address => node(address),
    }
}

fn concept(
    writer: &mut Writer,
    term: &Value,
    scheme: &NamedNode,
    addresses: &Addresses,
    agreed: &[&Value],
) -> Result<(), CannotWrite> {
    let tag = own_address(term, scheme.as_str())?;
    writer.add(&tag, &format!("{RDF}type"), node(skos("Concept"))?)?;
    writer.add(&tag, &skos("inScheme"), scheme.clone())?;
    for (field, word) in
        [("/prefLabel", "prefLabel"), ("/definition", "definition"), ("/scopeNote", "scopeNote")]
    {
        writer.say(&tag, &skos(word), text(term, field))?;
    }
    for label in list(term, "/altLabel").iter().filter_map(Value::as_str) {
        writer.say(&tag, &skos("altLabel"), label)?;
    }
    let code = text(term, "/code");
    if !code.is_empty() {
        writer.add(&tag, &skos("notation"), Literal::new_simple_literal(code))?;
    }
    let is_given_up = text(term, "/status") == "deprecated";
    match addresses.tags.get(text(term, "/broader")) {
        Some(broader) if !text(term, "/broader").is_empty() => {
            writer.add(&tag, &skos("broader"), broader.clone())?;
        }
        _ if is_given_up => {}
        _ => {
            writer.add(&tag, &skos("topConceptOf"), scheme.clone())?;
            writer.add(scheme, &skos("hasTopConcept"), tag.clone())?;
        }
    }
    let curie = text(term, "/curie");
    for below in agreed.iter().filter(|below| !curie.is_empty() && text(below, "/broader") == curie)
    {
        writer.add(&tag, &skos("narrower"), own_address(below, scheme.as_str())?)?;
    }
    for other in list(term, "/related").iter().filter_map(Value::as_str) {
        if let Some(other) = addresses.tags.get(other) {
            writer.add(&tag, &skos("related"), other.clone())?;
        }
    }
    for mapping in list(term, "/mappings") {
        let relation = text(mapping, "/relation");
        if let Some(other) = addresses.elsewhere(text(mapping, "/target"))
            && RELATIONS.contains(&relation)
        {
            writer.add(&tag, &skos(relation), other)?;
        }
    }
    if is_given_up {
        let literal = Literal::new_typed_literal("true", node(format!("{XSD}boolean"))?);
        writer.add(&tag, &format!("{OWL}deprecated"), literal)?;
        if let Some(next) = addresses.tags.get(text(term, "/replaced_by")) {
            writer.add(&tag, &format!("{DCT}isReplacedBy"), next.clone())?;
        }
    }
    Ok(())
}
