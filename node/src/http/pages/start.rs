//! First run: the start link, and the set-up tasks.

use axum::extract::{Query, State};
use axum::http::{HeaderName, header};
use axum::response::{IntoResponse, Redirect, Response};
use engine::input::Command;
use serde::{Deserialize, Serialize};
use web_ui::chrome::{Chrome, Place};
use web_ui::forms::{PersonForm, WordsForm};
use web_ui::pages::set_up::{
    SetupCheck, SetupRecovery, SetupTask, SetupYou, Start, StartProblem, WordsCheck,
};
use web_ui::urls;

use super::frame::{self, Refusal, Signed};
use super::posted::{Form, OpenForm};
use crate::clock;
use crate::http::App;
use crate::http::accounts::{self, Account, PasswordError};
use crate::http::problem::Problem;
use crate::http::session::{self, BeginError, StartLink};
use crate::kit;

/// Whether the recovery kit is kept is kept under this key.
const KIT: &str = "setup/kit";
/// Numbers of the words that are asked for, counted from 1.
const ASKED: (usize, usize) = (3, 7);

/// What is known of the recovery kit.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(crate) struct KitState {
    /// Has somebody typed words of it?
    #[serde(default)]
    pub(crate) confirmed: bool,
    /// Has somebody said that they printed it?
    #[serde(default)]
    seen: bool,
    /// When it was confirmed.
    #[serde(default)]
    pub(crate) when: Option<crdt_schema::identity::Timestamp>,
}

impl KitState {
    pub(crate) async fn read(app: &App) -> Result<Self, Refusal> {
        let bytes = app.handle().read(|node| node.local(KIT)).await?;
        Ok(bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default())
    }

    async fn keep(self, app: &App) -> Result<(), Refusal> {
        let value = serde_json::to_vec(&self).unwrap_or_default();
        app.handle().act(Command::Keep { key: KIT.to_owned(), value: Some(value) }).await?;
        Ok(())
    }
}

#[derive(Debug, Deserialize)]
pub(crate) struct Token {
    #[serde(default)]
    token: String,
}

pub(crate) async fn show(
    State(app): State<App>,
    Query(Token { token }): Query<Token>,
) -> Result<Response, Refusal> {
    let link = match app.sessions().look_at_start(&token, clock::now()) {
        StartLink::Good => Ok(token),
        StartLink::Unknown => Err(StartProblem::Unknown),
        StartLink::Used => Err(StartProblem::Used),
        StartLink::Ended => Err(StartProblem::Expired),
    };
    start_page(&app, link).await
}

async fn start_page(app: &App, link: Result<String, StartProblem>) -> Result<Response, Refusal> {
    let accounts = accounts::all(app.handle()).await?;
    let is_set_up = accounts.iter().any(|account| account.password.is_some());
    let is_good = link.is_ok();
    let page = Start { chrome: Chrome::default(), link, is_set_up };
    if is_good { frame::show(&page) } else { frame::show_again(&page) }
}

pub(crate) async fn begin(
    State(app): State<App>,
    OpenForm(posted): OpenForm,
) -> Result<Response, Refusal> {
    let problem = match app.sessions().use_start(posted.get("link"), clock::now()) {
        StartLink::Good => None,
        StartLink::Unknown => Some(StartProblem::Unknown),
        StartLink::Used => Some(StartProblem::Used),
        StartLink::Ended => Some(StartProblem::Expired),
    };
    if let Some(problem) = problem {
        return start_page(&app, Err(problem)).await;
    }
    let first = accounts::all(app.handle()).await?.into_iter().next().ok_or(Refusal::Broken)?;
    let next = next_task(&app, &first).await?.unwrap_or(urls::home());
    enter(&app, &first, next).await
}

/// Starts a session and goes on to a page.
pub(crate) async fn enter(app: &App, account: &Account, next: &str) -> Result<Response, Refusal> {
    let begun = app.sessions().begin(app.handle(), account.id, clock::now()).await;
    let value = begun.map_err(|error| match error {
        BeginError::Chance(_) => Refusal::Broken,
        BeginError::Act(error) => error.into(),
    })?;
    let cookie: [(HeaderName, String); 1] =
        [(header::SET_COOKIE, session::cookie(app.own().port(), &value))];
    Ok((cookie, Redirect::to(next)).into_response())
}

/// Returns the address of the first set-up task that is not done.
async fn next_task(app: &App, account: &Account) -> Result<Option<&'static str>, Refusal> {
    let state = KitState::read(app).await?;
    Ok(if account.password.is_none() {
        Some(urls::setup_you())
    } else if state.confirmed || app.data().read_kit().ok().flatten().is_none() {
        None
    } else if state.seen {
        Some(urls::setup_check())
    } else {
        Some(urls::setup_recovery())
    })
}

/// The organisation is there before the node can run: its task is done.
pub(crate) async fn organization() -> Redirect {
    Redirect::to(urls::setup_check())
}

pub(crate) async fn you(State(app): State<App>, signed: Signed) -> Result<Response, Refusal> {
    if signed.account.password.is_some() {
        return Ok(Redirect::to(urls::setup_check()).into_response());
    }
    let name = Some(signed.account.name.to_string());
    let chrome = frame::chrome(&app, &signed, Place::Elsewhere).await?;
    frame::show(&SetupYou::new(chrome, PersonForm::default(), name))
}

