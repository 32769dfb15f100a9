//! Publishing, by the API and by the page, and what is refused.

use serde_json::{Value, json};

use super::browser::{Browser, between};
use super::{Answer, Node, example};

async fn note(node: &Node, workspace: &str, more: Value) -> String {
    let mut body = json!({"kind": "note", "title": "Warm rooms", "licence": "OGL-UK-3.0", "body": {"text": "Every Monday."}});
    if let (Some(fields), Value::Object(more)) = (body.as_object_mut(), more) {
        fields.extend(more);
    }
    let made = node.ask("POST", &format!("/workspaces/{workspace}/documents"), Some(body)).await;
    assert_eq!(made.status, 201, "{}", made.text());
    made.json()["id"].as_str().unwrap().to_owned()
}

async fn publish(node: &Node, id: &str, wish: Value) -> Answer {
    node.ask("POST", &format!("/documents/{id}/publish"), Some(wish)).await
}

#[tokio::test]
async fn versions_are_published_one_after_the_other() {
    let node = Node::start().await;
    let workspace = node.workspace().await;
    let id = note(&node, &workspace, json!({})).await;
    let first = node.ask("POST", &format!("/documents/{id}/publish"), None).await;
    assert_eq!(first.status, 200, "{}", first.text());
    let first = first.json();
    assert_eq!(
        (&first["name"], &first["audience"]["read"]),
        (&json!("Version 1"), &json!("public"))
    );
    assert_eq!(first["heads"], node.get(&format!("/documents/{id}")).await["heads"]);
    let again = publish(&node, &id, json!({})).await.json();
    assert_eq!(again["name"], "Version 1", "nothing is left to do");
    node.ask("PATCH", &format!("/documents/{id}"), Some(json!({"body": {"text": "Tuesdays."}})))
        .await;
    let stale = publish(&node, &id, json!({"heads": first["heads"]})).await;
    assert_eq!(stale.status, 412, "{}", stale.text());
    assert_eq!(publish(&node, &id, json!({})).await.json()["name"], "Version 2");
    let names = node.get(&format!("/documents/{id}/versions")).await;
    assert_eq!(names["items"].as_array().unwrap().len(), 2);
    node.stop().await;
}

#[tokio::test]
async fn what_should_not_be_published_is_refused_with_what_to_do() {
    let node = Node::start().await;
    let workspace = node.workspace().await;
    for (more, pointer, said) in [
        (json!({"licence": ""}), "/licence", "licence"),
        (json!({"body": {"text": " "}}), "/body/text", "Fill in"),
        (json!({"body": {"text": "Ring Ann on 07700 900123."}}), "", "looks like a mobile"),
    ] {
        let id = note(&node, &workspace, more).await;
        let refused = publish(&node, &id, json!({})).await;
        assert_eq!(refused.status, 422, "{}", refused.text());
        assert_eq!(refused.json()["pointer"], pointer, "{}", refused.text());
        assert!(refused.text().contains(said), "{}", refused.text());
        let after = node.get(&format!("/documents/{id}")).await;
        assert_eq!(after["audience"]["read"], "workspace", "nothing was done");
        let even_so = publish(&node, &id, json!({"even_so": true})).await.status;
        assert_eq!(even_so == 200, pointer.is_empty(), "{said}");
    }
    let id = note(&node, &workspace, json!({"body": {"text": "Ring 07700 900123."}})).await;
    let path = format!("/documents/{id}");
    node.ask("PATCH", &path, Some(json!({"body": {"text": "Come in."}}))).await;
    let refused = publish(&node, &id, json!({})).await;
    assert_eq!(refused.status, 422);
    assert!(
        refused.text().contains("An earlier version said “07700 900123”"),
        "{}",
        refused.text()
    );
    let id = note(&node, &workspace, json!({})).await;
    let heads = node.get(&format!("/documents/{id}")).await["heads"].as_str().unwrap().to_owned();
    for status in ["draft", "agreed"] {
        let path = format!("/documents/{id}?base={heads}");
        node.ask("PATCH", &path, Some(json!({"status": status}))).await;
    }
    let refused = publish(&node, &id, json!({"even_so": true})).await;
    assert_eq!(refused.json()["pointer"], "/status", "{}", refused.text());
    assert!(refused.text().contains("Choose which is right"), "{}", refused.text());
    let id = note(&node, &workspace, json!({})).await;
    let name = publish(&node, &id, json!({"name": " "})).await;
    assert_eq!((name.status.as_u16(), name.json()["pointer"].as_str()), (422, Some("/name")));
    assert_eq!(publish(&node, &"1".repeat(32), json!({"x": 1})).await.status, 404);
    node.stop().await;
}

