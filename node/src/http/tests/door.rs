//! Who gets in, over all routes.

use axum::body::Body;
use axum::http::Request;
use serde_json::Value;

use super::Node;

const METHODS: [&str; 5] = ["GET", "POST", "PUT", "PATCH", "DELETE"];

fn reference() -> Value {
    serde_json::from_str(include_str!("../api/openapi.json")).unwrap()
}

/// Returns every path of the API with something in the place of its ids.
fn paths() -> Vec<(String, String)> {
    let sample = |path: &str| {
        let id = "1".repeat(32);
        path.replace("{w}", &id)
            .replace("{d}", &id)
            .replace("{i}", &id)
            .replace("{org}", "did:key:z6MktwupdmLXVVqTzCw4i46r4uGyosGXRnR3XjN4Zq7oMMsw")
            .replace("{kind}", "referral_pathway")
    };
    let reference = reference();
    reference["paths"]
        .as_object()
        .unwrap()
        .keys()
        .map(|path| (path.clone(), sample(path)))
        .collect()
}

#[tokio::test]
async fn the_reference_and_the_router_name_the_same_paths_and_methods() {
    let node = Node::start().await;
    let reference = reference();
    let routed: Vec<&str> = crate::http::api::paths();
    let mut told: Vec<&str> =
        reference["paths"].as_object().unwrap().keys().map(String::as_str).collect();
    told.retain(|path| *path != "/openapi.json");
    let mut sorted = routed.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, told);
    for (path, sample) in paths() {
        if path == "/events" {
            continue;
        }
        for method in METHODS {
            let answer = node.ask(method, &sample, None).await;
            let is_told = reference["paths"][&path].get(method.to_lowercase()).is_some();
            assert_eq!(answer.status != 405, is_told, "{method} {path}: {}", answer.status);
        }
    }
    node.stop().await;
}

#[tokio::test]
async fn without_the_token_every_path_of_the_api_is_shut() {
    let node = Node::start().await;
    for (path, sample) in
        paths().into_iter().chain([("/nothing".to_owned(), "/nothing".to_owned())])
    {
        if path == "/openapi.json" {
            continue;
        }
        for method in METHODS {
            for (name, value) in [
                ("x-nothing", "x"),
                (
                    "authorization",
                    "Bearer 0000000000000000000000000000000000000000000000000000000000000000",
                ),
                ("cookie", "fingerpost-0=x"),
            ] {
                let request = Request::builder()
                    .method(method)
                    .uri(format!("/api/v1{sample}"))
                    .header(name, value);
                let answer = node.send(request.body(Body::empty()).unwrap()).await;
                assert_eq!(answer.status, 401, "{method} {path} with {name}");
                assert!(answer.header("www-authenticate").starts_with("Bearer"));
                assert_eq!(answer.json()["type"], "/problems/token-needed");
            }
        }
    }
    node.stop().await;
}

#[tokio::test]
async fn another_host_or_origin_gets_nowhere() {
    let node = Node::start().await;
    let own = ["/", "/healthz", "/metrics", "/sign-in", "/start"]
        .map(|path| (path.to_owned(), path.to_owned()));
    let api = paths().into_iter().map(|(path, sample)| (path, format!("/api/v1{sample}")));
    for (path, sample) in own.into_iter().chain(api) {
        for method in METHODS {
            let request = node.request(method, "").uri(&sample).header("host", "evil.example");
            let answer = node.send(request.body(Body::empty()).unwrap()).await;
            assert_eq!(answer.status, 421, "{method} {path}");
        }
    }
    for path in ["/sign-in", "/start", "/workspaces/new", "/nothing"] {
        for origin in ["null", "http://evil.example"] {
            let request = Request::builder().method("POST").uri(path).header("origin", origin);
            let answer = node.send(request.body(Body::empty()).unwrap()).await;
            assert_eq!(answer.status, 403, "{path} from {origin}");
        }
    }
    node.stop().await;
}

#[tokio::test]
async fn every_answer_forbids_browsers_what_it_does_not_need() {
    let node = Node::start().await;
    for path in ["/", "/nothing", "/healthz", "/sign-in", "/api/v1/status", "/api/v1/openapi.json"]
    {
        let answer = node.send(Request::builder().uri(path).body(Body::empty()).unwrap()).await;
        let policy = answer.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'; script-src 'self';"), "{path}: {policy}");
        assert!(!policy.contains("unsafe"), "{policy}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("referrer-policy"), "same-origin", "{path}");
        assert_eq!(answer.header("cross-origin-opener-policy"), "same-origin", "{path}");
        assert_eq!(answer.header("cross-origin-resource-policy"), "same-origin", "{path}");
        assert_eq!(answer.header("cache-control"), "no-store", "{path}");
        assert!(!answer.headers.contains_key("access-control-allow-origin"), "{path}");
    }
    node.stop().await;
}

#[tokio::test]
async fn those_who_watch_over_the_node_see_figures() {
    let node = Node::start().await;
    let get = |path: &'static str| Request::builder().uri(path).body(Body::empty()).unwrap();
    assert_eq!(node.send(get("/healthz")).await.status, 200);
    let metrics = node.send(get("/metrics")).await.text();
    for line in [
        "fingerpost_network_bytes_total{direction=\"sent\"} 0",
        "fingerpost_network_bytes_total{direction=\"received\"} 0",
        "fingerpost_sync_rounds_total 0",
        "fingerpost_documents_loaded 0",
        "# TYPE fingerpost_envelopes_refused_total counter",
        "fingerpost_peers_connected{way=\"direct\"} 0",
        "fingerpost_peers_connected{way=\"relayed\"} 0",
        "# TYPE fingerpost_calls_failed_total counter",
    ] {
        assert!(metrics.contains(line), "{line} is not in\n{metrics}");
    }
    node.stop().await;
}
