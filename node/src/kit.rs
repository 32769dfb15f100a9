//! The recovery kit: twelve words on a printable page, which alone bring an organisation back.
//!
//! The words stand for 16 bytes of chance (BIP 39, English). The organisation's root key grows from those bytes, so
//! that the same words always give the same `did:key`. No node keeps the root key.

use bip39::{Language, Mnemonic};
use crdt_schema::identity::{Name, OrganizationId, Sector, Timestamp};
use crdt_schema::key::{OrganizationCard, RootKey};
use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

const PAGE: &str = include_str!("kit/page.html");
const ROOT: &[u8] = b"fingerpost/root-key/v1";
/// How many words a kit has.
const WORDS: usize = 12;
/// Far more than a saved page takes.
pub(crate) const PAGE_BYTES: u64 = 256 * 1024;

/// The secret words. They have no `Debug`, and are wiped from memory when dropped.
pub(crate) struct Words(Zeroizing<[u8; 16]>);

/// What a recovery kit's page says.
pub(crate) struct Kit {
    pub(crate) words: Words,
    pub(crate) name: Name,
    pub(crate) sector: Sector,
}

/// Why a kit or its words cannot be used.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub(crate) enum ReadKit {
    #[error(
        "a recovery kit has {WORDS} words, these are {0}. Type all of them, in the order of their numbers"
    )]
    Count(usize),
    #[error(
        "word {0} is not one of the words that recovery kits are made of. Compare it with the printed page"
    )]
    Unknown(usize),
    #[error(
        "these words do not belong together: at least one is wrong, or two are swapped. Compare them with the printed page"
    )]
    Checksum,
    #[error(
        "this file is not a Fingerpost recovery kit. Give the saved page, or type the words with --words"
    )]
    NotAKit,
    #[error(
        "the words on this page are not those of the organisation it names, so the page was changed. Compare it with a printed copy"
    )]
    Altered,
}

impl Words {
    /// Draws new words.
    pub(crate) fn draw() -> Result<Self, getrandom::Error> {
        let mut chance = Zeroizing::new([0; 16]);
        getrandom::fill(&mut *chance)?;
        Ok(Self(chance))
    }

    /// Reads words as a person types them: any case, and white space, numbers or commas between them.
    pub(crate) fn from_text(text: &str) -> Result<Self, ReadKit> {
        let text = Zeroizing::new(text.to_lowercase());
        let words: Vec<&str> =
            text.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty()).collect();
        if words.len() != WORDS {
            return Err(ReadKit::Count(words.len()));
        }
        let text = Zeroizing::new(words.join(" "));
        let mnemonic = Mnemonic::parse_in_normalized(Language::English, &text).map_err(
            |error| match error {
                bip39::Error::UnknownWord(index) => ReadKit::Unknown(index + 1),
                _ => ReadKit::Checksum,
            },
        )?;
        let (bytes, _) = mnemonic.to_entropy_array();
        let bytes = Zeroizing::new(bytes);
        let (first, _) = bytes.split_first_chunk::<16>().ok_or(ReadKit::Checksum)?;
        Ok(Self(Zeroizing::new(*first)))
    }

    /// Returns the words in order.
    pub(crate) fn list(&self) -> Vec<&'static str> {
        // Sixteen bytes are one of the lengths that BIP 39 knows, so there is no error to be had.
        Mnemonic::from_entropy_in(Language::English, &*self.0)
            .map_or_else(|_| Vec::new(), |m| m.words().collect())
    }

    /// Returns the root key that grows from the words.
    pub(crate) fn root_key(&self) -> RootKey {
        let mut seed = Zeroizing::new([0; 32]);
        let grown = Hkdf::<Sha256>::new(None, &*self.0).expand(ROOT, &mut *seed);
        debug_assert!(grown.is_ok(), "HKDF-SHA256 gives up to 8,160 bytes");
        RootKey::from_seed(&seed)
    }
}

/// Returns the printable page: one file, no script, nothing fetched from elsewhere.
pub(crate) fn page(words: &Words, card: &OrganizationCard, made: Timestamp) -> Zeroizing<String> {
    let list = Zeroizing::new(words.list().join(" "));
    let items: Zeroizing<String> =
        Zeroizing::new(words.list().iter().map(|w| format!("<li>{w}</li>\n")).collect());
    let fields = [
        ("name", escape(card.name.as_str())),
        ("sector", card.sector.word().to_owned()),
        ("organization", card.organization.to_string()),
        ("fingerprint", card.organization.fingerprint()),
        ("made", day(made)),
    ];
    let mut page = Zeroizing::new(PAGE.replace("{{words}}", &list).replace("{{items}}", &items));
    for (field, value) in fields {
        page = Zeroizing::new(page.replace(&format!("{{{{{field}}}}}"), &value));
    }
    page
}

