//! The JSON API under `/api/v1`, for programs: the bearer token alone opens it. `api/openapi.json` is its reference.

pub(crate) mod status;
pub(crate) mod workspaces;
pub(crate) mod members;
pub(crate) mod lasts;
pub(crate) mod changes;
pub(crate) mod decisions;
pub(crate) mod record;
pub(crate) mod documents;
pub(crate) mod search;
pub(crate) mod edit;
pub(crate) mod suggestions;
pub(crate) mod comments;
pub(crate) mod signatures;
pub(crate) mod versions;
pub(crate) mod copies;
pub(crate) mod shelves;
pub(crate) mod looks;
pub(crate) mod publish;
pub(crate) mod shelf;
pub(crate) mod audience;
pub(crate) mod export;
pub(crate) mod markdown;
pub(crate) mod import;
pub(crate) mod crosswalks;
pub(crate) mod events;
pub(crate) mod people;
pub(crate) mod own;
pub(crate) mod upkeep;
pub(crate) mod codes;
pub(crate) mod paging;
pub(crate) mod person;
pub(crate) mod personal;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, delete, get, patch, post, put};
use crdt_schema::identity::{OrganizationId, Timestamp};
use serde_json::{Value, json};
use subtle::ConstantTimeEq as _;

use crate::http::App;
use crate::http::problem::Problem;

/// Where the API stands.
pub(crate) const ROOT: &str = "/api/v1";
/// The reference, in OpenAPI 3.1.
const OPENAPI: &str = include_str!("api/openapi.json");

/// Every path of the API below [`ROOT`]. A test holds it against the reference.
fn routes() -> Vec<(&'static str, MethodRouter<App>)> {
    let mut routes = vec![
        ("/status", get(status::show)),
        ("/organizations/{org}/call", post(status::call)),
        ("/workspaces", get(workspaces::list).post(workspaces::create)),
        ("/workspaces/{w}", get(workspaces::show)),
        ("/workspaces/{w}/invites", get(members::invites).post(members::invite)),
        ("/workspaces/{w}/invites/{i}", delete(members::revoke)),
        ("/join", post(members::join)),
        ("/nodes", get(own::nodes)),
        ("/nodes/codes", get(codes::list).post(codes::create)),
        ("/nodes/codes/{c}", delete(codes::withdraw)),
        ("/nodes/{n}", delete(own::end)),
        ("/check", get(upkeep::check)),
        ("/repair", post(upkeep::repair)),
        ("/backup", get(upkeep::back_up)),
        ("/personal", post(personal::look)),
        ("/profile", get(own::profile).put(own::describe)),
        ("/people", get(people::list).post(people::add)),
        ("/people/{p}/password", put(people::password)),
        ("/workspaces/{w}/members", get(members::list)),
        ("/workspaces/{w}/members/{org}", patch(members::change).delete(members::remove)),
        ("/workspaces/{w}/members/{org}/approval", post(members::approve)),
        ("/workspaces/{w}/members/{org}/decline", post(members::decline)),
        ("/workspaces/{w}/members/{org}/suspend", post(members::suspend)),
        ("/workspaces/{w}/proposals", get(decisions::list).post(decisions::propose)),
        ("/workspaces/{w}/proposals/{p}", get(decisions::show)),
        ("/workspaces/{w}/proposals/{p}/approvals", post(decisions::agree)),
        ("/workspaces/{w}/proposals/{p}/objections", post(decisions::object)),
        ("/workspaces/{w}/consequences", post(decisions::consequences)),
        ("/workspaces/{w}/history", get(record::history)),
        ("/workspaces/{w}/audit", get(record::audit)),
        ("/workspaces/{w}/refusals", get(record::refusals)),
        ("/workspaces/{w}/documents", get(documents::list).post(edit::create)),
        ("/workspaces/{w}/import", post(import::take)),
        ("/workspaces/{w}/crosswalks", post(crosswalks::create)),
        ("/search", get(search::find)),
        ("/workspaces/{w}/forks", large(post(copies::fork_file))),
        ("/workspaces/{w}/forks/link", post(shelves::fork)),
        ("/shelves", get(shelves::list).post(shelves::follow).delete(shelves::stop)),
        ("/shelves/documents", get(shelves::look)),
        ("/shelves/seen", post(shelves::see)),
        ("/shelves/looks", put(shelves::choose)),
        ("/shelf", get(shelf::list)),
        ("/shelf/file", get(shelf::file)),
        ("/schemas/{kind}", get(documents::schema)),
        ("/events", get(events::stream)),
    ];
    routes.extend(document_routes());
    routes
}

