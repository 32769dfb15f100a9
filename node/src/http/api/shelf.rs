//! The files of the public shelf, for whoever writes them into a folder.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::http::App;
use crate::http::extract::Params;
use crate::http::problem::Problem;
use crate::http::shelf::site;

pub(crate) async fn list(State(app): State<App>) -> Result<Json<Value>, Problem> {
    Ok(Json(json!({"files": site::paths(&app).await?})))
}

/// Which file is wanted.
#[derive(Debug, Deserialize)]
pub(crate) struct Wanted {
    path: String,
}

pub(crate) async fn file(
    State(app): State<App>,
    Params(Wanted { path }): Params<Wanted>,
) -> Result<Response, Problem> {
    let file = site::file(&app, &path).await?.ok_or_else(Problem::not_found)?;
    // It goes to a program: a browser that was led here must not show it as one of this node's pages.
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(file.media_type)),
        (header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment")),
    ];
    Ok((headers, file.bytes).into_response())
}
