//! [`Bundle`]: a workspace's membership log, and documents with all their signed envelopes, in one file that anybody can check.
//!
//! [`Bundle::verify`] needs no network, no data folder and no trust in whoever made the file: it judges every entry and every
//! envelope as a node would, and finds what counts. What it cannot know is whether something newer exists elsewhere.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use crate::audience::Audience;
use crate::copied::{self, Named, Origin, Original, Source};
use crate::document::Document;
use crate::envelope::{Content, Envelope};
use crate::gate::{self, PlainChange};
use crate::heads::Heads;
use crate::identity::{DocumentId, EnvelopeId, OrganizationId, Timestamp, WorkspaceId};
use crate::ledger::{Ledger, Placed, Verdict, Why};
use crate::limits;
use crate::membership::{Entry, Insert, Log, State};
use crate::sign_off::{self, SignOff};

/// What the file says it is.
const FORMAT: &str = "fingerpost-bundle-1";

/// A file that proves who wrote what, and by what right.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bundle {
    format: String,
    /// Membership entries, base64, parents first.
    entries: Vec<String>,
    /// Documents; none in an export of the membership log alone.
    #[serde(default)]
    documents: Vec<BundledDocument>,
}

/// One document of a bundle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct BundledDocument {
    /// Envelopes, base64, each after what it builds on.
    envelopes: Vec<String>,
}

/// Why a file does not prove what it should.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    #[error("this is no bundle that this version of Fingerpost reads: {0}")]
    NotABundle(String),
    #[error("membership entry {0} is damaged or was changed")]
    BadEntry(usize),
    #[error("membership entry {0} had no right to be written: {1}")]
    EntryRefused(usize, String),
    #[error("membership entry {0} builds on something that the file leaves out")]
    EntryMissing(usize),
    #[error("the file holds no membership log")]
    NoLog,
    #[error("envelope {1} of document {0} is damaged or was changed")]
    BadEnvelope(usize, usize),
    #[error("envelope {1} of document {0} had no right to stand there: {2}")]
    EnvelopeRefused(usize, usize, String),
    #[error("envelope {1} of document {0} builds on something that the file leaves out")]
    EnvelopeMissing(usize, usize),
}

/// What a bundle proves.
#[derive(Debug)]
pub struct Verified {
    /// The membership log.
    pub log: Log,
    /// The documents.
    pub documents: Vec<VerifiedDocument>,
}

impl Verified {
    /// Returns the workspace.
    #[must_use]
    pub const fn workspace(&self) -> WorkspaceId {
        self.log.workspace()
    }

    /// Returns who is in, by the end of the log.
    #[must_use]
    pub fn state(&self) -> &State {
        self.log.state()
    }
}

/// What a bundle proves of a document.
#[derive(Debug)]
pub struct VerifiedDocument {
    /// The document.
    pub id: DocumentId,
    /// The document as it is, made of what counts.
    pub document: Document,
    /// Its newest version.
    pub heads: Heads,
    /// Who may read and write.
    pub audience: Audience,
    /// Who wrote each envelope, when as claimed, and why it does not count if it does not.
    pub written: Vec<Written>,
    /// Who signed which version. Each hash was compared with what its version says.
    pub signed: Vec<SignedVersion>,
    /// What it was made from, so that it can be copied.
    pub source: Source,
}

/// An organisation signed a version of a document.
#[derive(Clone, Debug)]
pub struct SignedVersion {
    /// Who wrote it, and why it does not count if it does not.
    pub written: Written,
    /// What is signed, and by whom.
    pub sign_off: SignOff,
    /// What the version says.
    pub content: serde_json::Value,
    /// Who took it back, if it was taken back.
    pub withdrawn: Option<Written>,
}

