//! How each part of a pathway is read out of JSON that may have any shape.

use serde_json::{Map, Value};

use super::{Contact, Eligibility, FormField, PassOn, Referral, Review, Safeguarding, Step};
use crate::when;
use crate::words::plain;

/// A JSON object that may not be there.
#[derive(Clone, Copy, Debug)]
pub(super) struct Object<'a>(pub(super) Option<&'a Map<String, Value>>);

impl<'a> Object<'a> {
    pub(super) fn of(value: Option<&'a Value>) -> Self {
        Self(value.and_then(Value::as_object))
    }

    pub(super) fn get(&self, name: &str) -> Option<&'a Value> {
        self.0.and_then(|members| members.get(name)).filter(|value| !value.is_null())
    }

    pub(super) fn text(&self, name: &str) -> String {
        self.get(name).map(written).unwrap_or_default()
    }

    pub(super) fn some_text(&self, name: &str) -> Option<String> {
        Some(self.text(name)).filter(|text| !text.trim().is_empty())
    }

    pub(super) fn texts(&self, name: &str) -> Vec<String> {
        list(self.get(name)).iter().map(written).collect()
    }

    pub(super) fn is(&self, name: &str) -> bool {
        self.get(name).and_then(Value::as_bool) == Some(true)
    }

    /// Returns what is not among the known members, nor among the known members of those.
    pub(super) fn others(&self, prefix: &str, known: &[(&str, &[&str])]) -> Vec<(String, String)> {
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
pub(super) fn list(value: Option<&Value>) -> &[Value] {
    value.and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// Returns any value as text.
pub(super) fn written(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        Value::Bool(true) => "Yes".to_owned(),
        Value::Bool(false) => "No".to_owned(),
        Value::Number(number) => number.to_string(),
        Value::Array(_) | Value::Object(_) => format!("{value:#}"),
    }
}

pub(super) fn pairs(value: Option<&Value>, first: &str, second: &str) -> Vec<(String, String)> {
    list(value)
        .iter()
        .map(|entry| {
            let entry = Object::of(Some(entry));
            (plain(&entry.text(first)), entry.text(second))
        })
        .collect()
}

pub(super) fn rows(object: &Object<'_>, known: &[(&str, &str)]) -> Vec<(String, String)> {
    known
        .iter()
        .filter_map(|(name, label)| Some(((*label).to_owned(), object.some_text(name)?)))
        .collect()
}

pub(super) fn eligibility(object: &Object<'_>) -> Eligibility {
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

pub(super) fn step_of(object: &Object<'_>) -> Step {
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

pub(super) fn referral(object: &Object<'_>) -> Referral {
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

pub(crate) fn is_email(text: &str) -> bool {
    text.contains('@') && text.chars().all(|c| c.is_ascii_alphanumeric() || "@.-_+'".contains(c))
}

pub(super) fn form_field(object: &Object<'_>) -> FormField {
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

pub(super) fn pass_on(object: &Object<'_>, fields: &[Object<'_>]) -> PassOn {
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

pub(super) fn consent(object: &Object<'_>, body: &Object<'_>) -> Vec<(String, String)> {
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

pub(super) fn safeguarding(object: &Object<'_>, names: &Organizations) -> Safeguarding {
    Safeguarding {
        immediate: object.text("immediate_danger"),
        adult: names.contact(&Object::of(object.get("adult_concern"))),
        child: names.contact(&Object::of(object.get("child_concern"))),
        note: object.text("note"),
    }
}

pub(super) fn capacity(object: &Object<'_>, steps: Option<&Value>) -> String {
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

pub(super) fn review(object: &Object<'_>, names: &Organizations) -> Review {
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
pub(super) struct Organizations(Vec<(String, String)>);

impl Organizations {
    pub(super) fn of(document: &Value) -> Self {
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

    pub(super) fn contact(&self, object: &Object<'_>) -> Contact {
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
