//! Looking at followed shelves by itself: what is found is announced, and nothing else happens.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use crdt_schema::identity::{DocumentId, Timestamp};
use serde_json::{Value, json};

use super::Node;
use super::browser::{Browser, between};
use super::shelves::{publish, published};
use crate::clock;
use crate::http::api::looks;

/// Somebody's web server.
#[derive(Clone, Default)]
struct Server(Arc<Shared>);

#[derive(Default)]
struct Shared {
    gives: Mutex<(StatusCode, Vec<u8>)>,
    asked: AtomicUsize,
}

impl Server {
    /// Serves, and returns the address of the shelf.
    async fn serve(&self) -> String {
        async fn give(State(Server(shared)): State<Server>) -> Response {
            shared.asked.fetch_add(1, Ordering::Relaxed);
            let (status, bytes) = shared.gives.lock().unwrap().clone();
            (status, [(header::LOCATION, "/elsewhere")], bytes).into_response()
        }
        let router = Router::new().fallback(give).with_state(self.clone());
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await });
        format!("http://{address}/shelf/index.json")
    }

    /// Publishes documents: a number, a version and a title for each.
    fn publish(&self, documents: &[(u8, u8, &str)]) {
        let item = |(number, version, title): &(u8, u8, &str)| {
            json!({
                "id": DocumentId([*number; 32]), "title": title, "kind": "referral_pathway",
                "version": format!("Version {version}"), "heads": hex::encode([*version; 32]),
                "bundle": "documents/x/bundle.json",
            })
        };
        let items: Vec<Value> = documents.iter().map(item).collect();
        let organization = json!({"name": "North<b>mere</b>"});
        let list =
            json!({"format": "fingerpost-shelf-1", "organization": organization, "items": items});
        self.give(StatusCode::OK, list.to_string().into_bytes());
    }

    fn give(&self, status: StatusCode, bytes: Vec<u8>) {
        *self.0.gives.lock().unwrap() = (status, bytes);
    }

    /// Returns how often it was asked since the last time.
    fn asked(&self) -> usize {
        self.0.asked.swap(0, Ordering::Relaxed)
    }
}

/// Does what the node does by itself so many hours from now.
async fn hours_go_by(node: &Node, hours: u64) {
    let then = Timestamp(clock::now().0 + hours * 60 * 60 * 1_000);
    looks::look_at_due(&node.app, || then).await.unwrap();
}

async fn first(node: &Node) -> Value {
    node.get("/shelves").await["items"][0].clone()
}

fn news(item: &Value) -> [Option<u64>; 3] {
    ["new", "changed", "gone"].map(|name| item[name].as_u64())
}

