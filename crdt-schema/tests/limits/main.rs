//! Every limit of `limits.rs`, tried one below, at, and one above it, through each door that keeps it.
#![expect(
    clippy::unwrap_used,
    clippy::unwrap_in_result,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod changes;
#[path = "../gate/forge.rs"]
mod forge;
mod signed;
mod stated;
mod written;

use std::collections::BTreeSet;
use std::path::Path;

use crdt_schema::limits;

/// What a door says: nothing if it lets in.
type Answer = Option<String>;

/// Who keeps a limit, and what it says of more.
struct Door {
    limit: &'static str,
    most: u64,
    name: &'static str,
    says: &'static str,
    /// Comes with this much.
    come: fn(usize) -> Answer,
}

/// Limits that somebody else keeps, and the file with their tests.
const ELSEWHERE: &[(&str, &str)] = &[
    ("FRAME_BYTES", "node/engine/tests/hostile/limits.rs"),
    ("GATHERED_BYTES", "node/engine/tests/hostile/limits.rs"),
    ("PACK_BYTES", "crdt-schema/src/pack/tests.rs"),
    ("PACK_RATIO", "crdt-schema/src/pack/tests.rs"),
    ("WANT_LIST", "node/engine/tests/hostile/limits.rs"),
    ("PENDING_CHANGES", "node/engine/tests/hostile/limits.rs"),
    ("PENDING_BYTES", "node/engine/tests/hostile/limits.rs"),
    ("PENDING_BYTES_NODE", "node/engine/tests/hostile/limits.rs"),
    ("PLACE_PATH_BYTES", "node/engine/tests/hostile/limits.rs"),
    ("PLACE_HEADS", "node/engine/tests/hostile/limits.rs"),
    ("PEOPLE_PER_ORGANIZATION", "node/engine/tests/hostile/limits.rs"),
    ("PEOPLE_PER_DOCUMENT", "node/engine/tests/hostile/limits.rs"),
    ("ADDRESS_RECORDS", "node/engine/tests/hostile/limits.rs"),
    ("LOOKUPS", "node/engine/tests/hostile/limits.rs"),
];

macro_rules! doors {
    ($($limit:ident, $name:literal, $says:expr, $come:expr;)*) => {
        [$(Door {
            limit: stringify!($limit),
            most: limits::$limit as u64,
            name: $name,
            says: $says,
            come: $come,
        },)*]
    };
}

fn doors() -> Vec<Door> {
    let gate = doors![
        CHANGE_BYTES, "gate", "too_long", changes::of_bytes;
        CHANGE_OPS, "gate", "too_many_operations", changes::of_operations;
        DEPTH, "gate", "depth", changes::nested;
        KEY_BYTES, "gate", "key", changes::with_key;
        STRING_BYTES, "gate", "too_long", changes::with_string;
        DEPENDENCIES, "gate", "dependencies", changes::with_dependencies;
        ACTORS_PER_DOCUMENT, "gate: authors of what it builds on", "actors", changes::in_crowd;
        ACTORS_PER_DOCUMENT, "gate: names in one change", "actors", changes::naming;
        DOCUMENT_BYTES, "gate", "document_too_large", changes::in_large_document;
        OP_GAP, "gate", "operation_number", changes::after_gap;
        MAX_OP, "gate", "operation_number", changes::up_to_operation;
        ACTOR_LEVELS, "gate", "foreign_actor", changes::of_level;
    ];
    let written = doors![
        CHANGE_BYTES, "edit", "more than 262144 bytes in one change", written::bytes;
        CHANGE_OPS, "edit", "more than 10000 operations (roughly: letters) in one change",
            written::operations;
        DEPTH, "edit", "more than 16 levels of lists and groups inside each other", written::nested;
        KEY_BYTES, "edit", "more than 256 bytes in the name of a field", written::key;
        STRING_BYTES, "edit", "more than 65536 bytes in one text", written::string;
        ACTORS_PER_DOCUMENT, "edit", written::WORN_OUT, written::in_crowd;
        DOCUMENT_BYTES, "edit", "more than 67108864 bytes in one document", written::in_large_document;
        MAX_OP, "edit", written::WORN_OUT, written::up_to_operation;
        DEPENDENCIES, "version", "not a version: expected hexadecimal hashes joined by dots",
            written::heads;
    ];
    gate.into_iter().chain(written).chain(envelopes()).chain(signed()).collect()
}

