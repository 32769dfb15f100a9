//! What others publish: found by its address, copied, followed and looked at again.

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::Node;
use crate::http::App;
use crate::http::shelf::site;

/// Serves a node's shelf under `/shelf/` at an address of its own, as any web server would.
pub(super) async fn published(node: &Node) -> String {
    async fn give(State(app): State<App>, uri: Uri) -> Response {
        let path = uri.path().trim_start_matches("/shelf/");
        match site::file(&app, path).await {
            Ok(Some(file)) => {
                ([(header::CONTENT_TYPE, file.media_type)], file.bytes).into_response()
            }
            _ if path.starts_with("moved/") => {
                (StatusCode::FOUND, [(header::LOCATION, "/shelf/")]).into_response()
            }
            _ if path == "lost/index.json" => {
                let list = site::file(&app, "index.json").await.ok().flatten().unwrap();
                list.bytes.into_response()
            }
            _ if path.starts_with("lost/") => {
                (StatusCode::FOUND, [(header::LOCATION, "/sorry")]).into_response()
            }
            _ if path == "huge/index.json" => vec![b' '; 5 * 1024 * 1024].into_response(),
            _ if path == "wrong/index.json" => "{}".into_response(),
            _ if path == "forged/bundle.json" => {
                "{\"format\": \"fingerpost-bundle-1\"}".into_response()
            }
            _ => StatusCode::NOT_FOUND.into_response(),
        }
    }
    let router = Router::new().fallback(give).with_state(node.app.clone());
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}/shelf/")
}

pub(super) async fn publish(node: &Node, id: &str) {
    let wish = Some(json!({"even_so": true}));
    let answer = node.ask("POST", &format!("/documents/{id}/publish"), wish).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
}

#[tokio::test]
async fn what_is_published_is_found_copied_and_looked_at_again() {
    let (there, here) = (Node::start().await, Node::start().await);
    let original = there.example(&there.workspace().await).await;
    publish(&there, &original).await;
    let shelf = published(&there).await;
    let workspace = here.workspace().await;

    let followed = here.ask("POST", "/shelves", Some(json!({"address": shelf}))).await;
    assert_eq!(followed.status, 201, "{}", followed.text());
    let listed = here.get("/shelves").await;
    assert_eq!(listed["items"][0]["address"], format!("{shelf}index.json"));
    let looked = here.get(&format!("/shelves/documents?address={shelf}")).await;
    assert_eq!(looked["items"][0]["id"], original, "{looked}");

    // By the address of the page that people see.
    let page = format!("{shelf}documents/{original}/index.html");
    let path = format!("/workspaces/{workspace}/forks/link");
    let made = here.ask("POST", &path, Some(json!({"address": page}))).await;
    assert_eq!(made.status, 201, "{}", made.text());
    let copy = made.json()["id"].as_str().unwrap().to_owned();
    let upstream = format!("/documents/{copy}/upstream");
    let fetched = here.ask("POST", &format!("{upstream}/fetch"), Some(json!({}))).await;
    assert_eq!(fetched.json()["up_to_date"], true, "{}", fetched.text());

    let change = Some(json!({"title": "Second edition"}));
    there.ask("PATCH", &format!("/documents/{original}"), change).await;
    publish(&there, &original).await;
    let fetched = here.ask("POST", &format!("{upstream}/fetch"), None).await.json();
    assert_eq!(fetched["up_to_date"], false, "{fetched}");
    let said = here.get(&upstream).await;
    assert_eq!(said["changes"][0]["path"], "/title", "kept for when nobody is online: {said}");
    assert_eq!(here.ask("POST", &format!("/documents/{copy}/pull"), None).await.status, 200);
    assert_eq!(here.get(&format!("/documents/{copy}")).await["title"], "Second edition");

    let stop = format!("/shelves?address={shelf}index.json");
    assert_eq!(here.ask("DELETE", &stop, None).await.status, 204);
    assert_eq!(here.ask("DELETE", &stop, None).await.status, 404);
    assert_eq!(here.get("/shelves").await["items"], json!([]));
    there.stop().await;
    here.stop().await;
}

#[tokio::test]
async fn a_copy_from_a_file_finds_its_original_on_a_shelf_that_is_followed() {
    let (there, here) = (Node::start().await, Node::start().await);
    let original = there.example(&there.workspace().await).await;
    let bundle = there.get(&format!("/documents/{original}/export?format=bundle")).await;
    let workspace = here.workspace().await;
    let made = here.ask("POST", &format!("/workspaces/{workspace}/forks"), Some(bundle)).await;
    let copy = made.json()["id"].as_str().unwrap().to_owned();
    let fetch = format!("/documents/{copy}/upstream/fetch");
    let nowhere = here.ask("POST", &fetch, Some(json!({}))).await;
    assert_eq!(nowhere.status, 422, "{}", nowhere.text());
    publish(&there, &original).await;
    let shelf = published(&there).await;
    here.ask("POST", "/shelves", Some(json!({"address": shelf}))).await;
    let found = here.ask("POST", &fetch, Some(json!({}))).await;
    assert_eq!((found.status.as_u16(), &found.json()["reachable"]), (200, &json!(true)));
    there.stop().await;
    here.stop().await;
}

#[tokio::test]
async fn an_address_that_leads_to_nothing_good_says_what_to_do_and_changes_nothing() {
    let (there, here) = (Node::start().await, Node::start().await);
    let shelf = published(&there).await;
    let workspace = here.workspace().await;
    let closed = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let nobody = format!("http://{}/", closed.local_addr().unwrap());
    drop(closed);
    let path = format!("/workspaces/{workspace}/forks/link");
    for (address, said) in [
        ("saltway.example".to_owned(), "begins with https://"),
        ("file:///etc/passwd".to_owned(), "begins with https://"),
        (nobody, "Nothing answers"),
        (format!("{shelf}nothing/"), "nothing published"),
        (format!("{shelf}moved/"), "at another address now"),
        (format!("{shelf}lost/"), "a whole shelf"),
        (format!("{shelf}huge/"), "too large"),
        (format!("{shelf}wrong/"), "no shelf and no signed file"),
        (format!("{shelf}forged/"), "proves nothing"),
        (shelf.clone(), "a whole shelf"),
    ] {
        let refused = here.ask("POST", &path, Some(json!({"address": address}))).await;
        assert_eq!(refused.status, 422, "{address}: {}", refused.text());
        assert!(refused.text().contains(said), "{address}: {}", refused.text());
    }
    let moved =
        here.ask("POST", "/shelves", Some(json!({"address": format!("{shelf}away.html")}))).await;
    assert_eq!(moved.status, 201, "a page of the shelf leads to its list: {}", moved.text());
    let documents = here.get(&format!("/workspaces/{workspace}/documents")).await;
    assert_eq!(documents["items"], Value::Array(Vec::new()));
    there.stop().await;
    here.stop().await;
}
