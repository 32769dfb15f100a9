//! What changed since a person last said that they had seen everything, and what waits for them.
//!
//! What is new is told by the order in which it arrived here, not by the time it says of itself: what was written
//! offline and came late is new all the same.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use crdt_schema::comment::Stance;
use crdt_schema::heads::Heads;
use crdt_schema::identity::{OrganizationId, PersonId, Timestamp, WorkspaceId};
use crdt_schema::key::Person;
use crdt_schema::suggestion::Verdict;
use engine::input::Command;
use engine::view::{
    CommentView, DiscussionView, DocumentView, HistoryView, SignOffView, SuggestionView,
};
use engine::{News, Reader};
use serde::{Deserialize, Serialize};
use web_ui::chrome::{Place, count};
use web_ui::pages::activity::{Act, Activity, ChangedRow};
use web_ui::urls;
use web_ui::when::Calendar;

use super::attention;
use super::comments;
use super::frame::{self, Refusal, Signed};
use super::history::sentence;
use super::home::created;
use super::posted::Form;
use crate::clock;
use crate::http::App;

/// Documents of one page.
const ROWS: usize = 50;
/// Documents that are looked at: many may have been changed by the person alone.
const LOOKED_AT: usize = 200;
/// Acts told of one document, and sentences of one act.
const ACTS: usize = 5;
const SENTENCES: usize = 4;

/// Up to where a person has seen what arrived.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Seen {
    at: Timestamp,
    places: BTreeMap<WorkspaceId, usize>,
}

fn key(person: &PersonId) -> String {
    format!("seen/{person}")
}

fn seen_by(node: &Reader<'_>, person: &PersonId) -> Option<Seen> {
    serde_json::from_slice(&node.local(&key(person))?).ok()
}

pub(crate) async fn show(State(app): State<App>, signed: Signed) -> Result<Response, Refusal> {
    let chrome = frame::chrome(&app, &signed, Place::Home).await?;
    let calendar = frame::calendar();
    let person = signed.person();
    let page = app.handle().read(move |node| {
        let seen = seen_by(node, &person.id);
        let places = seen.as_ref().map(|seen| seen.places.clone()).unwrap_or_default();
        let news = node.news(&places);
        let mut changed = Vec::new();
        let mut looked_at = 0;
        for one in news.iter().take(LOOKED_AT) {
            if changed.len() >= ROWS {
                break;
            }
            looked_at += 1;
            changed.extend(row(node, one, &person, &calendar));
        }
        Activity {
            chrome,
            attention: attention::all(node, &calendar),
            since: seen.map(|seen| calendar.near(seen.at)),
            changed,
            has_more: looked_at < news.len(),
            seen: write(&node.arrived()),
        }
    });
    frame::show(&page.await?)
}

/// Takes note that a person has seen what the page showed.
pub(crate) async fn seen(State(app): State<App>, form: Form) -> Result<Response, Refusal> {
    let Form { signed, posted, .. } = form;
    let said = read(posted.get("seen"));
    let person = signed.person().id;
    let (before, here) =
        app.handle().read(move |node| (seen_by(node, &person), node.arrived())).await?;
    let mut seen = before.unwrap_or_default();
    seen.at = clock::now();
    for (workspace, place) in here {
        // What a person saw on another page meanwhile stays seen, and nobody has seen what is not here.
        let last = seen.places.get(&workspace).copied().unwrap_or(0);
        let said = said.get(&workspace).copied().unwrap_or(0);
        seen.places.insert(workspace, last.max(said).min(place));
    }
    let value = serde_json::to_vec(&seen).unwrap_or_default();
    app.handle().act(Command::Keep { key: key(&person), value: Some(value) }).await?;
    app.banners().put(&signed, "From now on this page shows what changes after this.");
    Ok(Redirect::to(urls::activity()).into_response())
}

/// Returns places as a form carries them.
fn write(places: &BTreeMap<WorkspaceId, usize>) -> String {
    let places: Vec<String> =
        places.iter().map(|(workspace, place)| format!("{workspace}:{place}")).collect();
    places.join(" ")
}

fn read(text: &str) -> BTreeMap<WorkspaceId, usize> {
    let place = |text: &str| {
        let (workspace, place) = text.split_once(':')?;
        Some((workspace.parse().ok()?, place.parse().ok()?))
    };
    text.split(' ').filter_map(place).collect()
}

