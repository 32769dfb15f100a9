//! Waiting for what can be observed. The only place of the tests that lets time pass.

use std::time::Duration;

use anyhow::{Result, bail};
use tokio::time::{Instant, sleep, timeout_at};

/// How long anything may take before a test gives up. Generous: it is no measure of speed, and a slow machine must pass.
pub const DEADLINE: Duration = Duration::from_secs(90);

/// How long between two looks.
const PAUSE: Duration = Duration::from_millis(25);

/// Looks again and again until `look` succeeds; at the deadline fails with what was seen last.
pub async fn until<T>(what: &str, look: impl AsyncFnMut() -> Result<T>) -> Result<T> {
    within(DEADLINE, what, look).await
}

/// Like [`until`], with a deadline of its own.
pub async fn within<T>(
    deadline: Duration,
    what: &str,
    mut look: impl AsyncFnMut() -> Result<T>,
) -> Result<T> {
    let end = Instant::now() + deadline;
    let mut seen = String::from("nothing: the first look did not end");
    loop {
        match timeout_at(end, look()).await {
            Ok(Ok(found)) => return Ok(found),
            Ok(Err(why)) => seen = format!("{why:#}"),
            Err(_elapsed) => {}
        }
        if Instant::now() >= end {
            bail!("waited {} s for {what}; seen last: {seen}", deadline.as_secs());
        }
        sleep(PAUSE).await;
    }
}

/// Lets `time` pass where time itself is the cause: an invite's end, a fault at a moment of chance.
///
/// Never for something to have happened: that is [`until`].
pub async fn pass(time: Duration) {
    sleep(time).await;
}
