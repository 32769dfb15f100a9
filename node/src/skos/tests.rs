//! Lists of tags out and in: the same triples, and what breaks a condition of SKOS is refused with its place.

use std::collections::BTreeSet;

use oxttl::TurtleParser;
use serde_json::Value;

use super::write::triples;
use super::*;

const EXAMPLE: &str = include_str!("../../examples/tagging-convention.northmere.json");
const TURTLE: &str = include_str!("../../examples/tagging-convention.northmere.skos.ttl");
const JSON_LD: &str = include_str!("../../examples/tagging-convention.northmere.skos.jsonld");

fn example() -> Value {
    serde_json::from_str(EXAMPLE).unwrap()
}

/// Returns statements as text, without the licence: the files were given to everybody, the document has its own.
fn said(triples: impl IntoIterator<Item = oxrdf::Triple>) -> BTreeSet<String> {
    let lines = triples.into_iter().map(|triple| triple.to_string());
    lines.filter(|line| !line.contains("purl.org/dc/terms/license")).collect()
}

/// Returns the one document that a file holds.
fn only(file: &[u8]) -> Value {
    let mut contents = contents_of(file).unwrap().unwrap();
    assert_eq!(contents.len(), 1, "{contents:?}");
    contents.remove(0)
}

fn read(turtle: &[u8]) -> BTreeSet<String> {
    said(TurtleParser::new().for_slice(turtle).map(Result::unwrap))
}

#[test]
fn the_example_says_the_same_in_every_syntax() {
    let wanted = read(TURTLE.as_bytes());
    assert_eq!(said(triples(&example()).unwrap()), wanted);
    assert_eq!(read(&turtle(&example()).unwrap()), wanted);
    let linked = json_ld(&example()).unwrap();
    let quads = oxjsonld::JsonLdParser::new()
        .for_slice(&linked)
        .map(|quad| oxrdf::Triple::from(quad.unwrap()));
    assert_eq!(said(quads), wanted);
}

#[test]
fn what_went_out_comes_in_again() {
    let from_turtle = only(TURTLE.as_bytes());
    assert_eq!(only(JSON_LD.as_bytes()), from_turtle);
    crdt_schema::documents::check(&from_turtle).unwrap();
    let mut again = said(triples(&from_turtle).unwrap());
    let mut wanted = read(TURTLE.as_bytes());
    // When the list was changed stands in the document's own history from now on.
    for lines in [&mut again, &mut wanted] {
        lines.retain(|line| !line.contains("purl.org/dc/terms/modified"));
    }
    assert_eq!(again, wanted);
}

#[test]
fn a_file_that_breaks_a_condition_is_told_which_and_where() {
    let head = "@prefix skos: <http://www.w3.org/2004/02/skos/core#> . @prefix a: <https://a.example/> . a:list a skos:ConceptScheme . a:1 a skos:Concept ; skos:prefLabel \"One\"@en . a:2 a skos:Concept . ";
    for (more, wanted) in [
        ("a:list a skos:Concept .", "S9: <https://a.example/list>"),
        ("a:1 skos:altLabel \"One\"@en .", "S13: <https://a.example/1>"),
        ("a:1 skos:hiddenLabel \"One\"@en .", "S13: <https://a.example/1>"),
        ("a:1 skos:prefLabel \"Uno\"@en .", "S14: <https://a.example/1>"),
        ("a:1 skos:broader a:2 ; skos:related a:2 .", "S27: <https://a.example/1>"),
        ("a:1 skos:narrower a:2 . a:2 skos:related a:1 .", "S27: <https://a.example/2>"),
        ("a:1 skos:exactMatch a:9 ; skos:broadMatch a:9 .", "S46: <https://a.example/1>"),
        ("a:1 skos:exactMatch a:9 ; skos:relatedMatch a:9 .", "S46: <https://a.example/1>"),
        (
            "a:1 skos:broader a:2 . a:2 skos:broader a:1 .",
            "<https://a.example/1> is broader than itself",
        ),
        ("a:1 skos:broader a:1 .", "<https://a.example/1> is broader than itself"),
        ("a:other a skos:ConceptScheme .", "several lists, and <https://a.example/1> is in none"),
        ("a:1 skos:broader", "cannot be read as Turtle"),
    ] {
        let file = format!("{head}{more}");
        let error = contents_of(file.as_bytes()).unwrap().unwrap_err().to_string();
        assert!(error.contains(wanted), "{more}: {error}");
    }
    let fine = format!(
        "{head}a:1 skos:prefLabel \"Uno\"@es ; skos:altLabel \"One\"@fr ; skos:related a:2 ."
    );
    assert!(contents_of(fine.as_bytes()).unwrap().is_ok());
}

