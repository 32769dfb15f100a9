//! A note: a page that people write together, such as what a meeting agreed.

use super::common::document;
use super::form::form;

document! {
    /// A note.
    Note { Body, "Note", [("draft", "Draft"), ("agreed", "Agreed"), ("published", "Published"), ("withdrawn", "Withdrawn")] }
}

form! {
    /// What it says.
    Body {
        text: Long, "Text", "No names of people whom you help.";
        date: Date, "Date";
        participants: Lines, "Who was there", "Organisations and roles, one on each line.";
        actions: List(Action, "action"), "Actions";
    }
}

form! {
    /// Something that somebody will do.
    Action {
        action: Line, "What";
        owner: Short, "Who", "An organisation or a role.";
        due: Date, "Until";
        status: Choice(("proposed", "Proposed"), ("agreed", "Agreed"), ("in_progress", "In progress"), ("done", "Done"), ("dropped", "Dropped")), "Status";
    }
}
