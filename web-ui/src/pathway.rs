//! A referral pathway as a person reads it, made from its JSON.
//!
//! The JSON comes from other organisations and may lack anything, hold anything, or hold it in another shape. What is
//! missing is empty, and what has no place of its own stands in `other`, so that nothing is hidden.

mod reading;

pub(crate) use reading::is_email;

use serde_json::Value;

use crate::words::plain;
use reading::{
    Object, Organizations, capacity, consent, eligibility, form_field, list, pairs, pass_on,
    referral, review, rows, safeguarding, step_of,
};

/// A referral pathway to read. Every text may be empty, every list too.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pathway {
    /// What it is, in a few sentences.
    pub description: String,
    /// What it is about, as a tag's name.
    pub need: String,
    /// When to use it.
    pub trigger: String,
    /// What to ask.
    pub prompt_questions: Vec<String>,
    /// How urgent, and when that is: level and sentence.
    pub urgency: Vec<(String, String)>,
    /// Who can get help.
    pub eligibility: Eligibility,
    /// How somebody gets in: route and how.
    pub access_routes: Vec<(String, String)>,
    /// Who can refer.
    pub who_can_refer: Vec<String>,
    /// What happens, in order.
    pub steps: Vec<Step>,
    /// How to refer.
    pub referral: Referral,
    /// What the form asks.
    pub form_fields: Vec<FormField>,
    /// Which form it is.
    pub form_id: String,
    /// What to pass on: always, only if needed, never.
    pub pass_on: PassOn,
    /// What is said about consent: question and answer.
    pub consent: Vec<(String, String)>,
    /// How soon: what and when.
    pub response_times: Vec<(String, String)>,
    /// What may come out of it.
    pub outcomes: Vec<String>,
    /// What to do when it gets stuck.
    pub escalation: Vec<Escalation>,
    /// What to do about danger.
    pub safeguarding: Safeguarding,
    /// Whom to ask.
    pub contacts: Vec<Contact>,
    /// How much room there is: a sentence each.
    pub capacity: Vec<String>,
    /// What is counted.
    pub measures: Vec<String>,
    /// What is missing.
    pub known_gaps: Vec<String>,
    /// When it is looked at again.
    pub review: Review,
    /// Names of tags.
    pub tags: Vec<String>,
    /// Everything else: name and value.
    pub other: Vec<(String, String)>,
}

/// Who can get help.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Eligibility {
    /// In a sentence.
    pub description: String,
    /// Ages, as a sentence.
    pub ages: String,
    /// Codes of the places where they live.
    pub places: Vec<String>,
    /// Who cannot.
    pub exclusions: Vec<String>,
    /// What to do for them.
    pub otherwise: String,
}

/// One step.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Step {
    /// What is done, in a word or with whom: "Refer to Quayside Food Bank".
    pub heading: String,
    /// Who acts.
    pub who: String,
    /// What to do.
    pub detail: String,
    /// How soon.
    pub response_time: String,
    /// What comes next.
    pub next: String,
}

/// How to refer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Referral {
    /// A sentence about the method.
    pub method: String,
    /// By which channels.
    pub channels: Vec<String>,
    /// An e-mail address.
    pub email: Option<String>,
    /// A web address; only `https`.
    pub url: Option<String>,
}

/// One field of the form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FormField {
    /// What it asks.
    pub label: String,
    /// What may be answered.
    pub answer: String,
    /// Must it be answered?
    pub required: bool,
    /// "Personal", "Special category", or empty.
    pub data: String,
    /// Why it is asked.
    pub why: String,
}

/// What to pass on. Names of form fields stand as their labels.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PassOn {
    /// Always.
    pub minimum: Vec<String>,
    /// Only if needed.
    pub only_if_needed: Vec<String>,
    /// Never.
    pub never: Vec<String>,
}

/// What to do when it gets stuck.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Escalation {
    /// Which level.
    pub level: String,
    /// When.
    pub when: String,
    /// Whom to tell.
    pub contact: Contact,
}

/// What to do about danger.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Safeguarding {
    /// Immediate danger.
    pub immediate: String,
    /// Worry about an adult.
    pub adult: Contact,
    /// Worry about a child.
    pub child: Contact,
    /// What else to know.
    pub note: String,
}

impl Safeguarding {
    /// Is there anything to say?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Whom to ask: a role, not a named person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contact {
    /// The role.
    pub role: String,
    /// The organisation's name, where the document names it.
    pub organization: String,
    /// An e-mail address.
    pub email: Option<String>,
    /// Numbers, as written.
    pub phones: Vec<String>,
}

impl Contact {
    /// Is nothing known?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// When it is looked at again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Review {
    /// The date, as ISO.
    pub date: String,
    /// Rows to show: what and when.
    pub rows: Vec<(String, String)>,
}

