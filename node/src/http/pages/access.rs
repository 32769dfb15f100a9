//! Who can read and who can change a document: now, on a day, and from now on.

use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use crdt_schema::audience::{Audience, Circle};
use crdt_schema::identity::{DocumentId, OrganizationId};
use engine::input::Command;
use engine::view::{AccessView, MemberView, ReaderView, Standing};
use web_ui::forms::decision::ConfirmForm;
use web_ui::forms::document::{self as forms, AudienceForm, DayForm, Suggesters};
use web_ui::forms::{Field, Posted};
use web_ui::pages::access::{Access, AccessChange, AccessStep, ReaderRow};
use web_ui::pages::decisions::Confirm;
use web_ui::pages::documents::Chosen;
use web_ui::urls;

use super::document::{self, Opened};
use super::frame::{self, Refusal, Signed};
use super::posted::Form;
use crate::http::App;
use crate::http::api::audience::end_of;
use crate::http::api::edit;
use crate::http::api::publish::Look;
use crate::http::extract::Id;

pub(crate) async fn show(
    State(app): State<App>,
    Id(id): Id<DocumentId>,
    Query(query): Query<Vec<(String, String)>>,
    signed: Signed,
) -> Result<Response, Refusal> {
    let Opened { chrome, head, view, members, workspace_name, .. } =
        document::open(&app, &signed, id).await?;
    let form = DayForm::read(&Posted(query));
    let (day, form) = match form.is_empty() {
        true => (None, form),
        false => match form.clone().parse() {
            Ok(day) => (Some(day), form),
            Err(again) => (None, again),
        },
    };
    let at = day.and_then(end_of);
    let (found, log) = app
        .handle()
        .read(move |node| {
            Ok::<_, engine::Refused>((node.readers_at(&id, at)?, node.access_log(&id)?))
        })
        .await??;
    let cannot = (!view.may_set_audience).then(|| {
        format!("Only {}, which created it, can change who can read this.", view.owner_name)
    });
    let is_wrong = form.day.error.is_some();
    let page = Access {
        chrome: chrome.with_errors(form.errors()),
        document: head,
        day: day.map(|day| web_ui::when::iso_date(&day.to_string())),
        read: read_words(&found.audience.read, &workspace_name),
        suggest: suggest_words(&found.audience).to_owned(),
        write: write_words(&found.audience.write).to_owned(),
        readers: found.readers.iter().map(reader).collect(),
        log: log.iter().map(|step| access_step(step, &members, &workspace_name)).collect(),
        form,
        cannot,
    };
    if is_wrong { frame::show_again(&page) } else { frame::show(&page) }
}

fn reader(reader: &ReaderView) -> ReaderRow {
    ReaderRow {
        name: reader.name.clone(),
        suggests: reader.may_suggest,
        writes: reader.may_write,
        why: reader.why.clone(),
    }
}

fn read_words(circle: &Circle, workspace: &str) -> String {
    match circle {
        Circle::Workspace => format!("Everyone in the workspace {workspace}."),
        Circle::Public => {
            "Everyone in the workspace, and whoever they pass it on to: it is public.".to_owned()
        }
        Circle::Named(_) => "Only the organisations named here.".to_owned(),
    }
}

fn suggest_words(audience: &Audience) -> &'static str {
    match suggesters_of(audience) {
        Suggesters::Readers => {
            "Contributors, editors and stewards of the organisations that can read it."
        }
        Suggesters::Writers => "Nobody but those who can change it.",
        Suggesters::Named => "The organisations named here, and those who can change it.",
    }
}

const fn write_words(circle: &Circle) -> &'static str {
    match circle {
        Circle::Workspace | Circle::Public => {
            "Editors and stewards of the organisations that can read it."
        }
        Circle::Named(_) => "Editors and stewards of the organisations named here.",
    }
}

