//! What a form posted, by somebody who is signed in.

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Multipart, Request};
use axum::http::StatusCode;
use web_ui::forms::Posted;

use super::frame::{Refusal, Signed};
use crate::http::App;
use crate::http::extract::{self, Raw, media_type};
use crate::http::problem::Problem;

/// Protects the node's time: fields of one form.
const FIELDS: usize = 2_000;

/// A form of somebody who is signed in; its token is the session's.
pub(crate) struct Form {
    pub(crate) signed: Signed,
    pub(crate) posted: Posted,
    pub(crate) file: Option<File>,
}

/// A file that came with a form.
pub(crate) struct File {
    /// What the browser calls it. It is only ever shown.
    pub(crate) name: String,
    pub(crate) bytes: Bytes,
}

/// A form of somebody who is not signed in yet.
pub(crate) struct OpenForm(pub(crate) Posted);

impl FromRequest<App> for Form {
    type Rejection = Refusal;

    async fn from_request(request: Request, app: &App) -> Result<Self, Refusal> {
        let (mut parts, body) = request.into_parts();
        let signed = Signed::from_request_parts(&mut parts, app).await?;
        let (posted, file) = read(Request::from_parts(parts, body), app).await?;
        if !signed.session.is_own_form(posted.get("token")) {
            return Err(Refusal::StaleForm);
        }
        Ok(Self { signed, posted, file })
    }
}

impl FromRequest<App> for OpenForm {
    type Rejection = Refusal;

    async fn from_request(request: Request, app: &App) -> Result<Self, Refusal> {
        read(request, app).await.map(|(posted, _)| Self(posted))
    }
}

async fn read(request: Request, app: &App) -> Result<(Posted, Option<File>), Refusal> {
    if media_type(request.headers()) == "multipart/form-data" {
        return read_parts(request, app).await;
    }
    let Raw(bytes) = Raw::from_request(request, app).await?;
    let fields: Vec<(String, String)> = serde_urlencoded::from_bytes(&bytes)
        .map_err(|_| Problem::malformed("the form cannot be read"))?;
    if fields.len() > FIELDS {
        return Err(extract::too_large().into());
    }
    Ok((Posted(fields), None))
}

async fn read_parts(request: Request, app: &App) -> Result<(Posted, Option<File>), Refusal> {
    let mut form = Multipart::from_request(request, app)
        .await
        .map_err(|rejection| Problem::malformed(rejection.body_text()))?;
    let unreadable = |error: axum::extract::multipart::MultipartError| match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => extract::too_large(),
        _ => Problem::malformed("the form cannot be read"),
    };
    let (mut fields, mut file) = (Vec::new(), None);
    while let Some(field) = form.next_field().await.map_err(unreadable)? {
        let name = field.name().unwrap_or_default().to_owned();
        if let Some(file_name) = field.file_name().map(str::to_owned) {
            let bytes = field.bytes().await.map_err(unreadable)?;
            // A browser sends an empty part for a file that was not chosen.
            if !bytes.is_empty() {
                file = Some(File { name: file_name, bytes });
            }
        } else {
            fields.push((name, field.text().await.map_err(unreadable)?));
        }
        if fields.len() > FIELDS {
            return Err(extract::too_large().into());
        }
    }
    Ok((Posted(fields), file))
}
