//! [`Client`]: the API of a node, over HTTP when it runs, else in this process on its data folder.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt as _, Limited};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;
use tower::ServiceExt as _;

use crate::data::{DataDir, Serving};
use crate::http;
use crate::http::api::person::HEADER as PERSON;
use crate::running::{Options, Paths, Running, Touch};

/// Far more than a document's export takes.
const ANSWER_BYTES: usize = 256 * 1024 * 1024;
/// How long to wait for another command to let go of the data folder.
const PATIENCE: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(50);

/// The API of one node.
pub(crate) struct Client {
    token: String,
    /// Whose changes these are; nobody named means the node's first person.
    person: Option<String>,
    way: Way,
}

enum Way {
    /// Another process runs the node.
    Remote { at: SocketAddr, http: hyper_util::client::legacy::Client<HttpConnector, Body> },
    /// This process does.
    Local { host: String, router: Router, running: Option<Box<Running>> },
}

/// Why the API did not do it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CallError {
    /// Its own sentence.
    #[error("{0}")]
    Refused(String),
    #[error("{0}")]
    NothingThere(&'static str),
    #[error("the node stopped answering. If it was stopped, try again; else see what it printed")]
    Unreachable(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error(
        "the node answered something that this program does not understand (status {0}). Are both the same version?"
    )]
    Strange(StatusCode),
}

