//! `fingerpost doc crosswalk`

use anyhow::Context as _;
use crdt_schema::identity::DocumentId;
use serde_json::{Value, json};

use crate::cli::audience;
use crate::cli::output::{Output, text};
use crate::cli::workspace::Which;
use crate::client::Client;

/// Make a table of matching tags from two lists of tags
///
/// Matches are proposed, with the reason; people say of each what is right. Tags for which nothing was found are listed too.
#[derive(clap::Args)]
pub(crate) struct Crosswalk {
    /// The id of the first list of tags
    from: DocumentId,
    /// The id of the second list of tags
    to: DocumentId,
    #[command(flatten)]
    which: Which,
    /// Its title [default: made of the names of the lists]
    #[arg(long)]
    title: Option<String>,
    #[command(flatten)]
    circles: audience::Circles,
}

pub(crate) async fn make(
    args: Crosswalk,
    client: &Client,
    output: &mut Output,
) -> anyhow::Result<()> {
    let workspace = args.which.path(client).await?;
    let audience = args.circles.audience(&Value::Null, &workspace, client).await?;
    let body = json!({
        "from": args.from, "to": args.to, "title": args.title, "audience": audience,
    });
    let made = client
        .post(&format!("{workspace}/crosswalks"), &body)
        .await
        .context("cannot match the lists")?;
    if !output.is_json() {
        let (proposed, left) = (text(&made, "/proposed"), text(&made, "/without_match"));
        output.say(&format!("{proposed} matches proposed, {left} tags without a match"));
    }
    output.result(&made, |made| text(made, "/id"))?;
    Ok(())
}
