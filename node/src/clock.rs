//! The only place that reads the time.

use std::time::{SystemTime, UNIX_EPOCH};

use crdt_schema::identity::Timestamp;

/// Returns the time now, as this computer claims it.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the time")]
pub(crate) fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}
