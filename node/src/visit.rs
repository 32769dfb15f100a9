//! Fetching what somebody published on the web: a shelf, or one document of it. Only what a person named is asked for, and
//! nothing that comes back is believed before its signatures were checked.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use http_body_util::{BodyExt as _, Empty, LengthLimitError, Limited};
use hyper::body::Bytes;
use hyper::{Request, StatusCode, header};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::http::shelf::site::{FORMAT, LIST};

/// Protects memory: a shelf's list.
const LIST_BYTES: usize = 4 * 1024 * 1024;
/// Protects memory: a signed file.
pub(crate) const FILE_BYTES: usize = 32 * 1024 * 1024;
/// Bytes of an address.
const ADDRESS_BYTES: usize = 2_000;
/// How long whoever published something may take to send it.
const PATIENCE: Duration = Duration::from_secs(30);
/// The signed file of a document, beside its page.
const FILE: &str = "bundle.json";

/// Where somebody published something: an address that begins with http:// or https://, without a name or a password.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Address(Url);

/// Why an address is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("enter a web address that begins with https:// or http://")]
pub(crate) struct NoAddress;

/// Why nothing came from an address: a sentence that says what to do.
#[derive(Debug, thiserror::Error)]
pub(crate) enum VisitError {
    #[error("nothing answers at {0}. Check the address, and whether this computer is online")]
    Unreachable(String),
    #[error("{0} did not send it in time. Try again later")]
    Slow(String),
    #[error("it is at another address now: {0}. Enter that one, if you trust it")]
    Moved(String),
    #[error(
        "there is nothing published at this address. Copy the address of the document’s page, or of the shelf, anew"
    )]
    Nothing,
    #[error(
        "the address answered with an error ({0}). Try again later, or ask those who published it"
    )]
    Answered(StatusCode),
    #[error("what is at this address is too large")]
    TooLarge,
    #[error("what is at this address is no shelf and no signed file of Fingerpost")]
    Strange,
}

/// What was found at an address.
#[derive(Debug)]
pub(crate) enum Found {
    /// A list of what is published there.
    Shelf(Shelf),
    /// A signed file, not checked yet, and where it is.
    File(Address, Vec<u8>),
}

/// What somebody publishes.
#[derive(Debug)]
pub(crate) struct Shelf {
    /// Where its list is.
    pub(crate) address: Address,
    /// Who says they publish it.
    pub(crate) publisher: String,
    pub(crate) documents: Vec<Published>,
}

/// A document of a shelf, as its list describes it; only its signed file proves any of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Published {
    pub(crate) id: String,
    #[serde(default)]
    pub(crate) title: String,
    #[serde(default)]
    pub(crate) kind: String,
    #[serde(default)]
    pub(crate) version: String,
    /// The version itself.
    #[serde(default)]
    pub(crate) heads: String,
    /// Where its signed file is, from the shelf's own address.
    pub(crate) bundle: String,
}

#[derive(Deserialize)]
struct List {
    format: String,
    organization: Publisher,
    items: Vec<Published>,
}

#[derive(Deserialize)]
struct Publisher {
    #[serde(default)]
    name: String,
}

impl FromStr for Address {
    type Err = NoAddress;

    fn from_str(text: &str) -> Result<Self, NoAddress> {
        let text = text.trim();
        if text.len() > ADDRESS_BYTES {
            return Err(NoAddress);
        }
        let mut url = Url::parse(text).map_err(|_| NoAddress)?;
        let is_web = matches!(url.scheme(), "http" | "https") && url.has_host();
        if !is_web || !url.username().is_empty() || url.password().is_some() {
            return Err(NoAddress);
        }
        url.set_query(None);
        url.set_fragment(None);
        Ok(Self(url))
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str())
    }
}

impl Address {
    /// Returns the address of something that is published at the same place.
    pub(crate) fn join(&self, path: &str) -> Option<Self> {
        let joined = self.0.join(path).ok()?;
        (joined.origin() == self.0.origin()).then_some(Self(joined))
    }

    /// Returns the address of a file in the same folder; an address that ends with a name without a dot is a folder.
    fn beside(&self, name: &str) -> Option<Self> {
        let last = self.0.path().rsplit('/').next().unwrap_or_default();
        let is_folder = !last.is_empty() && !last.contains('.');
        let path = if is_folder { format!("{last}/{name}") } else { name.to_owned() };
        self.join(&path)
    }

    fn names(&self, name: &str) -> bool {
        self.0.path().rsplit('/').next() == Some(name)
    }

    /// Returns the address of the list of the shelf there.
    pub(crate) fn list(&self) -> Option<Self> {
        self.beside(LIST)
    }

    /// Returns the name of the computer that is asked.
    pub(crate) fn host(&self) -> String {
        self.0.host_str().unwrap_or_default().to_owned()
    }
}

/// Fetches from the web.
pub(crate) struct Visitor(Client<HttpsConnector<HttpConnector>, Empty<Bytes>>);