/// What goes along with a request.
pub(crate) enum Content<'a> {
    Nothing,
    Json(&'a Value),
    Bytes { media_type: &'a str, bytes: Vec<u8> },
}

impl Client {
    /// Finds the node that runs on a data folder, or opens the folder itself.
    ///
    /// The folder's lock decides. What an old `node.json` says is asked only while somebody holds the lock: else the
    /// token could go to a stranger who got a dead node's port.
    pub(crate) async fn open(data: DataDir) -> anyhow::Result<Self> {
        Self::open_as(data, Touch::Offline).await
    }

    /// As [`Self::open`]; if this process must run the node, then in touch with others.
    pub(crate) async fn open_online(data: DataDir) -> anyhow::Result<Self> {
        Self::open_as(data, Touch::Online).await
    }

    async fn open_as(data: DataDir, touch: Touch) -> anyhow::Result<Self> {
        data.identity()?;
        let listen = match touch {
            Touch::Offline => Vec::new(),
            Touch::Online | Touch::OnlineAndNearby => crate::cli::addresses::listen(&data, &[])?,
        };
        let token = data.api_token()?;
        let open = async {
            loop {
                let options = Options {
                    data: data.clone(),
                    http: None,
                    listen: listen.clone(),
                    touch,
                    paths: Paths::default(),
                };
                match Running::start(options).await {
                    Ok(running) => return Ok(Self::own(running, token.clone())),
                    Err(error) if is_locked(&error) => {}
                    Err(error) => return Err(error),
                }
                if let Some(client) = Self::ask(&data, &token).await {
                    return Ok(client);
                }
                tokio::time::sleep(PAUSE).await;
            }
        };
        match tokio::time::timeout(PATIENCE, open).await {
            Ok(opened) => opened,
            Err(_) => Err(anyhow::anyhow!(busy(&data, data.serving().as_ref()))),
        }
    }

    /// Returns the node that says it serves this folder, if it answers.
    async fn ask(data: &DataDir, token: &str) -> Option<Self> {
        let client = Self::remote(data.serving()?.http, token.to_owned());
        let answer = client.call(Method::GET, "/status", Content::Nothing).await;
        answer.ok().map(|_| client)
    }

    /// Speaks to a node that this process runs and somebody else stops.
    pub(crate) fn of(running: &Running, token: String) -> Self {
        let app = running.app().clone();
        // The door lets in only what comes under the node's own name.
        let host = app.hosts().into_iter().next().unwrap_or_default();
        Self {
            token,
            person: None,
            way: Way::Local { host, router: http::router(app), running: None },
        }
    }

    fn own(started: Running, token: String) -> Self {
        let mut client = Self::of(&started, token);
        if let Way::Local { running, .. } = &mut client.way {
            *running = Some(Box::new(started));
        }
        client
    }

    fn remote(at: SocketAddr, token: String) -> Self {
        let http = hyper_util::client::legacy::Client::builder(TokioExecutor::new()).build_http();
        Self { token, person: None, way: Way::Remote { at, http } }
    }

    /// Returns the node if this process runs it.
    pub(crate) fn running(&self) -> Option<&Running> {
        match &self.way {
            Way::Local { running, .. } => running.as_deref(),
            Way::Remote { .. } => None,
        }
    }

    /// Puts changes down to one of the node's persons, by name or id.
    pub(crate) fn speak_for(&mut self, person: Option<String>) {
        self.person = person;
    }

    /// Lets go of the data folder, if this process held it.
    pub(crate) async fn close(self) {
        if let Way::Local { running: Some(running), .. } = self.way {
            running.stop().await;
        }
    }

    /// Returns what stands at a path below `/api/v1`.
    pub(crate) async fn get(&self, path: &str) -> Result<Value, CallError> {
        self.json(Method::GET, path, Content::Nothing).await
    }

    /// Sends JSON to a path below `/api/v1`.
    pub(crate) async fn post(&self, path: &str, body: &Value) -> Result<Value, CallError> {
        self.json(Method::POST, path, Content::Json(body)).await
    }

    /// Returns a whole list, page by page.
    pub(crate) async fn list(&self, path: &str) -> Result<Vec<Value>, CallError> {
        let mut items = Vec::new();
        let mut page = self.get(path).await?;
        loop {
            if let Some(Value::Array(found)) = page.get_mut("items").map(Value::take) {
                items.extend(found);
            }
            let Some(next) = page.get("next").and_then(Value::as_str) else { return Ok(items) };
            let mark = if path.contains('?') { '&' } else { '?' };
            let query = serde_urlencoded::to_string([("cursor", next)]).unwrap_or_default();
            page = self.get(&format!("{path}{mark}{query}")).await?;
        }
    }

    /// Asks, and reads the answer as JSON; no body is `null`.
    pub(crate) async fn json(
        &self,
        method: Method,
        path: &str,
        content: Content<'_>,
    ) -> Result<Value, CallError> {
        let body = self.call(method, path, content).await?;
        if body.is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_slice(&body).map_err(|_| CallError::Strange(StatusCode::OK))
    }

    /// Asks.
    pub(crate) async fn call(
        &self,
        method: Method,
        path: &str,
        content: Content<'_>,
    ) -> Result<Bytes, CallError> {
        read(path, self.ask_for(method, path, content).await?).await
    }

    /// Returns what stands at a path, of any length, piece by piece.
    pub(crate) async fn stream(&self, path: &str) -> Result<Body, CallError> {
        let response = self.ask_for(Method::GET, path, Content::Nothing).await?;
        if response.status().is_success() {
            return Ok(response.into_body());
        }
        let status = response.status();
        read(path, response).await.and(Err(CallError::Strange(status)))
    }

    async fn ask_for(
        &self,
        method: Method,
        path: &str,
        content: Content<'_>,
    ) -> Result<Response<Body>, CallError> {
        let uri = format!("/api/v1{path}");
        let (media_type, body) = match content {
            Content::Nothing => (None, Body::empty()),
            Content::Json(value) => (Some("application/json"), Body::from(value.to_string())),
            Content::Bytes { media_type, bytes } => (Some(media_type), Body::from(bytes)),
        };
        let mut request = Request::builder()
            .method(method)
            .header(header::AUTHORIZATION, format!("Bearer {}", self.token));
        if let Some(media_type) = media_type {
            request = request.header(header::CONTENT_TYPE, media_type);
        }
        if let Some(person) = &self.person {
            request = request.header(PERSON, person.as_bytes());
        }
        let response = match &self.way {
            Way::Remote { at, http } => {
                let request =
                    request.uri(format!("http://{at}{uri}")).body(body).map_err(unreachable)?;
                http.request(request).await.map_err(unreachable)?.map(Body::new)
            }
            Way::Local { host, router, .. } => {
                let request =
                    request.uri(uri).header(header::HOST, host).body(body).map_err(unreachable)?;
                match router.clone().oneshot(request).await {
                    Ok(response) => response,
                    Err(never) => match never {},
                }
            }
        };
        Ok(response)
    }
}

async fn read(path: &str, response: Response<Body>) -> Result<Bytes, CallError> {
    let status = response.status();
    let body = Limited::new(response.into_body(), ANSWER_BYTES)
        .collect()
        .await
        .map_err(CallError::Unreachable)?;
    let body = body.to_bytes();
    if status.is_success() {
        return Ok(body);
    }
    let problem: Value = serde_json::from_slice(&body).unwrap_or_default();
    if problem.get("type").and_then(Value::as_str) == Some("/problems/not-found") {
        return Err(CallError::NothingThere(nothing_there(path)));
    }
    match problem.get("detail").and_then(Value::as_str) {
        Some(detail) => Err(CallError::Refused(detail.to_owned())),
        None => Err(CallError::Strange(status)),
    }
}

/// The API says of everything alike that it is not there; the path says what was looked for.
fn nothing_there(path: &str) -> &'static str {
    if path.starts_with("/documents/") {
        "there is no document with this id here. List them with \"fingerpost doc list\""
    } else if path.contains("/invites/") {
        "there is no invite with this id here. List them with \"fingerpost invite list\""
    } else if path.contains("/proposals/") {
        "there is no proposal with this id here. List them with \"fingerpost proposal list\""
    } else if path.contains("/members/") {
        "there is no such organisation in this workspace. List them with \"fingerpost member list\""
    } else if path.starts_with("/people/") {
        "there is no person with this id here. List them with \"fingerpost person list\""
    } else if path.starts_with("/workspaces/") {
        "there is no workspace with this id here. List them with \"fingerpost workspace list\""
    } else {
        "there is no such thing here"
    }
}

fn unreachable(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> CallError {
    CallError::Unreachable(error.into())
}

/// Does another process hold the data folder?
pub(crate) fn is_locked(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| matches!(cause.downcast_ref(), Some(storage::OpenStore::InUse)))
}

fn busy(data: &DataDir, serving: Option<&Serving>) -> String {
    let folder = data.path().display();
    match serving {
        Some(Serving { http, pid }) => format!(
            "a node is running on {folder} (process {pid}), but does not answer at {http}. Wait until it does, or stop it"
        ),
        None => format!(
            "another Fingerpost command is using {folder} and does not let go. Wait until it is done, or stop it"
        ),
    }
}
