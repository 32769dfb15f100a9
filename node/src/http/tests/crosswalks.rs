//! Tables of matching tags: made from two lists, looked at, put right, signed, and taken along as SKOS.

use serde_json::{Value, json};

use super::Node;
use super::browser::{Browser, between};
use super::kinds::brought_in;

fn tags(prefix: &str, terms: Value) -> String {
    json!({"document_type": "tagging_convention", "title": format!("Tags of {prefix}"), "body": {
        "taxonomy": {"curie_prefix": prefix, "uri": format!("https://{prefix}.example/tags")}, "terms": terms,
    }})
    .to_string()
}

/// Brings in two lists and returns their ids.
async fn two_lists(node: &Node, workspace: &str) -> (String, String) {
    let north = json!([
        {"code": "food", "curie": "north:food", "prefLabel": "Food", "term_uri": "https://all.example/food"},
        {"code": "debt", "curie": "north:debt", "prefLabel": "Money and debt"},
        {"code": "green", "curie": "north:green", "prefLabel": "Green space"},
    ]);
    let south = json!([
        {"code": "meals", "curie": "south:meals", "prefLabel": "Meals", "term_uri": "https://all.example/food"},
        {"code": "money", "curie": "south:money", "prefLabel": "Money worries", "altLabel": ["money and debt"]},
    ]);
    (
        brought_in(node, workspace, &tags("north", north)).await,
        brought_in(node, workspace, &tags("south", south)).await,
    )
}

#[tokio::test]
async fn a_table_is_made_on_a_page_put_right_and_signed() {
    let node = Node::start().await;
    let mut browser = Browser::started(&node).await;
    let workspace = node.workspace().await;
    let new = format!("/workspaces/{workspace}/crosswalks/new");
    assert!(browser.page(&new).await.contains("You need two lists of tags"));
    let (north, south) = two_lists(&node, &workspace).await;
    let kind = format!("/workspaces/{workspace}/documents/new?kind=crosswalk");
    assert!(browser.page(&kind).await.contains(&new));
    let page = browser.page(&new).await;
    assert!(page.contains("Tags of north") && page.contains("Tags of south"), "{page}");
    let mut fields = vec![
        ("from", north.as_str()),
        ("to", north.as_str()),
        ("title", ""),
        ("read", "workspace"),
        ("suggest", "readers"),
        ("write", "workspace"),
    ];
    let refused = browser.post(&new, &fields).await;
    assert_eq!(refused.status, 422);
    assert!(refused.text().contains("href=\"#to\""), "{}", refused.text());
    fields[1] = ("to", &south);
    let made = browser.done(&new, &fields).await;
    let page = browser.page(&made).await;
    for said in [
        "2 matches proposed.",
        "They mean the same (1)",
        "They mean nearly the same (1)",
        "Both have the same web address",
        "No match (1)",
        "Tags of north and Tags of south: matching tags",
        "Compare what tags mean",
    ] {
        assert!(page.contains(said), "{said}: {page}");
    }
    // A match without its second tag is refused at the field, and put right it is saved.
    let edit = browser.page(&format!("{made}/edit")).await;
    let item = between(&edit, &format!("{made}/edit/match/"), "\"").unwrap();
    let part = format!("{made}/edit/match/{item}");
    let form = browser.page(&part).await;
    let heads = between(&form, "name=\"heads\" value=\"", "\"").unwrap();
    let name = |field: &str| format!("s:/body/mappings/{item}/{field}");
    let (status, to) = (name("status"), name("to_curie"));
    let address = name("to_uri");
    let wrong = [("heads", heads.as_str()), (to.as_str(), ""), (address.as_str(), "")];
    let refused = browser.post(&part, &wrong).await;
    assert_eq!(refused.status, 422);
    assert!(refused.text().contains(&format!("href=\"#{to}\"")), "{}", refused.text());
    let right = [("heads", heads.as_str()), (status.as_str(), "agreed")];
    browser.done(&part, &right).await;
    let page = browser.page(&made).await;
    assert!(page.contains("2 matches: 1 agreed, 1 to look at"), "{page}");
    agree_together(&mut browser, &made).await;
    let id = made.trim_start_matches("/documents/");
    let heads = node.get(&format!("/documents/{id}")).await["heads"].clone();
    let signature = json!({"heads": heads, "signatory": "Sam Ali", "title": "Director"});
    let signed = node.ask("POST", &format!("/documents/{id}/signatures"), Some(signature)).await;
    assert_eq!(signed.status, 201, "{}", signed.text());
    let page = browser.page(&made).await;
    assert!(page.contains("1 organisation has signed this as it is now"), "{page}");
    let turtle = browser.get(&format!("{made}/turtle/file")).await.text();
    assert!(turtle.contains("<https://all.example/food> a skos:Concept"), "{turtle}");
    node.stop().await;
}

