//! What a workspace decides: decisions, the rules, and what a change would mean before it is proposed.

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use crdt_schema::identity::{EntryId, Role, WorkspaceId};
use crdt_schema::membership::{Change, Template};
use engine::input::Command;
use engine::view::{MemberView, ProposalState, ProposalView, Standing};
use web_ui::chrome::Tab;
use web_ui::forms::decision::ConfirmForm;
use web_ui::forms::{Field, FormError, Posted};
use web_ui::pages::decisions::{Confirm, Decision, DecisionRow, DecisionState, Decisions, Rules};
use web_ui::when::Calendar;
use web_ui::{urls, words};

use super::confirm;
use super::frame::{self, Refusal, Signed};
use super::posted::Form;
use crate::http::App;
use crate::http::api::changes;
use crate::http::extract::{Id, Ids};

pub(crate) async fn list(
    State(app): State<App>,
    Id(id): Id<WorkspaceId>,
    signed: Signed,
) -> Result<Response, Refusal> {
    let (chrome, _) = frame::chrome_in(&app, &signed, id, Tab::Members).await?;
    let proposals = app.handle().read(move |node| node.proposals(&id)).await?;
    let calendar = frame::calendar();
    let rows = proposals.iter().map(|proposal| row(id, proposal, &calendar));
    let (open, past) = rows.partition(DecisionRow::is_open);
    frame::show(&Decisions { chrome, workspace: id, open, past })
}

fn row(workspace: WorkspaceId, proposal: &ProposalView, calendar: &Calendar) -> DecisionRow {
    DecisionRow {
        url: urls::proposal(workspace, proposal.id),
        what: changes::summary(proposal),
        by: proposal.by_name.clone(),
        when: calendar.near(proposal.time),
        agreed: proposal.agreed.iter().map(|(_, name)| name.clone()).collect(),
        needed: proposal.needed.clone(),
        void: proposal.void.clone(),
        state: match proposal.state {
            ProposalState::Open => DecisionState::Open,
            ProposalState::Enacted => DecisionState::Done,
            ProposalState::Void => DecisionState::Void,
        },
    }
}

pub(crate) async fn show(
    State(app): State<App>,
    Ids(workspace, id): Ids<WorkspaceId, EntryId>,
    signed: Signed,
) -> Result<Response, Refusal> {
    frame::show(&page(&app, &signed, workspace, id, ConfirmForm::default()).await?)
}

async fn page(
    app: &App,
    signed: &Signed,
    workspace: WorkspaceId,
    id: EntryId,
    form: ConfirmForm,
) -> Result<Decision, Refusal> {
    let (chrome, _) = frame::chrome_in(app, signed, workspace, Tab::Members).await?;
    let proposal = changes::find(app, workspace, id).await?;
    let change = proposal.change.clone();
    let means = app.handle().read(move |node| node.consequences(&workspace, &change)).await?;
    let is_open = proposal.state == ProposalState::Open;
    Ok(Decision {
        chrome: chrome.with_errors(form.errors()),
        workspace,
        id,
        row: row(workspace, &proposal, &frame::calendar()),
        reason: words::reason(&proposal.change).to_owned(),
        means: if is_open { means } else { Vec::new() },
        may_agree: proposal.may_agree,
        may_object: proposal.may_object,
        password: confirm::needs_password(signed).then_some(form.current),
    })
}

pub(crate) async fn agree(
    State(app): State<App>,
    Ids(workspace, id): Ids<WorkspaceId, EntryId>,
    form: Form,
) -> Result<Response, Refusal> {
    let Form { signed, posted, .. } = form;
    if let Err(again) = confirm::check(&app, &signed, ConfirmForm::read(&posted), false).await? {
        return frame::show_again(&page(&app, &signed, workspace, id, again).await?);
    }
    let enacted = changes::agree(&app, workspace, id).await?;
    app.banners().put(&signed, outcome(enacted));
    Ok(Redirect::to(&urls::proposal(workspace, id)).into_response())
}

const fn outcome(enacted: bool) -> &'static str {
    if enacted {
        "Done. Others see it when their computers are online."
    } else {
        "Noted. Others must agree before anything changes."
    }
}

