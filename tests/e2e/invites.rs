//! Invites: who comes in, who is refused and told why, who waits and then goes on by itself.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use hyper::Method;
use serde_json::{Value, json};
use tests::api::{Api, text};
use tests::node::Node;
use tests::stage::wait_for_members;
use tests::wait;

async fn council() -> Result<(Node, String)> {
    let mut council = Node::init("Northmere Borough Council", "council", "Sam Ali").await?;
    council.start().await?;
    let workspace = council.api()?.found("Northmere together").await?;
    Ok((council, workspace))
}

async fn guest(name: &str) -> Result<Node> {
    let mut guest = Node::init(name, "vcs", "Priya Shah").await?;
    guest.start().await?;
    Ok(guest)
}

/// Uses an invite that must be refused, at once or by a member, and returns the sentence that a person is told.
async fn refusal(guest: &Api, invite: &str) -> Result<String> {
    let answer = guest.try_join(invite).await?;
    if !(200..300).contains(&answer.status) {
        ensure!(
            (400..500).contains(&answer.status),
            "a bad invite is no fault of the node: {}",
            answer.status
        );
        return answer.sentence();
    }
    let workspace = text(&answer.json()?, "workspace")?;
    wait::until("the join to be refused", async || {
        let (_state, reason) = join_state(guest, &workspace).await?.context("no such join")?;
        reason.context("no reason yet")
    })
    .await
}

/// Returns the state of a join that is not through, and the reason if it was refused.
async fn join_state(api: &Api, workspace: &str) -> Result<Option<(String, Option<String>)>> {
    let status = api.get("/api/v1/status").await?;
    let joins =
        status.get("joins").and_then(Value::as_array).context("the status lists no joins")?;
    let ours = joins
        .iter()
        .find(|join| join.pointer("/workspace/id").and_then(Value::as_str) == Some(workspace));
    ours.map(|join| {
        let state = text(join, "state")?;
        Ok((state.clone(), text(join, "reason").ok().filter(|_reason| state == "refused")))
    })
    .transpose()
}

/// Waits until a join is in this state.
async fn wait_for_join(api: &Api, workspace: &str, wanted: &str) -> Result<()> {
    wait::until(&format!("the join to be {wanted}"), async || {
        let found = join_state(api, workspace).await?;
        ensure!(found.as_ref().is_some_and(|(state, _reason)| state == wanted), "{found:?}");
        Ok(())
    })
    .await
}

/// A refused join leaves nothing: no workspace here, no member there.
async fn is_out(guest: &Api, council: &Api, workspace: &str, members: usize) -> Result<()> {
    let workspaces = guest.list("/api/v1/workspaces").await?;
    ensure!(workspaces.is_empty(), "a refused guest has {workspaces:?}");
    wait_for_members(council, workspace, members).await?;
    Ok(())
}

#[tokio::test]
async fn an_expired_invite_is_refused_with_what_to_do() -> Result<()> {
    let (council, workspace) = council().await?;
    let guest = guest("Open Door").await?;
    let made = council
        .api()?
        .invite_with(&workspace, &json!({ "role": "editor", "expires_in": "1s" }))
        .await?;
    wait::pass(Duration::from_secs(2)).await;
    let sentence = refusal(&guest.api()?, &text(&made, "invite")?).await?;
    ensure!(sentence.contains("ended") || sentence.contains("expired"), "{sentence}");
    ensure!(sentence.contains("new"), "it must say to ask for a new one: {sentence}");
    is_out(&guest.api()?, &council.api()?, &workspace, 1).await
}

#[tokio::test]
async fn a_revoked_invite_is_refused_with_what_to_do() -> Result<()> {
    let (council, workspace) = council().await?;
    let guest = guest("Open Door").await?;
    let made = council.api()?.invite_with(&workspace, &json!({ "role": "editor" })).await?;
    let path = format!("/api/v1/workspaces/{workspace}/invites/{}", text(&made, "id")?);
    council.api()?.ask(Method::DELETE, &path, None).await?;
    let sentence = refusal(&guest.api()?, &text(&made, "invite")?).await?;
    ensure!(sentence.contains("new"), "it must say to ask for a new one: {sentence}");
    is_out(&guest.api()?, &council.api()?, &workspace, 1).await
}

#[tokio::test]
async fn a_used_invite_is_refused_with_what_to_do() -> Result<()> {
    let (council, workspace) = council().await?;
    let (first, second) = (guest("Open Door").await?, guest("Harbour Lane Advice Centre").await?);
    let invite = council.api()?.invite(&workspace).await?;
    first.api()?.try_join(&invite).await?;
    wait_for_members(&council.api()?, &workspace, 2).await?;
    let sentence = refusal(&second.api()?, &invite).await?;
    ensure!(sentence.contains("used"), "it must say that it was used: {sentence}");
    is_out(&second.api()?, &council.api()?, &workspace, 2).await
}

