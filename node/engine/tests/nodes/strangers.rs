//! What nodes that are no members hear.

use crdt_schema::audience::Audience;
use crdt_schema::identity::{NodeId, WorkspaceId};
use engine::Input;
use engine::message::Message;

use crate::stage::Stage;

#[test]
fn a_stranger_that_shows_entries_of_a_workspace_is_not_told_that_it_is_here() {
    let (mut stage, workspace) = Stage::together(2);
    let stranger = NodeId([7; 32]);
    stage.input(0, Input::PeerUp(stranger));
    let entries = vec![stage.kept(0).0.remove(0).into(), vec![1, 2, 3].into()];
    for workspace in [workspace, WorkspaceId([9; 32])] {
        let heard =
            stage.hear(0, stranger, &Message::Entries { workspace, entries: entries.clone() });
        assert_eq!(heard, [], "{workspace}");
    }
}

#[test]
fn a_stranger_gets_one_answer_whether_or_not_the_workspace_is_here() {
    let (mut stage, workspace) = Stage::together(2);
    stage.create(0, workspace, Audience::default());
    let stranger = NodeId([7; 32]);
    stage.input(0, Input::PeerUp(stranger));
    for workspace in [workspace, WorkspaceId([9; 32])] {
        let heard = stage.hear(
            0,
            stranger,
            &Message::Membership { workspace, heads: vec![workspace.into()] },
        );
        assert_eq!(heard, [Message::Unknown { workspace }]);
        let heard = stage.hear(0, stranger, &Message::Want { workspace, ids: Vec::new() });
        assert_eq!(heard, []);
    }
}
