//! A community insights project: a question that organisations answer together in eight to twelve weeks.

use super::common::{Organization, document};
use super::form::form;

document! {
    /// A community insights project.
    CommunityInsightsProject { Body, "Project", [
        ("draft", "Draft"), ("agreed", "Agreed"), ("running", "Running"), ("finished", "Finished"), ("withdrawn", "Stopped")
    ] }
}

form! {
    /// The project itself.
    Body {
        idea: Group(Idea), "Idea";
        prioritisation: Group(Prioritisation), "Why this project";
        timebox: Group(Timebox), "Weeks";
        phases: List(Phase, "phase"), "Phases";
        team: List(TeamRole, "role"), "Team";
        team_size: Number, "People in the team", "Six to ten.";
        complementary_team: Codes, "Others who help", "One on each line.";
        facilitator: Group(Facilitator), "Facilitator";
        questions: Lines, "Questions", "One on each line.";
        data_plan: List(Source, "source"), "Data";
        legal_and_risk: Group(LegalAndRisk), "Law and risk";
        insights: Codes, "Insights", "Ids of documents, one on each line.";
        findings: Lines, "Findings", "One on each line.";
        actions: List(Action, "action"), "Actions";
        new_sharing_arrangements: List(Arrangement, "arrangement"), "New ways of sharing";
        kpis: Any, "Measures";
        survey_id: Short, "Survey", "The document’s id, if it has one.";
        reflection: Group(Reflection), "Looking back";
        communications: Group(Communications), "Telling others";
    }
}

form! {
    /// Where it came from.
    Idea {
        proposed_by: Group(Organization), "Proposed by";
        proposer_kind: Choice(("vcs", "Voluntary or community organisation"), ("council", "Council"), ("health", "Health body"), ("other", "Another kind")), "Kind of organisation";
        proposed_on: Date, "Proposed on";
        quote: Long, "In their words";
        blindspot: Long, "What we do not see";
        likely_to_worsen: YesNo, "Is it likely to get worse?";
        theme: Short, "Theme";
    }
}

form! {
    /// How it was chosen.
    Prioritisation {
        method: Line, "How it was chosen";
        round: Short, "Round";
        votes: List(Votes, "idea"), "Votes";
        criteria: Lines, "Criteria", "One on each line.";
        decision: Line, "Decision";
        rationale: Long, "Why";
        shortlist_published_on: Date, "Shortlist published on";
        shortlist_url: Short, "Web page of the shortlist", "It begins with https://";
    }
}

form! {
    /// Votes for one idea.
    Votes {
        idea: Line, "Idea";
        vcs_votes: Number, "Votes of voluntary organisations";
        council_votes: Number, "Votes of councils";
    }
}

form! {
    /// How long it takes.
    Timebox {
        start: Date, "Starts";
        planned_end: Date, "Ends";
        weeks: Number, "Weeks", "Eight to twelve.";
        min_weeks: Number, "At least";
        max_weeks: Number, "At most";
        one_at_a_time: YesNo, "Does only one project run at a time?";
    }
}

form! {
    /// A phase.
    Phase {
        name: Line, "Name";
        phase: Choice(("before", "Before"), ("during", "During"), ("after", "After")), "When";
        status: Choice(("planned", "Planned"), ("in_progress", "In progress"), ("done", "Done")), "Status";
        steps: Lines, "Steps", "One on each line.";
        dates: Codes, "From and until", "Two dates, one on each line, like 2026-08-31.";
    }
}

form! {
    /// A role in the team.
    TeamRole {
        role: Choice(
            ("facilitator", "Facilitator"), ("delivery_lead", "Delivery lead"), ("data_analyst", "Data analyst"),
            ("vcs_member_lead", "Lead of a voluntary organisation"), ("communities_representative", "Communities representative"),
            ("advisory_panel", "Advisory panel")
        ), "Role";
        organization_id: Short, "Organisation";
        people: Number, "People";
        days_committed: Number, "Days promised";
        expected_days: Any, "Days expected";
    }
}

form! {
    /// Who keeps the project together.
    Facilitator {
        independent: YesNo, "Is the facilitator independent?";
        employed_by: Line, "Employed by";
        skills: Codes, "Skills", "One on each line.";
    }
}

form! {
    /// Where data comes from.
    Source {
        source: Line, "Source";
        kind: Choice(("quantitative", "Numbers"), ("qualitative", "Stories"), ("open_data", "Open data")), "Kind";
        held_by: Group(Organization), "Held by";
        personal_data: YesNo, "Is it about people who can be recognised?", "Then it stays where it is.";
        data_request_id: Short, "Data request", "The document’s id, if it has one.";
        note: Line, "Note";
    }
}

form! {
    /// What was approved and what lawyers said.
    LegalAndRisk {
        approvals: List(Approval, "approval"), "Approvals";
        sessions_with_legal: List(Session, "session"), "Talks with lawyers";
    }
}

form! {
    /// An approval.
    Approval {
        kind: Short, "What";
        status: Short, "Status";
        document_id: Short, "Document", "The document’s id, if it has one.";
    }
}

form! {
    /// A talk with lawyers.
    Session {
        date: Date, "Date";
        topic: Line, "Topic";
        outcome: Choice(("changed", "Changed something"), ("unchanged", "Changed nothing")), "Outcome";
        result: Line, "Result";
    }
}

form! {
    /// Something that will be done.
    Action {
        id: Short, "Number";
        action: Line, "What";
        owner: Group(Organization), "Who";
        due: Date, "Until";
        status: Choice(("proposed", "Proposed"), ("agreed", "Agreed"), ("in_progress", "In progress"), ("done", "Done"), ("dropped", "Dropped")), "Status";
        kind: Short, "Kind", "For example, change to service.";
    }
}

form! {
    /// A new way of sharing.
    Arrangement {
        description: Line, "What is shared now";
        document_id: Short, "Document", "The document’s id, if it has one.";
    }
}

form! {
    /// What was learnt.
    Reflection {
        date: Date, "Date";
        questions: Lines, "Questions", "One on each line.";
        answers: Lines, "Answers", "One on each line.";
    }
}

form! {
    /// How others hear of it.
    Communications {
        web_page: Short, "Web page", "It begins with https://";
        get_involved_email: Short, "Email address";
        updates: List(Update, "update"), "Updates";
        show_and_tells: Codes, "Open meetings", "One date on each line, like 2026-10-14.";
    }
}

form! {
    /// News.
    Update {
        date: Date, "Date";
        title: Line, "Title";
    }
}
