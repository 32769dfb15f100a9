//! A real, headless Chromium, used as a person uses it: by what can be read on the page.

use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use tempfile::TempDir;
use thirtyfour::common::capabilities::chromium::ChromiumLikeCapabilities;
use thirtyfour::{By, ChromeCapabilities, Key, WebDriver, WebElement};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::wait;

const SWITCHES: &[&str] = &[
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-background-timer-throttling",
    "--disable-backgrounding-occluded-windows",
    "--disable-renderer-backgrounding",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1280,1024",
];

/// Does the browser run a page's scripts?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scripts {
    On,
    Off,
}

/// A browser with one page open.
#[derive(Clone, Debug)]
pub struct Browser {
    driver: WebDriver,
    /// The node's pages, for example `http://127.0.0.1:40123`.
    address: String,
    _process: Arc<Process>,
}

/// The driver's process and the browser's profile; both go with the last handle.
#[derive(Debug)]
struct Process {
    _driver: Child,
    _profile: TempDir,
}

impl Browser {
    /// Opens a browser of its own, with a fresh profile, for the pages at `address`.
    pub async fn open(address: &str, scripts: Scripts) -> Result<Self> {
        let profile =
            TempDir::with_prefix("fingerpost-browser-").context("making a browser's profile")?;
        let (process, server) = start_driver().await?;
        let mut wishes = ChromeCapabilities::new();
        for switch in SWITCHES {
            wishes.add_arg(switch)?;
        }
        wishes.add_arg(&format!("--user-data-dir={}", profile.path().display()))?;
        if scripts == Scripts::Off {
            let off = json!({ "profile.managed_default_content_settings.javascript": 2 });
            wishes.add_experimental_option("prefs", off)?;
        }
        let driver = WebDriver::new(server, wishes).await.context("opening a browser")?;
        let process = Arc::new(Process { _driver: process, _profile: profile });
        Ok(Self { driver, address: address.to_owned(), _process: process })
    }

    /// Closes the browser.
    pub async fn quit(self) -> Result<()> {
        self.driver.quit().await.context("closing the browser")
    }

    /// Uses a one-time link.
    pub async fn sign_in(&self, login_url: &str) -> Result<()> {
        self.go(login_url).await?;
        let before = self.path().await?;
        self.press("Continue").await?;
        // What is visited before the answer is there would be left again.
        wait::until("to be signed in", async || {
            ensure!(self.path().await? != before, "still at {before}");
            Ok(())
        })
        .await
    }

    /// Goes to a whole address.
    pub async fn go(&self, url: &str) -> Result<()> {
        self.driver.goto(url).await.context("going to an address")
    }

    /// Goes to one of the node's addresses, such as `/workspaces`.
    pub async fn visit(&self, path: &str) -> Result<()> {
        self.driver
            .goto(format!("{}{path}", self.address))
            .await
            .with_context(|| format!("going to {path}"))
    }

    /// Returns the path of the page that is open, with its query.
    pub async fn path(&self) -> Result<String> {
        let url = self.driver.current_url().await?;
        let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
        Ok(format!("{}{query}", url.path()))
    }

    /// Loads the page again.
    pub async fn reload(&self) -> Result<()> {
        self.driver.refresh().await.context("loading the page again")
    }

    /// Follows the link with this text.
    pub async fn follow(&self, link: &str) -> Result<()> {
        self.click(
            &format!("//a[normalize-space(.)={}]", literal(link)),
            &format!("the link {link:?}"),
        )
        .await
    }

    /// Presses the button with this text.
    pub async fn press(&self, button: &str) -> Result<()> {
        let path =
            format!("//*[self::button or @role='button'][normalize-space(.)={}]", literal(button));
        self.click(&path, &format!("the button {button:?}")).await
    }

    /// Chooses the radio or checkbox with this label.
    pub async fn choose(&self, label: &str) -> Result<()> {
        self.click(
            &format!("//label[normalize-space(.)={}]", literal(label)),
            &format!("the choice {label:?}"),
        )
        .await
    }

