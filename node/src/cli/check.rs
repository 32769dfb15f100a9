//! `fingerpost check`

use std::fmt::Write as _;

use anyhow::Context as _;
use axum::http::Method;
use serde_json::{Value, json};

use crate::cli::output::{Output, text};
use crate::client::{Client, Content};

/// Compare everything that is stored with its hashes and signatures
///
/// Works whether or not the node runs. Exits with status 1 if anything is damaged or missing, and says what to do.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Mend what can be mended, and have the rest brought again by the other organisations
    ///
    /// Nothing is deleted: copies of damaged parts are put into journal/damaged in the data folder.
    #[arg(long)]
    repair: bool,
}

pub(crate) async fn run(args: Args, client: &Client, output: &mut Output) -> anyhow::Result<()> {
    let report = if args.repair {
        client.json(Method::POST, "/repair", Content::Json(&json!({}))).await
    } else {
        client.get("/check").await
    };
    let report = report.context("cannot check what is stored")?;
    output.result(&report, |report| words(report).trim_end().to_owned())?;
    if report.get("sound") == Some(&Value::Bool(true)) {
        return Ok(());
    }
    anyhow::ensure!(
        !args.repair || client.running().is_none(),
        "something is missing. The node asks the other organisations for it as soon as it runs: \"fingerpost serve\""
    );
    anyhow::ensure!(
        !args.repair,
        "something is still missing. The node goes on asking the other organisations for it"
    );
    anyhow::bail!("something that was stored is damaged or missing")
}

fn words(report: &Value) -> String {
    let say = |pointer: &str| text(report, pointer);
    let mut words = format!(
        "{} commits in {} segments, {} bytes\n{} documents, {} changes, {} decisions about members, {} settings of this node\n{} signatures checked\n",
        say("/commits"),
        say("/segments"),
        say("/bytes"),
        say("/documents"),
        say("/envelopes"),
        say("/entries"),
        say("/locals"),
        say("/signatures"),
    );
    let items =
        |name: &str| report.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
    for part in items("damaged") {
        let _ = writeln!(
            words,
            "damaged: segment {}, bytes {} to {}",
            text(&part, "/segment"),
            text(&part, "/from"),
            text(&part, "/to")
        );
    }
    for file in items("leftover") {
        let _ = writeln!(words, "left over, and no fault: {}", text(&file, ""));
    }
    for fault in items("faults") {
        let _ = writeln!(
            words,
            "{}: {}\n    {}",
            text(&fault, "/fault"),
            text(&fault, "/count"),
            text(&fault, "/do")
        );
    }
    words.push_str(match report.get("sound") {
        Some(Value::Bool(true)) => "Everything is sound.",
        _ => "Something is damaged or missing.",
    });
    words
}
