//! What happened and what would happen, in sentences for people.

use crdt_schema::audience::{Audience, Circle};
use crdt_schema::identity::{EntryId, OrganizationId, Role};
use crdt_schema::ledger::{Exclusion, Why};
use crdt_schema::membership::{
    Act, Change, Count, Entry, Member, Proposal, Rules, State, Template, Threshold,
};

use crate::view::AudienceChange;

fn name(state: &State, organization: &OrganizationId) -> String {
    let member = state.members.get(organization);
    member.map_or_else(|| organization.to_string(), |member| member.name().to_string())
}

/// Begins with a capital letter and ends with a full stop.
pub(super) fn capital(text: &str) -> String {
    let mut letters = text.chars();
    let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    let end = if text.ends_with('.') { "" } else { "." };
    format!("{first}{}{end}", letters.as_str())
}

/// What an entry did.
pub(super) fn said(state: &State, entry: &Entry) -> String {
    let of = |organization: &OrganizationId| name(state, organization);
    let Some(act) = entry.act() else {
        return "Did something that this version of Fingerpost does not know.".to_owned();
    };
    match act {
        Act::Found { name, .. } => format!("Started the workspace {name}."),
        Act::Admit(redemption) => format!(
            "Let in {}, invited by {} as {}.",
            redemption.card.name,
            of(&redemption.offer.inviter),
            redemption.offer.role
        ),
        Act::Approve(organization) => format!("Agreed to let in {}.", of(organization)),
        Act::Decline(organization) => format!("Turned {} away.", of(organization)),
        Act::RevokeInvite(_) => "Withdrew an invite.".to_owned(),
        Act::Certify(certificate) => {
            let how = match certificate.voucher() {
                Some(_) => ", for which another of its computers vouches",
                None => "",
            };
            format!("Added a computer of {}{how}.", of(&certificate.organization))
        }
        Act::Propose(change) => format!("Proposed: {}", proposed(state, change)),
        Act::Agree(proposal) => match state.proposals.get(proposal) {
            Some(proposal) => format!("Agreed to: {}", proposed(state, &proposal.change)),
            None => "Agreed to a proposal.".to_owned(),
        },
        Act::Object(_) => "Objected to an election.".to_owned(),
        Act::Enact { proposal, .. } => match state.proposals.get(proposal) {
            Some(proposal) => format!("Carried out: {}", proposed(state, &proposal.change)),
            None => "Carried out a proposal.".to_owned(),
        },
        Act::Fence(_) => "Wrote down how far documents had come.".to_owned(),
        Act::Suspend { organization, reason, .. } => {
            format!("Suspended {}{}", of(organization), because(reason))
        }
        Act::Lapse(_) => "A suspension came to its end after 72 hours.".to_owned(),
        Act::Leave(_) => "Left the workspace.".to_owned(),
        Act::RevokeNode { node, .. } => {
            let owner = state.nodes.get(node).map(of).unwrap_or_default();
            format!("Ended a computer of {owner}.")
        }
        Act::Describe(_) => "Said anew who it is.".to_owned(),
        Act::Prove { proof, .. } => {
            let owner = state.nodes.get(&proof.node()).map(of).unwrap_or_default();
            format!(
                "Showed that a computer of {owner} said two different things in one place, and ended it."
            )
        }
    }
}

fn because(reason: &str) -> String {
    if reason.is_empty() { ".".to_owned() } else { format!(": {reason}") }
}

fn proposed(state: &State, change: &Change) -> String {
    let of = |organization: &OrganizationId| name(state, organization);
    match change {
        Change::Role { organization, role } => format!("make {} {}.", of(organization), a(*role)),
        Change::Remove { organization, reason } => {
            format!("remove {}{}", of(organization), because(reason))
        }
        Change::Rules(rules) => format!("change the rules. {}", rules_in_words(rules).join(" ")),
        Change::Rename(name) => format!("call the workspace {name}."),
        Change::Elect(organization) => {
            format!("make {} a steward, since no steward is to be found.", of(organization))
        }
        Change::Reinstate(organization) => {
            format!("end the suspension of {}.", of(organization))
        }
    }
}

