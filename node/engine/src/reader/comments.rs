//! What was said about a document, and what organisations hold of its places.

use std::collections::{BTreeMap, BTreeSet};

use crdt_schema::comment::{About, Stance};
use crdt_schema::document::{FieldPath, Spot};
use crdt_schema::identity::{DocumentId, EnvelopeId, OrganizationId};
use crdt_schema::ledger::{Discussion, Spoken};

use super::Reader;
use crate::documents::Open;
use crate::effects::Refused;
use crate::view::{CommentView, DiscussionView, PositionView};

impl Reader<'_> {
    /// Returns what was said about a document, the newest discussion first. What was taken back has no words any more, and
    /// is left out where nobody answered it.
    ///
    /// # Errors
    /// If there is no such document, or the store cannot be read.
    pub fn discussions(&mut self, id: &DocumentId) -> Result<Vec<DiscussionView>, Refused> {
        let workspace = self.0.readable(id)?;
        let own = self.card().organization;
        let may_write = self.may_write(id, &workspace, &own);
        let may_speak = self.document(id).is_some_and(|view| view.may_suggest);
        let open = self.opened(id)?;
        let told = open.ledger.discussions();
        let paths: Vec<FieldPath> = told.iter().filter_map(|it| path_of(open, it)).collect();
        let spots = open.document.spots(&paths);
        let spots: BTreeMap<FieldPath, Spot> =
            paths.into_iter().zip(spots).filter_map(|(path, spot)| Some((path, spot?))).collect();
        let mut views: Vec<DiscussionView> = told
            .iter()
            .filter_map(|it| discussion(open, it, &spots, (&own, may_speak, may_write)))
            .collect();
        views.sort_by_key(|view| (std::cmp::Reverse(view.first.time), view.first.id));
        let name = |reader: &Self, comment: &mut CommentView| {
            comment.organization_name = reader.name_of(&workspace, &comment.organization);
        };
        for view in &mut views {
            name(self, &mut view.first);
            view.replies.iter_mut().for_each(|reply| name(self, reply));
        }
        Ok(views)
    }

    /// Returns the words of everything that was said about a document, with what was taken back: who gets its history gets
    /// them too.
    ///
    /// # Errors
    /// If there is no such document, or the store cannot be read.
    pub fn words_about(&mut self, id: &DocumentId) -> Result<Vec<String>, Refused> {
        self.0.readable(id)?;
        let open = self.opened(id)?;
        let comments = open.comments.values().map(|(_, comment)| comment.text.clone());
        let suggestions = open.suggestions.iter().map(|suggested| suggested.note.clone());
        let answers = open.answers.values().map(|answered| answered.note.clone());
        Ok(comments.chain(suggestions).chain(answers).filter(|text| !text.is_empty()).collect())
    }

    /// Returns what was said about a document in one of these envelopes.
    pub fn comments_among(
        &mut self,
        id: &DocumentId,
        among: &BTreeSet<EnvelopeId>,
    ) -> Vec<(DiscussionView, CommentView)> {
        let all = self.discussions(id).unwrap_or_default().into_iter();
        let comments = all.flat_map(|view| {
            let said: Vec<CommentView> =
                std::iter::once(&view.first).chain(&view.replies).cloned().collect();
            said.into_iter().map(move |comment| (view.clone(), comment))
        });
        comments
            .filter(|(_, comment)| among.contains(&comment.id) && !comment.is_withdrawn)
            .collect()
    }
}

/// Returns what each organisation holds of a place, by its name: where it said several things, that it objects.
#[must_use]
pub fn positions(discussions: &[DiscussionView], place: &FieldPath) -> Vec<PositionView> {
    let mut held = BTreeMap::<OrganizationId, PositionView>::new();
    let standing =
        discussions.iter().filter(|view| view.place == *place && !view.first.is_withdrawn);
    for view in standing.filter(|view| view.first.stance.is_position()) {
        let position = PositionView { said: view.first.clone(), is_same: view.is_same };
        let rank = |it: &PositionView| {
            (it.said.stance == Stance::Objects, it.is_same, it.said.time, it.said.id)
        };
        let best = held.entry(view.first.organization).or_insert_with(|| position.clone());
        if rank(&position) > rank(best) {
            *best = position;
        }
    }
    let mut held: Vec<PositionView> = held.into_values().collect();
    held.sort_by(|a, b| a.said.organization_name.cmp(&b.said.organization_name));
    held
}

fn path_of(open: &Open, discussion: &Discussion) -> Option<FieldPath> {
    match &open.comments.get(&discussion.first.id)?.1.about {
        About::Place(place) => Some(place.path()),
        About::Comment(_) => None,
    }
}

fn discussion(
    open: &Open,
    told: &Discussion,
    spots: &BTreeMap<FieldPath, Spot>,
    (own, may_speak, may_write): (&OrganizationId, bool, bool),
) -> Option<DiscussionView> {
    let first = comment(open, &told.first, own, may_speak)?;
    let (_, said) = open.comments.get(&told.first.id)?;
    let About::Place(place) = &said.about else { return None };
    let replies: Vec<CommentView> =
        told.replies.iter().filter_map(|reply| comment(open, reply, own, may_speak)).collect();
    if first.is_withdrawn && replies.iter().all(|reply| reply.is_withdrawn) {
        return None;
    }
    let spot = spots.get(&place.path());
    let is_settled = !told.settled.is_empty();
    let is_open = !first.is_withdrawn;
    Some(DiscussionView {
        place: place.path(),
        pointer: spot.map(|spot| spot.pointer.clone()),
        title: spot.map(Spot::title).unwrap_or_default(),
        is_same: spot.is_some_and(|spot| place.says(&spot.value)),
        version: place.heads(),
        is_settled,
        may_reply: is_open && may_speak && !is_settled,
        may_end: is_open && may_speak && (may_write || first.organization == *own),
        first,
        replies,
    })
}

fn comment(
    open: &Open,
    spoken: &Spoken,
    own: &OrganizationId,
    may_speak: bool,
) -> Option<CommentView> {
    let (made, said) = open.comments.get(&spoken.id)?;
    let is_withdrawn = spoken.withdrawn.is_some();
    Some(CommentView {
        id: spoken.id,
        organization: made.organization,
        organization_name: String::new(),
        person: made.person.clone(),
        time: made.time,
        stance: spoken.stance,
        text: if is_withdrawn { String::new() } else { said.text.clone() },
        is_withdrawn,
        may_take_back: may_speak && !is_withdrawn && made.organization == *own,
    })
}