#[tokio::test]
async fn what_is_new_on_a_followed_shelf_is_announced_until_somebody_has_seen_it() {
    let (node, server) = (Node::start().await, Server::default());
    let workspace = node.workspace().await;
    server.publish(&[(1, 1, "Warm spaces"), (2, 1, "Cash first")]);
    let address = server.serve().await;
    let mut sam = Browser::started(&node).await;
    sam.page("/").await;
    let page = format!("/workspaces/{workspace}/copy/shelf?address={address}");
    sam.done(&page, &[("address", &address), ("does", "follow")]).await;
    assert_eq!(server.asked(), 1);
    hours_go_by(&node, 20).await;
    assert_eq!(server.asked(), 0, "it was looked at not long ago");
    hours_go_by(&node, 27).await;
    assert_eq!(server.asked(), 1);
    assert_eq!(news(&first(&node).await), [Some(0); 3], "nothing changed");
    assert!(!sam.page("/").await.contains("since you looked"));

    server.publish(&[(2, 2, "Cash first"), (3, 1, "<script>alert(1)</script>")]);
    hours_go_by(&node, 54).await;
    let item = first(&node).await;
    assert_eq!(news(&item), [Some(1); 3], "{item}");
    let home = sam.page("/").await;
    let said = "shelf: 1 new document, 1 changed, 1 no longer there since you looked";
    assert!(home.contains(said) && !home.contains("<b>mere"), "{home}");
    let link = format!("/workspaces/{workspace}/copy/shelf?address=http:%2F");
    assert!(home.contains(&link), "{home}");
    let shown = sam.page(&page).await;
    for said in ["New</strong>", "Changed</strong>", "<li>Warm spaces</li>", "I have seen this"] {
        assert!(shown.contains(said), "{said}: {shown}");
    }
    assert!(!shown.contains("<script>alert") && !shown.contains("<b>mere"), "{shown}");

    // Somebody says so after more has come that they have not seen.
    let round = between(&shown, "name=\"seen\" value=\"", "\"").unwrap();
    server.publish(&[(2, 2, "Cash first"), (3, 1, "x"), (4, 1, "Debt advice")]);
    hours_go_by(&node, 81).await;
    let seen = [("address", address.as_str()), ("does", "seen"), ("seen", &round)];
    sam.done(&page, &seen).await;
    assert_eq!(news(&first(&node).await), [Some(1), Some(0), Some(0)]);
    let list = sam.page(&format!("/workspaces/{workspace}/copy")).await;
    assert!(list.contains("1 new document. Looked at "), "{list}");
    let node = node.restart().await;
    assert_eq!(news(&first(&node).await), [Some(1), Some(0), Some(0)], "it is kept");
    let seen = node.ask("POST", "/shelves/seen", Some(json!({"address": address}))).await;
    assert_eq!(seen.status, 204, "{}", seen.text());
    assert_eq!(news(&first(&node).await), [Some(0); 3]);

    assert_eq!(node.ask("DELETE", &format!("/shelves?address={address}"), None).await.status, 204);
    server.asked();
    hours_go_by(&node, 200).await;
    assert_eq!(server.asked(), 0, "it is not followed any more");
    let seen = node.ask("POST", "/shelves/seen", Some(json!({"address": address}))).await;
    assert_eq!(seen.status, 404);
    node.stop().await;
}

#[tokio::test]
async fn a_look_that_fails_says_why_and_is_not_repeated_at_once() {
    let (node, server) = (Node::start().await, Server::default());
    let workspace = node.workspace().await;
    server.publish(&[(1, 1, "Warm spaces")]);
    let address = server.serve().await;
    node.ask("POST", "/shelves", Some(json!({"address": address}))).await;
    let mut sam = Browser::started(&node).await;
    let page = format!("/workspaces/{workspace}/copy/shelf?address={address}");
    let big = vec![b' '; 5 * 1024 * 1024];
    let wrong = b"{\"format\": \"fingerpost-shelf-1\", \"items\": 7}".to_vec();
    let mut day = 0;
    for (status, bytes, said) in [
        (StatusCode::INTERNAL_SERVER_ERROR, Vec::new(), "answered with an error (500"),
        (StatusCode::OK, big, "too large"),
        (StatusCode::FOUND, Vec::new(), "at another address now"),
        (StatusCode::OK, wrong, "no shelf and no signed file"),
        (StatusCode::NOT_FOUND, Vec::new(), "nothing published"),
    ] {
        server.give(status, bytes);
        server.asked();
        day += 32;
        hours_go_by(&node, day).await;
        hours_go_by(&node, day).await;
        assert_eq!(server.asked(), 1, "{said}: neither again at once nor to another address");
        let item = first(&node).await;
        assert!(item["failure"].as_str().unwrap().contains(said), "{item}");
        assert_eq!(news(&item), [Some(0); 3], "what cannot be seen is not gone");
        let shown = sam.page(&page).await;
        assert!(shown.contains("could not be looked at") && shown.contains(said), "{shown}");
        assert!(shown.contains("Warm spaces") && !shown.contains("Make a copy"), "{shown}");
    }
    let list = sam.page(&format!("/workspaces/{workspace}/copy")).await;
    assert!(list.contains("The last look failed."), "{list}");
    let home = sam.page("/").await;
    assert!(home.contains("could not be looked at the last 10 times"), "{home}");
    server.publish(&[(1, 1, "Warm spaces")]);
    hours_go_by(&node, 900).await;
    assert_eq!(first(&node).await["failure"], Value::Null);
    assert!(!sam.page("/").await.contains("could not be looked at"));
    node.stop().await;
}

