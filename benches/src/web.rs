//! [`Web`]: a node's HTTP doors, over connections that stay.

use anyhow::{Context, Result, bail, ensure};
use futures::StreamExt as _;
use http_body_util::{BodyExt as _, BodyStream, Full};
use hyper::body::{Bytes, Incoming};
use hyper::{Method, Request, Response};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;
use tokio::sync::mpsc;

/// News that wait to be read.
const NEWS: usize = 4_096;

/// One node's HTTP doors.
#[derive(Clone, Debug)]
pub struct Web {
    client: Client<HttpConnector, Full<Bytes>>,
    pub address: String,
    token: String,
}

/// One server-sent event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct News {
    pub name: String,
    pub data: Value,
}

impl Web {
    /// Returns the doors at `http://HOST:PORT` that a token opens.
    #[must_use]
    pub fn new(address: &str, token: &str) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        let client = Client::builder(TokioExecutor::new()).build(connector);
        Self { client, address: address.to_owned(), token: token.trim().to_owned() }
    }

    /// Sends a request, with these headers and body.
    ///
    /// # Errors
    /// If there is no answer.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Vec<u8>,
    ) -> Result<Response<Incoming>> {
        let mut request = Request::builder().method(method).uri(format!("{}{path}", self.address));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Full::new(Bytes::from(body))).context("building a request")?;
        self.client.request(request).await.with_context(|| format!("asking for {path}"))
    }

    /// Asks the API; the answer must be a success.
    ///
    /// # Errors
    /// If it is none.
    pub async fn ask(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Value> {
        let bearer = format!("Bearer {}", self.token);
        let media_type = match method {
            Method::PATCH => "application/merge-patch+json",
            _ => "application/json",
        };
        let headers = [("authorization", bearer.as_str()), ("content-type", media_type)];
        let bytes = body.map(|body| body.to_string().into_bytes()).unwrap_or_default();
        let answer = self.send(method, &format!("/api/v1{path}"), &headers, bytes).await?;
        let status = answer.status();
        let bytes = answer.into_body().collect().await.context("reading an answer")?.to_bytes();
        ensure!(status.is_success(), "{path}: {status} {}", String::from_utf8_lossy(&bytes));
        if bytes.is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_slice(&bytes).with_context(|| format!("reading {path}"))
    }

    /// Gets something from the API.
    ///
    /// # Errors
    /// If it is not there.
    pub async fn get(&self, path: &str) -> Result<Value> {
        self.ask(Method::GET, path, None).await
    }

    /// Posts something to the API.
    ///
    /// # Errors
    /// If it is refused.
    pub async fn post(&self, path: &str, body: &Value) -> Result<Value> {
        self.ask(Method::POST, path, Some(body)).await
    }

    /// Returns the sum of a metric's values over all its labels.
    ///
    /// # Errors
    /// If the node has no such metric.
    pub async fn metric(&self, name: &str) -> Result<f64> {
        let answer = self.send(Method::GET, "/metrics", &[], Vec::new()).await?;
        let bytes = answer.into_body().collect().await.context("reading metrics")?.to_bytes();
        let text = String::from_utf8_lossy(&bytes);
        let values = text.lines().filter(|line| line.starts_with(name));
        let values: Vec<f64> =
            values.filter_map(|line| line.rsplit_once(' ')?.1.parse().ok()).collect();
        ensure!(!values.is_empty(), "no metric is called {name}");
        Ok(values.iter().sum())
    }

    /// Hears what changes at the node from now on, until the receiver is dropped.
    ///
    /// # Errors
    /// If the node does not tell.
    pub async fn events(&self) -> Result<mpsc::Receiver<News>> {
        let bearer = format!("Bearer {}", self.token);
        let headers = [("authorization", bearer.as_str())];
        let answer = self.send(Method::GET, "/api/v1/events", &headers, Vec::new()).await?;
        ensure!(answer.status().is_success(), "events: {}", answer.status());
        let (told, heard) = mpsc::channel(NEWS);
        tokio::spawn(async move {
            let mut body = BodyStream::new(answer.into_body());
            let mut text = String::new();
            while let Some(Ok(frame)) = body.next().await {
                let Some(bytes) = frame.data_ref() else { continue };
                text.push_str(&String::from_utf8_lossy(bytes));
                while let Some((event, rest)) = text.split_once("\n\n") {
                    let news = news(event);
                    text = rest.to_owned();
                    if let Some(news) = news
                        && told.send(news).await.is_err()
                    {
                        return;
                    }
                }
            }
        });
        Ok(heard)
    }

    /// Signs in with the node's start link, and returns the cookie.
    ///
    /// # Errors
    /// If the node does not let anybody in with it.
    pub async fn sign_in(&self, login_url: &str) -> Result<String> {
        let path = login_url.strip_prefix(&self.address).context("a link to another node")?;
        let link = path.split_once('=').context("a start link without its word")?.1;
        let page = self.send(Method::GET, path, &[], Vec::new()).await?;
        let body = format!("link={link}&token=");
        let cookie = cookie(&page);
        let mut headers = vec![
            ("origin", self.address.as_str()),
            ("content-type", "application/x-www-form-urlencoded"),
        ];
        if let Some(cookie) = &cookie {
            headers.push(("cookie", cookie));
        }
        let answer = self.send(Method::POST, "/start", &headers, body.into_bytes()).await?;
        match super::web::cookie(&answer) {
            Some(cookie) => Ok(cookie),
            None => bail!("the start link was not taken: {}", answer.status()),
        }
    }
}

fn cookie(answer: &Response<Incoming>) -> Option<String> {
    let set = answer.headers().get("set-cookie")?.to_str().ok()?;
    set.split(';').next().map(str::to_owned)
}

fn news(event: &str) -> Option<News> {
    let part = |name: &str| event.lines().find_map(|line| line.strip_prefix(name));
    let data = serde_json::from_str(part("data:")?.trim()).ok()?;
    Some(News { name: part("event:")?.trim().to_owned(), data })
}

/// Returns the text at a JSON pointer.
///
/// # Errors
/// If there is none.
pub fn text(value: &Value, pointer: &str) -> Result<String> {
    let found = value.pointer(pointer).and_then(Value::as_str);
    Ok(found.with_context(|| format!("no {pointer} in {value}"))?.to_owned())
}