    /// Puts text in the place of what the field with this label holds.
    pub async fn fill(&self, label: &str, text: &str) -> Result<()> {
        // The page may come anew between finding the field and typing into it.
        wait::until(&format!("to fill the field {label:?}"), async || {
            let field = self.field(label).await?;
            field.clear().await.context("emptying it")?;
            field.send_keys(text).await.context("typing into it")
        })
        .await
    }

    /// Types text where the caret stands in the field with this label.
    pub async fn type_into(&self, label: &str, text: &str) -> Result<()> {
        let field = self.field(label).await?;
        field.send_keys(text).await.with_context(|| format!("typing into the field {label:?}"))
    }

    /// Puts the caret behind all that the field holds, and types there.
    pub async fn type_at_end(&self, label: &str, text: &str) -> Result<()> {
        let field = self.field(label).await?;
        field.click().await.with_context(|| format!("clicking into the field {label:?}"))?;
        // A chord and the text after it go in two calls, or the driver keeps the key down.
        field.send_keys(Key::Control + Key::End).await.context("moving the caret")?;
        field.send_keys(text).await.with_context(|| format!("typing into the field {label:?}"))
    }

    /// Types where the caret stands in whatever has the focus.
    pub async fn keys(&self, text: &str) -> Result<()> {
        self.driver.action_chain().send_keys(text).perform().await.context("typing")
    }

    /// Holds a key down and presses another, in whatever has the focus.
    pub async fn chord(&self, held: Key, pressed: &str) -> Result<()> {
        let chain =
            self.driver.action_chain().key_down(held.clone()).send_keys(pressed).key_up(held);
        chain.perform().await.context("pressing two keys")
    }

    /// Waits until the page's address begins and ends so, and returns what is between.
    pub async fn wait_for_path(&self, start: &str, end: &str) -> Result<String> {
        wait::until(&format!("an address like {start}…{end}"), async || {
            let path = self.path().await?;
            let between = path.strip_prefix(start).and_then(|rest| rest.strip_suffix(end));
            let id = between.filter(|id| id.len() > 10 && !id.contains(['/', '?']));
            Ok(id.with_context(|| path.clone())?.to_owned())
        })
        .await
    }

    /// Returns what the field with this label holds.
    pub async fn value(&self, label: &str) -> Result<String> {
        let field = self.field(label).await?;
        Ok(field.prop("value").await?.unwrap_or_default())
    }

    /// Finds the field with this label.
    pub async fn field(&self, label: &str) -> Result<WebElement> {
        let path = format!("//*[@id=//label[normalize-space(.)={}]/@for]", literal(label));
        self.find(&path, &format!("the field {label:?}")).await
    }

    /// Waits until a text can be read on the page.
    pub async fn see(&self, text: &str) -> Result<()> {
        wait::until(&format!("the page to say {text:?}"), async || {
            let page = self.read().await?;
            ensure!(page.contains(text), "at {}: {page}", self.path().await?);
            Ok(())
        })
        .await
    }

    /// Returns all that can be read on the page, with every gap as one space.
    pub async fn read(&self) -> Result<String> {
        // The next page may come between finding the body and reading it.
        let text = wait::until("the text of the page", async || {
            Ok(self.driver.find(By::Tag("body")).await?.text().await?)
        });
        Ok(text.await?.split_whitespace().collect::<Vec<_>>().join(" "))
    }

    /// Returns the page's title.
    pub async fn title(&self) -> Result<String> {
        Ok(self.driver.title().await?)
    }

    /// Returns the addresses of this node's pages that the open page links to.
    pub async fn links(&self) -> Result<Vec<String>> {
        let mut paths = Vec::new();
        for link in self.driver.find_all(By::Css("a[href^='/']")).await? {
            paths.extend(link.attr("href").await?);
        }
        Ok(paths)
    }

    /// Runs a script of the test in the page, past the page's own rules for scripts, and returns what it returns.
    pub async fn run(&self, script: &str, arguments: Vec<Value>) -> Result<Value> {
        Ok(self.driver.execute(script, arguments).await?.json().clone())
    }

