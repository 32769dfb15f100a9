//! The shelf's own door: anybody may come, nobody is known, and nothing can be changed.
//!
//! Everything about a visitor is bounded: how many come at once, how long each stays, how much is asked in a second, and how
//! many answers are made at the same time. What is not on the shelf is answered with the same bytes, whatever it is.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use askama::Template as _;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header};
use crdt_schema::identity::Timestamp;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use sha2::{Digest as _, Sha256};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tracing::debug;
use web_ui::pages::shelf::ShelfMissing;

use super::site::{self, File};
use crate::clock;
use crate::http::{App, guard};

/// Visitors at once; who comes next waits at the door.
const VISITORS: usize = 256;
/// How long a visitor may take to say what is wanted.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long a visitor may stay.
const STAY: Duration = Duration::from_secs(120);
/// Bytes of what a visitor says.
const HEAD_BYTES: usize = 16 * 1024;
/// Answers that are made at the same time, so that the node's own people do not wait for the public.
const AT_ONCE: usize = 4;
/// Answers in a second, and how many may come in a burst.
const PACE: u64 = 100;
const BURST: u64 = 300;

/// Pages have no scripts and no forms.
const CONTENT_SECURITY_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'none'; frame-ancestors 'none'; base-uri 'none'",
);

/// The shelf's door, open.
pub(crate) struct Open {
    pub(crate) at: SocketAddr,
    serving: JoinHandle<()>,
}

impl Open {
    /// Opens the door; it shuts when the node stops.
    pub(crate) async fn begin(app: App, address: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let at = listener.local_addr()?;
        Ok(Self { at, serving: tokio::spawn(serve(listener, Arc::new(Door::new(app)))) })
    }

    /// Waits until it is shut.
    pub(crate) async fn shut(self) {
        // It was told to by the node, which stops.
        let _ended = self.serving.await;
    }
}

