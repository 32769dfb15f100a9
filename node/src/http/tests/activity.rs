//! What changed since somebody last looked, and what waits for them.

use serde_json::{Value, json};

use super::Node;
use super::browser::{Browser, between};

async fn made(node: &Node, workspace: &str, document: Value) -> String {
    let path = format!("/workspaces/{workspace}/documents");
    let made = node.ask("POST", &path, Some(document)).await;
    assert_eq!(made.status, 201, "{}", made.text());
    made.json()["id"].as_str().unwrap().to_owned()
}

/// Adds a colleague and returns the header value that makes changes theirs.
async fn colleague(node: &Node) -> String {
    let made = node.ask("POST", "/people", Some(json!({"name": "Priya Shah"}))).await;
    assert!(made.status.is_success(), "{}", made.text());
    "Priya Shah".to_owned()
}

async fn patch_as(node: &Node, person: &str, document: &str, patch: Value) {
    let request = node
        .request("PATCH", &format!("/documents/{document}"))
        .header("Fingerpost-Person", person)
        .header("content-type", "application/merge-patch+json")
        .body(patch.to_string().into())
        .unwrap();
    let answer = node.send(request).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
}

#[tokio::test]
async fn what_others_changed_is_told_until_somebody_says_that_they_saw_it() {
    let node = Node::start().await;
    let mut browser = Browser::started(&node).await;
    let workspace = node.workspace().await;
    let id =
        made(&node, &workspace, json!({"kind": "note", "title": "Warm rooms", "body": {}})).await;
    let first = browser.page("/activity").await;
    assert!(first.contains("Nothing."), "one's own work is no news: {first}");
    let priya = colleague(&node).await;
    patch_as(&node, &priya, &id, json!({"title": "Warm rooms and libraries"})).await;

    let page = browser.page("/activity").await;
    assert!(page.contains("Priya Shah (Open Door) changed title"), "{page}");
    assert!(browser.page("/").await.contains("href=\"/activity\""));
    let seen = between(&page, "name=\"seen\" value=\"", "\"").unwrap();
    // What comes between looking and saying so is not seen.
    patch_as(&node, &priya, &id, json!({"description": "Where it is warm"})).await;
    assert_eq!(browser.done("/activity", &[("seen", &seen)]).await, "/activity");
    let page = browser.page("/activity").await;
    assert!(page.contains("added summary: “Where it is warm”"), "{page}");
    assert!(!page.contains("changed title"), "{page}");
    let seen = between(&page, "name=\"seen\" value=\"", "\"").unwrap();
    browser.done("/activity", &[("seen", &seen)]).await;
    assert!(browser.page("/activity").await.contains("Nothing since then."));
    // A form from before takes nothing back, and one that claims too much sees nothing that is still to come.
    browser.done("/activity", &[("seen", &format!("{workspace}:1 x:y {workspace}:99999"))]).await;
    patch_as(&node, &priya, &id, json!({"title": "Warm spaces"})).await;
    assert!(browser.page("/activity").await.contains("Priya Shah (Open Door) changed title"));

    let node = node.restart().await;
    let mut browser = Browser::started(&node).await;
    assert!(browser.page("/activity").await.contains("Warm spaces"), "it is kept for the person");
    node.stop().await;
}

#[tokio::test]
async fn signatures_names_of_versions_and_what_is_taken_back_are_told() {
    let node = Node::start().await;
    let mut browser = Browser::started(&node).await;
    let workspace = node.workspace().await;
    let id = made(
        &node,
        &workspace,
        json!({"kind": "data_sharing_agreement", "title": "Cash first", "body": {"purpose": {"aims": "Food"}}}),
    )
    .await;
    let priya = colleague(&node).await;
    let heads = node.get(&format!("/documents/{id}")).await["heads"].clone();
    let post = async |path: String, body: Value| {
        let request = node
            .request("POST", &path)
            .header("Fingerpost-Person", &priya)
            .header("content-type", "application/json")
            .body(body.to_string().into())
            .unwrap();
        let answer = node.send(request).await;
        assert!(answer.status.is_success(), "{}", answer.text());
        answer
    };
    let versions = format!("/documents/{id}/versions");
    post(versions, json!({"heads": heads, "name": "As agreed in March"})).await;
    let sign = json!({"heads": heads, "signatory": "Ruth Okafor", "title": "Director"});
    let signed = post(format!("/documents/{id}/signatures"), sign).await.json();
    let page = browser.page("/activity").await;
    assert!(page.contains("named a version “As agreed in March”"), "{page}");
    assert!(page.contains("signed it for Open Door: Ruth Okafor, Director"), "{page}");
    let seen = between(&page, "name=\"seen\" value=\"", "\"").unwrap();
    browser.done("/activity", &[("seen", &seen)]).await;
    let signature = signed["id"].as_str().unwrap();
    let back = format!("/documents/{id}/signatures/{signature}/withdrawal");
    post(back, json!({"reason": "Too long"})).await;
    let page = browser.page("/activity").await;
    assert!(page.contains("took back the signature of Open Door: “Too long”"), "{page}");
    assert!(!page.contains("signed it for"), "that was seen: {page}");
    node.stop().await;
}

#[tokio::test]
async fn home_names_suggestions_requests_with_their_clock_and_reviews() {
    let node = Node::start().await;
    let mut browser = Browser::started(&node).await;
    let workspace = node.workspace().await;
    let request = json!({
        "kind": "data_request", "title": "Arrears by ward", "status": "open",
        "body": {
            "requesting_organization": {"name": "Leeds"},
            "receiving_organization": {"name": "Open Door"},
            "date_received": "2020-01-01", "first_conversation_within_days": 10,
        },
    });
    let asked = made(&node, &workspace, request).await;
    let note =
        json!({"kind": "note", "title": "Warm rooms", "review_date": "2020-05-01", "body": {}});
    let note = made(&node, &workspace, note).await;
    let patch = json!({"patch": {"title": "Warm places"}, "note": "Clearer"});
    let path = format!("/documents/{note}/suggestions");
    let sent = node.ask("POST", &path, Some(patch)).await;
    assert!(sent.status.is_success(), "{}", sent.text());
    for page in ["/", "/activity"] {
        let page = browser.page(page).await;
        for said in [
            "1 suggestion for “Warm rooms” waits for an answer",
            "Leeds waits for your answer to “Arrears by ward”. Asked ",
            "The first conversation was due on 11 January 2020 and is not written down",
            "“Warm rooms” should have been reviewed by 1 May 2020",
        ] {
            assert!(page.contains(said), "{said}: {page}");
        }
        assert!(page.contains(&format!("/documents/{asked}")));
        assert!(page.contains(&format!("/documents/{note}/suggestions")));
    }
    let id = sent.json()["id"].as_str().unwrap().to_owned();
    let answer = json!({"verdict": "declined", "note": "No"});
    let done = node.ask("POST", &format!("{path}/{id}/answers"), Some(answer)).await;
    assert!(done.status.is_success(), "{}", done.text());
    assert!(!browser.page("/").await.contains("waits for an answer"), "answered");
    node.stop().await;
}
