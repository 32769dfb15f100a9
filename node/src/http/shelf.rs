//! The public shelf: what is published, for anybody to read, copy and check.
//!
//! One renderer makes every file of it by its path; the listener serves them, and the export writes them into a folder. Only
//! documents that everybody may read are looked at, and of those only the published version, so that nothing else can show.

pub(crate) mod contents;
pub(crate) mod site;
pub(crate) mod listener;
