//! How the tags of two lists match: to triples, and from them.

use std::collections::BTreeSet;

use crdt_schema::documents::{MATCHES_MAX, RELATIONS, inverse, tag_address};
use oxrdf::{Literal, NamedNode, Triple};
use serde_json::{Value, json};

use super::names::{DCT, OWL, RDF, skos};
use super::read::WrongSkos;
use super::said::{LANGUAGE, Said, prefix_of};
use super::write::{CannotWrite, Writer, list, node, text};

/// Returns what a crosswalk says: its lists, the tags that match, and how. What has no match has no word in SKOS.
pub(super) fn triples(content: &Value) -> Result<Vec<Triple>, CannotWrite> {
    let is_agreed = |one: &&Value| {
        matches!(text(one, "/status"), "agreed" | "") && RELATIONS.contains(&text(one, "/relation"))
    };
    let agreed: Vec<&Value> = list(content, "/body/mappings").iter().filter(is_agreed).collect();
    if agreed.is_empty() {
        return Err(CannotWrite::NothingAgreed);
    }
    let mut writer = Writer::of(content);
    for side in ["from", "to"] {
        scheme(&mut writer, content, side)?;
    }
    let mut known = BTreeSet::new();
    for one in agreed {
        let from = tag(&mut writer, &mut known, content, (one, "from"))?;
        let to = tag(&mut writer, &mut known, content, (one, "to"))?;
        // A tag that is in both lists needs no word for that.
        if from != to {
            writer.add(&from, &skos(text(one, "/relation")), to)?;
        }
    }
    Ok(writer.triples)
}

fn scheme(writer: &mut Writer, content: &Value, side: &str) -> Result<(), CannotWrite> {
    let said = |field: &str| text(content, &format!("/body/{side}/{field}"));
    if said("uri").is_empty() {
        return Ok(());
    }
    let scheme = node(said("uri"))?;
    writer.add(&scheme, &format!("{RDF}type"), node(skos("ConceptScheme"))?)?;
    writer.say(&scheme, &format!("{DCT}title"), said("name"))?;
    if !said("version").is_empty() {
        let version = Literal::new_simple_literal(said("version"));
        writer.add(&scheme, &format!("{OWL}versionInfo"), version)?;
    }
    Ok(())
}

/// Returns the address of one side's tag; says of it what is known when it is met first.
fn tag(
    writer: &mut Writer,
    known: &mut BTreeSet<String>,
    content: &Value,
    (one, side): (&Value, &str),
) -> Result<NamedNode, CannotWrite> {
    let said = |field: &str| text(one, &format!("/{side}_{field}"));
    let whole = text(content, &format!("/body/{side}/uri"));
    let term = json!({"term_uri": said("uri"), "curie": said("curie")});
    let address = tag_address(&term, whole);
    if address.is_empty() {
        let names = ["label", "curie"].map(said);
        let name = names.into_iter().find(|name| !name.is_empty()).unwrap_or_default();
        return Err(CannotWrite::NoAddressOf(name.to_owned()));
    }
    let tag = node(address.clone())?;
    if known.insert(address) {
        writer.add(&tag, &format!("{RDF}type"), node(skos("Concept"))?)?;
        writer.say(&tag, &skos("prefLabel"), said("label"))?;
        if let Some((_, code)) = said("curie").split_once(':') {
            writer.add(&tag, &skos("notation"), Literal::new_simple_literal(code))?;
        }
    }
    if !whole.is_empty() && known.insert(format!("{tag} {whole}")) {
        writer.add(&tag, &skos("inScheme"), node(whole)?)?;
    }
    Ok(tag)
}

