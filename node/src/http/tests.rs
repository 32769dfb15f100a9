//! The API and the pages, asked in this process on a real store.

mod activity;
mod api;
mod browser;
mod copies;
mod crosswalks;
mod door;
mod figures;
mod kinds;
mod live;
mod looks;
mod pages;
mod publish;
mod search;
mod shelf;
mod shelves;
mod signatures;
mod comments;
mod suggestions;
mod trust;
mod versions;
mod ways;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Request, Response, StatusCode, header};
use crdt_schema::identity::Sector;
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::cli::found::{Founding, found};
use crate::clock;
use crate::data::DataDir;
use crate::http::App;
use crate::kit::Words;
use crate::running::{Options, Paths, Running, Touch};

/// A node that nobody else reaches, in a folder that goes with it.
pub(crate) struct Node {
    pub(crate) app: App,
    running: Running,
    _folder: tempfile::TempDir,
}

/// What was answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Node {
    pub(crate) async fn start() -> Self {
        Self::begin(Vec::new(), Touch::Offline).await
    }

    /// Starts a node that others on this computer can reach.
    pub(crate) async fn start_online() -> Self {
        Self::begin(vec!["/ip4/127.0.0.1/tcp/0".to_owned()], Touch::Online).await
    }

    async fn begin(listen: Vec<String>, touch: Touch) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data = DataDir::new(folder.path().join("node"));
        let founding = Founding {
            words: Words::draw().unwrap(),
            name: "Open Door".parse().unwrap(),
            sector: Sector::Vcs,
            person: "Sam Ali".parse().unwrap(),
        };
        found(&data, &founding, clock::now()).await.unwrap();
        let options = Options { data, http: None, listen, touch, paths: Paths::default() };
        let running = Running::start(options).await.unwrap();
        Self { app: running.app().clone(), running, _folder: folder }
    }

    /// Stops the node and starts it again on its folder.
    pub(crate) async fn restart(self) -> Self {
        let Self { app, running, _folder } = self;
        let data = app.data().clone();
        drop(app);
        running.stop().await;
        let (touch, paths) = (Touch::Offline, Paths::default());
        let options = Options { data, http: None, listen: Vec::new(), touch, paths };
        let running = Running::start(options).await.unwrap();
        Self { app: running.app().clone(), running, _folder }
    }

    pub(crate) async fn stop(self) {
        self.running.stop().await;
    }

    /// Sends a request as it is, with the `Host` alone added.
    pub(crate) async fn send(&self, mut request: Request<Body>) -> Answer {
        let host = self.app.hosts().remove(0);
        request.headers_mut().entry(header::HOST).or_insert(host.parse().unwrap());
        let response = super::router(self.app.clone()).oneshot(request).await.unwrap();
        Answer::read(response).await
    }

    /// Asks the API with its token.
    pub(crate) async fn ask(&self, method: &str, path: &str, body: Option<Value>) -> Answer {
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        self.send(self.request(method, path).body(body).unwrap()).await
    }

    /// Returns a request to the API with its token.
    pub(crate) fn request(&self, method: &str, path: &str) -> axum::http::request::Builder {
        Request::builder()
            .method(method)
            .uri(format!("/api/v1{path}"))
            .header("authorization", format!("Bearer {}", self.app.token()))
            .header("content-type", "application/json")
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        let answer = self.ask("GET", path, None).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        answer.json()
    }

    /// Founds a workspace and returns its id.
    pub(crate) async fn workspace(&self) -> String {
        let made = self.ask("POST", "/workspaces", Some(json!({"name": "Northmere"}))).await;
        assert_eq!(made.status, 201, "{}", made.text());
        made.json()["id"].as_str().unwrap().to_owned()
    }

    /// Makes a document of the example and returns its id.
    pub(crate) async fn example(&self, workspace: &str) -> String {
        let path = format!("/workspaces/{workspace}/import");
        let made = self.ask("POST", &path, Some(example())).await;
        assert_eq!(made.status, 200, "{}", made.text());
        made.json()["made"][0]["id"]
            .as_str()
            .unwrap_or_else(|| panic!("{}", made.text()))
            .to_owned()
    }
}

impl Answer {
    async fn read(response: Response<Body>) -> Self {
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        Self { status: parts.status, headers: parts.headers, body }
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }
}

/// Returns one of the example files.
pub(crate) fn example() -> Value {
    serde_json::from_str(include_str!("../../examples/referral-pathway.cash-first.json")).unwrap()
}
