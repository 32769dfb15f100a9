//! What a new document may start from, offered before a blank page.
//!
//! Sources: the Information Commissioner's sample DPIA template and consent checklist (Open Government Licence v3.0), and
//! the themes that councils and charities named for their first projects.

use crdt_schema::identity::Kind;
use serde_json::{Value, json};

/// What a new document may start from.
#[derive(Clone, Debug)]
pub struct Start {
    /// How it is named in forms.
    pub slug: &'static str,
    /// What it is called.
    pub name: &'static str,
    /// What it brings.
    pub about: &'static str,
    /// The body that it starts with.
    pub body: Value,
}

/// Returns what a document of this kind may start from; the first is offered first.
#[must_use]
pub fn starts(kind: Kind) -> Vec<Start> {
    match kind {
        Kind::TaggingConvention => vec![start(
            "themes",
            "Eight tags to begin with",
            "Needs that councils and charities often share, and five rules for using tags.",
            tags(),
        )],
        Kind::DataSharingAgreement => agreements(),
        Kind::DpiaLite => vec![start(
            "ico",
            "The Information Commissioner’s seven steps, shortened",
            "The eight screening questions, and everything that must be signed off.",
            dpia(),
        )],
        Kind::InformedConsent => vec![start(
            "ico",
            "The Information Commissioner’s checklist",
            "People say yes by doing something, to each purpose by itself, and can take it back. What to write down is filled in.",
            consent(),
        )],
        Kind::DataRequest => vec![start(
            "counts",
            "Ask for counts",
            "Numbers instead of names. It is the request that is most often answered with yes.",
            json!({
                "record_level": false,
                "controller_relationship": "separate",
                "agreement_in_place": false,
                "special_category": "No",
                "proposed_lawful_basis": "not personal data once small numbers are hidden",
            }),
        )],
        Kind::Note => vec![start(
            "meeting",
            "Notes of a meeting",
            "Who was there, what was said and who does what until when.",
            json!({"text": "What we talked about:\n\nWhat we agreed:\n", "actions": [{"status": "agreed"}]}),
        )],
        Kind::Crosswalk => vec![start(
            "rules",
            "Five rules for matching",
            "How to compare tags, and what to do with those that have no match.",
            json!({"rules": MATCHING}),
        )],
        Kind::ReferralPathway
        | Kind::AggregatedInsight
        | Kind::OrganizationProfile
        | Kind::Service
        | Kind::CommunityInsightsProject
        | Kind::IdeaRegister
        | Kind::Survey
        | Kind::ProgrammeEvaluation => Vec::new(),
    }
}

/// How tags of two lists are compared.
pub const MATCHING: [&str; 5] = [
    "Compare what tags mean, not what they are called",
    "They mean the same only if everything tagged with one could be tagged with the other",
    "If unsure, choose “nearly the same”, and say in the note where they differ",
    "A tag means the same as at most one tag of the other list",
    "A tag without a match stays in the table, so that everybody sees it",
];

const fn start(slug: &'static str, name: &'static str, about: &'static str, body: Value) -> Start {
    Start { slug, name, about, body }
}

fn tags() -> Value {
    let themes = [
        ("digitalInclusion", "Digital inclusion"),
        ("domesticAbuse", "Domestic abuse"),
        ("bereavement", "Bereavement"),
        ("foodInsecurity", "Food insecurity"),
        ("youthEmployment", "Youth education and employment"),
        ("privateRenting", "Private renting"),
        ("mentalHealth", "Mental health and loneliness"),
        ("greenSpace", "Access to green space"),
    ];
    let terms: Vec<Value> = themes
        .iter()
        .map(|(code, name)| {
            json!({"code": code, "curie": format!("need:{code}"), "prefLabel": name, "status": "proposed"})
        })
        .collect();
    json!({
        "taxonomy": {"curie_prefix": "need", "version": "0.1"},
        "rules": [
            "Tag the service or pathway, not the person",
            "One to four tags for each thing",
            "Use the narrowest tag that fits; the broader one is implied",
            "Never make a tag for a diagnosis or a protected characteristic",
            "Tag names are singular and in plain English",
        ],
        "governance": {
            "propose": "Any organisation in the workspace",
            "comment_period_days": 14,
            "deprecate": "Keep the old tag for 12 months and point to the new one",
        },
        "terms": terms,
    })
}

