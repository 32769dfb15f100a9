//! Sets words in lines, with the fonts that are part of the program: a PDF looks alike wherever it was made.

use std::borrow::Cow;
use std::sync::Arc;

use parley::fontique::{Blob, Collection, CollectionOptions, SourceCache};
use parley::layout::{Alignment, Layout};
use parley::style::{
    FontFamily, FontFamilyName, FontWeight, LineHeight, OverflowWrap, StyleProperty,
};
use parley::{FontContext, LayoutContext};

use crate::flow::{Face, Words};

const PROPORTIONAL: FontFamilyName<'static> = FontFamilyName::Named(Cow::Borrowed("DejaVu Sans"));
const OF_ONE_WIDTH: FontFamilyName<'static> =
    FontFamilyName::Named(Cow::Borrowed("DejaVu Sans Mono"));
const LINE_HEIGHT: f32 = 1.35;

/// Words in lines.
pub(crate) struct Set {
    pub(crate) text: String,
    pub(crate) lines: Layout<()>,
}

pub(crate) struct TypeCase {
    fonts: FontContext,
    layouts: LayoutContext<()>,
}

impl TypeCase {
    pub(crate) fn new() -> Self {
        let options = CollectionOptions { shared: false, system_fonts: false };
        let mut collection = Collection::new(options);
        for font in [dejavu::sans::regular(), dejavu::sans::bold(), dejavu::sans_mono::regular()] {
            collection.register_fonts(Blob::new(Arc::new(font)), None);
        }
        let fonts = FontContext { collection, source_cache: SourceCache::default() };
        Self { fonts, layouts: LayoutContext::new() }
    }

    /// Sets words in lines of a width, all in points; they begin at the side at which their script begins.
    pub(crate) fn set(&mut self, words: &Words, size: f32, is_bold: bool, width: f32) -> Set {
        let text = words.text();
        let mut builder = self.layouts.ranged_builder(&mut self.fonts, &text, 1.0, false);
        builder.push_default(StyleProperty::FontSize(size));
        builder.push_default(StyleProperty::LineHeight(LineHeight::FontSizeRelative(LINE_HEIGHT)));
        // A long fingerprint or address breaks where the line ends.
        builder.push_default(StyleProperty::OverflowWrap(OverflowWrap::Anywhere));
        builder.push_default(family(Face::default()));
        let mut from = 0;
        for run in &words.0 {
            let range = from..from + run.text.len();
            from = range.end;
            if is_bold || run.face.is_bold {
                builder.push(StyleProperty::FontWeight(FontWeight::BOLD), range.clone());
            }
            builder.push(family(run.face), range);
        }
        let mut lines = builder.build(&text);
        lines.break_all_lines(Some(width));
        lines.align(Alignment::Start, parley::layout::AlignmentOptions::default());
        Set { text, lines }
    }
}

fn family(face: Face) -> StyleProperty<'static, ()> {
    const WIDE: &[FontFamilyName<'static>] = &[PROPORTIONAL];
    const NARROW: &[FontFamilyName<'static>] = &[OF_ONE_WIDTH, PROPORTIONAL];
    let names = if face.is_code { NARROW } else { WIDE };
    StyleProperty::FontFamily(FontFamily::List(Cow::Borrowed(names)))
}
