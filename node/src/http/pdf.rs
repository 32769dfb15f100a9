//! Makes a PDF of a page that was rendered to be printed.

use paper::{Code, Unprintable};
use tracing::error;

use crate::http::problem::Problem;

/// The type of the file.
pub(crate) const MEDIA_TYPE: &str = "application/pdf";

/// Returns the PDF of a page, with a code to scan where the page has a place for it.
pub(crate) async fn of(page: String, code: Option<Code>) -> Result<Vec<u8>, Problem> {
    // A long document takes a second: others are not kept waiting.
    let written = tokio::task::spawn_blocking(move || paper::pdf(&page, code.as_ref())).await;
    let refused = match written.map_err(|_| Problem::stopping())? {
        Ok(pdf) => return Ok(pdf),
        Err(refused) => refused,
    };
    Err(match refused {
        Unprintable::Letters(_) => Problem::unprintable(refused.to_string()),
        Unprintable::TooLong => Problem::too_large(refused.to_string()),
        _ => {
            error!(%refused, "a PDF could not be written");
            Problem::unprintable(
                "The PDF could not be written. Print the page with your browser instead: it can save a PDF too.",
            )
        }
    })
}
