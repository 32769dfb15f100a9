//! What may be about a person in what a program sends: `POST /personal` tells before anything is shared, and what was
//! shared is answered with it.

use axum::Json;
use axum::extract::State;
use crdt_schema::documents;
use serde_json::{Value, json};

use crate::http::App;
use crate::http::extract;

/// Looks in any JSON. Nothing of it is kept.
pub(crate) async fn look(
    State(_): State<App>,
    extract::Json(sent): extract::Json<Value>,
) -> Json<Value> {
    Json(json!({"warnings": warnings(&sent)}))
}

/// Says what in a value may be about a person, or tell where a refuge is, as sentences without a full stop.
pub(crate) fn warnings(value: &Value) -> Vec<String> {
    documents::doubts(value)
}

/// Adds them to what is answered.
pub(crate) fn with_warnings(mut answer: Value, warnings: Vec<String>) -> Value {
    if let Some(members) = answer.as_object_mut() {
        members.insert("warnings".to_owned(), json!(warnings));
    }
    answer
}
