//! What every page stands in: who is signed in, the status line, and how a refusal looks.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use askama::Template;
use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Redirect, Response};
use crdt_schema::identity::{Role, WorkspaceId};
use crdt_schema::key::Person;
use engine::Reader;
use engine::view::{MemberView, Standing, WorkspaceView};
use jiff::tz::TimeZone;
use web_ui::chrome::{Banner, Chrome, Place, StatusLine, Tab, Viewer, WorkspacePlace};
use web_ui::pages::plain;
use web_ui::urls;
use web_ui::when::Calendar;

use super::members;
use crate::clock;
use crate::handle::{ActError, Stopped};
use crate::http::App;
use crate::http::accounts::{self, Account};
use crate::http::problem::{Problem, sentence};
use crate::http::session::{self, Session};

/// Protects memory: banners that nobody came back to read.
const BANNERS: usize = 1_000;

/// Somebody who is signed in.
#[derive(Clone)]
pub(crate) struct Signed {
    pub(crate) account: Account,
    pub(crate) session: Session,
    /// Does a script of an open page ask, and not a person? Then what is shown once is not shown yet.
    is_script: bool,
}

/// Why a page is not shown.
#[derive(Clone, Debug)]
pub(crate) enum Refusal {
    /// Nobody is signed in; where to go afterwards.
    SignIn(String),
    NotFound,
    /// The form's token is not the session's.
    StaleForm,
    Problem(Problem),
    /// Our own mistake.
    Broken,
}

impl Signed {
    pub(crate) fn person(&self) -> Person {
        self.account.person()
    }

    /// Returns who is signed in, by the request's cookie.
    pub(crate) async fn find(app: &App, headers: &HeaderMap) -> Result<Option<Self>, Stopped> {
        let name = session::cookie_name(app.own().port());
        let Some(value) = session::cookie_value(headers, &name) else { return Ok(None) };
        let Some(session) = app.sessions().find(app.handle(), value, clock::now()).await? else {
            return Ok(None);
        };
        let account = accounts::find(app.handle(), &session.person).await?;
        let is_script = headers.get("sec-fetch-dest").is_some_and(|dest| dest == "empty");
        Ok(account.map(|account| Self { account, session, is_script }))
    }
}

impl FromRequestParts<App> for Signed {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refusal> {
        let next = match parts.method {
            Method::GET => {
                parts.uri.path_and_query().map_or("/", axum::http::uri::PathAndQuery::as_str)
            }
            _ => "/",
        };
        Self::find(app, &parts.headers).await?.ok_or_else(|| Refusal::SignIn(next.to_owned()))
    }
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        if problem.status == StatusCode::NOT_FOUND {
            Self::NotFound
        } else {
            Self::Problem(problem)
        }
    }
}

impl From<Stopped> for Refusal {
    fn from(stopped: Stopped) -> Self {
        Self::Problem(stopped.into())
    }
}

impl From<ActError> for Refusal {
    fn from(error: ActError) -> Self {
        Problem::from(error).into()
    }
}

impl From<engine::Refused> for Refusal {
    fn from(refused: engine::Refused) -> Self {
        Problem::from(refused).into()
    }
}

impl From<askama::Error> for Refusal {
    fn from(error: askama::Error) -> Self {
        tracing::error!(%error, "a page cannot be written");
        Self::Broken
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        if let Self::SignIn(next) = &self {
            return Redirect::to(&format!("{}?next={}", urls::sign_in(), urls::encode(next)))
                .into_response();
        }
        let mut response = self.status().into_response();
        // The page needs to know who looks at it: `show_refusals` fills it in.
        response.extensions_mut().insert(self);
        response
    }
}

