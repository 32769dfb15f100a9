//! Publishing a document, after a page that says what that means.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use crdt_schema::audience::Circle;
use crdt_schema::identity::{DocumentId, Name};
use web_ui::forms::{Field, FormError};
use web_ui::pages::publish::Publish;
use web_ui::urls;

use super::document::{self, Opened};
use super::frame::{self, Refusal, Signed};
use super::posted::Form;
use crate::http::App;
use crate::http::api::documents::known_form;
use crate::http::api::publish::{self as api, Look, Wish};
use crate::http::extract::Id;

pub(crate) async fn ask(
    State(app): State<App>,
    Id(id): Id<DocumentId>,
    signed: Signed,
) -> Result<Response, Refusal> {
    frame::show(&page(&app, &signed, id).await?)
}

async fn page(app: &App, signed: &Signed, id: DocumentId) -> Result<Publish, Refusal> {
    let Opened { chrome, mut head, conflicts, .. } = document::open(app, signed, id).await?;
    let look = Look::at(app, id).await?;
    head.heads = look.view.heads.clone();
    let named = look.published.as_ref();
    let calendar = frame::calendar();
    Ok(Publish {
        chrome,
        document: head,
        published: named.map(|name| format!("{}, since {}", name.name, calendar.day(name.time))),
        is_newest: look.is_published(),
        is_public: look.view.audience.read == Circle::Public,
        cannot: look.cannot,
        unfit: look.unfit.into_iter().map(|problem| problem.message).collect(),
        conflicts,
        doubts: look.doubts,
        called: Field::of(look.next_name),
    })
}

pub(crate) async fn publish(
    State(app): State<App>,
    Id(id): Id<DocumentId>,
    form: Form,
) -> Result<Response, Refusal> {
    let Form { signed, posted, .. } = form;
    let heads = known_form(posted.get("heads"))?;
    let mut page = page(&app, &signed, id).await?;
    let typed = posted.get("name");
    let even_so = posted.get("sure") == "yes";
    page.called.value = typed.to_owned();
    let mut errors = Vec::new();
    let mut wrong = |field: &str, message: &str| {
        errors.push(FormError { field: field.to_owned(), message: message.to_owned() });
    };
    if heads != page.document.heads {
        wrong(
            "",
            "It was changed while you had this page open. Read it again before you publish it",
        );
    }
    if typed.trim().is_empty() {
        wrong("name", "Enter a name");
    } else if typed.parse::<Name>().is_err() {
        wrong("name", "Use 200 characters or less, on one line, without invisible characters");
    }
    if !page.doubts.is_empty() && !even_so {
        wrong("sure", "Look at what may be about a person, and say that it may be published");
    }
    let is_ready = page.cannot.is_none() && page.unfit.is_empty() && page.conflicts.is_empty();
    // What stands in the way, the page says in place of the form.
    if !errors.is_empty() || !is_ready {
        return frame::show_again(&page.with_errors(if is_ready { errors } else { Vec::new() }));
    }
    let wish = Wish { name: Some(typed.to_owned()), even_so, heads: Some(heads) };
    match api::publish(&app, id, wish, signed.person()).await {
        Ok(made) => {
            let done = format!("Published as {}. Anybody may read it.", made.name);
            app.banners().put(&signed, done);
            Ok(Redirect::to(&urls::document(id)).into_response())
        }
        // Somebody changed it between the look and the press.
        Err(problem)
            if [StatusCode::PRECONDITION_FAILED, StatusCode::UNPROCESSABLE_ENTITY]
                .contains(&problem.status) =>
        {
            let error = FormError { field: String::new(), message: problem.detail };
            frame::show_again(&page.with_errors(vec![error]))
        }
        Err(problem) => Err(problem.into()),
    }
}
