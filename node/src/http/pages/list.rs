//! Changing the lists of a document: add, move, remove, bring back.

use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use crdt_schema::document::{Edit, FieldPath, ItemId};
use crdt_schema::heads::Heads;
use crdt_schema::identity::{DocumentId, Kind};
use engine::Reader;
use serde::Deserialize;
use serde_json::{Value, json};
use web_ui::forms::part::ListAction;
use web_ui::pages::edit::RemoveItem;
use web_ui::parts;
use web_ui::urls;
use web_ui::words::a;

use super::document::{self, Opened, keys_at, shown};
use super::edit::{current_keys, value_at};
use super::frame::{self, Refusal, Signed};
use super::posted::Form;
use crate::http::App;
use crate::http::api::documents::{content_at, known_form};
use crate::http::api::edit::change_with;
use crate::http::extract::Id;
use crate::http::problem::Problem;

/// Letters of an item shown before it is removed.
const SUMMARY_LETTERS: usize = 300;
/// The list whose items carry a number of their own.
const STEPS: &str = "/body/steps";

pub(crate) async fn change(
    State(app): State<App>,
    Id(id): Id<DocumentId>,
    form: Form,
) -> Result<Response, Refusal> {
    let Form { signed, posted, .. } = form;
    let base = known_form(posted.get("heads"))?;
    let action = ListAction::parse(posted.get("action")).ok_or(Refusal::NotFound)?;
    let is_new = matches!(action, ListAction::Add(_));
    let list = match &action {
        ListAction::Add(list) => list.clone(),
        ListAction::Up(path)
        | ListAction::Down(path)
        | ListAction::Remove(path)
        | ListAction::BringBack(path) => {
            path.rsplit_once('/').map(|(list, _)| list.to_owned()).unwrap_or_default()
        }
    };
    let kind = app.handle().read(move |node| node.document(&id).map(|view| view.kind)).await?;
    let kind = kind.ok_or(Refusal::NotFound)?;
    let word = a(parts::item_word(kind, &list));
    let (plan, at) = (action.clone(), base.clone());
    let (edits, base) = app.handle().read(move |node| planned(node, &id, &at, &plan)).await??;
    if !edits.is_empty() {
        change_with(&app, id, Some(base), edits, signed.person()).await?;
    }
    let (done, back) = match action {
        ListAction::Add(_) => ("Added", own_page(&app, id, kind, &list).await?),
        ListAction::Up(_) | ListAction::Down(_) => ("Moved", None),
        ListAction::Remove(_) => ("Removed", None),
        ListAction::BringBack(_) => ("Brought back", None),
    };
    let what = match done {
        "Removed" => format!("{done} {word}. You can bring it back from the history."),
        _ if is_new => format!("{done} {word}. Fill it in."),
        _ => format!("{done} {word}."),
    };
    app.banners().put(&signed, what);
    let back = back.unwrap_or_else(|| own_back(id, posted.get("back")));
    Ok(Redirect::to(&back).into_response())
}

/// Returns a page of this document to go back to.
fn own_back(id: DocumentId, back: &str) -> String {
    let is_own = back
        .strip_prefix(&urls::document(id))
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    if is_own && !back.chars().any(char::is_control) { back.to_owned() } else { urls::edit(id) }
}

/// Returns the page of a list's newest item, if its items have pages of their own.
async fn own_page(
    app: &App,
    id: DocumentId,
    kind: Kind,
    list: &str,
) -> Result<Option<String>, Refusal> {
    let Some(part) = parts::of(kind).iter().find(|part| part.is_item && part.root == list) else {
        return Ok(None);
    };
    let path: FieldPath = list.parse().map_err(|_| Refusal::NotFound)?;
    let last = app
        .handle()
        .read(move |node| Ok::<_, engine::Refused>(node.open(&id)?.items(&path).pop()))
        .await??;
    Ok(last.map(|item| urls::edit_part(id, &part.slug, item.as_str())))
}

/// Returns the edits that an action means to somebody who saw this version, and the version to make them on.
fn planned(
    node: &mut Reader<'_>,
    id: &DocumentId,
    base: &Heads,
    action: &ListAction,
) -> Result<(Vec<Edit>, Heads), Problem> {
    let here = |path: &str| path.parse::<FieldPath>().map_err(|_| Problem::not_found());
    let edits = match action {
        ListAction::Add(list) => add(node, id, base, &here(list)?)?,
        ListAction::Up(path) => moved(node, id, base, &here(path)?, true)?,
        ListAction::Down(path) => moved(node, id, base, &here(path)?, false)?,
        ListAction::Remove(path) => vec![Edit::Remove { path: here(path)? }],
        ListAction::BringBack(path) => {
            let now = node.open(id)?.heads();
            return Ok((brought_back(node, id, base, &here(path)?)?, now));
        }
    };
    Ok((edits, base.clone()))
}

