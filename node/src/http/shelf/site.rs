//! Every file of the shelf by its path. Names are made of ids and kinds, never of what documents say.

use std::fmt;
use std::sync::Arc;

use askama::Template;
use crdt_schema::documents;
use crdt_schema::identity::{DocumentId, Kind};
use crdt_schema::sign_off;
use engine::Reader;
use engine::view::SignOffView;
use serde_json::{Value, json};
use web_ui::assets::{self, Asset};
use web_ui::figures::Figures;
use web_ui::pages::Pages;
use web_ui::pages::shelf::{Shelf, ShelfDocument, ShelfRow, ShelfSignature};
use web_ui::reading::Content;
use web_ui::when;

use super::contents::Entry;
use crate::http::App;
use crate::http::api::{export, markdown};
use crate::http::pages::frame::calendar;
use crate::http::problem::Problem;
use crate::skos;

/// What `index.json` says it is.
pub(crate) const FORMAT: &str = "fingerpost-shelf-1";
/// The name of the list for programs, by which an export is known.
pub(crate) const LIST: &str = "index.json";
/// Documents on one page of the list.
const ROWS: usize = 50;

/// A file of the shelf.
#[derive(Clone, Debug)]
pub(crate) struct File {
    pub(crate) media_type: &'static str,
    pub(crate) bytes: Vec<u8>,
    /// Is it the same for ever at its path?
    pub(crate) is_lasting: bool,
}

/// Where a file stands.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    /// A page of the list: of all documents or of a kind; pages count from 1.
    List {
        kind: Option<Kind>,
        page: usize,
    },
    /// The list for programs.
    Index,
    Document(DocumentId, Part),
    Asset(&'static str),
}

/// A file of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Page,
    Bundle,
    Json,
    Markdown,
    Turtle,
    JsonLd,
    Csv,
    CsvMetadata,
}

impl Part {
    const ALL: [Self; 8] = [
        Self::Page,
        Self::Bundle,
        Self::Json,
        Self::Markdown,
        Self::Turtle,
        Self::JsonLd,
        Self::Csv,
        Self::CsvMetadata,
    ];

    /// Returns its file's name, and its media type.
    const fn file(self) -> (&'static str, &'static str) {
        match self {
            Self::Page => ("index.html", "text/html; charset=utf-8"),
            Self::Bundle => ("bundle.json", "application/json"),
            Self::Json => ("document.json", "application/json"),
            Self::Markdown => ("document.md", "text/markdown; charset=utf-8"),
            Self::Turtle => ("tags.ttl", "text/turtle; charset=utf-8"),
            Self::JsonLd => ("tags.jsonld", "application/ld+json"),
            Self::Csv => ("figures.csv", "text/csv; charset=utf-8"),
            Self::CsvMetadata => ("figures.csv-metadata.json", "application/csvm+json"),
        }
    }

    /// Returns what people call it; nothing for what the page speaks of elsewhere.
    const fn label(self) -> &'static str {
        match self {
            Self::Page | Self::Bundle => "",
            Self::Json => "JSON",
            Self::Markdown => "Markdown",
            Self::Turtle => "SKOS (Turtle)",
            Self::JsonLd => "SKOS (JSON-LD)",
            Self::Csv => "CSV",
            Self::CsvMetadata => "what programs must know of the CSV",
        }
    }

    /// Does a document have it?
    fn is_of(self, entry: &Entry) -> bool {
        match self {
            Self::Page | Self::Bundle | Self::Json | Self::Markdown => true,
            Self::Turtle | Self::JsonLd => entry.has_skos,
            Self::Csv | Self::CsvMetadata => entry.kind == Kind::AggregatedInsight,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::List { kind, page } => {
                let name = kind.map_or("index", Kind::word);
                match page {
                    1 => write!(f, "{name}.html"),
                    page => write!(f, "{name}-{page}.html"),
                }
            }
            Self::Index => f.write_str(LIST),
            Self::Document(id, part) => write!(f, "documents/{id}/{}", part.file().0),
            Self::Asset(address) => f.write_str(address.trim_start_matches('/')),
        }
    }
}

impl Place {
    /// Reads a path. Each file has one path; whatever else would lead to it leads nowhere.
    fn read(path: &str) -> Option<Self> {
        let place = Self::guess(path)?;
        (place.to_string() == path).then_some(place)
    }

    fn guess(path: &str) -> Option<Self> {
        if path == LIST {
            return Some(Self::Index);
        }
        if let Some(asset) = lasting().find(|asset| asset.address.strip_prefix('/') == Some(path)) {
            return Some(Self::Asset(asset.address));
        }
        if let Some(rest) = path.strip_prefix("documents/") {
            let (id, name) = rest.split_once('/')?;
            let part = Part::ALL.into_iter().find(|part| part.file().0 == name)?;
            return Some(Self::Document(id.parse().ok()?, part));
        }
        let name = path.strip_suffix(".html")?;
        let (name, page) = match name.split_once('-') {
            Some((name, page)) => (name, page.parse().ok()?),
            None => (name, 1),
        };
        let kind = if name == "index" { None } else { Some(name.parse().ok()?) };
        Some(Self::List { kind, page })
    }
}

