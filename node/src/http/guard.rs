//! The door that every request passes first: under our own name, and from our own pages.
//!
//! A page of another site in the same browser can send requests to a local port, and a hostile name server can make its
//! own name point here. So the `Host` must be ours, and what may change something must say that it comes from our pages.
//! The API takes no cookie, so a foreign page has nothing to send there.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::http::App;
use crate::http::pages::frame::shut_door;
use crate::http::problem::Problem;

const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
     font-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/// Headers of every answer.
pub(crate) const HEADERS: [(HeaderName, &str); 6] = [
    (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    // With `no-referrer` browsers would send `Origin: null` with our own forms.
    (header::REFERRER_POLICY, "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (header::X_FRAME_OPTIONS, "DENY"),
];

/// Lets a request through if it came under our name and, where that matters, from our pages.
pub(crate) async fn pass(State(app): State<App>, request: Request, next: Next) -> Response {
    let mut response = match check(&app.hosts(), &request) {
        Ok(()) => next.run(request).await,
        Err(problem) if is_api(request.uri().path()) => problem.into_response(),
        Err(problem) => shut_door(problem),
    };
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    // Only assets say otherwise: their address changes with their content.
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

fn check(hosts: &[String], request: &Request) -> Result<(), Problem> {
    let host = one(request.headers(), &header::HOST).ok_or_else(Problem::wrong_host)?;
    let named = request.uri().authority().map(axum::http::uri::Authority::as_str);
    if !hosts.iter().any(|ours| ours == host) || named.is_some_and(|named| named != host) {
        return Err(Problem::wrong_host());
    }
    let is_safe = [Method::GET, Method::HEAD].contains(request.method())
        && !request.headers().contains_key(header::UPGRADE);
    if is_safe || is_api(request.uri().path()) {
        return Ok(());
    }
    let from = one(request.headers(), &header::ORIGIN);
    if from.and_then(|origin| origin.strip_prefix("http://")) != Some(host) {
        return Err(Problem::cross_origin());
    }
    match request.headers().get("sec-fetch-site").map(HeaderValue::as_bytes) {
        None | Some(b"same-origin") => Ok(()),
        Some(_) => Err(Problem::cross_origin()),
    }
}

/// The value of a header that is there exactly once.
fn one<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?;
    if values.next().is_some() { None } else { value.to_str().ok() }
}

/// Is this path the API's, where only the token counts?
pub(crate) fn is_api(path: &str) -> bool {
    path == "/api" || path.starts_with("/api/")
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;
    use axum::http::StatusCode;

    fn verdict(method: &str, path: &str, headers: &[(&str, &str)]) -> u16 {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let hosts = ["127.0.0.1:8080", "localhost:8080", "[::1]:8080"].map(str::to_owned);
        match check(&hosts, &request.body(Body::empty()).unwrap()) {
            Ok(()) => StatusCode::OK.as_u16(),
            Err(problem) => problem.status.as_u16(),
        }
    }

    #[test]
    fn only_our_own_names_are_answered() {
        for host in ["127.0.0.1:8080", "localhost:8080", "[::1]:8080"] {
            assert_eq!(verdict("GET", "/", &[("host", host)]), 200, "{host}");
        }
        for host in [
            "",
            "127.0.0.1",
            "localhost",
            "127.0.0.1:8081",
            "evil.example",
            "evil.example:8080",
            "localhost.:8080",
            "127.0.0.1:8080.evil.example",
            "localhost:8080@evil.example",
            "LOCALHOST:8080 ",
            "0.0.0.0:8080",
            "127.1:8080",
            "2130706433:8080",
        ] {
            assert_eq!(verdict("GET", "/", &[("host", host)]), 421, "{host}");
            assert_eq!(verdict("GET", "/api/v1/status", &[("host", host)]), 421, "{host}");
        }
        assert_eq!(verdict("GET", "/", &[]), 421);
        assert_eq!(
            verdict("GET", "/", &[("host", "localhost:8080"), ("host", "evil.example")]),
            421
        );
        assert_eq!(verdict("GET", "http://evil.example/", &[("host", "localhost:8080")]), 421);
    }

    #[test]
    fn changes_come_from_our_own_pages_only() {
        let host = ("host", "localhost:8080");
        for method in ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PURGE"] {
            let ours = ("origin", "http://localhost:8080");
            assert_eq!(verdict(method, "/workspaces", &[host, ours]), 200, "{method}");
            assert_eq!(
                verdict(method, "/workspaces", &[host, ours, ("sec-fetch-site", "same-origin")]),
                200
            );
            for site in ["same-site", "cross-site", "none", ""] {
                assert_eq!(
                    verdict(method, "/workspaces", &[host, ours, ("sec-fetch-site", site)]),
                    403,
                    "{site}"
                );
            }
            for origin in [
                "null",
                "",
                "http://evil.example",
                "http://localhost:8081",
                "http://localhost",
                "https://localhost:8080",
                "http://127.0.0.1:8080",
                "http://localhost:8080.evil.example",
                "http://localhost:8080/",
            ] {
                assert_eq!(
                    verdict(method, "/workspaces", &[host, ("origin", origin)]),
                    403,
                    "{origin}"
                );
            }
            assert_eq!(verdict(method, "/workspaces", &[host]), 403, "no origin");
            assert_eq!(
                verdict(method, "/api/v1/workspaces", &[host]),
                200,
                "the token decides there"
            );
        }
    }

    #[test]
    fn a_web_socket_opens_from_our_own_pages_only() {
        let base = [("host", "localhost:8080"), ("upgrade", "websocket")];
        let with = |origin| [base.as_slice(), &[("origin", origin)]].concat();
        assert_eq!(verdict("GET", "/live/x", &with("http://localhost:8080")), 200);
        for origin in ["null", "http://evil.example", "http://localhost:8081"] {
            assert_eq!(verdict("GET", "/live/x", &with(origin)), 403, "{origin}");
        }
        assert_eq!(verdict("GET", "/live/x", &base), 403);
    }
}
