//! The pages for people. Each handler fills one struct of `web-ui`; what may change something needs the session's form token.

pub(crate) mod frame;
pub(crate) mod posted;
pub(crate) mod start;
pub(crate) mod account;
pub(crate) mod home;
pub(crate) mod attention;
pub(crate) mod activity;
pub(crate) mod workspaces;
pub(crate) mod confirm;
pub(crate) mod members;
pub(crate) mod decisions;
pub(crate) mod record;
pub(crate) mod invites;
pub(crate) mod join;
pub(crate) mod documents;
pub(crate) mod search;
pub(crate) mod import;
pub(crate) mod crosswalks;
pub(crate) mod figures;
pub(crate) mod document;
pub(crate) mod access;
pub(crate) mod edit;
pub(crate) mod tags;
pub(crate) mod comments;
pub(crate) mod suggestions;
pub(crate) mod signatures;
pub(crate) mod versions;
pub(crate) mod copies;
pub(crate) mod shelves;
pub(crate) mod publish;
pub(crate) mod list;
pub(crate) mod history;
pub(crate) mod network;
pub(crate) mod ways;
pub(crate) mod computers;
pub(crate) mod assets;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware;
use axum::routing::{MethodRouter, get, post};

use crate::http::api::copies::BUNDLE_BYTES;
use crate::http::{App, live};