impl Visitor {
    pub(crate) fn new() -> anyhow::Result<Self> {
        let provider = rustls::crypto::ring::default_provider();
        let https = HttpsConnectorBuilder::new()
            .with_provider_and_webpki_roots(provider)?
            .https_or_http()
            .enable_http1()
            .build();
        Ok(Self(Client::builder(TokioExecutor::new()).build(https)))
    }

    /// Returns what is published at an address: at a page, the signed file beside it; else the list of the shelf there.
    pub(crate) async fn find(&self, address: &Address) -> Result<Found, VisitError> {
        if address.names(FILE) {
            let bytes = self.get(address, FILE_BYTES).await?.ok_or(VisitError::Nothing)?;
            return Ok(Found::File(address.clone(), bytes));
        }
        let file = address.beside(FILE).ok_or(VisitError::Nothing)?;
        let looked = if address.names(LIST) { Ok(None) } else { self.get(&file, FILE_BYTES).await };
        match looked {
            Ok(Some(bytes)) => Ok(Found::File(file, bytes)),
            Ok(None) => self.shelf(address).await.map(Found::Shelf),
            // Some servers answer for what is not there with a page of their own.
            Err(error @ (VisitError::Moved(_) | VisitError::Answered(_))) => {
                match self.shelf(address).await {
                    Ok(shelf) => Ok(Found::Shelf(shelf)),
                    Err(_) => Err(error),
                }
            }
            Err(error) => Err(error),
        }
    }

    /// Returns the shelf at an address.
    pub(crate) async fn shelf(&self, address: &Address) -> Result<Shelf, VisitError> {
        let at = address.list().ok_or(VisitError::Nothing)?;
        let bytes = self.get(&at, LIST_BYTES).await?.ok_or(VisitError::Nothing)?;
        let list: List = serde_json::from_slice(&bytes).map_err(|_| VisitError::Strange)?;
        if list.format != FORMAT {
            return Err(VisitError::Strange);
        }
        let publisher = list.organization.name;
        Ok(Shelf { address: at, publisher, documents: list.items })
    }

    /// Returns a file; nothing if there is none.
    async fn get(&self, address: &Address, limit: usize) -> Result<Option<Vec<u8>>, VisitError> {
        let host = address.host();
        match tokio::time::timeout(PATIENCE, self.fetch(address, limit)).await {
            Ok(fetched) => fetched,
            Err(_) => Err(VisitError::Slow(host)),
        }
    }

    async fn fetch(&self, address: &Address, limit: usize) -> Result<Option<Vec<u8>>, VisitError> {
        let unreachable = || VisitError::Unreachable(address.host());
        let request = Request::get(address.0.as_str())
            .header(header::USER_AGENT, "fingerpost")
            .body(Empty::new())
            .map_err(|_| unreachable())?;
        let answer = self.0.request(request).await.map_err(|_| unreachable())?;
        match answer.status() {
            StatusCode::OK => {}
            StatusCode::NOT_FOUND | StatusCode::GONE => return Ok(None),
            status if status.is_redirection() => {
                let to = answer.headers().get(header::LOCATION).and_then(|to| to.to_str().ok());
                let to = to.and_then(|to| address.0.join(to).ok());
                return Err(
                    to.map_or(VisitError::Answered(status), |to| VisitError::Moved(to.to_string()))
                );
            }
            status => return Err(VisitError::Answered(status)),
        }
        let body = Limited::new(answer.into_body(), limit).collect().await;
        match body {
            Ok(body) => Ok(Some(body.to_bytes().to_vec())),
            Err(error) if error.is::<LengthLimitError>() => Err(VisitError::TooLarge),
            Err(_) => Err(unreachable()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> Address {
        text.parse().unwrap()
    }

    #[test]
    fn only_the_web_is_an_address() {
        for text in [
            "",
            "shelf",
            "file:///etc/passwd",
            "ftp://a.example/",
            "https://",
            "http://u:p@a.example/",
        ] {
            assert_eq!(text.parse::<Address>(), Err(NoAddress), "{text}");
        }
        assert_eq!(address(" https://a.example/x?y#z ").to_string(), "https://a.example/x");
    }

    #[test]
    fn a_page_a_folder_and_a_file_lead_to_what_is_beside_them() {
        for (text, file) in [
            ("https://a.example", "https://a.example/bundle.json"),
            ("https://a.example/shelf/", "https://a.example/shelf/bundle.json"),
            ("https://a.example/shelf", "https://a.example/shelf/bundle.json"),
            ("https://a.example/d/index.html", "https://a.example/d/bundle.json"),
        ] {
            assert_eq!(address(text).beside(FILE), Some(address(file)), "{text}");
        }
    }

    #[test]
    fn a_shelf_names_files_of_its_own_place_only() {
        let shelf = address("https://a.example/shelf/index.json");
        let own = shelf.join("documents/x/bundle.json").unwrap().to_string();
        assert_eq!(own, "https://a.example/shelf/documents/x/bundle.json");
        for path in
            ["https://b.example/bundle.json", "//b.example/x", "http://a.example/x", "file:///x"]
        {
            assert_eq!(shelf.join(path), None, "{path}");
        }
    }
}
