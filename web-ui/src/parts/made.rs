//! The parts of a kind, made from its sections and the fields that the schema declares.

use std::borrow::Cow;

use crdt_schema::documents::{self, Shape, Spec};
use crdt_schema::identity::Kind;

use super::{Part, join, slug};
use crate::kinds::{self, Section};
use crate::words::capital;

/// Returns the parts of a kind: its sections, each followed by the parts of its lists' items.
pub(super) fn parts(kind: Kind) -> Vec<Part> {
    let all = documents::specs(kind);
    kinds::sections(kind).iter().flat_map(|section| of_section(all, section)).collect()
}

/// Returns what a group of a kind has: the fields at "/" or at "/body".
pub(crate) fn fields_at(all: &'static [Spec], root: &str) -> &'static [Spec] {
    let group = all.iter().find(|spec| root.strip_prefix('/') == Some(spec.path));
    match group.map(|spec| spec.shape) {
        Some(Shape::Group(fields)) => fields,
        _ => all,
    }
}

fn of_section(all: &'static [Spec], section: &Section) -> Vec<Part> {
    let here = fields_at(all, section.root);
    let fields: Vec<Spec> = section
        .fields
        .iter()
        .filter_map(|name| here.iter().find(|spec| spec.path == *name).copied())
        .collect();
    let part = match fields.as_slice() {
        // A section that is one group is about the group's own fields.
        [Spec { path, hint, shape: Shape::Group(inside), .. }] => {
            new(section, hint, join(section.root, path), Cow::Borrowed(*inside))
        }
        [Spec { hint, shape: Shape::List(_), .. }] => {
            new(section, hint, section.root.to_owned(), Cow::Owned(fields))
        }
        _ => new(section, "", section.root.to_owned(), Cow::Owned(fields)),
    };
    let mut items = Vec::new();
    items_of(&part.root, &part.fields, &mut items);
    std::iter::once(part).chain(items).collect()
}

fn new(section: &Section, hint: &'static str, root: String, fields: Cow<'static, [Spec]>) -> Part {
    Part {
        slug: Cow::Borrowed(section.slug),
        title: Cow::Borrowed(section.title),
        hint,
        root: Cow::Owned(root),
        is_item: false,
        fields,
    }
}

/// Adds the parts of the lists whose items have pages of their own.
fn items_of(root: &str, fields: &[Spec], parts: &mut Vec<Part>) {
    for spec in fields {
        let path = join(root, spec.path);
        match spec.shape {
            Shape::List(list) if !list.part.is_empty() => parts.push(Part {
                slug: Cow::Owned(slug(list.part)),
                title: Cow::Owned(capital(list.word)),
                hint: spec.hint,
                root: Cow::Owned(path),
                is_item: true,
                fields: Cow::Borrowed(list.fields),
            }),
            Shape::Group(inside) => items_of(&path, inside, parts),
            _ => {}
        }
    }
}