#[tokio::test]
async fn an_altered_invite_and_what_is_none_are_refused_wherever_they_differ() -> Result<()> {
    let (council, workspace) = council().await?;
    let guest = guest("Open Door").await?;
    let invite = council.api()?.invite(&workspace).await?;
    let mut wrong = vec![
        String::new(),
        String::from("hello"),
        String::from("fingerpost-invite-1-"),
        invite.chars().rev().collect(),
        invite.get(..invite.len() / 2).context("an invite is longer than that")?.to_owned(),
        format!("{invite}AAAA"),
    ];
    // Every 7th letter, each on its own, becomes another one.
    for place in (0..invite.len()).step_by(7) {
        let flip = |(at, letter)| {
            if at != place {
                letter
            } else if letter == 'A' {
                'B'
            } else {
                'A'
            }
        };
        let altered: String = invite.chars().enumerate().map(flip).collect();
        if altered != invite {
            wrong.push(altered);
        }
    }
    for text in &wrong {
        let answer = guest.api()?.try_join(text).await?;
        ensure!((400..500).contains(&answer.status), "{text} was answered with {}", answer.status);
        ensure!(answer.sentence()?.len() > 20, "no sentence: {}", answer.sentence()?);
    }
    is_out(&guest.api()?, &council.api()?, &workspace, 1).await?;
    // The same invite, whole, still works.
    guest.api()?.try_join(&invite).await?;
    wait_for_members(&council.api()?, &workspace, 2).await?;
    Ok(())
}

#[tokio::test]
async fn an_invite_works_while_the_inviter_is_away_if_any_member_is_reachable() -> Result<()> {
    let (mut council, workspace) = council().await?;
    let (member, newcomer) =
        (guest("Harbour Lane Advice Centre").await?, guest("Open Door").await?);
    let invite = council.api()?.invite(&workspace).await?;
    member.api()?.try_join(&invite).await?;
    wait_for_members(&member.api()?, &workspace, 2).await?;
    wait_for_members(&council.api()?, &workspace, 2).await?;
    let invite = council.api()?.invite(&workspace).await?;
    council.stop().await?;

    newcomer.api()?.try_join(&invite).await?;
    wait_for_members(&newcomer.api()?, &workspace, 3).await?;
    wait_for_members(&member.api()?, &workspace, 3).await?;
    council.start().await?;
    wait_for_members(&council.api()?, &workspace, 3).await?;
    Ok(())
}

#[tokio::test]
async fn a_join_that_reaches_nobody_waits_and_goes_on_by_itself() -> Result<()> {
    let (mut council, workspace) = council().await?;
    let mut guest = guest("Open Door").await?;
    let invite = council.api()?.invite(&workspace).await?;
    council.stop().await?;

    let answer = guest.api()?.try_join(&invite).await?.json()?;
    ensure!(text(&answer, "state")? == "waiting", "{answer}");
    wait_for_join(&guest.api()?, &workspace, "unreached").await?;
    // It also outlives the node that waits.
    guest.kill().await?;
    guest.start().await?;
    wait_for_join(&guest.api()?, &workspace, "unreached").await?;

    council.start().await?;
    for node in [&council, &guest] {
        wait_for_members(&node.api()?, &workspace, 2).await?;
    }
    ensure!(
        join_state(&guest.api()?, &workspace).await?.is_none(),
        "the join is through and still waits"
    );
    Ok(())
}

#[tokio::test]
async fn with_approval_a_guest_sees_nothing_until_a_steward_lets_it_in() -> Result<()> {
    let (council, workspace) = council().await?;
    let guest = guest("Open Door").await?;
    let canary =
        json!({ "document_type": "referral_pathway", "title": "Heronsgate 4711", "body": {} });
    council.api()?.import(&workspace, &canary).await?;
    let made = council
        .api()?
        .invite_with(&workspace, &json!({ "role": "editor", "approval": true }))
        .await?;

    guest.api()?.try_join(&text(&made, "invite")?).await?;
    wait_for_join(&guest.api()?, &workspace, "needs_approval").await?;
    let waiting = wait::until("the guest to wait at the council", async || {
        let members = council.api()?.members(&workspace).await?;
        let waiting = members
            .iter()
            .find(|member| text(member, "state").is_ok_and(|state| state == "waiting"));
        waiting.cloned().with_context(|| format!("{members:?}"))
    })
    .await?;
    ensure!(
        guest.api()?.list("/api/v1/workspaces").await?.is_empty(),
        "a guest that waits is in already"
    );

    let organization = waiting.get("organization").context("a member is no organisation")?;
    ensure!(text(organization, "name")? == "Open Door", "{organization}");
    let path =
        format!("/api/v1/workspaces/{workspace}/members/{}/approval", text(organization, "id")?);
    council.api()?.ask(Method::POST, &path, None).await?;
    wait_for_members(&guest.api()?, &workspace, 2).await?;
    wait::until("the workspace's document", async || {
        let documents = guest.api()?.documents(&workspace).await?;
        ensure!(
            documents
                .iter()
                .any(|document| text(document, "title")
                    .is_ok_and(|title| title == "Heronsgate 4711"))
        );
        Ok(())
    })
    .await
}
