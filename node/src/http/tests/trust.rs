//! Decisions, audiences and proofs, as one organisation alone can make and read them.

use serde_json::{Value, json};

use super::Node;
use super::browser::Browser;

const NOBODY: &str = "did:key:z6MktwupdmLXVVqTzCw4i46r4uGyosGXRnR3XjN4Zq7oMMsw";

async fn own(node: &Node) -> String {
    node.get("/status").await["organization"]["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_workspace_is_founded_under_named_rules_and_changes_them_by_themselves() {
    let node = Node::start().await;
    let body = json!({"name": "Kent", "rules": "together"});
    let made = node.ask("POST", "/workspaces", Some(body)).await.json();
    assert_eq!(
        (&made["rules"]["template"], &made["state"]),
        (&json!("together"), &json!("member"))
    );
    assert_eq!(made["rules"]["admit"], json!({"count": {"at_least": 2}, "sectors": []}));
    let workspace = format!("/workspaces/{}", made["id"].as_str().unwrap());

    let change = json!({"change": {"kind": "rules", "template": "any_steward"}});
    let means = node.ask("POST", &format!("{workspace}/consequences"), Some(change.clone())).await;
    assert!(!means.json()["consequences"].as_array().unwrap().is_empty(), "{}", means.text());
    assert_eq!(
        node.get(&workspace).await["rules"]["template"],
        "together",
        "asking changes nothing"
    );
    let done = node.ask("POST", &format!("{workspace}/proposals"), Some(change)).await;
    assert_eq!((done.status.as_u16(), done.json()["state"].clone()), (201, json!("enacted")));
    assert_eq!(node.get(&workspace).await["rules"]["template"], "any_steward");

    let place = done.header("location").trim_start_matches("/api/v1").to_owned();
    assert_eq!(node.get(&place).await["consequences"], json!([]), "it is done already");
    let listed = node.get(&format!("{workspace}/proposals")).await;
    assert_eq!(listed["items"][0]["id"], done.json()["id"]);
    let again = node.ask("POST", &format!("{place}/approvals"), None).await;
    assert_eq!(
        again.json()["state"],
        "enacted",
        "agreeing again is no mistake and changes nothing"
    );
    let history = node.get(&format!("{workspace}/history")).await;
    let said: Vec<&str> = history["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["said"].as_str().unwrap())
        .collect();
    assert_eq!(said.len(), 3, "{said:?}");
    assert!(said[2].contains("Kent"), "the founding comes last: {said:?}");
    node.stop().await;
}

#[tokio::test]
async fn no_workspace_is_left_without_a_steward() {
    let node = Node::start().await;
    let workspace = node.workspace().await;
    let own = own(&node).await;
    let path = format!("/workspaces/{workspace}/members/{own}");
    for (method, body) in [("PATCH", Some(json!({"role": "reader"}))), ("DELETE", None)] {
        let refused = node.ask(method, &path, body).await;
        assert!(refused.status.is_client_error(), "{method}: {}", refused.text());
        assert!(
            refused.json()["detail"].as_str().unwrap().contains("steward"),
            "{}",
            refused.text()
        );
    }
    let members = node.get(&format!("/workspaces/{workspace}/members")).await;
    assert_eq!(
        (&members["items"][0]["role"], &members["items"][0]["state"]),
        (&json!("steward"), &json!("member"))
    );
    let nobody = format!("/workspaces/{workspace}/members/{NOBODY}");
    for (method, path, body) in [
        ("PATCH", nobody.clone(), Some(json!({"role": "reader"}))),
        ("DELETE", nobody.clone(), None),
        ("POST", format!("{nobody}/suspend"), Some(json!({"reason": "stolen"}))),
    ] {
        let refused = node.ask(method, &path, body).await;
        assert_eq!(refused.status, 404, "{method} {path}: {}", refused.text());
    }
    node.stop().await;
}

#[tokio::test]
async fn the_audience_of_a_document_changes_and_its_log_says_so() {
    let node = Node::start().await;
    let workspace = node.workspace().await;
    let id = node.example(&workspace).await;
    let path = format!("/documents/{id}/audience");
    let before = node.get(&path).await;
    assert_eq!((&before["read"], &before["may_change"]), (&json!("workspace"), &json!(true)));
    let own = own(&node).await;
    let wanted = json!({"read": [NOBODY], "write": "workspace"});
    let set = node.ask("PUT", &path, Some(wanted)).await;
    assert_eq!(set.status, 200, "{}", set.text());
    let named = set.json()["audience"]["read"].clone();
    assert!(named.as_array().unwrap().contains(&json!(own)), "the owner is always in: {named}");
    let after = node.get(&path).await;
    assert_eq!(after["read"], named);
    assert_eq!(after["log"][0]["audience"]["read"], named, "{after}");
    assert_eq!(after["log"][0]["person"], "Sam Ali");

    let now = node.get(&format!("/documents/{id}/readers")).await;
    assert_eq!(now["readers"][0]["organization"]["name"], "Open Door");
    let long_ago = node.get(&format!("/documents/{id}/readers?at=2001-01-01")).await;
    assert_eq!(long_ago["readers"], json!([]));
    let wrong = node.ask("GET", &format!("/documents/{id}/readers?at=soon"), None).await;
    assert_eq!(wrong.status, 400);
    assert_eq!(node.get(&format!("/documents/{id}/refusals")).await["items"], json!([]));
    assert_eq!(node.get(&format!("/workspaces/{workspace}/refusals")).await["items"], json!([]));
    for wrong in
        [json!({"read": "everyone", "write": "workspace"}), json!({}), json!({"read": ["x"]})]
    {
        assert_eq!(node.ask("PUT", &path, Some(wrong)).await.status, 422);
    }
    node.stop().await;
}

#[tokio::test]
async fn what_is_not_there_has_the_same_bytes_on_every_path_about_it() {
    let node = Node::start().await;
    let id = "1".repeat(32);
    let expected = node.ask("GET", "/documents/none", None).await;
    let audience: Value = json!({"read": "workspace", "write": "workspace"});
    for (method, path, body) in [
        ("GET", "audience", None),
        ("PUT", "audience", Some(audience)),
        ("GET", "readers", None),
        ("GET", "refusals", None),
        ("GET", "history", None),
    ] {
        let answer = node.ask(method, &format!("/documents/{id}/{path}"), body).await;
        assert_eq!(
            (answer.status, answer.body),
            (expected.status, expected.body.clone()),
            "{path}"
        );
    }
    node.stop().await;
}

#[tokio::test]
async fn people_see_what_a_decision_means_before_they_make_it() {
    let node = Node::start().await;
    let mut browser = Browser::started(&node).await;
    browser.page("/workspaces/new").await;
    let fields = [("name", "Northmere"), ("rules", "any_steward")];
    let workspace = browser.done("/workspaces/new", &fields).await;
    let rules = browser.page(&format!("{workspace}/rules")).await;
    assert!(rules.contains("Any steward lets in and removes"), "{rules}");

    let new = format!("{workspace}/proposals/new");
    let unsaid = browser.get(&format!("{new}?kind=rules")).await;
    assert_eq!(unsaid.status, 422);
    assert!(unsaid.text().contains("Choose who shall decide"), "{}", unsaid.text());
    let asked = browser.page(&format!("{new}?kind=rename&name=Kent")).await;
    assert!(asked.contains("What this means") && asked.contains("Kent"), "{asked}");
    let decision = browser.done(&new, &[("kind", "rename"), ("name", "Kent")]).await;
    let shown = browser.page(&decision).await;
    assert!(shown.contains("Rename the workspace to “Kent”") && shown.contains("Done"), "{shown}");
    assert!(browser.page(&format!("{workspace}/proposals")).await.contains("Decided"));
    assert!(browser.page(&format!("{workspace}/history")).await.contains("Open Door"));
    assert!(browser.page(&format!("{workspace}/refusals")).await.contains("None."));
    let member = format!("{workspace}/members/{}", own(&node).await);
    assert!(browser.page(&member).await.contains("Leave this workspace"));
    assert!(browser.page(&format!("{workspace}/leave")).await.contains("Leave Kent?"));
    assert_eq!(browser.get(&format!("{workspace}/members/{NOBODY}")).await.status, 404);
    node.stop().await;
}

#[tokio::test]
async fn people_see_who_gains_and_who_loses_before_an_audience_is_saved() {
    let node = Node::start().await;
    let workspace = node.workspace().await;
    let id = node.example(&workspace).await;
    let mut browser = Browser::started(&node).await;
    let access = format!("/documents/{id}/access");
    assert!(browser.page(&access).await.contains("Everyone in the workspace Northmere"));
    let day = browser.page(&format!("{access}?day=1&month=1&year=2001")).await;
    assert!(day.contains("Who could read this on 1 January 2001"), "{day}");
    let wrong = browser.get(&format!("{access}?day=31&month=2&year=2026")).await;
    assert_eq!(wrong.status, 422);

    let change = format!("{access}/change");
    browser.page(&change).await;
    let chosen = [("read", "named"), ("write", "workspace")];
    let preview = browser.post(&change, &chosen).await;
    assert_eq!(preview.status, 200, "{}", preview.text());
    assert!(preview.text().contains("Will be able to read it"), "{}", preview.text());
    assert!(browser.page(&access).await.contains("Everyone in the workspace"), "not saved yet");
    let saved = [&chosen[..], &[("step", "save")]].concat();
    assert_eq!(browser.done(&change, &saved).await, access);
    assert!(browser.page(&access).await.contains("Only the organisations named here"));
    assert_eq!(browser.post(&change, &[("read", "whoever")]).await.status, 422);
    assert!(browser.page(&format!("/documents/{id}/refusals")).await.contains("None."));
    node.stop().await;
}

#[tokio::test]
async fn who_has_a_password_is_asked_for_it_before_something_grave() {
    let node = Node::start().await;
    let mut browser = Browser::started(&node).await;
    browser.page("/setup/you").await;
    browser.done("/setup/you", &[("password", "correct horse battery")]).await;
    browser.page("/workspaces/new").await;
    let fields = [("name", "Northmere"), ("rules", "together")];
    let workspace = browser.done("/workspaces/new", &fields).await;
    let new = format!("{workspace}/proposals/new");
    browser.page(&format!("{new}?kind=rename&name=Kent")).await;
    let change = [("kind", "rename"), ("name", "Kent")];
    for password in ["", "wrong horse battery"] {
        let fields = [&change[..], &[("current", password)]].concat();
        let refused = browser.post(&new, &fields).await;
        assert_eq!(refused.status, 422);
        assert!(!refused.text().contains("wrong horse"), "it is not sent back");
    }
    assert!(browser.page(&workspace).await.contains("Northmere"));
    browser.page(&format!("{new}?kind=rename&name=Kent")).await;
    let fields = [&change[..], &[("current", "correct horse battery")]].concat();
    browser.done(&new, &fields).await;
    assert!(browser.page(&workspace).await.contains("Kent"));
    node.stop().await;
}
