//! Documents of every kind: made, read, changed and brought in on the pages and by the API.

use serde_json::{Value, json};

use super::Node;
use super::browser::{Browser, between};

const TAGS: &str = include_str!("../../../examples/tagging-convention.northmere.json");
const TAGS_TURTLE: &str = include_str!("../../../examples/tagging-convention.northmere.skos.ttl");
const EXAMPLES: &[&str] = &[
    TAGS,
    include_str!("../../../examples/aggregated-insight.debt-and-food.json"),
    include_str!("../../../examples/community-insights-project.debt.json"),
    include_str!("../../../examples/crosswalk.northmere-saltway.json"),
    include_str!("../../../examples/data-request.arrears-by-ward.json"),
    include_str!("../../../examples/data-request.vulnerable-list-match.json"),
    include_str!("../../../examples/data-sharing-agreement.cash-first.json"),
    include_str!("../../../examples/data-sharing-agreement.saltway-fork.json"),
    include_str!("../../../examples/dpia-lite.debt-insight.json"),
    include_str!("../../../examples/idea-register.2026-2.json"),
    include_str!("../../../examples/informed-consent.cash-first.json"),
    include_str!("../../../examples/organization-profile.open-door.json"),
    include_str!("../../../examples/programme-evaluation.2026.json"),
    include_str!("../../../examples/survey.before-after.debt.json"),
];

/// Brings a file in and returns the document's id.
pub(super) async fn brought_in(node: &Node, workspace: &str, file: &str) -> String {
    let path = format!("/workspaces/{workspace}/import");
    let request = node.request("POST", &path).body(file.to_owned().into()).unwrap();
    let made = node.send(request).await;
    assert_eq!(made.status, 200, "{}", made.text());
    let id = made.json()["made"][0]["id"].as_str().map(str::to_owned);
    id.unwrap_or_else(|| panic!("{}", made.text()))
}

#[tokio::test]
async fn every_example_is_brought_in_read_and_given_back_equal() {
    let node = Node::start().await;
    let mut browser = Browser::started(&node).await;
    let workspace = node.workspace().await;
    for file in EXAMPLES {
        let content: Value = serde_json::from_str(file).unwrap();
        let kind = content["document_type"].as_str().unwrap();
        let id = brought_in(&node, &workspace, file).await;
        let given = node.get(&format!("/documents/{id}/export?format=json")).await;
        for (name, value) in content.as_object().unwrap() {
            assert_eq!(given.get(name), Some(value), "{kind}: {name}");
        }
        for page in ["", "/print", "/edit", "/history"] {
            let shown = browser.page(&format!("/documents/{id}{page}")).await;
            let speaks =
                ["this pathway", "the pathway", "Pathways<"].map(|words| shown.contains(words));
            assert_eq!(speaks, [false; 3], "{kind}{page}");
        }
        let list = format!("/workspaces/{workspace}/documents?kind={kind}");
        let found = node.get(&list).await["items"].as_array().unwrap().clone();
        assert!(found.iter().all(|one| one["kind"] == kind) && !found.is_empty(), "{kind}");
        assert!(browser.page(&list).await.contains(&format!("/documents/{id}")), "{kind}");
        let markdown = browser.get(&format!("/documents/{id}/markdown/file")).await;
        assert_eq!(markdown.status, 200, "{}", markdown.text());
    }
    node.stop().await;
}

