//! Finds what counts.

use std::collections::{BTreeMap, BTreeSet};

use automerge::ChangeHash;

use super::{Author, Exclusion, Ledger, Membership, Placed, Why};
use crate::access::AccessAct;
use crate::audience::Audience;
use crate::identity::{EnvelopeId, NodeId, OrganizationId};

/// One reason why some envelopes might not count.
struct Cut {
    why: Why,
    /// Those it is about: they count only with a keeper.
    about: BTreeSet<usize>,
    /// Those that can keep what they build on: others', written without knowing.
    keepers: BTreeSet<usize>,
}

impl Ledger {
    /// Finds what counts now. `own` is the organisation that looks: what holds it back for a while is not applied to its own
    /// work on its own screen. Returns whether anything is different from before.
    pub fn count(&mut self, membership: &impl Membership, own: &OrganizationId) -> bool {
        let mut cuts = self.excluded_and_forked(membership, own);
        // A step that does not count without any of these takes nobody's right: whoever was removed could shut out all others.
        let standing = if cuts.is_empty() { BTreeMap::new() } else { self.settle(&cuts) };
        cuts.extend(self.narrowed(&standing));
        cuts.retain(|cut| !cut.about.is_empty());
        let is_one = self.copied.values().all(|there| there.len() == 1);
        let out = if cuts.is_empty() && is_one {
            BTreeMap::new()
        } else {
            let mut out = self.settle(&cuts);
            // Of branches that all found keepers only one can stay: the one with the lowest id, one place after the other.
            while let Some(losers) = self.losers(&out) {
                cuts.push(Cut { why: Why::Forked, about: losers, keepers: BTreeSet::new() });
                out = self.settle(&cuts);
            }
            out
        };
        let is_new = out != self.out;
        self.out = out;
        is_new
    }

    fn excluded_and_forked(&self, membership: &impl Membership, own: &OrganizationId) -> Vec<Cut> {
        let audience = self.access.audience(&self.genesis.audience);
        let mut cuts: Vec<Cut> = membership
            .exclusions()
            .into_iter()
            .filter(|exclusion| {
                let is_own = exclusion.author() == Author::Organization(*own);
                !is_own || matches!(exclusion, Exclusion::Final(..))
            })
            .filter_map(|exclusion| self.excluded(membership, exclusion, &audience))
            .collect();
        cuts.extend(self.forked());
        cuts
    }

    /// What an exclusion of the membership log is about here.
    fn excluded(
        &self,
        membership: &impl Membership,
        exclusion: Exclusion,
        audience: &Audience,
    ) -> Option<Cut> {
        let author = exclusion.author();
        let wrote = match &author {
            Author::Organization(one) => self.authors.iter().any(|(of, _)| of == one),
            Author::Node(one) => self.authors.iter().any(|(_, node)| node == one),
        };
        if !wrote {
            return None;
        }
        let by_author = self.where_(|placed| placed.is_by(&author));
        let below = match &exclusion {
            Exclusion::Waiting(_) => BTreeSet::new(),
            Exclusion::Final(entry, _) | Exclusion::Suspended(entry, _) => {
                let (mut heads, mut access) = membership.fence(&exclusion, &self.genesis.id());
                let mut is_fenced = audience.is_for_all()
                    || (!heads.is_empty() && self.was_for_all(&author, &access));
                for fenced in self.access.fences(entry) {
                    heads.extend(fenced.heads);
                    access.extend(fenced.envelopes);
                    is_fenced = true;
                }
                if !is_fenced {
                    // Only readers can fence what not all may read. Until the first of them has, nothing is cut.
                    return None;
                }
                self.below_fence(&heads, &access)
            }
        };
        let knew = |placed: &Placed| membership.knew(&placed.membership, &exclusion);
        let is_about = |at: &usize| {
            let knew = self.placed.get(*at).is_none_or(knew);
            // Who wrote knowing a final exclusion had the right anew; who is held back is so whatever it knew.
            !(below.contains(at) || knew && matches!(exclusion, Exclusion::Final(..)))
        };
        let about = by_author.iter().copied().filter(is_about).collect();
        let keepers = self.keepers(|placed| !placed.is_by(&author), knew);
        Some(Cut { why: Why::Excluded(exclusion), about, keepers })
    }

