//! What waits for the people here: who asks to join, decisions, suggestions, comments, data requests, reviews, and what is
//! new on followed shelves.

use crdt_schema::identity::{DocumentId, WorkspaceId};
use engine::Reader;
use engine::view::{FormerView, JoinState, MemberView, Standing};
use jiff::ToSpan as _;
use web_ui::chrome::count;
use web_ui::pages::copies;
use web_ui::pages::home::Attention;
use web_ui::when::{self, Calendar};
use web_ui::{requests, urls};

use crate::followed::found::News;
use crate::http::api::changes;
use crate::http::api::looks::{self, Known, Newer};

/// Documents with suggestions that are named one by one.
const SUGGESTED: usize = 20;
/// Documents with comments, data requests and reviews that are named one by one.
const NAMED: usize = 5;
/// Data requests that are looked at: each is opened.
const LOOKED_AT: usize = 50;
/// Days before a review date on which people are reminded.
const REMINDER_DAYS: i64 = 14;

/// Returns what waits for the people here, most urgent first.
pub(crate) fn all(node: &mut Reader<'_>, calendar: &Calendar) -> Vec<Attention> {
    let mut attention = of_members(node);
    attention.extend(of_documents(node, calendar));
    attention.extend(of_shelves(node));
    attention
}

fn of_members(node: &Reader<'_>) -> Vec<Attention> {
    let mut attention = Vec::new();
    for join in node.joins() {
        let workspace = &join.workspace_name;
        if let JoinState::Refused(_) = join.state {
            attention.push(Attention {
                text: format!("You did not join {workspace}"),
                link: "See why".to_owned(),
                url: urls::join_waiting(join.workspace),
                dismiss: None,
            });
        }
    }
    attention.extend(node.former().iter().filter_map(|former| no_longer_in(node, former)));
    for workspace in node.workspaces() {
        let members = node.members(&workspace.id);
        let waits = |member: &&MemberView| member.standing == Standing::Waiting;
        for member in members.iter().filter(waits).filter(|_| workspace.role.may_steward()) {
            attention.push(Attention {
                text: format!("{} asks to join {}", member.name, workspace.name),
                link: "See who is waiting".to_owned(),
                url: urls::member(workspace.id, member.organization),
                dismiss: None,
            });
        }
        for proposal in node.proposals(&workspace.id).iter().filter(|one| one.may_agree) {
            attention.push(Attention {
                text: format!(
                    "{} proposes in {}: {}",
                    proposal.by_name,
                    workspace.name,
                    changes::summary(proposal)
                ),
                link: "Look at the decision".to_owned(),
                url: urls::proposal(workspace.id, proposal.id),
                dismiss: None,
            });
        }
        let own = members.iter().find(|member| member.is_self);
        if let Some(suspension) = own.and_then(|own| own.suspension.as_ref()) {
            attention.push(Attention {
                text: format!(
                    "{} suspended your organisation in {}",
                    suspension.by_name, workspace.name
                ),
                link: "See why".to_owned(),
                url: urls::member(workspace.id, node.card().organization),
                dismiss: None,
            });
        }
    }
    attention
}

/// Says that this organisation was removed from a workspace, until somebody here has taken note, or waits for it again.
fn no_longer_in(node: &Reader<'_>, former: &FormerView) -> Option<Attention> {
    let url = urls::workspace(former.id);
    match former.standing {
        Standing::Removed => {
            let seen = node.local(&dismissed_key(&former.id));
            let ended = former.ended_by.map(|entry| entry.to_string().into_bytes());
            (seen.is_none() || seen != ended).then(|| Attention {
                text: format!("Your organisation was removed from {}", former.name),
                link: "See why".to_owned(),
                url,
                dismiss: Some(urls::workspace_dismiss(former.id)),
            })
        }
        Standing::Waiting => Some(Attention {
            text: format!("Your organisation waits to be let into {}", former.name),
            link: "See why, and what to do".to_owned(),
            url,
            dismiss: None,
        }),
        Standing::Member | Standing::Suspended | Standing::Left => None,
    }
}

/// Where it is kept that people here took note of a removal.
pub(crate) fn dismissed_key(workspace: &WorkspaceId) -> String {
    format!("dismissed/{workspace}")
}

/// Returns what waits in documents: suggestions, data requests without an answer, and reviews.
fn of_documents(node: &mut Reader<'_>, calendar: &Calendar) -> Vec<Attention> {
    let soon = calendar.today().and_then(|today| today.checked_add(REMINDER_DAYS.days()).ok());
    let waiting = node.waiting(&soon.map(|date| date.to_string()).unwrap_or_default());
    let mut attention = Vec::new();
    for id in waiting.suggested.iter().take(SUGGESTED) {
        attention.extend(suggested(node, id));
    }
    if waiting.suggested.len() > SUGGESTED {
        let more = count(waiting.suggested.len() - SUGGESTED, "more document", "more documents");
        attention.push(Attention {
            text: format!("Suggestions wait for an answer in {more}"),
            link: "See what changed".to_owned(),
            url: urls::activity().to_owned(),
            dismiss: None,
        });
    }
    for id in waiting.discussed.iter().take(NAMED) {
        attention.extend(discussed(node, id));
    }
    if waiting.discussed.len() > NAMED {
        let more = count(waiting.discussed.len() - NAMED, "more document", "more documents");
        attention.push(Attention {
            text: format!("Comments on {more} of your organisation wait for an answer"),
            link: "See what changed".to_owned(),
            url: urls::activity().to_owned(),
            dismiss: None,
        });
    }
    let requests = waiting.requests.iter().take(LOOKED_AT);
    attention.extend(requests.filter_map(|id| asked(node, id, calendar)).take(NAMED));
    for id in waiting.reviews.iter().take(NAMED) {
        attention.extend(review(node, id, calendar));
    }
    if waiting.reviews.len() > NAMED {
        let more = count(waiting.reviews.len() - NAMED, "more document", "more documents");
        let own = node.card().organization.to_string();
        attention.push(Attention {
            text: format!("{more} of your organisation are due for review"),
            link: "See what is overdue".to_owned(),
            url: urls::search_page(&[("overdue", "yes"), ("organisation", &own)], 1),
            dismiss: None,
        });
    }
    attention
}

