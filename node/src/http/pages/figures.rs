//! Figures of an insight: exact counts come in by a form, are made safe here, looked at, and only then written.
//!
//! The exact counts are dropped as soon as the page is made. What waits to be confirmed is what may be shared, in memory only.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use crdt_schema::disclosure::{self, Contributor, Count, Hidden, Policy, Unfit};
use crdt_schema::document::Edit;
use crdt_schema::heads::Heads;
use crdt_schema::identity::{DocumentId, Kind, PersonId};
use crdt_schema::personal::{self, Sort};
use serde_json::{Value, json};
use web_ui::figures::Figures as Table;
use web_ui::forms::{Field, FormError, Posted};
use web_ui::pages::figures::{BringFigures, CheckFigures};
use web_ui::urls;

use super::document::{self, Opened};
use super::frame::{self, Refusal, Signed};
use super::posted::{File, Form};
use crate::http::App;
use crate::http::api::edit::change_with;
use crate::http::extract::Id;
use crate::http::session;

/// Figures that wait to be confirmed, at most.
const HELD: usize = 16;
/// Lines of counts that are read, at most; more make a table that is too large anyway.
const LINES: usize = 2_000;
/// Warnings of one sort that are shown, at most.
const WARNINGS: usize = 10;
/// Below which number counts are kept back where more care is needed.
const MORE_CARE: u64 = 10;

/// Figures that wait to be confirmed, by a random name.
#[derive(Default)]
pub(crate) struct HeldFigures(Mutex<BTreeMap<u64, Held>>);

struct Held {
    name: String,
    person: PersonId,
    document: DocumentId,
    heads: Heads,
    edits: Vec<Edit>,
}

impl HeldFigures {
    fn put(&self, held: Held) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= HELD {
            all.pop_first();
        }
        let next = all.last_key_value().map_or(0, |(number, _)| number.saturating_add(1));
        all.insert(next, held);
    }

    fn take(&self, name: &str, person: PersonId, document: DocumentId) -> Option<Held> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_it =
            |held: &Held| held.name == name && held.person == person && held.document == document;
        let number = all.iter().find(|(_, held)| is_it(held)).map(|(number, _)| *number)?;
        all.remove(&number)
    }
}

pub(crate) async fn form(
    State(app): State<App>,
    Id(id): Id<DocumentId>,
    signed: Signed,
) -> Result<Response, Refusal> {
    frame::show(&page(&app, &signed, id, &Posted::default(), Vec::new()).await?)
}

/// Opens an insight that the organisation may change.
async fn insight(app: &App, signed: &Signed, id: DocumentId) -> Result<Opened, Refusal> {
    let opened = document::open(app, signed, id).await?;
    if opened.view.kind != Kind::AggregatedInsight || opened.head.cannot.is_some() {
        return Err(Refusal::NotFound);
    }
    Ok(opened)
}

async fn page(
    app: &App,
    signed: &Signed,
    id: DocumentId,
    posted: &Posted,
    errors: Vec<FormError>,
) -> Result<BringFigures, Refusal> {
    let Opened { chrome, head, .. } = insight(app, signed, id).await?;
    let field = |name: &str, first: &str| {
        let typed = posted.get(name);
        let mut field = Field::of(if posted.0.is_empty() { first } else { typed });
        if let Some(error) = errors.iter().find(|error| error.field == name) {
            field.refuse(error.message.clone());
        }
        field
    };
    Ok(BringFigures {
        counts: field("counts", ""),
        file: field("file", ""),
        threshold: field("threshold", "5"),
        base: field("base", "5"),
        zero: field("zero", "show"),
        higher: field("higher", ""),
        chrome: chrome.with_errors(errors),
        document: head,
    })
}

pub(crate) async fn check(
    State(app): State<App>,
    Id(id): Id<DocumentId>,
    form: Form,
) -> Result<Response, Refusal> {
    let Form { signed, posted, file } = form;
    let Opened { chrome, head, members, content, .. } = insight(&app, &signed, id).await?;
    let made = given(posted.get("counts"), file.as_ref()).and_then(|(from, text)| {
        let counts = counts(text).map_err(|message| wrong(from, message))?;
        make(&counts, &policy(&posted), from)
    });
    let (mut warnings, figures) = match made {
        Ok(made) => made,
        Err(error) => {
            return frame::show_again(&page(&app, &signed, id, &posted, vec![error]).await?);
        }
    };
    let table =
        Table::of(&json!({"body": {"data": figures.data, "suppression": figures.suppression}}));
    let own = members.iter().find(|member| member.is_self).ok_or(Refusal::NotFound)?;
    let by = Contributor { id: own.organization.to_string(), name: own.name.to_string() };
    let edits = disclosure::beside(&figures, &content, &by).map_err(|_| Refusal::Broken)?;
    warnings.extend(others(&content));
    warnings.extend(earlier(&figures, &content, &by));
    let kept = figures.kept.iter().map(|(area, period, why)| {
        let why = match why {
            Hidden::Small => "it is small",
            Hidden::WithSmall => "with it, a small number could be worked out",
        };
        (area.clone(), period.clone(), why.to_owned())
    });
    let held = session::secret().map_err(|_| Refusal::Broken)?;
    let shown = CheckFigures {
        chrome,
        columns: table.columns(),
        rows: table.table(),
        kept: kept.collect(),
        warnings,
        held: held.clone(),
        document: head,
    };
    let heads = shown.document.heads.clone();
    app.held_figures().put(Held {
        name: held,
        person: signed.account.id,
        document: id,
        heads,
        edits,
    });
    frame::show(&shown)
}

