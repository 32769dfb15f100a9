//! Copying a document into another workspace and taking in what changed in the original: by the API and by the pages.

use serde_json::{Value, json};

use super::Node;

async fn second(node: &Node) -> String {
    let made = node.ask("POST", "/workspaces", Some(json!({"name": "Saltway"}))).await;
    made.json()["id"].as_str().unwrap().to_owned()
}

async fn patch(node: &Node, id: &str, fields: Value) {
    let done = node.ask("PATCH", &format!("/documents/{id}"), Some(fields)).await;
    assert_eq!(done.status, 200, "{}", done.text());
}

async fn forked(node: &Node, id: &str, workspace: &str) -> String {
    let wanted = json!({"workspace": workspace});
    let made = node.ask("POST", &format!("/documents/{id}/fork"), Some(wanted)).await;
    assert_eq!(made.status, 201, "{}", made.text());
    made.json()["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_copy_takes_in_what_improved_and_asks_where_both_changed() {
    let node = Node::start().await;
    let (first, second) = (node.workspace().await, second(&node).await);
    let id = node.example(&first).await;
    let version = node.get(&format!("/documents/{id}")).await["heads"].clone();
    let copy = forked(&node, &id, &second).await;
    let whole = node.get(&format!("/documents/{copy}")).await;
    assert_eq!(whole["workspace"], json!(second));
    let origin = &whole["forked_from"];
    assert_eq!((&origin["document"], &origin["heads"]), (&json!(id), &version));
    assert_eq!(origin["owner"]["name"], "Open Door");
    assert_eq!(node.get(&format!("/documents/{id}")).await["forked_from"], Value::Null);
    let content = node.get(&format!("/documents/{copy}/export?format=json")).await;
    let from = &content["provenance"]["forked_from"];
    assert_eq!((&from["licence"], &from["network"]), (&json!("OGL-UK-3.0"), &json!("Northmere")));
    assert!(from["attribution"].as_str().unwrap().contains("Open Door"), "{from}");

    let upstream = format!("/documents/{copy}/upstream");
    assert_eq!(node.get(&upstream).await["up_to_date"], true);
    patch(&node, &id, json!({"title": "Cash first, second edition", "licence": "CC-BY-4.0"})).await;
    patch(&node, &copy, json!({"licence": "CC0-1.0", "description": "For Saltway."})).await;
    let new = node.get(&upstream).await;
    assert_eq!((&new["up_to_date"], &new["reachable"]), (&json!(false), &json!(true)));
    let standing = |path: &str| {
        let changes = new["changes"].as_array().unwrap();
        changes.iter().find(|one| one["path"] == path).map(|one| one["standing"].clone())
    };
    assert_eq!(standing("/title"), Some(json!("new")));
    assert_eq!(standing("/licence"), Some(json!("conflict")));

    let pull = format!("/documents/{copy}/pull");
    let refused = node.ask("POST", &pull, None).await;
    assert_eq!(refused.status, 409, "{}", refused.text());
    assert_eq!(refused.json()["conflicts"][0]["path"], "/licence");
    assert_eq!(node.get(&format!("/documents/{copy}")).await["title"], whole["title"]);
    for wrong in
        [json!([{"path": "/licence"}]), json!([{"path": "/licence", "take": "ours", "value": 1}])]
    {
        let refused = node.ask("POST", &pull, Some(json!({"choices": wrong}))).await;
        assert_eq!(refused.status, 422, "{}", refused.text());
    }
    let choices = json!({"choices": [{"path": "/licence", "take": "ours"}]});
    let done = node.ask("POST", &pull, Some(choices)).await;
    assert_eq!(done.status, 200, "{}", done.text());
    let now = node.get(&format!("/documents/{copy}")).await;
    assert_eq!(now["title"], "Cash first, second edition");
    assert_eq!((&now["licence"], &now["description"]), (&json!("CC0-1.0"), &json!("For Saltway.")));
    assert_eq!(now["conflicts"], json!([]));
    assert_eq!(node.get(&upstream).await["up_to_date"], true);
    assert_eq!(
        node.ask("POST", &pull, None).await.json()["heads"],
        now["heads"],
        "nothing is left"
    );

    node.stop().await;
}

#[tokio::test]
async fn what_a_copy_offers_goes_there_and_back_and_is_there_once() {
    let node = Node::start().await;
    let (first, second) = (node.workspace().await, second(&node).await);
    let id = node.example(&first).await;
    let copy = forked(&node, &id, &second).await;
    patch(&node, &copy, json!({"licence": "CC0-1.0", "description": "For Saltway."})).await;
    let copies = node.get(&format!("/documents/{id}/copies")).await;
    assert_eq!(copies["items"][0]["id"], json!(copy));
    let differs = copies["items"][0]["differs"].as_array().unwrap();
    assert!(differs.iter().any(|one| one["path"] == "/licence"), "{differs:?}");
    let offered = node.ask("POST", &format!("/documents/{copy}/offer"), None).await;
    assert_eq!(offered.status, 201, "{}", offered.text());
    let suggestions = node.get(&format!("/documents/{id}/suggestions")).await;
    assert_eq!(suggestions["items"][0]["id"], offered.json()["suggestion"]);
    let answer = format!(
        "/documents/{id}/suggestions/{}/answers",
        offered.json()["suggestion"].as_str().unwrap()
    );
    let taken = node.ask("POST", &answer, Some(json!({"verdict": "taken"}))).await;
    assert_eq!(taken.status, 200, "{}", taken.text());
    let original = node.get(&format!("/documents/{id}")).await;
    assert_eq!(original["status"], "agreed", "whether it is agreed is its own to say");
    assert_eq!(original["description"], "For Saltway.");
    let done = node.ask("POST", &format!("/documents/{copy}/pull"), None).await;
    assert_eq!(done.status, 200, "{}", done.text());
    let last = node.get(&format!("/documents/{copy}")).await;
    assert_eq!(last["description"], "For Saltway.", "what went there and back is there once");
    node.stop().await;
}

#[tokio::test]
async fn a_copy_is_made_of_a_file_and_kept_true_by_later_files() {
    let (theirs, ours) = (Node::start().await, Node::start().await);
    let (first, second) = (theirs.workspace().await, second(&ours).await);
    let id = theirs.example(&first).await;
    patch(&theirs, &id, json!({"title": "Cash first"})).await;
    let export = format!("/documents/{id}/export?format=bundle");
    let file = theirs.get(&export).await;
    let forks = format!("/workspaces/{second}/forks");
    let made = ours.ask("POST", &forks, Some(file.clone())).await;
    assert_eq!(made.status, 201, "{}", made.text());
    let copy = made.json()["id"].as_str().unwrap().to_owned();
    assert_eq!(ours.get(&format!("/documents/{copy}")).await["title"], "Cash first");
    let history = ours.get(&format!("/documents/{copy}/history")).await;
    let copied = history["items"].as_array().unwrap().iter().filter(|one| one["copied"] == true);
    assert_eq!(copied.count(), 2, "{history}");

    let upstream = format!("/documents/{copy}/upstream");
    let unseen = ours.get(&upstream).await;
    assert_eq!(
        (&unseen["reachable"], &unseen["forked_from"]["document"]),
        (&json!(false), &json!(id))
    );
    let pull = format!("/documents/{copy}/pull");
    assert_eq!(ours.ask("POST", &pull, None).await.status, 422);
    patch(&theirs, &id, json!({"title": "Cash first, again"})).await;
    let later = theirs.get(&export).await;
    let mut broken = later.clone();
    let envelopes = broken["documents"][0]["envelopes"].as_array_mut().unwrap();
    envelopes.swap(0, 1);
    for wrong in [broken, json!({"format": "fingerpost-bundle-1", "entries": []}), json!([])] {
        let refused = ours.ask("PUT", &upstream, Some(wrong.clone())).await;
        assert_eq!(refused.status, 422, "{}", refused.text());
        assert_eq!(ours.ask("POST", &forks, Some(wrong)).await.status, 422);
    }
    let note = json!({"kind": "note", "title": "Another", "body": {}});
    let path = format!("/workspaces/{first}/documents");
    let other =
        theirs.ask("POST", &path, Some(note)).await.json()["id"].as_str().unwrap().to_owned();
    let unrelated = theirs.get(&format!("/documents/{other}/export?format=bundle")).await;
    let refused = ours.ask("PUT", &upstream, Some(unrelated)).await;
    assert_eq!(refused.status, 422, "{}", refused.text());
    assert_eq!(ours.get(&upstream).await["reachable"], false, "nothing was kept");

    let given = ours.ask("PUT", &upstream, Some(later)).await;
    assert_eq!(given.status, 200, "{}", given.text());
    assert_eq!(given.json()["changes"][0]["standing"], "new");
    let ours = ours.restart().await;
    assert_eq!(ours.get(&upstream).await["reachable"], true);
    assert_eq!(ours.ask("POST", &pull, None).await.status, 200);
    assert_eq!(ours.get(&format!("/documents/{copy}")).await["title"], "Cash first, again");
    let refused = ours.ask("POST", &format!("/documents/{copy}/offer"), None).await;
    assert_eq!(refused.status, 422, "{}", refused.text());
    theirs.stop().await;
    ours.stop().await;
}

#[tokio::test]
async fn what_is_not_here_is_not_copied_and_says_no_more() {
    let node = Node::start().await;
    let workspace = node.workspace().await;
    let id = node.example(&workspace).await;
    let nowhere = json!({"workspace": "x"});
    let refused = node.ask("POST", &format!("/documents/{id}/fork"), Some(nowhere.clone())).await;
    assert_eq!(refused.status, 422, "{}", refused.text());
    let unknown = "7Q8Rj5tkErvuMFYPKc96amHuJDCEF1kMuexNwE2fwUXt";
    for (method, path, body) in [
        ("POST", format!("/documents/{unknown}/fork"), Some(nowhere)),
        ("GET", format!("/documents/{unknown}/upstream"), None),
        ("POST", format!("/documents/{unknown}/pull"), None),
        ("POST", format!("/documents/{unknown}/offer"), None),
        ("GET", format!("/documents/{unknown}/copies"), None),
    ] {
        let refused = node.ask(method, &path, body).await;
        assert_eq!(refused.status, 404, "{path}: {}", refused.text());
    }
    let refused = node.ask("GET", &format!("/documents/{id}/upstream"), None).await;
    assert_eq!(refused.status, 422, "{}", refused.text());
    node.stop().await;
}
