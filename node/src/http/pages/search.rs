//! Search over everything that this organisation may read.

use std::collections::BTreeMap;

use axum::extract::{Query, State};
use axum::response::Response;
use crdt_schema::documents::specs;
use engine::{Choices, Decided, Found, Reader, Search};
use serde::Deserialize;
use web_ui::chrome::Place;
use web_ui::pages::{Pages, search as page};
use web_ui::when::{self, Calendar};

use super::frame::{self, Refusal, Signed};
use crate::http::App;

/// Rows of one page.
const ROWS: usize = 20;
/// Tags and areas that are offered while typing.
const OFFERED: usize = 500;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Wanted {
    q: String,
    workspace: String,
    kind: String,
    tag: String,
    organisation: String,
    area: String,
    status: String,
    decision: String,
    overdue: String,
    page: Option<usize>,
}

pub(crate) async fn show(
    State(app): State<App>,
    Query(wanted): Query<Wanted>,
    signed: Signed,
) -> Result<Response, Refusal> {
    let chrome = frame::chrome(&app, &signed, Place::Search).await?;
    let calendar = frame::calendar();
    let page = wanted.page.unwrap_or(1).max(1);
    let asked = page::Asked {
        words: wanted.q,
        workspace: wanted.workspace,
        kind: wanted.kind,
        tag: wanted.tag,
        organization: wanted.organisation,
        area: wanted.area,
        status: wanted.status,
        decision: wanted.decision,
        overdue: !wanted.overdue.is_empty(),
    };
    let (search, words) = (meant(&asked, &calendar), asked.words.clone());
    let is_asked = asked.is_some();
    let (found, total, choices) = app
        .handle()
        .read(move |node| {
            let all = search.map(|search| node.search(&search)).unwrap_or_default();
            let choices = choices(node);
            let wanted = all.iter().skip((page - 1).saturating_mul(ROWS)).take(ROWS);
            let wanted = wanted.filter(|_| is_asked);
            let rows: Vec<_> =
                wanted.filter_map(|found| row(node, found, &words, &calendar)).collect();
            (rows, all.len(), choices)
        })
        .await?;
    let pages = Pages {
        previous: (page > 1).then(|| asked.at(page - 1)),
        next: (is_asked && page.saturating_mul(ROWS) < total)
            .then(|| asked.at(page.saturating_add(1))),
    };
    frame::show(&page::Search { chrome, asked, choices, found, total, pages })
}

/// Returns what was asked for; nothing if something was chosen that is not there.
fn meant(asked: &page::Asked, calendar: &Calendar) -> Option<Search> {
    fn chosen<T: std::str::FromStr>(text: &str) -> Option<Option<T>> {
        if text.is_empty() { Some(None) } else { text.parse().ok().map(Some) }
    }
    let decision = match asked.decision.as_str() {
        "" => None,
        "yes" => Some(Decided::Yes),
        "no" => Some(Decided::No),
        "none" => Some(Decided::NotYet),
        _ => return None,
    };
    let today = calendar.today().map(|today| today.to_string()).unwrap_or_default();
    Some(Search {
        words: asked.words.clone(),
        workspace: chosen(&asked.workspace)?,
        kind: chosen(&asked.kind)?,
        tag: asked.tag.clone(),
        owner: chosen(&asked.organization)?,
        area: asked.area.clone(),
        status: asked.status.clone(),
        decision,
        review_before: if asked.overdue { today } else { String::new() },
        since: None,
    })
}

fn choices(node: &mut Reader<'_>) -> page::Choices {
    let Choices { kinds, tags, owners, areas, statuses } = node.choices(None);
    let statuses: BTreeMap<String, String> = statuses
        .into_iter()
        .map(|(word, kind)| {
            let said = web_ui::reading::status(specs(kind), &word);
            (word, said)
        })
        .collect();
    let mut organizations: Vec<(String, String)> =
        owners.into_iter().map(|(id, name)| (id.to_string(), name)).collect();
    organizations.sort_by(|(_, one), (_, other)| one.cmp(other));
    let workspaces = node.workspaces();
    page::Choices {
        workspaces: workspaces.into_iter().map(|one| (one.id.to_string(), one.name)).collect(),
        kinds: kinds.into_iter().collect(),
        tags: tags.into_iter().take(OFFERED).collect(),
        organizations,
        areas: areas.into_iter().take(OFFERED).collect(),
        statuses: statuses.into_iter().collect(),
    }
}

fn row(
    node: &mut Reader<'_>,
    found: &Found,
    words: &str,
    calendar: &Calendar,
) -> Option<page::FoundRow> {
    let document = node.document(&found.id)?;
    let workspace = node.workspace(&found.workspace)?;
    let excerpt = node.excerpt(&found.id, words);
    Some(page::FoundRow {
        id: document.id,
        title: Reader::marked(&document.title, words),
        kind: document.kind,
        workspace: workspace.name,
        owner: document.owner_name,
        status: web_ui::reading::status(specs(document.kind), &document.status),
        updated: calendar.near(document.updated),
        overdue: when::is_past(&document.review_date, calendar.today()),
        excerpt: excerpt.map(|excerpt| (excerpt.label, excerpt.pieces)),
    })
}
