//! What the shared world is.
//!
//! A *workspace* is a space that organisations share. Who is in it, and in which role, is folded from a signed,
//! hash-linked [`membership`] log. What they write together are *documents*: Automerge documents of one
//! [`kind`](identity::Kind), changed only by signed [`envelope`]s that pass the [`gate`]. A person comes in by an
//! [`invite`]. Everything here is pure: values in, values out; no file, socket, clock or chance.

pub mod identity;
pub mod limits;
pub mod codec;
pub mod key;
pub mod membership;
pub mod pack;
pub mod invite;
pub mod disclosure;
pub mod personal;
pub mod phrase;
pub mod suggestion;
pub mod sign_off;
pub mod version_name;
pub mod comment;
pub mod copied;
pub mod pairing;
mod armour;
pub mod envelope;
pub mod audience;
pub mod access;
pub mod ledger;
pub mod bundle;
pub mod heads;
pub mod gate;
pub mod document;
pub mod documents;
