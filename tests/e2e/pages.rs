//! Every page of a node: no violation that axe-core finds, and nothing to scroll sideways on a small phone.

use std::collections::{BTreeSet, VecDeque};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use tests::api::text;
use tests::axe;
use tests::browser::Browser;
use tests::node::Node;
use tests::places;
use tests::stage::{Pair, Stage, play};

use crate::people;

/// Width of the smallest phone, in CSS pixels.
const NARROW: u32 = 320;
/// A crawl that finds fewer pages has lost its way.
const FEWEST: usize = 40;

/// Checks the open page.
async fn check(browser: &Browser) -> Result<()> {
    axe::check(browser).await?;
    browser.resize(NARROW, 800).await?;
    let wide = "const root = document.documentElement;
        if (root.scrollWidth <= root.clientWidth) return [];
        const reaches = one => one.getBoundingClientRect().right > root.clientWidth + 1;
        return [...document.querySelectorAll('body *')].filter(reaches).slice(0, 5).map(one => one.outerHTML.slice(0, 200));";
    let found = browser.run(wide, Vec::new()).await?;
    browser.resize(1280, 1024).await?;
    let path = browser.path().await?;
    ensure!(
        found.as_array().is_some_and(Vec::is_empty),
        "{path} scrolls sideways at {NARROW} pixels: {found}"
    );
    Ok(())
}

#[tokio::test]
async fn no_page_of_the_first_run_or_of_signing_in_shuts_anybody_out() -> Result<()> {
    play("first-run", async |stage| {
        let mut node = Node::init("Northmere Borough Council", "council", "Sam Ali").await?;
        node.start().await?;
        let mut faults = Faults::default();
        let browser = stage.browser_signed_out(&node).await?;
        for path in ["/sign-in", "/help", "/accessibility", "/no/such/page", "/start?token=wrong"] {
            browser.visit(path).await?;
            faults.note(check(&browser).await);
        }
        browser.visit("/sign-in").await?;
        browser.press("Sign in").await?;
        browser.see("There is a problem").await?;
        faults.note(check(&browser).await);

        browser.go(&node.login_url()?).await?;
        faults.note(check(&browser).await);
        browser.press("Continue").await?;
        faults.note(check(&browser).await);
        browser.fill("Password", "short").await?;
        browser.press("Continue").await?;
        browser.see("There is a problem").await?;
        faults.note(check(&browser).await);
        browser.fill("Password", "three random words 1").await?;
        browser.press("Continue").await?;
        browser.see("Recovery kit").await?;
        faults.note(check(&browser).await);
        let kit = browser.read().await?;
        browser.press("I have printed it or written it down").await?;
        faults.note(check(&browser).await);
        browser.press("Finish set-up").await?;
        browser.see("There is a problem").await?;
        faults.note(check(&browser).await);
        people::type_words(&browser, &kit).await?;
        faults.note(check(&browser).await);
        browser.go(&node.login_url()?).await?;
        browser.see("This link has been used").await?;
        faults.note(check(&browser).await);
        faults.none()
    })
    .await
}

#[tokio::test]
async fn no_page_that_a_link_leads_to_shuts_anybody_out() -> Result<()> {
    play("pages", async |stage| {
        let (pair, document, browser) = full_house(stage).await?;
        let mut faults = Faults::default();
        let mut waiting: VecDeque<String> = VecDeque::from([String::from("/")]);
        let unlinked = [
            format!("/documents/{document}/print"),
            format!("/workspaces/{}/documents?q=nothing-has-this-word", pair.workspace),
            format!("/workspaces/{}/proposals/new?kind=rename&name=Kent", pair.workspace),
            format!("/workspaces/{}/proposals/new?kind=rules&template=together", pair.workspace),
            format!("/documents/{document}/access?day=1&month=1&year=2026"),
            format!("/join/{}", pair.workspace),
            String::from("/search?q=food&overdue=yes&tag=nothing"),
            String::from("/search?q=food"),
            String::from("/no/such/page"),
        ];
        waiting.extend(unlinked);
        let mut seen = BTreeSet::new();
        while let Some(path) = waiting.pop_front() {
            if !seen.insert(shape(&path)) {
                continue;
            }
            browser.visit(&path).await?;
            faults.note(check(&browser).await);
            waiting.extend(browser.links().await?.into_iter().filter(|link| is_page(link)));
        }
        stage.report(&format!("{} pages: {seen:?}", seen.len()));
        faults.none()?;
        ensure!(seen.len() >= FEWEST, "only {} pages were found", seen.len());
        Ok(())
    })
    .await
}

#[tokio::test]
async fn no_form_that_comes_back_with_errors_shuts_anybody_out() -> Result<()> {
    play("errors", async |stage| {
        let (pair, document, browser) = full_house(stage).await?;
        let workspace = &pair.workspace;
        let mut faults = Faults::default();
        for (path, button) in [
            (String::from("/workspaces/new"), "Create workspace"),
            (String::from("/join"), "Continue"),
            (String::from("/account"), "Change password"),
            (String::from("/settings/people"), "Add this person"),
            (
                format!("/workspaces/{workspace}/documents/new?kind=referral_pathway"),
                "Create pathway",
            ),
            (format!("/workspaces/{workspace}/import/upload"), "Check the file"),
        ] {
            browser.visit(&path).await?;
            browser.press(button).await?;
            browser.see("There is a problem").await?;
            faults.note(check(&browser).await);
        }
        browser.visit(&format!("/workspaces/{workspace}/invites/new")).await?;
        browser.fill("How many organisations may use it?", "none").await?;
        browser.press("Make the invite").await?;
        browser.see("There is a problem").await?;
        faults.note(check(&browser).await);
        for question in [
            format!("/workspaces/{workspace}/proposals/new?kind=rename&name="),
            format!("/workspaces/{workspace}/proposals/new?kind=rules"),
            format!("/documents/{document}/access?day=31&month=2&year=2026"),
        ] {
            browser.visit(&question).await?;
            browser.see("There is a problem").await?;
            faults.note(check(&browser).await);
        }
        browser.visit(&format!("/documents/{document}/access/change")).await?;
        browser.press("See what it means").await?;
        browser.see("Will be able to read it").await?;
        faults.note(check(&browser).await);
        browser.visit(&format!("/documents/{document}/edit/review")).await?;
        browser.fill("Day", "31").await?;
        browser.fill("Month", "2").await?;
        browser.press("Save").await?;
        browser.see("There is a problem").await?;
        faults.note(check(&browser).await);
        refused_join(&pair, &browser, &mut faults).await?;
        faults.none()
    })
    .await
}