pub(crate) async fn choose_password(
    State(app): State<App>,
    form: Form,
) -> Result<Response, Refusal> {
    let Form { signed, posted, .. } = form;
    // Here a password can only be set once: later the old one is asked for.
    if signed.account.password.is_some() {
        return Ok(Redirect::to(urls::setup_check()).into_response());
    }
    let name = signed.account.name.to_string();
    let mut person = PersonForm::read(&posted);
    person.name = web_ui::forms::Field::of(name.clone());
    let password = match person.parse() {
        Ok((_, password)) => password,
        Err(again) => {
            let chrome = frame::chrome(&app, &signed, Place::Elsewhere).await?;
            return frame::show_again(&SetupYou::new(chrome, again, Some(name)));
        }
    };
    set_password(&app, &signed, password, None).await
}

/// Sets a password, ends the person's sessions and starts a new one for this browser.
pub(crate) async fn set_password(
    app: &App,
    signed: &Signed,
    password: String,
    next: Option<&'static str>,
) -> Result<Response, Refusal> {
    let mut account = signed.account.clone();
    app.passwords().choose(app.handle(), &mut account, password).await.map_err(
        |error| match error {
            PasswordError::Act(error) => error.into(),
            PasswordError::Short | PasswordError::Long => {
                Problem::invalid("/password", error.to_string()).into()
            }
            PasswordError::Failed => Refusal::Broken,
        },
    )?;
    app.sessions().end_all(app.handle(), account.id).await?;
    let next = match next {
        Some(next) => next,
        None => next_task(app, &account).await?.unwrap_or(urls::setup_check()),
    };
    enter(app, &account, next).await
}

/// Returns the words of the recovery kit, unless its copy here was deleted.
fn kit_words(app: &App) -> Option<Vec<&'static str>> {
    let page = app.data().read_kit().ok()??;
    let kit = kit::read_page(std::str::from_utf8(&page).ok()?).ok()?;
    Some(kit.words.list())
}

pub(crate) async fn recovery(State(app): State<App>, signed: Signed) -> Result<Response, Refusal> {
    let is_confirmed = KitState::read(&app).await?.confirmed;
    let Some(words) = kit_words(&app).filter(|_| !is_confirmed) else {
        return Ok(Redirect::to(urls::setup_check()).into_response());
    };
    let card = app.handle().read(|node| node.card().clone()).await?;
    frame::show(&SetupRecovery {
        chrome: frame::chrome(&app, &signed, Place::Elsewhere).await?,
        organization: card.name.to_string(),
        fingerprint: card.organization.fingerprint(),
        words: words.into_iter().map(str::to_owned).collect(),
    })
}

pub(crate) async fn recovery_seen(
    State(app): State<App>,
    _form: Form,
) -> Result<Redirect, Refusal> {
    let state = KitState::read(&app).await?;
    KitState { seen: true, ..state }.keep(&app).await?;
    Ok(Redirect::to(urls::setup_check()))
}

pub(crate) async fn check(State(app): State<App>, signed: Signed) -> Result<Response, Refusal> {
    frame::show(&check_page(&app, &signed, WordsForm::default()).await?)
}

async fn check_page(app: &App, signed: &Signed, form: WordsForm) -> Result<SetupCheck, Refusal> {
    let state = KitState::read(app).await?;
    let has_password = signed.account.password.is_some();
    // A kit that is not here any more cannot be asked for: whoever deleted its copy had it.
    let is_checked = state.confirmed || kit_words(app).is_none();
    let chrome = frame::chrome(app, signed, Place::Elsewhere).await?.with_errors(form.errors());
    let (first, second) = ASKED;
    let is_time = has_password && state.seen && !is_checked;
    Ok(SetupCheck {
        chrome,
        tasks: SetupTask::all(true, has_password, state.seen || is_checked, is_checked),
        check: is_time.then_some(WordsCheck { form, first, second }),
        done: has_password && is_checked,
    })
}

pub(crate) async fn check_words(State(app): State<App>, form: Form) -> Result<Response, Refusal> {
    let Form { signed, posted, .. } = form;
    if posted.get("later") == "yes" {
        return Ok(Redirect::to(urls::home()).into_response());
    }
    let Some(words) = kit_words(&app) else {
        return Ok(Redirect::to(urls::setup_check()).into_response());
    };
    let typed = WordsForm::read(&posted);
    let mut again = typed.clone();
    match typed.parse() {
        Err(wrong) => again = wrong,
        Ok((first, second)) => {
            let word =
                |number: usize| words.get(number.saturating_sub(1)).copied().unwrap_or_default();
            if first != word(ASKED.0) {
                again.first.refuse(format!("Enter word {} as it is on your recovery kit", ASKED.0));
            }
            if second != word(ASKED.1) {
                again
                    .second
                    .refuse(format!("Enter word {} as it is on your recovery kit", ASKED.1));
            }
        }
    }
    if !again.errors().is_empty() {
        return frame::show_again(&check_page(&app, &signed, again).await?);
    }
    KitState { confirmed: true, seen: true, when: Some(clock::now()) }.keep(&app).await?;
    // The words have left this computer only on paper: their copy here would open everything to a thief.
    if let Err(error) = app.data().delete_kit() {
        tracing::warn!(%error, "the recovery kit's copy cannot be deleted");
    } else {
        app.banners().put(
            &signed,
            "Your recovery kit is checked. Its copy on this computer is deleted: keep yours safe.",
        );
    }
    Ok(Redirect::to(urls::setup_check()).into_response())
}