/// Returns the styles and the icon: pages of the shelf have no scripts.
fn lasting() -> impl Iterator<Item = &'static Asset> {
    [assets::STYLE, assets::ICON].into_iter().filter_map(assets::find)
}

/// Returns the paths of all files of the shelf.
pub(crate) async fn paths(app: &App) -> Result<Vec<String>, Problem> {
    let entries = app.shelf().entries(app.handle()).await?;
    let kinds =
        std::iter::once(None).chain(kinds(&entries).into_iter().map(|(kind, _)| Some(kind)));
    let lists = kinds.flat_map(|kind| {
        let pages = of_kind(&entries, kind).count().div_ceil(ROWS).max(1);
        (1..=pages).map(move |page| Place::List { kind, page })
    });
    let files = entries.iter().flat_map(|entry| {
        let parts = Part::ALL.into_iter().filter(|part| part.is_of(entry));
        parts.map(|part| Place::Document(entry.id, part))
    });
    let assets = lasting().map(|asset| Place::Asset(asset.address));
    let all = lists.chain([Place::Index]).chain(files).chain(assets);
    Ok(all.map(|place| place.to_string()).collect())
}

/// Returns the file at a path; nothing if there is none, or none for everybody.
pub(crate) async fn file(app: &App, path: &str) -> Result<Option<File>, Problem> {
    let Some(place) = Place::read(path) else { return Ok(None) };
    let made = |media_type: &'static str, bytes: Vec<u8>| {
        Some(File { media_type, bytes, is_lasting: false })
    };
    Ok(match place {
        Place::Asset(address) => assets::find(address).map(|asset| File {
            media_type: asset.media_type,
            bytes: asset.content.to_vec(),
            is_lasting: true,
        }),
        Place::Index => made("application/json", index(app).await?),
        Place::List { kind, page } => list(app, kind, page)
            .await?
            .and_then(|html| made("text/html; charset=utf-8", html.into_bytes())),
        Place::Document(id, part) => {
            document(app, id, part).await?.and_then(|bytes| made(part.file().1, bytes))
        }
    })
}

async fn index(app: &App) -> Result<Vec<u8>, Problem> {
    let entries = app.shelf().entries(app.handle()).await?;
    let card = app.handle().read(|node| node.card().clone()).await?;
    let items: Vec<Value> = entries.iter().map(|entry| entry.to_json()).collect();
    let list = json!({
        "format": FORMAT,
        "organization": {"id": card.organization, "name": card.name},
        "items": items,
    });
    serde_json::to_vec_pretty(&list).map_err(|_| Problem::stopping())
}

fn of_kind(entries: &[Arc<Entry>], kind: Option<Kind>) -> impl Iterator<Item = &Entry> {
    entries
        .iter()
        .map(AsRef::as_ref)
        .filter(move |entry| kind.is_none_or(|kind| entry.kind == kind))
}

/// Returns the kinds of which there are documents, with how many.
fn kinds(entries: &[Arc<Entry>]) -> Vec<(Kind, usize)> {
    let counted = Kind::ALL.iter().map(|kind| (*kind, of_kind(entries, Some(*kind)).count()));
    counted.filter(|(_, count)| *count > 0).collect()
}

async fn list(app: &App, kind: Option<Kind>, page: usize) -> Result<Option<String>, Problem> {
    let entries = app.shelf().entries(app.handle()).await?;
    let publisher = app.handle().read(|node| node.card().name.to_string()).await?;
    let count = of_kind(&entries, kind).count();
    let pages = count.div_ceil(ROWS);
    // An empty list has its first page; a kind without documents has none.
    if page == 0 || page > pages.max(usize::from(kind.is_none())) {
        return Ok(None);
    }
    let at = |page: usize| Place::List { kind, page }.to_string();
    let rows = of_kind(&entries, kind).skip((page - 1).saturating_mul(ROWS)).take(ROWS);
    let shown = Shelf {
        root: ".",
        publisher,
        kind,
        kinds: kinds(&entries)
            .into_iter()
            .map(|(kind, count)| {
                (kind, Place::List { kind: Some(kind), page: 1 }.to_string(), count)
            })
            .collect(),
        total: entries.len(),
        rows: rows.map(row).collect(),
        pages: Pages {
            previous: (page > 1).then(|| at(page - 1)),
            next: (page < pages).then(|| at(page + 1)),
        },
    };
    write(&shown).map(Some)
}

