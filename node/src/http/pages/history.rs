//! Who changed what: the timeline, and two versions side by side.

use axum::extract::{Query, State};
use axum::response::Response;
use crdt_schema::document::{ChangeKind, FieldChange};
use crdt_schema::heads::Heads;
use crdt_schema::identity::{DocumentId, Kind};
use engine::Reader;
use engine::view::HistoryView;
use serde::Deserialize;
use serde_json::Value;
use similar::{ChangeTag, TextDiff};
use web_ui::pages::Pages;
use web_ui::pages::history::{
    Compare, CompareChange, CompareRow, History, HistoryDay, HistoryEntry, Piece, RemovedItem,
};
use web_ui::urls;
use web_ui::when::Calendar;

use super::document::{self, Opened, shown};
use super::frame::{self, Refusal, Signed};
use super::versions;
use crate::http::App;
use crate::http::api::documents::known_form;
use crate::http::extract::Id;

/// Entries of one page.
const ENTRIES: usize = 50;
/// Changes by one person that follow each other as closely as this are told as one: live text makes many.
const PAUSE_MILLISECONDS: u64 = 3_000;
/// What is told as one took no longer than this.
const TOGETHER_MILLISECONDS: u64 = 10 * 60 * 1_000;
/// Longer values are not told in a sentence.
const QUOTED_LETTERS: usize = 60;
/// Sentences of one entry.
const SENTENCES: usize = 20;

#[derive(Debug, Deserialize)]
pub(crate) struct Wanted {
    #[serde(default)]
    page: Option<usize>,
}

/// Changes of one person that follow each other.
struct Run {
    last: HistoryView,
    before: Heads,
    began: u64,
}

pub(crate) async fn show(
    State(app): State<App>,
    Id(id): Id<DocumentId>,
    Query(Wanted { page }): Query<Wanted>,
    signed: Signed,
) -> Result<Response, Refusal> {
    let Opened { chrome, head, .. } = document::open(&app, &signed, id).await?;
    let page = page.unwrap_or(1).max(1);
    let calendar = frame::calendar();
    let told = app.handle().read(move |node| {
        let names = node.version_names(&id)?;
        let runs = runs(node.makers(&id)?);
        let count = runs.len();
        let shown = runs.into_iter().skip((page - 1).saturating_mul(ENTRIES)).take(ENTRIES);
        let entries: Result<Vec<(String, HistoryEntry)>, engine::Refused> = shown
            .map(|run| Ok((calendar.day(run.last.time), entry(node, &id, &run, &calendar)?)))
            .collect();
        Ok::<_, engine::Refused>((entries?, count, names))
    });
    let (entries, count, names) = told.await??;
    let mut days: Vec<HistoryDay> = Vec::new();
    for (day, entry) in entries {
        match days.last_mut() {
            Some(last) if last.day == day => last.entries.push(entry),
            Some(_) | None => days.push(HistoryDay { day, entries: vec![entry] }),
        }
    }
    let at = |page: usize| format!("{}?page={page}", urls::history(id));
    let pages = Pages {
        previous: (page > 1).then(|| at(page - 1)),
        next: (page.saturating_mul(ENTRIES) < count).then(|| at(page.saturating_add(1))),
    };
    let named = names.iter().rev().map(versions::named).collect();
    frame::show(&History { chrome, document: head, named, days, pages })
}

/// Joins changes, newest first, each of which was made by the same person on the very version that the one before left.
fn runs(makers: Vec<HistoryView>) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for made in makers {
        let is_creation = made.before.as_slice().is_empty();
        match runs.last_mut() {
            Some(run)
                if run.before == made.after
                    && run.last.person == made.person
                    && run.last.organization == made.organization
                    && run.began.saturating_sub(made.time.0) < PAUSE_MILLISECONDS
                    && run.last.time.0.saturating_sub(made.time.0) < TOGETHER_MILLISECONDS
                    // What took in somebody's suggestion is told by itself.
                    && run.last.took.is_none()
                    && made.took.is_none()
                    && !is_creation =>
            {
                run.before = made.before;
                run.began = made.time.0;
            }
            Some(_) | None => {
                runs.push(Run { before: made.before.clone(), began: made.time.0, last: made });
            }
        }
    }
    runs
}