/// Ticks what else is right, and agrees to it.
async fn agree_together(browser: &mut Browser<'_>, made: &str) {
    let look = format!("{made}/proposed");
    assert!(browser.page(&format!("{made}/edit")).await.contains(&look));
    let page = browser.page(&look).await;
    assert!(page.contains("“Money and debt” means nearly the same as “Money worries”"), "{page}");
    assert!(page.contains("“Green space” has no match in the second list"), "{page}");
    assert!(!page.contains("“Food” means the same"), "agreed already: {page}");
    let heads = between(&page, "name=\"heads\" value=\"", "\"").unwrap();
    let refused = browser.post(&look, &[("heads", &heads)]).await;
    assert_eq!(refused.status, 422);
    assert!(refused.text().contains("href=\"#agree\""), "{}", refused.text());
    let key = between(&page, "name=\"agree\" type=\"checkbox\" value=\"", "\"").unwrap();
    let ticked = [("heads", heads.as_str()), ("agree", key.as_str()), ("agree", "9@ff")];
    assert_eq!(browser.done(&look, &ticked).await, look);
    let page = browser.page(&look).await;
    assert!(page.contains("1 match agreed.") && page.contains("Green space"), "{page}");
    assert!(browser.page(made).await.contains("2 matches: 2 agreed, 0 to look at"));
}

#[tokio::test]
async fn a_table_is_made_by_programs_and_what_is_wrong_has_its_place() {
    let node = Node::start().await;
    let workspace = node.workspace().await;
    let (north, south) = two_lists(&node, &workspace).await;
    let note = json!({"document_type": "note", "title": "Minutes", "body": {}}).to_string();
    let note = brought_in(&node, &workspace, &note).await;
    let path = format!("/workspaces/{workspace}/crosswalks");
    let nobody = "1".repeat(44);
    for (from, to, pointer, said) in [
        (&north, &north, "/to", "both are the same list"),
        (&north, &note, "/to", "“Minutes” is no list of tags"),
        (&note, &south, "/from", "“Minutes” is no list of tags"),
        (&nobody, &south, "/from", "there is no list of tags"),
        (&north, &"nonsense".to_owned(), "/to", "there is no list of tags"),
    ] {
        let answer = node.ask("POST", &path, Some(json!({"from": from, "to": to}))).await;
        assert_eq!(answer.status, 422, "{}", answer.text());
        let body = answer.json();
        assert_eq!(body["errors"][0]["pointer"], pointer, "{body}");
        let detail = body["detail"].as_str().unwrap().to_lowercase();
        assert!(detail.contains(&said.to_lowercase()), "{body}");
    }
    let wanted = json!({"from": north, "to": south, "title": "Both", "audience": null});
    let made = node.ask("POST", &path, Some(wanted)).await;
    assert_eq!(made.status, 201, "{}", made.text());
    let made = made.json();
    assert_eq!((&made["proposed"], &made["without_match"]), (&json!(2), &json!(1)));
    let id = made["id"].as_str().unwrap();
    let document = node.get(&format!("/documents/{id}")).await;
    assert_eq!((&document["title"], &document["heads"]), (&json!("Both"), &made["heads"]));
    assert_eq!(document["body"]["from"]["document_id"], north);
    // What is agreed comes in again from the file that it went out as.
    let agree = |n: usize| json!({"op": "replace", "path": format!("/body/mappings/{n}/status"), "value": "agreed"});
    let agreed = json!([agree(0), agree(1)]);
    let patch = node.request("PATCH", &format!("/documents/{id}"));
    let mut patch = patch.body(agreed.to_string().into()).unwrap();
    patch.headers_mut().insert("content-type", "application/json-patch+json".parse().unwrap());
    assert_eq!(node.send(patch).await.status, 200);
    for format in ["turtle", "jsonld"] {
        let given = node.ask("GET", &format!("/documents/{id}/export?format={format}"), None).await;
        assert_eq!(given.status, 200, "{}", given.text());
        let again = brought_in(&node, &workspace, &given.text()).await;
        let read = node.get(&format!("/documents/{again}")).await;
        assert_eq!(read["kind"], "crosswalk");
        let mappings = read["body"]["mappings"].as_array().unwrap();
        let has = |relation: &str, to: &str| {
            mappings.iter().any(|one| one["relation"] == relation && one["to_uri"] == to)
        };
        assert!(has("exactMatch", "https://all.example/food"), "{format}: {mappings:?}");
        assert!(has("closeMatch", "https://south.example/tags#money"), "{format}: {mappings:?}");
    }
    node.stop().await;
}

#[tokio::test]
async fn a_table_that_does_not_fit_into_one_change_is_made_whole_and_in_order() {
    let node = Node::start().await;
    let workspace = node.workspace().await;
    let list = |prefix: &str| {
        let term = |n: usize| json!({"code": n.to_string(), "curie": format!("{prefix}:{n}"), "prefLabel": format!("Tag number {n}")});
        tags(prefix, (0..150).map(term).collect())
    };
    let north = brought_in(&node, &workspace, &list("north")).await;
    let south = brought_in(&node, &workspace, &list("south")).await;
    let path = format!("/workspaces/{workspace}/crosswalks");
    let made = node.ask("POST", &path, Some(json!({"from": north, "to": south}))).await;
    assert_eq!(made.status, 201, "{}", made.text());
    assert_eq!(made.json()["proposed"], 150);
    let id = made.json()["id"].as_str().unwrap().to_owned();
    let body = node.get(&format!("/documents/{id}")).await["body"].clone();
    let codes: Vec<&str> = body["mappings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["to_curie"].as_str().unwrap())
        .collect();
    let expected: Vec<String> = (0..150).map(|n| format!("south:{n}")).collect();
    assert_eq!(codes, expected);
    node.stop().await;
}
