//! A stranger without a good invite learns nothing but that a Fingerpost speaks here.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use hyper::Method;
use serde_json::json;
use tests::api::text;
use tests::chance::Chance;
use tests::node::Node;
use tests::stage::Pair;
use tests::wire;

/// What only members may know. Letters that nothing else has by chance.
const CANARIES: &[&str] =
    &["Heronsgate", "4711-canary", "Priya Shah", "Harbour Lane Advice Centre"];

/// A workspace of two with a document, and an invite to it that was revoked.
async fn secret() -> Result<(Pair, String, String)> {
    let pair = Pair::meet().await?;
    let content = json!({
        "document_type": "referral_pathway",
        "title": "Heronsgate 4711-canary",
        "body": { "steps": [{ "who_acts": "referrer", "detail": "Heronsgate step" }] },
    });
    let document = pair.council.api()?.import(&pair.workspace, &content).await?;
    pair.agree(&document).await?;
    let made =
        pair.council.api()?.invite_with(&pair.workspace, &json!({ "role": "editor" })).await?;
    let path = format!("/api/v1/workspaces/{}/invites/{}", pair.workspace, text(&made, "id")?);
    pair.council.api()?.ask(Method::DELETE, &path, None).await?;
    let invite = text(&made, "invite")?;
    Ok((pair, document, invite))
}

#[tokio::test]
async fn an_organization_without_a_good_invite_learns_nothing() -> Result<()> {
    let (pair, document, invite) = secret().await?;
    let mut stranger = Node::init("Passing Trade", "other", "Alex Doe").await?;
    stranger.talk();
    stranger.start().await?;
    let api = stranger.api()?;
    let answer = api.try_join(&invite).await?;
    ensure!((400..500).contains(&answer.status), "a revoked invite was answered {}", answer.status);

    ensure!(api.list("/api/v1/workspaces").await?.is_empty(), "a stranger has a workspace");
    for path in [
        format!("/api/v1/documents/{document}"),
        format!("/api/v1/documents/{document}/history"),
        format!("/api/v1/workspaces/{}/documents", pair.workspace),
        format!("/api/v1/workspaces/{}/members", pair.workspace),
    ] {
        let answer = api.send(Method::GET, &path, None).await?;
        ensure!(answer.status == 404, "{path} answered {}", answer.status);
    }
    let heard = stranger.log();
    stranger.stop().await?;
    for canary in CANARIES {
        ensure!(!heard.contains(canary), "the stranger heard {canary:?}");
        let found = search(&stranger.data(), canary.as_bytes())?;
        ensure!(found.is_none(), "the stranger's folder holds {canary:?} in {found:?}");
    }
    // The members were not told that a stranger is one of them, and go on.
    tests::stage::wait_for_members(&pair.council.api()?, &pair.workspace, 2).await?;
    Ok(())
}

#[tokio::test]
async fn a_stranger_that_speaks_no_fingerpost_gets_a_protocol_name_and_no_more() -> Result<()> {
    let (pair, _document, _invite) = secret().await?;
    let status = pair.council.api()?.get("/api/v1/status").await?;
    let listen =
        status.get("listen").and_then(serde_json::Value::as_array).context("no addresses")?;
    let tcp = listen.iter().filter_map(serde_json::Value::as_str).find_map(|address| {
        let mut parts = address.split('/').skip(1);
        match (parts.next(), parts.next(), parts.next(), parts.next()) {
            (Some("ip4"), Some(host), Some("tcp"), Some(port)) => Some(format!("{host}:{port}")),
            _ => None,
        }
    });
    let tcp = tcp.with_context(|| format!("no TCP address in {listen:?}"))?;
    let mut words = vec![
        Vec::new(),
        b"GET / HTTP/1.1\r\nHost: example\r\n\r\n".to_vec(),
        b"\x13/multistream/1.0.0\n\x07/noise\n".to_vec(),
        b"\x13/multistream/1.0.0\n\x03ls\n".to_vec(),
        b"\x13/multistream/1.0.0\n\x0d/plaintext/2.0.0\n".to_vec(),
    ];
    let mut chance = Chance::seeded("stranger", 3)?;
    for length in [1, 100, 10_000] {
        words.push((0..length).map(|_| chance.bits().to_le_bytes()).collect::<Vec<_>>().concat());
    }
    for word in words {
        let heard = wire::exchange(&tcp, &word, wire::Then::End).await?;
        ensure!(heard.len() < 1_000, "{} bytes for a stranger", heard.len());
        for canary in CANARIES.iter().chain(&["Northmere", "fingerpost/"]) {
            ensure!(
                !contains(&heard, canary.as_bytes()),
                "{canary:?} in {:?}",
                String::from_utf8_lossy(&heard)
            );
        }
    }
    // The node is none the worse for it.
    pair.council.api()?.found("Still here").await?;
    Ok(())
}

/// Looks for bytes in every file of a folder; returns the first that has them.
fn search(folder: &Path, wanted: &[u8]) -> Result<Option<std::path::PathBuf>> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            if let Some(found) = search(&path, wanted)? {
                return Ok(Some(found));
            }
        } else if contains(&std::fs::read(&path)?, wanted) {
            return Ok(Some(path));
        }
    }
    Ok(None)
}

fn contains(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|window| window == wanted)
}
