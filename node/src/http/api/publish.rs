//! Publishing: everybody may read the document from then on, and its version as it is now has a name.

use axum::Json;
use axum::extract::State;
use crdt_schema::audience::{Audience, Circle};
use crdt_schema::documents;
use crdt_schema::heads::Heads;
use crdt_schema::identity::{DocumentId, Name};
use crdt_schema::key::Person;
use crdt_schema::personal;
use engine::Reader;
use engine::input::{Command, Statement};
use engine::view::{ConflictView, DocumentView, VersionNameView};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::http::App;
use crate::http::api::person::Who;
use crate::http::api::personal::warnings;
use crate::http::api::{edit, signatures, time};
use crate::http::extract::{self, Id};
use crate::http::problem::Problem;

/// Earlier versions that are looked at for what was taken out since, the newest first, and how many in one go.
const EARLIER: usize = 200;
const AT_ONCE: usize = 10;
/// What a version is called when nobody says: with the number that comes next.
const NAMED: &str = "Version ";

/// A document as somebody looks at it who may publish it.
pub(crate) struct Look {
    pub(crate) view: DocumentView,
    /// The version that stands on the public shelf.
    pub(crate) published: Option<VersionNameView>,
    /// What the next version is called unless somebody says otherwise.
    pub(crate) next_name: String,
    /// Why this organisation cannot publish it, and who can.
    pub(crate) cannot: Option<String>,
    /// What has to be put right first.
    pub(crate) unfit: Vec<documents::Problem>,
    /// Choices that people made differently at the same time.
    pub(crate) conflicts: Vec<ConflictView>,
    /// What may be about a person, or tell where a refuge is, as sentences without a full stop.
    pub(crate) doubts: Vec<String>,
}

impl Look {
    /// Looks at a document as it is now, and at what its history would tell everybody.
    pub(crate) async fn at(app: &App, id: DocumentId) -> Result<Self, Problem> {
        let mut look = app.handle().read(move |node| Self::now(node, &id)).await??;
        if look.view.audience.read != Circle::Public {
            look.doubts.extend(taken_out(app, id).await?);
            look.doubts.extend(said_about(app, id).await?);
        }
        Ok(look)
    }

    fn now(node: &mut Reader<'_>, id: &DocumentId) -> Result<Self, Problem> {
        let view = node.document(id).ok_or_else(Problem::not_found)?;
        let content = node.open(id)?.shown();
        let names = node.version_names(id)?;
        Ok(Self {
            published: node.published(id)?,
            next_name: next_name(&names),
            cannot: cannot(&view),
            unfit: documents::unfit_for_public(view.kind, &content),
            conflicts: node.conflicts(id)?,
            doubts: warnings(&content),
            view,
        })
    }

    /// Is the version as it is now the published one?
    pub(crate) fn is_published(&self) -> bool {
        self.published.as_ref().is_some_and(|name| name.version == self.view.heads)
    }

    /// Returns who could read and write the document if it was published.
    pub(crate) fn audience(&self) -> Audience {
        let Audience { read, suggest, write } = self.view.audience.clone();
        let suggest = if suggest == read { Circle::Public } else { suggest };
        Audience { read: Circle::Public, suggest, write }
    }

    /// Says no to what must not be published.
    fn check(&self, even_so: bool) -> Result<(), Problem> {
        if let Some(why) = &self.cannot {
            return Err(Problem::not_allowed(why.clone()));
        }
        let unfit = self.unfit.iter().map(|one| (one.pointer.clone(), one.message.clone()));
        let unsettled = self.conflicts.iter().map(|one| {
            let message = format!(
                "{} was set differently at the same time. Choose which is right before you publish",
                one.label
            );
            (one.path.to_string(), message)
        });
        let mut wrong: Vec<(String, String)> = unfit.chain(unsettled).collect();
        if !even_so {
            let ask =
                "Take it out, or say that it may be published (\"even_so\": true, or --even-so)";
            wrong
                .extend(self.doubts.iter().map(|doubt| (String::new(), format!("{doubt}. {ask}"))));
        }
        if wrong.is_empty() { Ok(()) } else { Err(Problem::invalid_all(wrong)) }
    }
}

/// Looks for what may be about a person in earlier versions, and is not in the document any more: everybody would see the
/// history too.
async fn taken_out(app: &App, id: DocumentId) -> Result<Vec<String>, Problem> {
    let read = app.handle().read(move |node| {
        let now = node.open(&id)?.shown().to_string();
        Ok::<_, engine::Refused>((node.makers(&id)?, now))
    });
    let (makers, now) = read.await??;
    let versions: Vec<Heads> = makers.into_iter().map(|made| made.after).take(EARLIER).collect();
    let mut doubts = Vec::new();
    for some in versions.chunks(AT_ONCE) {
        let some = some.to_vec();
        let read = app.handle().read(move |node| {
            let document = node.open(&id)?;
            let said = some.iter().filter_map(|version| document.content_at(version).ok());
            let found = said.flat_map(|content| personal::look_in(&content)).collect();
            Ok::<Vec<personal::Finding>, engine::Refused>(found)
        });
        for one in read.await??.iter().filter(|one| !now.contains(&one.text)) {
            let doubt = format!(
                "An earlier version said “{}”, which looks like {}. It stays in the history; a new document would be without it",
                one.text,
                one.looks_like.words()
            );
            if !doubts.contains(&doubt) {
                doubts.push(doubt);
            }
        }
        if doubts.len() >= personal::FINDINGS_MAX {
            break;
        }
    }
    Ok(doubts)
}