    /// Could all read it without the steps that somebody wrote above a fence? Else who is shut out could take the document
    /// from under the fence by narrowing its audience afterwards.
    fn was_for_all(&self, author: &Author, fence: &[EnvelopeId]) -> bool {
        let below = self.access.past(fence);
        let steps = self.placed.iter().filter(|placed| placed.act.is_some());
        let stays = steps.filter(|placed| !placed.is_by(author) || below.contains(&placed.id));
        let stays = stays.map(|placed| placed.id).collect();
        self.access.audience_of(&self.genesis.audience, &stays).is_for_all()
    }

    /// What the steps are about that took the right to write, to suggest or to read from somebody, except those in `out`.
    fn narrowed(&self, out: &BTreeMap<usize, Why>) -> Vec<Cut> {
        let mut cuts = Vec::new();
        let is_in = |id: &EnvelopeId| self.by_id.get(id).is_some_and(|at| !out.contains_key(at));
        for (id, fenced) in self.access.sets().filter(|(id, _)| is_in(id)) {
            let Some((before, after)) = self.access.change(id, &self.genesis.audience) else {
                continue;
            };
            let below = self.below_fence(&fenced.heads, &fenced.envelopes);
            let lost = |placed: &Placed| placed.had_right(&before) && !placed.had_right(&after);
            let knew = |placed: &Placed| self.access.past(&placed.access).contains(id);
            let losers = self.where_(lost);
            if losers.is_empty() {
                continue;
            }
            let about = losers
                .iter()
                .copied()
                .filter(|at| {
                    !below.contains(at) && self.placed.get(*at).is_some_and(|placed| !knew(placed))
                })
                .collect();
            let keepers = self.keepers(|placed| !lost(placed), knew);
            cuts.push(Cut { why: Why::Narrowed(*id), about, keepers });
        }
        cuts
    }

    /// Those that can keep what they build on, since their authors cannot have known better: they do not know, and lie below
    /// whatever the same node wrote here when it did. A node that has shown to know cannot go back to not knowing by a
    /// new session, and so cannot bring in late what it did not build on in time.
    fn keepers(
        &self,
        can_keep: impl Fn(&Placed) -> bool,
        knew: impl Fn(&Placed) -> bool,
    ) -> BTreeSet<usize> {
        let mut before: BTreeMap<NodeId, BTreeSet<usize>> = BTreeMap::new();
        let mut shown = BTreeSet::new();
        for (at, placed) in self.placed.iter().enumerate() {
            let previous = placed.previous.iter().filter_map(|id| self.by_id.get(id));
            let continues = previous.copied().any(|before| shown.contains(&before));
            let shows = placed.brings() && can_keep(placed) && knew(placed);
            if continues || shows {
                shown.insert(at);
            }
            // Further down a chain the past only grows.
            if continues || !shows {
                continue;
            }
            let mut had = self.with_past(std::iter::once(at));
            had.extend(self.had_by_step(placed));
            before
                .entry(placed.node)
                .and_modify(|common| common.retain(|at| had.contains(at)))
                .or_insert(had);
        }
        let mut keepers =
            self.where_(|placed| placed.brings() && can_keep(placed) && !knew(placed));
        keepers.retain(|at| {
            let node = self.placed.get(*at).map(|placed| placed.node);
            node.and_then(|node| before.get(&node)).is_none_or(|had| had.contains(at))
        });
        keepers
    }

    /// A step of the access log names in its fence what its author had, and builds on no change.
    fn had_by_step(&self, placed: &Placed) -> BTreeSet<usize> {
        match &placed.act {
            Some(AccessAct::Set { fence, signed, .. }) => self.below_fence(fence, signed),
            Some(AccessAct::Fence { heads, signed, .. }) => self.below_fence(heads, signed),
            None => BTreeSet::new(),
        }
    }

