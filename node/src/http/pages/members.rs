//! Who is in a workspace: the list, one organisation, letting in, suspending and leaving.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use crdt_schema::identity::{OrganizationId, Role, WorkspaceId};
use engine::input::Command;
use engine::view::{MemberView, ProposalState, ProposalView, Standing, SuspensionView};
use web_ui::chrome::Tab;
use web_ui::forms::Field;
use web_ui::forms::decision::ConfirmForm;
use web_ui::pages::decisions::Confirm;
use web_ui::pages::organization::{Actions, Organization};
use web_ui::pages::workspaces::{Gone, Member, Members, Waiting};
use web_ui::when::Calendar;
use web_ui::{urls, words};

use super::confirm;
use super::frame::{self, Refusal, Signed};
use super::posted::Form;
use super::workspaces::role_in_words;
use crate::handle::ActError;
use crate::http::App;
use crate::http::api::changes;
use crate::http::extract::{Id, Ids};

pub(crate) async fn list(
    State(app): State<App>,
    Id(id): Id<WorkspaceId>,
    signed: Signed,
) -> Result<Response, Refusal> {
    let (chrome, workspace) = frame::chrome_in(&app, &signed, id, Tab::Members).await?;
    let all = app.handle().read(move |node| node.members(&id)).await?;
    let calendar = frame::calendar();
    let cannot = frame::cannot_steward(workspace.role, &all);
    let mut page =
        Members { chrome, members: vec![], waiting: vec![], gone: vec![], cannot_invite: None };
    for one in &all {
        match one.standing {
            Standing::Member | Standing::Suspended => page.members.push(row(one, &all, &calendar)),
            Standing::Waiting => page.waiting.push(waiting(one, cannot.clone(), &calendar)),
            Standing::Removed | Standing::Left => page.gone.push(Gone {
                id: one.organization,
                name: one.name.clone(),
                state: if one.standing == Standing::Left { "left" } else { "removed" }.to_owned(),
            }),
        }
    }
    page.cannot_invite = cannot;
    frame::show(&page)
}

fn row(member: &MemberView, all: &[MemberView], calendar: &Calendar) -> Member {
    Member {
        id: member.organization,
        name: member.name.clone(),
        sector: words::sector(member.sector).to_owned(),
        role: words::role(member.role).to_owned(),
        is_us: member.is_self,
        is_suspended: member.standing == Standing::Suspended,
        online: member.connected,
        last_seen: member.last_seen.map(|seen| calendar.near(seen)),
        invited_by: member.invited_by.map(|by| name_of(all, &by)),
    }
}

fn waiting(member: &MemberView, cannot: Option<String>, calendar: &Calendar) -> Waiting {
    Waiting {
        id: member.organization,
        name: member.name.clone(),
        sector: words::sector(member.sector).to_owned(),
        role: words::role(member.role).to_owned(),
        since: calendar.near(member.since),
        why: "It waits until enough stewards approve.".to_owned(),
        cannot,
    }
}

fn name_of(members: &[MemberView], id: &OrganizationId) -> String {
    let member = members.iter().find(|member| member.organization == *id);
    member.map_or_else(|| id.to_string(), |member| member.name.clone())
}

/// Returns an organisation of a workspace, with all others.
pub(crate) async fn find(
    app: &App,
    workspace: WorkspaceId,
    organization: OrganizationId,
) -> Result<(MemberView, Vec<MemberView>), Refusal> {
    let all = app.handle().read(move |node| node.members(&workspace)).await?;
    let found = all.iter().find(|member| member.organization == organization).cloned();
    found.map(|member| (member, all)).ok_or(Refusal::NotFound)
}

pub(crate) async fn show(
    State(app): State<App>,
    Ids(id, organization): Ids<WorkspaceId, OrganizationId>,
    signed: Signed,
) -> Result<Response, Refusal> {
    let (chrome, workspace) = frame::chrome_in(&app, &signed, id, Tab::Members).await?;
    let (member, all) = find(&app, id, organization).await?;
    let proposals = app.handle().read(move |node| node.proposals(&id)).await?;
    let is_about = |proposal: &&ProposalView| {
        proposal.state == ProposalState::Open
            && proposal.change.organization() == Some(organization)
    };
    let calendar = frame::calendar();
    let computers = member.nodes.iter().map(ToString::to_string);
    let ended = member.ended.iter().map(|node| format!("{node} (ended)"));
    let suspension = member.suspension.as_ref();
    frame::show(&Organization {
        chrome,
        workspace: id,
        id: organization,
        name: member.name.clone(),
        facts: facts(&member, &all, &calendar),
        computers: computers.chain(ended).collect(),
        suspension: suspension.map(|one| suspended(&member.name, one, &calendar)),
        open: proposals
            .iter()
            .filter(is_about)
            .map(|proposal| (changes::summary(proposal), urls::proposal(id, proposal.id)))
            .collect(),
        actions: actions(&member, workspace.role, &all),
    })
}

