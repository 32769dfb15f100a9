//! One document: to read, to print, who has access, and choosing between rival values.

use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use crdt_schema::comment::Stance;
use crdt_schema::document::{Edit, FieldPath};
use crdt_schema::heads::Heads;
use crdt_schema::identity::DocumentId;
use engine::Reader;
use engine::view::{ConflictView, DiscussionView, DocumentView, MemberView, Standing};
use serde::Deserialize;
use serde_json::Value;
use web_ui::chrome::{Chrome, Tab};
use web_ui::forms::Field;
use web_ui::pages::read::{Choose, Print, Read};
use web_ui::pages::{Conflict, DocumentHead, Rival};
use web_ui::reading::Content;
use web_ui::words::plain;
use web_ui::{urls, when};

use super::frame::{self, Refusal, Signed};
use super::home;
use super::posted::Form;
use super::signatures;
use super::tags;
use crate::http::App;
use crate::http::api::documents::known_form;
use crate::http::api::edit::change_with;
use crate::http::api::export;
use crate::http::extract::Id;

/// A document as every page about it needs it.
pub(crate) struct Opened {
    pub(crate) chrome: Chrome,
    pub(crate) head: DocumentHead,
    pub(crate) view: DocumentView,
    pub(crate) content: Value,
    pub(crate) conflicts: Vec<Conflict>,
    pub(crate) members: Vec<MemberView>,
    pub(crate) workspace_name: String,
    pub(crate) last_editor: String,
}

/// Opens a document that the organisation may read.
pub(crate) async fn open(app: &App, signed: &Signed, id: DocumentId) -> Result<Opened, Refusal> {
    let read = app.handle().read(move |node| {
        let view = node.document(&id).ok_or(engine::Refused::NoSuchDocument)?;
        let content = node.open(&id)?.content();
        let conflicts: Vec<Conflict> = node.conflicts(&id)?.into_iter().map(conflict).collect();
        let last_editor = home::last_editor(node, &view);
        Ok::<_, engine::Refused>((
            node.members(&view.workspace),
            view,
            content,
            conflicts,
            last_editor,
        ))
    });
    let (members, view, content, conflicts, last_editor) = read.await??;
    let (chrome, workspace) = frame::chrome_in(app, signed, view.workspace, Tab::Pathways).await?;
    let head = DocumentHead {
        id,
        workspace: view.workspace,
        kind: view.kind,
        title: view.title.clone(),
        heads: view.heads.clone(),
        cannot: cannot(&view, &members),
        may_suggest: view.may_suggest,
        copied_from: view
            .origin
            .as_ref()
            .map(|origin| format!("{} ({})", origin.owner_name, origin.workspace_name)),
    };
    let workspace_name = workspace.name;
    Ok(Opened { chrome, head, view, content, conflicts, members, workspace_name, last_editor })
}

/// Returns why this organisation cannot change the document, and who can.
fn cannot(view: &DocumentView, members: &[MemberView]) -> Option<String> {
    if view.may_write {
        return None;
    }
    let writes = |member: &&MemberView| {
        member.standing == Standing::Member
            && member.role.may_write()
            && view.audience.may_write(&member.organization)
            && !member.is_self
    };
    let names: Vec<&str> =
        members.iter().filter(writes).map(|member| member.name.as_str()).collect();
    let ask =
        if names.is_empty() { String::new() } else { format!(" Ask {}.", names.join(" or ")) };
    let what = web_ui::kinds::words(view.kind).one;
    let may = if view.may_suggest {
        format!("Your organisation can read this {what} and suggest changes, but not change it.")
    } else {
        format!("Your organisation can read this {what}, but not change it.")
    };
    Some(format!("{may}{ask}"))
}

pub(crate) fn conflict(view: ConflictView) -> Conflict {
    let choices = view.values.into_iter().map(|(value, organization, person, _)| Rival {
        who: if person.is_empty() { organization } else { format!("{person} ({organization})") },
        shown: shown(&value),
        json: value.to_string(),
    });
    Conflict { path: view.path.to_string(), label: view.label, choices: choices.collect() }
}

/// Returns a value as people read it.
pub(crate) fn shown(value: &Value) -> String {
    match value {
        Value::Null => "nothing".to_owned(),
        Value::Bool(true) => "Yes".to_owned(),
        Value::Bool(false) => "No".to_owned(),
        Value::Number(number) => number.to_string(),
        Value::String(text) if when::parse(text).is_some() && text.len() <= 10 => {
            when::iso_date(text)
        }
        Value::String(text) => plain(text),
        Value::Array(items) => items.iter().map(shown).collect::<Vec<_>>().join("; "),
        Value::Object(members) => {
            let texts = members.values().filter(|value| !value.is_null() && !value.is_boolean());
            texts.map(shown).collect::<Vec<_>>().join(", ")
        }
    }
}

pub(crate) async fn read(
    State(app): State<App>,
    Id(id): Id<DocumentId>,
    signed: Signed,
) -> Result<Response, Refusal> {
    let Opened { chrome, head, view, mut content, conflicts, last_editor, .. } =
        open(&app, &signed, id).await?;
    name_tags(&app, &view, &mut content).await?;
    let (held, suggestions, discussions, sign_offs) = app
        .handle()
        .read(move |node| {
            let (held, suggestions) = (node.not_counted(&id)?, node.suggestions(&id)?);
            let discussions = node.discussions(&id)?;
            Ok::<_, engine::Refused>((held, suggestions, discussions, node.sign_offs(&id)?))
        })
        .await??;
    let calendar = frame::calendar();
    frame::show(&Read {
        chrome,
        document: head,
        content: Content::of(view.kind, &content),
        conflicts,
        updated: format!("{} by {last_editor}", calendar.near(view.updated)),
        overdue: when::is_past(&view.review_date, calendar.today()),
        held: held.iter().filter(|refusal| refusal.is_held).count(),
        suggestions: suggestions
            .iter()
            .filter(|one| one.answer.is_none() && !one.is_out_of_date)
            .count(),
        discussions: discussions.iter().filter(|one| goes_on(one)).count(),
        signed: signatures::summary(&sign_offs),
    })
}

