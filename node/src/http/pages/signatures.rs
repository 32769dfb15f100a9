//! Signing a document, and the words that were signed.

use askama::Template as _;
use axum::extract::{Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use crdt_schema::documents;
use crdt_schema::heads::Heads;
use crdt_schema::identity::{DocumentId, EnvelopeId};
use crdt_schema::sign_off;
use engine::SignedText;
use engine::input::{Command, Statement};
use engine::view::SignOffView;
use serde::Deserialize;
use serde_json::Value;
use web_ui::forms::Field;
use web_ui::forms::decision::ConfirmForm;
use web_ui::forms::sign::SignForm;
use web_ui::pages::decisions::Confirm;
use web_ui::pages::signatures::{
    Sign, Signature, SignatureRow, Signatures, Signed as SignedPage, SignedPrint, State as Stands,
};
use web_ui::reading::Content;
use web_ui::urls;

use super::confirm;
use super::document::{self, Opened, code};
use super::frame::{self, Refusal, Signed};
use super::posted::Form;
use crate::clock;
use crate::http::App;
use crate::http::accounts::SignInError;
use crate::http::api::documents::{content_at, known_form};
use crate::http::api::signatures as api;
use crate::http::extract::{Id, Ids};
use crate::http::pdf;
use crate::http::problem::Problem;
use crate::qr;

/// Returns how many organisations have signed, as a sentence.
pub(crate) fn summary(all: &[SignOffView]) -> Option<String> {
    let all = all.iter().map(|view| (view.organization_name.as_str(), stands(view)));
    web_ui::pages::signatures::summary(all)
}

const fn stands(view: &SignOffView) -> Stands {
    if !view.holds {
        Stands::Broken
    } else if view.withdrawal.is_some() {
        Stands::TakenBack
    } else if view.is_current {
        Stands::Current
    } else {
        Stands::Behind
    }
}

fn row(view: &SignOffView) -> SignatureRow {
    let is_comparable = view.holds && !view.is_current;
    SignatureRow {
        id: view.id.to_string(),
        organization: view.organization_name.clone(),
        who: format!("{}, {}", view.signatory, view.title),
        when: frame::calendar().near(view.time),
        state: stands(view),
        compare: view.differences.filter(|_| is_comparable).map(|_| view.version.clone()),
        differences: view.differences.unwrap_or_default(),
    }
}

pub(crate) async fn list(
    State(app): State<App>,
    Id(id): Id<DocumentId>,
    signed: Signed,
) -> Result<Response, Refusal> {
    let Opened { chrome, head, content, .. } = document::open(&app, &signed, id).await?;
    let read = app
        .handle()
        .read(move |node| Ok::<_, engine::Refused>((node.sign_offs(&id)?, node.may_sign(&id))));
    let (all, may_sign) = read.await??;
    let missing = missing(&content, &all);
    let rows = all.iter().rev().map(row).collect();
    frame::show(&Signatures { chrome, document: head, rows, missing, may_sign })
}

/// Returns the parties that a document names and of which no signature stands.
fn missing(content: &Value, all: &[SignOffView]) -> Vec<String> {
    let parties = content.pointer("/body/parties").and_then(Value::as_array);
    let text = |party: &Value, field: &str| {
        party.get(field).and_then(Value::as_str).unwrap_or_default().trim().to_owned()
    };
    let has_signed = |id: &str, name: &str| {
        all.iter().filter(|view| view.holds && view.withdrawal.is_none()).any(|view| {
            view.organization.to_string() == id
                || view.organization_name.to_lowercase() == name.to_lowercase()
        })
    };
    let parties = parties.into_iter().flatten();
    let parties = parties.map(|party| (text(party, "organization_id"), text(party, "name")));
    parties
        .filter(|(id, name)| !name.is_empty() && !has_signed(id, name))
        .map(|(_, name)| name)
        .collect()
}

#[derive(Debug, Deserialize)]
pub(crate) struct Wanted {
    heads: Option<String>,
}

pub(crate) async fn ask(
    State(app): State<App>,
    Id(id): Id<DocumentId>,
    Query(Wanted { heads }): Query<Wanted>,
    signed: Signed,
) -> Result<Response, Refusal> {
    if !app.handle().read(move |node| node.may_sign(&id)).await? {
        document::open(&app, &signed, id).await?;
        return Ok(Redirect::to(&urls::signatures(id)).into_response());
    }
    let heads = heads.as_deref().map(known_form).transpose()?;
    let form = SignForm::of(signed.person().name.as_str());
    frame::show(&sign_page(&app, &signed, id, heads, form).await?)
}

async fn sign_page(
    app: &App,
    signed: &Signed,
    id: DocumentId,
    heads: Option<Heads>,
    form: SignForm,
) -> Result<Sign, Refusal> {
    let Opened { chrome, mut head, conflicts, .. } = document::open(app, signed, id).await?;
    let is_old = heads.as_ref().is_some_and(|heads| *heads != head.heads);
    let heads = heads.unwrap_or_else(|| head.heads.clone());
    let version = heads.clone();
    let read = app.handle().read(move |node| {
        let content = content_at(node, &id, Some(&version))?;
        Ok::<_, Problem>((content, node.card().name.to_string()))
    });
    let (content, organization) = read.await??;
    (head.heads, head.title) = (heads, documents::title(&content));
    Ok(Sign {
        chrome: chrome.with_errors(form.errors()),
        content: Content::of(head.kind, &content),
        document: head,
        conflicts: if is_old { Vec::new() } else { conflicts },
        organization,
        text: sign_off::text_of(&content).in_groups(),
        is_old,
        form,
        needs_password: confirm::needs_password(signed),
    })
}

pub(crate) async fn sign(
    State(app): State<App>,
    Id(id): Id<DocumentId>,
    form: Form,
) -> Result<Response, Refusal> {
    let Form { signed, posted, .. } = form;
    let version = known_form(posted.get("heads"))?;
    let typed = SignForm::read(&posted);
    let needs_password = confirm::needs_password(&signed);
    let (signatory, title) = match typed.clone().parse(needs_password) {
        Err(again) => return sign_again(&app, &signed, id, version, *again).await,
        Ok((signatory, title, password)) => {
            if let Some(why) = wrong_password(&app, &signed, password).await? {
                let mut again = typed.without_password();
                again.current.refuse(why);
                return sign_again(&app, &signed, id, version, again).await;
            }
            (signatory, title)
        }
    };
    let person = signed.person();
    let statement = Statement::Sign { version: version.clone(), signatory, title };
    let command = Command::State { document: id, statement, person };
    match api::send(&app, command).await {
        Ok(signature) => {
            app.banners().put(&signed, "Signed. Others see it when their computers are online.");
            Ok(Redirect::to(&urls::signature(id, signature)).into_response())
        }
        Err(problem) if problem.status == StatusCode::FORBIDDEN => {
            let mut again = typed.without_password();
            again.signatory.refuse(problem.detail);
            sign_again(&app, &signed, id, version, again).await
        }
        Err(problem) => Err(problem.into()),
    }
}

async fn sign_again(
    app: &App,
    signed: &Signed,
    id: DocumentId,
    version: Heads,
    form: SignForm,
) -> Result<Response, Refusal> {
    frame::show_again(&sign_page(app, signed, id, Some(version), form).await?)
}

/// Returns what to do about a password that is not the person's; who has none yet is asked for none.
async fn wrong_password(
    app: &App,
    signed: &Signed,
    password: String,
) -> Result<Option<String>, Refusal> {
    if !confirm::needs_password(signed) {
        return Ok(None);
    }
    match app.passwords().check_again(&signed.account, password, clock::now()).await {
        Ok(()) => Ok(None),
        Err(SignInError::Stopped(stopped)) => Err(stopped.into()),
        Err(SignInError::Wrong) => Ok(Some("Enter your password as it is now".to_owned())),
        Err(SignInError::Throttled(seconds)) => {
            Ok(Some(format!("Too many wrong passwords. Wait {seconds} seconds and try again")))
        }
    }
}

async fn find(app: &App, id: DocumentId, signature: EnvelopeId) -> Result<SignedText, Refusal> {
    Ok(app.handle().read(move |node| node.signed_text(&id, &signature)).await??)
}

fn signature_of(view: &SignOffView) -> Signature {
    let at_computer = view.person.name.to_string();
    let calendar = frame::calendar();
    let taken_back = view.withdrawal.as_ref();
    Signature {
        row: row(view),
        entered_by: (at_computer != view.signatory).then_some(at_computer),
        version: code(&view.version),
        text: view.text.in_groups(),
        taken_back: taken_back
            .map(|by| format!("Taken back by {} {}.", by.person.name, calendar.near(by.time))),
        reason: taken_back.map(|by| by.reason.clone()).unwrap_or_default(),
    }
}

pub(crate) async fn show(
    State(app): State<App>,
    Ids(id, signature): Ids<DocumentId, EnvelopeId>,
    signed: Signed,
) -> Result<Response, Refusal> {
    let Opened { chrome, head, .. } = document::open(&app, &signed, id).await?;
    let SignedText { view, content } = find(&app, id, signature).await?;
    frame::show(&SignedPage {
        chrome,
        signature: signature_of(&view),
        title: content.as_ref().map_or_else(|| head.title.clone(), documents::title),
        is_true: content.is_some(),
        content: content.map(|content| Content::of(head.kind, &content)).unwrap_or_default(),
        may_withdraw: view.may_withdraw,
        document: head,
    })
}

pub(crate) async fn print(
    State(app): State<App>,
    Ids(id, signature): Ids<DocumentId, EnvelopeId>,
    signed: Signed,
) -> Result<Response, Refusal> {
    match copy(&app, id, signature, &signed).await? {
        Some((page, _)) => frame::show(&page),
        None => Ok(Redirect::to(&urls::signature(id, signature)).into_response()),
    }
}

pub(crate) async fn save(
    State(app): State<App>,
    Ids(id, signature): Ids<DocumentId, EnvelopeId>,
    signed: Signed,
) -> Result<Response, Refusal> {
    let Some((page, code)) = copy(&app, id, signature, &signed).await? else {
        return Ok(Redirect::to(&urls::signature(id, signature)).into_response());
    };
    let page = page.render().map_err(|_| Problem::stopping())?;
    let written = pdf::of(page, qr::squares(&code)).await?;
    // The id and not the title: a name that came from elsewhere must not lead a file elsewhere.
    let disposition = format!("attachment; filename=\"{signature}.pdf\"");
    let headers = [
        (header::CONTENT_TYPE, pdf::MEDIA_TYPE.to_owned()),
        (header::CONTENT_DISPOSITION, disposition),
    ];
    Ok((headers, written).into_response())
}

/// Returns the copy to print of what was signed, and what its code to scan says; nothing if what is here is not what was signed.
async fn copy(
    app: &App,
    id: DocumentId,
    signature: EnvelopeId,
    signed: &Signed,
) -> Result<Option<(SignedPrint, String)>, Refusal> {
    let Opened { chrome, head, workspace_name, .. } = document::open(app, signed, id).await?;
    let SignedText { view, content } = find(app, id, signature).await?;
    let Some(content) = content else { return Ok(None) };
    let all = app.handle().read(move |node| node.sign_offs(&id)).await??;
    let stand =
        all.iter().filter(|one| one.holds && one.withdrawal.is_none() && one.text == view.text);
    let calendar = frame::calendar();
    let dated = |one: &SignOffView| SignatureRow { when: calendar.full(one.time), ..row(one) };
    let code = format!(
        "Fingerpost signature {signature}\ndocument {id}\nversion {}\nwords {}",
        view.version, view.text
    );
    let mut shown = signature_of(&view);
    shown.row.when = calendar.full(view.time);
    let page = SignedPrint {
        chrome,
        title: documents::title(&content),
        signature: shown,
        all: stand.map(dated).collect(),
        content: Content::of(head.kind, &content),
        workspace: workspace_name,
        printed: calendar.day(clock::now()),
        qr_svg: qr::svg(&code),
        document: head,
    };
    Ok(Some((page, code)))
}

pub(crate) async fn ask_to_withdraw(
    State(app): State<App>,
    Ids(id, signature): Ids<DocumentId, EnvelopeId>,
    signed: Signed,
) -> Result<Response, Refusal> {
    let SignedText { view, .. } = find(&app, id, signature).await?;
    if !view.may_withdraw {
        return Ok(Redirect::to(&urls::signature(id, signature)).into_response());
    }
    let form = ConfirmForm::default();
    frame::show(&withdraw_page(&app, &signed, id, signature, form).await?)
}

async fn withdraw_page(
    app: &App,
    signed: &Signed,
    id: DocumentId,
    signature: EnvelopeId,
    form: ConfirmForm,
) -> Result<Confirm, Refusal> {
    let Opened { chrome, head, .. } = document::open(app, signed, id).await?;
    let SignedText { view, .. } = find(app, id, signature).await?;
    let means = vec![
        format!("Everybody who can read this {} sees that {} took its signature back, and why.", head.words().one, view.organization_name),
        "That it had signed stays on record, with the words that were signed.".to_owned(),
        "It may still be bound by what it signed. This says nothing about that: look at the terms for ending it.".to_owned(),
        "You can sign again later. That is a new signature.".to_owned(),
    ];
    Ok(Confirm {
        chrome: chrome.with_errors(form.errors()),
        back: (urls::signature(id, signature), "The signature".to_owned()),
        heading: format!("Take back the signature of {}?", view.organization_name),
        lists: vec![("What this means".to_owned(), means)],
        action: urls::signature_withdraw(id, signature),
        hidden: Vec::new(),
        form,
        reason: Some("Everybody who can read the document can read it.".to_owned()),
        needs_password: confirm::needs_password(signed),
        button: "Take it back".to_owned(),
        is_warning: true,
    })
}

pub(crate) async fn withdraw(
    State(app): State<App>,
    Ids(document, sign_off): Ids<DocumentId, EnvelopeId>,
    form: Form,
) -> Result<Response, Refusal> {
    let Form { signed, posted, .. } = form;
    let mut again = match confirm::check(&app, &signed, ConfirmForm::read(&posted), true).await? {
        Err(again) => again,
        Ok(reason) => {
            let (typed, person) = (reason.clone(), signed.person());
            let statement = Statement::Withdraw { sign_off, reason };
            let command = Command::State { document, statement, person };
            match app.handle().act(command).await {
                Ok(_) => {
                    app.banners().put(&signed, "Taken back. Others see it, and why.");
                    let page = urls::signature(document, sign_off);
                    return Ok(Redirect::to(&page).into_response());
                }
                Err(crate::handle::ActError::Refused(refused)) => {
                    let mut again =
                        ConfirmForm { reason: Field::of(typed), ..ConfirmForm::default() };
                    again.reason.refuse(frame::words(&refused));
                    again
                }
                Err(stopped) => return Err(stopped.into()),
            }
        }
    };
    again.current.value.clear();
    frame::show_again(&withdraw_page(&app, &signed, document, sign_off, again).await?)
}
