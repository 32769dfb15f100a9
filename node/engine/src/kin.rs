//! Part: the other nodes of this organisation, and the codes by which they are added.

use std::collections::{BTreeMap, BTreeSet};

use crdt_schema::codec;
use crdt_schema::identity::{CodeId, NodeId, Timestamp};
use crdt_schema::key::NodeCertificate;
use crdt_schema::limits;
use crdt_schema::membership::{Act, Entry};
use crdt_schema::pairing::PairingCode;
use minicbor::{Decode, Encode};

use crate::effects::Record;
use crate::shelf::{Shelf, ShelfError};

const NODES: &str = "kin/node/";
const ENDED: &str = "kin/ended/";
const CODES: &str = "kin/code/";
/// Codes that are kept at once, used and over ones included.
const MOST_CODES: usize = 64;

#[derive(Debug, Default)]
pub(crate) struct Kin {
    certificates: BTreeMap<NodeId, NodeCertificate>,
    ended: BTreeSet<NodeId>,
    codes: BTreeMap<CodeId, Code>,
}

/// A code made here.
#[derive(Clone, Debug, Encode, Decode)]
pub(crate) struct Code {
    /// The text, as long as it can be used.
    #[n(0)]
    pub(crate) text: Option<String>,
    #[n(1)]
    pub(crate) created: Timestamp,
    #[n(2)]
    pub(crate) expires: Timestamp,
    /// The node that used it.
    #[n(3)]
    pub(crate) used: Option<NodeId>,
}

impl Kin {
    pub(crate) fn load(shelf: &dyn Shelf, own: &NodeCertificate) -> Result<Self, ShelfError> {
        let mut kin = Self::default();
        for (key, _) in shelf.locals(ENDED)? {
            kin.ended.extend(key.strip_prefix(ENDED).and_then(|node| node.parse::<NodeId>().ok()));
        }
        for (_, bytes) in shelf.locals(NODES)? {
            if let Ok(certificate) = codec::decode(&bytes, limits::ENTRY_BYTES) {
                kin.learn(own, certificate);
            }
        }
        for (key, bytes) in shelf.locals(CODES)? {
            let id = key.strip_prefix(CODES).and_then(|id| id.parse().ok());
            if let (Some(id), Ok(code)) = (id, minicbor::decode(&bytes)) {
                kin.codes.insert(id, code);
            }
        }
        for certificate in own.of_vouchers() {
            kin.learn(own, certificate);
        }
        Ok(kin)
    }

    /// Takes up a certificate of this organisation's; of two for one node, that nearer to the root key.
    pub(crate) fn learn(&mut self, own: &NodeCertificate, certificate: NodeCertificate) -> bool {
        let is_ours = certificate.organization == own.organization && certificate.node != own.node;
        let is_better = self
            .certificates
            .get(&certificate.node)
            .is_none_or(|known| certificate.vouchers.len() < known.vouchers.len());
        let is_news = is_ours && is_better && !self.ended.contains(&certificate.node);
        if is_news {
            self.certificates.insert(certificate.node, certificate);
        }
        is_news
    }

    /// Takes up what an entry that was taken says about this organisation's nodes.
    pub(crate) fn learn_from(&mut self, own: &NodeCertificate, entry: &Entry) {
        let certificate = match entry.act() {
            Some(Act::Found { certificate, .. } | Act::Certify(certificate)) => certificate,
            Some(Act::Admit(redemption)) => &redemption.certificate,
            Some(_) | None => return,
        };
        if certificate.organization == own.organization {
            self.learn(own, certificate.clone());
        }
    }

    /// Remembers a node that no log names yet.
    pub(crate) fn record(certificate: &NodeCertificate) -> Record {
        Record::Local {
            key: format!("{NODES}{}", certificate.node),
            value: Some(codec::encode(certificate)),
        }
    }

    /// Takes a node out for good; returns what to keep.
    pub(crate) fn end(&mut self, node: NodeId) -> [Record; 2] {
        self.certificates.remove(&node);
        self.ended.insert(node);
        [
            Record::Local { key: format!("{NODES}{node}"), value: None },
            Record::Local { key: format!("{ENDED}{node}"), value: Some(Vec::new()) },
        ]
    }

    pub(crate) fn get(&self, node: &NodeId) -> Option<&NodeCertificate> {
        self.certificates.get(node)
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &NodeCertificate> {
        self.certificates.values()
    }

    pub(crate) fn ended(&self) -> impl Iterator<Item = &NodeId> {
        self.ended.iter()
    }

    pub(crate) fn codes(&self) -> impl Iterator<Item = (&CodeId, &Code)> {
        self.codes.iter()
    }

    pub(crate) fn code(&self, id: &CodeId) -> Option<&Code> {
        self.codes.get(id)
    }

    /// Keeps a new code and forgets those that are over; returns what to keep, or nothing if there are too many.
    pub(crate) fn add_code(&mut self, code: &PairingCode, now: Timestamp) -> Option<Vec<Record>> {
        let over: Vec<CodeId> =
            self.codes.iter().filter(|(_, code)| code.expires < now).map(|(id, _)| *id).collect();
        let mut records: Vec<Record> = over.iter().map(|id| self.forget_code(id)).collect();
        if self.codes.len() >= MOST_CODES {
            return None;
        }
        let kept =
            Code { text: Some(code.to_text()), created: now, expires: code.expires, used: None };
        records.push(self.put_code(code.id(), kept));
        Some(records)
    }

    pub(crate) fn forget_code(&mut self, id: &CodeId) -> Record {
        self.codes.remove(id);
        Record::Local { key: format!("{CODES}{id}"), value: None }
    }

    /// Writes down who used a code. Its text opens nothing any more and is not kept.
    pub(crate) fn use_code(&mut self, id: CodeId, by: NodeId) -> Option<Record> {
        let code = self.codes.get(&id)?.clone();
        Some(self.put_code(id, Code { text: None, used: Some(by), ..code }))
    }

    fn put_code(&mut self, id: CodeId, code: Code) -> Record {
        let value = Some(codec::encode(&code));
        self.codes.insert(id, code);
        Record::Local { key: format!("{CODES}{id}"), value }
    }
}
