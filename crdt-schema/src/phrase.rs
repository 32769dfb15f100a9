//! [`Phrase`]: an invite as words to read out on the phone.
//!
//! An invite is too long to be read out. A phrase is a secret of 104 bits and the place of the node that made the
//! invite: fifteen words of BIP 39 where that place is an IPv4 address, else twelve words and the address itself. Who
//! types the phrase asks that node for the invite; see "The phrase" in `docs/protocol.md`.
//!
//! The secret grows out of the invite's own. From it grow, each with a label of its own, the [`Lookup`] by which the
//! invite is asked for, and the key that seals the answer: who hears the one learns nothing of the other.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddrV4};

use bip39::{Language, Mnemonic};
use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hkdf::Hkdf;
use minicbor::{Decode, Encode};
use sha2::Sha256;

use crate::codec;
use crate::identity::NodeId;
use crate::invite::{Invite, PREFIX, ReadInvite};
use crate::limits;

const SECRET: &[u8] = b"fingerpost/phrase/v1";
const LOOKUP: &[u8] = b"fingerpost/phrase-lookup/v1";
const SEAL: &[u8] = b"fingerpost/phrase-seal/v1";
const CHECK: &str = "fingerpost/phrase-check/v1";
/// Bytes of the secret.
const SECRET_BYTES: usize = 13;
/// Bytes in front of a sealed invite that make its key-stream its own.
const NONCE_BYTES: usize = 24;
/// Words of a phrase that holds the address, and of one that does not.
const WORDS: [usize; 2] = [15, 12];
/// The last byte, before BIP 39's own check: how the rest is to be read.
const VERSION: u8 = 1;
/// Where nodes listen unless they are told otherwise.
const PORT: u16 = 4_891;
/// How many like words are named beside a word that is none, and how many letters they may be off.
const SUGGESTIONS: (usize, usize) = (3, 2);

/// The secret of a phrase. Has no readable `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret([u8; SECRET_BYTES]);

