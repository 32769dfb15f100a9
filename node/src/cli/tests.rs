//! What people type, from the help to a document and back, with and without a running node.

mod trust;

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use clap::CommandFactory as _;

use super::*;
use crate::cli::serve::Node;
use crate::running::{Paths, Touch};

const EXAMPLE: &str = include_str!("../../examples/referral-pathway.cash-first.json");

#[test]
fn the_help_offers_what_there_is() {
    let mut help = String::new();
    let mut command = Cli::command().term_width(100);
    command.build();
    write_help(&mut command, &mut help);
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/cli/help.txt");
    if std::env::var_os("FINGERPOST_ACCEPT_HELP").is_some() {
        fs::write(&kept, &help).unwrap();
    }
    let kept = fs::read_to_string(kept).unwrap();
    assert_eq!(help, kept, "if this is meant, run this test once with FINGERPOST_ACCEPT_HELP=1");
}

fn write_help(command: &mut clap::Command, help: &mut String) {
    let name = command.get_bin_name().unwrap_or(command.get_name()).to_owned();
    let lines = command.render_long_help().to_string();
    let lines: Vec<&str> = lines.lines().map(str::trim_end).collect();
    writeln!(help, "# {name}\n\n{}\n", lines.join("\n")).unwrap();
    for subcommand in command.get_subcommands_mut().filter(|command| command.get_name() != "help") {
        write_help(subcommand, help);
    }
}

#[test]
fn what_is_not_there_yet_is_wrong_usage() {
    for line in ["doc sign x", "doc comment x"] {
        let words = std::iter::once("fingerpost").chain(line.split(' '));
        let refused = Cli::try_parse_from(words).err().map(|error| error.exit_code());
        assert_eq!(refused, Some(2), "{line}");
    }
}

/// Runs one command line and returns whether it went well.
async fn fingerpost(data: &Path, line: &[&str]) -> anyhow::Result<()> {
    let folder = data.to_str().unwrap();
    let words = ["fingerpost", "--json", "--data", folder].into_iter().chain(line.iter().copied());
    run(Cli::try_parse_from(words)?, &mut Output::nowhere()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_comes_back_equal_whether_or_not_the_node_runs() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("node");
    let init = ["init", "--organization", "Open Door", "--sector", "vcs", "--person", "Sam Ali"];
    fingerpost(&data, &init).await.unwrap();
    fingerpost(&data, &["workspace", "create", "Kent"]).await.unwrap();
    round_trip(folder.path(), &data).await;

    let dir = DataDir::new(data.clone());
    let http = addresses::http(Some("127.0.0.1:0".parse().unwrap())).unwrap();
    let node = Node::start(
        dir.clone(),
        http,
        vec!["/ip4/127.0.0.1/tcp/0".to_owned()],
        Touch::Online,
        Paths::default(),
    )
    .await
    .unwrap();
    dir.announce(node.running.http().unwrap()).unwrap();
    let client = Client::open(dir.clone()).await.unwrap();
    assert!(client.running().is_none(), "the running node is asked");
    let twice = fingerpost(&data, &["serve", "--http", "127.0.0.1:0"]).await.unwrap_err();
    assert!(twice.to_string().contains("already"), "{twice:#}");
    round_trip(folder.path(), &data).await;
    node.stop().await;
    assert_eq!(dir.serving(), None);
    fingerpost(&data, &["check"]).await.unwrap();
}

/// Imports the example, finds it, and exports it again.
async fn round_trip(folder: &Path, data: &Path) {
    let [example, exported] = ["in.json", "out.json"].map(|name| folder.join(name));
    fs::write(&example, EXAMPLE).unwrap();
    fingerpost(data, &["doc", "import", "--workspace", "Kent", example.to_str().unwrap()])
        .await
        .unwrap();

    let client = Client::open(DataDir::new(data.to_owned())).await.unwrap();
    let workspaces = client.list("/workspaces").await.unwrap();
    let workspace = output::text(&workspaces[0], "/id");
    // The newest comes first.
    let documents = client.list(&format!("/workspaces/{workspace}/documents")).await.unwrap();
    let id = output::text(&documents[0], "/id");
    client.close().await;

    let out = exported.to_str().unwrap();
    fingerpost(data, &["doc", "export", &id, "--output", out]).await.unwrap();
    let expected: serde_json::Value = serde_json::from_str(EXAMPLE).unwrap();
    let found: serde_json::Value = serde_json::from_slice(&fs::read(&exported).unwrap()).unwrap();
    assert_eq!(found, expected);

    fingerpost(data, &["doc", "edit", &id, "--set", "/title=Cash first, then food"]).await.unwrap();
    for line in [&["doc", "show", &id][..], &["doc", "history", &id], &["doc", "list"], &["status"]]
    {
        fingerpost(data, line).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recovery_kit_alone_brings_the_organization_back() {
    let folder = tempfile::tempdir().unwrap();
    let [lost, back] = ["lost", "back"].map(|name| folder.path().join(name));
    let init = ["init", "--organization", "Open Door", "--sector", "vcs", "--person", "Sam Ali"];
    fingerpost(&lost, &init).await.unwrap();
    let kit = lost.join("recovery-kit.html");
    let line = ["recover", "--kit", kit.to_str().unwrap(), "--person", "Jo Reed"];
    fingerpost(&back, &line).await.unwrap();
    let [lost, back] = [lost, back].map(|path| DataDir::new(path).identity().unwrap());
    assert_eq!(lost.card, back.card);
    assert_ne!(lost.certificate.node, back.certificate.node);
}

#[tokio::test(flavor = "multi_thread")]
async fn people_are_added_and_get_a_password() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("node");
    let init = ["init", "--organization", "Open Door", "--sector", "vcs", "--person", "Sam Ali"];
    fingerpost(&data, &init).await.unwrap();
    fingerpost(&data, &["person", "add", "Jo Reed", "--email", "jo@open-door.example"])
        .await
        .unwrap();
    assert!(fingerpost(&data, &["person", "add", "Jo", "--email", "nowhere"]).await.is_err());

    let client = Client::open(DataDir::new(data)).await.unwrap();
    let people = client.list("/people").await.unwrap();
    assert_eq!(people.len(), 2);
    let path = format!("/people/{}/password", output::text(&people[1], "/id"));
    for (password, is_taken) in [("short", false), ("long enough for anybody", true)] {
        let body = serde_json::json!({"password": password});
        let kept =
            client.json(axum::http::Method::PUT, &path, crate::client::Content::Json(&body)).await;
        assert_eq!(kept.is_ok(), is_taken, "{password}");
    }
    let people = client.list("/people").await.unwrap();
    assert_eq!(people[1]["has_password"], true);
    assert!(
        people.iter().all(|person| person.get("password").is_none()),
        "no hash leaves the node"
    );
    client.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_need_an_organization_first() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("nowhere");
    for line in [&["status"][..], &["serve"], &["workspace", "list"], &["check"]] {
        let error = fingerpost(&data, line).await.unwrap_err().to_string();
        assert!(error.contains("fingerpost init"), "{line:?}: {error}");
    }
    assert!(!data.exists(), "looking made nothing");
}
