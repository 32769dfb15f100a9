//! The shortest way: found, invite, join, write, read.

use crdt_schema::audience::Audience;

use crate::stage::{Stage, example};

#[test]
fn what_one_organisation_writes_the_other_reads_and_changes() {
    let (mut stage, workspace) = Stage::together(2);
    let document = stage.create(0, workspace, Audience::default());
    let seen = stage.content(1, document).expect("the document has arrived");
    assert_eq!(seen.get("title"), example().get("title"));
    assert_eq!(Some(seen), stage.content(0, document));

    stage.set(0, document, "/title", "Money first");
    stage.set(1, document, "/description", "What to do when somebody cannot afford food.");
    let content = stage.content(0, document).unwrap();
    assert_eq!(content["title"], "Money first");
    assert_eq!(content["description"], "What to do when somebody cannot afford food.");
    assert_eq!(Some(content), stage.content(1, document));
    assert_eq!((stage.unsent(0), stage.unsent(1)), (0, 0));
}
