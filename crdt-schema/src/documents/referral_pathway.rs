//! A referral pathway: who can be referred, by whom, to whom, and what happens next.
//!
//! Fields that are not here are kept as they are. All are optional but the kind and the title: a pathway is worth
//! sharing before it is complete.

use schemars::JsonSchema;
use serde::Deserialize;

use super::FieldRule;
use super::MergeRule::{Choice, Text};

/// Writes one row of the table.
const fn row(path: &'static str, merge: super::MergeRule, label: &'static str) -> FieldRule {
    FieldRule { path, label, merge }
}

/// How each field merges, and what people call it. What is not here is a choice if it is one word, number or code;
/// a list or a group of fields merges item by item and field by field.
pub(super) const FIELDS: &[FieldRule] = &[
    row("document_type", Choice, "Kind of document"),
    row("schema_version", Choice, "Version of the form"),
    row("id", Choice, "Identifier"),
    row("title", Text, "Title"),
    row("description", Text, "Summary"),
    row("language", Choice, "Language"),
    row("status", Choice, "Status"),
    row("version", Choice, "Version number"),
    row("owner_organization", Choice, "Owner"),
    row("owner_organization/organization_id", Choice, "Owner: identifier"),
    row("owner_organization/name", Choice, "Owner"),
    row("partner_organizations", Choice, "Partner organisations"),
    row("partner_organizations/*", Choice, "Partner organisation #"),
    row("partner_organizations/*/organization_id", Choice, "Partner organisation #: identifier"),
    row("partner_organizations/*/name", Choice, "Partner organisation #: name"),
    row("geography", Choice, "Area"),
    row("geography/gss_code", Choice, "Area: code"),
    row("geography/name", Choice, "Area: name"),
    row("geography/type", Choice, "Area: type"),
    row("tags", Choice, "Tags"),
    row("tags/*", Choice, "Tag #"),
    row("tags/*/curie", Choice, "Tag #: short code"),
    row("tags/*/term_uri", Choice, "Tag #: address of the term"),
    row("tags/*/taxonomy_term_id", Choice, "Tag #: identifier"),
    row("tags/*/name", Choice, "Tag #: name"),
    row("created", Choice, "Created"),
    row("last_modified", Choice, "Last changed"),
    row("review_date", Choice, "Review date"),
    row("access", Choice, "Access"),
    row("access/visibility", Choice, "Access: who sees it"),
    row("licence", Choice, "Licence"),
    row("provenance", Choice, "Where it comes from"),
    row("assurance", Choice, "Assurance"),
    row("assurance/assured_date", Choice, "Assurance: date"),
    row("assurance/assurer_email", Choice, "Assurance: e-mail"),
    row("assurance/provenance_role", Choice, "Assurance: role"),
    row("body", Choice, "Pathway"),
    row("body/trigger", Choice, "When to use this pathway"),
    row("body/trigger/need", Choice, "Need"),
    row("body/trigger/description", Text, "When to use this pathway"),
    row("body/trigger/prompt_questions", Choice, "Questions to ask"),
    row("body/trigger/prompt_questions/*", Text, "Question # to ask"),
    row("body/trigger/urgency_levels", Choice, "Urgency levels"),
    row("body/trigger/urgency_levels/*", Choice, "Urgency level #"),
    row("body/trigger/urgency_levels/*/level", Choice, "Urgency level #: name"),
    row("body/trigger/urgency_levels/*/when", Text, "Urgency level #: when"),
    row("body/eligibility", Choice, "Who is eligible"),
    row("body/eligibility/eligibility_description", Text, "Who is eligible"),
    row("body/eligibility/minimum_age", Choice, "Minimum age"),
    row("body/eligibility/maximum_age", Choice, "Maximum age"),
    row("body/eligibility/residence_gss_codes", Choice, "Areas of residence"),
    row("body/eligibility/residence_gss_codes/*", Choice, "Area of residence #"),
    row("body/eligibility/exclusions", Choice, "Exclusions"),
    row("body/eligibility/exclusions/*", Text, "Exclusion #"),
    row("body/eligibility/what_if_not_eligible", Text, "What if not eligible"),
    row("body/access_routes", Choice, "Ways in"),
    row("body/access_routes/*", Choice, "Way in #"),
    row("body/access_routes/*/route", Choice, "Way in #: route"),
    row("body/access_routes/*/how", Text, "Way in #: how"),
    row("body/who_can_refer", Choice, "Who can refer"),
    row("body/who_can_refer/*", Text, "Who can refer, line #"),
    row("body/steps", Choice, "Steps"),
    row("body/steps/*", Choice, "Step #"),
    row("body/steps/*/step", Choice, "Step #: number"),
    row("body/steps/*/who_acts", Choice, "Step #: who acts"),
    row("body/steps/*/action", Choice, "Step #: action"),
    row("body/steps/*/detail", Text, "Step #: detail"),
    row("body/steps/*/service_id", Choice, "Step #: service identifier"),
    row("body/steps/*/service_name", Choice, "Step #: service"),
    row("body/steps/*/response_time", Choice, "Step #: response time"),
    row("body/steps/*/next", Text, "Step #: what comes next"),
    row("body/referral_method", Choice, "How to refer"),
    row("body/referral_method/method", Choice, "How to refer: method"),
    row("body/referral_method/accepted_channels", Choice, "How to refer: channels"),
    row("body/referral_method/accepted_channels/*", Choice, "How to refer: channel #"),
    row("body/referral_method/referral_email", Choice, "How to refer: e-mail"),
    row("body/referral_method/referral_url", Choice, "How to refer: web address"),
    row("body/form", Choice, "Referral form"),
    row("body/form/form_id", Choice, "Referral form: identifier"),
    row("body/form/fields", Choice, "Form fields"),
    row("body/form/fields/*", Choice, "Form field #"),
    row("body/form/fields/*/name", Choice, "Form field #: name"),
    row("body/form/fields/*/label", Text, "Form field #: label"),
    row("body/form/fields/*/type", Choice, "Form field #: type"),
    row("body/form/fields/*/options", Choice, "Form field #: options"),
    row("body/form/fields/*/options/*", Choice, "Form field #: option #"),
    row("body/form/fields/*/required", Choice, "Form field #: required"),
    row("body/form/fields/*/personal_data", Choice, "Form field #: personal data"),
    row("body/form/fields/*/special_category", Choice, "Form field #: special category data"),
    row("body/form/fields/*/why", Text, "Form field #: why it is asked"),
    row("body/information_to_pass_on", Choice, "Information to pass on"),
    row("body/information_to_pass_on/minimum", Choice, "Always pass on"),
    row("body/information_to_pass_on/minimum/*", Choice, "Always pass on, line #"),
    row("body/information_to_pass_on/only_if_needed", Choice, "Pass on only if needed"),
    row("body/information_to_pass_on/only_if_needed/*", Choice, "Pass on only if needed, line #"),
    row("body/information_to_pass_on/never", Choice, "Never pass on"),
    row("body/information_to_pass_on/never/*", Text, "Never pass on, line #"),
    row("body/consent_needed", Choice, "Consent"),
    row("body/consent_needed/required", Choice, "Consent: required"),
    row("body/consent_needed/lawful_basis", Choice, "Consent: lawful basis"),
    row("body/consent_needed/consent_wording_id", Choice, "Consent: wording"),
    row("body/consent_needed/without_consent", Text, "Consent: what to do without it"),
    row("body/consent_needed/override", Text, "Consent: when it is not needed"),
    row("body/data_sharing_agreement_id", Choice, "Data-sharing agreement"),
    row("body/response_time", Choice, "Response times"),
    row("body/response_time/acknowledge", Choice, "Response time: acknowledge"),
    row("body/response_time/first_contact", Choice, "Response time: first contact"),
    row("body/response_time/escalate_after", Choice, "Response time: escalate after"),
    row("body/response_time/auto_close_after", Choice, "Response time: close after"),
    row("body/outcomes", Choice, "Outcomes"),
    row("body/outcomes/*", Choice, "Outcome #"),
    row("body/escalation", Choice, "Escalation"),
    row("body/escalation/*", Choice, "Escalation #"),
    row("body/escalation/*/level", Choice, "Escalation #: level"),
    row("body/escalation/*/when", Text, "Escalation #: when"),
    row("body/escalation/*/contact", Choice, "Escalation #: contact"),
    row("body/escalation/*/contact/organization_id", Choice, "Escalation #: organisation"),
    row("body/escalation/*/contact/role", Choice, "Escalation #: role"),
    row("body/escalation/*/contact/email", Choice, "Escalation #: e-mail"),
    row("body/escalation/*/contact/phones", Choice, "Escalation #: phone numbers"),
    row("body/escalation/*/contact/phones/*", Choice, "Escalation #: phone number #"),
    row("body/escalation/*/contact/phones/*/number", Choice, "Escalation #: phone number #"),
    row("body/safeguarding", Choice, "Safeguarding"),
    row("body/safeguarding/immediate_danger", Text, "Safeguarding: immediate danger"),
    row("body/safeguarding/adult_concern", Choice, "Safeguarding: concern for an adult"),
    row("body/safeguarding/adult_concern/role", Choice, "Safeguarding: concern for an adult, role"),
    row(
        "body/safeguarding/adult_concern/email",
        Choice,
        "Safeguarding: concern for an adult, e-mail",
    ),
    row(
        "body/safeguarding/adult_concern/organization_id",
        Choice,
        "Safeguarding: concern for an adult, organisation",
    ),
    row(
        "body/safeguarding/adult_concern/phones",
        Choice,
        "Safeguarding: concern for an adult, phone numbers",
    ),
    row(
        "body/safeguarding/adult_concern/phones/*/number",
        Choice,
        "Safeguarding: concern for an adult, phone number #",
    ),
    row("body/safeguarding/child_concern", Choice, "Safeguarding: concern for a child"),
    row("body/safeguarding/child_concern/role", Choice, "Safeguarding: concern for a child, role"),
    row(
        "body/safeguarding/child_concern/email",
        Choice,
        "Safeguarding: concern for a child, e-mail",
    ),
    row(
        "body/safeguarding/child_concern/organization_id",
        Choice,
        "Safeguarding: concern for a child, organisation",
    ),
    row(
        "body/safeguarding/child_concern/phones",
        Choice,
        "Safeguarding: concern for a child, phone numbers",
    ),
    row(
        "body/safeguarding/child_concern/phones/*/number",
        Choice,
        "Safeguarding: concern for a child, phone number #",
    ),
    row("body/safeguarding/note", Text, "Safeguarding: note"),
    row("body/contacts", Choice, "Contacts"),
    row("body/contacts/*", Choice, "Contact #"),
    row("body/contacts/*/organization_id", Choice, "Contact #: organisation"),
    row("body/contacts/*/role", Choice, "Contact #: role"),
    row("body/contacts/*/email", Choice, "Contact #: e-mail"),
    row("body/contacts/*/phones", Choice, "Contact #: phone numbers"),
    row("body/contacts/*/phones/*", Choice, "Contact #: phone number #"),
    row("body/contacts/*/phones/*/number", Choice, "Contact #: phone number #"),
    row("body/capacity", Choice, "Capacity"),
    row("body/capacity/*", Choice, "Capacity #"),
    row("body/capacity/*/service_id", Choice, "Capacity #: service identifier"),
    row("body/capacity/*/unit", Choice, "Capacity #: unit"),
    row("body/capacity/*/available", Choice, "Capacity #: available"),
    row("body/capacity/*/maximum", Choice, "Capacity #: maximum"),
    row("body/capacity/*/updated", Choice, "Capacity #: updated"),
    row("body/measures", Choice, "Measures"),
    row("body/measures/*", Text, "Measure #"),
    row("body/known_gaps", Choice, "Known gaps"),
    row("body/known_gaps/*", Text, "Known gap #"),
    row("body/review", Choice, "Review"),
    row("body/review/review_date", Choice, "Review: date"),
    row("body/review/review_interval_months", Choice, "Review: interval in months"),
    row("body/review/owner", Choice, "Review: owner"),
    row("body/review/owner/organization_id", Choice, "Review: organisation of the owner"),
    row("body/review/owner/role", Choice, "Review: role of the owner"),
    row("body/review/owner/email", Choice, "Review: e-mail of the owner"),
    row("body/review/owner/phones", Choice, "Review: phone numbers of the owner"),
    row("body/review/last_reviewed", Choice, "Review: last reviewed"),
];