fn envelopes() -> Vec<Door> {
    let envelopes = doors![
        CHANGES_PER_ENVELOPE, "envelope", "not well formed", signed::envelope_of_changes;
        ENVELOPE_BYTES, "envelope", "too long", signed::envelope_of_bytes;
        PARENTS, "envelope: membership", "not well formed", signed::envelope_after_membership;
        PARENTS, "envelope: access", "not well formed", signed::envelope_after_access;
        PARENTS, "envelope: resumes", "not well formed", signed::envelope_that_resumes;
        AUDIENCE, "envelope: readers", "not well formed", signed::envelope_for_readers;
        AUDIENCE, "envelope: writers", "not well formed", signed::envelope_for_writers;
        AUDIENCE, "envelope: suggesters", "not well formed", signed::envelope_for_suggesters;
        SUGGESTION_BYTES, "envelope", "not well formed", signed::suggestion_of_bytes;
        SUGGESTION_EDITS, "envelope", "not well formed", signed::suggestion_of_edits;
        SUGGESTION_EDITS, "envelope: operations", "not well formed",
            signed::suggestion_of_operations;
        DEPENDENCIES, "envelope: suggestion", "not well formed", signed::suggestion_on;
        REASON_BYTES, "envelope: suggestion", "not well formed", signed::suggestion_with_note;
        REASON_BYTES, "envelope: answer", "not well formed", signed::answer_with_note;
        CHANGES_PER_ENVELOPE, "envelope: answer", "not well formed", signed::answer_of_changes;
        DEPENDENCIES, "envelope: sign-off", "not well formed", stated::sign_off_of;
        NAME_BYTES, "envelope: signatory", "malformed", stated::sign_off_by;
        NAME_BYTES, "envelope: signatory's title", "malformed", stated::sign_off_as;
        DEPENDENCIES, "envelope: name of a version", "not well formed", stated::version_name_of;
        NAME_BYTES, "envelope: name of a version", "malformed", stated::version_name;
        DEPENDENCIES, "envelope: comment", "not well formed", stated::comment_on;
        COMMENT_PATH_BYTES, "envelope: comment", "not well formed", stated::comment_at;
        COMMENT_BYTES, "envelope: comment", "not well formed", stated::comment_of;
        COMMENT_BYTES, "envelope: answer to a comment", "not well formed", stated::reply_of;
        CHANGES_PER_ENVELOPE, "envelope: copied", "not well formed", stated::copied_of_changes;
        CHANGES_PER_ENVELOPE, "envelope: names of who is copied", "not well formed",
            stated::copied_of_names;
        DEPENDENCIES, "envelope: version that is copied", "not well formed", stated::copy_of;
        NAME_BYTES, "envelope: whose is copied", "malformed", stated::copy_of_owner;
        REASON_BYTES, "envelope: withdrawal", "not well formed", stated::withdrawal_with_reason;
        FENCED_SIGN_OFFS, "envelope: fence", "not well formed",
            signed::envelope_with_fence_of_sign_offs;
        FENCED_SIGN_OFFS, "envelope: fence of the excluded", "not well formed",
            signed::envelope_with_fence_of_an_excluded_ones_sign_offs;
        AUDIENCE, "envelope: new audience", "not well formed", signed::envelope_for_new_readers;
        AUDIENCE, "JSON", signed::NOT_AN_AUDIENCE, signed::audience_in_json;
        DEPENDENCIES, "envelope: fence", "not well formed", signed::envelope_with_fence;
        DEPENDENCIES, "envelope: fence of the excluded", "not well formed",
            signed::envelope_with_fence_of_excluded;
    ];
    envelopes.into()
}

