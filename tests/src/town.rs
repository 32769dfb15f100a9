//! A small internet on this computer: network namespaces, with routers that translate addresses as those at home do.
//!
//! ```text
//!  relay 198.51.100.10 ──┐
//!                        ├── the internet (a bridge)
//!  198.51.100.1 router ──┤
//!   └ home 192.168.1.2   └── router 198.51.100.2
//!                              └ home 192.168.1.3
//! ```

use std::process::Stdio;

use anyhow::{Context, Result, ensure};
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

/// How a router translates addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Router {
    /// Keeps ports where it can, as most do at home: two computers can meet half-way.
    Usual,
    /// Chooses another port for each connection, as those of large offices and mobile networks do: they cannot.
    Strict,
}

/// The namespaces of one small internet. Gone when dropped.
#[derive(Debug)]
pub struct Town {
    name: String,
    places: Vec<&'static str>,
}

/// Where the relay is.
pub const RELAY: &str = "198.51.100.10";

impl Town {
    /// Says why this computer cannot have one; nothing if it can.
    pub async fn missing(name: &str) -> Option<String> {
        for program in ["ip", "nft"] {
            let version = run(program, &["-V"]).await;
            if version.is_err() {
                return Some(format!("the program {program} is not installed"));
            }
        }
        let name = format!("fp-try-{name}-{}", std::process::id());
        let made = run("ip", &["netns", "add", &name]).await;
        // What could not be made need not be deleted.
        let _deleted = run("ip", &["netns", "del", &name]).await;
        made.err().map(|error| format!("network namespaces are not allowed here: {error:#}"))
    }

    /// Builds one whose two routers are of a kind.
    pub async fn build(name: &str, router: Router) -> Result<Self> {
        let name = format!("fp-{name}-{}", std::process::id());
        let places = vec!["internet", "relay", "router1", "router2", "home1", "home2"];
        let town = Self { name, places };
        for place in &town.places {
            run("ip", &["netns", "add", &town.place(place)]).await?;
            town.ip(place, "link set lo up").await?;
        }
        town.ip("internet", "link add bridge type bridge").await?;
        town.ip("internet", "link set bridge up").await?;
        for place in ["relay", "router1", "router2"] {
            town.join(place, "wan", "internet", place).await?;
            town.ip("internet", &format!("link set {place} master bridge")).await?;
        }
        town.ip("relay", &format!("addr add {RELAY}/24 dev wan")).await?;
        for (number, home) in [(1, "home1"), (2, "home2")] {
            let at = format!("router{number}");
            town.join(home, "lan", &at, "lan").await?;
            town.ip(&at, &format!("addr add 198.51.100.{number}/24 dev wan")).await?;
            town.ip(&at, "addr add 192.168.1.1/24 dev lan").await?;
            town.ip(home, &format!("addr add 192.168.1.{}/24 dev lan", number + 1)).await?;
            town.ip(home, "route add default via 192.168.1.1").await?;
            town.run_in(&at, &["sysctl", "-q", "-w", "net.ipv4.ip_forward=1"]).await?;
            town.translate(&at, router).await?;
        }
        Ok(town)
    }

    /// Returns the name of the namespace of a place.
    pub fn place(&self, place: &str) -> String {
        format!("{}-{place}", self.name)
    }

    /// Lays a wire between two places.
    async fn join(&self, one: &str, end: &str, other: &str, other_end: &str) -> Result<()> {
        let other_place = self.place(other);
        let wire = format!("link add {end} type veth peer name {other_end} netns {other_place}");
        self.ip(one, &wire).await?;
        self.ip(one, &format!("link set {end} up")).await?;
        self.ip(other, &format!("link set {other_end} up")).await
    }

    /// Lets a router translate addresses, and let nothing in that nobody asked for.
    async fn translate(&self, router: &str, kind: Router) -> Result<()> {
        let kind = match kind {
            Router::Usual => "masquerade",
            Router::Strict => "masquerade random,fully-random",
        };
        let rules = format!(
            "table ip home {{
               chain translate {{
                 type nat hook postrouting priority 100;
                 oifname \"wan\" {kind}
               }}
               chain through {{
                 type filter hook forward priority 0; policy drop;
                 ct state established,related accept
                 iifname \"lan\" accept
               }}
               chain inside {{
                 type filter hook input priority 0; policy drop;
                 iifname \"lan\" accept
               }}
             }}\n"
        );
        let place = self.place(router);
        let mut nft = Command::new("ip")
            .args(["netns", "exec", &place, "nft", "-f", "-"])
            .stdin(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .context("starting nft")?;
        let mut input = nft.stdin.take().context("nft takes no rules")?;
        input.write_all(rules.as_bytes()).await.context("giving nft its rules")?;
        drop(input);
        let output = nft.wait_with_output().await.context("waiting for nft")?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "nft refused the rules of a router: {said}");
        Ok(())
    }

    async fn ip(&self, place: &str, arguments: &str) -> Result<()> {
        let place = self.place(place);
        let mut all = vec!["-n", place.as_str()];
        all.extend(arguments.split(' '));
        run("ip", &all).await
    }

    async fn run_in(&self, place: &str, command: &[&str]) -> Result<()> {
        let place = self.place(place);
        let mut all = vec!["netns", "exec", place.as_str()];
        all.extend(command);
        run("ip", &all).await
    }
}

impl Drop for Town {
    fn drop(&mut self) {
        for place in &self.places {
            // Nothing can be done where a test ends; what is left is gone with the next start of the computer.
            let _deleted = std::process::Command::new("ip")
                .args(["netns", "del", &self.place(place)])
                .stderr(Stdio::null())
                .status();
        }
    }
}

async fn run(program: &str, arguments: &[&str]) -> Result<()> {
    let output = Command::new(program).args(arguments).output().await;
    let output = output.with_context(|| format!("starting {program}"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "`{program} {}`: {said}", arguments.join(" "));
    Ok(())
}