#[test]
fn other_files_are_let_be_and_nothing_is_fetched() {
    for other in
        ["", "title,body", r#"{"document_type": "note", "@context": {}}"#, "[]", "\u{feff}", "{"]
    {
        assert!(contents_of(other.as_bytes()).is_none(), "{other}");
    }
    let far = r#"{"@context": "https://elsewhere.example/", "id": "a"}"#;
    let error = contents_of(far.as_bytes()).unwrap().unwrap_err().to_string();
    assert!(error.contains("not fetched"), "{error}");
    let open_active = r#"{"@context": "https://openactive.io/", "id": "https://openactive.io/list", "type": "ConceptScheme", "title": "Sports",
        "concept": [{"id": "https://openactive.io/list#1", "type": "Concept", "prefLabel": "Walking", "notation": "walking"},
                    {"id": "https://openactive.io/list#2", "type": "Concept", "prefLabel": "Nordic walking", "broader": ["https://openactive.io/list#1"]}]}"#;
    let list = only(open_active.as_bytes());
    assert_eq!(list["body"]["terms"][1]["broader"], "list:walking");
    assert_eq!(list["title"], "Sports");
}

const CROSSWALK: &str = include_str!("../../examples/crosswalk.northmere-saltway.json");

/// Returns the matches of a crosswalk as sentences: tag, relation, tag.
fn matches(content: &Value) -> BTreeSet<String> {
    let side = |one: &Value, field: &str| one[field].as_str().unwrap_or("-").to_owned();
    let said = |one: &Value| {
        let [from, relation, to] = ["from_uri", "relation", "to_uri"].map(|field| side(one, field));
        format!("{from} {relation} {to}")
    };
    content["body"]["mappings"].as_array().unwrap().iter().map(said).collect()
}

#[test]
fn matches_that_are_agreed_go_out_and_come_in_again() {
    let content: Value = serde_json::from_str(CROSSWALK).unwrap();
    let out = said(triples(&content).unwrap());
    let says = |line: &str| assert!(out.contains(line), "{line}: {out:#?}");
    says(
        "<https://tags.northmere.example/needs#privateRenting> <http://www.w3.org/2004/02/skos/core#broadMatch> <https://tags.saltway.example#housing>",
    );
    says(
        "<https://tags.saltway.example> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <http://www.w3.org/2004/02/skos/core#ConceptScheme>",
    );
    for hidden in ["ruralIsolation", "greenSpace", "noMatch", "transport"] {
        assert!(out.iter().all(|line| !line.contains(hidden)), "{hidden}: {out:#?}");
    }
    let turtle = turtle(&content).unwrap();
    let linked = json_ld(&content).unwrap();
    assert_eq!(read(&turtle), out);
    let from_turtle = only(&turtle);
    assert_eq!(only(&linked), from_turtle);
    crdt_schema::documents::check(&from_turtle).unwrap();
    assert_eq!(from_turtle["document_type"], "crosswalk");
    assert_eq!(from_turtle["title"], "Northmere shared needs tags and Saltway tags: matching tags");
    assert_eq!(said(triples(&from_turtle).unwrap()), out);
    let mut agreed = content;
    let mappings = agreed["body"]["mappings"].as_array_mut().unwrap();
    mappings.retain(|one| one["status"] == "agreed" && one["relation"] != "noMatch");
    assert_eq!(matches(&from_turtle), matches(&agreed));
}