#[tokio::test]
async fn a_refuge_is_not_even_written_down_with_its_place() {
    let node = Node::start().await;
    let workspace = node.workspace().await;
    let path = format!("/workspaces/{workspace}/documents");
    let mut service = json!({"kind": "service", "title": "Northmere Refuge"});
    let made = node.ask("POST", &path, Some(service.clone())).await;
    assert_eq!(made.status, 201, "{}", made.text());
    let place = json!([{"description": "Mill Lane"}]);
    let document = format!("/documents/{}", made.json()["id"].as_str().unwrap());
    let patch = json!({"service_at_locations": place});
    service["service_at_locations"] = place;
    for refused in [
        node.ask("POST", &path, Some(service)).await,
        node.ask("PATCH", &document, Some(patch)).await,
    ] {
        assert_eq!(refused.status, 422, "{}", refused.text());
        assert_eq!(refused.json()["pointer"], "/service_at_locations");
        assert!(refused.text().contains("where a refuge is"), "{}", refused.text());
    }
    let text = json!({"text": "The refuge is at 7 Hidden Lane."});
    let note = json!({"kind": "note", "title": "Rooms", "body": text});
    let warned = node.ask("POST", &path, Some(note)).await.json();
    assert!(warned["warnings"][0].as_str().unwrap().contains("refuge"), "{warned}");
    node.stop().await;
}

#[tokio::test]
async fn what_was_said_about_a_document_is_looked_at_too_and_also_what_was_taken_back() {
    let node = Node::start().await;
    let workspace = node.workspace().await;
    let id = note(&node, &workspace, json!({})).await;
    let said = json!({"text": "Ring Ann on 07700 900123."});
    let made = node.ask("POST", &format!("/documents/{id}/comments"), Some(said)).await.json();
    let comment = format!("/documents/{id}/comments/{}", made["id"].as_str().unwrap());
    assert_eq!(node.ask("DELETE", &comment, None).await.status, 204);
    let refused = publish(&node, &id, json!({})).await;
    assert_eq!(refused.status, 422, "{}", refused.text());
    let found = "Somebody wrote “07700 900123” in a comment";
    assert!(refused.text().contains(found), "{}", refused.text());
    assert_eq!(publish(&node, &id, json!({"even_so": true})).await.status, 200);
    node.stop().await;
}

#[tokio::test]
async fn programs_are_warned_of_what_may_be_about_a_person_by_everything_that_shares_it() {
    let node = Node::start().await;
    let workspace = node.workspace().await;
    let number = "Ring Ann on 07700 900123.";
    let warned = json!(["“07700 900123” looks like a mobile phone number"]);
    let before = node.ask("POST", "/personal", Some(json!([{"x": number}, 1, "fine"]))).await;
    assert_eq!(before.json(), json!({"warnings": warned}));
    let id = note(&node, &workspace, json!({})).await;
    let document = format!("/documents/{id}");
    let heads = node.get(&document).await["heads"].clone();
    let patch = json!({"body": {"text": number}});
    let file = json!({"document_type": "note", "title": "Rooms", "body": {"text": number}});
    let import = format!("/workspaces/{workspace}/import");
    let imported = node.ask("POST", &import, Some(json!([file]))).await.json();
    assert_eq!(imported["made"][0]["warnings"], warned, "{imported}");
    let new = json!({"kind": "note", "title": number});
    for (method, path, body) in [
        ("POST", format!("/workspaces/{workspace}/documents"), new),
        ("POST", format!("{document}/comments"), json!({"text": number})),
        ("POST", format!("{document}/suggestions"), json!({"patch": patch})),
        (
            "POST",
            format!("{document}/suggestions"),
            json!({"patch": {"title": "x"}, "note": number}),
        ),
        ("PATCH", document.clone(), patch.clone()),
    ] {
        let answer = node.ask(method, &path, Some(body)).await;
        assert!(answer.status.is_success(), "{path}: {}", answer.text());
        assert_eq!(answer.json()["warnings"], warned, "{path}: {}", answer.text());
    }
    let named = json!({"heads": heads, "name": "First"});
    let named = node.ask("POST", &format!("{document}/versions"), Some(named)).await.json();
    assert_eq!(named["warnings"], json!([]), "it is not public");

    let look = node.get(&format!("{document}/publish")).await;
    assert!(look["warnings"].as_array().unwrap().contains(&warned[0]), "{look}");
    assert_eq!((&look["cannot"], &look["next_name"]), (&Value::Null, &json!("Version 1")));
    let public = json!({"read": "public", "write": "workspace"});
    let opened = node.ask("PUT", &format!("{document}/audience"), Some(public)).await;
    assert_eq!(opened.status, 200, "{}", opened.text());
    assert_eq!(opened.json()["warnings"], look["warnings"]);
    let heads = node.get(&document).await["heads"].clone();
    let named = json!({"heads": heads, "name": "Second"});
    let named = node.ask("POST", &format!("{document}/versions"), Some(named)).await.json();
    assert_eq!(named["warnings"], warned, "it stands on the public shelf now");
    node.stop().await;
}