pub(crate) async fn done(
    State(app): State<App>,
    Id(id): Id<DocumentId>,
    form: Form,
) -> Result<Response, Refusal> {
    let Form { signed, posted, .. } = form;
    let Some(held) = app.held_figures().take(posted.get("held"), signed.account.id, id) else {
        // Confirmed twice, or the node was started again in between.
        return Ok(Redirect::to(&urls::document(id)).into_response());
    };
    change_with(&app, id, Some(held.heads), held.edits, signed.person()).await?;
    app.banners().put(&signed, "Figures shared.");
    Ok(Redirect::to(&urls::document(id)).into_response())
}

fn wrong(field: &str, message: String) -> FormError {
    FormError { field: field.to_owned(), message }
}

/// Makes figures, and says what to look at before they are shared; or what is wrong, and in which field.
fn make(
    counts: &[Count],
    policy: &Policy,
    from: &str,
) -> Result<(Vec<String>, disclosure::Figures), FormError> {
    let figures = disclosure::figures(counts, policy).map_err(|unfit| {
        let field = match unfit {
            Unfit::UnknownArea { .. } => "higher",
            Unfit::Empty
            | Unfit::Total { .. }
            | Unfit::Twice { .. }
            | Unfit::Overlap { .. }
            | Unfit::TooMany(_) => from,
        };
        wrong(field, sentence(&unfit.to_string()))
    })?;
    Ok((warnings(counts), figures))
}

fn policy(posted: &Posted) -> Policy {
    let number = |name: &str| posted.get(name).parse::<u64>().unwrap_or(5);
    let higher = posted.get("higher").lines().map(str::trim).filter(|line| !line.is_empty());
    Policy {
        threshold: if number("threshold") == MORE_CARE { MORE_CARE } else { 5 },
        base: if number("base") == 1 { 1 } else { 5 },
        hides_zero: posted.get("zero") == "hide",
        higher: higher.map(|area| (area.to_owned(), MORE_CARE)).collect(),
    }
}

/// Returns the field from which the counts come, and what it holds: what was typed, or the file.
fn given<'a>(typed: &'a str, file: Option<&'a File>) -> Result<(&'static str, &'a str), FormError> {
    let Some(file) = file else { return Ok(("counts", typed)) };
    if !typed.trim().is_empty() {
        let message = "Choose a file, or type the counts, not both";
        return Err(wrong("file", message.to_owned()));
    }
    let text = std::str::from_utf8(&file.bytes).map_err(|_| {
        let message = "The file is not a CSV file in UTF-8. In your spreadsheet, save it as “CSV UTF-8”, and choose it again";
        wrong("file", message.to_owned())
    })?;
    Ok(("file", text))
}

/// Reads counts: a line with the names of the columns, then one count on each line.
fn counts(typed: &str) -> Result<Vec<Count>, String> {
    // Spreadsheets begin a file with a mark of its encoding.
    let typed = typed.trim_start_matches('\u{feff}');
    let delimiter =
        if typed.lines().next().is_some_and(|line| line.contains('\t')) { b'\t' } else { b',' };
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .trim(csv::Trim::All)
        .from_reader(typed.as_bytes());
    let heads = reader.headers().map_err(|error| sentence(&error.to_string()))?.clone();
    let column = |names: &[&str]| {
        heads.iter().position(|head| names.iter().any(|name| head.eq_ignore_ascii_case(name)))
    };
    let missing =
        |name: &str| format!("The first line has no column “{name}”. Write area,code,period,count");
    let area = column(&["area", "area_name"]).ok_or_else(|| missing("area"))?;
    let period = column(&["period", "month"]).ok_or_else(|| missing("period"))?;
    let number = column(&["count", "exact_count", "value"]).ok_or_else(|| missing("count"))?;
    let code = column(&["code", "gss_code"]);
    let mut counts = Vec::new();
    for (row, line) in (2_usize..).zip(reader.records()) {
        let line = line.map_err(|error| sentence(&error.to_string()))?;
        let cell = |at: usize| line.get(at).unwrap_or_default().to_owned();
        let typed = cell(number);
        let count = typed.replace(',', "").parse::<u64>().map_err(|_| {
            format!("Line {row}: “{typed}” is no whole number. Put it right, or leave the line out")
        })?;
        if cell(area).is_empty() || cell(period).is_empty() {
            return Err(format!(
                "Line {row} has no area or no period. Fill it in, or leave the line out"
            ));
        }
        counts.push(Count {
            area: cell(area),
            code: code.map(cell).unwrap_or_default(),
            period: cell(period),
            count,
        });
        if counts.len() > LINES {
            return Err(format!("Bring in at most {LINES} counts at a time"));
        }
    }
    Ok(counts)
}

