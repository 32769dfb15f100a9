//! Draws a text as a QR code.

use qrcode::render::svg::Color;
use qrcode::{EcLevel, QrCode};

/// Returns an SVG picture, or nothing if the text is too long for any QR code.
pub(crate) fn svg(text: &str) -> Option<String> {
    let code = QrCode::with_error_correction_level(text.as_bytes(), EcLevel::L).ok()?;
    let color = |name| Color(name);
    Some(
        code.render()
            .min_dimensions(320, 320)
            .dark_color(color("#000"))
            .light_color(color("#fff"))
            .build(),
    )
}

/// Returns the squares of the code, or nothing if the text is too long for any.
pub(crate) fn squares(text: &str) -> Option<paper::Code> {
    let code = QrCode::with_error_correction_level(text.as_bytes(), EcLevel::L).ok()?;
    let dark = code.to_colors().into_iter().map(|color| color == qrcode::Color::Dark);
    Some(paper::Code { width: code.width(), dark: dark.collect() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invite_fits_and_a_book_does_not() {
        assert!(svg(&"x".repeat(2_000)).unwrap().contains("<svg"));
        assert_eq!(svg(&"x".repeat(10_000)), None);
    }
}
