//! What people do again and again in a browser.

use anyhow::{Context, Result};
use tests::browser::Browser;

/// The label of the summary of a pathway, a text that merges by letter.
pub(crate) const SUMMARY: &str = "Summary";
/// The label of what is to be done in a step.
pub(crate) const DETAIL: &str = "What to do";

/// Does the set-up tasks of a node that `init` made: a password, the recovery kit and its check.
pub(crate) async fn set_up(browser: &Browser, password: &str) -> Result<()> {
    browser.fill("Password", password).await?;
    browser.press("Continue").await?;
    browser.see("Recovery kit").await?;
    let kit = browser.read().await?;
    browser.press("I have printed it or written it down").await?;
    type_words(browser, &kit).await
}

/// Types the two words of the recovery kit that are asked for; `kit` is its page as it was read.
pub(crate) async fn type_words(browser: &Browser, kit: &str) -> Result<()> {
    for number in [3, 7] {
        let word = kit_word(kit, number)?;
        browser.fill(&format!("Word {number}"), &word).await?;
    }
    browser.press("Finish set-up").await?;
    browser.see("Your organisation is set up").await
}

/// Finds a word of the recovery kit as it stands on the page: twelve words before the form's own sentence.
fn kit_word(page: &str, number: usize) -> Result<String> {
    let (before, _after) =
        page.split_once("We will ask for two of the words").context("no form on the kit's page")?;
    let words: Vec<&str> = before.split_whitespace().rev().take(12).collect();
    // Counted from the last.
    let word = words.iter().rev().nth(number - 1);
    Ok((*word.with_context(|| format!("no word {number} in {before}"))?).to_owned())
}

/// Makes a workspace and returns its id.
pub(crate) async fn create_workspace(browser: &Browser, name: &str) -> Result<String> {
    browser.visit("/workspaces/new").await?;
    browser.fill("Name", name).await?;
    browser.press("Create workspace").await?;
    browser.wait_for_path("/workspaces/", "").await
}

/// Makes an invite for one editor and returns the text that is there to copy.
pub(crate) async fn make_invite(browser: &Browser, workspace: &str) -> Result<String> {
    browser.visit(&format!("/workspaces/{workspace}/members")).await?;
    browser.follow("Invite an organisation").await?;
    browser.choose("Editor").await?;
    browser.press("Make the invite").await?;
    browser.value("Invite text to copy").await
}

/// Joins with an invite, after a look at what it says.
pub(crate) async fn join(browser: &Browser, invite: &str, inviter: &str) -> Result<()> {
    browser.visit("/join").await?;
    browser.fill("Invite text or words", invite).await?;
    browser.press("Continue").await?;
    browser.see(inviter).await?;
    browser.press("Join").await
}

/// Brings in a file with one pathway, and returns the document's id.
pub(crate) async fn bring_in(
    browser: &Browser,
    workspace: &str,
    file: &std::path::Path,
    title: &str,
) -> Result<String> {
    browser.visit(&format!("/workspaces/{workspace}/documents")).await?;
    browser.follow("Bring in a file").await?;
    browser.type_into("JSON file", file.to_str().context("a path that is not UTF-8")?).await?;
    browser.press("Check the file").await?;
    browser.press("Bring in 1 document").await?;
    browser.follow(title).await?;
    browser.wait_for_path("/documents/", "").await
}

/// Types at the end of the summary and saves.
pub(crate) async fn add_to_summary(browser: &Browser, document: &str, text: &str) -> Result<()> {
    browser.visit(&format!("/documents/{document}/edit")).await?;
    browser.follow("Change Title and summary").await?;
    browser.type_at_end(SUMMARY, text).await?;
    browser.press("Save").await?;
    browser.see(text.trim()).await
}

/// Adds a step at the end and says what is to be done.
pub(crate) async fn add_step(browser: &Browser, document: &str, detail: &str) -> Result<()> {
    browser.visit(&format!("/documents/{document}/edit")).await?;
    browser.press("Add a step").await?;
    browser.fill(DETAIL, detail).await?;
    browser.press("Save").await?;
    browser.see(detail).await
}