/// One signed batch of changes.
#[derive(Clone, Debug)]
pub struct Written {
    /// The envelope.
    pub envelope: EnvelopeId,
    /// Whose node signed.
    pub organization: OrganizationId,
    /// Which person it vouched for.
    pub person: String,
    /// When, as claimed.
    pub time: Timestamp,
    /// Why it does not count, if it does not.
    pub out: Option<Why>,
}

impl Bundle {
    /// Puts a log's entries (parents first) and documents' envelopes (each after what it builds on) into a bundle.
    #[must_use]
    pub fn new<'b>(
        entries: impl Iterator<Item = Vec<u8>>,
        documents: impl Iterator<Item = Vec<Vec<u8>>> + 'b,
    ) -> Self {
        let documents = documents.map(|envelopes| BundledDocument {
            envelopes: envelopes.into_iter().map(|bytes| STANDARD.encode(bytes)).collect(),
        });
        Self {
            format: FORMAT.to_owned(),
            entries: entries.map(|bytes| STANDARD.encode(bytes)).collect(),
            documents: documents.collect(),
        }
    }

    /// Reads a file.
    ///
    /// # Errors
    /// If it is too large, or no bundle.
    pub fn from_json(text: &[u8]) -> Result<Self, VerifyError> {
        if text.len() > limits::BUNDLE_BYTES {
            return Err(VerifyError::NotABundle("it is too large".to_owned()));
        }
        let bundle: Self = serde_json::from_slice(text)
            .map_err(|error| VerifyError::NotABundle(error.to_string()))?;
        if bundle.format != FORMAT {
            return Err(VerifyError::NotABundle(format!("its format is {:?}", bundle.format)));
        }
        Ok(bundle)
    }

    /// Checks every signature, every right and every change.
    ///
    /// # Errors
    /// With the first thing that is not as it should be.
    pub fn verify(&self) -> Result<Verified, VerifyError> {
        let log = self.log()?;
        let mut documents = Vec::with_capacity(self.documents.len());
        for (number, bundled) in self.documents.iter().enumerate() {
            documents.push(bundled.verify(number.saturating_add(1), &log)?);
        }
        Ok(Verified { log, documents })
    }

    fn log(&self) -> Result<Log, VerifyError> {
        let mut log = None::<Log>;
        for (number, text) in (1..).zip(&self.entries) {
            let bytes = STANDARD.decode(text).map_err(|_| VerifyError::BadEntry(number))?;
            let entry = Entry::from_bytes(&bytes).map_err(|_| VerifyError::BadEntry(number))?;
            let refused = |error: crate::membership::RefuseEntry| {
                VerifyError::EntryRefused(number, error.to_string())
            };
            match &mut log {
                None => log = Some(Log::found(entry).map_err(refused)?),
                Some(log) => match log.insert(entry).map_err(refused)? {
                    Insert::Taken | Insert::Known => {}
                    Insert::Missing(_) => return Err(VerifyError::EntryMissing(number)),
                },
            }
        }
        log.ok_or(VerifyError::NoLog)
    }
}

/// Changes with the envelope that brought them.
struct Brought {
    envelope: EnvelopeId,
    changes: Vec<PlainChange>,
}

