//! A data sharing agreement: what organisations promise each other about information on people.

use super::common::{Change, LawfulBasis, Link, document};
use super::form::form;

document! {
    /// A data sharing agreement.
    DataSharingAgreement { Body, "Agreement", [
        ("draft", "Draft"), ("in_review", "In review"), ("agreed", "Agreed"), ("in_force", "In force"),
        ("suspended", "Suspended"), ("superseded", "Replaced"), ("withdrawn", "Ended")
    ] }
}

form! {
    /// The agreement itself.
    Body {
        agreement_kind: Choice(
            ("data_sharing_agreement", "Data sharing agreement"), ("data_processing_agreement", "Data processing agreement"),
            ("joint_controller_arrangement", "Joint controller arrangement"), ("memorandum_of_understanding", "Memorandum of understanding")
        ), "What kind of agreement", "Sharing: each decides for itself what to do with the data. Processing: one only does what the other says. Joint: you decide together.";
        waspi_equivalent: Line, "The same in Wales (WASPI)";
        parties: List(Party, "party"), "Parties";
        purpose: Group(Purpose), "Purpose";
        other_organisations: Group(OtherOrganisations), "Joining and leaving";
        data_items: List(DataItem, "item"), "What is shared", "Share as little as does the job. Nothing that is not in this list may be sent.";
        data_subjects: Long, "Whom it is about";
        lawful_basis: List(LawfulBasis, "lawful basis"), "Lawful basis";
        special_category: Group(SpecialCategory), "Special category data";
        criminal_offence: Group(CriminalOffence), "Criminal offence data";
        individual_rights: Group(IndividualRights), "Rights of the people it is about";
        information_governance: Group(InformationGovernance), "How information is looked after";
        decision_log: List(Decision, "decision"), "Decisions";
        dpia: Group(Dpia), "Data protection impact assessment";
        consent_form: Group(Link), "Consent wording";
        legislation: Codes, "Legislation", "One law on each line.";
        term: Group(Term), "Start, end and ending it early";
        dispute_resolution: Long, "If parties disagree";
        review: Group(Review), "Review";
        changes: List(Change, "change"), "Changes";
    }
}

form! {
    /// An organisation that the agreement binds.
    Party {
        name: Short, "Organisation";
        role: Choice(("sender", "Sends"), ("receiver", "Receives"), ("sender_and_receiver", "Sends and receives")), "What it does";
        controller_relationship: Choice(("separate", "Decides for itself"), ("joint", "Decides together with the others"), ("processor", "Only does what another says")), "Who decides what is done with the data";
        ico_registration: Short, "ICO registration number";
        single_point_of_contact: Short, "Whom to contact", "An email address of a team, not of a person.";
        dpo_contact: Short, "Data protection officer", "An email address of a team, not of a person.";
        organization_id: Short, "Organisation’s id";
    }
}

form! {
    /// Why data is shared.
    Purpose {
        aims: Long, "What it is for", "What will people get that they do not get now?";
        why_necessary: Long, "Why it cannot be done without sharing";
        benefits: Lines, "Benefits", "One on each line. Say how you will see them.";
        benefits_to_society: Long, "Benefits for everybody";
        not_for: Lines, "What it must not be used for", "One on each line. For example, marketing.";
    }
}

form! {
    /// How other organisations come and go.
    OtherOrganisations {
        may_join: Long, "How another organisation can join";
        may_leave: Long, "How an organisation can leave";
    }
}

form! {
    /// One thing that is shared.
    DataItem {
        name: Short, "Item", "For example, contact_phone.";
        category: Short, "Category", "For example, contact, need or outcome.";
        special_category: YesNo, "Is it special category data?", "For example, health, religion or ethnicity.";
        note: Line, "Note";
    }
}

form! {
    /// Data that needs a further condition (UK GDPR, article 9).
    SpecialCategory {
        involved: YesNo, "Is any shared?";
        conditions: Codes, "Conditions", "The conditions of article 9 and of Schedule 1 that are met, one on each line.";
    }
}

form! {
    /// Data about offences.
    CriminalOffence {
        involved: YesNo, "Is any shared?";
        conditions: Codes, "Conditions", "The conditions of Schedule 1 that are met, one on each line.";
    }
}

form! {
    /// What people can ask for, and who answers.
    IndividualRights {
        privacy_information: Long, "How people are told";
        access_requests: Long, "When somebody asks for a copy";
        rectification: Long, "When something is wrong";
        erasure_and_withdrawal: Long, "When somebody withdraws consent or asks to be deleted";
        complaints: Long, "Complaints", "Every organisation must have a complaints process since June 2026.";
        foi: Long, "Freedom of information requests";
    }
}

form! {
    /// How information is kept right and safe.
    InformationGovernance {
        detailed_rules: Long, "Detailed rules";
        accuracy: Long, "How data is kept right";
        compatible_formats: Line, "Formats";
        retention: Group(Retention), "How long data is kept";
        security: Group(Security), "Security";
        staff_training: Long, "Training";
        audit: Long, "Checks";
        international_transfers: Line, "Transfers abroad";
    }
}

form! {
    /// How long data is kept.
    Retention {
        period_months: Number, "Months";
        trigger: Line, "Counted from", "For example, referral closed.";
        deletion_method: Line, "How it is deleted";
    }
}

form! {
    /// How data is kept safe.
    Security {
        technical: Lines, "Technical measures", "One on each line.";
        organisational: Lines, "Organisational measures", "One on each line.";
        incident_notice_hours: Number, "Hours to tell the others of an incident", "Central government’s own template says 24.";
    }
}

form! {
    /// A decision on the way.
    Decision {
        date: Date, "Date";
        decision: Line, "Decision";
        reason: Line, "Reason";
    }
}

form! {
    /// Whether risks were assessed.
    Dpia {
        considered: YesNo, "Was one considered?";
        undertaken: YesNo, "Was one done?";
        outcome: Line, "What came of it";
        document_id: Short, "Document", "The document’s id, if it has one.";
    }
}

form! {
    /// From when until when.
    Term {
        start: Date, "Starts";
        end: Date, "Ends";
        termination: Long, "How a party can end it early";
        what_happens_to_data_on_termination: Long, "What happens to the data then";
    }
}

form! {
    /// When it is looked at again.
    Review {
        review_date: Date, "Next review";
        review_triggers: Lines, "What brings a review forward", "One on each line. For example, new party.";
    }
}