/// Every page. The same addresses are made in `web_ui::urls`.
type Route = (&'static str, MethodRouter<App>);

fn routes() -> Vec<Route> {
    let mut routes = vec![
        ("/start", get(start::show).post(start::begin)),
        ("/setup/organisation", get(start::organization).post(start::organization)),
        ("/setup/you", get(start::you).post(start::choose_password)),
        ("/setup/recovery", get(start::recovery).post(start::recovery_seen)),
        ("/setup/check", get(start::check).post(start::check_words)),
        ("/sign-in", get(account::sign_in).post(account::begin)),
        ("/sign-out", post(account::sign_out)),
        ("/account", get(account::show).post(account::change_password)),
        ("/", get(home::show)),
        ("/activity", get(activity::show).post(activity::seen)),
        ("/search", get(search::show)),
        ("/help", get(home::help)),
        ("/accessibility", get(home::accessibility)),
        ("/settings", get(network::settings)),
        ("/settings/shelves", post(network::choose_looks)),
        ("/settings/people", get(network::people).post(network::add_person)),
        ("/settings/computers", get(computers::list).post(computers::make_code)),
        ("/settings/computers/codes/{c}", get(computers::code)),
        ("/settings/computers/codes/{c}/file", get(computers::file)),
        ("/settings/computers/codes/{c}/withdraw", post(computers::withdraw)),
        ("/network", get(network::show)),
        ("/network/{org}", get(ways::show)),
        ("/network/{org}/call", post(ways::call)),
        ("/workspaces", get(workspaces::list)),
        ("/workspaces/new", get(workspaces::new).post(workspaces::create)),
        ("/workspaces/{w}", get(workspaces::show)),
        ("/workspaces/{w}/members", get(members::list)),
        ("/workspaces/{w}/members/{org}", get(members::show)),
        ("/workspaces/{w}/members/{org}/approve", post(members::approve)),
        ("/workspaces/{w}/members/{org}/decline", post(members::decline)),
        (
            "/workspaces/{w}/members/{org}/suspend",
            get(members::ask_to_suspend).post(members::suspend),
        ),
        ("/workspaces/{w}/leave", get(members::ask_to_leave).post(members::leave)),
        ("/workspaces/{w}/proposals", get(decisions::list)),
        ("/workspaces/{w}/proposals/new", get(decisions::ask).post(decisions::propose)),
        ("/workspaces/{w}/proposals/{p}", get(decisions::show)),
        ("/workspaces/{w}/proposals/{p}/approve", post(decisions::agree)),
        ("/workspaces/{w}/proposals/{p}/object", post(decisions::object)),
        ("/workspaces/{w}/rules", get(decisions::rules)),
        ("/workspaces/{w}/history", get(record::history)),
        ("/workspaces/{w}/refusals", get(record::refusals)),
        ("/workspaces/{w}/dismiss", post(workspaces::dismiss)),
        ("/workspaces/{w}/invites", get(invites::list)),
        ("/workspaces/{w}/invites/new", get(invites::new).post(invites::create)),
        ("/workspaces/{w}/invites/{i}", get(invites::show)),
        ("/workspaces/{w}/invites/{i}/file", get(invites::file)),
        ("/workspaces/{w}/invites/{i}/revoke", post(invites::revoke)),
        ("/join", get(join::show).post(join::join)),
        ("/join/check", post(join::check)),
        ("/join/{w}", get(join::waiting)),
        ("/workspaces/{w}/documents", get(documents::list)),
        ("/workspaces/{w}/documents/kinds", get(documents::kinds)),
        ("/workspaces/{w}/documents/new", get(documents::new).post(documents::create)),
        ("/workspaces/{w}/crosswalks/new", get(crosswalks::new).post(crosswalks::create)),
        ("/workspaces/{w}/import/upload", get(import::upload)),
        ("/workspaces/{w}/import/check", post(import::check)),
        ("/workspaces/{w}/import/done", post(import::done)),
        ("/workspaces/{w}/copy", large(get(copies::ask_for_file).post(copies::copy_file))),
        ("/live", get(live::news)),
        ("/assets/{file}", get(assets::give)),
    ];
    routes.extend(of_documents());
    routes
}

/// Lets a route take what is larger than most forms.
fn large(methods: MethodRouter<App>) -> MethodRouter<App> {
    methods.layer(DefaultBodyLimit::max(BUNDLE_BYTES))
}

fn of_documents() -> Vec<Route> {
    vec![
        ("/documents/{d}", get(document::read)),
        ("/documents/{d}/print", get(document::print)),
        ("/documents/{d}/access", get(access::show)),
        ("/documents/{d}/access/change", get(access::ask).post(access::change)),
        ("/documents/{d}/refusals", get(record::document_refusals)),
        ("/documents/{d}/choose", get(document::choose).post(document::settle)),
        ("/documents/{d}/edit", get(edit::overview)),
        ("/documents/{d}/edit/{part}", get(edit::part).post(edit::save)),
        ("/documents/{d}/edit/{part}/{item}", get(edit::part).post(edit::save)),
        ("/documents/{d}/suggest", get(suggestions::parts)),
        ("/documents/{d}/suggest/{part}", get(suggestions::form).post(suggestions::send)),
        ("/documents/{d}/suggest/{part}/{item}", get(suggestions::form).post(suggestions::send)),
        ("/documents/{d}/comments", get(comments::show).post(comments::say)),
        ("/documents/{d}/comments/use", post(comments::put_in_use)),
        ("/documents/{d}/comments/{c}", post(comments::answer)),
        ("/documents/{d}/suggestions", get(suggestions::list)),
        ("/documents/{d}/suggestions/{s}", get(suggestions::show).post(suggestions::answer)),
        ("/documents/{d}/sign", get(signatures::ask).post(signatures::sign)),
        ("/documents/{d}/signatures", get(signatures::list)),
        ("/documents/{d}/signatures/{s}", get(signatures::show)),
        ("/documents/{d}/signatures/{s}/print", get(signatures::print)),
        ("/documents/{d}/signatures/{s}/copy.pdf", get(signatures::save)),
        (
            "/documents/{d}/signatures/{s}/withdraw",
            get(signatures::ask_to_withdraw).post(signatures::withdraw),
        ),
        ("/documents/{d}/list", post(list::change)),
        ("/documents/{d}/remove", get(list::ask)),
        ("/documents/{d}/history", get(history::show)),
        ("/documents/{d}/compare", get(history::compare)),
        ("/documents/{d}/version", get(versions::show).post(versions::name)),
        ("/documents/{d}/restore", get(versions::ask_to_restore).post(versions::restore)),
        ("/documents/{d}/authors", get(versions::authors)),
        ("/workspaces/{w}/copy/link", post(shelves::copy)),
        ("/workspaces/{w}/copy/shelf", get(shelves::show).post(shelves::follow)),
        ("/documents/{d}/incoming/seen", post(shelves::see_original)),
        ("/documents/{d}/incoming/link", post(shelves::look_again)),
        ("/documents/{d}/copy", get(copies::ask).post(copies::copy)),
        ("/documents/{d}/incoming", get(copies::incoming).post(copies::take_in)),
        ("/documents/{d}/incoming/file", large(post(copies::give))),
        ("/documents/{d}/offer", post(copies::offer)),
        ("/documents/{d}/publish", get(publish::ask).post(publish::publish)),
        ("/documents/{d}/live", get(live::text)),
        ("/documents/{d}/proposed", get(crosswalks::look).post(crosswalks::agree)),
        ("/documents/{d}/figures", get(figures::form).post(figures::check)),
        ("/documents/{d}/figures/done", post(figures::done)),
        ("/documents/{d}/{format}/file", get(document::file)),
    ]
}

/// Returns every path of the pages.
#[cfg(test)]
pub(crate) fn paths() -> Vec<&'static str> {
    routes().into_iter().map(|(path, _)| path).collect()
}

/// Returns the pages. What they refuse is shown as a page too.
pub(crate) fn router(app: &App) -> Router<App> {
    let pages = routes()
        .into_iter()
        .fold(Router::new(), |pages, (path, methods)| pages.route(path, methods));
    pages
        .fallback(async || frame::Refusal::NotFound)
        .method_not_allowed_fallback(async || frame::Refusal::NotFound)
        .layer(middleware::from_fn_with_state(app.clone(), frame::show_refusals))
}
