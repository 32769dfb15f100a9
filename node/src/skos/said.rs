//! What a file of SKOS says of one thing.

use std::collections::{BTreeMap, BTreeSet};

use oxrdf::{Graph, NamedNode, NamedOrBlankNode, TermRef};

use super::names::{DCT, OWL, RDFS, skos};

/// The language that names are taken from, where there are several.
pub(super) const LANGUAGE: &str = "en";

/// The statements of a file.
#[derive(Clone, Copy)]
pub(super) struct Said<'a>(pub(super) &'a Graph);

impl Said<'_> {
    /// Returns everything of a class of SKOS.
    pub(super) fn typed(self, word: &str) -> BTreeSet<String> {
        let Ok(class) = NamedNode::new(skos(word)) else { return BTreeSet::new() };
        let subjects = self.0.subjects_for_predicate_object(oxrdf::vocab::rdf::TYPE, &class);
        subjects.filter_map(|subject| address(subject.into_owned())).collect()
    }

    fn objects(&self, tag: &str, predicate: &str) -> Vec<TermRef<'_>> {
        let (Ok(tag), Ok(predicate)) = (NamedNode::new(tag), NamedNode::new(predicate)) else {
            return Vec::new();
        };
        let objects = self.0.objects_for_subject_predicate(&tag, &predicate);
        let mut found: Vec<TermRef<'_>> = objects.collect();
        found.sort_by_key(ToString::to_string);
        found
    }

    pub(super) fn links(&self, tag: &str, predicate: &str) -> BTreeSet<String> {
        let objects = self.objects(tag, predicate).into_iter();
        objects
            .filter_map(|object| match object {
                TermRef::NamedNode(node) => Some(node.as_str().to_owned()),
                _ => None,
            })
            .collect()
    }

    /// Returns texts with their languages.
    pub(super) fn labels(&self, tag: &str, predicate: &str) -> Vec<(String, String)> {
        let objects = self.objects(tag, predicate).into_iter();
        objects
            .filter_map(|object| match object {
                TermRef::Literal(literal) => {
                    let language = literal.language().unwrap_or_default().to_owned();
                    Some((literal.value().to_owned(), language))
                }
                _ => None,
            })
            .collect()
    }

    /// Returns the text in English, or else any.
    pub(super) fn text(&self, tag: &str, predicate: &str) -> Option<String> {
        let mut texts = self.labels(tag, predicate);
        texts.sort_by_key(|(_, language)| !language.starts_with(LANGUAGE));
        texts.into_iter().next().map(|(text, _)| text)
    }

    pub(super) fn code(&self, tag: &str) -> String {
        self.text(tag, &skos("notation"))
            .filter(|code| !code.contains(char::is_whitespace))
            .unwrap_or_else(|| tag.rsplit(['#', '/']).next().unwrap_or_default().to_owned())
    }

    /// Is a tag no longer used?
    pub(super) fn is_given_up(&self, tag: &str) -> bool {
        self.text(tag, &format!("{OWL}deprecated")).as_deref() == Some("true")
    }

    /// Returns the lists that each tag says that it is in, as their places; tags that say nothing are left out.
    pub(super) fn schemes_of<'t>(
        &self,
        schemes: &[String],
        tags: &'t BTreeSet<String>,
    ) -> BTreeMap<&'t str, BTreeSet<usize>> {
        let mut of_tag: BTreeMap<&str, BTreeSet<usize>> = BTreeMap::new();
        let top: Vec<BTreeSet<String>> =
            schemes.iter().map(|scheme| self.links(scheme, &skos("hasTopConcept"))).collect();
        for tag in tags {
            let of = ["inScheme", "topConceptOf"].map(|word| self.links(tag, &skos(word)));
            for ((index, scheme), top) in (0_usize..).zip(schemes).zip(&top) {
                if top.contains(tag) || of.iter().any(|of| of.contains(scheme)) {
                    of_tag.entry(tag).or_default().insert(index);
                }
            }
        }
        of_tag
    }

    /// Returns what a list is called.
    pub(super) fn title(&self, scheme: &str) -> String {
        let names = [format!("{DCT}title"), skos("prefLabel"), format!("{RDFS}label")];
        let said = names.iter().find_map(|name| self.text(scheme, name));
        said.unwrap_or_else(|| name_in(scheme))
    }
}

fn address(subject: NamedOrBlankNode) -> Option<String> {
    match subject {
        NamedOrBlankNode::NamedNode(node) => Some(node.into_string()),
        NamedOrBlankNode::BlankNode(_) => None,
    }
}

/// Returns the last name in an address in words; the address if it has none.
fn name_in(address: &str) -> String {
    let words = last_name(address).replace(['-', '_'], " ");
    if words.trim().is_empty() { address.to_owned() } else { web_ui::words::capital(words.trim()) }
}

fn last_name(address: &str) -> &str {
    address.trim_end_matches(['/', '#']).rsplit(['/', '#']).next().unwrap_or_default()
}

/// Returns a prefix for short codes, from the last name in an address.
pub(super) fn prefix_of(scheme: &str) -> String {
    let plain: String = last_name(scheme).chars().filter(char::is_ascii_alphanumeric).collect();
    if plain.is_empty() { "tag".to_owned() } else { plain }
}