#[tokio::test]
async fn an_agreement_starts_from_a_template_and_reads_in_clauses() {
    let node = Node::start().await;
    let mut browser = Browser::started(&node).await;
    let workspace = node.workspace().await;
    let kinds = browser.page(&format!("/workspaces/{workspace}/documents/kinds")).await;
    assert!(kinds.contains("Create an agreement") && kinds.contains("Create a note"), "{kinds}");
    let new = format!("/workspaces/{workspace}/documents/new?kind=data_sharing_agreement");
    assert!(browser.page(&new).await.contains("Joint controller arrangement"));
    let fields = [
        ("kind", "data_sharing_agreement"),
        ("template", "joint"),
        ("title", "Warm rooms: who comes"),
        ("read", "workspace"),
        ("suggest", "readers"),
        ("write", "workspace"),
    ];
    let edit = browser.done(&new, &fields).await;
    let parts = browser.page(&edit).await;
    assert!(parts.contains("Whom to contact") || parts.contains("Add a party"), "{parts}");
    let purpose = format!("{edit}/purpose");
    let heads = between(&browser.page(&purpose).await, "name=\"heads\" value=\"", "\"").unwrap();
    let typed = [
        ("heads", heads.as_str()),
        ("/body/purpose/aims", "Know when rooms are full"),
        ("l:/body/purpose/not_for", "marketing\r\nimmigration enforcement"),
    ];
    browser.done(&purpose, &typed).await;
    let page = browser.page(edit.trim_end_matches("/edit")).await;
    for said in [
        "2. Parties",
        "3. Purpose",
        "Know when rooms are full",
        "immigration enforcement",
        "Joint controller arrangement",
    ] {
        assert!(page.contains(said), "{said}: {page}");
    }
    node.stop().await;
}

#[tokio::test]
async fn a_no_is_not_saved_before_both_sides_have_spoken() {
    let node = Node::start().await;
    let mut browser = Browser::started(&node).await;
    let workspace = node.workspace().await;
    let request = json!({"document_type": "data_request", "title": "Arrears", "body": {
        "requesting_organization": {"name": "Open Door"}, "receiving_organization": {"name": "Leeds"},
        "conversation": [{"by": "Open Door", "text": "May we?"}],
    }});
    let id = brought_in(&node, &workspace, &request.to_string()).await;
    let part = format!("/documents/{id}/edit/decision");
    let heads = between(&browser.page(&part).await, "name=\"heads\" value=\"", "\"").unwrap();
    let no = [
        ("heads", heads.as_str()),
        ("s:/body/decision/outcome", "declined"),
        ("l:/body/decision/reasons", "It is not ours to give"),
        ("/body/decision/what_would_change_the_answer", "Ask the ministry"),
    ];
    let refused = browser.post(&part, &no).await;
    assert_eq!(refused.status, 422, "{}", refused.text());
    assert!(
        refused.text().contains("add what Leeds said")
            && refused.text().contains("It is not ours to give")
    );
    let spoken = json!([{"op": "add", "path": "/body/conversation/-", "value": {"by": "Leeds", "text": "No, and here is why"}}]);
    let request = node
        .request("PATCH", &format!("/documents/{id}"))
        .header("content-type", "application/json-patch+json");
    let mut request = request.body(spoken.to_string().into()).unwrap();
    request.headers_mut().insert("content-type", "application/json-patch+json".parse().unwrap());
    assert_eq!(node.send(request).await.status, 200);
    browser.done(&part, &no).await;
    assert!(browser.page(&format!("/documents/{id}")).await.contains("Declined"));
    node.stop().await;
}

#[tokio::test]
async fn text_that_looks_personal_is_asked_about_once() {
    let node = Node::start().await;
    let mut browser = Browser::started(&node).await;
    let workspace = node.workspace().await;
    let note = json!({"document_type": "note", "title": "Meeting", "body": {"text": "We met."}});
    let id = brought_in(&node, &workspace, &note.to_string()).await;
    let part = format!("/documents/{id}/edit/text");
    let heads = between(&browser.page(&part).await, "name=\"heads\" value=\"", "\"").unwrap();
    let mut typed = vec![("heads", heads.as_str()), ("/body/text", "Ring Jo on 07700 900123.")];
    let asked = browser.post(&part, &typed).await;
    assert_eq!(asked.status, 422);
    assert!(
        asked.text().contains("looks like a mobile phone number")
            && asked.text().contains("name=\"sure\"")
    );
    typed.push(("sure", "yes"));
    browser.done(&part, &typed).await;
    assert!(browser.page(&format!("/documents/{id}")).await.contains("07700 900123"));
    let heads = between(&browser.page(&part).await, "name=\"heads\" value=\"", "\"").unwrap();
    let more = [("heads", heads.as_str()), ("/body/text", "Ring Jo on 07700 900123. Soon.")];
    browser.done(&part, &more).await;
    node.stop().await;
}

