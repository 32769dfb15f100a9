//! Every address of the pages, made in one place. The node's router has the same list.

mod discussing;

use std::fmt::Display;
use std::fmt::Write as _;

pub use discussing::*;

/// Returns `text` as it may stand in a query or as one segment of a path (RFC 3986).
#[must_use]
pub fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~@:".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            let _infallible = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

macro_rules! fixed {
    ($($(#[$doc:meta])* $name:ident => $path:literal;)*) => {
        $($(#[$doc])*
        #[must_use]
        pub const fn $name() -> &'static str {
            $path
        })*
    };
}

fixed! {
    /// Home.
    home => "/";
    /// First run and each login link; GET shows a button, POST uses the link up.
    start => "/start";
    /// Set up: the organisation.
    setup_organization => "/setup/organisation";
    /// Set up: the first person.
    setup_you => "/setup/you";
    /// Set up: the recovery kit.
    setup_recovery => "/setup/recovery";
    /// Set up: check of the recovery kit, and the task list.
    setup_check => "/setup/check";
    /// Sign in.
    sign_in => "/sign-in";
    /// Sign out (POST).
    sign_out => "/sign-out";
    /// Your account.
    account => "/account";
    /// List of workspaces.
    workspaces => "/workspaces";
    /// Create a workspace.
    workspace_new => "/workspaces/new";
    /// Join a workspace: paste or choose an invite.
    join => "/join";
    /// Join a workspace: look at the invite (POST of the invite's text).
    join_check => "/join/check";
    /// What changed since a person last looked, and what waits; POST says that it was seen.
    activity => "/activity";
    /// Search over everything that one may read.
    search => "/search";
    /// Network: is your work safe, and who has it.
    network => "/network";
    /// Settings.
    settings => "/settings";
    /// Settings: people.
    settings_people => "/settings/people";
    /// Chooses whether followed shelves are looked at by themselves (POST).
    settings_shelves => "/settings/shelves";
    /// Settings: computers; POST makes a code.
    computers => "/settings/computers";
    /// Accessibility statement.
    accessibility => "/accessibility";
    /// Help.
    help => "/help";
    /// Stream of names of what changed, for `live-region`.
    live => "/live";
}

/// The way to another organisation's computers, and why it cannot be reached.
#[must_use]
pub fn ways(organization: impl Display) -> String {
    format!("/network/{organization}")
}

/// Calls another organisation's computers now (POST).
#[must_use]
pub fn call(organization: impl Display) -> String {
    format!("/network/{organization}/call")
}

/// A code that adds a computer.
#[must_use]
pub fn computer_code(code: impl Display) -> String {
    format!("/settings/computers/codes/{code}")
}

/// Such a code as a file.
#[must_use]
pub fn computer_code_file(code: impl Display) -> String {
    format!("/settings/computers/codes/{code}/file")
}

/// Withdraws such a code (POST).
#[must_use]
pub fn computer_code_withdraw(code: impl Display) -> String {
    format!("/settings/computers/codes/{code}/withdraw")
}

/// A join that waits.
#[must_use]
pub fn join_waiting(workspace: impl Display) -> String {
    format!("/join/{workspace}")
}

/// A workspace.
#[must_use]
pub fn workspace(workspace: impl Display) -> String {
    format!("/workspaces/{workspace}")
}

/// Members of a workspace.
#[must_use]
pub fn members(workspace: impl Display) -> String {
    format!("/workspaces/{workspace}/members")
}

/// Approves an organisation that waits (POST).
#[must_use]
pub fn approve(workspace: impl Display, organization: impl Display) -> String {
    format!("/workspaces/{workspace}/members/{organization}/approve")
}

/// Turns away an organisation that waits (POST).
#[must_use]
pub fn decline(workspace: impl Display, organization: impl Display) -> String {
    format!("/workspaces/{workspace}/members/{organization}/decline")
}

/// One organisation of a workspace.
#[must_use]
pub fn member(workspace: impl Display, organization: impl Display) -> String {
    format!("/workspaces/{workspace}/members/{organization}")
}

/// Suspend an organisation: ask, and do it (POST).
#[must_use]
pub fn suspend(workspace: impl Display, organization: impl Display) -> String {
    format!("/workspaces/{workspace}/members/{organization}/suspend")
}

/// Leave a workspace: ask, and do it (POST).
#[must_use]
pub fn leave(workspace: impl Display) -> String {
    format!("/workspaces/{workspace}/leave")
}

/// Decisions of a workspace.
#[must_use]
pub fn proposals(workspace: impl Display) -> String {
    format!("/workspaces/{workspace}/proposals")
}

/// Something that is to be decided: look at what it would mean, and propose it (POST).
#[must_use]
pub fn proposal_new(workspace: impl Display) -> String {
    format!("/workspaces/{workspace}/proposals/new")
}

/// The same, about an organisation.
#[must_use]
pub fn propose(workspace: impl Display, kind: &str, organization: impl Display) -> String {
    format!("/workspaces/{workspace}/proposals/new?kind={kind}&organization={organization}")
}

/// One decision.
#[must_use]
pub fn proposal(workspace: impl Display, proposal: impl Display) -> String {
    format!("/workspaces/{workspace}/proposals/{proposal}")
}

/// Agrees to a decision (POST).
#[must_use]
pub fn proposal_approve(workspace: impl Display, proposal: impl Display) -> String {
    format!("/workspaces/{workspace}/proposals/{proposal}/approve")
}

/// Objects to a decision (POST).
#[must_use]
pub fn proposal_object(workspace: impl Display, proposal: impl Display) -> String {
    format!("/workspaces/{workspace}/proposals/{proposal}/object")
}

/// Rules of a workspace.
#[must_use]
pub fn rules(workspace: impl Display) -> String {
    format!("/workspaces/{workspace}/rules")
}

/// What happened in a workspace; `page` counts from 1.
#[must_use]
pub fn workspace_history(workspace: impl Display, page: usize) -> String {
    if page > 1 {
        format!("/workspaces/{workspace}/history?page={page}")
    } else {
        format!("/workspaces/{workspace}/history")
    }
}

/// Changes in a workspace that do not count.
#[must_use]
pub fn workspace_refusals(workspace: impl Display) -> String {
    format!("/workspaces/{workspace}/refusals")
}

/// Invites of a workspace.
#[must_use]
pub fn invites(workspace: impl Display) -> String {
    format!("/workspaces/{workspace}/invites")
}

/// Says that it was seen that our organisation was removed (POST).
#[must_use]
pub fn workspace_dismiss(workspace: impl Display) -> String {
    format!("/workspaces/{workspace}/dismiss")
}

/// Make an invite.
#[must_use]
pub fn invite_new(workspace: impl Display) -> String {
    format!("/workspaces/{workspace}/invites/new")
}

/// One invite.
#[must_use]
pub fn invite(workspace: impl Display, invite: impl Display) -> String {
    format!("/workspaces/{workspace}/invites/{invite}")
}

/// The invite as a file.
#[must_use]
pub fn invite_file(workspace: impl Display, invite: impl Display) -> String {
    format!("/workspaces/{workspace}/invites/{invite}/file")
}

/// Revokes an invite (POST).
#[must_use]
pub fn invite_revoke(workspace: impl Display, invite: impl Display) -> String {
    format!("/workspaces/{workspace}/invites/{invite}/revoke")
}

/// Documents of a workspace.
#[must_use]
pub fn documents(workspace: impl Display) -> String {
    format!("/workspaces/{workspace}/documents")
}

/// Documents of a workspace that match; `page` counts from 1.
#[must_use]
pub fn documents_page(
    workspace: impl Display,
    words: &str,
    tag: &str,
    kind: &str,
    page: usize,
) -> String {
    let mut url = format!("/workspaces/{workspace}/documents?page={page}");
    for (name, value) in [("q", words), ("tag", tag), ("kind", kind)] {
        if !value.is_empty() {
            let _infallible = write!(url, "&{name}={}", encode(value));
        }
    }
    url
}

/// A page of what was found; `page` counts from 1. What is empty is left out.
#[must_use]
pub fn search_page(query: &[(&str, &str)], page: usize) -> String {
    let mut url = format!("{}?page={page}", search());
    for (name, value) in query.iter().filter(|(_, value)| !value.is_empty()) {
        let _infallible = write!(url, "&{name}={}", encode(value));
    }
    url
}

/// Choose what kind of document to create.
#[must_use]
pub fn document_kinds(workspace: impl Display) -> String {
    format!("/workspaces/{workspace}/documents/kinds")
}

/// Create a document of a kind.
#[must_use]
pub fn document_new(workspace: impl Display, kind: impl Display) -> String {
    format!("/workspaces/{workspace}/documents/new?kind={kind}")
}

/// Make a table of matching tags from two lists of tags.
#[must_use]
pub fn crosswalk_new(workspace: impl Display) -> String {
    format!("/workspaces/{workspace}/crosswalks/new")
}

/// Look through the matches that are proposed; POST agrees to those that are ticked.
#[must_use]
pub fn proposed_matches(document: impl Display) -> String {
    format!("/documents/{document}/proposed")
}

/// Bring in a file: choose it.
#[must_use]
pub fn import_upload(workspace: impl Display) -> String {
    format!("/workspaces/{workspace}/import/upload")
}

/// Bring in a file: look at what is in it.
#[must_use]
pub fn import_check(workspace: impl Display) -> String {
    format!("/workspaces/{workspace}/import/check")
}

/// Bring in a file: what was made.
#[must_use]
pub fn import_done(workspace: impl Display) -> String {
    format!("/workspaces/{workspace}/import/done")
}

/// Read a document.
#[must_use]
pub fn document(document: impl Display) -> String {
    format!("/documents/{document}")
}

/// Edit a document: all parts.
#[must_use]
pub fn edit(document: impl Display) -> String {
    format!("/documents/{document}/edit")
}

/// Edit one part. `item` is the key of a list's item, for parts that are one item; empty otherwise.
#[must_use]
pub fn edit_part(document: impl Display, part: impl Display, item: &str) -> String {
    if item.is_empty() {
        format!("/documents/{document}/edit/{part}")
    } else {
        format!("/documents/{document}/edit/{part}/{}", encode(item))
    }
}

/// A document as a file of a format.
#[must_use]
pub fn document_file(document: impl Display, format: &str) -> String {
    format!("/documents/{document}/{format}/file")
}

/// Bring figures into an insight.
#[must_use]
pub fn figures(document: impl Display) -> String {
    format!("/documents/{document}/figures")
}

/// Write the figures that were looked at (POST).
#[must_use]
pub fn figures_done(document: impl Display) -> String {
    format!("/documents/{document}/figures/done")
}

/// Asks whether an item shall be removed. `path` is the item's path; `back` the page to return to.
#[must_use]
pub fn remove_item(document: impl Display, path: &str, back: &str) -> String {
    format!("/documents/{document}/remove?path={}&back={}", encode(path), encode(back))
}

/// Changes a list (POST): add, move up, move down, remove, bring back.
#[must_use]
pub fn change_list(document: impl Display) -> String {
    format!("/documents/{document}/list")
}

/// Two values set at the same time: choose one.
#[must_use]
pub fn choose(document: impl Display, path: &str) -> String {
    format!("/documents/{document}/choose?path={}", encode(path))
}

/// History of a document.
#[must_use]
pub fn history(document: impl Display) -> String {
    format!("/documents/{document}/history")
}

/// A version to read, and what can be done with it.
#[must_use]
pub fn version(document: impl Display, heads: impl Display) -> String {
    format!("/documents/{document}/version?heads={heads}")
}

/// Names a version (POST).
#[must_use]
pub fn version_page(document: impl Display) -> String {
    format!("/documents/{document}/version")
}

/// Go back to a version: ask.
#[must_use]
pub fn restore(document: impl Display, heads: impl Display) -> String {
    format!("/documents/{document}/restore?heads={heads}")
}

/// Goes back to a version (POST).
#[must_use]
pub fn restore_page(document: impl Display) -> String {
    format!("/documents/{document}/restore")
}

/// Read a version and sign it.
#[must_use]
pub fn sign_version(document: impl Display, heads: impl Display) -> String {
    format!("/documents/{document}/sign?heads={heads}")
}

/// Make a copy of a document.
#[must_use]
pub fn copy(document: impl Display) -> String {
    format!("/documents/{document}/copy")
}

/// Make a copy of a document in a file.
#[must_use]
pub fn copy_file(workspace: impl Display) -> String {
    format!("/workspaces/{workspace}/copy")
}

/// Makes a copy of what is published at an address (POST).
#[must_use]
pub fn copy_link(workspace: impl Display) -> String {
    format!("/workspaces/{workspace}/copy/link")
}

/// What is on somebody's shelf; POST follows it, or stops following it.
#[must_use]
pub fn other_shelf(workspace: impl Display, address: &str) -> String {
    format!("/workspaces/{workspace}/copy/shelf?address={}", encode(address))
}

/// Says that nobody wants to hear of a version of a copy's original again (POST).
#[must_use]
pub fn incoming_seen(document: impl Display, version: impl Display) -> String {
    format!("/documents/{document}/incoming/seen?heads={version}")
}

/// Looks for a newer version of a copy's original on the web (POST).
#[must_use]
pub fn incoming_link(document: impl Display) -> String {
    format!("/documents/{document}/incoming/link")
}

/// What is new in the original of a copy; POST takes it in.
#[must_use]
pub fn incoming(document: impl Display) -> String {
    format!("/documents/{document}/incoming")
}

/// Gives a file of the original (POST).
#[must_use]
pub fn incoming_file(document: impl Display) -> String {
    format!("/documents/{document}/incoming/file")
}

/// Offers a copy's changes to those who keep the original (POST).
#[must_use]
pub fn offer(document: impl Display) -> String {
    format!("/documents/{document}/offer")
}

/// Who wrote which words.
#[must_use]
pub fn authors(document: impl Display) -> String {
    format!("/documents/{document}/authors")
}

/// Two versions to be chosen and compared.
#[must_use]
pub fn compare_page(document: impl Display) -> String {
    format!("/documents/{document}/compare")
}

/// Two versions compared, beside each other.
#[must_use]
pub fn compare_side(document: impl Display, from: impl Display, to: impl Display) -> String {
    format!("{}&view=side", compare(document, from, to))
}

/// Two versions compared.
#[must_use]
pub fn compare(document: impl Display, from: impl Display, to: impl Display) -> String {
    format!("/documents/{document}/compare?from={from}&to={to}")
}

/// Who can read and change a document.
#[must_use]
pub fn access(document: impl Display) -> String {
    format!("/documents/{document}/access")
}

/// Change who can read and change a document: choose, and look at what it means (POST).
#[must_use]
pub fn access_change(document: impl Display) -> String {
    format!("/documents/{document}/access/change")
}

/// Changes of a document that do not count.
#[must_use]
pub fn refusals(document: impl Display) -> String {
    format!("/documents/{document}/refusals")
}

/// Who signed which version of a document.
#[must_use]
pub fn signatures(document: impl Display) -> String {
    format!("/documents/{document}/signatures")
}

/// Read a document and sign it; POST signs. With `?heads=` another version.
#[must_use]
pub fn sign(document: impl Display) -> String {
    format!("/documents/{document}/sign")
}

/// One signature, with the words that were signed.
#[must_use]
pub fn signature(document: impl Display, signature: impl Display) -> String {
    format!("/documents/{document}/signatures/{signature}")
}

/// The signed words to print.
#[must_use]
pub fn signature_print(document: impl Display, signature: impl Display) -> String {
    format!("/documents/{document}/signatures/{signature}/print")
}

/// The signed words as a PDF.
#[must_use]
pub fn signature_pdf(document: impl Display, signature: impl Display) -> String {
    format!("/documents/{document}/signatures/{signature}/copy.pdf")
}

/// Take a signature back; POST does it.
#[must_use]
pub fn signature_withdraw(document: impl Display, signature: impl Display) -> String {
    format!("/documents/{document}/signatures/{signature}/withdraw")
}

/// Publish a document; POST does it.
#[must_use]
pub fn publish(document: impl Display) -> String {
    format!("/documents/{document}/publish")
}

/// A document to print.
#[must_use]
pub fn print(document: impl Display) -> String {
    format!("/documents/{document}/print")
}

/// WebSocket of live text. The island adds `?path=` for the field.
#[must_use]
pub fn document_live(document: impl Display) -> String {
    format!("/documents/{document}/live")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_person_typed_cannot_leave_its_place_in_an_address() {
        assert_eq!(encode("a&b=c d/é#?"), "a%26b%3Dc%20d%2F%C3%A9%23%3F");
        assert_eq!(
            documents_page("w", "x&page=9", "", "", 1),
            "/workspaces/w/documents?page=1&q=x%26page%3D9"
        );
        assert_eq!(edit_part("d", "step", "12@ab"), "/documents/d/edit/step/12@ab");
    }
}
