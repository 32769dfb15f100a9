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
    let from_turtle = list_of_tags(TURTLE.as_bytes()).unwrap().unwrap();
    assert_eq!(list_of_tags(JSON_LD.as_bytes()).unwrap().unwrap(), from_turtle);
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
        ("a:other a skos:ConceptScheme .", "several lists"),
        ("a:1 skos:broader", "cannot be read as Turtle"),
    ] {
        let file = format!("{head}{more}");
        let error = list_of_tags(file.as_bytes()).unwrap().unwrap_err().to_string();
        assert!(error.contains(wanted), "{more}: {error}");
    }
    let fine = format!(
        "{head}a:1 skos:prefLabel \"Uno\"@es ; skos:altLabel \"One\"@fr ; skos:related a:2 ."
    );
    assert!(list_of_tags(fine.as_bytes()).unwrap().is_ok());
}

#[test]
fn other_files_are_let_be_and_nothing_is_fetched() {
    for other in
        ["", "title,body", r#"{"document_type": "note", "@context": {}}"#, "[]", "\u{feff}", "{"]
    {
        assert!(list_of_tags(other.as_bytes()).is_none(), "{other}");
    }
    let far = r#"{"@context": "https://elsewhere.example/", "id": "a"}"#;
    let error = list_of_tags(far.as_bytes()).unwrap().unwrap_err().to_string();
    assert!(error.contains("not fetched"), "{error}");
    let open_active = r#"{"@context": "https://openactive.io/", "id": "https://openactive.io/list", "type": "ConceptScheme", "title": "Sports",
        "concept": [{"id": "https://openactive.io/list#1", "type": "Concept", "prefLabel": "Walking", "notation": "walking"},
                    {"id": "https://openactive.io/list#2", "type": "Concept", "prefLabel": "Nordic walking", "broader": ["https://openactive.io/list#1"]}]}"#;
    let list = list_of_tags(open_active.as_bytes()).unwrap().unwrap();
    assert_eq!(list["body"]["terms"][1]["broader"], "list:walking");
    assert_eq!(list["title"], "Sports");
}
