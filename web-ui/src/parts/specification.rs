//! [`PARTS`]: every field of a referral pathway, once.

use std::borrow::Cow;

use super::{ListSpec, Part, Shape, Spec};

const fn spec(path: &'static str, label: &'static str, hint: &'static str, shape: Shape) -> Spec {
    Spec { path, label, hint, shape }
}

const fn part(
    slug: &'static str,
    title: &'static str,
    root: &'static str,
    hint: &'static str,
    fields: &'static [Spec],
) -> Part {
    Part {
        slug: Cow::Borrowed(slug),
        title: Cow::Borrowed(title),
        hint,
        root: Cow::Borrowed(root),
        is_item: false,
        fields: Cow::Borrowed(fields),
    }
}

const fn item(
    slug: &'static str,
    title: &'static str,
    root: &'static str,
    hint: &'static str,
    fields: &'static [Spec],
) -> Part {
    Part {
        slug: Cow::Borrowed(slug),
        title: Cow::Borrowed(title),
        hint,
        root: Cow::Borrowed(root),
        is_item: true,
        fields: Cow::Borrowed(fields),
    }
}

/// All parts of a referral pathway, in the order in which they are shown.
pub const PARTS: &[Part] = &[
    part("about", "Title and summary", "/", "", ABOUT),
    part("trigger", "When to use it", "/body/trigger", "", TRIGGER),
    part("eligibility", "Who can get help", "/body/eligibility", "", ELIGIBILITY),
    part("who-can-refer", "Who can refer", "/body", "", WHO_CAN_REFER),
    part("steps", "Steps", "/body", "", STEPS),
    item(
        "step",
        "Step",
        "/body/steps",
        "Write one thing to do. Say who does it, and how soon.",
        STEP,
    ),
    part("referral-method", "How to refer", "/body/referral_method", "", REFERRAL_METHOD),
    part("form", "Referral form", "/body/form", "", FORM),
    item(
        "field",
        "Form field",
        "/body/form/fields",
        "Ask only for what the next service needs.",
        FORM_FIELD,
    ),
    part(
        "information",
        "Information to pass on",
        "/body/information_to_pass_on",
        "Write one thing on each line.",
        INFORMATION,
    ),
    part("consent", "Consent and sharing", "/body", "", CONSENT),
    part("response-times", "Response times", "/body/response_time", "", RESPONSE_TIMES),
    part("outcomes", "Outcomes", "/body", "", OUTCOMES),
    part("safeguarding", "Safeguarding", "/body/safeguarding", "", SAFEGUARDING),
    part("contacts", "Contacts", "/body", "Give roles, not named people.", CONTACTS),
    part("escalation", "If it gets stuck", "/body", "", ESCALATION),
    part("measures", "Capacity, measures and known gaps", "/body", "", MEASURES),
    part("review", "Review", "/body/review", "", REVIEW),
    part(
        "tags",
        "Tags",
        "/",
        "Choose from the tags that you agreed on, so that others find it.",
        TAGS,
    ),
    part("licence", "Licence", "/", "", LICENCE),
];

const ABOUT: &[Spec] = &[
    spec("title", "Title", "", Shape::Line),
    spec(
        "description",
        "Summary",
        "Who it is for and what it covers, in two or three sentences.",
        Shape::Long,
    ),
];

const LICENCE: &[Spec] = &[spec(
    "licence",
    "Licence",
    "For example, OGL-UK-3.0. Needed before it is made public.",
    Shape::Short,
)];

const TRIGGER: &[Spec] = &[
    spec(
        "need",
        "Need",
        "The code of the need, as in your tags. For example, foodInsecurity.",
        Shape::Short,
    ),
    spec("description", "When to use this pathway", "", Shape::Long),
    spec("prompt_questions", "Questions to ask", "Write one question on each line.", Shape::Lines),
    spec(
        "urgency_levels",
        "How urgent",
        "",
        Shape::List(&ListSpec {
            word: "level",
            part: "",
            fields: &[
                spec("level", "Level", "For example, today or this_week.", Shape::Short),
                spec("when", "When that is", "", Shape::Line),
            ],
        }),
    ),
];

const ELIGIBILITY: &[Spec] = &[
    spec("eligibility_description", "Who can get help", "", Shape::Long),
    spec("minimum_age", "Youngest age", "Leave it empty if there is none.", Shape::Number),
    spec("maximum_age", "Oldest age", "Leave it empty if there is none.", Shape::Number),
    spec(
        "residence_gss_codes",
        "Area codes",
        "The codes of the areas where people must live, one on each line. For example, E09000001.",
        Shape::Lines,
    ),
    spec("exclusions", "Who cannot", "Write one on each line.", Shape::Lines),
    spec(
        "what_if_not_eligible",
        "What to do for somebody who cannot get help here",
        "",
        Shape::Long,
    ),
];

