//! One version to read and to name, going back to it, and who wrote which words.

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use crdt_schema::audience::Circle;
use crdt_schema::documents;
use crdt_schema::heads::Heads;
use crdt_schema::identity::{DocumentId, Name};
use engine::input::{Command, Statement};
use engine::view::{HistoryView, VersionNameView, WrittenText};
use serde::Deserialize;
use serde_json::json;
use web_ui::pages::versions::{AuthoredRun, AuthoredText, Authors, NamedVersion, Restore, Version};
use web_ui::reading::Content;
use web_ui::urls;

use super::document::{self, Opened};
use super::frame::{self, Refusal, Signed};
use super::history;
use super::posted::Form;
use crate::http::App;
use crate::http::api::documents::{content_at, known_form};
use crate::http::api::edit;
use crate::http::api::personal::warnings;
use crate::http::api::versions::on_the_shelf;
use crate::http::extract::Id;
use crate::http::problem::Problem;

#[derive(Debug, Deserialize)]
pub(crate) struct Which {
    #[serde(default)]
    heads: String,
}

/// Returns a name as pages show it.
pub(crate) fn named(view: &VersionNameView) -> NamedVersion {
    let when = frame::calendar().near(view.time);
    NamedVersion {
        id: view.id.to_string(),
        name: view.name.clone(),
        heads: view.version.to_string(),
        by: format!("{} ({}), {when}", view.person.name, view.organization_name),
        may_take_back: view.may_take_back,
    }
}

pub(crate) async fn show(
    State(app): State<App>,
    Id(id): Id<DocumentId>,
    Query(Which { heads }): Query<Which>,
    signed: Signed,
) -> Result<Response, Refusal> {
    frame::show(&page(&app, &signed, id, known_form(&heads)?).await?)
}

async fn page(
    app: &App,
    signed: &Signed,
    id: DocumentId,
    version: Heads,
) -> Result<Version, Refusal> {
    let Opened { chrome, mut head, view, .. } = document::open(app, signed, id).await?;
    let wanted = version.clone();
    let read = app.handle().read(move |node| {
        let content = content_at(node, &id, Some(&wanted))?;
        let (makers, names) = (node.makers(&id)?, node.version_names(&id)?);
        Ok::<_, Problem>((content, makers, names, node.may_sign(&id)))
    });
    let (content, makers, names, may_sign) = read.await??;
    let newest = head.heads.to_string();
    let when = history::when_of(&makers, &version);
    let made = makers.iter().find(|made| made.after == version);
    let who = made.map(|made| format!("{} ({})", made.person.name, made.organization_name));
    (head.heads, head.title) = (version.clone(), documents::title(&content));
    Ok(Version {
        chrome,
        when,
        who: who.unwrap_or_default(),
        newest,
        names: names.iter().filter(|name| name.version == version).map(named).collect(),
        content: Content::of(head.kind, &content),
        document: head,
        called: web_ui::forms::Field::default(),
        may_sign,
        is_public: view.audience.read == Circle::Public,
    })
}

/// Names a version, or takes a name back.
pub(crate) async fn name(
    State(app): State<App>,
    Id(document): Id<DocumentId>,
    form: Form,
) -> Result<Response, Refusal> {
    let Form { signed, posted, .. } = form;
    let version = known_form(posted.get("heads"))?;
    let person = signed.person();
    if let Ok(name) = posted.get("take-back").parse() {
        let statement = Statement::Unname { name };
        app.handle().act(Command::State { document, statement, person }).await?;
        app.banners().put(&signed, "The name is taken back.");
        return Ok(Redirect::to(&urls::version(document, version)).into_response());
    }
    let typed = posted.get("name");
    let doubts = on_the_shelf(&app, document, &version).await?;
    let refused = match typed.parse::<Name>() {
        Ok(_) if let Some(doubt) = doubts.first() => format!(
            "This document is public, and {doubt}. Take it out, or publish the document from its page: there you can say that it may be published"
        ),
        Ok(name) if let Some(doubt) = warnings(&json!(name)).first() => {
            format!("{doubt}. Everybody who can read the document sees the name: leave it out")
        }
        Err(_) if typed.trim().is_empty() => "Enter a name".to_owned(),
        Err(_) => {
            "Use 200 characters or less, on one line, without invisible characters".to_owned()
        }
        Ok(name) => {
            let version = version.clone();
            let statement = Statement::Name { version: version.clone(), name };
            let command = Command::State { document, statement, person };
            match app.handle().act(command).await.map_err(Problem::from) {
                Ok(_) => {
                    app.banners().put(&signed, "Named. Find it under History.");
                    return Ok(Redirect::to(&urls::version(document, version)).into_response());
                }
                Err(problem) if problem.status == StatusCode::FORBIDDEN => problem.detail,
                Err(problem) => return Err(problem.into()),
            }
        }
    };
    let mut page = page(&app, &signed, document, version).await?;
    page.called.value = typed.to_owned();
    page.refuse_name(&refused);
    frame::show_again(&page)
}

