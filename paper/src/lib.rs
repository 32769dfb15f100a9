//! Makes a PDF of a page that was made to be printed: headings, texts, lists, tables and a code to scan, on A4.
//!
//! What stands in the file is what stands on the page, so that there is one place that says what a document looks like on
//! paper. The file is tagged (PDF/UA-1): its headings, lists and tables are there for whoever has it read out.
//!
//! `html` reads the page, `flow` is what is in it, `sheets` lays it out on pages, and `ink` writes the file. Pictures are
//! left out: on our pages each of them shows what a list or a table above says in words.

mod flow;
mod html;
mod ink;
mod sheets;
mod type_case;

pub use ink::Code;

/// More pages than any document of ours should have.
const PAGES: usize = 2_000;

/// Why there is no PDF of a page.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unprintable {
    /// The font has no shapes for these letters.
    #[error(
        "The font of the PDF has no letters for “{0}”. Print the page with your browser instead: it can save a PDF too."
    )]
    Letters(String),
    /// It would have too many pages.
    #[error("The PDF would have more than {PAGES} pages.")]
    TooLong,
    /// The libraries that write the file did not.
    #[error("The PDF could not be written: {0}.")]
    NotWritten(String),
}

/// Returns the PDF of a page: what is in its `main`, with its `footer` at the foot of each sheet. What only a screen shows (class
/// `fp-no-print`) is left out, and `code` is drawn where the page has an element of the class `fp-qr`.
///
/// # Errors
/// If it has letters that the font does not have, or is too long.
pub fn pdf(page: &str, code: Option<&Code>) -> Result<Vec<u8>, Unprintable> {
    let page = html::read(page);
    let sheets = sheets::lay_out(&page, code.is_some())?;
    ink::write(&page, &sheets, code)
}