impl BundledDocument {
    fn verify(&self, number: usize, log: &Log) -> Result<VerifiedDocument, VerifyError> {
        let mut ledger = None::<Ledger>;
        let (mut brought, mut written) = (Vec::<Brought>::new(), Vec::new());
        let mut signed = Vec::new();
        let mut originals = Vec::new();
        let mut names = names_of(log);
        let mut live = Some(Document::empty());
        for (at, text) in (1..).zip(&self.envelopes) {
            let bad = || VerifyError::BadEnvelope(number, at);
            let (id, envelope) = read(text, log).ok_or_else(bad)?;
            if ledger.is_none()
                && let Some(genesis) = &envelope.genesis
            {
                ledger = Some(Ledger::new(genesis.clone()));
            }
            let missing = || VerifyError::EnvelopeMissing(number, at);
            let ledger = ledger.as_mut().ok_or_else(missing)?;
            if ledger.genesis().id() != envelope.header.document {
                return Err(bad());
            }
            let refused = |why: &str| VerifyError::EnvelopeRefused(number, at, why.to_owned());
            let state = log.state_at(&envelope.header.membership).ok_or_else(missing)?;
            match ledger.judge(&envelope, &state, log) {
                Verdict::May => {}
                Verdict::TooEarly => return Err(missing()),
                Verdict::Refused(why) => return Err(refused(why)),
            }
            let inspected = envelope.changes().map(|change| gate::inspect(change));
            let changes: Vec<PlainChange> =
                inspected.collect::<Result<_, _>>().map_err(|why| refused(why.word()))?;
            if !changes.is_empty() {
                pass(&envelope, &changes, ledger, &brought, &mut live)
                    .map_err(|why| why.map_or_else(missing, refused))?;
            }
            if let Content::SignOff(sign_off) = &envelope.content {
                let content = said(sign_off, ledger, &brought, live.as_ref());
                let content = content.ok_or_else(|| refused(sign_off::OTHER_WORDS))?;
                signed.push((id, sign_off.clone(), content));
            }
            ledger.add(Placed::new(id, &envelope, &changes));
            written.push(Written::of(id, &envelope));
            if let Content::Copied(copied) = &envelope.content {
                names.extend(copied.names.iter().cloned());
            }
            originals.extend(Original::of(envelope).into_iter().map(|original| (id, original)));
            brought.push(Brought { envelope: id, changes });
        }
        let mut ledger = ledger.ok_or(VerifyError::EnvelopeMissing(number, 1))?;
        // Nobody in particular looks: what is held back is held back.
        ledger.count(log, &OrganizationId([0; 32]));
        for (placed, why) in ledger.out() {
            if let Some(written) = written.iter_mut().find(|it| it.envelope == placed.id) {
                written.out = Some(why);
            }
        }
        let document = restore(&brought, |id, _| ledger.counts(id))
            .ok_or(VerifyError::BadEnvelope(number, self.envelopes.len()))?;
        originals.retain(|(id, _)| ledger.counts(id));
        let originals = originals.into_iter().map(|(_, original)| original).collect();
        Ok(VerifiedDocument {
            source: source(log, &ledger, &document, (names, originals)),
            id: ledger.genesis().id(),
            heads: document.heads(),
            audience: ledger.access().audience(&ledger.genesis().audience),
            document,
            signed: with_withdrawals(signed, &written, &ledger),
            written,
        })
    }
}

/// Reads an envelope that is signed, and of this workspace.
fn read(text: &str, log: &Log) -> Option<(EnvelopeId, Envelope)> {
    let bytes = STANDARD.decode(text).ok()?;
    let envelope = Envelope::from_bytes(&bytes).ok()?;
    let is_here = envelope.header.workspace == log.workspace();
    (is_here && envelope.is_well_formed() && envelope.is_true())
        .then(|| (Envelope::id_of(&bytes), envelope))
}

/// Puts together what a copy of the document needs.
fn source(
    log: &Log,
    ledger: &Ledger,
    document: &Document,
    (names, originals): (Vec<Named>, Vec<Original>),
) -> Source {
    let genesis = ledger.genesis();
    let owner = names.iter().find(|named| named.organization == genesis.owner);
    let workspace_name = log.state().name.clone();
    let origin = Origin {
        workspace: log.workspace(),
        document: genesis.id(),
        owner: genesis.owner,
        owner_name: owner.map_or_else(|| workspace_name.clone(), |named| named.name.clone()),
        workspace_name,
        version: copied::ids(&document.heads()),
    };
    Source { origin, kind: genesis.kind, document: document.clone(), names, originals }
}

/// Returns what the members of a workspace are called.
fn names_of(log: &Log) -> Vec<Named> {
    let members = log.state().members.iter();
    members
        .map(|(organization, member)| Named {
            organization: *organization,
            name: member.name().clone(),
        })
        .collect()
}

