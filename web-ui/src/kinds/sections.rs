//! In which order the fields of each kind stand.

use crdt_schema::identity::Kind;

/// Fields that are read and edited together.
#[derive(Clone, Copy, Debug)]
pub struct Section {
    /// How it is named in addresses.
    pub slug: &'static str,
    /// What it is called.
    pub title: &'static str,
    /// The group that the fields are in: "/body", or "/" for the top.
    pub root: &'static str,
    /// Its fields by name. If it is one group, its fields are the section's.
    pub fields: &'static [&'static str],
}

const fn top(slug: &'static str, title: &'static str, fields: &'static [&'static str]) -> Section {
    Section { slug, title, root: "/", fields }
}

const fn body(slug: &'static str, title: &'static str, fields: &'static [&'static str]) -> Section {
    Section { slug, title, root: "/body", fields }
}

/// What is said about a document itself comes first.
const ABOUT: Section =
    top("about", "Title and summary", &["title", "description", "status", "review_date"]);

/// Tags, with whom, where and under which licence come last.
const LAST: &[Section] = &[
    top("tags", "Tags", &["tags"]),
    top("partners", "Partners and area", &["partner_organizations", "geography"]),
    top("licence", "Language and licence", &["language", "licence"]),
    top("assurance", "Who vouches for it", &["assurance"]),
];

/// Returns the sections of a kind in order; none for a referral pathway, whose pages are made by hand.
#[must_use]
pub fn sections(kind: Kind) -> Vec<Section> {
    let own = own(kind);
    match kind {
        Kind::ReferralPathway => Vec::new(),
        Kind::OrganizationProfile | Kind::Service => own.to_vec(),
        _ => [ABOUT].iter().chain(own).chain(LAST).copied().collect(),
    }
}

const fn own(kind: Kind) -> &'static [Section] {
    match kind {
        Kind::ReferralPathway => &[],
        Kind::TaggingConvention => TAGGING,
        Kind::DataSharingAgreement => AGREEMENT,
        Kind::DpiaLite => DPIA,
        Kind::InformedConsent => CONSENT,
        Kind::AggregatedInsight => INSIGHT,
        Kind::DataRequest => REQUEST,
        Kind::OrganizationProfile => PROFILE,
        Kind::Service => SERVICE,
        Kind::CommunityInsightsProject => PROJECT,
        Kind::IdeaRegister => IDEAS,
        Kind::Survey => SURVEY,
        Kind::ProgrammeEvaluation => EVALUATION,
        Kind::Note => NOTE,
        Kind::Crosswalk => CROSSWALK,
    }
}

const TAGGING: &[Section] = &[
    body("terms", "The tags", &["terms"]),
    body("rules", "Rules for using tags", &["rules"]),
    body("governance", "How tags are changed", &["governance"]),
    body("list", "The list", &["taxonomy"]),
    body("other-lists", "Other lists that tags are matched with", &["external_vocabularies"]),
    body("changes", "Changes", &["changes"]),
];

const AGREEMENT: &[Section] = &[
    body("kind", "What kind of agreement", &["agreement_kind", "waspi_equivalent"]),
    body("parties", "Parties", &["parties"]),
    body("purpose", "Purpose", &["purpose"]),
    body("data", "What is shared", &["data_items", "data_subjects"]),
    body(
        "lawful-basis",
        "Lawful basis",
        &["lawful_basis", "special_category", "criminal_offence", "legislation"],
    ),
    body("rights", "Rights of the people it is about", &["individual_rights"]),
    body("care", "How information is looked after", &["information_governance"]),
    body("joining", "Joining and leaving", &["other_organisations"]),
    body("term", "Start, end and ending it early", &["term"]),
    body("disputes", "If parties disagree", &["dispute_resolution"]),
    body("assessment", "Impact assessment and consent wording", &["dpia", "consent_form"]),
    body("decisions", "Decisions", &["decision_log"]),
    body("review", "Review", &["review"]),
    body("changes", "Changes", &["changes"]),
];

const DPIA: &[Section] = &[
    body("controllers", "Who is responsible", &["controllers"]),
    body("screening", "Is a short assessment enough?", &["screening"]),
    body("need", "Step 1: why it is needed", &["step1_need"]),
    body("processing", "Step 2: what is done", &["step2_processing"]),
    body("consultation", "Step 3: who was asked", &["step3_consultation"]),
    body("necessity", "Step 4: is it needed and in proportion?", &["step4_necessity"]),
    body("risks", "Step 5: risks", &["step5_risks"]),
    body("measures", "Step 6: what lowers the risks", &["step6_measures"]),
    body("signed-off", "Step 7: who agreed to it", &["step7_signoff"]),
    body("links", "Linked documents", &["linked_documents"]),
];

const CONSENT: &[Section] = &[
    body("wording", "Words to read out", &["short_wording", "lawful_basis", "when_not_to_use"]),
    body("named", "Who is named", &["controllers_named"]),
    body("purposes", "Purposes", &["purposes"]),
    body("choices", "Choices", &["choices"]),
    body("withdrawal", "Changing one’s mind", &["withdrawal"]),
    body("rights", "How long, rights and complaints", &["retention", "rights_link", "complaints"]),
    body("capacity", "Who may decide", &["capacity"]),
    body("formats", "Formats and languages", &["formats"]),
    body("record", "What to write down, and asking again", &["record_to_keep", "refresh"]),
    body("tested", "Tested with", &["tested_with"]),
];

