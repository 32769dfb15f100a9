//! What programs do with the API.

use axum::body::Body;
use serde_json::{Value, json};

use super::{Node, example};

#[tokio::test]
async fn a_node_says_who_it_is() {
    let node = Node::start().await;
    let workspace = node.workspace().await;
    let status = node.get("/status").await;
    assert_eq!(status["organization"]["name"], "Open Door");
    assert_eq!(status["organization"]["sector"], "vcs");
    assert!(status["organization"]["id"].as_str().unwrap().starts_with("did:key:z6Mk"));
    assert!(status["node"]["peer_id"].as_str().unwrap().starts_with("12D3KooW"));
    assert_eq!(
        status["workspaces"],
        json!([{"id": workspace, "name": "Northmere", "role": "steward"}])
    );
    assert_eq!(status["unsent"], 0);
    let members = node.get(&format!("/workspaces/{workspace}/members")).await;
    assert_eq!(members["items"][0]["state"], "member");
    assert_eq!(members["items"][0]["organization"]["id"], status["organization"]["id"]);
    node.stop().await;
}

#[tokio::test]
async fn an_invite_is_made_listed_and_ended() {
    let node = Node::start().await;
    let workspace = node.workspace().await;
    let path = format!("/workspaces/{workspace}/invites");
    let terms = json!({"role": "editor", "expires_in": "2d", "uses": 3, "approval": true});
    let made = node.ask("POST", &path, Some(terms)).await;
    assert_eq!(made.status, 201);
    let made = made.json();
    assert!(made["invite"].as_str().unwrap().starts_with("fingerpost-invite-1-"));
    let listed = node.get(&path).await["items"][0].clone();
    assert_eq!(
        (&listed["id"], &listed["uses"], &listed["revoked"]),
        (&made["id"], &json!(3), &json!(false))
    );
    let ended = node.ask("DELETE", &format!("{path}/{}", made["id"].as_str().unwrap()), None).await;
    assert_eq!((ended.status.as_u16(), ended.body.len()), (204, 0));
    assert_eq!(node.get(&path).await["items"][0]["revoked"], true);

    for (terms, pointer) in [
        (json!({"role": "king"}), "/role"),
        (json!({"role": "reader", "expires_in": "soon"}), "/expires_in"),
        (json!({"role": "reader", "uses": 0}), "/uses"),
        (json!({"role": "reader", "uses": -1}), "/uses"),
    ] {
        let refused = node.ask("POST", &path, Some(terms)).await;
        assert_eq!(
            (refused.status.as_u16(), refused.json()["pointer"].as_str()),
            (422, Some(pointer))
        );
    }
    let foreign = node.ask("POST", "/join", Some(json!({"invite": "hello"}))).await;
    assert_eq!(foreign.status, 422);
    assert!(
        foreign.json()["detail"].as_str().unwrap().contains("not an invite"),
        "{}",
        foreign.text()
    );
    node.stop().await;
}

#[tokio::test]
async fn an_example_comes_back_equal_and_unknown_fields_with_it() {
    let node = Node::start().await;
    let workspace = node.workspace().await;
    let mut file = example();
    file["body"]["local_habit"] = json!({"kept": [1, null, "x"]});
    let made = node
        .ask("POST", &format!("/workspaces/{workspace}/import"), Some(json!([file, {"x": 1}])))
        .await
        .json();
    assert_eq!(made["made"][0]["title"], file["title"]);
    assert_eq!(made["skipped"][0]["row"], 2);
    assert_eq!(made["skipped"][0]["pointer"], "/document_type");
    let id = made["made"][0]["id"].as_str().unwrap();
    assert_eq!(node.get(&format!("/documents/{id}/export")).await, file);

    let shown = node.get(&format!("/documents/{id}")).await;
    assert_eq!(shown["id"], id);
    assert_eq!(shown["workspace"], workspace);
    assert_eq!(shown["kind"], "referral_pathway");
    assert_eq!(shown["body"], file["body"]);
    assert_eq!(shown["tags"], file["tags"]);
    assert_eq!(shown["owner"]["name"], "Open Door");
    assert_eq!(
        shown["audience"],
        json!({"read": "workspace", "suggest": "workspace", "write": "workspace"})
    );
    assert_eq!(shown["conflicts"], json!([]));
    assert_eq!(shown["may_write"], true);
    node.stop().await;
}

