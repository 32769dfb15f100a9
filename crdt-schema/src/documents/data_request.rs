//! A request for data and its decision: the fields of the Information Commissioner's decision form, and a conversation,
//! so that a "no" does not end in silence.

use super::common::{Position, document};
use super::form::form;

document! {
    /// A request for data.
    DataRequest { Body, "Request", [
        ("draft", "Draft"), ("open", "Waiting for an answer"), ("approved", "Approved"), ("approved_in_part", "Approved in part"),
        ("declined", "Declined"), ("withdrawn", "Withdrawn")
    ] }
}

form! {
    /// The request, the conversation and the decision.
    Body {
        requesting_organization: Group(Position), "Who asks";
        receiving_organization: Group(Position), "Who is asked";
        date_requested: Date, "Asked on";
        date_received: Date, "Received on";
        description_of_data: Long, "What data";
        record_level: YesNo, "Is it about single people?", "Say no if counts are enough. Counts are easier to say yes to.";
        data_items: Codes, "Data items", "One on each line. Ask for as little as does the job.";
        purpose: Long, "What it is for";
        why_necessary: Long, "Why it is needed";
        controller_relationship: Choice(("separate", "Each decides for itself"), ("joint", "We decide together")), "Who decides what is done with the data";
        agreement_in_place: YesNo, "Is a data sharing agreement in place?";
        proposed_lawful_basis: Short, "Proposed lawful basis";
        special_category: Line, "Is any of it special category data?", "For example, health or ethnicity.";
        frequency: Short, "How often", "For example, once or quarterly.";
        dates_requested: Codes, "Wanted on", "One date on each line, like 2026-10-01.";
        minimum_alternative: Long, "The least that would help", "If the answer is no, what smaller thing would still be useful?";
        conversation: List(Entry, "entry"), "Conversation";
        first_conversation_within_days: Number, "Days to the first conversation";
        decision: Group(Decision), "Decision";
        signed: List(Signed, "signature"), "Signed";
    }
}

form! {
    /// Something that was said.
    Entry {
        date: Date, "Date";
        kind: Choice(
            ("acknowledgement", "Acknowledgement"), ("call", "Call"), ("question", "Question"), ("answer", "Answer"),
            ("meeting", "Meeting"), ("note", "Note")
        ), "What it was";
        by: Short, "Who", "An organisation’s name or short name; “both” for a call or a meeting of both.";
        text: Long, "What was said", "No names of people.";
    }
}

form! {
    /// What was decided, and why.
    Decision {
        outcome: Choice(
            ("approved", "Approved"), ("approved_in_part", "Approved in part"), ("declined_with_alternative", "Declined, with an alternative"),
            ("declined", "Declined"), ("withdrawn", "Withdrawn")
        ), "Decision", "A request can only be declined after both sides have spoken, and with a reason.";
        date: Date, "Decided on";
        decided_by: Short, "Decided by", "A role and an organisation, not a name.";
        reasons: Lines, "Reasons", "One on each line.";
        alternative_offered: Group(Alternative), "Alternative";
        what_would_change_the_answer: Long, "What would change the answer";
        lawful_basis_relied_on: Short, "Lawful basis relied on";
        legal_power: Line, "Legal power";
        dpia_considered: YesNo, "Was an impact assessment considered?";
        dpia_outcome: Line, "What came of it";
        dpo_views: Long, "Views of the data protection officer";
        retention: Line, "How long the data is kept";
        security: Line, "How it is kept safe";
        rights: Line, "How people’s rights are kept";
        review_date: Date, "Looked at again on";
        appeal: Group(Appeal), "Asking for another decision";
    }
}

form! {
    /// What is offered instead.
    Alternative {
        description: Long, "What is offered instead";
        document_id: Short, "Document", "The document’s id, if it has one.";
    }
}

form! {
    /// Whether the decision can be looked at again.
    Appeal {
        allowed: YesNo, "Can one ask for it?";
        to: Short, "Whom to ask", "A role, not a name.";
        used: YesNo, "Was it asked for?";
    }
}

form! {
    /// Who put their hand to it.
    Signed {
        role: Short, "Role", "A role, not a name.";
        organization_id: Short, "Organisation";
        date: Date, "Date";
    }
}