fn suggested(node: &mut Reader<'_>, id: &DocumentId) -> Option<Attention> {
    let document = node.document(id)?;
    let waiting = usize::try_from(document.suggested).unwrap_or(usize::MAX);
    let (number, wait) = (count(waiting, "suggestion", "suggestions"), waits(waiting));
    Some(Attention {
        text: format!("{number} for “{}” {wait} for an answer", document.title),
        link: "See what is suggested".to_owned(),
        url: urls::suggestions(id),
        dismiss: None,
    })
}

/// Says that somebody asked or objected, and nobody of this organisation, whose document it is, has answered.
fn discussed(node: &mut Reader<'_>, id: &DocumentId) -> Option<Attention> {
    let document = node.document(id)?;
    let waiting = usize::try_from(document.discussed).unwrap_or(usize::MAX);
    let (number, wait) = (count(waiting, "discussion", "discussions"), waits(waiting));
    Some(Attention {
        text: format!("{number} about “{}” {wait} for an answer", document.title),
        link: "Read the comments".to_owned(),
        url: urls::comments(id),
        dismiss: None,
    })
}

const fn waits(number: usize) -> &'static str {
    if number == 1 { "waits" } else { "wait" }
}

/// Says that a data request waits, if this organisation asks, is asked, or wrote it down.
fn asked(node: &mut Reader<'_>, id: &DocumentId, calendar: &Calendar) -> Option<Attention> {
    let own = node.card().clone();
    let document = node.document(id)?;
    let content = node.open(id).ok()?.shown();
    let (asks, is_asked) = requests::sides(&content);
    let is_own = |name: &str| name.trim().eq_ignore_ascii_case(own.name.as_str());
    if !is_own(&asks) && !is_own(&is_asked) && document.owner != own.organization {
        return None;
    }
    let title = &document.title;
    let who = match (is_own(&is_asked), is_asked.is_empty(), asks.is_empty()) {
        (true, _, false) => format!("{asks} waits for your answer to “{title}”"),
        (true, _, true) => format!("“{title}” waits for your answer"),
        (false, false, _) => format!("{is_asked} has not answered “{title}”"),
        (false, true, _) => format!("“{title}” has no answer"),
    };
    let clock = requests::clock(&content, calendar.today());
    Some(Attention {
        text: format!("{who}. {}", clock.trim_end_matches('.')),
        link: "Open the request".to_owned(),
        url: urls::document(id),
        dismiss: None,
    })
}

fn review(node: &mut Reader<'_>, id: &DocumentId, calendar: &Calendar) -> Option<Attention> {
    let document = node.document(id)?;
    let (title, date) = (&document.title, when::iso_date(&document.review_date));
    let text = if when::is_past(&document.review_date, calendar.today()) {
        format!("“{title}” should have been reviewed by {date}")
    } else {
        format!("“{title}” is to be reviewed by {date}")
    };
    let link = "Open it".to_owned();
    Some(Attention { text, link, url: urls::document(id), dismiss: None })
}

/// Returns what is new on followed shelves: newer originals of copies first.
fn of_shelves(node: &mut Reader<'_>) -> Vec<Attention> {
    let all = Known::all(node);
    let mut attention: Vec<Attention> =
        looks::newer_originals(node, &all).iter().map(newer_original).collect();
    let workspaces = node.workspaces();
    // Where copies can be made, unless it is known where somebody followed the shelf.
    let usual = workspaces.iter().find(|one| one.role.may_write()).or(workspaces.first());
    for known in &all {
        let News { new, changed, gone } = known.news();
        let words = copies::news(new, changed, gone);
        let from = workspaces.iter().find(|one| Some(one.id) == known.looks.workspace);
        let Some(workspace) = from.or(usual) else { continue };
        let url = urls::other_shelf(workspace.id, &known.address.to_string());
        let (name, times) = (known.name(), known.looks.failures);
        if !words.is_empty() {
            let text = format!("{name}’s shelf: {words} since you looked");
            let (link, url) = ("See what is on it".to_owned(), url.clone());
            attention.push(Attention { text, link, url, dismiss: None });
        }
        if known.looks.is_lost() {
            let text = format!("{name}’s shelf could not be looked at the last {times} times");
            let link = "See why, and what to do".to_owned();
            attention.push(Attention { text, link, url, dismiss: None });
        }
    }
    attention
}

/// Says that the original of a copy was published in a version that the copy lacks.
fn newer_original(newer: &Newer) -> Attention {
    let Newer { document, title, version, publisher, heads } = newer;
    let named = if version.is_empty() { String::new() } else { format!(" ({version})") };
    let by = if publisher.is_empty() { String::new() } else { format!(" by {publisher}") };
    Attention {
        text: format!("The original of “{title}” was published in a newer version{named}{by}"),
        link: "See what is new there".to_owned(),
        url: urls::incoming(document),
        dismiss: Some(urls::incoming_seen(document, heads)),
    }
}