    /// Runs a script that calls its last argument with the outcome.
    pub async fn run_to_end(&self, script: &str, arguments: Vec<Value>) -> Result<Value> {
        Ok(self.driver.execute_async(script, arguments).await?.json().clone())
    }

    /// Makes the window so wide and so high.
    pub async fn resize(&self, width: u32, height: u32) -> Result<()> {
        // A headless window has a smallest width; the page's own size has none.
        let size =
            json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.driver
            .cdp()
            .send_raw("Emulation.setDeviceMetricsOverride", size)
            .await
            .context("changing the page's size")?;
        Ok(())
    }

    /// Returns the driver, for what only it can do.
    pub fn driver(&self) -> &WebDriver {
        &self.driver
    }

    /// Keeps a picture and the source of the page, at `place` with the endings `png` and `html`.
    pub async fn keep_picture(&self, place: &Path) -> Result<()> {
        let (picture, source) = (place.with_extension("png"), place.with_extension("html"));
        self.driver.screenshot(&picture).await?;
        let page = format!(
            "<!-- {} -->\n{}",
            self.driver.current_url().await?,
            self.driver.source().await?
        );
        std::fs::write(&source, page)?;
        crate::stage::say(&format!(
            "the page as it was: {} and {}",
            picture.display(),
            source.display()
        ));
        Ok(())
    }

    /// Waits until an element can be used, then clicks it.
    async fn click(&self, path: &str, what: &str) -> Result<()> {
        wait::until(what, async || {
            let element =
                self.driver.find(By::XPath(path)).await.with_context(|| "not on the page")?;
            element.click().await.context("not to be clicked")
        })
        .await
        .with_context(|| format!("looking for {what}"))
    }

    async fn find(&self, path: &str, what: &str) -> Result<WebElement> {
        wait::until(what, async || Ok(self.driver.find(By::XPath(path)).await?)).await
    }
}

/// How often a driver may end because its port was taken.
const DRIVER_TRIES: usize = 5;

/// Starts chromedriver on a port that it chooses, and returns its address.
///
/// It takes a free port of IPv4 and then wants the same port of IPv6. Where another process holds that one, it ends
/// with "IPv6 port not available"; the next try gets another port.
async fn start_driver() -> Result<(Child, String)> {
    let mut ended = Vec::new();
    for _try in 0..DRIVER_TRIES {
        match try_driver().await? {
            Ok(started) => return Ok(started),
            Err(said) => ended.push(said),
        }
    }
    anyhow::bail!("chromedriver ended {DRIVER_TRIES} times without saying its port: {ended:?}")
}

/// A driver with its address; or what it said before it ended.
async fn try_driver() -> Result<std::result::Result<(Child, String), Vec<String>>> {
    let mut command = Command::new("chromedriver");
    command
        .arg("--port=0")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true);
    let mut driver = command.spawn().context("starting chromedriver. ./test installs it")?;
    let output = driver.stdout.take().context("chromedriver has no output")?;
    let mut lines = BufReader::new(output).lines();
    let port = async {
        let mut said = Vec::new();
        while let Some(line) = lines.next_line().await? {
            if let Some((_before, port)) = line.split_once("started successfully on port ") {
                return Ok(Ok(port.trim_end_matches('.').to_owned()));
            }
            said.push(line);
        }
        anyhow::Ok(Err(said))
    };
    let port = tokio::time::timeout(wait::DEADLINE, port)
        .await
        .context("chromedriver did not say its port")??;
    // What it says later is read and dropped: a full pipe would stop it.
    tokio::spawn(async move { while let Ok(Some(_line)) = lines.next_line().await {} });
    Ok(port.map(|port| (driver, format!("http://127.0.0.1:{port}"))))
}

/// Writes a text as an XPath literal, which has no escapes.
fn literal(text: &str) -> String {
    if text.contains('"') {
        let parts: Vec<String> = text.split('"').map(|part| format!("\"{part}\"")).collect();
        return format!("concat({})", parts.join(", '\"', "));
    }
    format!("\"{text}\"")
}
