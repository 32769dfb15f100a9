//! Two homes behind routers that let nobody in, and one computer that everyone reaches: the two work together on what
//! that computer may not read.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use tests::api::text;
use tests::node::Node;
use tests::stage::say;
use tests::town::{RELAY, Router, Town};
use tests::wait;

/// Meeting half-way is tried when the second connection stands; three times at most.
const MEET: Duration = Duration::from_secs(60);

#[tokio::test]
async fn two_homes_behind_strict_routers_share_by_way_of_a_relay_what_it_cannot_read() -> Result<()>
{
    let Some(town) = town("strict", Router::Strict).await? else { return Ok(()) };
    let Three { council, clinic, charity, workspace } = Three::meet(&town).await?;
    connected(&clinic, &charity, |state| state == "relayed").await?;
    connected(&charity, &clinic, |state| state == "relayed").await?;
    share(&clinic, &charity, &council, &workspace, "By way of a relay").await?;

    let relay = council.json(&["status", "--json"]).await?;
    let relay = relay.pointer("/network/relay").context("the relay says nothing of itself")?;
    ensure!(relay["places"] == 2, "{relay}");
    ensure!(relay["connections"].as_u64() >= Some(1), "{relay}");
    let reached = clinic.json(&["status", "--json"]).await?;
    let by_way_of = reached["network"]["relays"].to_string();
    ensure!(by_way_of.contains(&format!("/ip4/{RELAY}/")), "{by_way_of}");
    ensure!(reached["network"]["reached"] == false, "{reached}");
    Ok(())
}

#[tokio::test]
async fn two_homes_behind_usual_routers_meet_half_way_and_need_the_relay_no_more() -> Result<()> {
    let Some(town) = town("usual", Router::Usual).await? else { return Ok(()) };
    let Three { mut council, clinic, charity, workspace } = Three::meet(&town).await?;
    connected(&clinic, &charity, |state| state == "connected").await?;
    connected(&charity, &clinic, |state| state == "connected").await?;
    council.stop().await?;
    write(&clinic, &charity, &workspace, "Without the relay").await?;
    reads(&charity, &workspace, "Without the relay").await?;

    // And why the third cannot be reached is told.
    wait::until("why the relay cannot be reached", async || {
        let state = state(&clinic, &council).await?;
        ensure!(["refused", "timed_out"].contains(&state.as_str()), "it is {state}");
        Ok(())
    })
    .await
}

/// Builds a small internet, or says loudly why not.
async fn town(name: &str, router: Router) -> Result<Option<Town>> {
    if let Some(why) = Town::missing(name).await {
        say(&format!("SKIPPED: homes behind {router:?} routers: {why}"));
        return Ok(None);
    }
    Town::build(name, router).await.map(Some)
}

/// Three organisations in one workspace: one that everyone reaches, and two at home.
struct Three {
    council: Node,
    clinic: Node,
    charity: Node,
    workspace: String,
}

impl Three {
    async fn meet(town: &Town) -> Result<Self> {
        let mut council = Node::init("Northmere Borough Council", "council", "Sam Ali").await?;
        council.live_in(&town.place("relay"));
        council.listen_at(&[
            &format!("/ip4/{RELAY}/tcp/4891"),
            &format!("/ip4/{RELAY}/udp/4891/quic-v1"),
        ]);
        council.serve_with(&["--relay"]);
        council.start().await?;
        let made = council.json(&["workspace", "create", "--json", "Northmere together"]).await?;
        let workspace = text(&made, "id")?;
        let mut homes = Vec::new();
        for (name, person, home) in
            [("Harbour Clinic", "Ada Obi", "home1"), ("Open Door", "Tom Ellery", "home2")]
        {
            let mut node = Node::init(name, "vcs", person).await?;
            node.live_in(&town.place(home));
            node.listen_at(&["/ip4/0.0.0.0/tcp/4891", "/ip4/0.0.0.0/udp/4891/quic-v1"]);
            node.start().await?;
            let arguments =
                ["invite", "create", "--json", "--workspace", &workspace, "--role", "editor"];
            let invite = text(&council.json(&arguments).await?, "invite")?;
            node.json(&["join", "--json", &invite]).await?;
            homes.push(node);
        }
        let charity = homes.pop().context("two were made")?;
        let clinic = homes.pop().context("two were made")?;
        Ok(Self { council, clinic, charity, workspace })
    }
}

/// Waits until one is connected with the other so.
async fn connected(one: &Node, other: &Node, is_so: impl Fn(&str) -> bool) -> Result<()> {
    let what = format!("{} to be connected with {}", one.name, other.name);
    wait::within(MEET, &what, async || {
        let state = state(one, other).await?;
        ensure!(is_so(&state), "it is {state}\n{}\n{}", one.log(), other.log());
        Ok(())
    })
    .await
}

/// Returns how the way from one to the other stands.
async fn state(one: &Node, other: &Node) -> Result<String> {
    let status = one.json(&["status", "--json"]).await?;
    let peers = status.get("peers").and_then(Value::as_array).context("no peers")?;
    let peer = peers.iter().find(|peer| {
        peer.pointer("/organization/name").and_then(Value::as_str) == Some(other.name.as_str())
    });
    let peer = peer.with_context(|| format!("{} does not know {}", one.name, other.name))?;
    let state = peer.pointer("/computers/0/state").and_then(Value::as_str);
    Ok(state.context("no computer")?.to_owned())
}

/// Writes a document for two alone, and looks who has it.
async fn share(from: &Node, to: &Node, not: &Node, workspace: &str, title: &str) -> Result<()> {
    write(from, to, workspace, title).await?;
    reads(to, workspace, title).await?;
    let list = not.succeed(&["doc", "list", "--json", "--workspace", workspace]).await?;
    let list = String::from_utf8_lossy(&list);
    ensure!(!list.contains(title), "the relay reads what is not for it: {list}");
    Ok(())
}

async fn write(from: &Node, to: &Node, workspace: &str, title: &str) -> Result<()> {
    let id = |of: &Node| text(of.made.get("organization").context("no organisation")?, "id");
    let ids = [id(from)?, id(to)?];
    let both = ids.join(",");
    let mut arguments = vec!["doc", "new", "--json", "--workspace", workspace, "--title", title];
    arguments.extend(["--read", &both, "--write", &both]);
    from.json(&arguments).await?;
    Ok(())
}

async fn reads(node: &Node, workspace: &str, title: &str) -> Result<()> {
    wait::until(&format!("{} to read it", node.name), async || {
        let list = node.succeed(&["doc", "list", "--json", "--workspace", workspace]).await?;
        ensure!(String::from_utf8_lossy(&list).contains(title), "it is not there");
        Ok(())
    })
    .await
}