impl Written {
    fn of(id: EnvelopeId, envelope: &Envelope) -> Self {
        Self {
            envelope: id,
            organization: envelope.header.organization,
            person: envelope.header.person.name.to_string(),
            time: envelope.header.time,
            out: None,
        }
    }
}

/// Returns what a version says that somebody signed, if it is what they signed.
fn said(
    sign_off: &SignOff,
    ledger: &Ledger,
    brought: &[Brought],
    live: Option<&Document>,
) -> Option<serde_json::Value> {
    let version = sign_off.heads();
    let apart = || {
        let past = ledger.past(version.as_slice().iter().copied());
        restore(brought, |_, change| past.contains(&change.hash()))
    };
    let content = match live {
        Some(document) => document.content_at(&version),
        None => apart()?.content_at(&version),
    };
    content.ok().filter(|content| sign_off.says(content))
}

fn with_withdrawals(
    signed: Vec<(EnvelopeId, SignOff, serde_json::Value)>,
    written: &[Written],
    ledger: &Ledger,
) -> Vec<SignedVersion> {
    let by = |id: &EnvelopeId| written.iter().find(|it| it.envelope == *id).cloned();
    let counting = ledger.sign_offs();
    let with = |(id, sign_off, content): (EnvelopeId, SignOff, serde_json::Value)| {
        let taken_back = counting.iter().find(|it| it.id == id).and_then(|it| it.withdrawn);
        let withdrawn = taken_back.and_then(|id| by(&id));
        Some(SignedVersion { written: by(&id)?, sign_off, content, withdrawn })
    };
    signed.into_iter().filter_map(with).collect()
}

/// Takes changes through the gate on the document as their author had it; `None` as an error means that something is missing.
fn pass(
    envelope: &Envelope,
    changes: &[PlainChange],
    ledger: &Ledger,
    brought: &[Brought],
    live: &mut Option<Document>,
) -> Result<(), Option<&'static str>> {
    let header = &envelope.header;
    if ledger.at(header.node, header.session, header.seq).next().is_some()
        || ledger.has_rivals(changes)
    {
        // From the first fork on nobody has had all of this at once.
        *live = None;
    }
    if let Some(document) = live {
        judge(envelope, changes, ledger, document)?;
        return document.apply(changes.to_vec()).map_err(|_| Some("trial"));
    }
    let own: Vec<_> = changes.iter().map(PlainChange::hash).collect();
    let deps = changes.iter().flat_map(|change| change.deps().to_vec());
    let mut past = ledger.past(deps.filter(|dep| !own.contains(dep)));
    for id in ledger.chain(header.previous.as_ref()) {
        past.extend(ledger.past_of(&id));
    }
    let document =
        restore(brought, |_, change| past.contains(&change.hash())).ok_or(Some("trial"))?;
    judge(envelope, changes, ledger, &document)
}

fn judge(
    envelope: &Envelope,
    changes: &[PlainChange],
    ledger: &Ledger,
    document: &Document,
) -> Result<(), Option<&'static str>> {
    match gate::admit_from(document, &envelope.actors(ledger.genesis()), changes) {
        gate::Verdict::Admitted => Ok(()),
        gate::Verdict::Missing(_) => Err(None),
        gate::Verdict::Refused(refusal) => Err(Some(refusal.word())),
    }
}

fn restore(
    brought: &[Brought],
    is_meant: impl Fn(&EnvelopeId, &PlainChange) -> bool,
) -> Option<Document> {
    let mut seen = std::collections::BTreeSet::new();
    let all = brought.iter().flat_map(|one| one.changes.iter().map(move |change| (one, change)));
    let changes = all
        .filter(|(one, change)| is_meant(&one.envelope, change) && seen.insert(change.hash()))
        .map(|(_, change)| change);
    Document::restore(changes.map(|change| change.bytes().to_vec())).ok()
}