fn row(entry: &Entry) -> ShelfRow {
    ShelfRow {
        url: Place::Document(entry.id, Part::Page).to_string(),
        title: entry.title.clone(),
        kind: entry.kind,
        organization: entry.owner_name.clone(),
        name: entry.name.clone(),
        published: calendar().day(entry.published),
        description: entry.description.clone(),
        licence: entry.licence.clone(),
        tags: entry.tags.clone(),
    }
}

fn write(page: &impl Template) -> Result<String, Problem> {
    page.render().map_err(|error| {
        tracing::error!(%error, "a page cannot be written");
        Problem::stopping()
    })
}

async fn document(app: &App, id: DocumentId, part: Part) -> Result<Option<Vec<u8>>, Problem> {
    let read = app.handle().read(move |node| {
        let Some((entry, content)) = Entry::of(node, &id)? else { return Ok(None) };
        if !part.is_of(&entry) {
            return Ok(None);
        }
        Gathered::of(node, entry, content, part).map(Some)
    });
    let Some(gathered) = read.await?? else { return Ok(None) };
    let to_vec = |value: &Value| serde_json::to_vec_pretty(value).map_err(|_| Problem::stopping());
    let wrong = |error: skos::CannotWrite| Problem::malformed(error.to_string());
    let Gathered { content, bundle, .. } = &gathered;
    let bytes = match part {
        Part::Page => write(&page(&gathered))?.into_bytes(),
        Part::Bundle => serde_json::to_vec(bundle).map_err(|_| Problem::stopping())?,
        Part::Json => to_vec(content)?,
        Part::Markdown => markdown::write(content).into_bytes(),
        Part::Turtle => skos::turtle(content).map_err(wrong)?,
        Part::JsonLd => skos::json_ld(content).map_err(wrong)?,
        Part::Csv => Figures::csv(content).into_bytes(),
        Part::CsvMetadata => to_vec(&Figures::metadata(content, Part::Csv.file().0))?,
    };
    Ok(Some(bytes))
}

/// What a file of a document is made from.
struct Gathered {
    entry: Entry,
    /// What the published version says; in files with what the network knows.
    content: Value,
    sign_offs: Vec<SignOffView>,
    publisher: String,
    bundle: Option<crdt_schema::bundle::Bundle>,
}

impl Gathered {
    fn of(
        node: &mut Reader<'_>,
        entry: Entry,
        content: Value,
        part: Part,
    ) -> Result<Self, Problem> {
        let (id, is_page) = (entry.id, part == Part::Page);
        let is_bundle = part == Part::Bundle;
        Ok(Self {
            // The words of a page are compared with their fingerprint: nothing is filled in.
            content: if is_page {
                content
            } else {
                export::filled(node, &id, Some(&entry.version))?
            },
            sign_offs: if is_page { node.sign_offs(&id)? } else { Vec::new() },
            publisher: node.card().name.to_string(),
            bundle: is_bundle
                .then(|| node.published_bundle(&id, &entry.version, &entry.named))
                .transpose()?,
            entry,
        })
    }
}

fn page(gathered: &Gathered) -> ShelfDocument {
    let Gathered { entry, content, sign_offs, publisher, .. } = gathered;
    let text = sign_off::text_of(content);
    let stand = sign_offs.iter().filter(|one| one.holds && one.withdrawal.is_none());
    let signature = |one: &SignOffView| ShelfSignature {
        organization: one.organization_name.clone(),
        who: format!("{}, {}", one.signatory, one.title),
        when: calendar().day(one.time),
        is_of_these_words: one.text == text,
    };
    let forms = Part::ALL.into_iter().filter(|part| part.is_of(entry));
    let forms = forms.map(|part| (part.file().0, part.label()));
    ShelfDocument {
        root: "../..",
        publisher: publisher.clone(),
        row: row(entry),
        content: Content::of(entry.kind, content),
        heads: entry.version.to_string(),
        text: text.in_groups(),
        review: when::iso_date(&documents::review_date(content)),
        signatures: stand.map(signature).collect(),
        files: forms.filter(|(_, label)| !label.is_empty()).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_has_one_path() {
        let id = DocumentId([7; 32]);
        let document = format!("documents/{id}/bundle.json");
        assert_eq!(Place::read(&document), Some(Place::Document(id, Part::Bundle)));
        for path in ["index.html", "index-2.html", "note.html", "note-12.html", LIST] {
            assert_eq!(Place::read(path).unwrap().to_string(), path);
        }
        for asset in lasting() {
            assert!(Place::read(asset.address.trim_start_matches('/')).is_some());
        }
        for wrong in [
            "",
            "/",
            "index",
            "index-1.html",
            "index-02.html",
            "index-2-2.html",
            "poem.html",
            "documents/x/index.html",
            "documents//index.html",
            &format!("documents/{id}/"),
            &format!("documents/{id}/other"),
            &format!("documents/{id}/../{id}/index.html"),
            &format!("/{document}"),
            assets::SCRIPT.trim_start_matches('/'),
        ] {
            assert_eq!(Place::read(wrong), None, "{wrong}");
        }
    }
}
