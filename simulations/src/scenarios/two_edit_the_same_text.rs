//! Two people type in the same text at the same time; everybody's letters stay.

use anyhow::{Context, Result, ensure};
use crdt_schema::audience::Audience;
use crdt_schema::document::{Edit, Splice};
use serde_json::Value;

use crate::ask::example;
use crate::invariants;
use crate::world::World;

pub(super) fn tell(world: &mut World, _: Option<usize>) -> Result<()> {
    let workspace = world.together(2)?;
    let document = world.create(0, workspace, Audience::default(), example()?)?;
    world.run_for(2_000)?;
    let (mut typed, path) = ([0_usize; 2], "/title".parse()?);
    for _ in 0..30 {
        for (number, letter) in [(0, "a"), (1, "b")] {
            if world.chance.percent(70) {
                let splice = Splice { at: 0, delete: 0, insert: letter.to_owned() };
                world.edit(
                    number,
                    document,
                    vec![Edit::Splice {
                        path: crdt_schema::document::FieldPath::clone(&path),
                        splices: vec![splice],
                    }],
                )?;
                if let Some(count) = typed.get_mut(number) {
                    *count += 1;
                }
            }
        }
        let pause = world.chance.below(60);
        world.run_for(pause)?;
    }
    invariants::calm(world, workspace)?;
    let content = world.content(1, document)?.context("the document is gone")?;
    let title = content.get("title").and_then(Value::as_str).unwrap_or_default();
    let before = "Cash first: when somebody cannot afford food";
    let typed_text = title.strip_suffix(before).context("what stood there has changed")?;
    let count = |letter| typed_text.matches(letter).count();
    ensure!([count('a'), count('b')] == typed, "letters were lost: {title:?}, typed {typed:?}");
    Ok(())
}
