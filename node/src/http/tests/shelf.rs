//! The public shelf: what anybody sees of it, and what nobody does.

use axum::http::{HeaderMap, Method, Response, StatusCode};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};

use super::{Answer, Node};
use crate::http::shelf::listener::Door;

const TAGS: &str = include_str!("../../../examples/tagging-convention.northmere.json");
const FIGURES: &str = include_str!("../../../examples/aggregated-insight.debt-and-food.json");

/// Anybody, at the shelf's door.
struct Visitor(Door);

impl Visitor {
    async fn ask(&self, method: Method, path: &str) -> Answer {
        read(self.0.answer(&method, path, &HeaderMap::new()).await).await
    }

    async fn page(&self, path: &str) -> String {
        let answer = self.ask(Method::GET, path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        answer.text()
    }
}

async fn read(response: Response<axum::body::Body>) -> Answer {
    let (parts, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    Answer { status: parts.status, headers: parts.headers, body }
}

async fn brought_in(node: &Node, workspace: &str, file: &str) -> String {
    let path = format!("/workspaces/{workspace}/import");
    let body = serde_json::from_str(file).unwrap();
    let made = node.ask("POST", &path, Some(body)).await.json();
    made["made"][0]["id"].as_str().unwrap().to_owned()
}

async fn publish(node: &Node, id: &str) {
    let wish = Some(json!({"even_so": true}));
    let answer = node.ask("POST", &format!("/documents/{id}/publish"), wish).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
}

#[tokio::test]
async fn anybody_reads_what_is_published_as_it_was_published() {
    let node = Node::start().await;
    let visitor = Visitor(Door::new(node.app.clone()));
    assert!(visitor.page("/").await.contains("Nothing has been published"));
    let workspace = node.workspace().await;
    let pathway = node.example(&workspace).await;
    publish(&node, &pathway).await;
    for file in [TAGS, FIGURES] {
        let id = brought_in(&node, &workspace, file).await;
        publish(&node, &id).await;
    }
    let before = node.get(&format!("/documents/{pathway}")).await;
    let title = before["title"].as_str().unwrap();
    let heads = before["heads"].as_str().unwrap();
    let sign = json!({"heads": heads, "signatory": "Ann Ash", "title": "Director"});
    let signed = node.ask("POST", &format!("/documents/{pathway}/signatures"), Some(sign)).await;
    assert_eq!(signed.status, 201, "{}", signed.text());
    node.ask("PATCH", &format!("/documents/{pathway}"), Some(json!({"title": "Unfinished"}))).await;

    let list = visitor.page("/").await;
    assert!(list.contains(title) && !list.contains("Unfinished"), "{list}");
    assert!(list.contains("All 3 documents") && list.contains("Open Door"), "{list}");
    assert_eq!(visitor.page("/index.html").await, list);
    let pathways = visitor.page("/referral_pathway.html").await;
    assert!(pathways.contains(title) && !pathways.contains("Northmere shared needs tags"));
    let page = visitor.page(&format!("/documents/{pathway}/")).await;
    for said in [
        title,
        "<svg",
        "Version 1, published",
        "Licence",
        "fingerpost verify --heads",
        "bundle.json",
    ] {
        assert!(page.contains(said), "{said}: {page}");
    }
    for not_here in ["<script", "<form", "Unfinished", "Sign out", "href=\"/"] {
        assert!(!page.contains(not_here), "{not_here}: {page}");
    }
    assert!(page.contains(heads));

    let index: Value = serde_json::from_str(&visitor.page("/index.json").await).unwrap();
    assert_eq!(index["format"], "fingerpost-shelf-1");
    let items = index["items"].as_array().unwrap();
    let entry = items.iter().find(|one| one["id"] == pathway.as_str()).unwrap();
    assert_eq!((&entry["heads"], &entry["title"]), (&json!(heads), &json!(title)));
    assert_eq!((&entry["licence"], &entry["workspace"]), (&json!("OGL-UK-3.0"), &json!(workspace)));
    let bundle = visitor.ask(Method::GET, &format!("/{}", entry["bundle"].as_str().unwrap())).await;
    let proven = crdt_schema::bundle::Bundle::from_json(&bundle.body).unwrap().verify().unwrap();
    assert_eq!(proven.documents[0].id.to_string(), pathway);
    assert_eq!(proven.documents[0].heads.to_string(), heads, "what is not published is not in it");
    assert!(!bundle.text().contains("Unfinished"));
    let proven = &proven.documents[0];
    assert_eq!((proven.signed.len(), proven.heads.to_string().as_str()), (1, heads));

    let files = node.get("/shelf").await;
    let files = files["files"].as_array().unwrap();
    assert!(files.len() > 15, "{files:?}");
    for path in files {
        let path = path.as_str().unwrap();
        let seen = visitor.ask(Method::GET, &format!("/{path}")).await;
        let given = node.ask("GET", &format!("/shelf/file?path={path}"), None).await;
        assert_eq!((seen.status, given.status), (StatusCode::OK, StatusCode::OK), "{path}");
        assert_eq!(seen.body, given.body, "{path}");
        assert_eq!(seen.header("content-type"), given.header("content-type"), "{path}");
    }
    for ending in ["tags.ttl", "tags.jsonld", "figures.csv", "figures.csv-metadata.json"] {
        assert!(files.iter().any(|path| path.as_str().unwrap().ends_with(ending)), "{ending}");
    }
    node.stop().await;
}

#[tokio::test]
async fn the_newest_version_with_a_name_is_the_published_one() {
    let node = Node::start().await;
    let visitor = Visitor(Door::new(node.app.clone()));
    let workspace = node.workspace().await;
    let id = node.example(&workspace).await;
    let path = format!("/documents/{id}");
    let first = node.get(&path).await["heads"].clone();
    publish(&node, &id).await;
    node.ask("PATCH", &path, Some(json!({"title": "Second"}))).await;
    let second = node.get(&path).await["heads"].clone();
    publish(&node, &id).await;
    let shown = async || {
        let index: Value = serde_json::from_str(&visitor.page("/index.json").await).unwrap();
        (index["items"][0]["heads"].clone(), index["items"][0]["version"].clone())
    };
    assert_eq!(shown().await, (second.clone(), json!("Version 2")));
    // A name for an older version, whenever it is given, does not bring it back.
    let versions = format!("{path}/versions");
    node.ask("POST", &versions, Some(json!({"heads": first, "name": "As it began"}))).await;
    assert_eq!(shown().await.0, second);
    let names = node.get(&versions).await;
    let names = names["items"].as_array().unwrap();
    let of_second = names.iter().find(|name| name["heads"] == second).unwrap();
    let name = format!("{versions}/{}", of_second["id"].as_str().unwrap());
    assert_eq!(node.ask("DELETE", &name, None).await.status, 204);
    assert_eq!(shown().await, (first, json!("As it began")));
    node.stop().await;
}

#[tokio::test]
async fn what_is_not_public_is_like_what_was_never_there() {
    let node = Node::start().await;
    let visitor = Visitor(Door::new(node.app.clone()));
    let workspace = node.workspace().await;
    let (kept, public) = (node.example(&workspace).await, node.example(&workspace).await);
    let heads = node.get(&format!("/documents/{kept}")).await["heads"].clone();
    let body = json!({"heads": heads, "name": "As agreed"});
    node.ask("POST", &format!("/documents/{kept}/versions"), Some(body)).await;
    // Public, but nobody has published a version.
    let everybody = json!({"read": "public", "write": "workspace"});
    node.ask("PUT", &format!("/documents/{public}/audience"), Some(everybody)).await;
    let missing = visitor.ask(Method::GET, "/nothing").await;
    assert_eq!(missing.status, 404);
    for path in [
        format!("/documents/{kept}/index.html"),
        format!("/documents/{kept}/bundle.json"),
        format!("/documents/{kept}/"),
        format!("/documents/{public}/index.html"),
        format!("/documents/{}/index.html", "1".repeat(32)),
        format!("/documents/{kept}"),
        "/referral_pathway.html".to_owned(),
        "/index-2.html".to_owned(),
        "/api/v1/status".to_owned(),
        "/documents/../index.html".to_owned(),
        "/%2e%2e/index.html".to_owned(),
    ] {
        let answer = visitor.ask(Method::GET, &path).await;
        assert_eq!(answer.status, 404, "{path}");
        assert_eq!((&answer.body, &answer.headers), (&missing.body, &missing.headers), "{path}");
    }
    assert!(!visitor.page("/index.json").await.contains(&kept));
    // What was seen before a change is not shown after it.
    publish(&node, &public).await;
    let page = format!("/documents/{public}/index.html");
    assert!(
        visitor.page("/").await.contains(&public) && visitor.page(&page).await.contains("leaflet")
    );
    let nobody = json!({"read": "workspace", "write": "workspace"});
    node.ask("PUT", &format!("/documents/{public}/audience"), Some(nobody)).await;
    assert!(!visitor.page("/").await.contains(&public));
    assert_eq!(visitor.ask(Method::GET, &page).await.body, missing.body);
    node.stop().await;
}

#[tokio::test]
async fn a_long_list_has_pages() {
    let node = Node::start().await;
    let visitor = Visitor(Door::new(node.app.clone()));
    let workspace = node.workspace().await;
    for number in 0..51 {
        let body = json!({"kind": "note", "title": format!("Note {number}"), "licence": "CC0-1.0",
            "body": {"text": "Every Monday."}});
        let path = format!("/workspaces/{workspace}/documents");
        let made = node.ask("POST", &path, Some(body)).await.json();
        publish(&node, made["id"].as_str().unwrap()).await;
    }
    for name in ["index", "note"] {
        let first = visitor.page(&format!("/{name}.html")).await;
        assert!(first.contains(&format!("href=\"{name}-2.html\"")), "{first}");
        let second = visitor.page(&format!("/{name}-2.html")).await;
        assert!(second.contains(&format!("href=\"{name}.html\"")), "{second}");
        let links = |page: &str| page.matches("href=\"./documents/").count();
        assert_eq!((links(&first), links(&second)), (50, 1));
        let third = visitor.ask(Method::GET, &format!("/{name}-3.html")).await;
        assert_eq!(third.status, 404);
    }
    let files = node.get("/shelf").await.to_string();
    assert!(files.contains("note-2.html") && !files.contains("note-3.html"), "{files}");
    node.stop().await;
}

#[tokio::test]
async fn nothing_can_be_changed_and_every_answer_is_guarded() {
    let node = Node::start().await;
    let visitor = Visitor(Door::new(node.app.clone()));
    for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::OPTIONS] {
        let [there, not_there] =
            ["/index.html", "/nothing"].map(|path| visitor.ask(method.clone(), path));
        let (there, not_there) = (there.await, not_there.await);
        assert_eq!(there.status, 405, "{method}");
        assert_eq!((&there.body, &there.headers), (&not_there.body, &not_there.headers));
    }
    for path in ["/", "/nothing", "/index.json"] {
        let answer = visitor.ask(Method::GET, path).await;
        let policy = answer.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'; style-src 'self'"), "{path}: {policy}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert!(!answer.headers.contains_key("set-cookie"), "{path}");
        assert_eq!(visitor.ask(Method::HEAD, path).await.headers, answer.headers);
    }
    let tag = visitor.ask(Method::GET, "/").await.header("etag").parse().unwrap();
    let headers: HeaderMap = [(axum::http::header::IF_NONE_MATCH, tag)].into_iter().collect();
    let again = read(visitor.0.answer(&Method::GET, "/", &headers).await).await;
    assert_eq!((again.status.as_u16(), again.body.len()), (304, 0));
    node.stop().await;
}

#[tokio::test]
async fn hostile_words_stay_words_and_name_no_file() {
    let node = Node::start().await;
    let visitor = Visitor(Door::new(node.app.clone()));
    let workspace = node.workspace().await;
    let hostile = "../../<img src=x onerror=alert(1)>\"";
    let body = json!({"kind": "note", "title": hostile, "licence": hostile, "description": hostile,
        "tags": [{"name": hostile}], "body": {"text": hostile}});
    let made = node.ask("POST", &format!("/workspaces/{workspace}/documents"), Some(body)).await;
    let id = made.json()["id"].as_str().unwrap().to_owned();
    publish(&node, &id).await;
    for page in ["/".to_owned(), format!("/documents/{id}/index.html")] {
        let html = visitor.page(&page).await;
        assert!(!html.contains("<img src=x") && html.contains("&#60;img src=x"), "{html}");
    }
    let files = node.get("/shelf").await.to_string();
    assert!(!files.contains("..") && !files.contains("img"), "{files}");
    node.stop().await;
}