fn a(role: Role) -> &'static str {
    match role {
        Role::Steward => "a steward",
        Role::Editor => "an editor",
        Role::Contributor => "a contributor",
        Role::Reader => "a reader",
    }
}

/// The rules, one sentence for each kind of decision.
fn rules_in_words(rules: &Rules) -> Vec<String> {
    let who = threshold_in_words;
    vec![
        format!("To let an organisation in: {}.", who(&rules.admit)),
        format!(
            "To remove an organisation that is no steward, or change its role: {}.",
            who(&rules.members)
        ),
        format!("To change who is a steward, or these rules: {}.", who(&rules.stewards)),
    ]
}

fn threshold_in_words(threshold: &Threshold) -> String {
    let count = match threshold.count {
        Count::AtLeast(1) => "any one steward".to_owned(),
        Count::AtLeast(count) => format!("{count} stewards"),
        Count::Majority => "more than half of the stewards".to_owned(),
    };
    let sectors: Vec<String> = threshold
        .sectors
        .iter()
        .map(|sector| match sector.word() {
            "council" => "a council".to_owned(),
            "vcs" => "a charity or community organisation".to_owned(),
            "health" => "a health body".to_owned(),
            _ => "another body".to_owned(),
        })
        .collect();
    if sectors.is_empty() {
        count
    } else {
        format!("{count}, among them {}", sectors.join(" and "))
    }
}

/// What a proposal still needs.
pub(super) fn needed(state: &State, id: &EntryId, proposal: &Proposal) -> String {
    let Some(tally) = state.tally(id) else { return String::new() };
    match state.threshold(&proposal.change) {
        None if tally.is_enough => {
            "Enough have agreed. It takes effect 30 days after it was proposed, unless a steward objects."
                .to_owned()
        }
        None => format!(
            "{} of the {} organisations needed have agreed.",
            tally.agreed.len(),
            tally.needed
        ),
        Some(_) if tally.is_enough => "Enough have agreed.".to_owned(),
        Some(threshold) => format!(
            "{} of {} stewards agreed. Needed: {}.",
            tally.agreed.len(),
            state.stewards().count(),
            threshold_in_words(threshold)
        ),
    }
}

/// What a change would mean.
pub(super) fn consequences(state: &State, change: &Change) -> Vec<String> {
    let of = |organization: &OrganizationId| name(state, organization);
    let mut sentences = match change {
        Change::Role { organization, role } => role_change(state, organization, *role),
        Change::Remove { organization, .. } => vec![
            format!("{} can no longer read anything new in this workspace, or write in it.", of(organization)),
            format!("What {} has received so far stays on its computers. Nobody can call that back.", of(organization)),
            "What it wrote up to now, as far as it has reached this computer, stays in the documents. What it wrote without your having it yet does not count, unless somebody who stays had built on it.".to_owned(),
            "It can come back with a new invite and a steward's approval.".to_owned(),
        ],
        Change::Rules(rules) => rules_in_words(rules),
        Change::Rename(name) => vec![format!("Everyone sees the workspace as {name}.")],
        Change::Elect(organization) => vec![
            format!("{} becomes a steward if more than half of the organisations that are no stewards agree.", of(organization)),
            "The stewards have 30 days to object. They stay stewards.".to_owned(),
        ],
        Change::Reinstate(organization) => {
            vec![format!("What {} wrote since it was suspended counts again.", of(organization))]
        }
    };
    let stewards = state.stewards().count();
    if let Some(threshold) = state.threshold(change) {
        sentences.push(format!(
            "It takes effect when enough agree: {}. This workspace has {stewards} {}.",
            threshold_in_words(threshold),
            if stewards == 1 { "steward" } else { "stewards" }
        ));
    }
    if let Change::Rules(rules) = change
        && Template::of_rules(rules) == Some(Template::CouncilAndVcs)
        && !has_both(state)
    {
        sentences.push("This workspace has not yet a council and a charity among its stewards. Until it has, all its stewards must agree.".to_owned());
    }
    sentences
}

fn has_both(state: &State) -> bool {
    let sectors: Vec<&str> = state
        .stewards()
        .filter_map(|steward| state.members.get(steward))
        .map(|member| member.sector().word())
        .collect();
    sectors.contains(&"council") && sectors.contains(&"vcs")
}