/// What an invite is asked for by. Tells nothing of the phrase.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(transparent)]
pub struct Lookup(#[cbor(n(0), with = "minicbor::bytes")] pub [u8; 32]);

/// The two nodes between which a sealed invite goes; it opens between these only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ends {
    /// Who asked.
    pub asks: NodeId,
    /// Who answers.
    pub answers: NodeId,
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

/// Grows bytes for one use out of a secret.
fn grow<const N: usize>(secret: &[u8], label: &[u8]) -> [u8; N] {
    let mut bytes = [0; N];
    let grown = Hkdf::<Sha256>::new(None, secret).expand(label, &mut bytes);
    debug_assert!(grown.is_ok(), "HKDF-SHA256 gives up to 8,160 bytes");
    bytes
}

impl Secret {
    /// Returns the secret that grows from an invite's own.
    pub(crate) fn of(invite: &[u8; 32]) -> Self {
        Self(grow(invite, SECRET))
    }

    /// Returns what the invite is asked for by.
    #[must_use]
    pub fn lookup(&self) -> Lookup {
        Lookup(grow(&self.0, LOOKUP))
    }

    /// Seals an invite; `nonce` is fresh chance. `None` if it is too long for a phrase.
    #[must_use]
    pub fn seal(&self, invite: &Invite, ends: Ends, nonce: [u8; NONCE_BYTES]) -> Option<Vec<u8>> {
        let (body, bound) = (codec::encode(invite), self.bound(ends));
        let payload = Payload { msg: &body, aad: &bound };
        let sealed = self.cipher().encrypt(XNonce::from_slice(&nonce), payload).ok()?;
        let whole = [&nonce[..], &sealed].concat();
        (whole.len() <= limits::SEALED_INVITE_BYTES).then_some(whole)
    }

    /// Opens a sealed invite.
    ///
    /// # Errors
    /// If it was not sealed with this secret between these nodes, or is not the invite that the phrase was made of.
    pub fn open(&self, sealed: &[u8], ends: Ends) -> Result<Invite, OpenInvite> {
        if sealed.len() > limits::SEALED_INVITE_BYTES {
            return Err(OpenInvite::TooLong);
        }
        let (nonce, sealed) =
            sealed.split_first_chunk::<NONCE_BYTES>().ok_or(OpenInvite::NotSealed)?;
        let bound = self.bound(ends);
        let payload = Payload { msg: sealed, aad: &bound };
        let body = self
            .cipher()
            .decrypt(XNonce::from_slice(nonce), payload)
            .map_err(|_| OpenInvite::NotSealed)?;
        let invite = Invite::from_bytes(&body)?;
        // Who knows the phrase could seal another invite. The one it was made of grows into its secret.
        if invite.phrase_secret() != *self {
            return Err(OpenInvite::Another);
        }
        Ok(invite)
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(&grow::<32>(&self.0, SEAL).into())
    }

    /// What the seal vouches for besides the invite.
    fn bound(&self, Ends { asks, answers }: Ends) -> Vec<u8> {
        codec::encode(&(&self.lookup(), &asks, &answers))
    }
}

/// Why a sealed invite does not open.
#[derive(Debug, thiserror::Error)]
pub enum OpenInvite {
    #[error("too long")]
    TooLong,
    #[error("it was not sealed by somebody who knows the phrase")]
    NotSealed,
    #[error("it is not the invite that the phrase was made of")]
    Another,
    #[error("what was sealed is no invite")]
    NotAnInvite(#[from] ReadInvite),
}

/// Where the node is that made an invite.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// At an address that fits into the words.
    Ip(SocketAddrV4),
    /// At a name, or at an IPv6 address, and a port.
    Host(String, u16),
}

impl Place {
    /// Returns the place that a libp2p address over TCP names, if words can hold it.
    #[must_use]
    pub fn of_address(address: &str) -> Option<Self> {
        let mut parts = address.strip_prefix("/ip4/")?.split('/');
        let ip: Ipv4Addr = parts.next()?.parse().ok()?;
        let port: u16 = parts.next().filter(|it| *it == "tcp").and(parts.next())?.parse().ok()?;
        let fits = !ip.is_unspecified() && port != 0 && parts.next().is_none();
        fits.then_some(Self::Ip(SocketAddrV4::new(ip, port)))
    }

    /// Reads `HOST`, `HOST:PORT` or `HOST port PORT`, as people write it.
    ///
    /// # Errors
    /// If it is no address, or too long a one.
    pub fn read(text: &str) -> Result<Self, ReadPhrase> {
        let refuse = || ReadPhrase::Address(short(text.trim()));
        let text = text.trim().trim_end_matches('.').to_lowercase();
        let (host, port) = match text.split_once(" port ") {
            Some((host, port)) => (host, Some(port)),
            None => match text.rsplit_once(':') {
                // The colons of an IPv6 address are its own unless it stands in brackets.
                Some((host, port)) if !host.contains(':') || host.ends_with(']') => {
                    (host, Some(port))
                }
                Some(_) | None => (text.as_str(), None),
            },
        };
        let port = match port {
            Some(port) => port.trim().parse().ok().filter(|port| *port != 0).ok_or_else(refuse)?,
            None => PORT,
        };
        let host = host.trim().trim_start_matches('[').trim_end_matches(']');
        let place = match host.parse::<IpAddr>() {
            Ok(IpAddr::V4(ip)) => Self::Ip(SocketAddrV4::new(ip, port)),
            Ok(IpAddr::V6(_)) => Self::Host(host.to_owned(), port),
            Err(_) if is_name(host) => Self::Host(host.to_owned(), port),
            Err(_) => return Err(refuse()),
        };
        if place.address().len() > limits::ADDRESS_BYTES { Err(refuse()) } else { Ok(place) }
    }

    /// Returns the libp2p address to dial.
    #[must_use]
    pub fn address(&self) -> String {
        match self {
            Self::Ip(at) => format!("/ip4/{}/tcp/{}", at.ip(), at.port()),
            Self::Host(host, port) if host.contains(':') => format!("/ip6/{host}/tcp/{port}"),
            Self::Host(host, port) => format!("/dns/{host}/tcp/{port}"),
        }
    }
}

/// As people say it: "fingerpost.example.org", or "fingerpost.example.org port 4900".
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (host, port) = match self {
            Self::Ip(at) => (at.ip().to_string(), at.port()),
            Self::Host(host, port) => (host.clone(), *port),
        };
        if port == PORT { f.write_str(&host) } else { write!(f, "{host} port {port}") }
    }
}

