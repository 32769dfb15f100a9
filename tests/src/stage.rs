//! Where a journey is played: what it opened is put away, and a failure leaves pictures.

use std::panic::{AssertUnwindSafe, resume_unwind};

use anyhow::{Context, Result};
use futures::FutureExt;

use crate::api::{Api, text};
use crate::browser::{Browser, Scripts};
use crate::node::Node;
use crate::{places, wait};

/// Plays a journey; if it fails, keeps a picture and the source of every open page in `target/e2e`.
pub async fn play(name: &str, journey: impl AsyncFnOnce(&mut Stage) -> Result<()>) -> Result<()> {
    let mut stage = Stage { name: name.to_owned(), browsers: Vec::new() };
    let outcome = AssertUnwindSafe(journey(&mut stage)).catch_unwind().await;
    let failed = !matches!(outcome, Ok(Ok(())));
    for (number, browser) in stage.browsers.drain(..).enumerate() {
        if failed
            && let Err(why) =
                browser.keep_picture(&places::scratch()?.join(format!("{name}-{number}"))).await
        {
            say(&format!("{name}: no picture of page {number}: {why:#}"));
        }
        // A browser that is gone already needs no goodbye.
        let _gone = browser.quit().await;
    }
    match outcome {
        Ok(result) => result.with_context(|| format!("journey {name:?}")),
        Err(panic) => resume_unwind(panic),
    }
}

/// Tells the person who runs the tests something, on standard error.
#[expect(clippy::print_stderr, reason = "figures and reasons are what the tests have to tell")]
pub fn say(line: &str) {
    eprintln!("{line}");
}

/// What one journey has opened.
#[derive(Debug)]
pub struct Stage {
    name: String,
    browsers: Vec<Browser>,
}

impl Stage {
    /// Opens a browser at a running node, signed in as its first person.
    pub async fn browser(&mut self, node: &Node) -> Result<Browser> {
        self.open(node, Scripts::On).await
    }

    /// Opens a browser that runs no scripts at a running node, signed in as its first person.
    pub async fn browser_without_scripts(&mut self, node: &Node) -> Result<Browser> {
        self.open(node, Scripts::Off).await
    }

    /// Opens a browser at a running node that knows nobody.
    pub async fn browser_signed_out(&mut self, node: &Node) -> Result<Browser> {
        self.open_signed_out(node, Scripts::On).await
    }

    async fn open(&mut self, node: &Node, scripts: Scripts) -> Result<Browser> {
        let browser = self.open_signed_out(node, scripts).await?;
        browser.sign_in(&node.login_url()?).await?;
        Ok(browser)
    }

    async fn open_signed_out(&mut self, node: &Node, scripts: Scripts) -> Result<Browser> {
        let browser = Browser::open(&node.address()?, scripts).await?;
        self.browsers.push(browser.clone());
        Ok(browser)
    }

    /// Tells a figure of this journey.
    pub fn report(&self, line: &str) {
        say(&format!("{}: {line}", self.name));
    }
}

/// Two organisations in one workspace, both running.
#[derive(Debug)]
pub struct Pair {
    pub council: Node,
    pub charity: Node,
    pub workspace: String,
}

impl Pair {
    /// Makes two organisations, and a workspace of the first that the second joins with an invite.
    pub async fn meet() -> Result<Self> {
        let mut council = Node::init("Northmere Borough Council", "council", "Sam Ali").await?;
        let mut charity = Node::init("Harbour Lane Advice Centre", "vcs", "Priya Shah").await?;
        council.start().await?;
        charity.start().await?;
        let workspace = council.api()?.found("Northmere together").await?;
        let invite = council.api()?.invite(&workspace).await?;
        charity.api()?.try_join(&invite).await?;
        for node in [&council, &charity] {
            wait_for_members(&node.api()?, &workspace, 2).await?;
        }
        Ok(Self { council, charity, workspace })
    }

    /// Waits until both nodes export the same, and returns it; says what they refused if they never do.
    pub async fn agree(&self, document: &str) -> Result<Vec<u8>> {
        let (one, other) = (self.council.api()?, self.charity.api()?);
        let agreed = wait::until("both nodes to export the same", async || {
            let (here, there) = (one.heads(document).await?, other.heads(document).await?);
            anyhow::ensure!(here == there, "heads {here} and {there}");
            let here = one.export(document, "json").await?;
            let there = other.export(document, "json").await?;
            anyhow::ensure!(here == there, "equal heads, but the exports differ");
            Ok(here)
        });
        match agreed.await {
            Ok(export) => Ok(export),
            Err(why) => {
                let (here, there) = (one.refused().await?, other.refused().await?);
                Err(why.context(format!("refused here: {here:?}; refused there: {there:?}")))
            }
        }
    }
}

/// Waits until a node lists so many full members of a workspace, and returns them.
pub async fn wait_for_members(
    api: &Api,
    workspace: &str,
    count: usize,
) -> Result<Vec<serde_json::Value>> {
    wait::until("the members of the workspace", async || {
        let members = api.members(workspace).await?;
        let full = members
            .iter()
            .filter(|member| text(member, "state").is_ok_and(|state| state == "member"))
            .count();
        anyhow::ensure!(full == count, "{full} of {count} members: {members:?}");
        Ok(members)
    })
    .await
}
