//! What people type to decide, and to say who may read.

use serde_json::Value;

use super::{fingerpost, output};
use crate::client::Client;
use crate::data::DataDir;

const NOBODY: &str = "did:key:z6MktwupdmLXVVqTzCw4i46r4uGyosGXRnR3XjN4Zq7oMMsw";

#[tokio::test(flavor = "multi_thread")]
async fn rules_names_and_audiences_are_changed_where_the_node_does_not_run() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("node");
    let init = ["init", "--organization", "Open Door", "--sector", "vcs", "--person", "Sam Ali"];
    fingerpost(&data, &init).await.unwrap();
    for (line, is_done) in [
        (&["workspace", "create", "Kent", "--rules", "council_and_vcs"][..], true),
        (&["workspace", "rules"], true),
        (&["workspace", "rules", "together", "--what-if"], true),
        (&["workspace", "rules", "together"], true),
        (&["workspace", "rules", "anarchy"], false),
        (&["workspace", "rename", "Kent and Medway"], true),
        (&["workspace", "history", "--workspace", "Kent and Medway"], true),
        (&["workspace", "refused"], true),
        (&["member", "list"], true),
        (&["member", "role", "Open Door", "reader"], false),
        (&["member", "remove", "Nobody", "--reason", "closed"], false),
        (&["member", "suspend", "Open Door"], false),
        (&["workspace", "leave"], false),
        (&["proposal", "list"], true),
        (&["proposal", "approve", "11111111111111111111111111111111"], false),
        (&["invite", "create", "--role", "reader", "--only-for", NOBODY], true),
        (&["doc", "new", "--title", "Warm rooms", "--read", "Open Door"], true),
        (&["doc", "new", "--title", "Cold rooms", "--read", "Nobody"], false),
    ] {
        let done = fingerpost(&data, line).await;
        assert_eq!(done.is_ok(), is_done, "{line:?}: {done:?}");
    }
    let workspace = only(&data, "/workspaces").await;
    assert_eq!(output::text(&workspace, "/rules/template"), "together");
    let path = format!("/workspaces/{}/documents", output::text(&workspace, "/id"));
    let document = only(&data, &path).await;
    assert!(document["audience"]["read"].is_array(), "{document}");
    let id = output::text(&document, "/id");
    for line in [
        &["doc", "audience", &id][..],
        &["doc", "audience", &id, "--read", "workspace"],
        &["doc", "readers", &id],
        &["doc", "readers", &id, "--at", "2020-01-01"],
        &["doc", "refused", &id],
    ] {
        fingerpost(&data, line).await.unwrap();
    }
    assert_eq!(output::text(&only(&data, &path).await, "/audience/read"), "workspace");
}

/// Returns the one item of a list.
async fn only(data: &std::path::Path, path: &str) -> Value {
    let client = Client::open(DataDir::new(data.to_owned())).await.unwrap();
    let mut items = client.list(path).await.unwrap();
    client.close().await;
    assert_eq!(items.len(), 1, "{path}: {items:?}");
    items.remove(0)
}