/// Returns how the tags of two lists match; nothing if no tag of one is compared with any of the other.
pub(super) fn content(
    said: Said<'_>,
    schemes: [String; 2],
    tags: &BTreeSet<String>,
) -> Option<Result<Value, WrongSkos>> {
    let (sides, both) = sides(said, &schemes, tags);
    let [one, other] = sides.each_ref().map(|side| statements(said, side, &sides));
    if one.is_empty() && other.is_empty() && both.is_empty() {
        return None;
    }
    // The first list is the one whose tags are compared with the other's, not the other way round.
    let [mut first, mut second] = schemes;
    let [mut of_first, mut of_second] = sides;
    let (mut there, mut back) = (one, other);
    if back.len() > there.len() {
        std::mem::swap(&mut first, &mut second);
        std::mem::swap(&mut of_first, &mut of_second);
        std::mem::swap(&mut there, &mut back);
    }
    let turned = back.into_iter().map(|(from, relation, to)| (to, inverse(relation), from));
    let same = both.into_iter().map(|tag| (tag.clone(), "exactMatch", tag));
    let matches: BTreeSet<_> = there.into_iter().chain(turned).chain(same).collect();
    let with_match: BTreeSet<String> =
        matches.iter().flat_map(|(from, _, to)| [from.clone(), to.clone()]).collect();
    let side = Written { said, first: &first, second: &second };
    let mut mappings: Vec<Value> = matches
        .iter()
        .map(|(from, relation, to)| side.entry(Some(from), Some(to), relation, "agreed"))
        .collect();
    let is_left = |tag: &&String| !with_match.contains(*tag) && !said.is_given_up(tag);
    let left = |tags: &BTreeSet<String>| tags.iter().filter(is_left).cloned().collect::<Vec<_>>();
    let (left_first, left_second) = (left(&of_first), left(&of_second));
    mappings
        .extend(left_first.iter().map(|tag| side.entry(Some(tag), None, "noMatch", "proposed")));
    mappings
        .extend(left_second.iter().map(|tag| side.entry(None, Some(tag), "noMatch", "proposed")));
    Some(if mappings.len() > MATCHES_MAX {
        Err(WrongSkos::TooManyMatches)
    } else {
        Ok(side.content(mappings))
    })
}

/// Returns the tags that are in one of two lists only, and those that are in both.
fn sides(
    said: Said<'_>,
    schemes: &[String; 2],
    tags: &BTreeSet<String>,
) -> ([BTreeSet<String>; 2], BTreeSet<String>) {
    let of_tag = said.schemes_of(schemes, tags);
    let in_these = |wanted: &[usize]| -> BTreeSet<String> {
        let fits = |(_, of): &(&&str, &BTreeSet<usize>)| of.iter().eq(wanted);
        of_tag.iter().filter(fits).map(|(tag, _)| (*tag).to_owned()).collect()
    };
    ([in_these(&[0]), in_these(&[1])], in_these(&[0, 1]))
}

/// A tag, how it compares, and with which tag of the other list.
type Statement = (String, &'static str, String);

fn statements(
    said: Said<'_>,
    side: &BTreeSet<String>,
    sides: &[BTreeSet<String>; 2],
) -> Vec<Statement> {
    let is_other = |tag: &String| !side.contains(tag) && sides.iter().any(|all| all.contains(tag));
    let of_tag = |tag: &String| {
        let compared = RELATIONS.into_iter().flat_map(|relation| {
            let others = said.links(tag, &skos(relation)).into_iter().filter(is_other);
            others.map(move |other| (relation, other)).collect::<Vec<_>>()
        });
        compared.map(|(relation, other)| (tag.clone(), relation, other)).collect::<Vec<_>>()
    };
    side.iter().flat_map(of_tag).collect()
}

/// Two lists as they are written down.
struct Written<'a> {
    said: Said<'a>,
    first: &'a str,
    second: &'a str,
}

impl Written<'_> {
    fn entry(
        &self,
        from: Option<&String>,
        to: Option<&String>,
        relation: &str,
        status: &str,
    ) -> Value {
        let mut entry = serde_json::Map::new();
        for (side, scheme, tag) in [("from", self.first, from), ("to", self.second, to)] {
            let Some(tag) = tag else { continue };
            let code = self.said.code(tag);
            let name = self.said.text(tag, &skos("prefLabel")).unwrap_or_else(|| code.clone());
            entry.insert(format!("{side}_label"), json!(name));
            entry.insert(format!("{side}_curie"), json!(format!("{}:{code}", prefix_of(scheme))));
            entry.insert(format!("{side}_uri"), json!(tag));
        }
        entry.insert("relation".to_owned(), json!(relation));
        entry.insert("status".to_owned(), json!(status));
        Value::Object(entry)
    }

    fn reference(&self, scheme: &str) -> Value {
        let mut list = json!({
            "name": self.said.title(scheme), "uri": scheme, "curie_prefix": prefix_of(scheme),
        });
        let version = self.said.text(scheme, &format!("{OWL}versionInfo"));
        if let (Some(fields), Some(version)) = (list.as_object_mut(), version) {
            fields.insert("version".to_owned(), json!(version));
        }
        list
    }

    fn content(&self, mappings: Vec<Value>) -> Value {
        let (from, to) = (self.said.title(self.first), self.said.title(self.second));
        json!({
            "document_type": "crosswalk",
            "title": format!("{from} and {to}: matching tags"),
            "status": "draft",
            "language": LANGUAGE,
            "body": {
                "from": self.reference(self.first),
                "to": self.reference(self.second),
                "mappings": mappings,
            },
        })
    }
}