#[tokio::test]
async fn a_file_of_a_form_is_taken_too() {
    let node = Node::start().await;
    let workspace = node.workspace().await;
    let body = format!(
        "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"../../a.json\"\r\n\r\n{}\r\n--x--\r\n",
        example()
    );
    let mut request = node.request("POST", &format!("/workspaces/{workspace}/import"));
    request
        .headers_mut()
        .unwrap()
        .insert("content-type", "multipart/form-data; boundary=x".parse().unwrap());
    let made = node.send(request.body(Body::from(body)).unwrap()).await;
    assert_eq!(made.json()["made"].as_array().unwrap().len(), 1, "{}", made.text());
    node.stop().await;
}

async fn patch(node: &Node, path: &str, media_type: &str, body: Value) -> super::Answer {
    let mut request = node.request("PATCH", path);
    request.headers_mut().unwrap().insert("content-type", media_type.parse().unwrap());
    node.send(request.body(Body::from(body.to_string())).unwrap()).await
}

const MERGE: &str = "application/merge-patch+json";
const OPERATIONS: &str = "application/json-patch+json";

#[tokio::test]
async fn two_edits_of_one_version_are_both_there_afterwards() {
    let node = Node::start().await;
    let workspace = node.workspace().await;
    let id = node.example(&workspace).await;
    let path = format!("/documents/{id}");
    let seen = node.get(&path).await;
    let base = seen["heads"].as_str().unwrap().to_owned();
    let text = seen["body"]["steps"][0]["detail"].as_str().unwrap().to_owned();

    let start = json!({"description": format!("First. {}", seen["description"].as_str().unwrap())});
    let end = json!({"description": format!("{} Last.", seen["description"].as_str().unwrap())});
    let step = json!([{"op": "replace", "path": "/body/steps/0/detail", "value": format!("{text} Be kind.")}]);
    let at = format!("{path}?base={base}");
    assert_eq!(patch(&node, &at, MERGE, start).await.status, 200);
    assert_eq!(patch(&node, &at, MERGE, end).await.status, 200);
    let last = patch(&node, &at, OPERATIONS, step).await;
    assert_eq!(last.status, 200, "{}", last.text());

    let now = node.get(&path).await;
    let description = now["description"].as_str().unwrap();
    assert!(description.starts_with("First. ") && description.ends_with(" Last."), "{description}");
    assert_eq!(now["body"]["steps"][0]["detail"], format!("{text} Be kind."));
    assert_eq!(now["heads"], last.json()["heads"]);
    assert_eq!(last.header("etag"), format!("{}", last.json()["heads"]));

    let history = node.get(&format!("{path}/history")).await;
    let items = history["items"].as_array().unwrap();
    assert_eq!(items.len(), 4, "{history}");
    assert!(items.iter().all(|item| item["person"]["name"] == "Sam Ali"), "{history}");
    assert!(items.iter().all(|item| item["organization"]["name"] == "Open Door"), "{history}");
    let diff = node.get(&format!("{path}/diff?from={base}")).await;
    let changed: Vec<&str> =
        diff["changes"].as_array().unwrap().iter().map(|c| c["path"].as_str().unwrap()).collect();
    assert_eq!(changed, ["/body/steps/0/detail", "/description"], "{diff}");
    assert_eq!(node.get(&format!("{path}?heads={base}")).await["description"], seen["description"]);
    node.stop().await;
}

#[tokio::test]
async fn if_match_refuses_what_merging_would_not() {
    let node = Node::start().await;
    let workspace = node.workspace().await;
    let id = node.example(&workspace).await;
    let path = format!("/documents/{id}");
    let read = node.ask("GET", &path, None).await;
    let tag = read.header("etag").to_owned();
    let same =
        node.request("GET", &path).header("if-none-match", &tag).body(Body::empty()).unwrap();
    assert_eq!(node.send(same).await.status, 304);

    let change = |title: &str| {
        let request = node.request("PATCH", &path).header("if-match", &tag);
        request.body(Body::from(json!({"title": title}).to_string())).unwrap()
    };
    assert_eq!(node.send(change("One")).await.status, 200);
    let late = node.send(change("Two")).await;
    assert_eq!(late.status, 412);
    assert_eq!(late.json()["type"], "/problems/changed-meanwhile");
    assert_eq!(node.get(&path).await["title"], "One");
    node.stop().await;
}

