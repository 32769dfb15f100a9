//! The local HTTP API, as an integrator's program uses it.

use anyhow::{Context, Result, ensure};
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::{Method, Request};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};

use crate::wait;

/// Where a node's API is, and the token that opens it.
#[derive(Clone, Debug)]
pub struct Api {
    address: String,
    token: String,
}

/// What the API answered.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: hyper::HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    /// Reads the body as JSON.
    pub fn json(&self) -> Result<Value> {
        serde_json::from_slice(&self.body)
            .with_context(|| format!("reading as JSON: {:?}", String::from_utf8_lossy(&self.body)))
    }

    /// Returns the sentence for people of an error.
    pub fn sentence(&self) -> Result<String> {
        let problem = self.json()?;
        let detail = problem.get("detail").or_else(|| problem.get("title"));
        Ok(detail
            .and_then(Value::as_str)
            .with_context(|| format!("no sentence in {problem}"))?
            .to_owned())
    }
}

impl Api {
    /// Returns the API at `http://HOST:PORT`.
    pub fn new(http: &str, token: &str) -> Self {
        Self { address: http.trim_end_matches('/').to_owned(), token: token.trim().to_owned() }
    }

    /// Sends one request with the token, over a connection of its own; `body` is a media type and the bytes.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<(&str, Vec<u8>)>,
    ) -> Result<Answer> {
        let mut request = Request::builder()
            .method(method.clone())
            .uri(format!("{}{path}", self.address))
            .header("authorization", format!("Bearer {}", self.token));
        let mut bytes = Vec::new();
        if let Some((media_type, given)) = body {
            request = request.header("content-type", media_type);
            bytes = given;
        }
        let request = request.body(Full::new(Bytes::from(bytes))).context("building a request")?;
        // No connection is kept: the node behind the address may be killed and started again.
        let client = Client::builder(TokioExecutor::new()).pool_max_idle_per_host(0).build_http();
        let exchange = async {
            let answer = client.request(request).await?;
            let (head, body) = answer.into_parts();
            anyhow::Ok(Answer {
                status: head.status.as_u16(),
                headers: head.headers,
                body: body.collect().await?.to_bytes().to_vec(),
            })
        };
        let answer = tokio::time::timeout(wait::DEADLINE, exchange).await;
        answer
            .with_context(|| format!("{method} {path}: no answer in time"))?
            .with_context(|| format!("{method} {path}"))
    }

    /// Sends JSON and returns what a success answered.
    pub async fn ask(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Value> {
        let body = body.map(|value| ("application/json", value.to_string().into_bytes()));
        let answer = self.send(method.clone(), path, body).await?;
        self.succeeded(&method, path, &answer)
    }

    fn succeeded(&self, method: &Method, path: &str, answer: &Answer) -> Result<Value> {
        let text = String::from_utf8_lossy(&answer.body);
        ensure!(
            (200..300).contains(&answer.status),
            "{method} {path} answered {}: {text}",
            answer.status
        );
        if answer.body.is_empty() { Ok(Value::Null) } else { answer.json() }
    }

    pub async fn get(&self, path: &str) -> Result<Value> {
        self.ask(Method::GET, path, None).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Result<Value> {
        self.ask(Method::POST, path, Some(body)).await
    }

    /// Returns all the items of a list, page after page.
    pub async fn list(&self, path: &str) -> Result<Vec<Value>> {
        let mut items = Vec::new();
        let mut next = None::<String>;
        loop {
            let page = match &next {
                None => self.get(path).await?,
                Some(cursor) => {
                    let joint = if path.contains('?') { '&' } else { '?' };
                    self.get(&format!("{path}{joint}cursor={cursor}")).await?
                }
            };
            items.extend(
                page.get("items")
                    .and_then(Value::as_array)
                    .context("a list has no `items`")?
                    .iter()
                    .cloned(),
            );
            match page.get("next").and_then(Value::as_str) {
                Some(cursor) => next = Some(cursor.to_owned()),
                None => return Ok(items),
            }
        }
    }

    /// Founds a workspace and returns its id.
    pub async fn found(&self, name: &str) -> Result<String> {
        text(&self.post("/api/v1/workspaces", &json!({ "name": name })).await?, "id")
    }

    /// Makes an invite for one editor and returns its text.
    pub async fn invite(&self, workspace: &str) -> Result<String> {
        text(&self.invite_with(workspace, &json!({ "role": "editor" })).await?, "invite")
    }

    /// Makes an invite and returns all of the answer.
    pub async fn invite_with(&self, workspace: &str, wishes: &Value) -> Result<Value> {
        self.post(&format!("/api/v1/workspaces/{workspace}/invites"), wishes).await
    }

    /// Uses an invite, whatever becomes of it.
    pub async fn try_join(&self, invite: &str) -> Result<Answer> {
        let body = json!({ "invite": invite }).to_string().into_bytes();
        self.send(Method::POST, "/api/v1/join", Some(("application/json", body))).await
    }

    /// Returns the organisations of a workspace.
    pub async fn members(&self, workspace: &str) -> Result<Vec<Value>> {
        self.list(&format!("/api/v1/workspaces/{workspace}/members")).await
    }

    /// Returns the documents of a workspace.
    pub async fn documents(&self, workspace: &str) -> Result<Vec<Value>> {
        self.list(&format!("/api/v1/workspaces/{workspace}/documents")).await
    }

    /// Brings in the file of one document and returns its id.
    pub async fn import(&self, workspace: &str, content: &Value) -> Result<String> {
        let done = self.post(&format!("/api/v1/workspaces/{workspace}/import"), content).await?;
        let made = done.pointer("/made/0").with_context(|| format!("nothing was made: {done}"))?;
        text(made, "id")
    }

    /// Returns a document as it is now.
    pub async fn document(&self, document: &str) -> Result<Value> {
        self.get(&format!("/api/v1/documents/{document}")).await
    }

    /// Returns a document's heads as they are now.
    pub async fn heads(&self, document: &str) -> Result<String> {
        text(&self.document(document).await?, "heads")
    }

    /// Returns the lines of the metrics that count what this node refused.
    pub async fn refused(&self) -> Result<Vec<String>> {
        let answer = self.send(Method::GET, "/metrics", None).await?;
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        let lines = text.lines().filter(|line| line.starts_with("fingerpost_envelopes_refused"));
        Ok(lines.map(str::to_owned).collect())
    }

    /// Returns a document in one of the formats that leave the node.
    pub async fn export(&self, document: &str, format: &str) -> Result<Vec<u8>> {
        let path = format!("/api/v1/documents/{document}/export?format={format}");
        let answer = self.send(Method::GET, &path, None).await?;
        ensure!(
            answer.status == 200,
            "{path} answered {}: {}",
            answer.status,
            String::from_utf8_lossy(&answer.body)
        );
        Ok(answer.body)
    }

    /// Changes a document by a JSON patch, as somebody saw it at `base`; returns all of the answer.
    pub async fn try_patch(
        &self,
        document: &str,
        base: Option<&str>,
        patch: &Value,
    ) -> Result<Answer> {
        let base = base.map(|heads| format!("?base={heads}")).unwrap_or_default();
        let body = patch.to_string().into_bytes();
        let path = format!("/api/v1/documents/{document}{base}");
        self.send(Method::PATCH, &path, Some(("application/json-patch+json", body))).await
    }

    /// Changes a document by a JSON patch and returns its new heads.
    pub async fn patch(&self, document: &str, base: Option<&str>, patch: &Value) -> Result<String> {
        let answer = self.try_patch(document, base, patch).await?;
        text(&self.succeeded(&Method::PATCH, document, &answer)?, "heads")
    }
}

/// Returns the text at a key of an object.
pub fn text(value: &Value, key: &str) -> Result<String> {
    let found = value.get(key).and_then(Value::as_str);
    Ok(found.with_context(|| format!("no text at {key:?} in {value}"))?.to_owned())
}
