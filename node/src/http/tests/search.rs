//! Search on the pages and by the API.

use serde_json::{Value, json};

use super::Node;
use super::browser::Browser;

async fn made(node: &Node, workspace: &str, document: Value) -> String {
    let path = format!("/workspaces/{workspace}/documents");
    let made = node.ask("POST", &path, Some(document)).await;
    assert_eq!(made.status, 201, "{}", made.text());
    made.json()["id"].as_str().unwrap().to_owned()
}

fn request(title: &str, status: &str) -> Value {
    json!({
        "kind": "data_request", "title": title, "status": status, "review_date": "2020-01-01",
        "geography": {"name": "Northmere"},
        "tags": [{"name": "Money and debt", "curie": "nm:debt"}],
        "body": {"purpose": "To plan <b>advice</b> sessions at the Café."},
    })
}

#[tokio::test]
async fn everything_one_may_read_is_searched_and_the_words_are_marked() {
    let node = Node::start().await;
    let mut browser = Browser::started(&node).await;
    assert!(browser.page("/").await.contains("href=\"/search\""), "in the menu of every page");
    let fresh = browser.page("/search").await;
    assert!(fresh.contains("You can search 0 documents."), "{fresh}");
    let workspace = node.workspace().await;
    let id = made(&node, &workspace, request("Arrears by ward", "approved_in_part")).await;
    made(&node, &workspace, json!({"kind": "note", "title": "Café hours", "body": {}})).await;

    let page = browser.page("/search?q=advice+cafe").await;
    assert!(page.contains("1 document found") && page.contains(&format!("/documents/{id}")));
    assert!(page.contains("What it is for:"), "{page}");
    assert!(page.contains("<mark>advice</mark>") && page.contains("<mark>Café</mark>"), "{page}");
    assert!(!page.contains("<b>"), "text of others stays text: {page}");
    let both = browser.page("/search?q=CAF%C3%89").await;
    let place = |text: &str| both.find(text).unwrap_or_else(|| panic!("{text}: {both}"));
    assert!(place("<mark>Café</mark> hours") < place("Arrears by ward"), "in the title first");
    let none = browser.page("/search?q=nowhere").await;
    assert!(none.contains("Nothing fits."), "{none}");
    for strange in ["workspace=x", "kind=poem", "organisation=x", "decision=perhaps"] {
        assert!(browser.page(&format!("/search?{strange}")).await.contains("Nothing fits."));
    }
    node.stop().await;
}

#[tokio::test]
async fn what_is_found_can_be_narrowed_without_words() {
    let node = Node::start().await;
    let mut browser = Browser::started(&node).await;
    let workspace = node.workspace().await;
    let yes = made(&node, &workspace, request("Arrears by ward", "approved")).await;
    let no = made(&node, &workspace, request("Arrears by street", "open")).await;
    let note =
        made(&node, &workspace, json!({"kind": "note", "title": "Arrears", "body": {}})).await;
    for (query, found) in [
        ("decision=yes", vec![&yes]),
        ("decision=none", vec![&no]),
        ("decision=no", vec![]),
        ("kind=note", vec![&note]),
        ("tag=MONEY+and+debt", vec![&no, &yes]),
        ("area=northmere&status=approved", vec![&yes]),
        ("overdue=true", vec![&no, &yes]),
        ("q=arrears&kind=note", vec![&note]),
        ("q=arrears", vec![&note, &no, &yes]),
    ] {
        let answer = node.get(&format!("/search?{query}")).await;
        let items = answer["items"].as_array().unwrap();
        let ids: Vec<&str> = items.iter().map(|item| item["id"].as_str().unwrap()).collect();
        assert_eq!(ids, found, "{query}");
        let page = browser.page(&format!("/search?{query}")).await;
        for id in [&yes, &no, &note] {
            let is_there = page.contains(&format!("/documents/{id}"));
            assert_eq!(is_there, found.contains(&id), "{query}: {page}");
        }
    }
    let first = node.get("/search?q=arrears+ward&limit=1").await;
    assert_eq!(first["items"][0]["found_in"], "title");
    assert_eq!(
        first["items"][0]["excerpt"]["pieces"][0],
        json!({"text": "Arrears", "match": true})
    );
    let one = node.get("/search?q=arrears&limit=1").await;
    let next = one["next"].as_str().unwrap();
    let two = node.get(&format!("/search?q=arrears&limit=1&cursor={next}")).await;
    assert_eq!(two["items"][0]["id"], json!(no));
    for wrong in ["kind=poem", "decision=perhaps", "organization=x", "updated_since=soon"] {
        assert_eq!(node.ask("GET", &format!("/search?{wrong}"), None).await.status, 400, "{wrong}");
    }
    let list = format!("/workspaces/{workspace}/documents?q=advice");
    assert_eq!(node.get(&list).await["items"].as_array().unwrap().len(), 2, "the text counts");
    node.stop().await;
}
