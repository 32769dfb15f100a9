//! A service that people can use. Its fields are those of Open Referral UK.

use super::common::{Organization, Tag};
use super::form::form;

form! {
    /// A service. Its fields stand at the top, as in directories.
    Service {
        document_type: Kind, "Kind of document";
        schema_version: Short, "Version of the form";
        id: Short, "Identifier", "A UUID from the directory that it comes from.";
        name: Title, "Name";
        description: Long, "What it does", "For somebody who needs it, in plain words.";
        status: Choice(("draft", "Draft"), ("active", "Open"), ("inactive", "Not running now"), ("temporarily closed", "Closed for a while"), ("defunct", "Closed for good")), "Status";
        review_date: Date, "Review date", "When somebody must look at it again.";
        organization_id: Short, "Organisation’s id";
        organization: Group(Provider), "Who runs it";
        url: Short, "Web page", "It begins with https://";
        email: Short, "Email address", "One that several people read.";
        fees: Line, "What it costs";
        accreditations: Line, "Accreditations";
        eligibility_description: Long, "Who can use it";
        minimum_age: Number, "Youngest age", "Leave it empty if there is none.";
        maximum_age: Number, "Oldest age", "Leave it empty if there is none.";
        alert: Long, "Notice", "What people must know now. For example, that it is closed this week.";
        contacts: List(Contact, "contact"), "Contacts";
        schedules: List(Schedule, "opening time"), "Opening times";
        languages: List(Language, "language"), "Languages";
        cost_options: List(Cost, "price"), "Prices";
        funding: List(Funding, "source"), "Funding";
        service_areas: List(Area, "area"), "Areas";
        service_at_locations: List(AtLocation, "place"), "Places", "Leave a refuge’s place out.";
        attributes: List(Attribute, "attribute"), "Terms of directories";
        tags: List(Tag, "tag"), "Tags";
        licence: Short, "Licence", "For example, OGL-UK-3.0.";
        partner_organizations: List(Organization, "partner organisation"), "Partner organisations";
        assured_date: Date, "Checked on";
        assurer_email: Short, "Email address of who checked it";
        last_modified: Short, "Last changed";
    }
}

form! {
    /// Who runs a service.
    Provider {
        name: Short, "Name";
        id: Short, "Identifier";
        website: Short, "Website", "It begins with https://";
    }
}

form! {
    /// Whom to ask.
    Contact {
        title: Short, "Role", "A role, not a name.";
        name: Short, "Team";
        email: Short, "Email address";
        phones: List(Phone, "phone number"), "Phone numbers";
    }
}

form! {
    /// A phone number.
    Phone {
        number: Short, "Phone number";
        description: Line, "When it is answered";
    }
}

form! {
    /// When it is open.
    Schedule {
        description: Line, "When", "For example, Mondays 10am to 2pm.";
        byday: Short, "Days", "Two letters each, like MO,WE.";
        opens_at: Short, "Opens at", "Like 10:00.";
        closes_at: Short, "Closes at", "Like 14:00.";
        freq: Choice(("WEEKLY", "Every week"), ("MONTHLY", "Every month")), "How often";
        valid_from: Date, "From";
        valid_to: Date, "Until";
        notes: Line, "Note";
    }
}

form! {
    /// A language that is spoken.
    Language {
        name: Short, "Language";
        code: Short, "Code", "For example, bn or bfi for British Sign Language.";
        note: Line, "Note";
    }
}

form! {
    /// A price.
    Cost {
        option: Short, "For whom";
        amount: Number, "Pounds";
        amount_description: Line, "In words";
    }
}

form! {
    /// Where money comes from.
    Funding {
        source: Line, "Source";
    }
}

form! {
    /// An area that it serves.
    Area {
        name: Short, "Name";
        uri: Short, "Web address of the area";
        extent: Short, "Extent";
        extent_type: Short, "Kind of extent";
    }
}

form! {
    /// A place where it is given.
    AtLocation {
        description: Line, "Place";
        location: Any, "Location of the directory";
    }
}

form! {
    /// A term that a directory gave it.
    Attribute {
        link_type: Short, "For what";
        label: Short, "Label";
        taxonomy_term: Any, "Term";
    }
}
