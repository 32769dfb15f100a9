//! Comments and what an organisation holds of a place, as far as one organisation alone can say them.

use serde_json::{Value, json};

use super::Node;

#[tokio::test]
async fn something_is_said_answered_settled_opened_again_and_taken_back() {
    let node = Node::start().await;
    let workspace = node.workspace().await;
    let id = node.example(&workspace).await;
    let path = format!("/documents/{id}/comments");
    let heads = node.get(&format!("/documents/{id}")).await["heads"].clone();
    let body = json!({"place": "/body/steps/1", "heads": heads, "text": "Who picks up?"});
    let made = node.ask("POST", &path, Some(body)).await;
    assert_eq!(made.status, 201, "{}", made.text());
    let place = made.header("location").trim_start_matches("/api/v1").to_owned();
    let made = made.json();
    assert_eq!((&made["stance"], &made["pointer"]), (&json!("remarks"), &json!("/body/steps/1")));
    assert!(made["place"].as_str().unwrap().contains('@'), "the item's name: {made}");
    assert!(made["about"].as_str().unwrap().starts_with("Step 2"), "{made}");
    let replies = format!("{place}/replies");
    let said = node.ask("POST", &replies, Some(json!({"text": "We do"}))).await;
    assert_eq!(said.status, 201, "{}", said.text());
    let over = node.ask("POST", &replies, Some(json!({"stance": "settles"}))).await.json();
    assert_eq!((&over["is_settled"], &over["replies"][0]["text"]), (&json!(true), &json!("We do")));
    let late = node.ask("POST", &replies, Some(json!({"text": "And at night?"}))).await;
    assert_eq!(late.status, 403, "{}", late.text());
    let open = node.ask("POST", &replies, Some(json!({"stance": "reopens"}))).await.json();
    assert_eq!(open["is_settled"], false);
    let listed = node.get(&format!("{path}?place=/body/steps/1")).await;
    assert_eq!(listed["items"][0]["id"], made["id"]);
    let elsewhere = node.get(&format!("{path}?place=/title")).await;
    assert_eq!(elsewhere["items"], json!([]));
    assert_eq!(node.get(&format!("/documents/{id}")).await["heads"], heads, "nothing is changed");
    assert_eq!(node.ask("DELETE", &place, None).await.status, 204);
    let left = node.get(&place).await;
    assert_eq!((&left["text"], &left["is_withdrawn"]), (&json!(""), &json!(true)));
    assert_eq!(node.ask("DELETE", &place, None).await.status, 403, "once is enough");
    node.stop().await;
}

#[tokio::test]
async fn an_organisation_agrees_to_words_and_it_shows_when_they_change() {
    let node = Node::start().await;
    let workspace = node.workspace().await;
    let id = node.example(&workspace).await;
    let say = |stance: &str, text: &str| json!({"place": "/title", "stance": stance, "text": text});
    let path = format!("/documents/{id}/comments");
    let held = format!("/documents/{id}/positions?place=/title");
    assert_eq!(node.ask("POST", &path, Some(say("agrees", ""))).await.status, 201);
    assert_eq!(node.ask("POST", &path, Some(say("agrees", ""))).await.status, 403, "said already");
    node.ask("PATCH", &format!("/documents/{id}"), Some(json!({"title": "Another"}))).await;
    let before = node.get(&held).await["positions"][0].clone();
    assert_eq!((&before["stance"], &before["is_same"]), (&json!("agrees"), &json!(false)));
    assert_eq!(node.ask("POST", &path, Some(say("objects", "Too short"))).await.status, 201);
    let now = node.get(&held).await;
    assert_eq!(now["positions"].as_array().map(Vec::len), Some(1), "{now}");
    assert_eq!(now["positions"][0]["stance"], "objects");
    node.stop().await;
}

#[tokio::test]
async fn what_is_no_comment_is_refused_with_the_place() {
    let node = Node::start().await;
    let workspace = node.workspace().await;
    let id = node.example(&workspace).await;
    let path = format!("/documents/{id}/comments");
    for (body, pointer) in [
        (json!({}), "/text"),
        (json!({"text": " "}), "/text"),
        (json!({"stance": "objects"}), "/text"),
        (json!({"stance": "settles"}), "/stance"),
        (json!({"stance": "shrugs", "text": "x"}), ""),
        (json!({"text": "x".repeat(4_001)}), "/text"),
        (json!({"text": "x", "place": "/body/steps/99"}), "/place"),
        (json!({"text": "x", "place": "nowhere"}), ""),
        (json!({"text": "x", "why": "y"}), ""),
    ] {
        let refused = node.ask("POST", &path, Some(body.clone())).await;
        assert_eq!(refused.status, 422, "{body}: {}", refused.text());
        assert_eq!(refused.json()["errors"][0]["pointer"], pointer, "{body}");
    }
    let unknown = json!({"text": "x", "heads": "0".repeat(64)});
    assert_eq!(node.ask("POST", &path, Some(unknown)).await.status, 404);
    let nobody = format!("{path}/{}", "1".repeat(44));
    for (method, path, body) in [
        ("GET", nobody.clone(), None),
        ("DELETE", nobody.clone(), None),
        ("POST", format!("{nobody}/replies"), Some(json!({"text": "x"}))),
        ("GET", format!("/documents/{}/comments", "1".repeat(44)), None),
    ] {
        assert_eq!(node.ask(method, &path, body).await.status, 404, "{method} {path}");
    }
    assert_eq!(node.get(&path).await["items"], Value::Array(Vec::new()));
    node.stop().await;
}