#[tokio::test]
async fn exact_counts_are_in_nothing_that_is_kept() {
    let node = Node::start().await;
    let mut browser = Browser::started(&node).await;
    let workspace = node.workspace().await;
    let insight = json!({"document_type": "aggregated_insight", "title": "Visits", "body": {}});
    let id = brought_in(&node, &workspace, &insight.to_string()).await;
    let form = format!("/documents/{id}/figures");
    assert!(browser.page(&format!("/documents/{id}/edit")).await.contains(&form));
    browser.page(&form).await;
    let wrong = browser
        .post(&form, &[("counts", "area,period,count\nMill,2026,some"), ("threshold", "5")])
        .await;
    assert_eq!(wrong.status, 422);
    assert!(wrong.text().contains("Line 2: “some”"), "{}", wrong.text());
    let counts = "area,code,period,count\nHarbour,E1,2026-07,4\nHarbour,E1,2026-08,61\nMill,E2,2026-07,7733\nMill,E2,2026-08,88\nQuay,E3,2026-07,49\nQuay,E3,2026-08,52";
    let fields =
        [("counts", counts), ("threshold", "5"), ("base", "5"), ("zero", "show"), ("higher", "")];
    let checked = browser.post(&form, &fields).await;
    assert_eq!(checked.status, 200, "{}", checked.text());
    assert!(
        checked.text().contains("Harbour, 2026-07: it is small")
            && !checked.text().contains("7733")
    );
    let before = node.get(&format!("/documents/{id}")).await;
    assert!(before["body"]["data"].is_null(), "nothing is written before it is confirmed");
    let held = between(&checked.text(), "name=\"held\" value=\"", "\"").unwrap();
    browser.done(&format!("{form}/done"), &[("held", &held)]).await;
    let body = node.get(&format!("/documents/{id}")).await["body"].clone();
    let rows = body["data"]["rows"].as_array().unwrap();
    assert_eq!(rows[0]["marker"], "[c]");
    assert!(rows.iter().filter(|row| row["marker"] == "[c]").count() >= 4, "{rows:?}");
    assert!(
        rows.iter().all(|row| row["value"].as_u64().is_none_or(|value| value % 5 == 0)),
        "{rows:?}"
    );
    assert_eq!(body["suppression"]["threshold"], 5);
    let page = browser.page(&format!("/documents/{id}")).await;
    assert!(page.contains("<svg class=\"fp-diagram\"") && page.contains("[c]"), "{page}");
    let csv = browser.get(&format!("/documents/{id}/csv/file")).await;
    assert!(csv.text().contains("E1,Harbour,2026-07,,[c]"), "{}", csv.text());
    let csvw = browser.get(&format!("/documents/{id}/csvw/file")).await;
    assert_eq!(csvw.json()["@context"], "http://www.w3.org/ns/csvw");
    assert_eq!(browser.get(&format!("/documents/{id}/turtle/file")).await.status, 400);
    node.stop().await;
}

#[tokio::test]
async fn a_list_of_tags_comes_in_and_goes_out_as_skos() {
    let node = Node::start().await;
    let workspace = node.workspace().await;
    let id = brought_in(&node, &workspace, TAGS_TURTLE).await;
    let document = node.get(&format!("/documents/{id}")).await;
    assert_eq!(document["kind"], "tagging_convention");
    assert_eq!(document["title"], "Northmere shared needs tags");
    for (format, begins) in [("turtle", "@prefix"), ("jsonld", "{")] {
        let given = node.ask("GET", &format!("/documents/{id}/export?format={format}"), None).await;
        assert_eq!(given.status, 200, "{}", given.text());
        assert!(given.text().starts_with(begins), "{}", given.text());
        let again = brought_in(&node, &workspace, &given.text()).await;
        let read = node.get(&format!("/documents/{again}")).await;
        assert_eq!(read["body"]["terms"], document["body"]["terms"], "{format}");
    }
    let ring = "@prefix skos: <http://www.w3.org/2004/02/skos/core#> . <https://a.example/l> a skos:ConceptScheme . <https://a.example/1> a skos:Concept ; skos:broader <https://a.example/1> .";
    let path = format!("/workspaces/{workspace}/import");
    let refused = node.send(node.request("POST", &path).body(ring.into()).unwrap()).await;
    assert_eq!(refused.status, 400);
    assert!(refused.text().contains("broader than itself"), "{}", refused.text());
    node.stop().await;
}