/// A referral pathway.
#[derive(Debug, Deserialize, JsonSchema)]
#[expect(
    dead_code,
    reason = "the types are the form: files are checked against them and the schema is made from them"
)]
pub(super) struct ReferralPathway {
    /// Always `referral_pathway`.
    document_type: String,
    /// The version of this form, for example `draft-1`.
    schema_version: Option<String>,
    /// A UUID from where the file was made.
    id: Option<String>,
    /// What the pathway is called.
    title: String,
    /// What it is for, in a sentence or two.
    description: Option<String>,
    /// A language tag (BCP 47).
    language: Option<String>,
    /// One of draft, in_review, agreed, published, suspended, superseded, withdrawn.
    status: Option<String>,
    /// A number for people, raised when the pathway is agreed.
    version: Option<u64>,
    owner_organization: Option<Organization>,
    #[serde(default)]
    partner_organizations: Vec<Organization>,
    geography: Option<Geography>,
    #[serde(default)]
    tags: Vec<Tag>,
    /// When the file was made.
    created: Option<String>,
    /// When it last changed.
    last_modified: Option<String>,
    /// When somebody must look at it again.
    review_date: Option<String>,
    access: Option<Access>,
    /// An SPDX identifier, for example OGL-UK-3.0.
    licence: Option<String>,
    provenance: Option<serde_json::Map<String, serde_json::Value>>,
    assurance: Option<Assurance>,
    body: Option<Body>,
}