fn role_change(state: &State, organization: &OrganizationId, role: Role) -> Vec<String> {
    let who = name(state, organization);
    let may = match role {
        Role::Steward => {
            "can change documents, let organisations in, and take part in every decision of the stewards"
        }
        Role::Editor => "can read and change documents",
        Role::Contributor => {
            "can read documents and suggest changes to them, and no longer change them itself"
        }
        Role::Reader => "can read documents, and no longer change them or suggest changes",
    };
    let mut sentences = vec![format!("{who} {may}.")];
    let was = state.members.get(organization).map(|member| member.role);
    if was == Some(Role::Steward) && role != Role::Steward {
        sentences.push(format!("{who} no longer takes part in the stewards' decisions."));
    }
    if was.is_some_and(Role::may_write) && !role.may_write() {
        sentences.push(
            "What it wrote up to now stays, as far as it has reached this computer.".to_owned(),
        );
    }
    sentences
}

/// Why an organisation may read a document.
pub(super) fn why_reads(audience: &Audience, is_owner: bool, member: &Member) -> String {
    if is_owner {
        return "It made the document.".to_owned();
    }
    match &audience.read {
        Circle::Workspace => {
            format!("Everyone in the workspace may read, and it is in, as {}.", a(member.role))
        }
        Circle::Public => "The document is public.".to_owned(),
        Circle::Named(_) => "It is named among those who may read.".to_owned(),
    }
}

/// What another audience does and cannot do.
pub(super) fn audience_change(
    change: &AudienceChange,
    audience: &Audience,
    was_public: bool,
) -> Vec<String> {
    let mut sentences = Vec::new();
    if !change.gain.is_empty() {
        sentences.push(format!(
            "{} will be able to read the document with its whole history, who wrote what included. That cannot be taken back.",
            list(&change.gain)
        ));
    }
    if !change.lose.is_empty() {
        sentences.push(format!(
            "{} will see nothing new of it. What they have received so far stays on their computers; nobody can call that back.",
            list(&change.lose)
        ));
    }
    if !change.suggest_no_more.is_empty() {
        sentences.push(format!(
            "{} will no longer be able to suggest changes. What they suggested and nobody has answered does not count any more.",
            list(&change.suggest_no_more)
        ));
    }
    if audience.read == Circle::Public && !was_public {
        sentences.push("Anybody may read the document, whoever they are.".to_owned());
    }
    if change.gain.is_empty() && change.lose.is_empty() {
        sentences.push("The same organisations can read it as before.".to_owned());
    }
    sentences
}

fn list(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// Why something accepted does not count.
pub(super) const fn why_out(why: Why) -> &'static str {
    match why {
        Why::Excluded(Exclusion::Final(..)) => {
            "Its author's organisation or computer was shut out, or lost the right to write, before this reached whoever decided that."
        }
        Why::Excluded(Exclusion::Suspended(..)) => {
            "Its author's organisation is suspended. It counts again when the suspension ends."
        }
        Why::Excluded(Exclusion::Waiting(_)) => {
            "Its author's organisation waits for approval. It counts as soon as a steward lets it in."
        }
        Why::Narrowed(_) => {
            "Its author's organisation lost the right to write in this document, or to suggest changes to it, before this reached whoever decided that."
        }
        Why::Forked => "Its author's computer said two different things in one place.",
        Why::BuildsOnThat => "It builds on something that does not count.",
    }
}

/// The word for programs.
pub(super) const fn why_word(why: Why) -> &'static str {
    match why {
        Why::Excluded(Exclusion::Final(..)) => "excluded",
        Why::Excluded(Exclusion::Suspended(..)) => "suspended",
        Why::Excluded(Exclusion::Waiting(_)) => "waiting",
        Why::Narrowed(_) => "narrowed",
        Why::Forked => "forked",
        Why::BuildsOnThat => "builds-on-that",
    }
}

/// May it come to count by itself?
pub(super) const fn is_held(why: Why) -> bool {
    matches!(why, Why::Excluded(Exclusion::Suspended(..) | Exclusion::Waiting(_)))
}