/// The path of the first tag of a document, as its form names it.
fn first_tag(page: &str) -> String {
    let name = between(page, "name=\"s:/tags/", "/name\"").unwrap_or_else(|| panic!("{page}"));
    format!("s:/tags/{name}")
}

fn tags(term: &str) -> Value {
    json!({"document_type": "tagging_convention", "title": "Shared tags", "body": {"terms": [
        {"prefLabel": term, "curie": "nm:debt", "term_uri": "https://example.org/debt", "altLabel": ["Arrears"]},
        {"prefLabel": "Owing", "curie": "nm:owing", "status": "deprecated", "replaced_by": "nm:debt"},
        {"prefLabel": "Perhaps", "curie": "nm:perhaps", "status": "proposed"},
    ]}})
}

#[tokio::test]
async fn tags_are_offered_and_a_new_name_of_a_tag_orphans_nothing() {
    let node = Node::start().await;
    let mut browser = Browser::started(&node).await;
    let workspace = node.workspace().await;
    let list = brought_in(&node, &workspace, &tags("Money and debt").to_string()).await;
    for kind in ["note", "referral_pathway"] {
        let document = json!({"document_type": kind, "title": "Advice", "body": {},
            "tags": [{"name": "", "curie": "nm:owing"}]});
        let id = brought_in(&node, &workspace, &document.to_string()).await;
        let read = browser.page(&format!("/documents/{id}")).await;
        assert!(read.contains("Owing (no longer used; use “Money and debt” instead)"), "{read}");
        let part = format!("/documents/{id}/edit/tags");
        let page = browser.page(&part).await;
        for said in [
            "<option value=\"Money and debt\"></option>",
            "<option value=\"nm:debt\">Money and debt</option>",
            "list=\"tag-names\"",
            "“Owing” is no longer used. Use “Money and debt” (nm:debt) instead.",
        ] {
            assert!(page.contains(said), "{said}: {page}");
        }
        let offers = |name: &str| page.contains(&format!("<option value=\"{name}\">"));
        assert!(!offers("Owing") && !offers("Perhaps"), "{page}");

        // Another word for it, typed without its code: the code of the old tag gives way.
        let heads = between(&page, "name=\"heads\" value=\"", "\"").unwrap();
        let tag = first_tag(&page);
        let (name, code) = (format!("{tag}/name"), format!("{tag}/curie"));
        let fields = [("heads", heads.as_str()), (&name, "arrears"), (&code, "nm:owing")];
        browser.done(&part, &fields).await;
        let saved = node.get(&format!("/documents/{id}")).await;
        let saved = &saved["tags"][0];
        assert_eq!(
            (&saved["name"], &saved["curie"]),
            (&json!("Money and debt"), &json!("nm:debt"))
        );
        assert_eq!(saved["term_uri"], "https://example.org/debt");
    }
    let renamed = json!({"body": tags("Debt advice")["body"]});
    let patched = node.ask("PATCH", &format!("/documents/{list}"), Some(renamed)).await;
    assert_eq!(patched.status, 200, "{}", patched.text());
    for tag in ["Debt+advice", "Arrears", "nm:debt"] {
        let found = browser.page(&format!("/workspaces/{workspace}/documents?tag={tag}")).await;
        assert!(found.contains("2 documents"), "{tag}: {found}");
        assert!(found.contains("Tags: Debt advice"), "{found}");
    }
    node.stop().await;
}

