//! A crosswalk: how the tags of one list compare with those of another, as SKOS mappings that both sides can sign.

use super::common::{Change, document};
use super::form::form;

document! {
    /// A crosswalk between two lists of tags.
    Crosswalk { Body, "Matching tags", [
        ("draft", "Draft"), ("in_review", "In review"), ("agreed", "Agreed"), ("published", "Published"),
        ("superseded", "Replaced"), ("withdrawn", "Withdrawn")
    ] }
}

form! {
    /// Two lists, and which of their tags match.
    Body {
        from: Group(Matched), "First list";
        to: Group(Matched), "Second list";
        rules: Lines, "Rules for matching", "One rule on each line. For example, “Compare what tags mean, not what they are called”.";
        mappings: List(Mapping, "match"), "Matches";
        changes: List(Change, "change"), "Changes";
    }
}

form! {
    /// A list of tags that is matched with another.
    Matched {
        name: Line, "Name";
        uri: Short, "Web address", "The address that every tag’s own address begins with. It begins with https://";
        curie_prefix: Short, "Prefix of short codes", "For example, northmereNeed.";
        version: Short, "Version", "The version of the list that was looked at. For example, 1.2.";
        document_id: Short, "Document", "The list’s id in Fingerpost, if it has one.";
    }
}

form! {
    /// How a tag of the first list compares with one of the second.
    Mapping {
        from_label: Short, "First tag: name", "What the first list calls it.";
        from_curie: Short, "First tag: short code", "For example, northmereNeed:housing. Leave the first tag empty if a tag of the second list has no match.";
        from_uri: Short, "First tag: web address";
        relation: Choice(
            ("exactMatch", "They mean the same"), ("closeMatch", "They mean nearly the same"),
            ("broadMatch", "The second is broader"), ("narrowMatch", "The second is narrower"),
            ("relatedMatch", "They are related"), ("noMatch", "No match")
        ), "How they compare", "Nearly the same: one can stand for the other in most uses.";
        to_label: Short, "Second tag: name", "What the second list calls it.";
        to_curie: Short, "Second tag: short code", "For example, saltwayNeed:homes. Leave the second tag empty if a tag of the first list has no match.";
        to_uri: Short, "Second tag: web address";
        status: Choice(("proposed", "Proposed"), ("agreed", "Agreed")), "Status", "Only what is agreed goes out as SKOS.";
        note: Long, "Note", "Why, or in which cases.";
        basis: Short, "Why it was proposed";
    }
}