/// An organisation as files name it.
#[derive(Debug, Deserialize, JsonSchema)]
#[expect(dead_code, reason = "part of the form")]
struct Organization {
    organization_id: Option<String>,
    name: Option<String>,
}

/// The area that a pathway is for.
#[derive(Debug, Deserialize, JsonSchema)]
#[expect(dead_code, reason = "part of the form")]
struct Geography {
    /// A code of the Office for National Statistics.
    gss_code: Option<String>,
    name: Option<String>,
    r#type: Option<String>,
}

/// A term of a shared taxonomy.
#[derive(Debug, Deserialize, JsonSchema)]
#[expect(dead_code, reason = "part of the form")]
struct Tag {
    curie: Option<String>,
    term_uri: Option<String>,
    taxonomy_term_id: Option<String>,
    name: Option<String>,
}

/// Who could see the file where it was made. In a workspace the audience decides.
#[derive(Debug, Deserialize, JsonSchema)]
#[expect(dead_code, reason = "part of the form")]
struct Access {
    visibility: Option<String>,
    #[serde(default)]
    read: Vec<String>,
    #[serde(default)]
    comment: Vec<String>,
    #[serde(default)]
    edit: Vec<String>,
}

/// Who vouches for it.
#[derive(Debug, Deserialize, JsonSchema)]
#[expect(dead_code, reason = "part of the form")]
struct Assurance {
    assured_date: Option<String>,
    assurer_email: Option<String>,
    /// One of owner, regulator, assurer, none.
    provenance_role: Option<String>,
}

