//! A referral pathway as a person reads it, made from its JSON.
//!
//! The JSON comes from other organisations and may lack anything, hold anything, or hold it in another shape. What is
//! missing is empty, and what has no place of its own stands in `other`, so that nothing is hidden.

use serde_json::{Map, Value};

use crate::when;
use crate::words::plain;

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

/// A JSON object that may not be there.
#[derive(Clone, Copy, Debug)]
struct Object<'a>(Option<&'a Map<String, Value>>);

impl<'a> Object<'a> {
    fn of(value: Option<&'a Value>) -> Self {
        Self(value.and_then(Value::as_object))
    }

    fn get(&self, name: &str) -> Option<&'a Value> {
        self.0.and_then(|members| members.get(name)).filter(|value| !value.is_null())
    }

    fn text(&self, name: &str) -> String {
        self.get(name).map(written).unwrap_or_default()
    }

    fn some_text(&self, name: &str) -> Option<String> {
        Some(self.text(name)).filter(|text| !text.trim().is_empty())
    }

    fn texts(&self, name: &str) -> Vec<String> {
        list(self.get(name)).iter().map(written).collect()
    }

    fn is(&self, name: &str) -> bool {
        self.get(name).and_then(Value::as_bool) == Some(true)
    }

    /// Returns what is not among the known members, nor among the known members of those.
    fn others(&self, prefix: &str, known: &[(&str, &[&str])]) -> Vec<(String, String)> {
        let mut others = Vec::new();
        for (name, value) in self.0.into_iter().flatten() {
            let label = format!("{prefix}{}", plain(name));
            let Some((_, inner)) = known.iter().find(|(known, _)| known == name) else {
                others.push((label, written(value)));
                continue;
            };
            let inner: Vec<(&str, &[&str])> = inner.iter().map(|name| (*name, &[][..])).collect();
            let entries = if inner.is_empty() { &[][..] } else { list(Some(value)) };
            for entry in entries.iter().chain(Some(value)) {
                if !inner.is_empty() {
                    others.extend(Object::of(Some(entry)).others(&format!("{label}: "), &inner));
                }
            }
        }
        others
    }
}

/// Returns the items of a list, or none.
fn list(value: Option<&Value>) -> &[Value] {
    value.and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// Returns any value as text.
fn written(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        Value::Bool(true) => "Yes".to_owned(),
        Value::Bool(false) => "No".to_owned(),
        Value::Number(number) => number.to_string(),
        Value::Array(_) | Value::Object(_) => format!("{value:#}"),
    }
}

fn pairs(value: Option<&Value>, first: &str, second: &str) -> Vec<(String, String)> {
    list(value)
        .iter()
        .map(|entry| {
            let entry = Object::of(Some(entry));
            (plain(&entry.text(first)), entry.text(second))
        })
        .collect()
}

fn rows(object: &Object<'_>, known: &[(&str, &str)]) -> Vec<(String, String)> {
    known
        .iter()
        .filter_map(|(name, label)| Some(((*label).to_owned(), object.some_text(name)?)))
        .collect()
}

fn eligibility(object: &Object<'_>) -> Eligibility {
    let ages = match (object.some_text("minimum_age"), object.some_text("maximum_age")) {
        (Some(from), Some(to)) => format!("Aged {from} to {to}"),
        (Some(from), None) => format!("Aged {from} or over"),
        (None, Some(to)) => format!("Aged {to} or under"),
        (None, None) => String::new(),
    };
    Eligibility {
        description: object.text("eligibility_description"),
        ages,
        places: object.texts("residence_gss_codes"),
        exclusions: object.texts("exclusions"),
        otherwise: object.text("what_if_not_eligible"),
    }
}

fn step_of(object: &Object<'_>) -> Step {
    let action = plain(&object.text("action"));
    let service = object.text("service_name");
    let heading = match (action.as_str(), service.is_empty()) {
        ("", true) => "Step".to_owned(),
        ("", false) => service,
        (_, true) => action,
        ("Refer", false) => format!("Refer to {service}"),
        (_, false) => format!("{action}: {service}"),
    };
    Step {
        heading,
        who: plain(&object.text("who_acts")),
        detail: object.text("detail"),
        response_time: object.text("response_time"),
        next: object.text("next"),
    }
}

fn referral(object: &Object<'_>) -> Referral {
    let method = match object.text("method").as_str() {
        "internal" => "Refer with the form below.".to_owned(),
        "external" => "Refer on the other organisation’s own page.".to_owned(),
        "none" => "No referral is needed.".to_owned(),
        other => plain(other),
    };
    Referral {
        method,
        channels: object.texts("accepted_channels").iter().map(|channel| plain(channel)).collect(),
        email: object.some_text("referral_email").filter(|email| is_email(email)),
        // An address from another organisation becomes a link only if it can be nothing but a web page.
        url: object.some_text("referral_url").filter(|url| url.starts_with("https://")),
    }
}

fn is_email(text: &str) -> bool {
    text.contains('@') && text.chars().all(|c| c.is_ascii_alphanumeric() || "@.-_+'".contains(c))
}