const WHO_CAN_REFER: &[Spec] = &[
    spec("who_can_refer", "Who can refer", "Write one on each line.", Shape::Lines),
    spec(
        "access_routes",
        "Ways in",
        "",
        Shape::List(&ListSpec {
            word: "way in",
            part: "",
            fields: &[
                spec(
                    "route",
                    "Route",
                    "",
                    Shape::Choice(&[
                        ("self_referral", "Self referral"),
                        ("professional_referral", "Professional referral"),
                        ("warm_handover", "Warm handover"),
                        ("drop_in", "Drop in"),
                    ]),
                ),
                spec("how", "How", "", Shape::Line),
            ],
        }),
    ),
];

const STEPS: &[Spec] = &[spec(
    "steps",
    "Steps",
    "",
    Shape::List(&ListSpec { word: "step", part: "step", fields: &[] }),
)];

const STEP: &[Spec] = &[
    spec("detail", "What to do", "", Shape::Long),
    spec(
        "action",
        "What is done",
        "",
        Shape::Choice(&[
            ("ask", "Ask"),
            ("make_safe", "Make safe"),
            ("risk_check", "Check the risk"),
            ("refer", "Refer"),
            ("assess", "Assess"),
            ("contact", "Contact"),
            ("close_the_loop", "Close the loop"),
        ]),
    ),
    spec("who_acts", "Who does it", "For example, referrer or advice_worker.", Shape::Short),
    spec("service_name", "Service", "The service that this step refers to, if any.", Shape::Short),
    spec(
        "service_id",
        "Service code",
        "The service’s id in your directory, if it has one.",
        Shape::Short,
    ),
    spec("response_time", "How soon", "For example, within 2 working days.", Shape::Short),
    spec(
        "next",
        "What comes next",
        "Leave it empty for the next step. Or write, for example, “If no food today go to step 2, else step 3”, or “End”.",
        Shape::Line,
    ),
];

const REFERRAL_METHOD: &[Spec] = &[
    spec(
        "method",
        "Method",
        "",
        Shape::Choice(&[
            ("internal", "The form in this pathway"),
            ("external", "The other organisation’s own page"),
            ("none", "No referral is needed"),
        ]),
    ),
    spec(
        "accepted_channels",
        "Channels",
        "Write one on each line. For example, telephone.",
        Shape::Lines,
    ),
    spec("referral_email", "Email address", "", Shape::Short),
    spec("referral_url", "Web address", "It begins with https://", Shape::Short),
];

const FORM: &[Spec] = &[
    spec("form_id", "Form version", "For example, cash-first-1.3.", Shape::Short),
    spec(
        "fields",
        "Fields",
        "",
        Shape::List(&ListSpec { word: "form field", part: "field", fields: &[] }),
    ),
];

const FORM_FIELD: &[Spec] = &[
    spec("label", "Question", "", Shape::Line),
    spec(
        "name",
        "Short name",
        "Letters and underscores, as used in “Information to pass on”.",
        Shape::Short,
    ),
    spec(
        "type",
        "Kind of answer",
        "",
        Shape::Choice(&[
            ("text", "Text"),
            ("yes_no", "Yes or no"),
            ("choice", "One of several"),
            ("integer", "Whole number"),
            ("date", "Date"),
        ]),
    ),
    spec(
        "options",
        "Answers to choose from",
        "Write one on each line, if the answer is one of several.",
        Shape::Lines,
    ),
    spec("required", "Must it be answered?", "", Shape::YesNo),
    spec("personal_data", "Is it personal data?", "", Shape::YesNo),
    spec(
        "special_category",
        "Is it special category data?",
        "For example, health or ethnicity.",
        Shape::YesNo,
    ),
    spec("why", "Why it is asked", "", Shape::Long),
];

const INFORMATION: &[Spec] = &[
    spec("minimum", "Always pass on", "", Shape::Lines),
    spec("only_if_needed", "Pass on only if needed", "", Shape::Lines),
    spec("never", "Never pass on", "", Shape::Lines),
];

const CONSENT: &[Spec] = &[
    spec("consent_needed/required", "Is consent needed?", "", Shape::YesNo),
    spec("consent_needed/lawful_basis", "Lawful basis", "For example, consent.", Shape::Short),
    spec(
        "consent_needed/without_consent",
        "What to do if the person does not consent",
        "",
        Shape::Long,
    ),
    spec("consent_needed/override", "When to share without consent", "", Shape::Long),
    spec(
        "consent_needed/consent_wording_id",
        "Consent wording",
        "The wording’s id, if it has one.",
        Shape::Short,
    ),
    spec(
        "data_sharing_agreement_id",
        "Data sharing agreement",
        "The agreement’s id, if it has one.",
        Shape::Short,
    ),
];