/// Says who holds back what an organisation writes, why, and until when.
pub(crate) fn suspended(name: &str, suspension: &SuspensionView, calendar: &Calendar) -> String {
    let SuspensionView { by_name, time, reason, until, .. } = suspension;
    format!(
        "{by_name} suspended {name} {}. Reason: {} What it writes meanwhile is held back. The suspension ends by itself on {}, unless {name} is removed before.",
        calendar.near(*time),
        crate::http::problem::sentence(reason),
        calendar.full(*until),
    )
}

fn facts(member: &MemberView, all: &[MemberView], calendar: &Calendar) -> Vec<(String, String)> {
    let mut facts = vec![
        ("Kind".to_owned(), words::sector(member.sector).to_owned()),
        ("Role".to_owned(), role_in_words(member.role)),
        ("State".to_owned(), state(member.standing).to_owned()),
        ("Since".to_owned(), calendar.full(member.since)),
    ];
    if let Some(by) = &member.invited_by {
        facts.push(("Invited by".to_owned(), name_of(all, by)));
    }
    facts.extend(member.profile.identifiers.iter().cloned());
    if let Some(domain) = &member.profile.domain {
        facts.push(("Domain, as it says itself".to_owned(), domain.clone()));
    }
    facts
}

const fn state(standing: Standing) -> &'static str {
    match standing {
        Standing::Member => "Member",
        Standing::Waiting => "Waits for approval",
        Standing::Suspended => "Suspended",
        Standing::Removed => "Removed",
        Standing::Left => "Left",
    }
}

/// Returns what we can do about an organisation; the node decides again when it is done.
fn actions(member: &MemberView, own: Role, all: &[MemberView]) -> Actions {
    let is_steward = own.may_steward();
    let is_in = matches!(member.standing, Standing::Member | Standing::Suspended);
    let is_other = !member.is_self;
    let whom = frame::whom_to_ask(all, Role::may_steward);
    Actions {
        answer: is_steward && member.standing == Standing::Waiting,
        role: (is_steward && is_in).then(|| Field::of(member.role.word())),
        suspend: is_steward && is_other && member.standing == Standing::Member,
        reinstate: is_steward && member.standing == Standing::Suspended,
        remove: is_steward && is_other && is_in,
        elect: !is_steward && member.standing == Standing::Member && !member.role.may_steward(),
        leave: member.is_self,
        cannot: (!is_steward && (is_in || member.standing == Standing::Waiting))
            .then(|| format!("Only stewards can change roles, suspend and remove.{whom}")),
    }
}

pub(crate) async fn approve(
    State(app): State<App>,
    Ids(workspace, organization): Ids<WorkspaceId, OrganizationId>,
    form: Form,
) -> Result<Redirect, Refusal> {
    app.handle().act(Command::Approve { workspace, organization }).await?;
    let (member, _) = find(&app, workspace, organization).await?;
    let said = if member.standing == Standing::Waiting {
        format!("You agreed. {} is in when enough stewards have.", member.name)
    } else {
        format!("{} is in. It gets a copy when its computer is online.", member.name)
    };
    app.banners().put(&form.signed, said);
    Ok(Redirect::to(&urls::members(workspace)))
}

pub(crate) async fn decline(
    State(app): State<App>,
    Ids(workspace, organization): Ids<WorkspaceId, OrganizationId>,
    form: Form,
) -> Result<Redirect, Refusal> {
    app.handle().act(Command::Decline { workspace, organization }).await?;
    app.banners().put(&form.signed, "Declined. It does not get in.");
    Ok(Redirect::to(&urls::members(workspace)))
}

pub(crate) async fn ask_to_suspend(
    State(app): State<App>,
    Ids(workspace, organization): Ids<WorkspaceId, OrganizationId>,
    signed: Signed,
) -> Result<Response, Refusal> {
    let form = ConfirmForm::default();
    frame::show(&suspend_page(&app, &signed, workspace, organization, form).await?)
}

