//! Checking, repairing and backing up what is kept.

use std::io::{self, BufWriter};

use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use serde_json::Value;
use tokio::sync::mpsc;

use crate::backup::ToPieces;
use crate::http::App;
use crate::http::problem::Problem;
use crate::upkeep::{self, UpkeepError};

/// Pieces of a backup that wait for whoever reads it.
const PIECES: usize = 4;
/// Bytes of a piece.
const PIECE: usize = 256 * 1024;

pub(crate) async fn check(State(app): State<App>) -> Result<Json<Value>, Problem> {
    upkeep::check(app.handle(), app.data()).await.map(Json).map_err(problem)
}

pub(crate) async fn repair(State(app): State<App>) -> Result<Json<Value>, Problem> {
    upkeep::repair(app.handle(), app.data()).await.map(Json).map_err(problem)
}

fn problem(error: UpkeepError) -> Problem {
    match error {
        UpkeepError::Stopped(stopped) => stopped.into(),
        error => Problem::storage(&error),
    }
}

/// Everything in the store at one moment, without the secret files of the data folder.
pub(crate) async fn back_up(State(app): State<App>) -> impl IntoResponse {
    let (sender, mut pieces) = mpsc::channel::<io::Result<Bytes>>(PIECES);
    let store = app.handle().store.clone();
    tokio::task::spawn_blocking(move || {
        let mut out = BufWriter::with_capacity(PIECE, ToPieces(sender.clone()));
        if let Err(error) = store.back_up(&mut out, &[]) {
            tracing::warn!(%error, "a backup was not finished");
            // Whoever reads must not take it for whole; without its end it is none anyway.
            let _gone = sender.blocking_send(Err(io::Error::other(error)));
        }
    });
    let stream = futures::stream::poll_fn(move |context| pieces.poll_recv(context));
    ([(header::CONTENT_TYPE, "application/octet-stream")], Body::from_stream(stream))
}