/// Looks for what may be about a person in comments and suggestions: they come with the history.
async fn said_about(app: &App, id: DocumentId) -> Result<Vec<String>, Problem> {
    let words = app.handle().read(move |node| node.words_about(&id)).await??;
    let found = words.iter().flat_map(|text| personal::look(text));
    let doubt = |one: personal::Finding| {
        format!(
            "Somebody wrote “{}” in a comment or a suggestion, which looks like {}. It stays in the history; a new document would be without it",
            one.text,
            one.looks_like.words()
        )
    };
    Ok(found.take(personal::FINDINGS_MAX).map(doubt).collect())
}

fn cannot(view: &DocumentView) -> Option<String> {
    let owner = &view.owner_name;
    if !view.may_write {
        let ask = format!("Only organisations that can change it can publish it. Ask {owner}");
        return Some(ask);
    }
    (view.audience.read != Circle::Public && !view.may_set_audience)
        .then(|| format!("Only {owner}, which created it, can make it public. Ask them"))
}

fn next_name(names: &[VersionNameView]) -> String {
    let number = |name: &VersionNameView| name.name.strip_prefix(NAMED)?.parse::<u32>().ok();
    let highest = names.iter().filter_map(number).max().unwrap_or_default();
    format!("{NAMED}{}", highest.saturating_add(1))
}

/// What is wished of publishing.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wish {
    /// What to call the version.
    pub(crate) name: Option<String>,
    /// Publish although something looks as if it was about a person?
    #[serde(default)]
    pub(crate) even_so: bool,
    /// The version that was read; if it is not the newest any more, nothing is done.
    pub(crate) heads: Option<Heads>,
}

/// Publishes a document as it is now. What is published already stays as it is.
pub(crate) async fn publish(
    app: &App,
    document: DocumentId,
    wish: Wish,
    person: Person,
) -> Result<VersionNameView, Problem> {
    let look = Look::at(app, document).await?;
    let version = look.view.heads.clone();
    if wish.heads.as_ref().is_some_and(|seen| *seen != version) {
        return Err(Problem::changed_meanwhile());
    }
    look.check(wish.even_so)?;
    let name: Option<Name> = wish.name.map(|name| parse(&name)).transpose()?;
    let names = app.handle().read(move |node| node.version_names(&document)).await??;
    let has_name = names.iter().any(|one| {
        one.version == version && name.as_ref().is_none_or(|name| one.name == name.as_str())
    });
    // The name first: on its own it shows nothing to anybody.
    if !has_name {
        let name = match name {
            Some(name) => name,
            None => parse(&look.next_name)?,
        };
        let statement = Statement::Name { version: version.clone(), name };
        let person = person.clone();
        signatures::send(app, Command::State { document, statement, person }).await?;
    }
    if look.view.audience.read != Circle::Public {
        let audience = look.audience();
        edit::make(app, Command::SetAudience { document, audience, person }).await?;
    }
    let published = app.handle().read(move |node| node.published(&document)).await??;
    published.ok_or_else(Problem::changed_meanwhile)
}

fn parse(name: &str) -> Result<Name, Problem> {
    name.parse().map_err(|_| {
        let message = "enter a name in 1 to 200 bytes, on one line, without invisible characters";
        Problem::invalid("/name", message)
    })
}

/// Says what stands against publishing a document, before anybody does it.
pub(crate) async fn look(
    State(app): State<App>,
    Id(document): Id<DocumentId>,
) -> Result<Json<Value>, Problem> {
    let look = Look::at(&app, document).await?;
    let unfit = |one: &documents::Problem| json!({"pointer": one.pointer, "detail": one.message});
    let unsettled = |one: &ConflictView| json!({"pointer": one.path, "detail": one.label});
    let published = look.published.as_ref();
    Ok(Json(json!({
        "heads": look.view.heads,
        "published": published.map(|one| json!({"name": one.name, "heads": one.version})),
        "next_name": look.next_name,
        "cannot": look.cannot,
        "unfit": look.unfit.iter().map(unfit).collect::<Vec<_>>(),
        "conflicts": look.conflicts.iter().map(unsettled).collect::<Vec<_>>(),
        "warnings": look.doubts,
    })))
}

pub(crate) async fn post(
    State(app): State<App>,
    Id(document): Id<DocumentId>,
    Who(person): Who,
    body: Option<extract::Json<Value>>,
) -> Result<Json<Value>, Problem> {
    // What is not there is said first: a refusal of what was sent would tell that it is.
    app.handle()
        .read(move |node| node.document(&document))
        .await?
        .ok_or_else(Problem::not_found)?;
    let wish = match body {
        None => Wish::default(),
        Some(extract::Json(body)) => serde_json::from_value(body).map_err(|error| {
            Problem::invalid("", format!("send {{\"name\": …, \"even_so\": …}}: {error}"))
        })?,
    };
    let made = publish(&app, document, wish, person).await?;
    let view = app.handle().read(move |node| node.document(&document)).await?;
    let view = view.ok_or_else(Problem::not_found)?;
    Ok(Json(json!({
        "id": document,
        "name": made.name,
        "heads": made.version,
        "time": time(made.time),
        "audience": view.audience,
        "shelf": format!("documents/{document}/index.html"),
    })))
}
