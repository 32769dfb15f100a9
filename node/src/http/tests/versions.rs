//! Naming versions, going back to one, and who wrote which words: by the API and by the pages.

use serde_json::json;

use super::Node;
use super::browser::{Browser, between};

#[tokio::test]
async fn a_version_is_named_compared_and_gone_back_to() {
    let node = Node::start().await;
    let workspace = node.workspace().await;
    let id = node.example(&workspace).await;
    let path = format!("/documents/{id}");
    let before = node.get(&path).await;
    let heads = &before["heads"];
    let body = json!({"heads": heads, "name": "As agreed"});
    let named = node.ask("POST", &format!("{path}/versions"), Some(body.clone())).await;
    assert_eq!(named.status, 201, "{}", named.text());
    assert_eq!(node.get(&path).await["heads"], *heads, "a name changes nothing of the document");
    let again = node.ask("POST", &format!("{path}/versions"), Some(body)).await;
    assert_eq!(again.status, 403, "{}", again.text());
    for (wrong, status) in [
        (json!({"heads": heads}), 422),
        (json!({"heads": heads, "name": " "}), 422),
        (json!({"heads": "0".repeat(64), "name": "x"}), 404),
    ] {
        let refused = node.ask("POST", &format!("{path}/versions"), Some(wrong)).await;
        assert_eq!(refused.status, status, "{}", refused.text());
    }

    let steps = before["body"]["steps"].as_array().unwrap().clone();
    let fewer = json!({"title": "Other words", "body": {"steps": steps[1..]}, "description": null});
    let changed = node.ask("PATCH", &path, Some(fewer)).await;
    assert_eq!(changed.status, 200, "{}", changed.text());
    let listed = node.get(&format!("{path}/versions")).await;
    let version = listed["items"][0]["heads"].clone();
    assert_eq!(version, *heads);
    let back = node.ask("POST", &format!("{path}/restore"), Some(json!({"heads": version}))).await;
    assert_eq!(back.status, 200, "{}", back.text());
    let after = node.get(&path).await;
    for field in ["title", "description", "body", "tags"] {
        assert_eq!(after[field], before[field], "{field}");
    }
    assert_ne!(after["heads"], before["heads"], "going back is a new edit");
    let twice = node.ask("POST", &format!("{path}/restore"), Some(json!({"heads": version}))).await;
    assert_eq!(twice.json()["heads"], after["heads"], "nothing is left to do");

    let name = format!("{path}/versions/{}", named.json()["id"].as_str().unwrap());
    assert_eq!(node.ask("DELETE", &name, None).await.status, 204);
    assert_eq!(node.get(&format!("{path}/versions")).await["items"], json!([]));
    assert_eq!(node.ask("DELETE", &name, None).await.status, 404);

    let authors = node.get(&format!("{path}/authors")).await;
    let title = authors["texts"].as_array().unwrap().iter().find(|text| text["path"] == "/title");
    assert_eq!(title.unwrap()["runs"][0]["person"]["name"], "Sam Ali", "{authors}");
    node.stop().await;
}

#[tokio::test]
async fn what_others_write_meanwhile_stays_when_somebody_goes_back() {
    let node = Node::start().await;
    let workspace = node.workspace().await;
    let id = node.example(&workspace).await;
    let path = format!("/documents/{id}");
    let first = node.get(&path).await["heads"].as_str().unwrap().to_owned();
    node.ask("PATCH", &path, Some(json!({"title": "Second title"}))).await;
    let mut browser = Browser::started(&node).await;
    let ask = format!("/documents/{id}/restore?heads={first}");
    let page = browser.page(&ask).await;
    assert!(page.contains("What it changes") && page.contains("<ins>"), "{page}");
    let base = between(&page, "name=\"base\" value=\"", "\"").unwrap();
    node.ask("PATCH", &path, Some(json!({"licence": "CC0-1.0"}))).await;
    let fields = [("heads", first.as_str()), ("base", base.as_str())];
    let place = browser.done(&format!("/documents/{id}/restore"), &fields).await;
    assert_eq!(place, format!("/documents/{id}"));
    let now = node.get(&path).await;
    assert_eq!(now["licence"], "CC0-1.0");
    assert_ne!(now["title"], "Second title");
    node.stop().await;
}

