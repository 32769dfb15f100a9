//! A short data protection impact assessment: the seven steps of the Information Commissioner's Office, kept and
//! shortened, with screening questions that say whether a short one is enough.

use super::common::{LawfulBasis, document};
use super::form::form;

document! {
    /// A short data protection impact assessment.
    DpiaLite { Body, "Assessment", [
        ("draft", "Draft"), ("in_review", "In review"), ("agreed", "Agreed"), ("superseded", "Replaced"), ("withdrawn", "Withdrawn")
    ] }
}

form! {
    /// The assessment itself.
    Body {
        controllers: List(Controller, "organisation"), "Who is responsible";
        screening: Group(Screening), "Is a short assessment enough?";
        step1_need: Group(Need), "Step 1: why it is needed";
        step2_processing: Group(Processing), "Step 2: what is done";
        step3_consultation: Group(Consultation), "Step 3: who was asked";
        step4_necessity: Group(Necessity), "Step 4: is it needed and in proportion?";
        step5_risks: List(Risk, "risk"), "Step 5: risks";
        step6_measures: List(Measure, "measure"), "Step 6: what lowers the risks";
        step7_signoff: List(SignOff, "sign-off"), "Step 7: who agreed to it";
        linked_documents: Codes, "Linked documents", "Ids of documents that this is about, one on each line.";
    }
}

form! {
    /// An organisation that decides what is done with data.
    Controller {
        name: Short, "Organisation";
        controller_relationship: Choice(("separate", "Decides for itself"), ("joint", "Decides together with the others")), "Who decides what is done with the data";
        dpo_contact: Short, "Data protection officer", "An email address of a team, not of a person.";
        organization_id: Short, "Organisation’s id";
    }
}

form! {
    /// The questions that say whether a full assessment is needed.
    Screening {
        questions: List(Question, "question"), "Screening questions", "A full assessment is needed for special category data at scale, for matching records, or when two or more answers are yes.";
        outcome: Choice(("none", "None is needed"), ("lite", "A short one is enough"), ("full", "A full one is needed")), "Outcome";
        reason: Long, "Reason";
    }
}

form! {
    /// One screening question.
    Question {
        text: Line, "Question";
        answer: Choice(("yes", "Yes"), ("no", "No")), "Answer";
        note: Line, "Note";
        id: Short, "Identifier";
    }
}

form! {
    /// Step 1.
    Need {
        aim: Long, "What the project wants to achieve", "Explain broadly what it aims to achieve and what is done with data.";
        why_dpia: Long, "Why you looked at the risks";
    }
}

form! {
    /// Step 2.
    Processing {
        nature: Long, "What is done with the data", "How will you collect, use, store and delete it?";
        source: Line, "Where the data comes from";
        sharing_with: Codes, "Shared with", "One on each line.";
        flow: Long, "How data flows", "From where to where, in order.";
        scope: Group(Scope), "Scope";
        context: Long, "Context", "Would people expect this? Do they include children or other people at risk?";
        purposes: Long, "Purposes", "What do you want to achieve? What is the effect on people?";
    }
}

form! {
    /// What and how much.
    Scope {
        data_items: Codes, "What data", "One on each line.";
        special_category: Codes, "Special category data", "One on each line. For example, health.";
        criminal_offence: YesNo, "Is there data about offences?";
        volume: Line, "How much";
        frequency: Short, "How often";
        retention: Line, "How long it is kept";
        individuals_affected: Line, "How many people";
        geography: Short, "Area", "The code of the area. For example, E09000007.";
    }
}

form! {
    /// Step 3.
    Consultation {
        who: Lines, "Who was asked", "One on each line. Groups and roles, not names.";
        how: Long, "How";
        summary: Long, "What they said";
        views_departed_from: Long, "Where you did otherwise, and why";
    }
}

form! {
    /// Step 4.
    Necessity {
        lawful_basis: List(LawfulBasis, "lawful basis"), "Lawful basis";
        note: Long, "Note on the lawful basis";
        alternatives: Long, "Is there another way?";
        minimisation: Long, "How you use as little data as possible";
        function_creep: Long, "How you prevent new uses";
        rights: Long, "How people’s rights are kept";
        transfers: Line, "Transfers abroad";
    }
}

form! {
    /// A risk to people.
    Risk {
        id: Short, "Number", "For example, R1.";
        risk: Long, "What could happen to people";
        likelihood: Choice(("remote", "Remote"), ("possible", "Possible"), ("probable", "Probable")), "How likely";
        severity: Choice(("minimal", "Minimal"), ("significant", "Significant"), ("severe", "Severe")), "How bad";
        overall: Choice(("low", "Low"), ("medium", "Medium"), ("high", "High")), "Overall risk";
    }
}

form! {
    /// What lowers a risk.
    Measure {
        risk: Short, "Risk", "Its number. For example, R1.";
        measure: Long, "What lowers it";
        effect: Choice(("eliminated", "Risk is gone"), ("reduced", "Risk is lower"), ("accepted", "Risk is accepted")), "Effect";
        residual: Choice(("low", "Low"), ("medium", "Medium"), ("high", "High")), "Risk that is left", "If a high risk is left, ask the Information Commissioner before you start.";
        approved: Choice(("yes", "Yes"), ("no", "No")), "Approved";
    }
}

form! {
    /// Who agreed to what.
    SignOff {
        item: Choice(
            ("measures_approved_by", "Measures approved"), ("residual_risks_approved_by", "Risks that are left approved"),
            ("dpo_advice", "Advice of the data protection officer"), ("dpo_advice_accepted_or_overruled_by", "Advice accepted or overruled"),
            ("consultation_responses_reviewed_by", "Answers of those asked reviewed"), ("kept_under_review_by", "Kept under review")
        ), "What";
        role: Short, "By whom", "A role, not a name.";
        organization_id: Short, "Organisation";
        date: Date, "Date";
        summary: Long, "Summary", "If advice was overruled, say why.";
        accepted: YesNo, "Was the advice accepted?";
    }
}
