//! Why another organisation cannot be reached.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::{interval, timeout};

use super::Node;
use super::browser::Browser;

/// Asks for the status again until the only peer's only computer is so.
async fn until(node: &Node, wanted: &str) -> Value {
    let mut seen = Value::Null;
    let mut next = interval(Duration::from_millis(25));
    let waiting = async {
        loop {
            let status = node.get("/status").await;
            let computer = status.pointer("/peers/0/computers/0").cloned().unwrap_or_default();
            if computer["state"] == wanted {
                return computer;
            }
            seen = status;
            next.tick().await;
        }
    };
    match timeout(Duration::from_secs(30), waiting).await {
        Ok(computer) => computer,
        Err(_) => panic!("no peer became {wanted}: {seen}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_cannot_be_reached_has_a_page_that_says_why() {
    let (council, clinic) = (Node::start_online().await, Node::start_online().await);
    let workspace = council.workspace().await;
    let terms = json!({"role": "editor", "expires_in": "1h", "uses": 1});
    let invite =
        council.ask("POST", &format!("/workspaces/{workspace}/invites"), Some(terms)).await;
    let invite = json!({"invite": invite.json()["invite"]});
    assert_eq!(clinic.ask("POST", "/join", Some(invite)).await.status, 200);
    let connected = until(&council, "connected").await;
    assert_eq!(connected["advice"], "");

    let status = council.get("/status").await;
    let id = status["peers"][0]["organization"]["id"].as_str().unwrap().to_owned();
    let page = format!("/network/{id}");
    let mut browser = Browser::started(&council).await;
    let shown = browser.page(&page).await;
    assert!(shown.contains("This computer is connected") && !shown.contains("Try now"), "{shown}");

    clinic.stop().await;
    let refused = until(&council, "refused").await;
    assert_eq!(refused["addresses"][0]["result"], "refused", "{refused}");
    assert!(refused["next_try"].is_string() && refused["last_try"].is_string(), "{refused}");
    let shown = browser.page(&page).await;
    assert!(shown.contains("Fingerpost does not answer there"), "{shown}");
    assert!(shown.contains("Ask them to start Fingerpost there"), "{shown}");
    assert_eq!(browser.done(&format!("{page}/call"), &[]).await, page);
    assert!(browser.page(&page).await.contains("is calling them"));
    until(&council, "refused").await;
    assert!(browser.page("/network").await.contains("Fingerpost does not answer there"));

    assert_eq!(council.ask("POST", &format!("/organizations/{id}/call"), None).await.status, 202);
    let nobody = "did:key:z6MktwupdmLXVVqTzCw4i46r4uGyosGXRnR3XjN4Zq7oMMsw";
    let path = format!("/organizations/{nobody}/call");
    assert_eq!(council.ask("POST", &path, None).await.status, 404);
    assert_eq!(browser.get(&format!("/network/{nobody}")).await.status, 404);
    council.stop().await;
}
