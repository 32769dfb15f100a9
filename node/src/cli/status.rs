//! `fingerpost status`

use std::fmt::Write as _;

use anyhow::Context as _;
use serde_json::Value;

use crate::cli::output::{Output, plain, text};
use crate::client::Client;

/// Show who this node is, whom it knows and what is not yet shared
#[derive(clap::Args)]
pub(crate) struct Args {}

pub(crate) async fn run(Args {}: Args, client: &Client, output: &mut Output) -> anyhow::Result<()> {
    let status = client.get("/status").await.context("cannot ask the node")?;
    output.result(&status, |status| words(status).trim_end().to_owned())?;
    if client.running().is_some() {
        output.say("The node is not running. Start it with \"fingerpost serve\".");
    }
    Ok(())
}

fn words(status: &Value) -> String {
    let say = |value: &Value, pointer: &str| plain(&text(value, pointer));
    let items =
        |name: &str| status.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
    let mut words = String::new();
    let mut line = |text: String| {
        let _ = writeln!(words, "{text}");
    };
    line(format!(
        "{} ({})",
        say(status, "/organization/name"),
        say(status, "/organization/sector")
    ));
    line(format!("  {}", say(status, "/organization/id")));
    line(format!("  fingerprint {}", say(status, "/organization/fingerprint")));
    line(format!("Node {}", say(status, "/node/peer_id")));
    for address in items("listen") {
        line(format!("  {}", say(&address, "")));
    }
    if let Some(relay) = status.pointer("/network/relay").filter(|relay| !relay.is_null()) {
        line(format!(
            "  relay: {} reached by way of this one, {} passed on now, {} refused",
            number(relay, "/places"),
            number(relay, "/connections"),
            number(relay, "/refused_total"),
        ));
    }
    for workspace in items("workspaces") {
        line(format!(
            "Workspace {} ({}), {}",
            say(&workspace, "/name"),
            say(&workspace, "/role"),
            say(&workspace, "/id")
        ));
    }
    for join in items("joins") {
        line(format!("Joining {}: {}", say(&join, "/workspace/name"), waits_for(&join)));
    }
    for peer in items("peers") {
        let online = if peer.get("connected") == Some(&Value::Bool(true)) {
            "online".to_owned()
        } else {
            match say(&peer, "/last_seen").as_str() {
                "" => "not seen yet".to_owned(),
                seen => format!("last seen {seen}"),
            }
        };
        let lacks = match peer.get("unseen").and_then(Value::as_u64).unwrap_or_default() {
            0 => "has everything".to_owned(),
            unseen => format!("has not seen {}", changes(unseen)),
        };
        line(format!("{}: {online}, {lacks}", say(&peer, "/organization/name")));
        if peer.get("connected") != Some(&Value::Bool(true)) {
            for computer in peer.get("computers").and_then(Value::as_array).into_iter().flatten() {
                line(why(computer));
            }
        }
    }
    match status.get("unsent").and_then(Value::as_u64).unwrap_or_default() {
        0 => line("All changes are shared.".to_owned()),
        unsent => line(format!("Not yet shared with everyone: {}", changes(unsent))),
    }
    words
}

fn number(value: &Value, pointer: &str) -> u64 {
    value.pointer(pointer).and_then(Value::as_u64).unwrap_or_default()
}

/// Says why a computer is not connected, and what to do.
fn why(computer: &Value) -> String {
    let say = |pointer: &str| plain(&text(computer, pointer));
    let words = [say("/reason"), say("/advice"), format!("({})", say("/state"))];
    let words: Vec<String> = words.into_iter().filter(|words| !words.is_empty()).collect();
    format!("  {}", words.join(" "))
}

fn changes(number: u64) -> String {
    if number == 1 { "1 change".to_owned() } else { format!("{number} changes") }
}

fn waits_for(join: &Value) -> String {
    let inviter = plain(&text(join, "/inviter/name"));
    match text(join, "/state").as_str() {
        "needs_approval" => format!("waiting for a steward to approve. Ask {inviter}"),
        "refused" => format!("refused. {}", plain(&text(join, "/reason"))),
        _ => format!("waiting until {inviter} or another member can be reached"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_words_say_who_lacks_what() {
        let status = json!({
            "organization": {"id": "did:key:z6Mk", "name": "Leeds", "sector": "council", "fingerprint": "ab cd"},
            "node": {"peer_id": "12D3"},
            "listen": ["/ip4/127.0.0.1/tcp/1/p2p/12D3"],
            "network": {"relay": {"places": 2, "connections": 1, "refused_total": 0}},
            "workspaces": [{"id": "9x", "name": "Yorkshire", "role": "steward"}],
            "joins": [{"workspace": {"name": "Kent"}, "inviter": {"name": "Dover"}, "state": "unreached"}],
            "peers": [{"organization": {"name": "Open Door"}, "connected": false, "last_seen": null, "unseen": 4, "computers": [
                {"state": "timed_out", "reason": "Nothing answers at its address.", "advice": "Ask them."},
                {"state": "by_others", "reason": "Your computer does not call it.", "advice": ""},
            ]}],
            "unsent": 4,
        });
        let words = words(&status);
        for line in [
            "Leeds (council)",
            "  relay: 2 reached by way of this one, 1 passed on now, 0 refused",
            "Joining Kent: waiting until Dover or another member can be reached",
            "Open Door: not seen yet, has not seen 4 changes",
            "  Nothing answers at its address. Ask them. (timed_out)",
            "  Your computer does not call it. (by_others)",
            "Not yet shared with everyone: 4 changes",
        ] {
            assert!(words.lines().any(|found| found == line), "{line:?} in\n{words}");
        }
    }
}