fn agreements() -> Vec<Start> {
    let rights = json!({
        "access_requests": "The organisation that receives the request answers for its own data and tells the others",
        "rectification": "Correct at source, then send again",
        "complaints": "Each party has a data protection complaints process",
    });
    let common = |kind: &str, relationship: &str, legislation: &[&str]| {
        json!({
            "agreement_kind": kind,
            "parties": [
                {"controller_relationship": relationship, "role": "sender"},
                {"controller_relationship": relationship, "role": "receiver"},
            ],
            "individual_rights": rights,
            "information_governance": {"security": {"incident_notice_hours": 24}},
            "legislation": legislation,
            "term": {"termination": "One month’s written notice, or at once for a serious breach"},
            "review": {"review_triggers": ["new party", "new data item", "change of law or lawful basis", "security incident"]},
        })
    };
    let law = ["UK GDPR", "Data Protection Act 2018", "Data (Use and Access) Act 2025"];
    vec![
        start(
            "sharing",
            "Data sharing agreement",
            "Each organisation decides for itself what it does with the data. This is the usual one.",
            common("data_sharing_agreement", "separate", &law),
        ),
        start(
            "joint",
            "Joint controller arrangement",
            "You decide together what is done with the data, and say who does what.",
            common("joint_controller_arrangement", "joint", &law),
        ),
        start(
            "processing",
            "Data processing agreement",
            "One organisation only does what another says.",
            common("data_processing_agreement", "processor", &law),
        ),
        start(
            "memorandum",
            "Memorandum of understanding",
            "How you work together, without binding law.",
            common("memorandum_of_understanding", "separate", &[]),
        ),
    ]
}

fn dpia() -> Value {
    let questions: Vec<Value> = [
        ("sp_cat_large_scale", "Special category or criminal offence data on a large scale?"),
        ("systematic_monitoring", "Systematic monitoring of a public place?"),
        ("match_combine", "Matching or combining datasets about people from more than one source?"),
        ("vulnerable", "Data about children or other people at risk?"),
        ("automated", "Automated decisions with a significant effect?"),
        ("new_tech", "New technology, or a new use of it?"),
        ("denial", "Could it stop somebody getting a service?"),
        ("invisible", "Processing that people would not expect?"),
    ]
    .iter()
    .map(|(id, text)| json!({"id": id, "text": text}))
    .collect();
    let items: Vec<Value> = [
        "measures_approved_by",
        "residual_risks_approved_by",
        "dpo_advice",
        "dpo_advice_accepted_or_overruled_by",
        "consultation_responses_reviewed_by",
        "kept_under_review_by",
    ]
    .iter()
    .map(|item| json!({"item": item}))
    .collect();
    json!({"screening": {"questions": questions}, "step7_signoff": items})
}

fn consent() -> Value {
    json!({
        "lawful_basis": "consent",
        "when_not_to_use": "If you must share whatever the person says (for example a safeguarding concern), do not ask for consent. Tell them what you are going to do.",
        "choices": {"opt_in": true, "granular": true, "pre_ticked": false},
        "withdrawal": {"as_easy_as_giving": true},
        "complaints": "Tell us first; then the Information Commissioner, 0303 123 1113",
        "record_to_keep": ["when", "how (spoken, written, online)", "wording version", "which purposes", "who asked", "withdrawn when"],
        "refresh": {"triggers": ["new organisation added", "new purpose", "wording changed"]},
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_document_starts_from_is_of_its_kind() {
        for kind in Kind::ALL {
            for start in starts(*kind) {
                let content =
                    json!({"document_type": kind.word(), "title": "T", "body": start.body});
                assert_eq!(
                    crdt_schema::documents::check(&content).unwrap().0,
                    *kind,
                    "{}",
                    start.name
                );
            }
        }
    }
}