/// The pages of joining: what an invite says, one's own workspace, and a refusal.
async fn refused_join(pair: &Pair, browser: &Browser, faults: &mut Faults) -> Result<()> {
    let mut elsewhere = Node::init("Neighbour Region", "council", "Alex Doe").await?;
    elsewhere.start().await?;
    let there = elsewhere.api()?.found("Next door").await?;
    let made = elsewhere
        .api()?
        .invite_with(&there, &json!({ "role": "reader", "approval": true }))
        .await?;
    let invite = text(&made, "invite")?;
    browser.visit("/join").await?;
    browser.fill("Invite text or words", &invite).await?;
    browser.press("Continue").await?;
    browser.see("Check the invite").await?;
    faults.note(check(browser).await);
    browser.press("Join").await?;
    browser.see("Waiting").await?;
    faults.note(check(browser).await);
    browser.visit("/join").await?;
    browser
        .fill(
            "Invite text or words",
            &pair.council.api()?.invite(&pair.workspace).await?.replace("1-", "1-A"),
        )
        .await?;
    browser.press("Continue").await?;
    faults.note(check(browser).await);
    elsewhere.stop().await
}

/// Two organisations with everything there can be: documents, a conflict, an invite of each state, another guest waiting.
async fn full_house(stage: &mut Stage) -> Result<(Pair, String, Browser)> {
    let pair = Pair::meet().await?;
    let api = pair.council.api()?;
    let example = places::read_example("referral-pathway.cash-first.json")?;
    let document = api.import(&pair.workspace, &example).await?;
    api.import(&pair.workspace, &places::read_example("referral-pathway.domestic-abuse.json")?)
        .await?;
    let base = api.heads(&document).await?;
    for method in ["external", "none"] {
        let patch =
            json!([{ "op": "replace", "path": "/body/referral_method/method", "value": method }]);
        api.patch(&document, Some(&base), &patch).await?;
    }
    let whole = api.document(&document).await?;
    ensure!(
        whole.pointer("/conflicts/0").is_some_and(Value::is_object),
        "no conflict: {:?}",
        whole.get("conflicts")
    );
    api.invite(&pair.workspace).await?;
    decisions(&pair).await?;
    let browser = stage.browser(&pair.council).await?;
    people::set_up(&browser, "three random words 1").await.context("setting up")?;
    Ok((pair, document, browser))
}

/// A decision that was carried out, one that waits for the other steward, and a suspension.
async fn decisions(pair: &Pair) -> Result<()> {
    let api = pair.council.api()?;
    let workspace = format!("/api/v1/workspaces/{}", pair.workspace);
    let members = api.members(&pair.workspace).await?;
    let others = members.iter().filter(|member| member.get("is_self") == Some(&json!(false)));
    let mut ids = others.filter_map(|member| member.pointer("/organization/id").cloned());
    let charity = ids.next().context("nobody else is in")?;
    for change in [
        json!({ "kind": "role", "organization": charity, "role": "steward" }),
        json!({ "kind": "rules", "template": "together" }),
    ] {
        api.post(&format!("{workspace}/proposals"), &json!({ "change": change })).await?;
    }
    let id = charity.as_str().context("an id is a text")?;
    let reason = json!({ "reason": "A computer was stolen." });
    api.post(&format!("{workspace}/members/{id}/suspend"), &reason).await?;
    Ok(())
}

/// What is wrong with pages, collected so that one run tells all of it.
#[derive(Debug, Default)]
struct Faults(Vec<String>);

impl Faults {
    fn note(&mut self, outcome: Result<()>) {
        self.0.extend(outcome.err().map(|why| format!("{why:#}")));
    }

    fn none(self) -> Result<()> {
        ensure!(self.0.is_empty(), "{} pages:\n{}", self.0.len(), self.0.join("\n"));
        Ok(())
    }
}

/// Is the address a page, and not a file to keep?
fn is_page(link: &str) -> bool {
    !link.starts_with("/assets/")
        && !link.starts_with("/api/")
        && !link.ends_with("/file")
        && !link.contains('#')
}

/// Returns the kind of page that an address leads to: ids and values of the query do not count.
fn shape(link: &str) -> String {
    let (path, query) = link.split_once('?').unwrap_or((link, ""));
    let is_id = |part: &str| {
        part.len() > 20 || part.contains('@') || part.chars().next().is_some_and(char::is_numeric)
    };
    let parts: Vec<&str> =
        path.split('/').map(|part| if is_id(part) { "*" } else { part }).collect();
    let names: Vec<&str> = query.split('&').filter_map(|pair| pair.split('=').next()).collect();
    format!("{}?{}", parts.join("/"), names.join("&"))
}
