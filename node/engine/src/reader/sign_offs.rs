//! Who signed which version of a document, and the words that were signed.

use std::collections::BTreeMap;

use crdt_schema::heads::Heads;
use crdt_schema::identity::{DocumentId, EnvelopeId};
use crdt_schema::sign_off;
use serde_json::Value;

use super::Reader;
use crate::documents::Open;
use crate::effects::Refused;
use crate::view::{SignOffView, WithdrawalView};

/// The words that an organisation signed.
#[derive(Debug)]
pub struct SignedText {
    /// Who signed.
    pub view: SignOffView,
    /// What the version said, made anew from its changes; nothing if it is not what was signed, so that nobody is ever
    /// shown other words as the signed ones.
    pub content: Option<Value>,
}

/// What was found about a version that somebody signed.
struct Version {
    content: Option<Value>,
    differences: Option<usize>,
}

impl Reader<'_> {
    /// Returns who signed which version of a document, in the order in which it came here. Every hash is compared with
    /// what its version says.
    ///
    /// # Errors
    /// If there is no such document, or the store cannot be read.
    pub fn sign_offs(&mut self, id: &DocumentId) -> Result<Vec<SignOffView>, Refused> {
        Ok(self.signed(id)?.into_iter().map(|signed| signed.view).collect())
    }

    /// Returns the words of a sign-off that counts, compared with its hash.
    ///
    /// # Errors
    /// If there is no such document or sign-off, or the store cannot be read.
    pub fn signed_text(
        &mut self,
        id: &DocumentId,
        sign_off: &EnvelopeId,
    ) -> Result<SignedText, Refused> {
        let all = self.signed(id)?;
        all.into_iter().find(|signed| signed.view.id == *sign_off).ok_or(Refused::NoSuchSignature)
    }

    /// May this organisation sign versions of the documents that it may read in a document's workspace?
    #[must_use]
    pub fn may_sign(&self, id: &DocumentId) -> bool {
        let workspace = self.0.documents.held(id).map(|held| held.genesis.workspace);
        workspace.and_then(|workspace| self.role(&workspace)).is_some_and(|role| role.may_suggest())
    }

    fn signed(&mut self, id: &DocumentId) -> Result<Vec<SignedText>, Refused> {
        let workspace = self.0.readable(id)?;
        let own = self.card().organization;
        let may_sign = self.may_sign(id);
        let open = self.opened(id)?;
        if open.sign_offs.is_empty() {
            return Ok(Vec::new());
        }
        let now = sign_off::text_of(&open.document.shown());
        let mut versions = BTreeMap::<Heads, Version>::new();
        let mut all = Vec::new();
        for found in open.ledger.sign_offs() {
            let Some((made, signed)) = open.sign_offs.get(&found.id) else { continue };
            let heads = signed.heads();
            let version =
                versions.entry(heads.clone()).or_insert_with(|| Version::of(open, &heads));
            let content = version.content.clone().filter(|content| signed.says(content));
            let withdrawal = found.withdrawn.and_then(|id| {
                let (made, withdrawal) = open.withdrawals.get(&id)?;
                let (person, reason) = (made.person.clone(), withdrawal.reason.clone());
                Some(WithdrawalView { id, person, time: made.time, reason })
            });
            let view = SignOffView {
                id: found.id,
                organization: made.organization,
                organization_name: String::new(),
                person: made.person.clone(),
                signatory: signed.signatory.to_string(),
                title: signed.title.to_string(),
                time: made.time,
                version: heads,
                text: signed.text,
                holds: content.is_some(),
                is_current: content.is_some() && signed.text == now,
                differences: version.differences,
                may_withdraw: may_sign && withdrawal.is_none() && made.organization == own,
                withdrawal,
            };
            all.push(SignedText { view, content });
        }
        for signed in &mut all {
            let name = self.name_of(&workspace, &signed.view.organization);
            signed.view.organization_name = name;
        }
        Ok(all)
    }
}

impl Version {
    fn of(open: &Open, heads: &Heads) -> Self {
        let compared = open.document.compare(heads, &open.document.heads());
        Self { content: open.said(heads), differences: compared.ok().map(|changes| changes.len()) }
    }
}
