//! What changed over a year of projects.

use super::common::document;
use super::form::form;

document! {
    /// An evaluation of a programme.
    ProgrammeEvaluation { Body, "Evaluation", [("draft", "Draft"), ("published", "Published"), ("withdrawn", "Withdrawn")] }
}

form! {
    /// The evaluation itself.
    Body {
        monitor_period_months: Number, "Months";
        cycles: List(Cycle, "round"), "Rounds";
        success_criteria: Lines, "What counts as success", "One on each line.";
        kpis: List(Kpi, "measure"), "Measures";
    }
}

form! {
    /// One round.
    Cycle {
        cycle: Short, "Round";
        project: Line, "Project";
        weeks: Number, "Weeks";
        status: Choice(("planned", "Planned"), ("running", "Running"), ("finished", "Finished")), "Status";
    }
}

form! {
    /// One measure.
    Kpi {
        kpi: Line, "What is measured";
        value: Any, "Value";
        changed: Number, "Changed something";
        unchanged: Number, "Changed nothing";
    }
}