#[tokio::test]
async fn a_tag_that_nobody_agreed_on_loses_the_code_of_another() {
    let node = Node::start().await;
    let mut browser = Browser::started(&node).await;
    let workspace = node.workspace().await;
    brought_in(&node, &workspace, &tags("Money and debt").to_string()).await;
    let document = json!({"document_type": "note", "title": "Advice", "body": {},
        "tags": [{"name": "Money and debt", "curie": "nm:debt"}]});
    let id = brought_in(&node, &workspace, &document.to_string()).await;
    let part = format!("/documents/{id}/edit/tags");
    for (typed_name, typed_code, name, code) in [
        ("Knitting", "nm:debt", "Knitting", json!(null)),
        ("Knitting", "x:knit", "Knitting", json!("x:knit")),
        ("Sewing", "y:sew", "Sewing", json!("y:sew")),
    ] {
        let page = browser.page(&part).await;
        let heads = between(&page, "name=\"heads\" value=\"", "\"").unwrap();
        let tag = first_tag(&page);
        let fields = [
            ("heads".to_owned(), heads),
            (format!("{tag}/name"), typed_name.to_owned()),
            (format!("{tag}/curie"), typed_code.to_owned()),
        ];
        let fields: Vec<(&str, &str)> =
            fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        browser.done(&part, &fields).await;
        let saved = node.get(&format!("/documents/{id}")).await["tags"][0].clone();
        assert_eq!((&saved["name"], &saved["curie"]), (&json!(name), &code));
    }
    node.stop().await;
}

#[tokio::test]
async fn a_national_list_that_does_not_fit_into_one_change_comes_in_whole_and_in_order() {
    let node = Node::start().await;
    let workspace = node.workspace().await;
    let tag = |number: usize| {
        format!(
            "{number},Tag {number},{},Function,{}\n",
            "word ".repeat(40),
            if number == 1 { "" } else { "1" }
        )
    };
    let rows: String = (1..=200).map(tag).collect();
    let file = format!("Identifier,Label,Description,Type,Parent identifiers\n{rows}");
    let id = brought_in(&node, &workspace, &file).await;
    let given = node.get(&format!("/documents/{id}/export?format=json")).await;
    let terms = given["body"]["terms"].as_array().unwrap();
    let codes: Vec<String> =
        terms.iter().map(|term| term["code"].as_str().unwrap().to_owned()).collect();
    let expected: Vec<String> = (1..=200).map(|number: usize| number.to_string()).collect();
    assert_eq!(codes, expected);
    assert_eq!(terms[199]["broader"], "esdFunction:1");
    let faulty = format!("{file}200,Again,,Function,\n");
    let request = node.request("POST", &format!("/workspaces/{workspace}/import"));
    let refused = node.send(request.body(faulty.into()).unwrap()).await;
    assert_eq!(refused.status, 400);
    assert!(refused.text().contains("Row 202"), "{}", refused.text());
    let all = node.get(&format!("/workspaces/{workspace}/documents")).await;
    assert_eq!(all["items"].as_array().unwrap().len(), 1, "a faulty file changes nothing");
    node.stop().await;
}

#[tokio::test]
async fn a_short_code_that_documents_carry_stays() {
    let node = Node::start().await;
    let workspace = node.workspace().await;
    let path = format!("/workspaces/{workspace}/documents");
    let terms = json!([
        {"curie": "need:money", "prefLabel": "Money", "status": "agreed"},
        {"curie": "need:spare", "prefLabel": "Spare", "status": "agreed"},
    ]);
    let list = json!({"kind": "tagging_convention", "title": "Needs", "body": {"terms": terms}});
    let list = node.ask("POST", &path, Some(list)).await.json();
    let list = format!("/documents/{}", list["id"].as_str().unwrap());
    let tags = json!([{"name": "Money", "curie": "need:money"}]);
    let tagged = json!({"kind": "note", "title": "Warm rooms", "tags": tags});
    assert_eq!(node.ask("POST", &path, Some(tagged)).await.status, 201);

    for change in [
        json!({"body": {"terms": [{"curie": "need:worries", "prefLabel": "Money", "status": "agreed"}]}}),
        json!({"body": {"terms": []}}),
    ] {
        let refused = node.ask("PATCH", &list, Some(change)).await;
        assert_eq!(refused.status, 422, "{}", refused.text());
        assert_eq!(refused.json()["pointer"], "/body/terms");
        assert!(refused.text().contains("1 document carries"), "{}", refused.text());
    }
    let renamed = json!({"body": {"terms": [{"curie": "need:money", "prefLabel": "Money worries", "status": "agreed"}]}});
    assert_eq!(
        node.ask("PATCH", &list, Some(renamed)).await.status,
        200,
        "nobody carries the other"
    );
    node.stop().await;
}