/// Returns what a person should look at: areas of which one figure tells of everybody.
fn warnings(counts: &[Count]) -> Vec<String> {
    let mut areas: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
    for count in counts {
        areas.entry(&count.area).or_default().push(count.count);
    }
    let total = disclosure::looks_like_total(counts).map(|area| {
        format!("{area} is as many as all other areas together. If it is their total, go back and leave it out: with it, what is kept back can be worked out.")
    });
    let telling = areas.iter().filter(|(_, counts)| disclosure::tells_of_all(counts));
    telling
        .map(|(area, _)| {
            format!("{area} has only one figure that is not zero. It may tell of everybody there.")
        })
        .chain(total)
        .chain(personal(counts))
        .collect()
}

/// Says which names of areas or periods look as if they were about a person or one home.
fn personal(counts: &[Count]) -> Vec<String> {
    let names: BTreeSet<&String> =
        counts.iter().flat_map(|count| [&count.area, &count.code, &count.period]).collect();
    let found = names.into_iter().flat_map(|name| personal::look(name)).take(WARNINGS);
    found
        .map(|finding| {
            let then = match finding.looks_like {
                Sort::Postcode => "Figures for so small an area can tell of one home. Go back and give a larger area",
                Sort::Mobile | Sort::NhsNumber | Sort::DateOfBirth | Sort::PrivateEmail => {
                    "Figures must not be about one person. Go back and take it out"
                }
            };
            format!("{}. {then}, if it is so.", finding.words())
        })
        .collect()
}

/// Says what becomes of the figures that name nobody.
fn others(content: &Value) -> Option<String> {
    let number = disclosure::rows_of_nobody(content);
    (number > 0).then(|| {
        let figures = web_ui::chrome::count(number, "figure", "figures");
        format!(
            "This insight has {figures} without the name of an organisation. They stay beside yours. If they are yours, take them out first: choose All parts, then Figures."
        )
    })
}

/// Says where what this organisation shared earlier, which others still have, tells something together with what it shares
/// now: a period that shares days with an earlier one, or a number that is a little more or less than it was.
fn earlier(figures: &disclosure::Figures, content: &Value, by: &Contributor) -> Vec<String> {
    let rows = |value: &Value, pointer: &str| -> Vec<Value> {
        value.pointer(pointer).and_then(Value::as_array).cloned().unwrap_or_default()
    };
    let text = |row: &Value, name: &str| -> String {
        row.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let is_own = |row: &&Value| text(row, "organization_id") == by.id;
    let threshold = figures.suppression.get("threshold").and_then(Value::as_u64).unwrap_or(0);
    let mut warnings = BTreeSet::new();
    for old in rows(content, "/body/data/rows").iter().filter(is_own) {
        for new in rows(&figures.data, "/rows") {
            let (before, period) = (text(old, "period"), text(&new, "period"));
            if disclosure::periods_overlap(&before, &period) {
                warnings.insert(format!("You shared figures for {before} before, and others still have them. {period} shares days with it: the one less the other may tell a small number."));
            }
            let is_same = before == period && text(old, "area_name") == text(&new, "area_name");
            let numbers = [old, &new].map(|row| row.get("value").and_then(Value::as_u64));
            if let [Some(one), Some(other)] = numbers
                && is_same
                && disclosure::difference_tells(one, other, threshold)
            {
                let area = text(old, "area_name");
                warnings.insert(format!("{area}, {period} was {one} and becomes {other}. Others still have the earlier number, and see the difference."));
            }
        }
    }
    warnings.into_iter().take(WARNINGS).collect()
}

fn sentence(text: &str) -> String {
    web_ui::words::capital(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_read_with_the_line_that_is_wrong() {
        let read =
            counts("area,code,period,count\nHarbour,E1,2026-07,\"1,041\"\nMill,,2026-07,3\n")
                .unwrap();
        assert_eq!(read.iter().map(|count| count.count).collect::<Vec<_>>(), [1041, 3]);
        assert_eq!(counts("Area\tPeriod\tCount\nA\t2026\t7").unwrap().len(), 1);
        for (typed, said) in [
            ("", "no column “area”"),
            ("area,period\nA,2026", "no column “count”"),
            ("area,period,count\nA,2026,many", "Line 2: “many”"),
            ("area,period,count\nA,2026,1\n,2026,4", "Line 3 has no area"),
        ] {
            assert!(counts(typed).unwrap_err().contains(said), "{typed}: {:?}", counts(typed));
        }
    }
}