/// Does a discussion go on? Who only agrees has said all.
fn goes_on(one: &DiscussionView) -> bool {
    let only_agrees = one.first.stance == Stance::Agrees && one.replies.is_empty();
    !one.is_settled && !one.first.is_withdrawn && !only_agrees
}

pub(crate) async fn print(
    State(app): State<App>,
    Id(id): Id<DocumentId>,
    signed: Signed,
) -> Result<Response, Refusal> {
    let Opened { chrome, head, view, mut content, conflicts, workspace_name, .. } =
        open(&app, &signed, id).await?;
    name_tags(&app, &view, &mut content).await?;
    let calendar = frame::calendar();
    frame::show(&Print {
        chrome,
        content: Content::of(view.kind, &content),
        conflicts,
        overdue: when::is_past(&view.review_date, calendar.today()),
        workspace: workspace_name,
        printed: calendar.day(crate::clock::now()),
        version: code(&head.heads),
        document: head,
    })
}

/// Lets the tags of a document be read as they are called now.
async fn name_tags(app: &App, view: &DocumentView, content: &mut Value) -> Result<(), Refusal> {
    if !view.tags.is_empty() {
        let workspace = view.workspace;
        let terms = app.handle().read(move |node| node.terms(&workspace)).await?;
        tags::rename(content, &terms);
    }
    Ok(())
}

/// Gives a document as a file.
pub(crate) async fn file(
    State(app): State<App>,
    Path((id, format)): Path<(String, String)>,
    _signed: Signed,
) -> Result<Response, Refusal> {
    let id = id.parse().map_err(|_| Refusal::NotFound)?;
    Ok(export::file(&app, id, None, &format).await?)
}

/// Returns the start of a version's name in groups of four.
pub(crate) fn code(heads: &Heads) -> String {
    let text: Vec<char> = heads.to_string().chars().filter(|c| *c != '.').take(16).collect();
    text.chunks(4).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join(" ")
}

#[derive(Debug, Deserialize)]
pub(crate) struct At {
    #[serde(default)]
    path: String,
}

pub(crate) async fn choose(
    State(app): State<App>,
    Id(id): Id<DocumentId>,
    Query(At { path }): Query<At>,
    signed: Signed,
) -> Result<Response, Refusal> {
    let Opened { chrome, head, conflicts, .. } = open(&app, &signed, id).await?;
    let Some(conflict) = conflicts.into_iter().find(|conflict| conflict.path == path) else {
        // Somebody else has settled it meanwhile.
        return Ok(Redirect::to(&urls::document(id)).into_response());
    };
    frame::show(&Choose { chrome, document: head, conflict, value: Field::default() })
}

pub(crate) async fn settle(
    State(app): State<App>,
    Id(id): Id<DocumentId>,
    form: Form,
) -> Result<Response, Refusal> {
    let Form { signed, posted, .. } = form;
    let Opened { chrome, head, conflicts, .. } = open(&app, &signed, id).await?;
    let path = posted.get("path");
    let Some(conflict) = conflicts.into_iter().find(|conflict| conflict.path == path) else {
        return Ok(Redirect::to(&urls::document(id)).into_response());
    };
    let chosen = conflict.choices.iter().find(|rival| rival.json == posted.get("value"));
    let value = chosen.and_then(|rival| serde_json::from_str::<Value>(&rival.json).ok());
    let field: Option<FieldPath> = path.parse().ok();
    let (Some(value), Some(path)) = (value, field) else {
        let mut field = Field::of(posted.get("value"));
        field.refuse("Choose which one is right");
        let error = web_ui::forms::FormError {
            field: "value".to_owned(),
            message: "Choose which one is right".to_owned(),
        };
        let chrome = chrome.with_errors(vec![error]);
        return frame::show_again(&Choose { chrome, document: head, conflict, value: field });
    };
    let base = known_form(posted.get("heads"))?;
    change_with(&app, id, Some(base), vec![Edit::Set { path, value }], signed.person()).await?;
    app.banners().put(&signed, format!("Saved: {}.", conflict.label));
    Ok(Redirect::to(&urls::document(id)).into_response())
}

/// Returns the names of the items of every list of objects, by the list's path, as of a version.
pub(crate) fn keys_at(
    node: &mut Reader<'_>,
    id: &DocumentId,
    content: &Value,
    heads: &Heads,
) -> Result<web_ui::parts::ItemKeys, engine::Refused> {
    let document = node.open(id)?;
    let mut keys = web_ui::parts::ItemKeys::new();
    let mut waiting = vec![(FieldPath::default(), content)];
    while let Some((path, value)) = waiting.pop() {
        match value {
            Value::Object(members) => {
                waiting
                    .extend(members.iter().map(|(name, value)| (path.child(name.clone()), value)));
            }
            Value::Array(items) if items.iter().any(Value::is_object) => {
                let names: Vec<String> =
                    document.items_at(&path, heads).iter().map(ToString::to_string).collect();
                waiting.extend(
                    names.iter().zip(items).map(|(name, value)| (path.child(name.clone()), value)),
                );
                keys.insert(path.to_string(), names);
            }
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Array(_) => {}
        }
    }
    Ok(keys)
}
