//! What may be about a person is told before a command shares it. Whoever sits at the terminal decides; a program's
//! command goes on, with the warning on standard error.

use std::io::{self, BufRead as _, IsTerminal as _};

use anyhow::Context as _;
use crdt_schema::documents;
use crdt_schema::personal::{self, Finding};
use serde_json::Value;

use crate::cli::output::{Output, plain};

/// Looks in what is to be shared.
pub(crate) fn look_in(value: &Value, output: &mut Output) -> anyhow::Result<()> {
    ask(documents::doubts(value).into_iter(), output)
}

/// Looks in a file: in its texts if it is JSON, else in all of it.
pub(crate) fn look_in_file(bytes: &[u8], output: &mut Output) -> anyhow::Result<()> {
    match serde_json::from_slice::<Value>(bytes) {
        Ok(value) => look_in(&value, output),
        Err(_) => {
            let text = String::from_utf8_lossy(bytes);
            ask(personal::look(&text).iter().map(Finding::words), output)
        }
    }
}

/// Tells doubts, and asks if somebody is there.
pub(crate) fn ask(doubts: impl Iterator<Item = String>, output: &mut Output) -> anyhow::Result<()> {
    let mut has_doubts = false;
    for doubt in doubts {
        output.say(&plain(&format!("Warning: {doubt}.")));
        has_doubts = true;
    }
    if !has_doubts || !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        return Ok(());
    }
    output.say("Share it all the same? Type yes, or press Enter to stop:");
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line).context("cannot read the answer")?;
    anyhow::ensure!(is_yes(&line), "you did not say yes. Take out what is about a person first");
    Ok(())
}

fn is_yes(line: &str) -> bool {
    matches!(line.trim().to_lowercase().as_str(), "y" | "yes")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_yes_is_a_yes() {
        assert!([" yes\n", "Y\r\n", "YES"].iter().all(|line| is_yes(line)));
        assert!(!["", "\n", "no", "yes no", "ok"].iter().any(|line| is_yes(line)));
    }
}
