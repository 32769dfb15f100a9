//! The way to one organisation's computers, and calling them now.

use axum::extract::State;
use axum::response::{Redirect, Response};
use crdt_schema::identity::OrganizationId;
use engine::input::Command;
use web_ui::chrome::Place;
use web_ui::pages::ways::{WayRow, Ways};
use web_ui::urls;
use web_ui::when::Calendar;

use super::frame::{self, Refusal, Signed};
use super::posted::Form;
use crate::http::App;
use crate::http::extract::Id;
use crate::http::ways::{self, Way};

pub(crate) async fn show(
    State(app): State<App>,
    Id(organization): Id<OrganizationId>,
    signed: Signed,
) -> Result<Response, Refusal> {
    let peers = app.handle().read(|node| node.peers()).await?;
    let peer = peers.iter().find(|peer| peer.organization == organization);
    let peer = peer.ok_or(Refusal::NotFound)?;
    let calendar = frame::calendar();
    let ways = ways::ways(app.handle(), &peer.ways);
    frame::show(&Ways {
        chrome: frame::chrome(&app, &signed, Place::Network).await?,
        organization,
        name: peer.name.clone(),
        last_seen: peer.last_seen.map(|seen| calendar.near(seen)),
        computers: ways.iter().map(|way| row(way, &calendar)).collect(),
    })
}

fn row(way: &Way, calendar: &Calendar) -> WayRow {
    let is_connected = way.state.is_connected();
    let untried = if is_connected { "" } else { "not tried yet" };
    let tried = way.tried.iter().map(|(address, trouble)| (address, ways::brief(*trouble)));
    let all = tried.chain(way.untried.iter().map(|address| (address, untried)));
    WayRow {
        id: way.node.to_string(),
        connected: is_connected,
        reason: way.state.words().to_owned(),
        advice: way.state.advice().to_owned(),
        last_try: way.last_try.map(|when| calendar.near(when)),
        next_try: way.next_try.map(|when| calendar.near(when)),
        addresses: all
            .filter(|(address, _)| !address.is_empty())
            .map(|(address, result)| (address.clone(), result.to_owned()))
            .collect(),
    }
}

pub(crate) async fn call(
    State(app): State<App>,
    Id(organization): Id<OrganizationId>,
    form: Form,
) -> Result<Redirect, Refusal> {
    app.handle().act(Command::CallNow { organization }).await?;
    app.banners().put(
        &form.signed,
        "Your computer is calling them. Look at this page again in half a minute.",
    );
    Ok(Redirect::to(&urls::ways(organization)))
}
