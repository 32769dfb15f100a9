//! A wording of informed consent: what is read out or handed over before somebody says yes.

use super::common::{Organization, document};
use super::form::form;

document! {
    /// A wording of informed consent.
    InformedConsent { Body, "Consent wording", [
        ("draft", "Draft"), ("in_review", "In review"), ("agreed", "Agreed"), ("published", "Published"),
        ("superseded", "Replaced"), ("withdrawn", "Withdrawn")
    ] }
}

form! {
    /// The wording and its rules.
    Body {
        lawful_basis: Short, "Lawful basis", "Consent, or ask yourself whether you need it. Councils should rarely rely on consent for their own tasks.";
        when_not_to_use: Long, "When not to use this wording";
        controllers_named: List(Organization, "organisation"), "Who is named", "Name every organisation that relies on the consent. “Our partners” is not specific enough.";
        short_wording: Long, "Words to read out", "Say what, to whom, for what, and that people can say no. Plain words, one thing at a time.";
        purposes: List(Purpose, "purpose"), "Purposes", "People choose each one separately.";
        choices: Group(Choices), "Choices";
        withdrawal: Group(Withdrawal), "Changing one’s mind";
        retention: Line, "How long it is kept";
        rights_link: Short, "Web page about rights", "It begins with https://";
        complaints: Long, "Complaints";
        formats: List(Format, "format"), "Formats and languages";
        capacity: Group(Capacity), "Who may decide";
        record_to_keep: Codes, "What to write down", "One on each line. For example, which purposes.";
        refresh: Group(Refresh), "Asking again";
        tested_with: Long, "Tested with", "How many people, of which group, when. No names.";
        receipt_example: Any, "Example of a receipt";
    }
}

form! {
    /// One purpose that somebody says yes or no to.
    Purpose {
        id: Short, "Number", "For example, P1.";
        text: Long, "What people say yes to", "As the person would say it: “Pass my details to …”.";
        optional: YesNo, "Can people say no to it?";
        data_items: Codes, "What data", "One on each line.";
        recipients: Codes, "Who gets it", "One on each line.";
        processing: Long, "What they do with it";
    }
}

form! {
    /// How the question is asked.
    Choices {
        opt_in: YesNo, "Do people have to say yes?", "Saying nothing is not consent.";
        granular: YesNo, "Is each purpose chosen separately?";
        pre_ticked: YesNo, "Is anything ticked beforehand?", "It must not be.";
        refusal_effect: Long, "What happens if somebody says no", "It must not cost people a service that does not need the data.";
    }
}

form! {
    /// How consent is withdrawn.
    Withdrawal {
        how: Long, "How people take it back";
        as_easy_as_giving: YesNo, "Is that as easy as giving it?";
        effect: Long, "What happens then";
    }
}

form! {
    /// A form in which the wording exists.
    Format {
        format: Choice(
            ("read_aloud", "Read aloud"), ("easy_read", "Easy read"), ("translation", "Translation"), ("large_print", "Large print"),
            ("bsl_video", "British Sign Language video"), ("audio", "Sound"), ("leaflet", "Leaflet")
        ), "Format";
        language: Short, "Language", "For example, bn or pl.";
        reading_age: Number, "Reading age";
        status: Short, "Status", "For example, checked by a speaker.";
    }
}

form! {
    /// Who can consent.
    Capacity {
        mental_capacity: Long, "If somebody may not be able to decide this";
        children: Long, "Children and young people";
    }
}

form! {
    /// When people are asked again.
    Refresh {
        after_months: Number, "Ask again after how many months";
        triggers: Codes, "What else makes you ask again", "One on each line. For example, new purpose.";
    }
}