pub(crate) async fn ask_to_restore(
    State(app): State<App>,
    Id(id): Id<DocumentId>,
    Query(Which { heads }): Query<Which>,
    signed: Signed,
) -> Result<Response, Refusal> {
    let version = known_form(&heads)?;
    let Opened { chrome, head, .. } = document::open(&app, &signed, id).await?;
    if head.cannot.is_some() {
        return Ok(Redirect::to(&urls::version(id, version)).into_response());
    }
    let wanted = version.clone();
    let read = app.handle().read(move |node| {
        let (edits, changes) = node.back_to(&id, &wanted, None)?;
        let tried = edit::try_out(node, &id, None, &edits);
        Ok::<_, engine::Refused>((changes, tried, node.makers(&id)?))
    });
    let (changes, tried, makers) = read.await??;
    frame::show(&Restore {
        chrome,
        document: head,
        when: history::when_of(&makers, &version),
        version: version.to_string(),
        rows: changes.iter().map(history::row).collect(),
        broken: tried.err().map(|problem| problem.detail),
    })
}

pub(crate) async fn restore(
    State(app): State<App>,
    Id(id): Id<DocumentId>,
    form: Form,
) -> Result<Response, Refusal> {
    let Form { signed, posted, .. } = form;
    let (version, base) = (known_form(posted.get("heads"))?, known_form(posted.get("base"))?);
    edit::go_back(&app, id, version, Some(base), signed.person()).await?;
    app.banners().put(&signed, "Gone back to the earlier version.");
    Ok(Redirect::to(&urls::document(id)).into_response())
}

pub(crate) async fn authors(
    State(app): State<App>,
    Id(id): Id<DocumentId>,
    signed: Signed,
) -> Result<Response, Refusal> {
    let Opened { chrome, head, .. } = document::open(&app, &signed, id).await?;
    let written = app.handle().read(move |node| node.written(&id, None)).await??;
    let mut people: Vec<String> = Vec::new();
    let texts = written.iter().map(|text| authored(text, &mut people)).collect();
    frame::show(&Authors { chrome, document: head, people, texts })
}

fn authored(text: &WrittenText, people: &mut Vec<String>) -> AuthoredText {
    let calendar = frame::calendar();
    let runs = text.runs.iter().map(|run| {
        let who = format!("{} ({})", run.person.name, run.organization_name);
        let at = people.iter().position(|person| *person == who).unwrap_or_else(|| {
            people.push(who);
            people.len().saturating_sub(1)
        });
        AuthoredRun {
            text: run.text.clone(),
            number: at.saturating_add(1),
            when: calendar.day(run.last),
        }
    });
    AuthoredText { label: text.label.clone(), runs: runs.collect() }
}

/// Returns the versions that can be chosen to be compared: those with a name, then the latest.
pub(crate) fn choices(names: &[VersionNameView], makers: &[HistoryView]) -> Vec<(String, String)> {
    let calendar = frame::calendar();
    let named = names.iter().map(|name| {
        (name.version.to_string(), format!("{}, {}", name.name, calendar.near(name.time)))
    });
    let made = makers.iter().take(CHOICES).map(|made| {
        let who = format!("{} ({})", made.person.name, made.organization_name);
        (made.after.to_string(), format!("{}, {who}", calendar.full(made.time)))
    });
    named.chain(made).collect()
}

/// The latest changes whose versions can be chosen.
const CHOICES: usize = 50;