#[tokio::test]
async fn a_patch_that_does_not_fit_changes_nothing() {
    let node = Node::start().await;
    let workspace = node.workspace().await;
    let id = node.example(&workspace).await;
    let path = format!("/documents/{id}");
    let before = node.get(&path).await;
    for (body, pointer) in [
        (json!({"id": "x"}), "/id"),
        (json!({"signatures": []}), "/signatures"),
        (json!({"body": {"steps": "none"}}), "/body/steps"),
        (json!({"body": {"eligibility": {"minimum_age": "old"}}}), "/body/eligibility/minimum_age"),
    ] {
        let refused = patch(&node, &path, MERGE, body).await;
        assert_eq!(
            (refused.status.as_u16(), refused.json()["pointer"].as_str()),
            (422, Some(pointer)),
            "{}",
            refused.text()
        );
    }
    let nowhere = json!([{"op": "replace", "path": "/body/steps/99/detail", "value": "x"}]);
    assert_eq!(patch(&node, &path, OPERATIONS, nowhere).await.status, 422);
    let unknown = "ab".repeat(32);
    assert_eq!(
        patch(&node, &format!("{path}?base={unknown}"), MERGE, json!({"title": "x"})).await.status,
        404
    );
    assert_eq!(patch(&node, &path, "text/plain", json!({"title": "x"})).await.status, 415);
    assert_eq!(node.get(&path).await, before);
    node.stop().await;
}

#[tokio::test]
async fn what_is_not_there_looks_like_what_is_no_id() {
    let node = Node::start().await;
    node.workspace().await;
    let unknown = "1".repeat(32);
    let mut bodies = Vec::new();
    for path in [
        format!("/documents/{unknown}"),
        "/documents/nonsense".to_owned(),
        format!("/documents/{unknown}/history"),
        format!("/documents/{unknown}/export?format=automerge"),
        format!("/workspaces/{unknown}"),
        format!("/workspaces/{unknown}/documents"),
        format!("/workspaces/{unknown}/members"),
        "/workspaces/%2e%2e/members".to_owned(),
        "/schemas/nonsense".to_owned(),
        "/nothing/at/all".to_owned(),
    ] {
        let answer = node.ask("GET", &path, None).await;
        assert_eq!(answer.status, 404, "{path}");
        bodies.push(answer.body);
    }
    bodies.push(
        node.ask("PATCH", &format!("/documents/{unknown}"), Some(json!({"id": 1}))).await.body,
    );
    bodies.dedup();
    assert_eq!(bodies.len(), 1);
    node.stop().await;
}