async fn serve(listener: TcpListener, door: Arc<Door>) {
    let visitors = Arc::new(Semaphore::new(VISITORS));
    let stopping = door.app.stopping();
    tokio::pin!(stopping);
    loop {
        let came = async {
            let place = Arc::clone(&visitors).acquire_owned().await;
            (place, listener.accept().await)
        };
        tokio::select! {
            () = &mut stopping => break,
            (place, accepted) = came => match accepted {
                Ok((stream, _)) => {
                    let door = Arc::clone(&door);
                    tokio::spawn(async move {
                        let _leaves = place;
                        welcome(stream, door).await;
                    });
                }
                Err(error) => {
                    debug!(%error, "a visitor did not come in");
                    // Out of file handles: some come free when visitors leave.
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            },
        }
    }
}

async fn welcome(stream: TcpStream, door: Arc<Door>) {
    let stopping = door.app.stopping();
    let service = service_fn(move |request: Request<hyper::body::Incoming>| {
        let door = Arc::clone(&door);
        async move {
            let (parts, _) = request.into_parts();
            Ok::<_, Infallible>(door.answer(&parts.method, parts.uri.path(), &parts.headers).await)
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(PATIENCE)
        .max_buf_size(HEAD_BYTES)
        .serve_connection(TokioIo::new(stream), service);
    tokio::select! {
        () = stopping => {}
        stayed = tokio::time::timeout(STAY, connection) => {
            if let Ok(Err(error)) = stayed {
                debug!(%error, "a visitor left early");
            }
        }
    }
}

/// Who answers at the door.
pub(crate) struct Door {
    app: App,
    answers: Semaphore,
    pace: Mutex<Pace>,
    missing: Bytes,
}

impl Door {
    pub(crate) fn new(app: App) -> Self {
        let missing = ShelfMissing.render().unwrap_or_default().into();
        let pace = Mutex::new(Pace::new(clock::steady()));
        Self { app, answers: Semaphore::new(AT_ONCE), pace, missing }
    }

    /// Answers a request.
    pub(crate) async fn answer(
        &self,
        method: &Method,
        path: &str,
        headers: &HeaderMap,
    ) -> Response<Body> {
        let mut answer = if ![Method::GET, Method::HEAD].contains(method) {
            let allow = [(header::ALLOW, "GET, HEAD")];
            plain(StatusCode::METHOD_NOT_ALLOWED, allow, "Only reading is possible here.\n")
        } else if !self.may_ask() {
            let later = [(header::RETRY_AFTER, "2")];
            plain(
                StatusCode::TOO_MANY_REQUESTS,
                later,
                "Too much is asked at once. Try again soon.\n",
            )
        } else {
            self.give(path, headers).await
        };
        let headers = answer.headers_mut();
        for (name, value) in guard::HEADERS {
            headers.insert(name, HeaderValue::from_static(value));
        }
        headers.insert(header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY);
        answer
    }

    fn may_ask(&self) -> bool {
        self.pace.lock().unwrap_or_else(PoisonError::into_inner).take(clock::steady())
    }

    async fn give(&self, path: &str, headers: &HeaderMap) -> Response<Body> {
        let path = path.trim_start_matches('/');
        let path = match path {
            "" => "index.html".to_owned(),
            folder if folder.ends_with('/') => format!("{folder}index.html"),
            path => path.to_owned(),
        };
        // An error would mean that the semaphore was closed, which nobody does.
        let _turn = self.answers.acquire().await;
        match site::file(&self.app, &path).await {
            Ok(Some(file)) => hand_over(file, headers),
            Ok(None) => self.nothing(),
            Err(problem) => {
                debug!(?problem, "a file of the shelf cannot be made");
                let later = [(header::RETRY_AFTER, "10")];
                plain(StatusCode::SERVICE_UNAVAILABLE, later, "This cannot be shown just now.\n")
            }
        }
    }

    fn nothing(&self) -> Response<Body> {
        let mut answer = Response::new(Body::from(self.missing.clone()));
        *answer.status_mut() = StatusCode::NOT_FOUND;
        let html = HeaderValue::from_static("text/html; charset=utf-8");
        answer.headers_mut().insert(header::CONTENT_TYPE, html);
        answer.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        answer
    }
}

fn hand_over(file: File, asked: &HeaderMap) -> Response<Body> {
    let tag = format!("\"{}\"", hex::encode(Sha256::digest(&file.bytes)));
    let is_known =
        asked.get(header::IF_NONE_MATCH).is_some_and(|sent| sent.as_bytes() == tag.as_bytes());
    let mut answer = if is_known {
        let mut answer = Response::new(Body::empty());
        *answer.status_mut() = StatusCode::NOT_MODIFIED;
        answer
    } else {
        Response::new(Body::from(file.bytes))
    };
    let keep = if file.is_lasting { "public, max-age=31536000, immutable" } else { "no-cache" };
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(file.media_type));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(keep));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        headers.insert(header::ETAG, tag);
    }
    answer
}

fn plain(
    status: StatusCode,
    [(name, value)]: [(header::HeaderName, &'static str); 1],
    words: &'static str,
) -> Response<Body> {
    let mut answer = Response::new(Body::from(words));
    *answer.status_mut() = status;
    let headers = answer.headers_mut();
    headers.insert(name, HeaderValue::from_static(value));
    let text = HeaderValue::from_static("text/plain; charset=utf-8");
    headers.insert(header::CONTENT_TYPE, text);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

/// How much may still be asked: [`PACE`] more each second, [`BURST`] at most. Counted in thousandths.
struct Pace {
    left: u64,
    at: Timestamp,
}

impl Pace {
    const fn new(now: Timestamp) -> Self {
        Self { left: BURST * 1_000, at: now }
    }

    fn take(&mut self, now: Timestamp) -> bool {
        let more = now.0.saturating_sub(self.at.0).saturating_mul(PACE);
        self.left = self.left.saturating_add(more).min(BURST * 1_000);
        self.at = now;
        let may = self.left >= 1_000;
        if may {
            self.left -= 1_000;
        }
        may
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_a_burst_visitors_ask_at_a_steady_pace() {
        let mut pace = Pace::new(Timestamp(5_000));
        let taken = |pace: &mut Pace, now: u64| -> u64 {
            (0..1_000).map(|_| u64::from(pace.take(Timestamp(now)))).sum()
        };
        assert_eq!(taken(&mut pace, 5_000), BURST);
        assert_eq!(taken(&mut pace, 5_000), 0);
        assert_eq!(taken(&mut pace, 6_000), PACE);
        assert_eq!(taken(&mut pace, 900_000), BURST);
        assert_eq!(taken(&mut pace, 100), 0, "a clock that steps back gives nothing");
    }
}
