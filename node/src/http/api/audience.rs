//! Who may read a document, suggest changes to it and write it: changing it, its log, and who could read it when.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::IntoResponse;
use crdt_schema::audience::{Audience, Circle};
use crdt_schema::identity::{DocumentId, OrganizationId, Timestamp};
use engine::input::Command;
use engine::view::{AccessView, ReaderView};
use jiff::tz::TimeZone;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::http::App;
use crate::http::api::documents::entity_tag;
use crate::http::api::person::Who;
use crate::http::api::publish::Look;
use crate::http::api::{edit, organization, time};
use crate::http::extract::{self, Id, Params};
use crate::http::problem::Problem;

pub(crate) async fn show(
    State(app): State<App>,
    Id(id): Id<DocumentId>,
) -> Result<Json<Value>, Problem> {
    let read = app.handle().read(move |node| {
        let view = node.document(&id).ok_or(engine::Refused::NoSuchDocument)?;
        Ok::<_, engine::Refused>((view, node.access_log(&id)?))
    });
    let (view, log) = read.await??;
    let log: Vec<Value> = log.iter().map(step_json).collect();
    Ok(Json(json!({
        "read": view.audience.read,
        "suggest": view.audience.suggest,
        "write": view.audience.write,
        "may_change": view.may_set_audience,
        "log": log,
    })))
}

fn step_json(step: &AccessView) -> Value {
    json!({
        "envelope": step.envelope,
        "time": time(step.time),
        "organization": organization(&step.organization, &step.organization_name),
        "person": step.person,
        "audience": step.audience,
        "counts": step.counts,
    })
}

pub(crate) async fn change(
    State(app): State<App>,
    Id(document): Id<DocumentId>,
    Who(person): Who,
    extract::Json(wanted): extract::Json<Audience>,
) -> Result<impl IntoResponse, Problem> {
    let view = app.handle().read(move |node| node.document(&document)).await?;
    let view = view.ok_or_else(Problem::not_found)?;
    let audience = with_owner(wanted, view.owner);
    let opens = audience.read == Circle::Public && view.audience.read != Circle::Public;
    let warnings = if opens { Look::at(&app, document).await?.doubts } else { Vec::new() };
    let command = Command::SetAudience { document, audience: audience.clone(), person };
    let (id, heads) = edit::make(&app, command).await?;
    let mut headers = HeaderMap::new();
    headers.insert(header::ETAG, entity_tag(&heads));
    Ok((
        headers,
        Json(json!({
            "id": id,
            "heads": heads,
            "audience": audience,
            "warnings": warnings,
        })),
    ))
}

/// Adds the owner to the lists: it always reads and writes.
pub(crate) fn with_owner(audience: Audience, owner: OrganizationId) -> Audience {
    let add = |circle: Circle| match circle {
        Circle::Named(mut named) => {
            named.insert(owner);
            Circle::Named(named)
        }
        Circle::Workspace | Circle::Public => circle,
    };
    Audience {
        read: add(audience.read),
        suggest: add(audience.suggest),
        write: add(audience.write),
    }
}

/// The moment that is asked about.
#[derive(Debug, Deserialize)]
pub(crate) struct Moment {
    at: Option<String>,
}

pub(crate) async fn readers(
    State(app): State<App>,
    Id(id): Id<DocumentId>,
    Params(moment): Params<Moment>,
) -> Result<Json<Value>, Problem> {
    let at = moment.at.as_deref().map(instant).transpose()?;
    let found = app.handle().read(move |node| node.readers_at(&id, at)).await??;
    let readers: Vec<Value> = found.readers.iter().map(reader_json).collect();
    Ok(Json(json!({
        "at": at.map(time),
        "audience": found.audience,
        "readers": readers,
    })))
}

fn reader_json(reader: &ReaderView) -> Value {
    json!({
        "organization": organization(&reader.organization, &reader.name),
        "may_suggest": reader.may_suggest,
        "may_write": reader.may_write,
        "why": reader.why,
    })
}

fn instant(text: &str) -> Result<Timestamp, Problem> {
    if let Ok(day) = text.parse::<jiff::civil::Date>()
        && !text.contains('T')
    {
        return end_of(day).ok_or_else(no_moment);
    }
    let instant: jiff::Timestamp = text.parse().map_err(|_| no_moment())?;
    u64::try_from(instant.as_millisecond()).map(Timestamp).map_err(|_| no_moment())
}

fn no_moment() -> Problem {
    Problem::malformed("at is a time such as 2026-03-03T15:05:00Z, or a day such as 2026-03-03")
}

/// Returns the last moment of a day, as people at this computer count days.
pub(crate) fn end_of(day: jiff::civil::Date) -> Option<Timestamp> {
    let next = day.tomorrow().ok()?.to_zoned(TimeZone::system()).ok()?;
    let milliseconds = next.timestamp().as_millisecond().checked_sub(1)?;
    u64::try_from(milliseconds).ok().map(Timestamp)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_a_time_or_the_end_of_a_day() {
        assert_eq!(instant("2026-03-03T00:00:00Z").unwrap(), Timestamp(1_772_496_000_000));
        let [day, next] = ["2026-03-03", "2026-03-04"].map(|day| instant(day).unwrap());
        assert_eq!(next.0 - day.0, 24 * 60 * 60 * 1_000);
        for wrong in ["", "yesterday", "2026-02-31", "03/03/2026", "1969-01-01T00:00:00Z"] {
            assert!(instant(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_owner_is_always_among_those_who_are_named() {
        let [owner, other] = [OrganizationId([1; 32]), OrganizationId([2; 32])];
        let named = |ids: &[OrganizationId]| Circle::Named(ids.iter().copied().collect());
        let wanted = Audience::new(named(&[other]), Circle::Workspace);
        let set = with_owner(wanted, owner);
        assert_eq!(set, Audience::new(named(&[owner, other]), Circle::Workspace));
    }
}
