//! Differences of texts between versions, kept: everybody who has a text open asks for what came since they looked.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::path::FieldPath;
use super::text::Splice;
use crate::heads::Heads;

/// Bounds memory: differences that are kept. Some dozens of people in one text ask for a few each.
const KEPT: usize = 256;
/// Bounds what is put together of differences that follow each other: beyond it, one is computed anew and is shorter.
const STEPS: usize = 16;
const SPLICES: usize = 256;

/// The last differences asked for. It is a cache: versions never change, and any other leads to the same texts.
///
/// To find out how two versions differ takes as long as the text. Where people type, each asks at each new version for
/// what came since an older one: that is what came until the version before, which is here, and one step more, which
/// is the same for all.
#[derive(Debug, Default)]
pub(super) struct Differences(Mutex<VecDeque<Difference>>);

#[derive(Clone, Debug)]
struct Difference {
    path: FieldPath,
    from: Heads,
    to: Heads,
    splices: Arc<Vec<Splice>>,
}

impl Clone for Differences {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl Differences {
    /// Returns splices, to be done one after the other, that lead from a version of a text to another.
    pub(super) fn between<E>(
        &self,
        path: &FieldPath,
        from: &Heads,
        to: &Heads,
        compute: impl Fn(&Heads, &Heads) -> Result<Vec<Splice>, E>,
    ) -> Result<Arc<Vec<Splice>>, E> {
        let mut chain = self.chain(path, from, to);
        let reached = chain.last().map_or(from, |last| &last.to);
        if reached != to {
            let splices = Arc::new(compute(reached, to)?);
            let (path, from, to) = (path.clone(), reached.clone(), to.clone());
            let last = Difference { path, from, to, splices };
            self.keep(last.clone());
            chain.push(last);
        }
        if let [only] = chain.as_slice() {
            return Ok(Arc::clone(&only.splices));
        }
        let splices = chain.iter().flat_map(|step| step.splices.iter().cloned()).collect();
        let splices = Arc::new(splices);
        if !chain.is_empty() {
            let (path, from, to) = (path.clone(), from.clone(), to.clone());
            self.keep(Difference { path, from, to, splices: Arc::clone(&splices) });
        }
        Ok(splices)
    }

    /// Returns differences that are here and follow each other, as far as they lead.
    fn chain(&self, path: &FieldPath, from: &Heads, to: &Heads) -> Vec<Difference> {
        let kept = self.kept();
        let mut chain: Vec<Difference> = Vec::new();
        let mut length = 0;
        loop {
            let reached = chain.last().map_or(from, |last| &last.to);
            if reached == to {
                return chain;
            }
            let mut next = kept.iter().filter(|step| step.from == *reached && step.path == *path);
            let Some(newest) = next.next() else { return chain };
            let step = std::iter::once(newest).chain(next).find(|step| step.to == *to);
            let step = step.unwrap_or(newest).clone();
            length += step.splices.len();
            if chain.len() >= STEPS || length > SPLICES {
                return Vec::new();
            }
            chain.push(step);
        }
    }

    fn keep(&self, difference: Difference) {
        let mut kept = self.kept();
        kept.truncate(KEPT - 1);
        kept.push_front(difference);
    }

    fn kept(&self) -> MutexGuard<'_, VecDeque<Difference>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heads(number: u8) -> Heads {
        vec![automerge::ChangeHash([number; 32])].into()
    }

    /// Says which step it is, so that the order shows.
    fn step(from: &Heads, to: &Heads) -> Result<Vec<Splice>, ()> {
        Ok(vec![Splice { at: 0, delete: 0, insert: format!("{from}{to}") }])
    }

    #[test]
    fn what_is_the_same_for_all_is_computed_once() {
        let path: FieldPath = "/title".parse().unwrap();
        let differences = Differences::default();
        let computed = std::cell::Cell::new(0);
        let between = |from: u8, to: u8| {
            let compute = |from: &Heads, to: &Heads| {
                computed.set(computed.get() + 1);
                step(from, to)
            };
            differences.between(&path, &heads(from), &heads(to), compute).unwrap().to_vec()
        };
        let of = |steps: &[(u8, u8)]| -> Vec<Splice> {
            let all = steps.iter().flat_map(|(a, b)| step(&heads(*a), &heads(*b)).unwrap());
            all.collect()
        };
        assert_eq!(between(1, 1), []);
        assert_eq!(between(1, 2), of(&[(1, 2)]));
        assert_eq!(between(1, 3), of(&[(1, 2), (2, 3)]));
        assert_eq!(between(2, 3), of(&[(2, 3)]));
        assert_eq!(computed.get(), 2);
        // Another way round leads on as well.
        assert_eq!(between(3, 1), of(&[(3, 1)]));
        assert_eq!(between(3, 4).last(), of(&[(3, 4)]).last());
        assert_eq!(between(1, 3), of(&[(1, 2), (2, 3)]));
        for to in 5..100 {
            assert!(between(1, to).len() <= SPLICES);
        }
    }
}