fn signed() -> Vec<Door> {
    let signed = doors![
        ENTRY_BYTES, "entry", "too long", signed::entry_of_bytes;
        PARENTS, "entry", "not true", signed::entry_after;
        APPROVALS, "entry: rules", "not true", signed::entry_asking_for;
        REASON_BYTES, "entry: suspension", "not true", signed::entry_suspending;
        REASON_BYTES, "entry: removal", "not true", signed::entry_removing;
        FENCES, "entry: removal", "not true", signed::entry_enacting;
        FENCES, "entry: suspension", "not true", signed::entry_suspending_with;
        FENCES, "entry: leaving", "not true", signed::entry_leaving;
        FENCES, "entry: end of a node", "not true", signed::entry_revoking;
        FENCES, "entry: proof", "not true", signed::entry_proving;
        FENCE_DOCUMENTS, "entry: fence", "not true", signed::entry_fencing;
        DEPENDENCIES, "entry: fence", "not true", signed::entry_fencing_at;
        PARENTS, "entry: fence of access", "not true", signed::entry_fencing_at_access;
        VOUCHERS, "entry: certificate", "not true", signed::entry_certifying;
        NODES, "log: nodes of an organisation", signed::TOO_MANY_NODES, signed::log_of_nodes;
        IDENTIFIERS, "entry: profile", "not true", signed::entry_identifying;
        IDENTIFIER_BYTES, "entry: list of identifiers", "not true", signed::entry_with_list;
        IDENTIFIER_BYTES, "entry: identifier", "not true", signed::entry_with_identifier;
        IDENTIFIER_BYTES, "entry: domain", "not true", signed::entry_with_domain;
        NAME_BYTES, "name", signed::NOT_A_NAME, signed::name;
        NAME_BYTES, "entry: name", "malformed", signed::entry_with_name;
        BUNDLE_BYTES, "bundle", signed::TOO_LARGE, signed::bundle;
        ADDRESSES, "invite: addresses of one member", signed::DAMAGED, signed::invite_with_addresses;
        ADDRESSES, "invite: members", signed::DAMAGED, signed::invite_with_contacts;
        ADDRESS_BYTES, "invite", signed::DAMAGED, signed::invite_with_long_address;
        ADDRESS_BYTES, "phrase", "no address", signed::phrase_with_long_address;
        PHRASE_BYTES, "phrase", signed::TOO_LONG_FOR_A_PHRASE, signed::phrase;
        SEALED_INVITE_BYTES, "phrase: sealed invite", "too long", signed::sealed_invite;
    ];
    signed.into()
}

#[test]
fn every_limit_holds_exactly_at_every_door() {
    let mut wrong = Vec::new();
    for Door { limit, most, name, says, come } in doors() {
        let most = usize::try_from(most).unwrap();
        for (much, expected) in [(most - 1, None), (most, None), (most + 1, Some(says))] {
            let answer = come(much);
            if answer.as_deref() != expected {
                wrong.push(format!("{limit}, {name}, {much}: {answer:?}, not {expected:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_limit_has_a_test() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let source = std::fs::read_to_string(root.join("src/limits.rs")).unwrap();
    let all: BTreeSet<&str> = source
        .lines()
        .filter_map(|line| line.strip_prefix("pub const ")?.split(':').next())
        .collect();
    assert!(all.len() > 25, "{all:?}");
    let mut tested: BTreeSet<&str> = doors().iter().map(|door| door.limit).collect();
    for (limit, file) in ELSEWHERE {
        let text = std::fs::read_to_string(root.join("..").join(file)).unwrap();
        assert!(text.contains(&format!("limits::{limit}")), "{file} does not speak of {limit}");
        tested.insert(limit);
    }
    assert_eq!(all, tested, "limits.rs on the left, what is tested on the right");
}