/// The pathway itself.
#[derive(Debug, Deserialize, JsonSchema)]
#[expect(dead_code, reason = "part of the form")]
struct Body {
    trigger: Option<Trigger>,
    eligibility: Option<Eligibility>,
    #[serde(default)]
    access_routes: Vec<AccessRoute>,
    /// Sentences.
    #[serde(default)]
    who_can_refer: Vec<String>,
    #[serde(default)]
    steps: Vec<Step>,
    referral_method: Option<ReferralMethod>,
    form: Option<Form>,
    information_to_pass_on: Option<InformationToPassOn>,
    consent_needed: Option<Consent>,
    data_sharing_agreement_id: Option<String>,
    response_time: Option<ResponseTime>,
    /// Codes, for example accepted or declined_no_capacity.
    #[serde(default)]
    outcomes: Vec<String>,
    #[serde(default)]
    escalation: Vec<Escalation>,
    safeguarding: Option<Safeguarding>,
    /// Roles, not named people.
    #[serde(default)]
    contacts: Vec<Contact>,
    #[serde(default)]
    capacity: Vec<Capacity>,
    /// Sentences: what is counted.
    #[serde(default)]
    measures: Vec<String>,
    /// Sentences: what nobody offers yet.
    #[serde(default)]
    known_gaps: Vec<String>,
    review: Option<Review>,
}

/// When the pathway is used.
#[derive(Debug, Deserialize, JsonSchema)]
#[expect(dead_code, reason = "part of the form")]
struct Trigger {
    /// A code of the shared taxonomy.
    need: Option<String>,
    description: Option<String>,
    #[serde(default)]
    prompt_questions: Vec<String>,
    #[serde(default)]
    urgency_levels: Vec<UrgencyLevel>,
}

/// How urgent it can be, and how one knows.
#[derive(Debug, Deserialize, JsonSchema)]
#[expect(dead_code, reason = "part of the form")]
struct UrgencyLevel {
    level: Option<String>,
    when: Option<String>,
}

/// Who can be referred.
#[derive(Debug, Deserialize, JsonSchema)]
#[expect(dead_code, reason = "part of the form")]
struct Eligibility {
    eligibility_description: Option<String>,
    minimum_age: Option<f64>,
    maximum_age: Option<f64>,
    #[serde(default)]
    residence_gss_codes: Vec<String>,
    #[serde(default)]
    exclusions: Vec<String>,
    /// What to do instead.
    what_if_not_eligible: Option<String>,
}

/// A way in.
#[derive(Debug, Deserialize, JsonSchema)]
#[expect(dead_code, reason = "part of the form")]
struct AccessRoute {
    /// A code, for example self_referral or warm_handover.
    route: Option<String>,
    how: Option<String>,
}

