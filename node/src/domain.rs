//! What an organisation publishes at its web domain, so that others can see that the domain is its own.
//!
//! Fingerpost never fetches anything that a document or a profile names. A person gets the file or the record with a
//! browser or another tool, and gives it to [`names`].

use crdt_schema::identity::OrganizationId;
use serde::Deserialize;

/// Where the file stands on the organisation's web server.
pub(crate) const PATH: &str = "/.well-known/fingerpost.json";
/// Far more than the file takes.
pub(crate) const FILE_BYTES: u64 = 64 * 1024;
const RECORD: &str = "fingerpost=";

/// Why a file says nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ReadProof {
    #[error(
        "this is neither the file from {PATH} nor the text of a DNS record. A page that says \"not found\" looks like this, too"
    )]
    NotAProof,
}

#[derive(Deserialize)]
struct Published {
    organizations: Vec<OrganizationId>,
}

/// Returns the file to publish.
pub(crate) fn file(organization: &OrganizationId) -> String {
    format!("{{\"organizations\": [\"{organization}\"]}}\n")
}

/// Returns the text of the DNS record to publish instead.
pub(crate) fn record(organization: &OrganizationId) -> String {
    format!("{RECORD}{organization}")
}

/// Does a file that was fetched, or what a DNS tool printed, name the organisation?
pub(crate) fn names(bytes: &[u8], organization: &OrganizationId) -> Result<bool, ReadProof> {
    if let Ok(published) = serde_json::from_slice::<Published>(bytes) {
        return Ok(published.organizations.contains(organization));
    }
    let text = std::str::from_utf8(bytes).map_err(|_| ReadProof::NotAProof)?;
    let named: Vec<OrganizationId> = text
        .split(|c: char| c.is_whitespace() || c == '"')
        .filter_map(|word| word.strip_prefix(RECORD)?.parse().ok())
        .collect();
    if named.is_empty() { Err(ReadProof::NotAProof) } else { Ok(named.contains(organization)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crdt_schema::key::RootKey;

    #[test]
    fn what_is_published_names_its_organization_and_no_other() {
        let [own, other] = [1, 2].map(|seed| RootKey::from_seed(&[seed; 32]).id());
        let answer = format!(
            "_fingerpost.example.org. 300 IN TXT \"v=other\"\n_fingerpost.example.org. 300 IN TXT \"{}\"",
            record(&own)
        );
        for published in [file(&own), record(&own), answer] {
            assert_eq!(names(published.as_bytes(), &own), Ok(true), "{published}");
            assert_eq!(names(published.as_bytes(), &other), Ok(false), "{published}");
        }
        for text in ["", "<!doctype html>Not found", "{}", "fingerpost=did:key:z6Mk", "\u{0}"] {
            assert_eq!(names(text.as_bytes(), &own), Err(ReadProof::NotAProof), "{text}");
        }
        assert_eq!(names(&[0xff; 9], &own), Err(ReadProof::NotAProof));
    }
}