#[tokio::test]
async fn a_person_reads_names_and_compares_versions_on_the_pages() {
    let node = Node::start().await;
    let workspace = node.workspace().await;
    let id = node.example(&workspace).await;
    let path = format!("/documents/{id}");
    let first = node.get(&path).await;
    let heads = first["heads"].as_str().unwrap();
    node.ask("PATCH", &path, Some(json!({"title": "Second title"}))).await;
    let second = node.get(&path).await["heads"].as_str().unwrap().to_owned();
    let mut browser = Browser::started(&node).await;
    let place = format!("/documents/{id}/version");
    let page = browser.page(&format!("{place}?heads={heads}")).await;
    assert!(page.contains(first["title"].as_str().unwrap()) && !page.contains("Second title"));
    let empty = browser.post(&place, &[("heads", heads), ("name", " ")]).await;
    assert_eq!(empty.status, 422);
    assert!(empty.text().contains("Enter a name"));
    browser.done(&place, &[("heads", heads), ("name", "As agreed")]).await;
    let history = browser.page(&format!("/documents/{id}/history")).await;
    assert!(history.contains("Versions with a name") && history.contains("As agreed"));
    let compare = format!("/documents/{id}/compare?from={heads}&to={second}");
    let inline = browser.page(&compare).await;
    assert!(
        inline.contains("<del>")
            && inline.contains("<option value=\"")
            && inline.contains("As agreed")
    );
    let side = browser.page(&format!("{compare}&view=side")).await;
    let row = between(&side, "<tbody", "</tbody>").unwrap();
    assert!(
        row.contains("<del>") && row.contains("<ins>") && row.contains("scope=\"row\""),
        "{row}"
    );
    let authors = browser.page(&format!("/documents/{id}/authors")).await;
    assert!(authors.contains("Sam Ali (Open Door)"), "{authors}");

    let page = browser.page(&format!("{place}?heads={heads}")).await;
    let name = between(&page, "name=\"take-back\" value=\"", "\"").unwrap();
    browser.done(&place, &[("heads", heads), ("take-back", &name)]).await;
    assert!(
        !browser.page(&format!("/documents/{id}/history")).await.contains("Versions with a name")
    );
    let unknown = browser.get(&format!("{place}?heads={}", "0".repeat(64))).await;
    assert_eq!(unknown.status, 404);
    node.stop().await;
}

#[tokio::test]
async fn a_document_is_one_web_page_that_needs_nothing_else() {
    let node = Node::start().await;
    let workspace = node.workspace().await;
    let id = node.example(&workspace).await;
    let path = format!("/documents/{id}");
    node.ask("PATCH", &path, Some(json!({"title": "<script>alert(1)</script>"}))).await;
    let page = node.ask("GET", &format!("{path}/export?format=html"), None).await;
    assert_eq!(
        (page.status.as_u16(), page.header("content-type")),
        (200, "text/html; charset=utf-8")
    );
    assert!(page.header("content-disposition").starts_with("attachment"), "{:?}", page.headers);
    let text = page.text();
    for needed in
        ["Phone the food bank nearest", "Fingerprint of the words", "data:text/css;base64,", "<svg"]
    {
        assert!(text.contains(needed), "{needed} in {text}");
    }
    for foreign in ["<script", " src=", "href=\"/", "href=\"http://127"] {
        assert!(!text.contains(foreign), "{foreign} in {text}");
    }
    let heads = node.get(&path).await["heads"].as_str().unwrap().to_owned();
    let same = node.ask("GET", &format!("{path}/export?format=html&heads={heads}"), None).await;
    assert_eq!(same.text(), text);
    node.stop().await;
}
