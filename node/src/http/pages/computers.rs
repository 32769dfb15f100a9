//! Settings: the organisation's computers, and adding one by a code.

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Redirect, Response};
use crdt_schema::identity::{CodeId, NodeId};
use engine::Done;
use engine::input::Command;
use engine::view::{CodeView, ComputerView};
use web_ui::chrome::Place;
use web_ui::pages::computers::{CodeRow, ComputerCode, ComputerRow, Computers};
use web_ui::urls;
use web_ui::when::Calendar;

use super::frame::{self, Refusal, Signed};
use super::posted::Form;
use crate::http::App;
use crate::http::api::own::CODE_LASTS;
use crate::http::extract::Id;
use crate::qr;

pub(crate) async fn list(State(app): State<App>, signed: Signed) -> Result<Response, Refusal> {
    let (computers, codes, this) =
        app.handle().read(|node| (node.computers(), node.codes(), node.node())).await?;
    let calendar = frame::calendar();
    frame::show(&Computers {
        chrome: frame::chrome(&app, &signed, Place::Settings).await?,
        computers: computers.iter().map(|one| computer(one, this, &calendar)).collect(),
        codes: codes
            .iter()
            .filter(|code| code.text.is_some())
            .map(|code| code_row(code, &calendar))
            .collect(),
    })
}

fn computer(one: &ComputerView, this: NodeId, calendar: &Calendar) -> ComputerRow {
    let state = match (one.has_ended, one.is_this, one.connected) {
        (true, ..) => "Ended",
        (false, true, _) => "In use",
        (false, false, true) => "Connected",
        (false, false, false) => "Not connected",
    };
    let by = match one.added_by {
        None => "with the recovery kit".to_owned(),
        Some(by) if by == this => "by this computer".to_owned(),
        Some(by) => format!("by {by}"),
    };
    let added = one.added.map(|added| format!("{}, {by}", calendar.near(added)));
    ComputerRow {
        id: one.id.to_string(),
        is_this: one.is_this,
        state: state.to_owned(),
        added: added.unwrap_or_default(),
    }
}

fn code_row(code: &CodeView, calendar: &Calendar) -> CodeRow {
    CodeRow { id: code.id, until: calendar.near(code.expires) }
}

pub(crate) async fn make_code(State(app): State<App>, form: Form) -> Result<Redirect, Refusal> {
    let made = app.handle().act(Command::CreateCode { lasts: CODE_LASTS }).await?;
    let Done::Code { id, .. } = made else { return Err(Refusal::Broken) };
    app.banners().put(&form.signed, "Code made. It works once, within an hour.");
    Ok(Redirect::to(&urls::computer_code(id)))
}

async fn find(app: &App, id: CodeId) -> Result<CodeView, Refusal> {
    let codes = app.handle().read(|node| node.codes()).await?;
    codes.into_iter().find(|code| code.id == id).ok_or(Refusal::NotFound)
}

pub(crate) async fn code(
    State(app): State<App>,
    Id(id): Id<CodeId>,
    signed: Signed,
) -> Result<Response, Refusal> {
    let code = find(&app, id).await?;
    let row = code_row(&code, &frame::calendar());
    let state = match (code.used, code.is_over) {
        (Some(node), _) => format!(
            "The computer {node} was added with it. If you do not know that computer, end it now."
        ),
        (None, true) => "Its time is over. Make a new one.".to_owned(),
        (None, false) => format!("It works once, until {}.", row.until),
    };
    frame::show(&ComputerCode {
        chrome: frame::chrome(&app, &signed, Place::Settings).await?,
        qr_svg: code.text.as_deref().and_then(qr::svg),
        text: code.text,
        code: row,
        state,
    })
}

pub(crate) async fn file(
    State(app): State<App>,
    Id(id): Id<CodeId>,
    _signed: Signed,
) -> Result<Response, Refusal> {
    let text = find(&app, id).await?.text.ok_or(Refusal::NotFound)?;
    let headers = [
        (header::CONTENT_TYPE, "text/plain; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"fingerpost-computer.txt\""),
    ];
    Ok((headers, format!("{text}\n")).into_response())
}

pub(crate) async fn withdraw(
    State(app): State<App>,
    Id(code): Id<CodeId>,
    form: Form,
) -> Result<Redirect, Refusal> {
    app.handle().act(Command::RevokeCode { code }).await?;
    app.banners().put(&form.signed, "Code withdrawn. Nobody can use it any more.");
    Ok(Redirect::to(urls::computers()))
}
