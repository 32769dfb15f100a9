//! A tagging convention: the tags that organisations agreed to use, and the rules for using and changing them.

use super::common::document;
use super::form::form;

document! {
    /// A tagging convention.
    TaggingConvention { Body, "Tags", [
        ("draft", "Draft"), ("in_review", "In review"), ("agreed", "Agreed"), ("published", "Published"),
        ("superseded", "Replaced"), ("withdrawn", "Withdrawn")
    ] }
}

form! {
    /// The tags and their rules.
    Body {
        taxonomy: Group(Taxonomy), "The list";
        rules: Lines, "Rules for using tags", "One rule on each line. For example, “Tag the service or pathway, not the person”.";
        governance: Group(Governance), "How tags are changed";
        external_vocabularies: List(Vocabulary, "other list"), "Other lists that tags are matched with";
        terms: List(Term, "tag"), "Tags";
        changes: List(Change, "change"), "Changes";
    }
}

form! {
    /// What the list of tags is called.
    Taxonomy {
        name: Line, "Name";
        uri: Short, "Web address", "The address that every tag’s own address begins with. It begins with https://";
        version: Short, "Version", "For example, 1.2.";
        curie_prefix: Short, "Prefix of short codes", "For example, northmereNeed.";
        id: Short, "Identifier";
    }
}

form! {
    /// How tags are proposed, agreed and given up.
    Governance {
        propose: Line, "Who can propose a tag";
        comment_period_days: Number, "Days to comment";
        decide: Line, "Who decides";
        objection: Line, "What somebody who objects can do";
        deprecate: Line, "How a tag is given up", "For example, “Keep the old tag for 12 months and point to the new one”.";
    }
}

form! {
    /// A list of tags that somebody else keeps.
    Vocabulary {
        curie_prefix: Short, "Prefix of its short codes", "For example, esdServiceType.";
        uri: Short, "Web address";
    }
}

form! {
    /// A tag.
    Term {
        pref_label as "prefLabel": Line, "Name", "Singular, and in plain English.";
        code: Short, "Code", "Letters without spaces. It never changes, also when the name does. For example, foodInsecurity.";
        definition: Long, "What it means";
        scope_note as "scopeNote": Long, "When to use it";
        alt_label as "altLabel": Codes, "Other words for it", "One on each line. They help people find it.";
        broader: Short, "Broader tag", "The short code of the tag that this one is part of. For example, northmereNeed:housing.";
        related: Codes, "Related tags", "Short codes of tags that have to do with this one, one on each line.";
        status: Choice(("proposed", "Proposed"), ("in_use", "In use"), ("deprecated", "No longer used")), "Status";
        replaced_by: Short, "Replaced by", "If it is no longer used: the short code of the tag to use instead.";
        used_for: Codes, "Used for", "Kinds of document, one on each line. For example, service.";
        sensitivity: Short, "Care needed", "For example, special_care.";
        proposed_by: Short, "Proposed by";
        mappings: List(Mapping, "match"), "The same in other lists";
        curie: Short, "Short code", "The prefix, a colon and the code. For example, northmereNeed:foodInsecurity.";
        term_uri: Short, "Web address";
        taxonomy_term_id: Short, "Identifier";
    }
}

form! {
    /// How a tag compares with one of another list.
    Mapping {
        relation: Choice(
            ("exactMatch", "Means the same"), ("closeMatch", "Means nearly the same"), ("broadMatch", "The other is broader"),
            ("narrowMatch", "The other is narrower"), ("relatedMatch", "Is related")
        ), "How they compare";
        target: Short, "The other tag", "Its short code or web address. For example, esdNeed:12.";
        label: Short, "What the other is called";
    }
}

form! {
    /// A version of the list, and what is new in it.
    Change {
        version: Short, "Version";
        date: Date, "Date";
        summary: Long, "What changed";
    }
}