impl Refusal {
    const fn status(&self) -> StatusCode {
        match self {
            Self::SignIn(_) => StatusCode::SEE_OTHER,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::StaleForm => StatusCode::FORBIDDEN,
            Self::Problem(problem) => problem.status,
            Self::Broken => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn page(&self, chrome: Chrome) -> plain::Problem {
        match self {
            Self::SignIn(_) | Self::NotFound => plain::Problem::not_found(chrome),
            Self::StaleForm => plain::Problem::stale_form(chrome),
            Self::Broken => plain::Problem::broken(chrome),
            Self::Problem(problem) => match problem.status {
                StatusCode::NOT_FOUND => plain::Problem::not_found(chrome),
                StatusCode::PAYLOAD_TOO_LARGE => plain::Problem::too_large(chrome),
                StatusCode::MISDIRECTED_REQUEST => plain::Problem::misdirected(),
                status if status.is_server_error() => plain::Problem::broken(chrome),
                _ => plain::Problem::forbidden(chrome, &problem.detail),
            },
        }
    }
}

/// Shows what was refused as a page.
pub(crate) async fn show_refusals(
    State(app): State<App>,
    request: Request,
    next: Next,
) -> Response {
    let headers = request.headers().clone();
    let mut response = next.run(request).await;
    let Some(refusal) = response.extensions_mut().remove::<Refusal>() else { return response };
    let chrome = match Signed::find(&app, &headers).await {
        Ok(Some(signed)) => chrome(&app, &signed, Place::Elsewhere).await.unwrap_or_default(),
        Ok(None) | Err(_) => Chrome::default(),
    };
    match refusal.page(chrome).render() {
        Ok(html) => (refusal.status(), Html(html)).into_response(),
        Err(error) => {
            tracing::error!(%error, "a page cannot be written");
            refusal.status().into_response()
        }
    }
}

/// Returns the page of a request that came under a name that is not ours, or from another site.
pub(crate) fn shut_door(problem: Problem) -> Response {
    let status = problem.status;
    match Refusal::Problem(problem).page(Chrome::default()).render() {
        Ok(html) => (status, Html(html)).into_response(),
        Err(_) => status.into_response(),
    }
}

/// Writes a page.
pub(crate) fn show(page: &impl Template) -> Result<Response, Refusal> {
    Ok(Html(page.render()?).into_response())
}

/// Writes a page whose form has to be put right.
pub(crate) fn show_again(page: &impl Template) -> Result<Response, Refusal> {
    Ok((StatusCode::UNPROCESSABLE_ENTITY, Html(page.render()?)).into_response())
}

/// Returns times as they are at this computer now.
pub(crate) fn calendar() -> Calendar {
    Calendar::new(TimeZone::system(), clock::now())
}

/// Returns what stands around a page outside of workspaces.
pub(crate) async fn chrome(app: &App, signed: &Signed, place: Place) -> Result<Chrome, Refusal> {
    let (organization, status) =
        app.handle().read(|node| (node.card().name.to_string(), status_line(node))).await?;
    Ok(Chrome {
        viewer: Some(Viewer { person: signed.account.name.to_string(), organization }),
        place,
        workspace: None,
        status: Some(status),
        token: signed.session.form_token.clone(),
        banner: if signed.is_script {
            None
        } else {
            app.banners().take(&signed.session.form_token)
        },
        errors: Vec::new(),
    })
}

/// Returns what stands around a page of a workspace, and the workspace.
pub(crate) async fn chrome_in(
    app: &App,
    signed: &Signed,
    id: WorkspaceId,
    tab: Tab,
) -> Result<(Chrome, WorkspaceView), Refusal> {
    let (workspace, own) = app
        .handle()
        .read(move |node| {
            let own = node.members(&id).into_iter().find(|member| member.is_self);
            (node.workspace(&id), own)
        })
        .await?;
    let workspace = workspace.ok_or(Refusal::NotFound)?;
    let mut chrome = chrome(app, signed, Place::Workspaces).await?;
    let suspension = own.and_then(|own| own.suspension);
    let notice = suspension.map(|one| members::suspended("your organisation", &one, &calendar()));
    chrome.workspace = Some(WorkspacePlace { id, name: workspace.name.clone(), tab, notice });
    Ok((chrome, workspace))
}

fn status_line(node: &Reader<'_>) -> StatusLine {
    let peers = node.peers();
    let behind: Vec<(String, usize)> = peers
        .iter()
        .filter(|peer| peer.unseen > 0)
        .map(|peer| (peer.name.clone(), peer.unseen))
        .collect();
    if peers.is_empty() {
        StatusLine::Alone
    } else if behind.is_empty() {
        StatusLine::AllShared { organizations: peers.len() }
    } else if peers.iter().any(|peer| peer.connected) {
        StatusLine::Behind { organizations: behind }
    } else {
        StatusLine::Nobody
    }
}

/// Says whom to ask: the organisations whose role is one of these.
pub(crate) fn whom_to_ask(members: &[MemberView], may: impl Fn(Role) -> bool) -> String {
    let names: Vec<&str> = members
        .iter()
        .filter(|member| member.standing == Standing::Member && may(member.role) && !member.is_self)
        .map(|member| member.name.as_str())
        .collect();
    if names.is_empty() { String::new() } else { format!(" Ask {}.", names.join(" or ")) }
}

/// Returns why somebody of this role cannot look after membership.
pub(crate) fn cannot_steward(role: Role, members: &[MemberView]) -> Option<String> {
    let ask = whom_to_ask(members, Role::may_steward);
    (!role.may_steward()).then(|| format!("Only stewards can invite and approve.{ask}"))
}

/// Returns why somebody of this role cannot make documents.
pub(crate) fn cannot_write(role: Role, members: &[MemberView]) -> Option<String> {
    let ask = whom_to_ask(members, Role::may_write);
    (!role.may_write()).then(|| format!("Only editors can create and change documents.{ask}"))
}

/// Returns a refusal's words for a form: a sentence.
pub(crate) fn words(refused: &engine::Refused) -> String {
    sentence(&refused.to_string())
}

/// What just happened, kept until the person's next page.
#[derive(Default)]
pub(crate) struct Banners(Mutex<BTreeMap<String, Banner>>);

impl Banners {
    pub(crate) fn put(&self, signed: &Signed, text: impl Into<String>) {
        let mut banners = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if banners.len() >= BANNERS {
            banners.pop_first();
        }
        banners.insert(signed.session.form_token.clone(), Banner::success(text));
    }

    fn take(&self, session: &str) -> Option<Banner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(session)
    }
}