/// Tells what others did in a document; nothing if it was the person alone.
fn row(
    node: &mut Reader<'_>,
    news: &News,
    person: &Person,
    calendar: &Calendar,
) -> Option<ChangedRow> {
    let document = node.document(&news.document)?;
    let own = node.card().organization;
    let is_other =
        |organization: &OrganizationId, by: &Person| *organization != own || by.id != person.id;
    let mut acts: Vec<Told> = Vec::new();
    let by_others = node.makers(&news.document).ok()?.into_iter().filter(|made| {
        news.envelopes.contains(&made.envelope) && is_other(&made.organization, &made.person)
    });
    for run in runs(by_others).into_iter().take(ACTS) {
        let what = changes(node, &document, &run);
        acts.push(Told::new(&run.last.person, &run.last.organization_name, run.last.time, what));
    }
    for suggestion in node.suggestions(&news.document).unwrap_or_default() {
        let SuggestionView {
            id, organization, organization_name, person, time, note, answer, ..
        } = suggestion;
        if news.envelopes.contains(&id) && is_other(&organization, &person) {
            let what = vec![with_note("suggested a change", &note)];
            acts.push(Told::new(&person, &organization_name, time, what));
        }
        // What was taken in is told by what it changed.
        let answer = answer.filter(|answer| {
            answer.made.is_none()
                && news.envelopes.contains(&answer.id)
                && is_other(&answer.organization, &answer.person)
        });
        if let Some(answer) = answer {
            let said = match answer.verdict {
                Verdict::Withdrawn => "took back a suggestion",
                Verdict::Taken | Verdict::Declined => "declined a suggestion",
            };
            let what = vec![with_note(said, &answer.note)];
            acts.push(Told::new(&answer.person, &answer.organization_name, answer.time, what));
        }
    }
    for (discussion, said) in node.comments_among(&news.document, &news.envelopes) {
        if is_other(&said.organization, &said.person) {
            let what = vec![with_note(&spoke(&discussion, &said), &said.text)];
            acts.push(Told::new(&said.person, &said.organization_name, said.time, what));
        }
    }
    acts.extend(stated(node, news, &is_other));
    for change in node.access_changes(&news.document, &news.envelopes) {
        if is_other(&change.organization, &change.person) {
            let what = vec!["changed who can read or change it".to_owned()];
            acts.push(Told::new(&change.person, &change.organization_name, change.time, what));
        }
    }
    if acts.is_empty() {
        return None;
    }
    acts.sort_by_key(|told| std::cmp::Reverse(told.time));
    let acts = acts.into_iter().take(ACTS).map(|told| told.shown(calendar)).collect();
    let workspace = node.workspace(&document.workspace)?.name;
    let DocumentView { id, title, kind, .. } = document;
    Some(ChangedRow { id, title, kind, workspace, acts })
}

/// Tells who signed, who took a signature back, and who named a version.
fn stated(
    node: &mut Reader<'_>,
    news: &News,
    is_other: &dyn Fn(&OrganizationId, &Person) -> bool,
) -> Vec<Told> {
    let mut acts = Vec::new();
    for sign_off in node.sign_offs(&news.document).unwrap_or_default() {
        let SignOffView {
            id,
            organization,
            organization_name,
            person,
            signatory,
            title,
            time,
            withdrawal,
            ..
        } = sign_off;
        if news.envelopes.contains(&id) && is_other(&organization, &person) {
            let who = if title.is_empty() { signatory } else { format!("{signatory}, {title}") };
            let what = vec![format!("signed it for {organization_name}: {who}")];
            acts.push(Told::new(&person, &organization_name, time, what));
        }
        let back = withdrawal.filter(|back| {
            news.envelopes.contains(&back.id) && is_other(&organization, &back.person)
        });
        if let Some(back) = back {
            let said = format!("took back the signature of {organization_name}");
            let what = vec![with_note(&said, &back.reason)];
            acts.push(Told::new(&back.person, &organization_name, back.time, what));
        }
    }
    for named in node.version_names(&news.document).unwrap_or_default() {
        if news.envelopes.contains(&named.id) && is_other(&named.organization, &named.person) {
            let what = vec![format!("named a version “{}”", named.name)];
            acts.push(Told::new(&named.person, &named.organization_name, named.time, what));
        }
    }
    acts
}

/// What somebody did, and when.
struct Told {
    who: String,
    time: Timestamp,
    what: Vec<String>,
}

impl Told {
    fn new(person: &Person, organization: &str, time: Timestamp, what: Vec<String>) -> Self {
        Self { who: format!("{} ({organization})", person.name), time, what }
    }

    fn shown(self, calendar: &Calendar) -> Act {
        Act { who: self.who, what: self.what, when: calendar.near(self.time) }
    }
}

/// Tells what a comment did.
fn spoke(discussion: &DiscussionView, said: &CommentView) -> String {
    let about = match discussion.title.is_empty() {
        true => "this".to_owned(),
        false => format!("“{}”", discussion.title),
    };
    match said.stance {
        Stance::Remarks if said.id == discussion.first.id => format!("commented on {about}"),
        Stance::Remarks => format!("answered on {about}"),
        Stance::Agrees => format!("agreed to {about}"),
        Stance::Objects => format!("objected to {about}"),
        Stance::Settles | Stance::Reopens => {
            format!("{} about {about}", comments::does(said.stance))
        }
    }
}

fn with_note(what: &str, note: &str) -> String {
    if note.is_empty() { what.to_owned() } else { format!("{what}: “{note}”") }
}

/// Changes of one person, each on the very version that the one before left.
struct Run {
    last: HistoryView,
    before: Heads,
}

/// Joins changes that come newest first.
fn runs(makers: impl Iterator<Item = HistoryView>) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for made in makers {
        match runs.last_mut() {
            Some(run)
                if run.before == made.after
                    && run.last.person == made.person
                    && run.last.organization == made.organization
                    && !made.before.as_slice().is_empty() =>
            {
                run.before = made.before;
            }
            Some(_) | None => runs.push(Run { before: made.before.clone(), last: made }),
        }
    }
    runs
}

/// Tells what a run of changes did.
fn changes(node: &mut Reader<'_>, document: &DocumentView, run: &Run) -> Vec<String> {
    if run.before.as_slice().is_empty() {
        return vec![created(document.kind)];
    }
    let changes = match node.open(&document.id) {
        Ok(open) => open.compare(&run.before, &run.last.after).unwrap_or_default(),
        Err(_) => Vec::new(),
    };
    let mut what: Vec<String> = changes.iter().map(sentence).collect();
    if what.len() > SENTENCES {
        let more = what.len() - SENTENCES;
        what.truncate(SENTENCES);
        what.push(format!("and {}", count(more, "more change", "more changes")));
    }
    if what.is_empty() {
        what.push("changed something back and forth".to_owned());
    }
    what
}