/// Reads a page that [`page`] made, also after a browser saved it again.
pub(crate) fn read_page(page: &str) -> Result<Kit, ReadKit> {
    let field = |name| meta(page, name).ok_or(ReadKit::NotAKit);
    let words = Words::from_text(&Zeroizing::new(field("words")?))?;
    let organization: OrganizationId =
        field("organization")?.parse().map_err(|_| ReadKit::NotAKit)?;
    let name = field("name")?.parse().map_err(|_| ReadKit::NotAKit)?;
    let sector = field("sector")?.parse().map_err(|_| ReadKit::NotAKit)?;
    if words.root_key().id() != organization {
        return Err(ReadKit::Altered);
    }
    Ok(Kit { words, name, sector })
}

/// Returns what a `<meta name="fingerpost-…" content="…">` says.
fn meta(page: &str, name: &str) -> Option<String> {
    let (_, rest) = page.split_once(&format!("name=\"fingerpost-{name}\""))?;
    let (tag, _) = rest.split_once('>')?;
    let (_, value) = tag.split_once("content=\"")?;
    let (value, _) = value.split_once('"')?;
    Some(unescape(value))
}

fn escape(text: &str) -> String {
    // Braces too: a name must not be taken for a place on the page that is filled in later.
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('{', "&#123;")
        .replace('}', "&#125;")
}

fn unescape(text: &str) -> String {
    text.replace("&#123;", "{")
        .replace("&#125;", "}")
        .replace("&quot;", "\"")
        .replace("&gt;", ">")
        .replace("&lt;", "<")
        .replace("&amp;", "&")
}

fn day(time: Timestamp) -> String {
    i64::try_from(time.0)
        .ok()
        .and_then(|time| jiff::Timestamp::from_millisecond(time).ok())
        .map_or_else(String::new, |time| time.strftime("%-d %B %Y").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn card(words: &Words, name: &str) -> OrganizationCard {
        words.root_key().card(name.parse().unwrap(), Sector::Vcs)
    }

    #[test]
    fn the_same_words_always_give_the_same_organization() {
        let words = "legal winner thank year wave sausage worth useful legal winner thank yellow";
        let id = Words::from_text(words).map(|words| words.root_key().id().to_string());
        // Pinned: another answer would strand every organisation that has a kit.
        assert_eq!(id, Ok("did:key:z6Mks8e5EKnzmrZRVzGFKGCCN9AsymhmT9X2DPcfdBJ2c6iK".to_owned()));
    }

    #[test]
    fn words_are_read_as_people_copy_them() {
        let words = Words::draw().unwrap();
        let copied: String = words
            .list()
            .iter()
            .enumerate()
            .map(|(n, word)| format!("{}. {},\n", n + 1, word.to_uppercase()))
            .collect();
        let read = Words::from_text(&copied).ok().unwrap();
        assert_eq!(read.root_key().id(), words.root_key().id());
    }

    #[test]
    fn wrong_words_are_told_apart() {
        let good = [
            "legal", "winner", "thank", "year", "wave", "sausage", "worth", "useful", "legal",
            "winner", "thank", "yellow",
        ];
        let refused = |words: &[&str]| Words::from_text(&words.join(" ")).err();
        assert_eq!(refused(&good), None);
        assert_eq!(refused(&good[1..]), Some(ReadKit::Count(11)));
        let mut unknown = good;
        unknown[2] = "thanks";
        assert_eq!(refused(&unknown), Some(ReadKit::Unknown(3)));
        let mut swapped = good;
        swapped.swap(0, 1);
        assert_eq!(refused(&swapped), Some(ReadKit::Checksum));
    }

    #[test]
    fn a_page_alone_says_who_the_organization_is() {
        for name in ["Open Door", "Smith & \"Sons\" <{{words}}> Ltd", "Cyngor Sir Gâr"] {
            let words = Words::draw().unwrap();
            let card = card(&words, name);
            let page = page(&words, &card, Timestamp(1_795_392_000_000));
            let kit = read_page(&page).ok().unwrap();
            assert_eq!(kit.words.root_key().id(), card.organization);
            assert_eq!((kit.name, kit.sector), (card.name, card.sector));
            assert!(page.contains("23 November 2026"));
            assert!(
                !page.contains("{{") && !page.contains("<script") && !page.contains("http"),
                "{}",
                *page
            );
        }
    }

    #[test]
    fn a_changed_page_is_refused() {
        let words = Words::draw().unwrap();
        let other = Words::draw().unwrap();
        let page = page(&words, &card(&words, "Open Door"), Timestamp(0));
        let changed =
            page.replace(&words.root_key().id().to_string(), &other.root_key().id().to_string());
        assert_eq!(read_page(&changed).err(), Some(ReadKit::Altered));
        assert_eq!(read_page("<!doctype html><p>Hello").err(), Some(ReadKit::NotAKit));
    }
}
