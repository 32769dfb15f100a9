//! The organisations of all histories here, their keys, and what they can sign.

use std::cell::RefCell;
use std::collections::BTreeMap;

use crdt_schema::codec::{self, SignatureBytes};
use crdt_schema::envelope::{Equivocation, Header, SignedHeader};
use crdt_schema::identity::{
    DocumentId, EntryId, NodeId, OrganizationId, PersonId, Role, Sector, SessionId, Timestamp,
    WorkspaceId,
};
use crdt_schema::invite::{Invite, Redemption, Terms};
use crdt_schema::key::{NodeCertificate, NodeKey, Person, RootKey};
use crdt_schema::membership::{Act, Entry, Revocation, Rules, Said};

use crate::model::{Model, Taken};
use crate::set::Set;
use crate::state::State;

/// How many organisations there are.
pub(crate) const ORGANIZATIONS: usize = 6;
/// How many node keys each has.
pub(crate) const NODES: usize = 3;

const SECTORS: [Sector; ORGANIZATIONS] =
    [Sector::Council, Sector::Vcs, Sector::Council, Sector::Vcs, Sector::Health, Sector::Other];

/// An organisation by its number, and one of its nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct At(pub(crate) usize, pub(crate) usize);

/// An invite by its inviter and terms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Offered {
    pub(crate) by: At,
    pub(crate) role: Role,
    pub(crate) uses: u32,
    pub(crate) approval: bool,
}

/// Who takes part, and the workspace that the first of them founded.
pub(crate) struct Cast {
    roots: Vec<RootKey>,
    keys: Vec<Vec<NodeKey>>,
    pub(crate) founding: Entry,
    pub(crate) workspace: WorkspaceId,
    redemptions: RefCell<BTreeMap<(Offered, usize, At), Redemption>>,
    proofs: RefCell<BTreeMap<At, Equivocation>>,
}

impl Cast {
    pub(crate) fn new(rules: Rules) -> Self {
        let seed = |number: usize| [u8::try_from(number).unwrap(); 32];
        let roots: Vec<RootKey> =
            (0..ORGANIZATIONS).map(|o| RootKey::from_seed(&seed(o + 1))).collect();
        let keys: Vec<Vec<NodeKey>> = (0..ORGANIZATIONS)
            .map(|o| (0..NODES).map(|n| NodeKey::from_seed(&seed(100 + 10 * o + n))).collect())
            .collect();
        let act = Act::Found {
            name: "Northmere".parse().unwrap(),
            nonce: [0; 16],
            card: roots[0].card("Organisation 0".parse().unwrap(), SECTORS[0]),
            certificate: roots[0].certify(&keys[0][0], Timestamp(1)),
            rules,
        };
        let founding = Entry::new(&keys[0][0], None, vec![], Timestamp(1), act);
        let workspace = founding.id().into();
        let (redemptions, proofs) = Default::default();
        Self { roots, keys, founding, workspace, redemptions, proofs }
    }

    pub(crate) fn organization(&self, number: usize) -> OrganizationId {
        self.roots[number].id()
    }

    pub(crate) fn number_of(&self, organization: OrganizationId) -> usize {
        (0..ORGANIZATIONS).find(|number| self.organization(*number) == organization).unwrap()
    }

    pub(crate) fn node(&self, At(organization, node): At) -> NodeId {
        self.keys[organization][node].id()
    }

    /// Signs an entry.
    pub(crate) fn sign(&self, by: At, parents: Vec<EntryId>, time: u64, act: Said) -> Entry {
        let mut entry = self.unsigned(by, parents, time, act);
        let Entry { workspace, parents, node, time, act, .. } = &entry;
        let bytes = codec::encode(&(workspace, parents, node, time, act));
        entry.signature = self.keys[by.0][by.1].sign("fingerpost/entry/v1", &bytes);
        entry
    }

    pub(crate) fn unsigned(&self, by: At, parents: Vec<EntryId>, time: u64, act: Said) -> Entry {
        Entry {
            workspace: Some(self.workspace),
            parents,
            node: self.node(by),
            time: Timestamp(time),
            act,
            signature: SignatureBytes([0; 64]),
        }
    }

    pub(crate) fn invite(&self, offered: Offered) -> Invite {
        let Offered { by, role, uses, approval } = offered;
        let (created, expires) = (Timestamp(1), Timestamp(9));
        let terms = Terms { role, uses, created, expires, approval, only_for: None };
        let secret = codec::hash("test", format!("{offered:?}").as_bytes());
        let inviter =
            self.roots[by.0].card(format!("Organisation {}", by.0).parse().unwrap(), SECTORS[by.0]);
        let workspace = (self.workspace, "Northmere".parse().unwrap());
        Invite::new(&self.keys[by.0][by.1], &inviter, workspace, terms, secret, vec![])
    }

    /// Returns the use of an invite by an organisation that says a node is its own.
    pub(crate) fn redeem(&self, offered: Offered, who: usize, node: At) -> Act {
        let mut made = self.redemptions.borrow_mut();
        let redemption = made.entry((offered, who, node)).or_insert_with(|| {
            let root = &self.roots[who];
            let card = root.card(format!("Organisation {who}").parse().unwrap(), SECTORS[who]);
            self.invite(offered)
                .redeem(card, root.certify(&self.keys[node.0][node.1], Timestamp(1)))
        });
        Act::Admit(redemption.clone())
    }