impl Pathway {
    /// Returns the pathway that this document holds. `document` has the members `description`, `tags` and `body`.
    #[must_use]
    pub fn from_document(document: &Value) -> Self {
        let body = Object::of(document.get("body"));
        let tags = list(document.get("tags"));
        let names = Organizations::of(document);
        let trigger = Object::of(body.get("trigger"));
        let form = Object::of(body.get("form"));
        let form_fields: Vec<Object<'_>> =
            list(form.get("fields")).iter().map(|field| Object::of(Some(field))).collect();
        let code = trigger.text("need");
        let tag = tags.iter().find(|tag| {
            tag.get("curie")
                .and_then(Value::as_str)
                .is_some_and(|curie| curie.rsplit(':').next() == Some(code.as_str()))
        });
        let need = tag
            .and_then(|tag| tag.get("name"))
            .and_then(Value::as_str)
            .map_or_else(|| plain(&code), str::to_owned);
        Self {
            description: Object::of(Some(document)).text("description"),
            need,
            trigger: trigger.text("description"),
            prompt_questions: trigger.texts("prompt_questions"),
            urgency: pairs(trigger.get("urgency_levels"), "level", "when"),
            eligibility: eligibility(&Object::of(body.get("eligibility"))),
            access_routes: pairs(body.get("access_routes"), "route", "how"),
            who_can_refer: body.texts("who_can_refer").iter().map(|who| plain(who)).collect(),
            steps: list(body.get("steps"))
                .iter()
                .map(|step| step_of(&Object::of(Some(step))))
                .collect(),
            referral: referral(&Object::of(body.get("referral_method"))),
            form_fields: form_fields.iter().map(form_field).collect(),
            form_id: form.text("form_id"),
            pass_on: pass_on(&Object::of(body.get("information_to_pass_on")), &form_fields),
            consent: consent(&Object::of(body.get("consent_needed")), &body),
            response_times: rows(&Object::of(body.get("response_time")), RESPONSE_TIMES),
            outcomes: body.texts("outcomes").iter().map(|outcome| plain(outcome)).collect(),
            escalation: list(body.get("escalation"))
                .iter()
                .map(|entry| {
                    let entry = Object::of(Some(entry));
                    let contact = names.contact(&Object::of(entry.get("contact")));
                    Escalation { level: entry.text("level"), when: entry.text("when"), contact }
                })
                .collect(),
            safeguarding: safeguarding(&Object::of(body.get("safeguarding")), &names),
            contacts: list(body.get("contacts"))
                .iter()
                .map(|contact| names.contact(&Object::of(Some(contact))))
                .collect(),
            capacity: list(body.get("capacity"))
                .iter()
                .map(|entry| capacity(&Object::of(Some(entry)), body.get("steps")))
                .collect(),
            measures: body.texts("measures"),
            known_gaps: body.texts("known_gaps"),
            review: review(&Object::of(body.get("review")), &names),
            tags: tags
                .iter()
                .map(|tag| Object::of(Some(tag)).text("name"))
                .filter(|name| !name.is_empty())
                .collect(),
            other: body.others("", KNOWN),
        }
    }
}

/// Members of the body that have a place of their own, and within each the members that are shown.
const KNOWN: &[(&str, &[&str])] = &[
    ("trigger", &["need", "description", "prompt_questions", "urgency_levels"]),
    (
        "eligibility",
        &[
            "eligibility_description",
            "minimum_age",
            "maximum_age",
            "residence_gss_codes",
            "exclusions",
            "what_if_not_eligible",
        ],
    ),
    ("access_routes", &["route", "how"]),
    ("who_can_refer", &[]),
    (
        "steps",
        &[
            "step",
            "who_acts",
            "action",
            "detail",
            "service_id",
            "service_name",
            "response_time",
            "next",
        ],
    ),
    ("referral_method", &["method", "accepted_channels", "referral_email", "referral_url"]),
    ("form", &["form_id", "fields"]),
    ("information_to_pass_on", &["minimum", "only_if_needed", "never"]),
    (
        "consent_needed",
        &["required", "lawful_basis", "consent_wording_id", "without_consent", "override"],
    ),
    ("data_sharing_agreement_id", &[]),
    ("response_time", &["acknowledge", "first_contact", "escalate_after", "auto_close_after"]),
    ("outcomes", &[]),
    ("escalation", &["level", "when", "contact"]),
    ("safeguarding", &["immediate_danger", "adult_concern", "child_concern", "note"]),
    ("contacts", &["organization_id", "role", "email", "phones"]),
    ("capacity", &["service_id", "unit", "available", "maximum", "updated"]),
    ("measures", &[]),
    ("known_gaps", &[]),
    ("review", &["review_date", "review_interval_months", "owner", "last_reviewed"]),
];

const RESPONSE_TIMES: &[(&str, &str)] = &[
    ("acknowledge", "The referral is acknowledged"),
    ("first_contact", "The person is contacted"),
    ("escalate_after", "If nothing happens, escalate after"),
    ("auto_close_after", "The referral is closed after"),
];

/// Returns a telephone number as it may stand in a `tel:` link: digits, with a leading plus kept.
#[must_use]
pub fn dial(number: &str) -> String {
    number.chars().filter(|c| c.is_ascii_digit() || *c == '+').collect()
}
