//! [`Rules`]: how many stewards must agree to what. Data of the workspace, changed only as they themselves say.

use std::collections::BTreeSet;

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

use crate::identity::Sector;
use crate::limits;

/// How many stewards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Encode, Decode)]
#[serde(rename_all = "snake_case")]
pub enum Count {
    /// This many.
    #[n(0)]
    AtLeast(#[n(0)] u32),
    /// More than half of all stewards.
    #[n(1)]
    Majority,
}

/// What approvals must add up to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Encode, Decode)]
pub struct Threshold {
    /// How many stewards must agree.
    #[n(0)]
    pub count: Count,
    /// Among them at least one steward of each of these sectors.
    #[n(1)]
    #[serde(default)]
    pub sectors: BTreeSet<Sector>,
}

impl Threshold {
    /// Any one steward.
    #[must_use]
    pub const fn one() -> Self {
        Self { count: Count::AtLeast(1), sectors: BTreeSet::new() }
    }

    /// More than half of all stewards.
    #[must_use]
    pub const fn majority() -> Self {
        Self { count: Count::Majority, sectors: BTreeSet::new() }
    }

    /// Is it within the limits, and can anybody ever meet it?
    #[must_use]
    pub fn is_valid(&self) -> bool {
        let counts = match self.count {
            Count::AtLeast(count) => (1..=limits::APPROVALS).contains(&count),
            Count::Majority => true,
        };
        counts
            && match self.count {
                Count::AtLeast(count) => {
                    self.sectors.len() <= usize::try_from(count).unwrap_or(usize::MAX)
                }
                Count::Majority => true,
            }
    }

    /// Do these approvals meet it, when the stewards of the workspace belong to these sectors?
    ///
    /// Where the stewards there are could never meet it, all of them together do: a rule cannot brick a workspace.
    #[must_use]
    pub fn is_met(&self, stewards: &[Sector], approvals: &[Sector]) -> bool {
        if approvals.is_empty() || approvals.len() > stewards.len() {
            return false;
        }
        let (needed, sectors) = self.asks(stewards);
        approvals.len() >= needed && sectors.iter().all(|sector| approvals.contains(sector))
    }

    /// Returns how many must agree, and which sectors must be among them, when the stewards belong to these sectors.
    #[must_use]
    pub fn asks(&self, stewards: &[Sector]) -> (usize, BTreeSet<Sector>) {
        let needed = match self.count {
            Count::AtLeast(count) => usize::try_from(count).unwrap_or(usize::MAX),
            Count::Majority => stewards.len() / 2 + 1,
        };
        let can_be_met =
            stewards.len() >= needed && self.sectors.iter().all(|sector| stewards.contains(sector));
        if can_be_met { (needed, self.sectors.clone()) } else { (stewards.len(), BTreeSet::new()) }
    }
}

/// The rules of a workspace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Encode, Decode)]
pub struct Rules {
    /// To let an organisation in. Who made the invite counts as one who agrees, unless the invite asks for approval.
    #[n(0)]
    pub admit: Threshold,
    /// To remove an organisation that is no steward, or to change its role below steward.
    #[n(1)]
    pub members: Threshold,
    /// To make or unmake a steward, to change these rules, or the workspace's name.
    #[n(2)]
    pub stewards: Threshold,
}

impl Rules {
    /// Can they be rules?
    #[must_use]
    pub fn is_valid(&self) -> bool {
        self.admit.is_valid() && self.members.is_valid() && self.stewards.is_valid()
    }
}

impl Default for Rules {
    fn default() -> Self {
        Template::AnySteward.rules()
    }
}

/// Rules that people choose by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Template {
    /// Any steward lets in and removes; more than half of the stewards decide who is a steward.
    AnySteward,
    /// Any steward lets in; two stewards, one of a council and one of the voluntary sector, decide everything else.
    CouncilAndVcs,
    /// Two stewards let in; more than half of the stewards decide everything else.
    Together,
}

impl Template {
    /// All of them, in the order in which people are shown them.
    pub const ALL: [Self; 3] = [Self::AnySteward, Self::CouncilAndVcs, Self::Together];

    /// Returns the word used in data and on the command line.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::AnySteward => "any_steward",
            Self::CouncilAndVcs => "council_and_vcs",
            Self::Together => "together",
        }
    }

    /// Returns the template of a word.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|template| template.word() == word)
    }

    /// Returns the template that these rules are, if they are one.
    #[must_use]
    pub fn of_rules(rules: &Rules) -> Option<Self> {
        Self::ALL.into_iter().find(|template| template.rules() == *rules)
    }

    /// Returns the rules it stands for.
    #[must_use]
    pub fn rules(self) -> Rules {
        let two = |sectors: &[Sector]| Threshold {
            count: Count::AtLeast(2),
            sectors: sectors.iter().copied().collect(),
        };
        let both = || two(&[Sector::Council, Sector::Vcs]);
        match self {
            Self::AnySteward => Rules {
                admit: Threshold::one(),
                members: Threshold::one(),
                stewards: Threshold::majority(),
            },
            Self::CouncilAndVcs => {
                Rules { admit: Threshold::one(), members: both(), stewards: both() }
            }
            Self::Together => Rules {
                admit: two(&[]),
                members: Threshold::majority(),
                stewards: Threshold::majority(),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Sector::{Council, Health, Vcs};

    #[test]
    fn one_of_two_is_not_more_than_half() {
        assert!(!Threshold::majority().is_met(&[Council, Vcs], &[Council]));
        assert!(Threshold::majority().is_met(&[Council, Vcs], &[Council, Vcs]));
        assert!(Threshold::majority().is_met(&[Council], &[Council]));
    }

    #[test]
    fn a_council_and_a_charity_must_both_agree() {
        let rules = Template::CouncilAndVcs.rules();
        let stewards = [Council, Council, Vcs, Health];
        assert!(!rules.stewards.is_met(&stewards, &[Council, Council]));
        assert!(!rules.stewards.is_met(&stewards, &[Council, Council, Health]));
        assert!(rules.stewards.is_met(&stewards, &[Council, Vcs]));
    }

    #[test]
    fn a_rule_that_nobody_can_meet_asks_all_stewards() {
        let rules = Template::CouncilAndVcs.rules();
        assert!(rules.stewards.is_met(&[Council], &[Council]));
        assert!(!rules.stewards.is_met(&[Council, Council], &[Council]));
        assert!(rules.stewards.is_met(&[Council, Council], &[Council, Council]));
        assert!(!rules.stewards.is_met(&[], &[]));
    }

    #[test]
    fn a_template_is_known_again_by_its_rules_and_its_word() {
        for template in Template::ALL {
            assert_eq!(Template::of_rules(&template.rules()), Some(template));
            assert_eq!(Template::of_word(template.word()), Some(template));
            assert!(template.rules().is_valid());
        }
    }
}