    pub(crate) fn certify(&self, who: usize, node: At) -> Act {
        Act::Certify(self.roots[who].certify(&self.keys[node.0][node.1], Timestamp(1)))
    }

    /// Returns the word of an organisation's nodes, each for the next, the root key's for the first, that the last is its.
    pub(crate) fn vouch(&self, nodes: &[At]) -> Act {
        Act::Certify(self.vouched(nodes))
    }

    fn vouched(&self, nodes: &[At]) -> NodeCertificate {
        let key = |node: &At| &self.keys[node.0][node.1];
        let root = &self.roots[nodes[0].0];
        let mut certificate = root.certify(key(&nodes[0]), Timestamp(1));
        for pair in nodes.windows(2) {
            let consent = key(&pair[1]).consent(root.id(), Timestamp(1));
            certificate = certificate.vouch(key(&pair[0]), &consent);
        }
        certificate
    }

    /// Returns the use of an invite by an organisation that comes with a node that others of its vouched for.
    pub(crate) fn redeem_vouched(&self, offered: Offered, nodes: &[At]) -> Act {
        let who = nodes[0].0;
        let root = &self.roots[who];
        let card = root.card(format!("Organisation {who}").parse().unwrap(), SECTORS[who]);
        Act::Admit(self.invite(offered).redeem(card, self.vouched(nodes)))
    }

    /// Returns the root key's word that a node is no more.
    pub(crate) fn word(&self, who: usize, node: At) -> Revocation {
        Revocation::new(&self.roots[who], self.node(node), Timestamp(1))
    }

    /// Returns the proof that a node said two things in one place.
    pub(crate) fn proof(&self, node: At) -> Equivocation {
        let mut made = self.proofs.borrow_mut();
        let proof = made
            .entry(node)
            .or_insert_with(|| Equivocation::new(self.header(node, 1), self.header(node, 2)));
        proof.clone()
    }

    fn header(&self, node: At, time: u64) -> SignedHeader {
        let header = Header {
            version: 1,
            workspace: self.workspace,
            document: DocumentId([1; 32]),
            organization: self.organization(node.0),
            node: self.node(node),
            person: Person { id: PersonId([1; 16]), name: "Sam".parse().unwrap() },
            session: SessionId([1; 16]),
            seq: 1,
            previous: None,
            membership: vec![self.workspace.into()],
            access: vec![],
            time: Timestamp(time),
            content: [0; 32],
            resumes: vec![],
        };
        let signature =
            self.keys[node.0][node.1].sign("fingerpost/envelope/v1", &codec::encode(&header));
        SignedHeader { header, signature }
    }
}

/// A history in the making: the model, and every entry that was written, in order.
pub(crate) struct History<'a> {
    pub(crate) cast: &'a Cast,
    pub(crate) model: Model,
    pub(crate) entries: Vec<Entry>,
}

impl<'a> History<'a> {
    pub(crate) fn new(cast: &'a Cast) -> Self {
        Self { cast, model: Model::found(&cast.founding), entries: Vec::new() }
    }

    /// Returns the history after which the first `stewards` organisations are stewards with all their nodes, and the
    /// next one is an editor.
    pub(crate) fn begun(cast: &'a Cast, stewards: usize) -> Self {
        let mut history = Self::new(cast);
        history.now(At(0, 0), cast.certify(0, At(0, 1)));
        for who in 1..=stewards {
            let role = if who == stewards { Role::Editor } else { Role::Steward };
            // Each by an invite of its own.
            let uses = 10 + u32::try_from(who).unwrap();
            let offered = Offered { by: At(0, 0), role, uses, approval: false };
            history.now(At(0, 0), cast.redeem(offered, who, At(who, 0)));
            for steward in 0..who {
                if history.state().waits(cast.organization(who)) {
                    history.now(At(steward, 0), Act::Approve(cast.organization(who)));
                }
            }
            history.now(At(0, 0), cast.certify(who, At(who, 1)));
        }
        history
    }

    /// Writes an entry on all that is there; it must be allowed.
    pub(crate) fn now(&mut self, by: At, act: Act) -> EntryId {
        self.on(self.model.all(), by, act)
    }

    /// Writes an entry on what some know; it must be allowed.
    pub(crate) fn on(&mut self, view: Set, by: At, act: Act) -> EntryId {
        let entry = self.write(view, by, Said::Known(act));
        assert_eq!(self.model.insert(&entry), Taken::Yes, "{entry:?}");
        entry.id()
    }

    /// Writes an entry on what some know, and returns whether it is allowed.
    pub(crate) fn tries(&mut self, view: Set, by: At, act: Act) -> bool {
        let entry = self.write(view, by, Said::Known(act));
        self.model.insert(&entry) == Taken::Yes
    }

    pub(crate) fn write(&mut self, view: Set, by: At, act: Said) -> Entry {
        let parents = self.model.ids(self.model.heads(self.model.with_past(view)));
        let time = u64::try_from(self.entries.len()).unwrap() + 2;
        let entry = self.cast.sign(by, parents, time, act);
        self.entries.push(entry.clone());
        entry
    }

    /// Returns what one sees who knows an entry and what it builds on.
    pub(crate) fn seen(&self, entry: EntryId) -> Set {
        self.model.with_past(Set::one(self.model.number(&entry).unwrap()))
    }

    pub(crate) fn state(&mut self) -> std::rc::Rc<State> {
        self.model.state(self.model.all())
    }
}
