//! Styles, scripts and icons: for ever the same at their addresses.

use axum::http::{Uri, header};
use axum::response::{IntoResponse, Response};

use super::frame::Refusal;

pub(crate) async fn give(uri: Uri) -> Result<Response, Refusal> {
    let asset = web_ui::assets::find(uri.path()).ok_or(Refusal::NotFound)?;
    let headers = [
        (header::CONTENT_TYPE, asset.media_type),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
    ];
    Ok((headers, asset.content).into_response())
}