#[tokio::test]
async fn a_person_is_told_what_publishing_means_and_looks_at_what_was_found() {
    let node = Node::start().await;
    let workspace = node.workspace().await;
    let mut browser = Browser::started(&node).await;
    let mut file = example();
    file.as_object_mut().unwrap().remove("licence");
    let path = format!("/workspaces/{workspace}/import");
    let made = node.ask("POST", &path, Some(file)).await.json();
    let id = made["made"][0]["id"].as_str().unwrap().to_owned();
    let place = format!("/documents/{id}/publish");
    assert!(browser.page(&format!("/documents/{id}")).await.contains(&place));
    let page = browser.page(&place).await;
    assert!(
        page.contains("under which licence") && !page.contains("Publish for everybody"),
        "{page}"
    );
    let licence = format!("/documents/{id}/edit/licence");
    let heads = between(&browser.page(&licence).await, "name=\"heads\" value=\"", "\"").unwrap();
    browser.done(&licence, &[("heads", &heads), ("/licence", "OGL-UK-3.0")]).await;
    let page = browser.page(&place).await;
    assert!(
        page.contains("cannot be called back") && page.contains("value=\"Version 1\""),
        "{page}"
    );
    let heads = between(&page, "name=\"heads\" value=\"", "\"").unwrap();
    let unnamed = browser.post(&place, &[("heads", &heads), ("name", ""), ("sure", "yes")]).await;
    assert_eq!(unnamed.status, 422);
    assert!(unnamed.text().contains("Enter a name"), "{}", unnamed.text());
    let asked = page.contains("Is this about a person?");
    if asked {
        let unsure = browser.post(&place, &[("heads", &heads), ("name", "Version 1")]).await;
        assert_eq!(unsure.status, 422);
    }
    node.ask("PATCH", &format!("/documents/{id}"), Some(json!({"title": "Food first"}))).await;
    let fields = [("heads", heads.as_str()), ("name", "Version 1"), ("sure", "yes")];
    let stale = browser.post(&place, &fields).await;
    assert!(stale.status == 422 && stale.text().contains("Read it again"), "{}", stale.text());
    let heads = between(&stale.text(), "name=\"heads\" value=\"", "\"").unwrap();
    let fields = [("heads", heads.as_str()), ("name", "Version 1"), ("sure", "yes")];
    assert_eq!(browser.done(&place, &fields).await, format!("/documents/{id}"));
    assert!(browser.page(&place).await.contains("Version 1, since"));
    let after = node.get(&format!("/documents/{id}")).await;
    assert_eq!(after["audience"]["read"], "public");
    node.stop().await;
}

#[tokio::test]
async fn other_ways_to_let_anybody_read_say_first_what_may_be_about_a_person() {
    let node = Node::start().await;
    let workspace = node.workspace().await;
    let id = note(&node, &workspace, json!({"body": {"text": "Ring Ann on 07700 900123."}})).await;
    let mut browser = Browser::started(&node).await;
    let change = format!("/documents/{id}/access/change");
    let public = [("read", "public"), ("suggest", "readers"), ("write", "workspace")];
    browser.page(&change).await;
    let means = browser.post(&change, &public).await.text();
    assert!(means.contains("Look at this first") && means.contains("07700 900123"), "{means}");
    let narrower = [("read", "workspace"), ("suggest", "readers"), ("write", "workspace")];
    let means = browser.post(&change, &narrower).await.text();
    assert!(!means.contains("Look at this first"), "nobody else reads it");
    let saved = [&public[..], &[("step", "save")]].concat();
    browser.done(&change, &saved).await;

    let version = format!("/documents/{id}/version");
    let heads = node.get(&format!("/documents/{id}")).await["heads"].as_str().unwrap().to_owned();
    let refused = browser.post(&version, &[("heads", &heads), ("name", "First")]).await;
    assert_eq!(refused.status, 422);
    let refused = refused.text();
    assert!(refused.contains("looks like a mobile") && refused.contains("publish the document"));
    node.ask("PATCH", &format!("/documents/{id}"), Some(json!({"body": {"text": "Come in."}})))
        .await;
    let heads = node.get(&format!("/documents/{id}")).await["heads"].as_str().unwrap().to_owned();
    browser.done(&version, &[("heads", &heads), ("name", "First")]).await;
    node.stop().await;
}
