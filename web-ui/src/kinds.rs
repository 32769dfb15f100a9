//! What people call each kind of document, and the sections in which it is read and edited.
//!
//! The fields themselves, with their labels, guidance and types, are declared in `crdt_schema::documents`. Here they are
//! only put in order: each section names fields of the kind, and the page that shows them and the forms that change
//! them follow.

mod sections;
mod templates;

use crdt_schema::identity::Kind;

pub use sections::{Section, sections};
pub use templates::{MATCHING, Start, starts};

/// The words for one kind.
#[derive(Clone, Copy, Debug)]
pub struct Words {
    /// With its article: "a pathway".
    pub a: &'static str,
    /// One: "pathway".
    pub one: &'static str,
    /// Several: "pathways".
    pub many: &'static str,
    /// What it is for, in a sentence.
    pub about: &'static str,
    /// How to choose a title.
    pub title_hint: &'static str,
}

/// Returns what people call a kind.
#[must_use]
pub const fn words(kind: Kind) -> Words {
    match kind {
        Kind::ReferralPathway => REFERRAL_PATHWAY,
        Kind::TaggingConvention => TAGGING_CONVENTION,
        Kind::DataSharingAgreement => DATA_SHARING_AGREEMENT,
        Kind::DpiaLite => DPIA_LITE,
        Kind::InformedConsent => INFORMED_CONSENT,
        Kind::AggregatedInsight => AGGREGATED_INSIGHT,
        Kind::DataRequest => DATA_REQUEST,
        Kind::OrganizationProfile => ORGANIZATION_PROFILE,
        Kind::Service => SERVICE,
        Kind::CommunityInsightsProject => COMMUNITY_INSIGHTS_PROJECT,
        Kind::IdeaRegister => IDEA_REGISTER,
        Kind::Survey => SURVEY,
        Kind::ProgrammeEvaluation => PROGRAMME_EVALUATION,
        Kind::Note => NOTE,
        Kind::Crosswalk => CROSSWALK,
    }
}

const fn said([a, one, many, about, title_hint]: [&'static str; 5]) -> Words {
    Words { a, one, many, about, title_hint }
}

const REFERRAL_PATHWAY: Words = said([
    "a pathway",
    "pathway",
    "pathways",
    "Who can refer, to whom, and what happens next.",
    "Say the situation. For example, “Cash first: when somebody cannot afford food”.",
]);

const TAGGING_CONVENTION: Words = said([
    "a list of tags",
    "list of tags",
    "lists of tags",
    "The words that you agree to use for needs and services.",
    "For example, “Northmere shared needs tags”.",
]);

const DATA_SHARING_AGREEMENT: Words = said([
    "an agreement",
    "agreement",
    "agreements",
    "What organisations promise each other about information on people.",
    "Say what is shared. For example, “Data sharing agreement: cash first referrals”.",
]);

const DPIA_LITE: Words = said([
    "a short impact assessment",
    "short impact assessment",
    "short impact assessments",
    "What could go wrong for people, and what you do about it.",
    "Say what is assessed. For example, “Monthly figures on debt advice”.",
]);

const INFORMED_CONSENT: Words = said([
    "a consent wording",
    "consent wording",
    "consent wordings",
    "What you say before somebody agrees to share their details.",
    "Say for what. For example, “Passing on your details for help with food”.",
]);

const AGGREGATED_INSIGHT: Words = said([
    "an insight",
    "insight",
    "insights",
    "Figures of several organisations with small numbers hidden, and the stories beside them.",
    "Say what is counted, where and when.",
]);

const DATA_REQUEST: Words = said([
    "a data request",
    "data request",
    "data requests",
    "Ask another organisation for data, and keep the conversation and the answer.",
    "Say what you ask for. For example, “Council tax arrears by ward”.",
]);

const ORGANIZATION_PROFILE: Words = said([
    "an organisation’s profile",
    "organisation’s profile",
    "organisations’ profiles",
    "What an organisation does, and what others may rely on.",
    "The organisation’s name.",
]);

const SERVICE: Words = said([
    "a service",
    "service",
    "services",
    "Something that people can use.",
    "The service’s name.",
]);

const COMMUNITY_INSIGHTS_PROJECT: Words = said([
    "a project",
    "project",
    "projects",
    "A question that organisations answer together in eight to twelve weeks.",
    "Say the question. For example, “Who is not asking for help with debt?”",
]);

const IDEA_REGISTER: Words = said([
    "a list of ideas",
    "list of ideas",
    "lists of ideas",
    "Ideas for projects, with votes and what became of them.",
    "Say which round. For example, “Ideas, second round of 2026”.",
]);

const SURVEY: Words = said([
    "a survey",
    "survey",
    "surveys",
    "Questions before and after a project. It holds averages, never answers of single people.",
    "Say which project.",
]);

const PROGRAMME_EVALUATION: Words = said([
    "an evaluation",
    "evaluation",
    "evaluations",
    "What changed over a year of projects.",
    "Say which year.",
]);

const NOTE: Words = said([
    "a note",
    "note",
    "notes",
    "A page that you write together, such as what a meeting agreed.",
    "Say what it is about.",
]);

const CROSSWALK: Words = said([
    "a table of matching tags",
    "table of matching tags",
    "tables of matching tags",
    "Which tags of one list mean the same as tags of another, so that two regions can use both.",
    "Say which lists. For example, “Northmere and Saltway: matching tags”.",
]);
