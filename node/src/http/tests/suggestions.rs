//! Suggestions, as far as one organisation alone can make and answer them: who may write may suggest too.

use serde_json::{Value, json};

use super::Node;

#[tokio::test]
async fn a_suggestion_is_made_on_a_version_shown_and_taken_in() {
    let node = Node::start().await;
    let workspace = node.workspace().await;
    let id = node.example(&workspace).await;
    let path = format!("/documents/{id}");
    let before = node.get(&path).await;
    let base = before["heads"].as_str().unwrap().to_owned();
    assert_eq!(before["may_suggest"], true);
    let title = before["title"].as_str().unwrap().to_owned();
    node.ask("PATCH", &path, Some(json!({"title": format!("{title} today")}))).await;

    let body = json!({"patch": {"title": format!("Now: {title}")}, "note": "Shorter"});
    let place = format!("{path}/suggestions?base={base}");
    let made = node.ask("POST", &place, Some(body)).await;
    assert_eq!(made.status, 201, "{}", made.text());
    let place = made.header("location").trim_start_matches("/api/v1").to_owned();
    let listed = node.get(&format!("{path}/suggestions")).await;
    assert_eq!(listed["items"][0]["id"], made.json()["id"]);
    let shown = node.get(&place).await;
    assert_eq!((&shown["state"], &shown["note"]), (&json!("open"), &json!("Shorter")));
    assert_eq!(shown["content"]["title"], format!("Now: {title} today"), "{shown}");
    assert_eq!(shown["changes"][0]["path"], "/title");
    assert_eq!(node.get(&path).await["title"], format!("{title} today"), "nothing is changed yet");

    let said = json!({"verdict": "taken", "note": "Yes"});
    let taken = node.ask("POST", &format!("{place}/answers"), Some(said)).await;
    assert_eq!((taken.status.as_u16(), &taken.json()["state"]), (200, &json!("taken")));
    assert_eq!(node.get(&path).await["title"], format!("Now: {title} today"));
    let history = node.get(&format!("{path}/history")).await;
    assert_eq!(history["items"][0]["took"]["suggestion"], made.json()["id"], "{history}");
    assert_eq!(history["items"][1]["took"], Value::Null);
    node.stop().await;
}

#[tokio::test]
async fn what_is_no_suggestion_or_no_answer_is_refused_with_the_place() {
    let node = Node::start().await;
    let workspace = node.workspace().await;
    let id = node.example(&workspace).await;
    let path = format!("/documents/{id}/suggestions");
    for (body, status) in [
        (json!({}), 422),
        (json!({"patch": "x"}), 422),
        (json!({"patch": {"title": "x"}, "why": "y"}), 422),
        (json!({"patch": {"owner": "x"}}), 422),
        (json!({"patch": [{"op": "copy", "from": "/title", "path": "/description"}]}), 422),
        (json!({"patch": {"title": "x"}, "note": "n".repeat(1_001)}), 422),
        (json!({"patch": {"description": "d".repeat(66_000)}}), 413),
    ] {
        let refused = node.ask("POST", &path, Some(body.clone())).await;
        assert_eq!(refused.status, status, "{}: {}", body.to_string().len(), refused.text());
    }
    let unknown = format!("{path}?base={}", "0".repeat(64));
    let refused = node.ask("POST", &unknown, Some(json!({"patch": {"title": "x"}}))).await;
    assert_eq!(refused.status, 404);
    let nothing = format!("{path}/{}", "1".repeat(44));
    assert_eq!(node.ask("GET", &nothing, None).await.status, 404);
    let made = node.ask("POST", &path, Some(json!({"patch": {"title": "x"}}))).await.json();
    let answers = format!("{path}/{}/answers", made["id"].as_str().unwrap());
    let refused = node.ask("POST", &answers, Some(json!({"verdict": "perhaps"}))).await;
    assert_eq!(refused.status, 422, "{}", refused.text());
    node.stop().await;
}
