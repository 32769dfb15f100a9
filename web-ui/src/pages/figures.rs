//! Bringing figures into an insight: exact counts are typed or pasted, and what may be shared of them is shown before it is.

use askama::Template;

use super::DocumentHead;
use crate::chrome::{Chrome, Tab};
use crate::forms::{Choice, Field};

/// `/documents/{d}/figures`: posts `counts` or `file` (multipart), `threshold`, `base`, `zero`, `higher` to the same address.
#[derive(Debug, Template)]
#[template(path = "pages/figures.html")]
pub struct BringFigures {
    /// Around the page.
    pub chrome: Chrome,
    /// Which insight.
    pub document: DocumentHead,
    /// The counts as CSV.
    pub counts: Field,
    /// What is wrong with the CSV file.
    pub file: Field,
    /// Below which number counts are kept back.
    pub threshold: Field,
    /// How the others are rounded.
    pub base: Field,
    /// Is zero kept back?
    pub zero: Field,
    /// Areas that need more care.
    pub higher: Field,
}

impl BringFigures {
    /// Returns what may be chosen as threshold.
    #[must_use]
    pub fn thresholds(&self) -> Vec<Choice> {
        vec![
            Choice::new("5", "Below 5", "Usual for councils and charities."),
            Choice::new(
                "10",
                "Below 10",
                "For domestic abuse, health, children, refuges, hostels, and areas of fewer than about 1,000 people.",
            ),
        ]
    }

    /// Returns how numbers may be rounded.
    #[must_use]
    pub fn bases(&self) -> Vec<Choice> {
        vec![
            Choice::new("5", "To the nearest 5", "Safer."),
            Choice::new("1", "Not rounded", "Totals then show exactly how much is kept back."),
        ]
    }

    /// Returns what may be done with zero.
    #[must_use]
    pub fn zeros(&self) -> Vec<Choice> {
        vec![
            Choice::new("show", "Show it", ""),
            Choice::new("hide", "Keep it back", "If that nobody came tells something too."),
        ]
    }

    /// Returns a page with the usual values.
    #[must_use]
    pub fn sample() -> Self {
        Self {
            chrome: Chrome::sample_in_workspace(Tab::Pathways),
            document: DocumentHead::sample(),
            counts: Field::default(),
            file: Field::default(),
            threshold: Field::of("5"),
            base: Field::of("5"),
            zero: Field::of("show"),
            higher: Field::default(),
        }
    }
}

/// What may be shared, before it is: posts `held` to [`crate::urls::figures_done`].
#[derive(Debug, Template)]
#[template(path = "pages/figures_check.html")]
pub struct CheckFigures {
    /// Around the page.
    pub chrome: Chrome,
    /// Which insight.
    pub document: DocumentHead,
    /// Heads of the columns.
    pub columns: Vec<String>,
    /// Each row: an area and its figures.
    pub rows: Vec<Vec<String>>,
    /// What is kept back: area, period and why.
    pub kept: Vec<(String, String, String)>,
    /// What to look at before sharing.
    pub warnings: Vec<String>,
    /// What names the figures when they are confirmed.
    pub held: String,
}

impl CheckFigures {
    /// Returns a page with the usual values.
    #[must_use]
    pub fn sample() -> Self {
        let text = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        Self {
            chrome: Chrome::sample_in_workspace(Tab::Pathways),
            document: DocumentHead::sample(),
            columns: text(&["Area", "2026-07", "2026-08"]),
            rows: vec![text(&["Harbour", "40", "[c]"]), text(&["Mill", "[c]", "70"])],
            kept: vec![("Harbour".to_owned(), "2026-08".to_owned(), "It is small.".to_owned())],
            warnings: vec![
                "Mill has only one figure that is not zero: it tells of everybody there."
                    .to_owned(),
            ],
            held: "sample".to_owned(),
        }
    }
}
