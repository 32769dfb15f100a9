//! A register of ideas for projects, with votes and what became of them.

use super::common::{Organization, document};
use super::form::form;

document! {
    /// A register of ideas.
    IdeaRegister { Body, "Ideas", [("draft", "Draft"), ("published", "Published"), ("superseded", "Replaced"), ("withdrawn", "Withdrawn")] }
}

form! {
    /// The register itself.
    Body {
        cycle: Short, "Round", "For example, 2026-2.";
        open_from: Date, "Open from";
        open_to: Date, "Open until";
        who_can_propose: Long, "Who can propose";
        ideas: List(Idea, "idea"), "Ideas";
        scoring: Group(Scoring), "How votes count";
        published_url: Short, "Web page", "It begins with https://";
    }
}

form! {
    /// An idea.
    Idea {
        id: Short, "Number";
        title: Line, "Title";
        proposed_by: Group(Organization), "Proposed by";
        theme: Short, "Theme";
        status: Choice(("proposed", "Proposed"), ("shortlisted", "On the shortlist"), ("chosen", "Chosen"), ("next", "Next"), ("not_now", "Not now")), "Status";
        vcs_votes: Number, "Votes of voluntary organisations";
        council_votes: Number, "Votes of councils";
        reason: Line, "Reason";
    }
}

form! {
    /// How votes count.
    Scoring {
        vcs_weight: Number, "Weight of voluntary organisations";
        council_weight: Number, "Weight of councils";
        tie_break: Line, "If votes are equal";
    }
}
