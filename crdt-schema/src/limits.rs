//! Every bound on what comes from outside, in one place. They are part of the protocol version: two nodes with
//! different limits could disagree about what is accepted.

/// Protects memory and the trial: raw bytes of one Automerge change.
pub const CHANGE_BYTES: usize = 256 * 1024;
/// Protects the trial's time: operations in one change.
pub const CHANGE_OPS: usize = 10_000;
/// Protects the stack: how deep objects may nest below the root.
pub const DEPTH: usize = 16;
/// Protects the index of keys: bytes of one map key.
pub const KEY_BYTES: usize = 256;
/// Protects pages: bytes of one scalar string.
pub const STRING_BYTES: usize = 64 * 1024;
/// Protects the change graph: dependencies of one change.
pub const DEPENDENCIES: usize = 256;
/// Protects Automerge's clocks, which are as wide as the number of actors.
pub const ACTORS_PER_DOCUMENT: usize = 4_096;
/// Protects memory: a document's changes added up.
pub const DOCUMENT_BYTES: usize = 64 * 1024 * 1024;
/// How far a change's first operation may lie above the highest operation of its past. Edits on old heads leave a
/// gap; without a bound one change could use up all operation numbers of a document.
pub const OP_GAP: u64 = 65_536;
/// The highest operation number. Automerge keeps it in 32 bits.
pub const MAX_OP: u64 = (1 << 31) - 1;
/// How many editors of one session may stand side by side in a document (Automerge's derived actors).
pub const ACTOR_LEVELS: u64 = 4_096;
/// Changes in one envelope.
pub const CHANGES_PER_ENVELOPE: usize = 256;
/// One envelope, encoded.
pub const ENVELOPE_BYTES: usize = 768 * 1024;
/// One membership entry, encoded.
pub const ENTRY_BYTES: usize = 16 * 1024;
/// Parents of a membership entry, and membership heads an envelope cites.
pub const PARENTS: usize = 64;
/// One frame on the wire.
pub const FRAME_BYTES: usize = 1024 * 1024;
/// Protects memory: what one pack of envelopes may unpack to, before and after each is put together.
pub const PACK_BYTES: usize = 8 * 1024 * 1024;
/// How many times its size a pack may inflate to.
pub const PACK_RATIO: usize = 64;
/// Protects memory: bytes of membership logs that come in several frames, before they speak of this organisation.
pub const GATHERED_BYTES: usize = 64 * 1024 * 1024;
/// Ids in one request for envelopes.
pub const WANT_LIST: usize = 1_024;
/// Changes of one peer and document that wait for what they build on.
pub const PENDING_CHANGES: usize = 1_000;
/// Bytes of one peer and document that wait.
pub const PENDING_BYTES: usize = 8 * 1024 * 1024;
/// Bytes that wait in the whole node.
pub const PENDING_BYTES_NODE: usize = 64 * 1024 * 1024;
/// A name of an organisation, a person or a workspace, in bytes.
pub const NAME_BYTES: usize = 200;
/// Organisations named in one audience.
pub const AUDIENCE: usize = 1_000;
/// Addresses in one record or invite, and the bytes of each.
pub const ADDRESSES: usize = 16;
/// Bytes of one address.
pub const ADDRESS_BYTES: usize = 256;
/// Approvals a rule may ask for.
pub const APPROVALS: u32 = 100;
/// Why something is proposed or done to somebody, in bytes.
pub const REASON_BYTES: usize = 1_000;
/// Documents in one fence entry: with four heads each it stays below [`ENTRY_BYTES`].
pub const FENCE_DOCUMENTS: usize = 64;
/// Fence entries that one act may name.
pub const FENCES: usize = 256;
/// Identifiers in an organisation's profile, and the bytes of each.
pub const IDENTIFIERS: usize = 8;
/// Bytes of one identifier, its scheme, or a domain name.
pub const IDENTIFIER_BYTES: usize = 253;
/// Protects memory: where somebody is in a document, as bytes of the field's path, and as heads that the caret counts in.
pub const PLACE_PATH_BYTES: usize = 512;
/// Heads of such a place.
pub const PLACE_HEADS: usize = 32;
/// Protects memory: people of one organisation who are shown in one document, and of all organisations.
pub const PEOPLE_PER_ORGANIZATION: usize = 100;
/// People who are shown in one document.
pub const PEOPLE_PER_DOCUMENT: usize = 200;
/// Protects the journal: address records of one node that are taken at once; then one every ten minutes.
pub const ADDRESS_RECORDS: usize = 10;
/// The edits of one suggestion, as JSON text, in bytes.
pub const SUGGESTION_BYTES: usize = 64 * 1024;
/// Edits in one suggestion, each operation of a patch counted: what readers do to show what it would change.
pub const SUGGESTION_EDITS: usize = 64;
/// What one comment says, in bytes.
pub const COMMENT_BYTES: usize = 4_000;
/// The path of the place that a comment is about, in bytes.
pub const COMMENT_PATH_BYTES: usize = 512;
/// Sign-offs that one step of an access log names, so that who is shut out by it keeps having signed.
pub const FENCED_SIGN_OFFS: usize = 256;
/// One exported bundle, as a file.
pub const BUNDLE_BYTES: usize = 64 * 1024 * 1024;
/// Protects memory: an invite on its way to who typed its phrase, sealed. Its text stays within what a join takes.
pub const SEALED_INVITE_BYTES: usize = 12_000;
/// A phrase as a person types it, with its address.
pub const PHRASE_BYTES: usize = 1_000;
/// Protects the phrases of invites from guessing: how often one connection may ask for an invite by its phrase.
pub const LOOKUPS: usize = 8;
/// Nodes between an organisation's root key and a node of its: each vouched for the next.
pub const VOUCHERS: usize = 4;
/// Nodes that an organisation may have in a workspace when another of its nodes adds one. The root key's word may add
/// more, so that whoever stole a computer cannot fill all places.
pub const NODES: usize = 32;
