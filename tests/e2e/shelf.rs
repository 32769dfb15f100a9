//! The public shelf: somebody publishes, and anybody reads, copies and checks it, on a server and from a folder.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use hyper::Method;
use serde_json::json;
use tests::api::{Api, text};
use tests::browser::Browser;
use tests::node::Node;
use tests::stage::play;
use tests::{axe, places};

/// Returns every file below a folder with what is in it, by its path there.
fn files(folder: &Path) -> Result<BTreeMap<String, Vec<u8>>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(&next)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder)?.to_string_lossy().into_owned();
                found.insert(name, std::fs::read(&path)?);
            }
        }
    }
    Ok(found)
}

/// What is published, and what must not show.
struct Told {
    /// The published document and its title.
    id: String,
    title: String,
    /// A document that is not public, and its title.
    kept: String,
    secret: String,
}

async fn publish(sam: &Browser, id: &str) -> Result<()> {
    sam.visit(&format!("/documents/{id}")).await?;
    sam.follow("Publish").await?;
    sam.see("This cannot be called back").await?;
    axe::check(sam).await?;
    sam.fill("What to call this version", "").await?;
    sam.press("Publish for everybody").await?;
    sam.see("There is a problem").await?;
    axe::check(sam).await?;
    sam.fill("What to call this version", "First edition").await?;
    sam.press("Publish for everybody").await?;
    sam.see("Published as First edition").await?;
    sam.visit(&format!("/documents/{id}/publish")).await?;
    sam.see("so there is nothing to publish").await?;
    axe::check(sam).await
}

/// Reads the shelf where it is served, and returns what its page of the document says.
async fn look(sam: &Browser, address: &str, told: &Told) -> Result<String> {
    sam.go(address).await?;
    sam.see("Public documents").await?;
    axe::check(sam).await?;
    ensure!(!sam.read().await?.contains(&told.secret), "the agreement is on the shelf");
    sam.follow(&told.title).await?;
    sam.see("Fingerprint of the words").await?;
    axe::check(sam).await?;
    sam.read().await
}

/// Asks for what is not there, for what is not public, and to change something.
async fn knock(anybody: &Api, told: &Told) -> Result<()> {
    let missing = anybody.send(Method::GET, "/documents/nothing/index.html", None).await?;
    ensure!(missing.status == 404, "{}", missing.status);
    let hidden = format!("/documents/{}/index.html", told.kept);
    let hidden = anybody.send(Method::GET, &hidden, None).await?;
    ensure!((hidden.status, &hidden.body) == (404, &missing.body), "they differ");
    let written = anybody.send(Method::POST, "/", Some(("text/plain", Vec::new()))).await?;
    ensure!(written.status == 405, "{}", written.status);
    Ok(())
}

/// Checks the signed file on a computer of another region, against what the page says.
async fn verify(anybody: &Api, told: &Told, heads: &str, page: &str) -> Result<()> {
    let bundle = format!("/documents/{}/bundle.json", told.id);
    let bundle = anybody.send(Method::GET, &bundle, None).await?;
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("bundle.json");
    std::fs::write(&file, &bundle.body)?;
    let file = file.to_str().context("a path that is not UTF-8")?;
    let neighbour = Node::empty("A neighbouring region")?;
    let proven = neighbour.json(&["verify", "--json", "--heads", heads, file]).await?;
    let version = proven.pointer("/documents/0/version").context("no version")?;
    ensure!(page.contains(&text(version, "fingerprint")?), "{version} is not on {page}");
    let unknown = neighbour.run(&["verify", "--heads", &"0".repeat(64), file]).await?;
    ensure!(!unknown.status.success(), "a version that is not there");
    Ok(())
}

/// Opens the site from the disk, and reads it on a narrow screen.
async fn look_into(sam: &Browser, site: &Path, told: &Told) -> Result<()> {
    for (name, bytes) in &files(site)? {
        let text = String::from_utf8_lossy(bytes);
        let tells = text.contains(&told.secret) || text.contains(&told.kept);
        ensure!(!tells, "{name} tells of it");
        ensure!(!text.contains("<script"), "{name} has a script");
    }
    look(sam, &format!("file://{}/index.html", site.display()), told).await?;
    sam.resize(320, 800).await?;
    let wide = sam.run("return document.documentElement.scrollWidth;", Vec::new()).await?;
    ensure!(wide.as_u64().is_some_and(|wide| wide <= 320), "{wide} pixels wide");
    sam.follow("All documents").await?;
    sam.see("Public documents").await
}

