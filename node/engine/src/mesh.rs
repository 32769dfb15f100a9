//! Part: with whom this node keeps a connection.
//!
//! In a small circle with everyone. In a large one with a few: the circle's nodes stand on a ring, ordered by a hash, and
//! each keeps a connection to the next few and to those 4, 8, 16 … places on. So a change reaches all in a number of
//! steps that grows with the logarithm of their number, and the loss of some cuts nobody off. Who does not answer is
//! passed over for the one behind it.
//!
//! A circle is a workspace, or the readers of documents that not everyone may read: what these write must not need
//! anybody else to be passed on.

use std::collections::BTreeSet;

use crdt_schema::codec;
use crdt_schema::identity::NodeId;

const PLACE: &str = "fingerpost/mesh/v1";
/// Up to so many nodes, everyone keeps a connection with everyone.
pub(crate) const SMALL: usize = 16;
/// How many on the ring are next to a node.
const NEXT: usize = 3;
/// How many that do not answer are passed over at a time.
const PASSED: usize = 64;

/// A circle's nodes in the order in which they stand on the ring.
#[derive(Clone, Debug)]
pub(crate) struct Ring(Vec<NodeId>);

impl Ring {
    pub(crate) fn new(circle: &BTreeSet<NodeId>) -> Self {
        let mut ring: Vec<NodeId> = circle.iter().copied().collect();
        ring.sort_by_cached_key(|node| codec::hash(PLACE, node.as_bytes()));
        Self(ring)
    }
}

/// Adds to `wanted` with whom of a circle a node keeps a connection. `is_out`: did it not answer lately?
pub(crate) fn choose(
    own: &NodeId,
    Ring(ring): &Ring,
    is_up: impl Fn(&NodeId) -> bool,
    is_out: impl Fn(&NodeId) -> bool,
    wanted: &mut BTreeSet<NodeId>,
) {
    if ring.len() <= SMALL {
        wanted.extend(ring);
        return;
    }
    let Some(at) = ring.iter().position(|node| node == own) else { return };
    let far = std::iter::successors(Some(NEXT + 1), |steps| steps.checked_mul(2));
    let steps = (1..=NEXT).chain(far.take_while(|steps| *steps < ring.len()));
    for steps in steps {
        let candidates = ring.iter().cycle().skip(at.saturating_add(steps)).take(PASSED);
        for node in candidates.filter(|node| *node != own) {
            if wanted.contains(node) && (is_up(node) || !is_out(node)) {
                // It stands in for a nearer one already; this one's place is taken by the next.
                continue;
            }
            wanted.insert(*node);
            if is_up(node) || !is_out(node) {
                break;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, VecDeque};

    use super::*;

    fn nodes(count: u32) -> BTreeSet<NodeId> {
        let id = |n: u32| {
            let mut id = [0; 32];
            id[..4].copy_from_slice(&n.to_be_bytes());
            NodeId(id)
        };
        (0..count).map(id).collect()
    }

    /// Who is connected with whom when these do not answer.
    fn links(
        circle: &BTreeSet<NodeId>,
        out: &BTreeSet<NodeId>,
    ) -> BTreeMap<NodeId, BTreeSet<NodeId>> {
        let mut links: BTreeMap<NodeId, BTreeSet<NodeId>> = BTreeMap::new();
        let ring = Ring::new(circle);
        for own in circle.difference(out) {
            let mut wanted = BTreeSet::new();
            choose(own, &ring, |_| false, |node| out.contains(node), &mut wanted);
            for other in wanted.difference(out).filter(|other| *other != own) {
                links.entry(*own).or_default().insert(*other);
                links.entry(*other).or_default().insert(*own);
            }
        }
        links
    }

    /// How many steps it takes from one to all others; nothing if somebody is never reached.
    fn steps(links: &BTreeMap<NodeId, BTreeSet<NodeId>>, of: usize) -> Option<usize> {
        let first = *links.keys().next()?;
        let mut far = BTreeMap::from([(first, 0)]);
        let mut todo = VecDeque::from([first]);
        while let Some(node) = todo.pop_front() {
            for next in &links[&node] {
                if !far.contains_key(next) {
                    far.insert(*next, far[&node] + 1);
                    todo.push_back(*next);
                }
            }
        }
        (far.len() == of).then(|| far.values().copied().max()).flatten()
    }

    #[test]
    fn in_a_small_circle_everyone_is_connected_with_everyone() {
        let circle = nodes(16);
        let mut wanted = BTreeSet::new();
        choose(&NodeId([0; 32]), &Ring::new(&circle), |_| false, |_| true, &mut wanted);
        assert_eq!(wanted, circle);
    }

    #[test]
    fn in_a_large_circle_all_are_reached_in_few_steps_over_few_connections() {
        for count in [17, 100, 1_000, 3_000] {
            let circle = nodes(count);
            let links = links(&circle, &BTreeSet::new());
            let most = links.values().map(BTreeSet::len).max().unwrap();
            let steps = steps(&links, circle.len()).unwrap();
            assert!(most <= 30 && steps <= 7, "{count}: {most} connections, {steps} steps");
        }
    }

    #[test]
    fn when_half_of_all_do_not_answer_the_others_still_reach_each_other() {
        for salt in 0..10_u8 {
            let circle = nodes(500);
            let coin =
                |node: &NodeId| codec::hash("coin", &[node.as_bytes(), &[salt][..]].concat());
            let out = circle.iter().filter(|node| coin(node)[0] < 128).copied().collect();
            let links = links(&circle, &out);
            assert!(steps(&links, circle.len() - out.len()).is_some_and(|steps| steps <= 8));
        }
    }
}
