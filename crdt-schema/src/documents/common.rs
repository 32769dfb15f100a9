//! What every kind of document has around its body, and groups of fields that several kinds share.

use super::form::form;

/// Declares a kind: the common fields around its body.
macro_rules! document {
    ($(#[$meta:meta])* $name:ident { $body:ty, $what:literal, [$($status:tt)*] }) => {
        form! {
            $(#[$meta])*
            $name {
                document_type: Kind, "Kind of document";
                schema_version: Short, "Version of the form";
                id: Short, "Identifier", "A UUID from where the file was made.";
                title: Title, "Title";
                description: Long, "Summary", "What it is for, in a sentence or two.";
                language: Short, "Language", "For example, en-GB.";
                status: Choice($($status)*), "Status";
                version: Number, "Version number", "A number for people, raised when it is agreed.";
                owner_organization: Group(crate::documents::common::Organization), "Owner";
                partner_organizations: List(crate::documents::common::Organization, "partner organisation"), "Partner organisations";
                geography: Group(crate::documents::common::Geography), "Area";
                tags: List(crate::documents::common::Tag, "tag"), "Tags";
                created: Short, "Created";
                last_modified: Short, "Last changed";
                review_date: Date, "Review date", "When somebody must look at it again.";
                access: Any, "Access where the file was made", "In a workspace the audience decides.";
                licence: Short, "Licence", "For example, OGL-UK-3.0. Needed before it is made public.";
                provenance: Any, "Where it comes from";
                assurance: Group(crate::documents::common::Assurance), "Assurance";
                signatures: Any, "Signatures in the file", "As the file says. They are not checked.";
                body: Group($body), $what;
            }
        }
    };
}

pub(super) use document;

form! {
    /// An organisation as files name it.
    Organization {
        name: Short, "Name";
        organization_id: Short, "Identifier", "Its id in your directory, if it has one.";
    }
}

form! {
    /// An organisation, and the position of somebody in it.
    Position {
        name: Short, "Organisation";
        person_role: Short, "Position", "A position, not a name.";
        organization_id: Short, "Identifier", "The organisation’s id in your directory, if it has one.";
    }
}

form! {
    /// An area.
    Geography {
        name: Short, "Name";
        gss_code: Short, "Code", "A code of the Office for National Statistics. For example, E09000007.";
        r#type as "type": Short, "Kind of area", "For example, London borough.";
    }
}

form! {
    /// A term of a shared list of tags.
    Tag {
        name: Short, "Tag";
        curie: Short, "Short code", "For example, northmereNeed:housing.";
        term_uri: Short, "Web address of the tag";
        taxonomy_term_id: Short, "Identifier";
    }
}

form! {
    /// Who vouches for it.
    Assurance {
        assured_date: Date, "Date";
        assurer_email: Short, "Email address";
        provenance_role: Choice(("owner", "The owner"), ("regulator", "A regulator"), ("assurer", "Somebody who checks"), ("none", "Nobody")), "Who vouches for it";
    }
}

form! {
    /// A role in an organisation, not a named person.
    Contact {
        role: Short, "Role", "A role, not a name.";
        email: Short, "Email address";
        organization_id: Short, "Organisation’s id";
    }
}

form! {
    /// A version, and what is new in it.
    Change {
        version: Number, "Version";
        date: Date, "Date";
        summary: Long, "What changed";
    }
}

form! {
    /// A document elsewhere.
    Link {
        document_id: Short, "Document", "The document’s id, if it has one.";
        note: Line, "Note";
    }
}

form! {
    /// The lawful basis of one organisation.
    LawfulBasis {
        organization_id: Short, "Organisation", "Its name, or its id in your directory.";
        basis: Choice(
            ("consent", "Consent"), ("contract", "Contract"), ("legal_obligation", "Legal obligation"),
            ("vital_interests", "Vital interests"), ("public_task", "Public task"),
            ("recognised_legitimate_interests", "Recognised legitimate interests"),
            ("legitimate_interests", "Legitimate interests")
        ), "Lawful basis", "Each organisation has its own. Councils mostly rely on public task.";
        article: Short, "Article", "For example, 6(1)(e).";
        legal_power: Line, "Legal power", "For a council: the law that lets it do this. For example, Localism Act 2011 s.1.";
    }
}