    /// What nodes wrote from the place on where they said two things.
    fn forked(&self) -> Vec<Cut> {
        let mut first = BTreeMap::new();
        for (node, session, seq) in &self.twins {
            first.entry((*node, *session)).or_insert(*seq);
        }
        first
            .into_iter()
            .map(|((node, session), seq)| Cut {
                why: Why::Forked,
                about: self.where_(|placed| {
                    (placed.node, placed.session) == (node, session) && placed.seq >= seq
                }),
                keepers: self.where_(|placed| placed.brings() && placed.node != node),
            })
            .collect()
    }

    /// The greatest set that needs nothing outside it, with a keeper inside for whatever is cut.
    fn settle(&self, cuts: &[Cut]) -> BTreeMap<usize, Why> {
        let mut out = BTreeMap::new();
        loop {
            let before = out.len();
            for cut in cuts {
                let keepers = cut.keepers.iter().filter(|at| !out.contains_key(*at)).copied();
                let kept = self.with_past(keepers);
                for at in cut.about.difference(&kept) {
                    out.entry(*at).or_insert(cut.why);
                }
            }
            for (at, placed) in self.placed.iter().enumerate() {
                if !out.contains_key(&at) && !self.stands_on(placed, &out) {
                    out.insert(at, Why::BuildsOnThat);
                }
            }
            if out.len() == before {
                return out;
            }
        }
    }

    fn stands_on(&self, placed: &Placed, out: &BTreeMap<usize, Why>) -> bool {
        let is_in = |at: &usize| !out.contains_key(at);
        let mut changes = placed.deps.iter().filter_map(|dep| self.by_change.get(dep));
        // Without the one before it, two branches of a fork could number their changes alike and both count.
        let cited = placed.access.iter().chain(&placed.previous);
        let mut steps = cited.filter_map(|id| self.by_id.get(id));
        // Twins bring the same change: one of them is enough.
        changes.all(|at| at.iter().any(is_in)) && steps.all(is_in)
    }

    /// Those that lose against another in their place, at the first place where more than one still counts.
    fn losers(&self, out: &BTreeMap<usize, Why>) -> Option<BTreeSet<usize>> {
        self.losing_twins(out).or_else(|| self.losing_copies(out))
    }

    fn losing_twins(&self, out: &BTreeMap<usize, Why>) -> Option<BTreeSet<usize>> {
        self.twins.iter().filter_map(|place| self.places.get(place)).find_map(|twins| {
            let mut counting: Vec<usize> =
                twins.iter().filter(|at| !out.contains_key(*at)).copied().collect();
            counting.sort_by_key(|at| self.placed.get(*at).map(|placed| placed.id));
            (counting.len() > 1).then(|| counting.into_iter().skip(1).collect())
        })
    }

    /// Those that copy another change than the winner does, at the first place of an author elsewhere where two still count.
    fn losing_copies(&self, out: &BTreeMap<usize, Why>) -> Option<BTreeSet<usize>> {
        self.copied.values().filter(|there| there.len() > 1).find_map(|there| {
            let counting = |(hash, at): (&ChangeHash, &Vec<usize>)| {
                let at: Vec<usize> =
                    at.iter().filter(|at| !out.contains_key(*at)).copied().collect();
                let first = at.iter().filter_map(|at| Some(self.placed.get(*at)?.id)).min()?;
                Some((first, *hash, at))
            };
            let mut rivals: Vec<_> = there.iter().filter_map(counting).collect();
            rivals.sort_unstable();
            (rivals.len() > 1)
                .then(|| rivals.into_iter().skip(1).flat_map(|(_, _, at)| at).collect())
        })
    }

    fn where_(&self, is_meant: impl Fn(&Placed) -> bool) -> BTreeSet<usize> {
        let placed = self.placed.iter().enumerate();
        placed.filter(|(_, placed)| is_meant(placed)).map(|(at, _)| at).collect()
    }
}
