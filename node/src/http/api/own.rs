//! This organisation's own computers, and what it says of itself.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use crdt_schema::codec;
use crdt_schema::identity::{Name, NodeId};
use crdt_schema::limits;
use crdt_schema::membership::{Profile, Revocation};
use engine::Reader;
use engine::input::Command;
use engine::view::ComputerView;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::http::App;
use crate::http::api::paging::Page;
use crate::http::api::time;
use crate::http::extract::{self, Id, Params};
use crate::http::problem::Problem;

/// How long a code for a computer lasts unless somebody says otherwise.
pub(crate) const CODE_LASTS: Duration = Duration::from_secs(60 * 60);

pub(crate) async fn nodes(
    State(app): State<App>,
    Params(page): Params<Page>,
) -> Result<Json<Value>, Problem> {
    let nodes = app.handle().read(|node| node.computers()).await?;
    let shown = |computer: &ComputerView| {
        json!({
            "id": computer.id,
            "this": computer.is_this,
            "ended": computer.has_ended,
            "connected": computer.connected,
            "added_at": computer.added.map(time),
            "added_by": computer.added_by,
        })
    };
    page.of(nodes, |computer| computer.id, shown).map(Json)
}

/// How a node is ended.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct End {
    /// The root key's word, hexadecimal, if the recovery words were given.
    #[serde(default)]
    word: Option<String>,
}

pub(crate) async fn end(
    State(app): State<App>,
    Id(node): Id<NodeId>,
    extract::Json(end): extract::Json<End>,
) -> Result<StatusCode, Problem> {
    let word = end.word.as_deref().map(revocation).transpose()?;
    app.handle().act(Command::RevokeNode { node, word }).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn revocation(text: &str) -> Result<Revocation, Problem> {
    let refused = || Problem::malformed("word is no word of a root key");
    let bytes = hex::decode(text).map_err(|_| refused())?;
    codec::decode(&bytes, limits::ENTRY_BYTES).map_err(|_| refused())
}

/// What an organisation says of itself.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Said {
    /// The name people know it by now.
    #[serde(default)]
    name: Option<Name>,
    #[serde(default)]
    identifiers: Vec<Identifier>,
    #[serde(default)]
    domain: Option<String>,
}

/// A registered identifier.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Identifier {
    /// The list's code of <https://org-id.guide>, such as `GB-CHC`.
    list: String,
    number: String,
}

pub(crate) async fn profile(State(app): State<App>) -> Result<Json<Value>, Problem> {
    app.handle().read(|node| Json(profile_json(node))).await.map_err(Into::into)
}

pub(crate) fn profile_json(node: &Reader<'_>) -> Value {
    let card = node.card().clone();
    let workspaces = node.workspaces();
    let mut members = workspaces.iter().flat_map(|workspace| node.members(&workspace.id));
    let own = members.find(|member| member.is_self);
    let profile = own.map(|own| own.profile).unwrap_or_default();
    let identifiers: Vec<Value> = profile
        .identifiers
        .iter()
        .map(|(list, number)| json!({"list": list, "number": number}))
        .collect();
    json!({
        "id": card.organization,
        "name": profile.name.unwrap_or(card.name),
        "sector": card.sector,
        "identifiers": identifiers,
        "domain": profile.domain,
    })
}

pub(crate) async fn describe(
    State(app): State<App>,
    extract::Json(said): extract::Json<Said>,
) -> Result<Json<Value>, Problem> {
    let profile = Profile {
        name: said.name,
        identifiers: said.identifiers.into_iter().map(|it| (it.list, it.number)).collect(),
        domain: said.domain,
    };
    if !profile.is_bounded() {
        return Err(Problem::malformed(
            "give at most eight identifiers, each a list's code such as GB-CHC and a number, and a domain of at most 253 letters",
        ));
    }
    app.handle().act(Command::Describe { profile }).await?;
    app.handle().read(|node| Json(profile_json(node))).await.map_err(Into::into)
}