/// One step.
#[derive(Debug, Deserialize, JsonSchema)]
#[expect(dead_code, reason = "part of the form")]
struct Step {
    /// Its number. Where numbers do not count up, people are shown 1, 2, 3 and so on.
    step: Option<i64>,
    who_acts: Option<String>,
    /// One of ask, refer, assess, contact, close_the_loop, or another word.
    action: Option<String>,
    detail: Option<String>,
    service_id: Option<String>,
    service_name: Option<String>,
    response_time: Option<String>,
    /// What comes next, in a sentence.
    next: Option<String>,
}

/// How a referral is made.
#[derive(Debug, Deserialize, JsonSchema)]
#[expect(dead_code, reason = "part of the form")]
struct ReferralMethod {
    /// One of internal, external, none.
    method: Option<String>,
    #[serde(default)]
    accepted_channels: Vec<String>,
    referral_email: Option<String>,
    referral_url: Option<String>,
}

/// The referral form.
#[derive(Debug, Deserialize, JsonSchema)]
#[expect(dead_code, reason = "part of the form")]
struct Form {
    form_id: Option<String>,
    #[serde(default)]
    fields: Vec<FormField>,
}

/// One question of the referral form.
#[derive(Debug, Deserialize, JsonSchema)]
#[expect(dead_code, reason = "part of the form")]
struct FormField {
    name: Option<String>,
    label: Option<String>,
    r#type: Option<String>,
    #[serde(default)]
    options: Vec<String>,
    required: Option<bool>,
    personal_data: Option<bool>,
    /// Health, ethnicity and the like (UK GDPR, article 9).
    special_category: Option<bool>,
    /// Why it is asked.
    why: Option<String>,
}

/// What is passed on with a referral, by names of form fields; `never` in sentences.
#[derive(Debug, Deserialize, JsonSchema)]
#[expect(dead_code, reason = "part of the form")]
struct InformationToPassOn {
    #[serde(default)]
    minimum: Vec<String>,
    #[serde(default)]
    only_if_needed: Vec<String>,
    #[serde(default)]
    never: Vec<String>,
}

/// Whether consent is needed, and what to do without it.
#[derive(Debug, Deserialize, JsonSchema)]
#[expect(dead_code, reason = "part of the form")]
struct Consent {
    required: Option<bool>,
    lawful_basis: Option<String>,
    consent_wording_id: Option<String>,
    without_consent: Option<String>,
    r#override: Option<String>,
}

/// How fast things happen, in words.
#[derive(Debug, Deserialize, JsonSchema)]
#[expect(dead_code, reason = "part of the form")]
struct ResponseTime {
    acknowledge: Option<String>,
    first_contact: Option<String>,
    escalate_after: Option<String>,
    auto_close_after: Option<String>,
}

/// Whom to turn to when things get stuck.
#[derive(Debug, Deserialize, JsonSchema)]
#[expect(dead_code, reason = "part of the form")]
struct Escalation {
    level: Option<i64>,
    when: Option<String>,
    contact: Option<Contact>,
}

/// A role in an organisation, not a named person.
#[derive(Debug, Deserialize, JsonSchema)]
#[expect(dead_code, reason = "part of the form")]
struct Contact {
    organization_id: Option<String>,
    role: Option<String>,
    email: Option<String>,
    #[serde(default)]
    phones: Vec<Phone>,
}

/// A phone number.
#[derive(Debug, Deserialize, JsonSchema)]
#[expect(dead_code, reason = "part of the form")]
struct Phone {
    number: Option<String>,
}

/// What to do when somebody is in danger.
#[derive(Debug, Deserialize, JsonSchema)]
#[expect(dead_code, reason = "part of the form")]
struct Safeguarding {
    immediate_danger: Option<String>,
    adult_concern: Option<Contact>,
    child_concern: Option<Contact>,
    note: Option<String>,
}

/// How much room a service has.
#[derive(Debug, Deserialize, JsonSchema)]
#[expect(dead_code, reason = "part of the form")]
struct Capacity {
    service_id: Option<String>,
    unit: Option<String>,
    available: Option<f64>,
    maximum: Option<f64>,
    updated: Option<String>,
}

/// When and by whom the pathway is looked at again.
#[derive(Debug, Deserialize, JsonSchema)]
#[expect(dead_code, reason = "part of the form")]
struct Review {
    review_date: Option<String>,
    review_interval_months: Option<f64>,
    owner: Option<Contact>,
    last_reviewed: Option<String>,
}