const RESPONSE_TIMES: &[Spec] = &[
    spec(
        "acknowledge",
        "Acknowledge the referral within",
        "For example, 1 working day.",
        Shape::Short,
    ),
    spec("first_contact", "Contact the person within", "", Shape::Short),
    spec("escalate_after", "Escalate after", "", Shape::Short),
    spec("auto_close_after", "Close the referral after", "", Shape::Short),
];

const OUTCOMES: &[Spec] =
    &[spec("outcomes", "Outcomes", "Write one on each line. For example, accepted.", Shape::Lines)];

const PHONES: Spec = spec(
    "phones",
    "Phone numbers",
    "",
    Shape::List(&ListSpec {
        word: "phone number",
        part: "",
        fields: &[spec("number", "Phone number", "", Shape::Short)],
    }),
);

const SAFEGUARDING: &[Spec] = &[
    spec("immediate_danger", "Immediate danger", "What to do at once.", Shape::Long),
    spec(
        "adult_concern/role",
        "Worry about an adult: whom to tell",
        "A role, not a name.",
        Shape::Short,
    ),
    spec("adult_concern/email", "Worry about an adult: email address", "", Shape::Short),
    spec(
        "adult_concern/organization_id",
        "Worry about an adult: organisation’s id",
        "",
        Shape::Short,
    ),
    spec("adult_concern/phones", "Worry about an adult: phone numbers", "", PHONES.shape),
    spec(
        "child_concern/role",
        "Worry about a child: whom to tell",
        "A role, not a name.",
        Shape::Short,
    ),
    spec("child_concern/email", "Worry about a child: email address", "", Shape::Short),
    spec(
        "child_concern/organization_id",
        "Worry about a child: organisation’s id",
        "",
        Shape::Short,
    ),
    spec("child_concern/phones", "Worry about a child: phone numbers", "", PHONES.shape),
    spec("note", "What else to know", "Never write where a refuge is.", Shape::Long),
];

const CONTACTS: &[Spec] = &[spec(
    "contacts",
    "Contacts",
    "",
    Shape::List(&ListSpec {
        word: "contact",
        part: "",
        fields: &[
            spec("role", "Role", "", Shape::Short),
            spec("organization_id", "Organisation’s id", "", Shape::Short),
            spec("email", "Email address", "", Shape::Short),
            PHONES,
        ],
    }),
)];

const ESCALATION: &[Spec] = &[spec(
    "escalation",
    "Levels",
    "",
    Shape::List(&ListSpec {
        word: "level",
        part: "",
        fields: &[
            spec("level", "Level", "A number: 1 comes first.", Shape::Number),
            spec("when", "When", "", Shape::Line),
            spec("contact/role", "Whom to tell", "A role, not a name.", Shape::Short),
            spec("contact/organization_id", "Organisation’s id", "", Shape::Short),
            spec("contact/email", "Email address", "", Shape::Short),
            spec("contact/phones", "Phone numbers", "", PHONES.shape),
        ],
    }),
)];

const MEASURES: &[Spec] = &[
    spec("measures", "What is counted", "Write one on each line.", Shape::Lines),
    spec("known_gaps", "Known gaps", "Write one on each line.", Shape::Lines),
    spec(
        "capacity",
        "Capacity",
        "",
        Shape::List(&ListSpec {
            word: "capacity",
            part: "",
            fields: &[
                spec(
                    "service_id",
                    "Service code",
                    "As in the step that refers to it.",
                    Shape::Short,
                ),
                spec("unit", "Unit", "For example, appointments per week.", Shape::Short),
                spec("available", "Available", "", Shape::Number),
                spec("maximum", "At most", "", Shape::Number),
                spec(
                    "updated",
                    "Counted on",
                    "A date and time, like 2026-10-02T09:00:00Z.",
                    Shape::Short,
                ),
            ],
        }),
    ),
];

const REVIEW: &[Spec] = &[
    spec("review_date", "Next review", "For example, 27 3 2027.", Shape::Date),
    spec("last_reviewed", "Last reviewed", "", Shape::Date),
    spec("review_interval_months", "Months between reviews", "", Shape::Number),
    spec("owner/role", "Who looks after it", "A role, not a name.", Shape::Short),
    spec("owner/email", "Email address", "", Shape::Short),
    spec("owner/organization_id", "Organisation’s id", "", Shape::Short),
];

const TAGS: &[Spec] = &[spec(
    "tags",
    "Tags",
    "",
    Shape::List(&ListSpec {
        word: "tag",
        part: "",
        fields: &[
            spec("name", "Tag", "", Shape::Short),
            spec("curie", "Short code", "For example, northmereNeed:housing.", Shape::Short),
        ],
    }),
)];
