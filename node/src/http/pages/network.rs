//! Network and settings: is my work safe, who has it; the organisation and its people.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use crdt_schema::identity::PersonId;
use engine::view::PeerView;
use web_ui::chrome::Place;
use web_ui::forms::PersonForm;
use web_ui::pages::network::{Network, PeerRow};
use web_ui::pages::settings::{PersonRow, Settings, SettingsPeople};
use web_ui::when::Calendar;
use web_ui::{urls, words};

use super::frame::{self, Refusal, Signed};
use super::posted::Form;
use super::start::KitState;
use crate::clock;
use crate::http::App;
use crate::http::accounts::{self, Account, PasswordError};
use crate::http::api::looks;
use crate::http::ways::{self, Way};

pub(crate) async fn show(State(app): State<App>, signed: Signed) -> Result<Response, Refusal> {
    let (peers, node, addresses) =
        app.handle().read(|node| (node.peers(), node.node(), node.addresses().to_vec())).await?;
    let calendar = frame::calendar();
    frame::show(&Network {
        chrome: frame::chrome(&app, &signed, Place::Network).await?,
        // The node stops when it cannot save, so that a page that is shown means that it could.
        saved: Ok(()),
        copies: peers.iter().filter(|peer| peer.unseen == 0 && peer.last_seen.is_some()).count(),
        peers: peers
            .iter()
            .map(|peer| row(peer, &ways::ways(app.handle(), &peer.ways), &calendar))
            .collect(),
        waiting_for: Vec::new(),
        node: node.to_string(),
        addresses,
    })
}

fn row(peer: &PeerView, ways: &[Way], calendar: &Calendar) -> PeerRow {
    let reason = match (peer.connected, peer.unseen) {
        (true, 0) => "",
        (true, _) => "They are being sent now.",
        // Of several computers the first one stands for all: their own pages tell of each.
        (false, _) => ways.first().map_or("", |way| way.state.words()),
    };
    PeerRow {
        id: peer.organization,
        name: peer.name.clone(),
        online: peer.connected,
        last_seen: peer.last_seen.map(|seen| calendar.near(seen)),
        behind: peer.unseen,
        behind_since: peer.unseen_since.map(|since| calendar.near(since)),
        reason: reason.to_owned(),
        technical: peer.addresses.clone(),
    }
}

pub(crate) async fn settings(State(app): State<App>, signed: Signed) -> Result<Response, Refusal> {
    let (card, looks) = app.handle().read(|node| (node.card().clone(), looks::is_on(node))).await?;
    let people = accounts::all(app.handle()).await?;
    let kit = KitState::read(&app).await?;
    let calendar = frame::calendar();
    let when = kit.when.map_or_else(|| "an unknown day".to_owned(), |when| calendar.full(when));
    frame::show(&Settings {
        chrome: frame::chrome(&app, &signed, Place::Settings).await?,
        organization: card.name.to_string(),
        sector: words::sector(card.sector).to_owned(),
        id: card.organization.to_string(),
        fingerprint: card.organization.fingerprint(),
        people: people.iter().map(|account| account.name.to_string()).collect(),
        kit_checked: kit.confirmed.then_some(when),
        looks,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        data: app.data().path().display().to_string(),
    })
}

/// Chooses whether this computer looks at followed shelves by itself.
pub(crate) async fn choose_looks(State(app): State<App>, form: Form) -> Result<Response, Refusal> {
    let Form { signed, posted, .. } = form;
    let (is_on, said) = match posted.get("looks") {
        "on" => (true, "This computer looks once a day from now on."),
        "off" => (false, "This computer does not look by itself any more."),
        _ => return Err(Refusal::NotFound),
    };
    looks::choose(&app, is_on).await?;
    app.banners().put(&signed, said);
    Ok(Redirect::to(urls::settings()).into_response())
}

pub(crate) async fn people(State(app): State<App>, signed: Signed) -> Result<Response, Refusal> {
    frame::show(&people_page(&app, &signed, PersonForm::default()).await?)
}

async fn people_page(
    app: &App,
    signed: &Signed,
    form: PersonForm,
) -> Result<SettingsPeople, Refusal> {
    let calendar = frame::calendar();
    let seen = app.sessions().last_begun(app.handle()).await?;
    let row = |account: &Account| PersonRow {
        name: account.name.to_string(),
        last_signed_in: seen.get(&account.id).map(|when| calendar.near(*when)),
        is_you: account.id == signed.account.id,
    };
    let people = accounts::all(app.handle()).await?.iter().map(row).collect();
    let chrome = frame::chrome(app, signed, Place::Settings).await?.with_errors(form.errors());
    Ok(SettingsPeople { chrome, people, form })
}

pub(crate) async fn add_person(State(app): State<App>, form: Form) -> Result<Response, Refusal> {
    let Form { signed, posted, .. } = form;
    let (name, password) = match PersonForm::read(&posted).parse() {
        Ok(typed) => typed,
        Err(again) => return frame::show_again(&people_page(&app, &signed, again).await?),
    };
    let is_taken = accounts::all(app.handle()).await?.iter().any(|account| account.name == name);
    if is_taken {
        let name = web_ui::forms::Field::of(name.as_str());
        let mut again = PersonForm { name, ..PersonForm::default() };
        again.name.refuse("Somebody here has this name. Add something that tells them apart, such as a middle name");
        return frame::show_again(&people_page(&app, &signed, again).await?);
    }
    let mut id = [0; 16];
    getrandom::fill(&mut id).map_err(|_| Refusal::Broken)?;
    let created = clock::now();
    let mut account =
        Account { id: PersonId(id), name: name.clone(), email: None, password: None, created };
    app.passwords().choose(app.handle(), &mut account, password).await.map_err(
        |error| match error {
            PasswordError::Act(error) => error.into(),
            PasswordError::Short | PasswordError::Long | PasswordError::Failed => Refusal::Broken,
        },
    )?;
    app.banners().put(&signed, format!("{name} can sign in here now."));
    Ok(Redirect::to(urls::settings_people()).into_response())
}