fn document_routes() -> Vec<(&'static str, MethodRouter<App>)> {
    vec![
        ("/documents/{d}", get(documents::show).patch(edit::change)),
        ("/documents/{d}/audience", get(audience::show).put(audience::change)),
        ("/documents/{d}/readers", get(audience::readers)),
        ("/documents/{d}/refusals", get(record::not_counted)),
        ("/documents/{d}/suggestions", get(suggestions::list).post(suggestions::suggest)),
        ("/documents/{d}/suggestions/{s}", get(suggestions::show)),
        ("/documents/{d}/suggestions/{s}/answers", post(suggestions::answer)),
        ("/documents/{d}/comments", get(comments::list).post(comments::comment)),
        ("/documents/{d}/comments/{c}", get(comments::show).delete(comments::take_back)),
        ("/documents/{d}/comments/{c}/replies", post(comments::reply)),
        ("/documents/{d}/positions", get(comments::positions)),
        ("/documents/{d}/signatures", get(signatures::list).post(signatures::sign)),
        ("/documents/{d}/signatures/{s}", get(signatures::show)),
        ("/documents/{d}/signatures/{s}/withdrawal", post(signatures::withdraw)),
        ("/documents/{d}/versions", get(versions::list).post(versions::name)),
        ("/documents/{d}/versions/{s}", delete(versions::take_back)),
        ("/documents/{d}/restore", post(versions::restore)),
        ("/documents/{d}/publish", get(publish::look).post(publish::post)),
        ("/documents/{d}/authors", get(versions::authors)),
        ("/documents/{d}/fork", post(copies::fork)),
        ("/documents/{d}/upstream", large(get(copies::upstream).put(copies::give))),
        ("/documents/{d}/upstream/fetch", post(shelves::fetch)),
        ("/documents/{d}/pull", post(copies::pull)),
        ("/documents/{d}/offer", post(copies::offer)),
        ("/documents/{d}/copies", get(copies::list)),
        ("/documents/{d}/history", get(documents::history)),
        ("/documents/{d}/diff", get(documents::diff)),
        ("/documents/{d}/export", get(export::give)),
    ]
}

/// Lets a route take what is larger than most bodies.
fn large(methods: MethodRouter<App>) -> MethodRouter<App> {
    methods.layer(DefaultBodyLimit::max(copies::BUNDLE_BYTES))
}

/// Returns every path of the API below [`ROOT`].
#[cfg(test)]
pub(crate) fn paths() -> Vec<&'static str> {
    routes().into_iter().map(|(path, _)| path).collect()
}

/// Returns the API with its guard.
pub(crate) fn router(app: &App) -> Router<App> {
    let api =
        routes().into_iter().fold(Router::new(), |api, (path, methods)| api.route(path, methods));
    let api = api
        .fallback(async || Problem::not_found())
        .method_not_allowed_fallback(async || Problem::wrong_method())
        .layer(middleware::from_fn_with_state(app.clone(), token_needed));
    // The reference says nothing about this node: it needs no token.
    Router::new().nest(ROOT, api).route(&format!("{ROOT}/openapi.json"), get(openapi))
}

async fn openapi() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], OPENAPI)
}

async fn token_needed(State(app): State<App>, request: Request, next: Next) -> Response {
    if is_right(request.headers(), app.token()) {
        next.run(request).await
    } else {
        Problem::token_needed().into_response()
    }
}

fn is_right(headers: &HeaderMap, token: &str) -> bool {
    let sent = headers.get(header::AUTHORIZATION).map(HeaderValue::as_bytes);
    let Some((scheme, sent)) = sent.and_then(|sent| sent.split_at_checked(7)) else { return false };
    scheme.eq_ignore_ascii_case(b"bearer ") && bool::from(sent.ct_eq(token.as_bytes()))
}

/// Returns an organisation as the API shows it in passing.
pub(crate) fn organization(id: &OrganizationId, name: &str) -> Value {
    json!({"id": id, "name": name})
}

/// Returns a time as the API shows it (RFC 3339).
pub(crate) fn time(time: Timestamp) -> String {
    let milliseconds = i64::try_from(time.0).unwrap_or(i64::MAX);
    jiff::Timestamp::from_millisecond(milliseconds).unwrap_or(jiff::Timestamp::MAX).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_whole_token_after_bearer_opens() {
        let verdict = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::AUTHORIZATION, value.parse().unwrap());
            is_right(&headers, "secret")
        };
        assert!(verdict("Bearer secret") && verdict("bearer secret"));
        for wrong in [
            "",
            "secret",
            "Bearer",
            "Bearer ",
            "Bearer secre",
            "Bearer secrets",
            "Basic secret",
            "Bearer  secret",
        ] {
            assert!(!verdict(wrong), "{wrong:?}");
        }
        assert!(!is_right(&HeaderMap::new(), "secret"));
    }

    #[test]
    fn times_are_written_as_rfc_3339() {
        assert_eq!(time(Timestamp(0)), "1970-01-01T00:00:00Z");
        assert_eq!(time(Timestamp(1_795_300_000_123)), "2026-11-21T22:26:40.123Z");
        assert!(time(Timestamp(u64::MAX)).starts_with("9999-12-30"));
    }
}