fn access_step(step: &AccessView, members: &[MemberView], workspace: &str) -> AccessStep {
    let names = |circle: &Circle| match circle {
        Circle::Workspace => format!("everyone in {workspace}"),
        Circle::Public => "the public".to_owned(),
        Circle::Named(named) => {
            let names: Vec<String> = named.iter().map(|id| name_of(members, id)).collect();
            names.join(", ")
        }
    };
    let what = match &step.audience {
        Some(audience) => {
            format!(
                "Can be read by {}. {} can suggest changes. Can be changed by {}.",
                names(&audience.read),
                capital(&names(&audience.suggest)),
                names(&audience.write)
            )
        }
        None => "Wrote down how far the document had come when somebody lost access.".to_owned(),
    };
    AccessStep {
        who: format!("{} ({})", step.person, step.organization_name),
        when: frame::calendar().full(step.time),
        what,
        counts: step.counts,
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    format!("{first}{}", letters.as_str())
}

fn name_of(members: &[MemberView], id: &OrganizationId) -> String {
    let member = members.iter().find(|member| member.organization == *id);
    member.map_or_else(|| id.to_string(), |member| member.name.clone())
}

/// Returns the organisations that can be ticked, with those ticked that were.
pub(crate) fn chosen(
    members: &[MemberView],
    owner: &OrganizationId,
    reads: impl Fn(&OrganizationId) -> bool,
    suggests: impl Fn(&OrganizationId) -> bool,
    writes: impl Fn(&OrganizationId) -> bool,
) -> Vec<Chosen> {
    let can_be = |member: &&MemberView| {
        matches!(member.standing, Standing::Member | Standing::Suspended)
            && member.organization != *owner
    };
    members
        .iter()
        .filter(can_be)
        .map(|member| Chosen {
            id: member.organization,
            name: member.name.clone(),
            reads: reads(&member.organization),
            suggests: suggests(&member.organization),
            writes: writes(&member.organization),
        })
        .collect()
}

/// Is the organisation ticked?
pub(crate) fn is_ticked(posted: &Posted, name: &str, id: &OrganizationId) -> bool {
    let id = id.to_string();
    posted.all(name).any(|ticked| ticked == id)
}

/// Returns the circle that was chosen; `owner` always belongs to it.
fn circle(who: forms::Circle, posted: &Posted, name: &str, owner: OrganizationId) -> Circle {
    match who {
        forms::Circle::Workspace => Circle::Workspace,
        forms::Circle::Public => Circle::Public,
        forms::Circle::Named => {
            let ticked = posted.all(name).filter_map(|id| id.parse().ok());
            Circle::Named(ticked.chain([owner]).collect())
        }
    }
}

/// Returns the circle of those who may suggest that was chosen; `owner` always belongs to it.
fn suggest_circle(
    who: Suggesters,
    read: &Circle,
    posted: &Posted,
    owner: OrganizationId,
) -> Circle {
    match who {
        Suggesters::Readers => read.clone(),
        // Whoever may write may suggest without being named.
        Suggesters::Writers => Circle::Named([owner].into()),
        Suggesters::Named => circle(forms::Circle::Named, posted, "suggester", owner),
    }
}

/// Returns what the form says of who may suggest.
fn suggesters_of(audience: &Audience) -> Suggesters {
    let Audience { read, suggest, .. } = audience;
    match suggest {
        Circle::Workspace | Circle::Public => Suggesters::Readers,
        Circle::Named(_) if suggest == read => Suggesters::Readers,
        Circle::Named(named) if named.len() <= 1 => Suggesters::Writers,
        Circle::Named(_) => Suggesters::Named,
    }
}

pub(crate) async fn ask(
    State(app): State<App>,
    Id(id): Id<DocumentId>,
    signed: Signed,
) -> Result<Response, Refusal> {
    let Opened { chrome, head, view, members, .. } = document::open(&app, &signed, id).await?;
    if !view.may_set_audience {
        return Ok(Redirect::to(&urls::access(id)).into_response());
    }
    let word = |circle: &Circle| match circle {
        Circle::Workspace => "workspace",
        Circle::Public => "public",
        Circle::Named(_) => "named",
    };
    let named = |circle: &Circle, id: &OrganizationId| match circle {
        Circle::Named(named) => named.contains(id),
        Circle::Workspace | Circle::Public => false,
    };
    let Audience { read, suggest, write } = &view.audience;
    frame::show(&AccessChange {
        chrome,
        document: head,
        form: AudienceForm {
            read: Field::of(word(read)),
            suggest: Field::of(match suggesters_of(&view.audience) {
                Suggesters::Readers => "readers",
                Suggesters::Writers => "writers",
                Suggesters::Named => "named",
            }),
            write: Field::of(if *write == Circle::Public { "workspace" } else { word(write) }),
        },
        organizations: chosen(
            &members,
            &view.owner,
            |id| named(read, id),
            |id| named(suggest, id),
            |id| named(write, id),
        ),
    })
}

/// Says what was chosen would mean; once that was seen, does it.
pub(crate) async fn change(
    State(app): State<App>,
    Id(id): Id<DocumentId>,
    form: Form,
) -> Result<Response, Refusal> {
    let Form { signed, posted, .. } = form;
    let opened = document::open(&app, &signed, id).await?;
    let owner = opened.view.owner;
    let (read, suggest, write) = match AudienceForm::read(&posted).parse() {
        Ok(chosen) => chosen,
        Err(again) => return choose_again(opened, again, &posted),
    };
    let audience = audience((read, suggest, write), &posted, owner);
    if posted.get("step") != "save" {
        return preview(&app, opened, &posted, audience).await;
    }
    let command = Command::SetAudience { document: id, audience, person: signed.person() };
    edit::make(&app, command).await?;
    app.banners().put(&signed, "Saved. Others see it when their computers are online.");
    Ok(Redirect::to(&urls::access(id)).into_response())
}

/// Returns the audience that was chosen.
pub(crate) fn audience(
    (read, suggest, write): (forms::Circle, Suggesters, forms::Circle),
    posted: &Posted,
    owner: OrganizationId,
) -> Audience {
    let read = circle(read, posted, "reader", owner);
    let write = circle(write, posted, "writer", owner);
    let suggest = suggest_circle(suggest, &read, posted, owner);
    Audience { read, suggest, write }
}

fn choose_again(opened: Opened, again: AudienceForm, posted: &Posted) -> Result<Response, Refusal> {
    let Opened { chrome, head, view, members, .. } = opened;
    let ticked = |name: &'static str| move |id: &OrganizationId| is_ticked(posted, name, id);
    frame::show_again(&AccessChange {
        chrome: chrome.with_errors(again.errors()),
        document: head,
        form: again,
        organizations: chosen(
            &members,
            &view.owner,
            ticked("reader"),
            ticked("suggester"),
            ticked("writer"),
        ),
    })
}

async fn preview(
    app: &App,
    opened: Opened,
    posted: &Posted,
    audience: Audience,
) -> Result<Response, Refusal> {
    let Opened { chrome, head, view, .. } = opened;
    let id = head.id;
    // What everybody will read is looked through first, as it is before somebody publishes.
    let is_published = audience.read == Circle::Public && view.audience.read != Circle::Public;
    let doubts = if is_published { Look::at(app, id).await?.doubts } else { Vec::new() };
    let means = app.handle().read(move |node| node.audience_consequences(&id, &audience)).await??;
    let mut hidden = vec![("step".to_owned(), "save".to_owned())];
    let kept = ["read", "suggest", "write", "reader", "suggester", "writer"];
    hidden.extend(posted.0.iter().filter(|(name, _)| kept.contains(&name.as_str())).cloned());
    frame::show(&Confirm {
        chrome,
        back: (urls::access_change(id), "Choose again".to_owned()),
        heading: "Change who can read this?".to_owned(),
        is_warning: !means.lose.is_empty() || !doubts.is_empty(),
        lists: vec![
            ("Look at this first: anybody could read it, for ever".to_owned(), doubts),
            ("Will be able to read it".to_owned(), means.readers),
            ("Could not read it until now".to_owned(), means.gain),
            ("Will no longer be able to read it".to_owned(), means.lose),
            ("Will be able to suggest changes, but not to change it".to_owned(), means.suggest),
            ("Will no longer be able to suggest changes".to_owned(), means.suggest_no_more),
            ("What this does, and what it cannot do".to_owned(), means.sentences),
        ],
        action: urls::access_change(id),
        hidden,
        form: ConfirmForm::default(),
        reason: None,
        needs_password: false,
        button: "Save who can read this".to_owned(),
    })
}