#[tokio::test]
async fn what_is_published_is_read_copied_and_checked_by_anybody_and_nothing_else_is() -> Result<()>
{
    play("shelf", async |stage| {
        let mut council = Node::init("Northmere Borough Council", "council", "Sam Ali").await?;
        council.serve_with(&["--shelf", "127.0.0.1:0"]);
        council.start().await?;
        let api = council.api()?;
        let workspace = api.found("Northmere together").await?;
        let pathway = places::read_example("referral-pathway.cash-first.json")?;
        let agreement = places::read_example("data-sharing-agreement.cash-first.json")?;
        let told = Told {
            id: api.import(&workspace, &pathway).await?,
            title: text(&pathway, "title")?,
            kept: api.import(&workspace, &agreement).await?,
            secret: text(&agreement, "title")?,
        };
        let sam = stage.browser(&council).await?;
        publish(&sam, &told.id).await?;
        let again = council.json(&["doc", "publish", "--json", &told.id]).await?;
        ensure!(text(&again, "name")? == "First edition", "{again}");
        let shelf = text(council.ready()?, "shelf")?;
        let anybody = Api::new(&shelf, "");
        let page = look(&sam, &shelf, &told).await?;
        knock(&anybody, &told).await?;
        verify(&anybody, &told, &api.heads(&told.id).await?, &page).await?;

        let folder = tempfile::tempdir()?;
        let site = folder.path().join("site");
        let there = site.to_str().context("a path that is not UTF-8")?;
        let done = council.json(&["shelf", "export", "--json", there]).await?;
        ensure!(done.get("documents") == Some(&json!(1)), "{done}");
        look_into(&sam, &site, &told).await?;

        // Without the node, and in the place of the first.
        let written = files(&site)?;
        council.stop().await?;
        council.json(&["shelf", "export", "--json", there]).await?;
        ensure!(files(&site)? == written, "the store exports something else than the node");
        std::fs::write(site.join("letter.txt"), "x")?;
        let refused = council.run(&["shelf", "export", there]).await?;
        ensure!(!refused.status.success(), "a letter was thrown away");
        Ok(())
    })
    .await
}

/// Opens a followed shelf that has news, finds them on Home too, and says that they were seen.
async fn see_news(ruth: &Browser, page: &str) -> Result<()> {
    ruth.visit(page).await?;
    ruth.see("1 changed document").await?;
    axe::check(ruth).await?;
    ruth.visit("/").await?;
    ruth.see("1 changed document since you looked").await?;
    ruth.see("was published in a newer version").await?;
    axe::check(ruth).await?;
    ruth.visit(page).await?;
    ruth.press("I have seen this").await?;
    ruth.see("From now on this shows what is new after this.").await?;
    axe::check(ruth).await
}

#[tokio::test]
async fn another_region_finds_what_is_published_follows_the_shelf_and_sees_what_is_new()
-> Result<()> {
    play("shelf-followed", async |stage| {
        let mut council = Node::init("Northmere Borough Council", "council", "Sam Ali").await?;
        council.serve_with(&["--shelf", "127.0.0.1:0"]);
        council.start().await?;
        let api = council.api()?;
        let workspace = api.found("Northmere together").await?;
        let pathway = places::read_example("referral-pathway.cash-first.json")?;
        let original = api.import(&workspace, &pathway).await?;
        council.json(&["doc", "publish", "--json", "--even-so", &original]).await?;
        let shelf = text(council.ready()?, "shelf")?;

        let mut saltway = Node::init("Saltway County Council", "council", "Ruth Okafor").await?;
        saltway.start().await?;
        let region = saltway.api()?;
        let workspace = region.found("Saltway together").await?;
        let ruth = stage.browser(&saltway).await?;
        ruth.visit(&format!("/workspaces/{workspace}/copy")).await?;
        ruth.fill("Web address", "northmere").await?;
        ruth.press("Look there").await?;
        ruth.see("Enter a web address that begins with https://").await?;
        axe::check(&ruth).await?;
        ruth.fill("Web address", &shelf).await?;
        ruth.press("Look there").await?;
        ruth.see("What Northmere Borough Council publishes").await?;
        axe::check(&ruth).await?;
        ruth.press("Follow this shelf").await?;
        ruth.see("You follow this shelf now.").await?;
        axe::check(&ruth).await?;
        ruth.visit(&format!("/workspaces/{workspace}/copy/shelf?address={shelf}")).await?;
        ruth.press(&format!("Make a copy of {}", text(&pathway, "title")?)).await?;
        ruth.see("Copied from Northmere Borough Council").await?;

        let change = json!([{"op": "replace", "path": "/description", "value": "Second edition."}]);
        api.patch(&original, None, &change).await?;
        council.json(&["doc", "publish", "--json", "--even-so", &original]).await?;
        see_news(&ruth, &format!("/workspaces/{workspace}/copy/shelf?address={shelf}")).await?;
        let followed = saltway.json(&["shelf", "followed", "--json"]).await?;
        ensure!(followed.get("changed") == Some(&json!(0)), "{followed}");
        let address = text(&followed, "address")?;
        for (line, is_good) in [
            (["shelf", "looks", "off"], true),
            (["shelf", "seen", &address], true),
            (["shelf", "seen", "https://elsewhere.example/"], false),
        ] {
            let done = saltway.run(&line).await?;
            ensure!(done.status.success() == is_good, "{line:?}");
        }
        ruth.visit("/settings").await?;
        ruth.see("This computer does not look by itself").await?;
        axe::check(&ruth).await?;
        ruth.press("Look once a day").await?;
        ruth.see("This computer looks once a day from now on.").await?;
        ruth.visit("/").await?;
        ruth.follow("See what is new there").await?;
        ruth.press("Look there now").await?;
        ruth.see("Only they changed this. It comes here.").await?;
        axe::check(&ruth).await?;
        ruth.press("Take this in").await?;
        ruth.see("Second edition.").await?;
        council.stop().await?;
        ruth.follow("See what is new there").await?;
        ruth.press("Look there now").await?;
        ruth.see("Nothing answers at 127.0.0.1").await?;
        axe::check(&ruth).await?;
        ruth.visit(&format!("/workspaces/{workspace}/copy/shelf?address={shelf}")).await?;
        ruth.see("It could not be looked at just now.").await?;
        axe::check(&ruth).await
    })
    .await
}