#[test]
fn two_lists_with_matches_between_them_come_in_as_their_matches() {
    let head = "@prefix skos: <http://www.w3.org/2004/02/skos/core#> . @prefix owl: <http://www.w3.org/2002/07/owl#> .
        @prefix a: <https://a.example/> . @prefix b: <https://b.example/> .
        a:list a skos:ConceptScheme ; skos:prefLabel \"A\"@en ; skos:hasTopConcept a:1 .
        b:list a skos:ConceptScheme ; skos:prefLabel \"B\"@en .
        a:1 a skos:Concept . a:2 a skos:Concept ; skos:inScheme a:list . a:3 a skos:Concept ; skos:inScheme a:list ; owl:deprecated true .
        b:1 a skos:Concept ; skos:inScheme b:list . b:2 a skos:Concept ; skos:topConceptOf b:list . b:3 a skos:Concept ; skos:inScheme b:list .";
    let read = |more: &str| only(format!("{head} {more}").as_bytes());
    // Most is said from b to a, so b is the first list, and what is said the other way is turned.
    let content = read(
        "b:1 skos:exactMatch a:1 ; skos:relatedMatch a:2 . b:2 skos:closeMatch a:1 . a:2 skos:broadMatch b:2 . a:1 skos:exactMatch b:1 ; skos:relatedMatch a:2 .",
    );
    assert_eq!(content["body"]["from"]["name"], "B");
    assert_eq!(
        matches(&content).into_iter().collect::<Vec<_>>(),
        [
            "https://b.example/1 exactMatch https://a.example/1",
            "https://b.example/1 relatedMatch https://a.example/2",
            "https://b.example/2 closeMatch https://a.example/1",
            "https://b.example/2 narrowMatch https://a.example/2",
            "https://b.example/3 noMatch -",
        ]
    );
    crdt_schema::documents::check(&content).unwrap();
    let both = read("a:1 skos:exactMatch b:1 ; skos:broadMatch b:1 .");
    let wrong = crdt_schema::documents::check(&both).unwrap_err();
    assert!(wrong[0].message.contains("cannot mean the same and be broader"), "{wrong:?}");
    let one = read("a:2 skos:inScheme b:list .");
    assert!(matches(&one).contains("https://a.example/2 exactMatch https://a.example/2"));
    assert_eq!(said(triples(&one).unwrap()).len(), 9, "a tag in both lists, and the lists");
    // Without a match between them they are two lists.
    let apart = contents_of(format!("{head} a:1 skos:relatedMatch a:2 .").as_bytes());
    let told = |list: &Value| {
        let terms = list["body"]["terms"].as_array().unwrap();
        (list["title"].as_str().unwrap().to_owned(), terms.len())
    };
    let lists: Vec<_> = apart.unwrap().unwrap().iter().map(told).collect();
    assert_eq!(lists, [("A".to_owned(), 3), ("B".to_owned(), 3)]);
}

#[test]
fn a_match_that_cannot_be_written_is_told_why() {
    let content: Value = serde_json::from_str(CROSSWALK).unwrap();
    let changed = |pointer: &str, value: Value| {
        let mut content = content.clone();
        *content.pointer_mut(pointer).unwrap() = value;
        content
    };
    let wrong = |content: &Value| turtle(content).unwrap_err().to_string();
    // Without an address of its own a tag has that of its list, with its code.
    let short = changed("/body/mappings/0/to_uri", Value::Null);
    assert_eq!(said(triples(&short).unwrap()), said(triples(&content).unwrap()));
    let mut nowhere = short;
    nowhere["body"]["to"]["uri"] = Value::Null;
    assert!(wrong(&nowhere).contains("“Food” has no web address"), "{}", wrong(&nowhere));
    let nothing = changed("/body/mappings", serde_json::json!([{"relation": "noMatch"}]));
    assert!(wrong(&nothing).contains("no match is agreed"), "{}", wrong(&nothing));
    let note = serde_json::json!({"document_type": "note"});
    assert!(wrong(&note).contains("only a list of tags or a table"), "{}", wrong(&note));
}