fn form_field(object: &Object<'_>) -> FormField {
    let options = object.texts("options");
    let answer = if options.is_empty() {
        plain(&object.text("type"))
    } else {
        options.iter().map(|option| plain(option)).collect::<Vec<_>>().join(", ")
    };
    let data = if object.is("special_category") {
        "Special category"
    } else if object.is("personal_data") {
        "Personal"
    } else {
        ""
    };
    FormField {
        label: object.some_text("label").unwrap_or_else(|| plain(&object.text("name"))),
        answer,
        required: object.is("required"),
        data: data.to_owned(),
        why: object.text("why"),
    }
}

fn pass_on(object: &Object<'_>, fields: &[Object<'_>]) -> PassOn {
    let labels = |name: &str| {
        object
            .texts(name)
            .iter()
            .map(|entry| {
                let field = fields.iter().find(|field| field.text("name") == *entry);
                field.and_then(|field| field.some_text("label")).unwrap_or_else(|| plain(entry))
            })
            .collect()
    };
    PassOn {
        minimum: labels("minimum"),
        only_if_needed: labels("only_if_needed"),
        never: labels("never"),
    }
}

fn consent(object: &Object<'_>, body: &Object<'_>) -> Vec<(String, String)> {
    let mut said = Vec::new();
    if let Some(required) = object.get("required").and_then(Value::as_bool) {
        let answer =
            if required { "Yes. Ask the person before you share anything." } else { "No." };
        said.push(("Is consent needed?".to_owned(), answer.to_owned()));
    }
    said.extend(
        object.some_text("lawful_basis").map(|basis| ("Lawful basis".to_owned(), plain(&basis))),
    );
    said.extend(rows(
        object,
        &[
            ("without_consent", "If the person does not consent"),
            ("override", "When to share without consent"),
            ("consent_wording_id", "Consent wording"),
        ],
    ));
    said.extend(
        body.some_text("data_sharing_agreement_id")
            .map(|id| ("Data sharing agreement".to_owned(), id)),
    );
    said
}

fn safeguarding(object: &Object<'_>, names: &Organizations) -> Safeguarding {
    Safeguarding {
        immediate: object.text("immediate_danger"),
        adult: names.contact(&Object::of(object.get("adult_concern"))),
        child: names.contact(&Object::of(object.get("child_concern"))),
        note: object.text("note"),
    }
}

fn capacity(object: &Object<'_>, steps: Option<&Value>) -> String {
    let id = object.text("service_id");
    let service = list(steps)
        .iter()
        .map(|step| Object::of(Some(step)))
        .find(|step| !id.is_empty() && step.text("service_id") == id)
        .map_or(id, |step| step.text("service_name"));
    let room = match (object.some_text("available"), object.some_text("maximum")) {
        (Some(available), Some(maximum)) => format!("{available} of {maximum}"),
        (Some(some), None) | (None, Some(some)) => some,
        (None, None) => "not known".to_owned(),
    };
    let mut sentence = format!("{service}: {room} {}", object.text("unit")).trim().to_owned();
    if let Some(updated) = object.some_text("updated") {
        sentence.push_str(&format!(" (on {})", when::iso_date(&updated)));
    }
    sentence
}

fn review(object: &Object<'_>, names: &Organizations) -> Review {
    let mut rows = Vec::new();
    rows.extend(
        object
            .some_text("review_date")
            .map(|date| ("Next review".to_owned(), when::iso_date(&date))),
    );
    rows.extend(
        object
            .some_text("last_reviewed")
            .map(|date| ("Last reviewed".to_owned(), when::iso_date(&date))),
    );
    rows.extend(
        object
            .some_text("review_interval_months")
            .map(|months| ("How often".to_owned(), format!("Every {months} months"))),
    );
    let owner = names.contact(&Object::of(object.get("owner")));
    if !owner.is_empty() {
        let who = [owner.role, owner.organization]
            .into_iter()
            .filter(|part| !part.is_empty())
            .collect::<Vec<_>>()
            .join(", ");
        rows.push(("Who looks after it".to_owned(), who));
    }
    Review { date: object.text("review_date"), rows }
}

/// The names that the document itself gives to organisations.
#[derive(Debug)]
struct Organizations(Vec<(String, String)>);

impl Organizations {
    fn of(document: &Value) -> Self {
        let named = document
            .get("owner_organization")
            .into_iter()
            .chain(list(document.get("partner_organizations")));
        Self(
            named
                .map(|entry| {
                    let entry = Object::of(Some(entry));
                    (entry.text("organization_id"), entry.text("name"))
                })
                .collect(),
        )
    }

    fn contact(&self, object: &Object<'_>) -> Contact {
        let id = object.text("organization_id");
        let named = self.0.iter().find(|(known, _)| !id.is_empty() && *known == id);
        Contact {
            role: object.text("role"),
            organization: object
                .some_text("organization_name")
                .or_else(|| named.map(|(_, name)| name.clone()))
                .unwrap_or_default(),
            email: object.some_text("email").filter(|email| is_email(email)),
            phones: list(object.get("phones"))
                .iter()
                .map(|phone| {
                    Object::of(Some(phone)).some_text("number").unwrap_or_else(|| written(phone))
                })
                .collect(),
        }
    }
}

/// Returns a telephone number as it may stand in a `tel:` link: digits, with a leading plus kept.
#[must_use]
pub fn dial(number: &str) -> String {
    number.chars().filter(|c| c.is_ascii_digit() || *c == '+').collect()
}
