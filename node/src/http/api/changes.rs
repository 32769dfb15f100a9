//! What can be proposed, as JSON; and proposing it.

use crdt_schema::identity::{EntryId, Name, OrganizationId, Role, WorkspaceId};
use crdt_schema::limits;
use crdt_schema::membership::{Change, Rules, Template};
use engine::Done;
use engine::input::Command;
use engine::view::ProposalView;
use serde::Deserialize;
use serde_json::{Value, json};
use web_ui::words;

use crate::http::App;
use crate::http::problem::Problem;

/// A change of roles, members, rules or name.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum Body {
    Role {
        organization: OrganizationId,
        role: Role,
    },
    Remove {
        organization: OrganizationId,
        #[serde(default)]
        reason: String,
    },
    /// By the name of a template, or in full.
    Rules {
        #[serde(default)]
        template: Option<Template>,
        #[serde(default)]
        rules: Option<Rules>,
    },
    Rename {
        name: Name,
    },
    Elect {
        organization: OrganizationId,
    },
    Reinstate {
        organization: OrganizationId,
    },
}

impl Body {
    /// Returns the change, if it can be one; `at` is where in the request it stands.
    pub(crate) fn change(self, at: &str) -> Result<Change, Problem> {
        match self {
            Self::Role { organization, role } => Ok(Change::Role { organization, role }),
            Self::Remove { organization, reason } => {
                bounded(&reason, &format!("{at}/reason"))?;
                Ok(Change::Remove { organization, reason })
            }
            Self::Rules { template: Some(template), rules: None } => {
                Ok(Change::Rules(template.rules()))
            }
            Self::Rules { template: None, rules: Some(rules) } if rules.is_valid() => {
                Ok(Change::Rules(rules))
            }
            Self::Rules { template: None, rules: Some(_) } => Err(Problem::invalid(
                format!("{at}/rules"),
                "nobody could ever meet these rules: ask for at least one steward, and for no more sectors than stewards",
            )),
            Self::Rules { .. } => Err(Problem::invalid(
                format!("{at}/template"),
                "name a template, or give the rules in full",
            )),
            Self::Rename { name } => Ok(Change::Rename(name)),
            Self::Elect { organization } => Ok(Change::Elect(organization)),
            Self::Reinstate { organization } => Ok(Change::Reinstate(organization)),
        }
    }
}

/// Refuses a reason that is too long.
pub(crate) fn bounded(reason: &str, pointer: &str) -> Result<(), Problem> {
    if reason.len() <= limits::REASON_BYTES {
        return Ok(());
    }
    let what = format!("a reason is at most {} bytes", limits::REASON_BYTES);
    Err(Problem::invalid(pointer, what))
}

/// Returns a change in the form of [`Body`].
pub(crate) fn to_json(change: &Change) -> Value {
    match change {
        Change::Role { organization, role } => {
            json!({"kind": "role", "organization": organization, "role": role})
        }
        Change::Remove { organization, reason } => {
            json!({"kind": "remove", "organization": organization, "reason": reason})
        }
        Change::Rules(rules) => {
            let template = Template::of_rules(rules);
            json!({"kind": "rules", "template": template, "rules": rules})
        }
        Change::Rename(name) => json!({"kind": "rename", "name": name}),
        Change::Elect(organization) => json!({"kind": "elect", "organization": organization}),
        Change::Reinstate(organization) => {
            json!({"kind": "reinstate", "organization": organization})
        }
    }
}

/// Proposes a change; returns the proposal and whether that was enough to carry it out.
pub(crate) async fn propose(
    app: &App,
    workspace: WorkspaceId,
    change: Change,
) -> Result<(EntryId, bool), Problem> {
    answered(app.handle().act(Command::Propose { workspace, change }).await?)
}

/// Agrees to a proposal; returns whether that was enough to carry it out.
pub(crate) async fn agree(
    app: &App,
    workspace: WorkspaceId,
    proposal: EntryId,
) -> Result<bool, Problem> {
    answered(app.handle().act(Command::Agree { workspace, proposal }).await?)
        .map(|(_, enacted)| enacted)
}

fn answered(done: Done) -> Result<(EntryId, bool), Problem> {
    match done {
        Done::Proposal { id, enacted } => Ok((id, enacted)),
        Done::Nothing
        | Done::Workspace(_)
        | Done::Invite { .. }
        | Done::Found { .. }
        | Done::Code { .. }
        | Done::Joining { .. }
        | Done::Suggestion(_)
        | Done::Statement(_)
        | Done::Document { .. } => Err(Problem::stopping()),
    }
}

/// Returns a proposal of a workspace.
pub(crate) async fn find(
    app: &App,
    workspace: WorkspaceId,
    proposal: EntryId,
) -> Result<ProposalView, Problem> {
    let proposals = app.handle().read(move |node| node.proposals(&workspace)).await?;
    proposals.into_iter().find(|known| known.id == proposal).ok_or_else(Problem::not_found)
}

/// Returns what a proposal is about, as people say it.
pub(crate) fn summary(proposal: &ProposalView) -> String {
    words::change(&proposal.change, proposal.about.as_deref().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: Value) -> Result<Change, String> {
        let body: Body = serde_json::from_value(body).map_err(|error| error.to_string())?;
        body.change("/change").map_err(|problem| problem.detail)
    }

    #[test]
    fn a_change_comes_back_equal() {
        let organization = "did:key:z6MktwupdmLXVVqTzCw4i46r4uGyosGXRnR3XjN4Zq7oMMsw";
        for body in [
            json!({"kind": "role", "organization": organization, "role": "steward"}),
            json!({"kind": "remove", "organization": organization, "reason": "closed"}),
            json!({"kind": "rename", "name": "Kent"}),
            json!({"kind": "elect", "organization": organization}),
            json!({"kind": "reinstate", "organization": organization}),
        ] {
            assert_eq!(to_json(&read(body.clone()).unwrap()), body);
        }
        let rules = read(json!({"kind": "rules", "template": "together"})).unwrap();
        assert_eq!(rules, Change::Rules(Template::Together.rules()));
        let said = to_json(&rules);
        assert_eq!(said["template"], "together");
        assert_eq!(read(json!({"kind": "rules", "rules": said["rules"]})).unwrap(), rules);
    }

    #[test]
    fn what_can_be_no_change_is_refused() {
        let never = json!({"count": {"at_least": 0}});
        for body in [
            json!({"kind": "rules"}),
            json!({"kind": "rules", "template": "anarchy"}),
            json!({"kind": "rules", "rules": {"admit": never, "members": never, "stewards": never}}),
            json!({"kind": "remove", "organization": "Kent"}),
            json!({"kind": "rename", "name": ""}),
            json!({"kind": "seize"}),
        ] {
            assert!(read(body.clone()).is_err(), "{body}");
        }
    }
}