// An excerpt of the Data Privacy Vocabulary 2.2, legal_basis.ttl (https://w3id.org/dpv, Copyright (c) World Wide Web
// Consortium, W3C Software and Document licence), cut down: two lists that say nothing of themselves but their kind.
const DPV: &str = r#"@prefix dpv: <https://w3id.org/dpv#> . @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> . @prefix skos: <http://www.w3.org/2004/02/skos/core#> .
dpv:Contract a rdfs:Class, skos:Concept, dpv:LegalBasis ; skos:broader dpv:LegalBasis ;
    skos:definition "Creation, completion, fulfilment, or performance of a contract"@en ;
    skos:inScheme dpv:legal-basis-classes ; skos:prefLabel "Contract"@en .
dpv:ContractPerformance a rdfs:Class, skos:Concept, dpv:LegalBasis ; skos:broader dpv:Contract ;
    skos:inScheme dpv:legal-basis-classes ; skos:prefLabel "Contract Performance"@en .
dpv:hasLegalBasis a rdf:Property, skos:Concept ; skos:inScheme dpv:legal-basis-properties ; skos:prefLabel "has legal basis"@en .
dpv:legal-basis-properties a skos:ConceptScheme .
dpv:legal-basis-classes a skos:ConceptScheme .
[] a rdfs:Resource ."#;

// The same, as that vocabulary writes JSON-LD: things with full addresses, and no context.
const DPV_EXPANDED: &str = r#"[{"@id": "https://w3id.org/dpv#ContractPerformance",
  "@type": ["http://www.w3.org/2004/02/skos/core#Concept", "http://www.w3.org/2000/01/rdf-schema#Class", "https://w3id.org/dpv#LegalBasis"],
  "http://www.w3.org/2004/02/skos/core#broader": [{"@id": "https://w3id.org/dpv#Contract"}],
  "http://www.w3.org/2004/02/skos/core#inScheme": [{"@id": "https://w3id.org/dpv#legal-basis-classes"}],
  "http://www.w3.org/2004/02/skos/core#prefLabel": [{"@language": "en", "@value": "Contract Performance"}]},
 {"@id": "https://w3id.org/dpv#legal-basis-classes", "@type": ["http://www.w3.org/2004/02/skos/core#ConceptScheme"]}]"#;

#[test]
fn a_vocabulary_with_several_lists_comes_in_as_several() {
    let lists = contents_of(DPV.as_bytes()).unwrap().unwrap();
    let names: Vec<&Value> = lists.iter().map(|list| &list["title"]).collect();
    assert_eq!(names, ["Legal basis classes", "Legal basis properties"]);
    let terms = lists[0]["body"]["terms"].as_array().unwrap();
    assert_eq!(terms.len(), 2);
    assert_eq!(terms[1]["prefLabel"], "Contract Performance");
    assert_eq!(terms[1]["broader"], "legalbasisclasses:Contract");
    // What is in neither list stays an address.
    assert_eq!(terms[0]["broader"], "https://w3id.org/dpv#LegalBasis");
    for list in &lists {
        crdt_schema::documents::check(list).unwrap();
    }
    let expanded = only(DPV_EXPANDED.as_bytes());
    assert_eq!(expanded["title"], "Legal basis classes");
    assert_eq!(expanded["body"]["terms"][0]["code"], "ContractPerformance");
}