fn entry(
    node: &mut Reader<'_>,
    id: &DocumentId,
    run: &Run,
    calendar: &Calendar,
) -> Result<HistoryEntry, engine::Refused> {
    let who = format!("{} ({})", run.last.person.name, run.last.organization_name);
    let time = calendar.time(run.last.time);
    let version = run.last.after.clone();
    if run.before.as_slice().is_empty() {
        let kind = node.document(id).map_or(Kind::ReferralPathway, |view| view.kind);
        let what = vec![super::home::created(kind)];
        return Ok(HistoryEntry { who, time, what, compare: None, removed: Vec::new(), version });
    }
    let document = node.open(id)?;
    let changes = document.compare(&run.before, &run.last.after).unwrap_or_default();
    let removed = changes
        .iter()
        .filter(|change| change.kind == ChangeKind::Removed)
        .filter_map(|change| {
            let (list, index) = change.path.split_last()?;
            let item =
                document.items_at(&list, &run.before).into_iter().nth(index.parse().ok()?)?;
            let is_gone = !document.items(&list).contains(&item);
            let path = list.child(item.to_string());
            is_gone.then(|| RemovedItem {
                path: path.to_string(),
                what: small(&change.label),
                heads: run.before.clone(),
            })
        })
        .collect();
    let took = run.last.took.as_ref().map(|took| {
        format!("took in a suggestion by {} ({})", took.person.name, took.organization_name)
    });
    let mut what: Vec<String> = took.into_iter().chain(changes.iter().map(sentence)).collect();
    if what.len() > SENTENCES {
        let more = what.len() - SENTENCES;
        what.truncate(SENTENCES);
        what.push(format!("and {}", web_ui::chrome::count(more, "more change", "more changes")));
    }
    if what.is_empty() {
        what.push("changed something back and forth".to_owned());
    }
    Ok(HistoryEntry {
        who,
        time,
        what,
        compare: Some((run.before.clone(), run.last.after.clone())),
        removed,
        version,
    })
}

/// Tells a change in a sentence without its subject.
pub(crate) fn sentence(change: &FieldChange) -> String {
    let label = small(&change.label);
    let quoted = |value: &Option<Value>| {
        let text = value.as_ref().map(shown).unwrap_or_default();
        (!text.is_empty() && text.chars().count() <= QUOTED_LETTERS).then(|| format!("“{text}”"))
    };
    let (before, after) = (quoted(&change.before), quoted(&change.after));
    match change.kind {
        ChangeKind::Added => after
            .map_or_else(|| format!("added {label}"), |after| format!("added {label}: {after}")),
        ChangeKind::Removed => before.map_or_else(
            || format!("removed {label}"),
            |before| format!("removed {label}: {before}"),
        ),
        ChangeKind::Moved => format!("moved {label}"),
        ChangeKind::Changed => match (before, after) {
            (Some(before), Some(after)) => format!("changed {label} from {before} to {after}"),
            (None, Some(after)) if is_nothing(change.before.as_ref()) => {
                format!("filled in {label}: {after}")
            }
            (Some(_) | None, None) if is_nothing(change.after.as_ref()) => {
                format!("cleared {label}")
            }
            (Some(_), None) | (None, Some(_) | None) => format!("changed the text of {label}"),
        },
    }
}

fn is_nothing(value: Option<&Value>) -> bool {
    value.is_none_or(|value| {
        value.is_null() || value.as_str() == Some("") || value.as_array().is_some_and(Vec::is_empty)
    })
}

/// Returns a label as it stands within a sentence.
fn small(label: &str) -> String {
    let mut letters = label.chars();
    let first: String = letters.next().map(|c| c.to_lowercase().collect()).unwrap_or_default();
    format!("{first}{}", letters.as_str())
}

#[derive(Debug, Deserialize)]
pub(crate) struct Between {
    #[serde(default)]
    from: String,
    #[serde(default)]
    to: String,
    #[serde(default)]
    view: String,
}

pub(crate) async fn compare(
    State(app): State<App>,
    Id(id): Id<DocumentId>,
    Query(Between { from, to, view }): Query<Between>,
    signed: Signed,
) -> Result<Response, Refusal> {
    let Opened { chrome, head, .. } = document::open(&app, &signed, id).await?;
    let (from, to) = (known_form(&from)?, known_form(&to)?);
    let compared = app.handle().read(move |node| {
        let makers = node.makers(&id)?;
        let changes =
            node.open(&id)?.compare(&from, &to).map_err(|_| engine::Refused::NoSuchVersion)?;
        let names = node.version_names(&id)?;
        Ok::<_, engine::Refused>((makers, changes, from, to, names))
    });
    let (makers, changes, from, to, names) = compared.await??;
    let place = |heads: &Heads| makers.iter().position(|made| made.after == *heads);
    let between = match (place(&to), place(&from)) {
        (Some(newer), Some(older)) if newer < older => makers.get(newer..older).unwrap_or_default(),
        (Some(newer), None) => makers.get(newer..=newer).unwrap_or_default(),
        (Some(_) | None, Some(_)) | (None, None) => &[],
    };
    let mut people: Vec<String> = between
        .iter()
        .map(|made| format!("{} ({})", made.person.name, made.organization_name))
        .collect();
    people.sort();
    people.dedup();
    let rows = changes.iter().map(row).collect();
    frame::show(&Compare {
        chrome,
        document: head,
        from: when_of(&makers, &from),
        to: when_of(&makers, &to),
        people,
        rows,
        is_side_by_side: view == "side",
        versions: [from.to_string(), to.to_string()],
        choices: versions::choices(&names, &makers),
    })
}