fn add(
    node: &mut Reader<'_>,
    id: &DocumentId,
    base: &Heads,
    list: &FieldPath,
) -> Result<Vec<Edit>, Problem> {
    let content = content_at(node, id, Some(base))?;
    let keys = keys_at(node, id, &content, base)?;
    let items = node.open(id)?.items_at(list, base);
    let value = if list.to_string() == STEPS {
        json!({"step": items.len() + 1, "detail": ""})
    } else {
        json!({})
    };
    let before = value_at(&content, &keys, &list.to_string());
    if before.is_some_and(Value::is_array) {
        return Ok(vec![Edit::Insert { list: list.clone(), after: items.last().cloned(), value }]);
    }
    let mut edits = super::edit::parents(&content, &keys, list);
    edits.push(Edit::Set { path: list.clone(), value: json!([value]) });
    Ok(edits)
}

fn item_of(path: &FieldPath) -> Result<(FieldPath, ItemId), Problem> {
    let (list, item) = path.split_last().ok_or_else(Problem::not_found)?;
    let item = item.parse().map_err(|_| Problem::not_found())?;
    Ok((list, item))
}

fn moved(
    node: &mut Reader<'_>,
    id: &DocumentId,
    base: &Heads,
    path: &FieldPath,
    is_up: bool,
) -> Result<Vec<Edit>, Problem> {
    let (list, item) = item_of(path)?;
    let items = node.open(id)?.items_at(&list, base);
    let place = items.iter().position(|known| *known == item).ok_or_else(Problem::not_found)?;
    let after = if is_up {
        if place == 0 {
            return Ok(Vec::new());
        }
        place.checked_sub(2).and_then(|before| items.get(before)).cloned()
    } else {
        match items.get(place + 1) {
            Some(next) => Some(next.clone()),
            None => return Ok(Vec::new()),
        }
    };
    Ok(vec![Edit::Move { list, item, after }])
}

/// Puts an item of an old version back behind the nearest item before it that is still there.
fn brought_back(
    node: &mut Reader<'_>,
    id: &DocumentId,
    then: &Heads,
    path: &FieldPath,
) -> Result<Vec<Edit>, Problem> {
    let (list, item) = item_of(path)?;
    let content = content_at(node, id, Some(then))?;
    let keys = keys_at(node, id, &content, then)?;
    let value =
        value_at(&content, &keys, &path.to_string()).cloned().ok_or_else(Problem::not_found)?;
    let document = node.open(id)?;
    let (before, now) = (document.items_at(&list, then), document.items(&list));
    if now.contains(&item) {
        return Ok(Vec::new());
    }
    let older = before.iter().take_while(|known| **known != item);
    let after = older.filter(|known| now.contains(known)).last().cloned();
    Ok(vec![Edit::Insert { list, after, value }])
}

#[derive(Debug, Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    path: String,
    #[serde(default)]
    back: String,
}

pub(crate) async fn ask(
    State(app): State<App>,
    Id(id): Id<DocumentId>,
    Query(Asked { path, back }): Query<Asked>,
    signed: Signed,
) -> Result<Response, Refusal> {
    let Opened { chrome, head, content, .. } = document::open(&app, &signed, id).await?;
    let keys = current_keys(&app, id, &content, &head.heads).await?;
    let back = own_back(id, &back);
    let Some(value) = value_at(&content, &keys, &path).filter(|_| head.cannot.is_none()) else {
        // Somebody else has removed it meanwhile.
        return Ok(Redirect::to(&back).into_response());
    };
    let (list, key) = path.rsplit_once('/').unwrap_or_default();
    let number = keys
        .get(list)
        .and_then(|keys| keys.iter().position(|known| known == key))
        .unwrap_or_default()
        + 1;
    let what = format!("{} {number}", parts::item_word(head.kind, list));
    let summary: String = shown(value).chars().take(SUMMARY_LETTERS).collect();
    frame::show(&RemoveItem { chrome, document: head, path, what, summary, back })
}
