//! A short survey before and after a project. It holds questions and averages, never answers of single people.

use super::common::document;
use super::form::form;

document! {
    /// A survey.
    Survey { Body, "Survey", [("draft", "Draft"), ("open", "Open"), ("closed", "Closed"), ("published", "Published"), ("withdrawn", "Withdrawn")] }
}

form! {
    /// The survey itself.
    Body {
        project_id: Short, "Project", "The document’s id, if it has one.";
        questions: List(Question, "question"), "Questions";
        waves: List(Wave, "wave"), "When it was asked";
        anonymity: Group(Anonymity), "So that nobody is recognised";
        results: List(Outcome, "result"), "Results";
        paired_responses: Number, "People who answered both times";
        schedule: Group(Schedule), "How often";
    }
}

form! {
    /// A question.
    Question {
        id: Short, "Number";
        text: Line, "Question";
        r#type as "type": Choice(("scale", "Scale"), ("number", "Number"), ("yes_no", "Yes or no"), ("text", "Text")), "Kind of answer";
        min: Number, "From";
        max: Number, "To";
    }
}

form! {
    /// One time that it was asked.
    Wave {
        wave: Choice(("before", "Before"), ("after", "After")), "When";
        opened: Date, "Opened on";
        invited: Number, "People asked";
        responded: Number, "People who answered";
    }
}

form! {
    /// How few answers are kept from showing who gave them.
    Anonymity {
        team_size: Number, "People in the team";
        rule: Long, "Rule";
        breakdown_allowed: YesNo, "May results be broken down?";
        reason: Long, "Reason";
    }
}

form! {
    /// Averages of one question.
    Outcome {
        question: Short, "Question";
        before_mean: Number, "Average before";
        before_n: Number, "Answers before";
        after_mean: Number, "Average after";
        after_n: Number, "Answers after";
        change: Number, "Change";
    }
}

form! {
    /// How often it is asked.
    Schedule {
        every: Line, "How often";
        monitor_for: Line, "For how long";
    }
}