const INSIGHT: &[Section] = &[
    body("narrative", "What it tells us", &["narrative"]),
    body("indicator", "What is counted", &["indicator", "breakdowns", "geography", "period"]),
    body("figures", "Figures", &["data"]),
    body("caveats", "What to keep in mind", &["caveats"]),
    body("hidden", "How small numbers are hidden", &["suppression"]),
    body("sources", "Where the figures come from", &["source_organizations", "method"]),
    body("chart", "Chart", &["visualisation"]),
    body(
        "next",
        "What comes next",
        &["next_release", "forecast", "contact", "dpia_id", "project_id"],
    ),
];

const REQUEST: &[Section] = &[
    body(
        "request",
        "What is asked for",
        &[
            "requesting_organization",
            "receiving_organization",
            "date_requested",
            "date_received",
            "description_of_data",
            "data_items",
            "record_level",
            "frequency",
            "dates_requested",
            "minimum_alternative",
        ],
    ),
    body("why", "Why", &["purpose", "why_necessary"]),
    body(
        "law",
        "Law",
        &[
            "controller_relationship",
            "agreement_in_place",
            "proposed_lawful_basis",
            "special_category",
        ],
    ),
    body("conversation", "Conversation", &["conversation", "first_conversation_within_days"]),
    body("decision", "Decision", &["decision"]),
    body("signed", "Signed", &["signed"]),
];

const PROFILE: &[Section] = &[
    top("about", "Name and summary", &["name", "description", "status", "review_date"]),
    top("kind", "What kind of organisation", &["kind", "legal_status", "size_band", "income_band"]),
    top("numbers", "Numbers", &["organization_identifiers"]),
    top("contact", "How to reach it", &["website", "email"]),
    top("work", "Services and areas", &["service_ids", "areas"]),
    top("assurance", "What others may rely on", &["assurance"]),
    top("tags", "Tags", &["tags"]),
    top("licence", "Licence", &["licence"]),
];

const SERVICE: &[Section] = &[
    top("about", "Name and summary", &["name", "description", "status", "review_date", "alert"]),
    top("who", "Who can use it", &["eligibility_description", "minimum_age", "maximum_age"]),
    top("times", "Opening times", &["schedules"]),
    top("places", "Places and areas", &["service_at_locations", "service_areas"]),
    top("contact", "How to reach it", &["url", "email", "contacts"]),
    top("prices", "What it costs", &["fees", "cost_options"]),
    top("languages", "Languages", &["languages"]),
    top("provider", "Who runs it", &["organization", "organization_id", "partner_organizations"]),
    top(
        "quality",
        "Checks and funding",
        &["accreditations", "assured_date", "assurer_email", "funding"],
    ),
    top("directory", "Terms of directories", &["attributes"]),
    top("tags", "Tags", &["tags"]),
    top("licence", "Licence", &["licence"]),
];

const PROJECT: &[Section] = &[
    body("idea", "Idea", &["idea"]),
    body("why", "Why this project", &["prioritisation"]),
    body("weeks", "Weeks", &["timebox"]),
    body("phases", "Phases", &["phases"]),
    body("team", "Team", &["team", "team_size", "complementary_team", "facilitator"]),
    body("questions", "Questions", &["questions"]),
    body("data", "Data", &["data_plan"]),
    body("law", "Law and risk", &["legal_and_risk"]),
    body("findings", "Findings", &["findings", "insights"]),
    body("actions", "Actions", &["actions"]),
    body("sharing", "New ways of sharing", &["new_sharing_arrangements"]),
    body("survey", "Survey", &["survey_id"]),
    body("reflection", "Looking back", &["reflection"]),
    body("communications", "Telling others", &["communications"]),
];

const IDEAS: &[Section] = &[
    body("round", "Round", &["cycle", "open_from", "open_to", "who_can_propose"]),
    body("ideas", "Ideas", &["ideas"]),
    body("scoring", "How votes count", &["scoring", "published_url"]),
];

const SURVEY: &[Section] = &[
    body("questions", "Questions", &["questions"]),
    body("waves", "When it was asked", &["waves", "schedule", "project_id"]),
    body("results", "Results", &["results", "paired_responses"]),
    body("anonymity", "So that nobody is recognised", &["anonymity"]),
];

const EVALUATION: &[Section] = &[
    body("success", "What counts as success", &["success_criteria", "monitor_period_months"]),
    body("rounds", "Rounds", &["cycles"]),
    body("measures", "Measures", &["kpis"]),
];

const CROSSWALK: &[Section] = &[
    body("matches", "Matches", &["mappings"]),
    body("first-list", "First list", &["from"]),
    body("second-list", "Second list", &["to"]),
    body("rules", "Rules for matching", &["rules"]),
    body("changes", "Changes", &["changes"]),
];

const NOTE: &[Section] = &[
    body("text", "Text", &["text"]),
    body("meeting", "When, and who was there", &["date", "participants"]),
    body("actions", "Actions", &["actions"]),
];
