//! A profile of an organisation: what it does, for whom, and what others may rely on.

use super::common::{Organization, Tag};
use super::form::form;

form! {
    /// A profile of an organisation. Its fields stand at the top, as in directories.
    OrganizationProfile {
        document_type: Kind, "Kind of document";
        schema_version: Short, "Version of the form";
        id: Short, "Identifier", "A UUID from where the file was made.";
        name: Title, "Name";
        description: Long, "What it does", "In two or three sentences, for somebody who has not heard of it.";
        status: Choice(("draft", "Draft"), ("published", "Published"), ("withdrawn", "Withdrawn")), "Status";
        review_date: Date, "Review date", "When somebody must look at it again.";
        kind: Choice(("council", "Council"), ("vcs", "Voluntary or community organisation"), ("health", "Health body"), ("other", "Another kind")), "What kind of organisation";
        legal_status: Short, "Legal status", "For example, registered charity.";
        organization_identifiers: List(Identifier, "number"), "Numbers", "A small group may have none.";
        website: Short, "Website", "It begins with https://";
        email: Short, "Email address", "One that several people read.";
        size_band: Short, "Size", "For example, 1 to 5 staff.";
        income_band: Short, "Income", "For example, under 100,000 pounds.";
        service_ids: Codes, "Services", "Ids of its services, one on each line.";
        areas: Codes, "Areas", "Codes of the areas where it works, one on each line. For example, E09000007.";
        tags: List(Tag, "tag"), "Tags";
        licence: Short, "Licence", "For example, OGL-UK-3.0.";
        assurance: Group(Assurance), "What others may rely on";
        node: Any, "Computer";
    }
}

form! {
    /// A number in a register.
    Identifier {
        identifier_type: Short, "What number", "For example, Charity number.";
        identifier: Short, "Number";
        identifier_scheme: Short, "Register", "A code of org-id.guide. For example, GB-CHC.";
    }
}

form! {
    /// What was checked.
    Assurance {
        ico_registered: YesNo, "Is it registered with the Information Commissioner?";
        ico_registration: Short, "ICO registration number";
        data_protection_lead: Short, "Who leads on data protection", "A role, not a name.";
        safeguarding_lead_adult: Group(Lead), "Who leads on safeguarding adults";
        safeguarding_lead_child: Group(Lead), "Who leads on safeguarding children";
        mou_signed: Date, "Memorandum of understanding signed on";
        dspt: Short, "NHS data security toolkit", "For example, not required.";
        cyber_essentials: YesNo, "Does it have Cyber Essentials?";
        insurance: YesNo, "Is it insured?";
        reviewed_by: Group(Organization), "Checked by";
        reviewed_on: Date, "Checked on";
        status: Short, "Result", "For example, approved.";
    }
}

form! {
    /// Who leads on something.
    Lead {
        role: Short, "Role", "A role, not a name.";
        trained: Short, "Trained in", "Year and month, like 2026-02.";
    }
}