#[tokio::test]
async fn documents_are_found_by_kind_words_tags_and_time() {
    let node = Node::start().await;
    let workspace = node.workspace().await;
    let id = node.example(&workspace).await;
    let path = format!("/workspaces/{workspace}/documents");
    let plain = json!({"kind": "referral_pathway", "title": "Foot care", "body": {"steps": [{"detail": "Look."}]}});
    let made = node.ask("POST", &path, Some(plain)).await;
    assert_eq!(made.status, 201, "{}", made.text());
    let other = made.json()["id"].as_str().unwrap().to_owned();
    assert_eq!(made.header("location"), format!("/api/v1/documents/{other}"));

    let found = async |query: &str| -> Vec<String> {
        let list = node.get(&format!("{path}?{query}")).await;
        list["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| item["id"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(found("").await, [other.clone(), id.clone()], "newest first");
    assert_eq!(found("kind=referral_pathway&q=FOOT").await, std::slice::from_ref(&other));
    assert_eq!(found("tag=Food+insecurity").await, std::slice::from_ref(&id));
    assert_eq!(found("tag=northmereNeed:foodInsecurity&q=cash").await, std::slice::from_ref(&id));
    assert_eq!(found("kind=note").await, [""; 0]);
    assert_eq!(found("updated_since=2999-01-01T00:00:00Z").await, [""; 0]);
    assert_eq!(found("limit=1").await, std::slice::from_ref(&other));
    let next = node.get(&format!("{path}?limit=1")).await["next"].as_str().unwrap().to_owned();
    assert_eq!(found(&format!("limit=1&cursor={next}")).await, [id]);

    let nameless = node.ask("POST", &path, Some(json!({"kind": "referral_pathway"}))).await;
    assert_eq!(
        (nameless.status.as_u16(), nameless.json()["pointer"].clone()),
        (422, json!("/title"))
    );
    let strange = node.ask("POST", &path, Some(json!({"kind": "poem", "title": "x"}))).await;
    assert_eq!(
        (strange.status.as_u16(), strange.json()["pointer"].clone()),
        (422, json!("/document_type"))
    );
    let filled = node.get(&format!("/documents/{other}/export?format=json")).await;
    assert_eq!(filled["id"], other);
    assert_eq!(filled["owner_organization"]["name"], "Open Door");
    assert!(filled["created"].as_str().unwrap().starts_with("20"), "{filled}");
    node.stop().await;
}

#[tokio::test]
async fn exports_are_files_of_their_formats() {
    let node = Node::start().await;
    let workspace = node.workspace().await;
    let id = node.example(&workspace).await;
    let path = format!("/documents/{id}/export?format=");
    let saved = node.ask("GET", &format!("{path}automerge"), None).await;
    // The first bytes of every Automerge file.
    assert!(saved.body.starts_with(&[0x85, 0x6f, 0x4a, 0x83]));
    assert_eq!(
        saved.header("content-disposition"),
        format!("attachment; filename=\"{id}.automerge\"")
    );
    let text = node.ask("GET", &format!("{path}markdown"), None).await.text();
    assert!(text.starts_with("# Cash first: when somebody cannot afford food\n"), "{text}");
    assert_eq!(node.ask("GET", &format!("{path}poem"), None).await.status, 400);

    patch(&node, &format!("/documents/{id}"), MERGE, json!({"title": "Changed"})).await;
    let exported = node.get(&format!("{path}json")).await;
    assert_eq!(exported["created"], example()["created"]);
    assert_ne!(exported["last_modified"], example()["last_modified"]);
    node.stop().await;
}

#[tokio::test]
async fn a_change_is_put_down_to_the_person_named() {
    let node = Node::start().await;
    let workspace = node.workspace().await;
    let id = node.example(&workspace).await;
    let path = format!("/documents/{id}");
    let named = |name: &str| {
        let request = node.request("PATCH", &path).header("fingerpost-person", name);
        request.body(Body::from(json!({"title": "x"}).to_string())).unwrap()
    };
    assert_eq!(node.send(named("Nobody")).await.status, 400);
    assert_eq!(node.send(named("Sam Ali")).await.status, 200);
    node.stop().await;
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused() {
    let node = Node::start().await;
    let workspace = node.workspace().await;
    let big = json!({"title": "x".repeat(crate::http::BODY_BYTES)});
    for path in ["documents", "import"] {
        let answer =
            node.ask("POST", &format!("/workspaces/{workspace}/{path}"), Some(big.clone())).await;
        assert_eq!(answer.status, 413, "{path}");
        assert_eq!(answer.json()["type"], "/problems/too-large");
    }
    node.stop().await;
}

#[tokio::test]
async fn what_changes_is_told_as_it_changes() {
    use http_body_util::BodyExt as _;
    use tower::ServiceExt as _;

    let node = Node::start().await;
    let host = node.app.hosts().remove(0);
    let request = node.request("GET", "/events").header("host", host).body(Body::empty()).unwrap();
    let mut stream =
        crate::http::router(node.app.clone()).oneshot(request).await.unwrap().into_body();
    let workspace = node.workspace().await;
    let mut heard = String::new();
    while !heard.contains("event: membership") || !heard.contains(&workspace) {
        let frame = tokio::time::timeout(std::time::Duration::from_secs(10), stream.frame())
            .await
            .expect(&heard);
        heard.push_str(&String::from_utf8_lossy(&frame.unwrap().unwrap().into_data().unwrap()));
    }
    node.stop().await;
    let rest = tokio::time::timeout(std::time::Duration::from_secs(10), stream.collect()).await;
    assert!(rest.is_ok(), "the stream ends with the node");
}