#[tokio::test]
async fn a_node_that_is_told_so_does_not_look_by_itself() {
    let (node, server) = (Node::start().await, Server::default());
    server.publish(&[]);
    let address = server.serve().await;
    node.ask("POST", "/shelves", Some(json!({"address": address}))).await;
    server.asked();
    let mut sam = Browser::started(&node).await;
    assert!(sam.page("/settings").await.contains("Do not look by itself"));
    assert_eq!(sam.done("/settings/shelves", &[("looks", "off")]).await, "/settings");
    assert!(sam.page("/settings").await.contains("Look once a day"));
    hours_go_by(&node, 100).await;
    assert_eq!((server.asked(), &node.get("/shelves").await["looks"]), (0, &json!(false)));
    let on = node.ask("PUT", "/shelves/looks", Some(json!({"looks": true}))).await;
    assert_eq!(on.status, 200, "{}", on.text());
    hours_go_by(&node, 100).await;
    assert_eq!((server.asked(), &node.get("/shelves").await["looks"]), (1, &json!(true)));
    node.stop().await;
}

#[tokio::test]
async fn a_copy_whose_original_was_published_anew_waits_until_it_has_that_version() {
    let (there, here) = (Node::start().await, Node::start().await);
    let original = there.example(&there.workspace().await).await;
    publish(&there, &original).await;
    let shelf = published(&there).await;
    let workspace = here.workspace().await;
    here.ask("POST", "/shelves", Some(json!({"address": shelf}))).await;
    let page = format!("{shelf}documents/{original}/index.html");
    let path = format!("/workspaces/{workspace}/forks/link");
    let made = here.ask("POST", &path, Some(json!({"address": page}))).await;
    let copy = made.json()["id"].as_str().unwrap().to_owned();
    let mut sam = Browser::started(&here).await;
    let said = "was published in a newer version";
    hours_go_by(&here, 27).await;
    assert!(!sam.page("/").await.contains(said));

    let edit = async |title: &str| {
        let change = Some(json!({"title": title}));
        there.ask("PATCH", &format!("/documents/{original}"), change).await;
        publish(&there, &original).await;
    };
    edit("Second edition").await;
    hours_go_by(&here, 54).await;
    let home = sam.page("/").await;
    assert!(home.contains(said) && home.contains("by Open Door"), "{home}");
    assert!(home.contains(&format!("/documents/{copy}/incoming\"")), "{home}");
    let before = here.get(&format!("/documents/{copy}")).await;
    assert_ne!(before["title"], "Second edition", "nothing is taken in by itself");
    let dismiss =
        between(&home, &format!("action=\"/documents/{copy}/incoming/seen"), "\"").unwrap();
    sam.done(&format!("/documents/{copy}/incoming/seen{dismiss}"), &[]).await;
    assert!(!sam.page("/").await.contains(said), "nobody wants to hear of it again");

    edit("Third edition").await;
    hours_go_by(&here, 81).await;
    assert!(sam.page("/").await.contains(said), "another version is news");
    here.ask("POST", &format!("/documents/{copy}/upstream/fetch"), None).await;
    assert!(sam.page("/activity").await.contains(said), "it was only looked at");
    assert_eq!(here.ask("POST", &format!("/documents/{copy}/pull"), None).await.status, 200);
    assert!(!sam.page("/").await.contains(said), "it is here");
    there.stop().await;
    here.stop().await;
}