/// Returns when a version was made, as claimed.
pub(crate) fn when_of(makers: &[HistoryView], heads: &Heads) -> String {
    let made = makers.iter().find(|made| made.after == *heads);
    // A version that several changes make up together has no maker of its own: its newest change dates it.
    let newest = || {
        let part = |made: &&HistoryView| {
            made.after.as_slice().iter().all(|head| heads.as_slice().contains(head))
        };
        makers.iter().find(part)
    };
    let made = made.or_else(newest);
    made.map_or_else(|| "an earlier version".to_owned(), |made| frame::calendar().full(made.time))
}

pub(crate) fn row(change: &FieldChange) -> CompareRow {
    let text = |value: &Option<Value>| value.as_ref().map(plain_text).unwrap_or_default();
    let change_shown = match change.kind {
        ChangeKind::Added => CompareChange::Added(text(&change.after)),
        ChangeKind::Removed => CompareChange::Removed(text(&change.before)),
        ChangeKind::Moved => CompareChange::Moved("to another place in the list".to_owned()),
        ChangeKind::Changed => {
            CompareChange::Changed(pieces(&text(&change.before), &text(&change.after)))
        }
    };
    CompareRow { label: change.label.clone(), change: change_shown }
}

/// Texts stand as they are, other values in words.
fn plain_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            shown(value)
        }
    }
}

fn pieces(before: &str, after: &str) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    for change in TextDiff::from_words(before, after).iter_all_changes() {
        let word = change.value();
        match (change.tag(), pieces.last_mut()) {
            (ChangeTag::Equal, Some(Piece::Same(text)))
            | (ChangeTag::Delete, Some(Piece::Removed(text)))
            | (ChangeTag::Insert, Some(Piece::Added(text))) => text.push_str(word),
            (ChangeTag::Equal, _) => pieces.push(Piece::Same(word.to_owned())),
            (ChangeTag::Delete, _) => pieces.push(Piece::Removed(word.to_owned())),
            (ChangeTag::Insert, _) => pieces.push(Piece::Added(word.to_owned())),
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn changes_are_told_in_sentences() {
        let change = |kind, before: Value, after: Value| FieldChange {
            path: "/body/response_time/acknowledge".parse().unwrap(),
            label: "Response time: acknowledge".to_owned(),
            before: Some(before).filter(|value| !value.is_null()),
            after: Some(after).filter(|value| !value.is_null()),
            kind,
        };
        for (kind, before, after, told) in [
            (
                ChangeKind::Changed,
                json!("10 days"),
                json!("5 days"),
                "changed response time: acknowledge from “10 days” to “5 days”",
            ),
            (
                ChangeKind::Changed,
                json!("x".repeat(99)),
                json!("y"),
                "changed the text of response time: acknowledge",
            ),
            (
                ChangeKind::Changed,
                json!(""),
                json!("5 days"),
                "filled in response time: acknowledge: “5 days”",
            ),
            (ChangeKind::Changed, json!("5 days"), json!(""), "cleared response time: acknowledge"),
            (
                ChangeKind::Added,
                json!(null),
                json!("5 days"),
                "added response time: acknowledge: “5 days”",
            ),
            (
                ChangeKind::Removed,
                json!("5 days"),
                json!(null),
                "removed response time: acknowledge: “5 days”",
            ),
        ] {
            assert_eq!(sentence(&change(kind, before, after)), told);
        }
    }

    #[test]
    fn words_that_differ_are_told_apart() {
        let all = pieces("Refer for debt advice.", "Refer for a benefits check.");
        let whole = |kept: fn(&Piece) -> Option<&String>| {
            all.iter().filter_map(kept).cloned().collect::<String>()
        };
        let old = whole(|piece| match piece {
            Piece::Same(text) | Piece::Removed(text) => Some(text),
            Piece::Added(_) => None,
        });
        assert_eq!(old, "Refer for debt advice.");
        assert_eq!(all.first(), Some(&Piece::Same("Refer for ".to_owned())));
    }
}