fn is_name(host: &str) -> bool {
    let is_label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    host.split('.').all(is_label)
}

/// An invite as words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Phrase {
    /// What shows that one holds the phrase.
    pub secret: Secret,
    /// Where to ask.
    pub place: Place,
}

/// Why a text is no phrase.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadPhrase {
    #[error("this is too long for a phrase")]
    TooLong,
    #[error(
        "this is neither an invite nor a phrase. An invite starts with \"{PREFIX}\"; a phrase has 15 words, or 12 words and an address"
    )]
    NotAPhrase,
    #[error(
        "a phrase has 15 words, or 12 words, \"at\" and an address; these are {0} words. Type all of them, in their order"
    )]
    Count(usize),
    #[error("word {place}, \"{word}\", is not one of the words that phrases are made of.{hint}")]
    Unknown {
        /// From 1.
        place: usize,
        word: String,
        /// " Did you mean …?", or nothing.
        hint: String,
    },
    #[error(
        "these words do not belong together: at least one is wrong, or two are swapped. Have them read out again"
    )]
    Checksum,
    #[error(
        "after these twelve words comes \"at\" and an address. If they are the words of a recovery kit, they are no invite: keep them to yourself"
    )]
    NoAddress,
    #[error(
        "\"{0}\" is no address. It looks like fingerpost.example.org, or fingerpost.example.org port 4900"
    )]
    Address(String),
    #[error(
        "the address does not belong to these words: a letter or a number of it is wrong. Have it read out again"
    )]
    OtherAddress,
    #[error("this phrase is for a newer Fingerpost than this one. Ask for the invite as text")]
    Newer,
}

impl Phrase {
    /// Returns the phrase of an invite whose node is at a place.
    #[must_use]
    pub fn new(invite: &Invite, place: Place) -> Self {
        Self { secret: invite.phrase_secret(), place }
    }

    /// Could this text be meant as a phrase, rather than as an invite's text?
    #[must_use]
    pub fn is_meant(text: &str) -> bool {
        // E-mail may break the lines of an invite anywhere.
        let start: String =
            text.chars().filter(|c| !c.is_whitespace()).take(PREFIX.len()).collect();
        start != PREFIX && words_of(text).nth(1).is_some()
    }

    /// Returns the words to read out, in their order, without the address.
    #[must_use]
    pub fn words(&self) -> Vec<&'static str> {
        // Sixteen and twenty bytes are lengths that BIP 39 knows, so there is no error to be had.
        Mnemonic::from_entropy_in(Language::English, &self.bytes())
            .map_or_else(|_| Vec::new(), |words| words.words().collect())
    }

    /// Returns the address that is read out after the words, if they do not hold it.
    #[must_use]
    pub fn spoken_address(&self) -> Option<String> {
        match &self.place {
            Place::Ip(_) => None,
            Place::Host(..) => Some(self.place.to_string()),
        }
    }

    fn bytes(&self) -> Vec<u8> {
        let mut bytes = self.secret.0.to_vec();
        match &self.place {
            Place::Ip(at) => {
                bytes.extend(at.ip().octets());
                bytes.extend(at.port().to_be_bytes());
            }
            Place::Host(..) => bytes.extend(self.check()),
        }
        bytes.push(VERSION);
        bytes
    }

    /// Two bytes that notice a mistake in the address beside the words.
    fn check(&self) -> [u8; 2] {
        let [a, b, ..] = codec::hash(CHECK, self.place.address().as_bytes());
        [a, b]
    }

    /// Reads a phrase as a person types it: any case, and spaces, numbers or commas between the words.
    ///
    /// # Errors
    /// If it is none, with the word that is wrong.
    pub fn read(text: &str) -> Result<Self, ReadPhrase> {
        if text.len() > limits::PHRASE_BYTES {
            return Err(ReadPhrase::TooLong);
        }
        let text = text.to_lowercase();
        let (spoken, address) = split_address(&text);
        let words: Vec<&str> = words_of(spoken).collect();
        check_words(&words)?;
        let long = address.is_none();
        match (words.len(), &address) {
            (15, None) | (12, Some(_)) => {}
            (12, None) => return Err(ReadPhrase::NoAddress),
            (count, _) => return Err(ReadPhrase::Count(count)),
        }
        let words = Mnemonic::parse_in_normalized(Language::English, &words.join(" "))
            .map_err(|_| ReadPhrase::Checksum)?;
        let bytes = words.to_entropy();
        let (secret, rest) =
            bytes.split_first_chunk::<SECRET_BYTES>().ok_or(ReadPhrase::Checksum)?;
        let secret = Secret(*secret);
        let place = match (rest, address) {
            ([.., version], _) if *version != VERSION => return Err(ReadPhrase::Newer),
            ([a, b, c, d, high, low, _], None) if long => {
                let port = u16::from_be_bytes([*high, *low]);
                Place::Ip(SocketAddrV4::new(Ipv4Addr::new(*a, *b, *c, *d), port))
            }
            ([_, _, _], Some(address)) => Place::read(&address)?,
            (_, _) => return Err(ReadPhrase::Checksum),
        };
        let phrase = Self { secret, place };
        // An IPv4 address beside twelve words is as good as a name.
        match rest {
            [a, b, _] if phrase.check() != [*a, *b] => Err(ReadPhrase::OtherAddress),
            _ => Ok(phrase),
        }
    }
}