pub(crate) async fn object(
    State(app): State<App>,
    Ids(workspace, id): Ids<WorkspaceId, EntryId>,
    form: Form,
) -> Result<Redirect, Refusal> {
    app.handle().act(Command::Object { workspace, proposal: id }).await?;
    app.banners().put(&form.signed, "You objected. Nothing comes of it.");
    Ok(Redirect::to(&urls::proposal(workspace, id)))
}

/// Reads what is asked for from a query or a form; `Err` names the input that is wrong.
fn wanted(posted: &Posted) -> Result<Change, FormError> {
    let wrong = |field: &str, message: &str| FormError {
        field: field.to_owned(),
        message: message.to_owned(),
    };
    let organization = || {
        let id = posted.get("organization").parse();
        id.map_err(|_| wrong("", "Choose an organisation on the members’ page"))
    };
    match posted.get("kind") {
        "role" => {
            let role = posted.get("role").parse();
            let role = role.map_err(|_| wrong("role", "Choose what it may do"))?;
            Ok(Change::Role { organization: organization()?, role })
        }
        "remove" => Ok(Change::Remove { organization: organization()?, reason: String::new() }),
        "elect" => Ok(Change::Elect(organization()?)),
        "reinstate" => Ok(Change::Reinstate(organization()?)),
        "rules" => match Template::of_word(posted.get("template")) {
            Some(template) => Ok(Change::Rules(template.rules())),
            None => Err(wrong("template", "Choose who shall decide")),
        },
        "rename" => {
            let name = posted.get("name").parse();
            name.map(Change::Rename)
                .map_err(|_| wrong("name", "Enter a name of 200 characters or less, on one line"))
        }
        _ => Err(wrong("", "Choose what shall be decided")),
    }
}

/// Asks whether a change shall be proposed, and says what it would mean.
pub(crate) async fn ask(
    State(app): State<App>,
    Id(id): Id<WorkspaceId>,
    Query(query): Query<Vec<(String, String)>>,
    signed: Signed,
) -> Result<Response, Refusal> {
    let posted = Posted(query);
    match wanted(&posted) {
        Ok(change) => {
            let form = ConfirmForm::default();
            frame::show(&confirm_page(&app, &signed, id, &change, &posted, form).await?)
        }
        Err(wrong) => wrong_page(&app, &signed, id, &posted, wrong).await,
    }
}

/// Shows the page again from which something was asked that cannot be.
async fn wrong_page(
    app: &App,
    signed: &Signed,
    id: WorkspaceId,
    posted: &Posted,
    wrong: FormError,
) -> Result<Response, Refusal> {
    if wrong.field == "role" {
        return Ok(Redirect::to(&urls::member(id, posted.get("organization"))).into_response());
    }
    let mut page = rules_page(app, signed, id).await?;
    let refused = match wrong.field.as_str() {
        "template" => page.choice.as_mut(),
        "name" => page.rename.as_mut(),
        _ => None,
    };
    let Some(field) = refused else { return Err(Refusal::NotFound) };
    field.value = if wrong.field == "name" { posted.get("name") } else { "" }.to_owned();
    field.refuse(wrong.message.clone());
    page.chrome = page.chrome.with_errors(vec![wrong]);
    frame::show_again(&page)
}

async fn confirm_page(
    app: &App,
    signed: &Signed,
    id: WorkspaceId,
    change: &Change,
    posted: &Posted,
    form: ConfirmForm,
) -> Result<Confirm, Refusal> {
    let (chrome, _) = frame::chrome_in(app, signed, id, Tab::Members).await?;
    let asked = change.clone();
    let (means, members) =
        app.handle().read(move |node| (node.consequences(&id, &asked), node.members(&id))).await?;
    let about = change.organization();
    let member = members.iter().find(|member| Some(member.organization) == about);
    if about.is_some() && member.is_none() {
        return Err(Refusal::NotFound);
    }
    let name = member.map(|member| member.name.clone()).unwrap_or_default();
    let what = words::change(change, &name);
    let names = ["kind", "organization", "role", "template", "name"];
    let hidden = names.map(|name| (name.to_owned(), posted.get(name).to_owned()));
    let back = match about {
        Some(organization) => (urls::member(id, organization), name),
        None => (urls::rules(id), "Rules".to_owned()),
    };
    Ok(Confirm {
        chrome: chrome.with_errors(form.errors()),
        back,
        heading: format!("{what}?"),
        lists: vec![("What this means".to_owned(), means)],
        action: urls::proposal_new(id),
        hidden: hidden.into_iter().filter(|(_, value)| !value.is_empty()).collect(),
        form,
        reason: needs_reason(change).then(|| "Every member can read it, also later.".to_owned()),
        needs_password: confirm::needs_password(signed),
        button: what,
        is_warning: matches!(change, Change::Remove { .. }),
    })
}

