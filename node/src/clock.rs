//! The only place that reads the time.

use std::sync::OnceLock;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use crdt_schema::identity::Timestamp;
use engine::Moment;

/// Returns the time now, as this computer claims it.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the time")]
pub(crate) fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

/// Returns milliseconds since this was first asked, on a clock that never jumps.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the time")]
pub(crate) fn steady() -> Timestamp {
    static BEGINNING: OnceLock<Instant> = OnceLock::new();
    let since = BEGINNING.get_or_init(Instant::now).elapsed();
    Timestamp(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

/// Returns the time now by both clocks.
pub(crate) fn moment() -> Moment {
    Moment { wall: now(), steady: steady() }
}