/// On one line, as it can be typed again.
impl fmt::Display for Phrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words().join(" "))?;
        match self.spoken_address() {
            Some(address) => write!(f, " at {address}"),
            None => Ok(()),
        }
    }
}

/// Splits off what comes after the word "at", which is no word of a phrase.
fn split_address(text: &str) -> (&str, Option<String>) {
    let mut rest = text;
    while let Some(at) = rest.find("at") {
        let start = text.len() - rest.len() + at;
        let (before, after) = (text.get(..start), text.get(start + 2..));
        let (Some(before), Some(after)) = (before, after) else { break };
        let stands_alone = before.ends_with(char::is_whitespace)
            && after.starts_with(|c: char| c.is_whitespace() || c == ':');
        if stands_alone {
            let address: Vec<&str> = after.trim_start_matches(':').split_whitespace().collect();
            return (before, Some(address.join(" ")));
        }
        rest = after;
    }
    (text, None)
}

fn words_of(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty())
}

/// Says which word is wrong, if most of them are words of a phrase.
fn check_words(words: &[&str]) -> Result<(), ReadPhrase> {
    let is_word = |word: &str| Language::English.find_word(word).is_some();
    let wrong: Vec<(usize, &str)> = words
        .iter()
        .enumerate()
        .filter(|(_, word)| !is_word(word))
        .map(|(at, word)| (at + 1, *word))
        .collect();
    let known = words.len() - wrong.len();
    if known <= wrong.len() {
        return Err(ReadPhrase::NotAPhrase);
    }
    match wrong.first() {
        Some((place, word)) if words.len() <= WORDS[0] + 2 => {
            Err(ReadPhrase::Unknown { place: *place, word: short(word), hint: hint(word) })
        }
        Some(_) => Err(ReadPhrase::Count(words.len())),
        None => Ok(()),
    }
}

/// Names the words that somebody may have meant.
fn hint(word: &str) -> String {
    let (most, letters) = SUGGESTIONS;
    let far = |known: &str| strsim::osa_distance(word, known);
    let mut near: Vec<(usize, &str)> = Language::English
        .word_list()
        .iter()
        .map(|known| (far(known), *known))
        .filter(|(far, known)| *far <= letters && *far < known.len() - 1)
        .collect();
    near.sort_unstable();
    near.truncate(most);
    let names: Vec<String> = near.iter().map(|(_, known)| format!("\"{known}\"")).collect();
    if names.is_empty() { String::new() } else { format!(" Did you mean {}?", names.join(" or ")) }
}

/// Returns the beginning of what somebody typed, to be shown again.
fn short(typed: &str) -> String {
    typed.chars().take(40).collect()
}

#[cfg(test)]
mod tests;