const fn needs_reason(change: &Change) -> bool {
    matches!(change, Change::Remove { .. })
}

pub(crate) async fn propose(
    State(app): State<App>,
    Id(id): Id<WorkspaceId>,
    form: Form,
) -> Result<Response, Refusal> {
    let Form { signed, posted, .. } = form;
    let mut change = match wanted(&posted) {
        Ok(change) => change,
        Err(wrong) => return wrong_page(&app, &signed, id, &posted, wrong).await,
    };
    let form = ConfirmForm::read(&posted);
    let why = match confirm::check(&app, &signed, form, needs_reason(&change)).await? {
        Ok(why) => why,
        Err(again) => {
            let page = confirm_page(&app, &signed, id, &change, &posted, again).await?;
            return frame::show_again(&page);
        }
    };
    if let Change::Remove { reason, .. } = &mut change {
        *reason = why;
    }
    let (proposal, enacted) = match changes::propose(&app, id, change.clone()).await {
        Err(refused) if refused.status == StatusCode::CONFLICT => {
            let again = ConfirmForm::refused(posted.get("reason").to_owned(), &refused.detail);
            let page = confirm_page(&app, &signed, id, &change, &posted, again).await?;
            return frame::show_again(&page);
        }
        proposed => proposed?,
    };
    app.banners().put(&signed, outcome(enacted));
    Ok(Redirect::to(&urls::proposal(id, proposal)).into_response())
}

pub(crate) async fn rules(
    State(app): State<App>,
    Id(id): Id<WorkspaceId>,
    signed: Signed,
) -> Result<Response, Refusal> {
    frame::show(&rules_page(&app, &signed, id).await?)
}

async fn rules_page(app: &App, signed: &Signed, id: WorkspaceId) -> Result<Rules, Refusal> {
    let (chrome, workspace) = frame::chrome_in(app, signed, id, Tab::Members).await?;
    let members = app.handle().read(move |node| node.members(&id)).await?;
    let is_steward = |member: &&MemberView| {
        member.role.may_steward()
            && matches!(member.standing, Standing::Member | Standing::Suspended)
    };
    let may = workspace.role.may_steward();
    let template = Template::of_rules(&workspace.rules).map(Template::word).unwrap_or_default();
    let whom = frame::whom_to_ask(&members, Role::may_steward);
    Ok(Rules {
        chrome,
        workspace: id,
        name: words::rules_name(&workspace.rules).to_owned(),
        rows: words::rules(&workspace.rules),
        stewards: members.iter().filter(is_steward).map(|member| member.name.clone()).collect(),
        choice: may.then(|| Field::of(template)),
        rename: may.then(|| Field::of(workspace.name)),
        cannot: (!may).then(|| format!("Only stewards can propose other rules.{whom}")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_is_read_or_its_input_named() {
        let ask = |pairs: &[(&str, &str)]| {
            let pairs = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
            wanted(&Posted(pairs.collect())).map_err(|wrong| wrong.field)
        };
        let key = "did:key:z6MktwupdmLXVVqTzCw4i46r4uGyosGXRnR3XjN4Zq7oMMsw";
        let organization = key.parse().unwrap();
        assert_eq!(
            ask(&[("kind", "role"), ("organization", key), ("role", "reader")]),
            Ok(Change::Role { organization, role: Role::Reader })
        );
        assert_eq!(
            ask(&[("kind", "elect"), ("organization", key)]),
            Ok(Change::Elect(organization))
        );
        for (pairs, field) in [
            (&[("kind", "role"), ("organization", key)][..], "role"),
            (&[("kind", "rules"), ("template", "")], "template"),
            (&[("kind", "rename"), ("name", "\n")], "name"),
            (&[("kind", "remove"), ("organization", "Kent")], ""),
            (&[("kind", "seize")], ""),
        ] {
            assert_eq!(ask(pairs), Err(field.to_owned()), "{pairs:?}");
        }
    }
}
