//! Codes that add a computer to this organisation.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderName, StatusCode, header};
use crdt_schema::identity::CodeId;
use engine::Done;
use engine::input::Command;
use engine::view::CodeView;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::http::App;
use crate::http::api::lasts::Lasts;
use crate::http::api::paging::Page;
use crate::http::api::{ROOT, time};
use crate::http::extract::{self, Id, Params};
use crate::http::problem::Problem;

pub(crate) async fn list(
    State(app): State<App>,
    Params(page): Params<Page>,
) -> Result<Json<Value>, Problem> {
    let mut codes = app.handle().read(|node| node.codes()).await?;
    codes.sort_by_key(|code| code.id);
    page.of(codes, |code| code.id, shown).map(Json)
}

/// The text is told once, to whoever made it; a list would carry it further than meant.
fn shown(code: &CodeView) -> Value {
    json!({
        "id": code.id,
        "created_at": time(code.created),
        "expires_at": time(code.expires),
        "used_by": code.used,
    })
}

#[derive(Debug, Deserialize)]
pub(crate) struct Terms {
    #[serde(default)]
    expires_in: Option<Lasts>,
}

pub(crate) async fn create(
    State(app): State<App>,
    extract::Json(terms): extract::Json<Terms>,
) -> Result<(StatusCode, [(HeaderName, String); 1], Json<Value>), Problem> {
    let lasts = terms.expires_in.map_or(super::own::CODE_LASTS, |Lasts(lasts)| lasts);
    let Done::Code { id, text, expires } = app.handle().act(Command::CreateCode { lasts }).await?
    else {
        return Err(Problem::stopping());
    };
    let place = [(header::LOCATION, format!("{ROOT}/nodes/codes/{id}"))];
    let body = json!({"id": id, "code": text, "expires_at": time(expires)});
    Ok((StatusCode::CREATED, place, Json(body)))
}

pub(crate) async fn withdraw(
    State(app): State<App>,
    Id(code): Id<CodeId>,
) -> Result<StatusCode, Problem> {
    app.handle().act(Command::RevokeCode { code }).await?;
    Ok(StatusCode::NO_CONTENT)
}