async fn suspend_page(
    app: &App,
    signed: &Signed,
    workspace: WorkspaceId,
    organization: OrganizationId,
    form: ConfirmForm,
) -> Result<Confirm, Refusal> {
    let (chrome, _) = frame::chrome_in(app, signed, workspace, Tab::Members).await?;
    let (MemberView { name, .. }, _) = find(app, workspace, organization).await?;
    let means = vec![
        format!("What {name} writes from now on is held back on every computer. It can still read."),
        "The suspension ends by itself after 72 hours. Then what was held back counts, and you cannot suspend the same organisation again.".to_owned(),
        format!("If enough stewards decide within that time to remove {name}, what was held back never counts."),
        format!("{name} keeps its say in decisions."),
    ];
    Ok(Confirm {
        chrome: chrome.with_errors(form.errors()),
        back: (urls::member(workspace, organization), name.clone()),
        heading: format!("Suspend {name}?"),
        lists: vec![("What this means".to_owned(), means)],
        action: urls::suspend(workspace, organization),
        hidden: Vec::new(),
        form,
        reason: Some("Every member can read it, also later.".to_owned()),
        needs_password: confirm::needs_password(signed),
        button: format!("Suspend {name}"),
        is_warning: true,
    })
}

pub(crate) async fn suspend(
    State(app): State<App>,
    Ids(workspace, organization): Ids<WorkspaceId, OrganizationId>,
    form: Form,
) -> Result<Response, Refusal> {
    let Form { signed, posted, .. } = form;
    let mut again = match confirm::check(&app, &signed, ConfirmForm::read(&posted), true).await? {
        Err(again) => again,
        Ok(reason) => {
            let command = Command::Suspend { workspace, organization, reason: reason.clone() };
            match app.handle().act(command).await {
                Ok(_) => {
                    app.banners().put(&signed, "Suspended. It ends by itself after 72 hours.");
                    let page = urls::member(workspace, organization);
                    return Ok(Redirect::to(&page).into_response());
                }
                Err(ActError::Refused(refused)) => {
                    let mut again =
                        ConfirmForm { reason: Field::of(reason), ..ConfirmForm::default() };
                    again.reason.refuse(frame::words(&refused));
                    again
                }
                Err(ActError::Stopped) => return Err(ActError::Stopped.into()),
            }
        }
    };
    again.current.value.clear();
    frame::show_again(&suspend_page(&app, &signed, workspace, organization, again).await?)
}

pub(crate) async fn ask_to_leave(
    State(app): State<App>,
    Id(workspace): Id<WorkspaceId>,
    signed: Signed,
) -> Result<Response, Refusal> {
    frame::show(&leave_page(&app, &signed, workspace, ConfirmForm::default()).await?)
}

async fn leave_page(
    app: &App,
    signed: &Signed,
    id: WorkspaceId,
    form: ConfirmForm,
) -> Result<Confirm, Refusal> {
    let (chrome, workspace) = frame::chrome_in(app, signed, id, Tab::Members).await?;
    let name = &workspace.name;
    let means = vec![
        format!(
            "Your organisation can no longer read or change anything in {name} on these pages."
        ),
        "Others keep what you wrote, with your name beside it.".to_owned(),
        "Changes that have not reached anybody yet are lost to the others. Look at Network first."
            .to_owned(),
        "To come back you need a new invite.".to_owned(),
    ];
    Ok(Confirm {
        chrome: chrome.with_errors(form.errors()),
        back: (urls::members(id), "Members".to_owned()),
        heading: format!("Leave {name}?"),
        lists: vec![("What this means".to_owned(), means)],
        action: urls::leave(id),
        hidden: Vec::new(),
        form,
        reason: None,
        needs_password: confirm::needs_password(signed),
        button: format!("Leave {name}"),
        is_warning: true,
    })
}

pub(crate) async fn leave(
    State(app): State<App>,
    Id(workspace): Id<WorkspaceId>,
    form: Form,
) -> Result<Response, Refusal> {
    let Form { signed, posted, .. } = form;
    match confirm::check(&app, &signed, ConfirmForm::read(&posted), false).await? {
        Err(again) => frame::show_again(&leave_page(&app, &signed, workspace, again).await?),
        Ok(_) => {
            app.handle().act(Command::Leave { workspace }).await?;
            app.banners().put(&signed, "Your organisation has left the workspace.");
            Ok(Redirect::to(urls::workspaces()).into_response())
        }
    }
}
