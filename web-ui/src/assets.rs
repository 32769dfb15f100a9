//! Styles, scripts and icons, embedded, with a hash of the content in each address, so that browsers may keep them.

/// One file that pages use.
#[derive(Debug)]
pub struct Asset {
    /// The path it is served at, for ever with this very content.
    pub address: &'static str,
    /// Its `Content-Type`.
    pub media_type: &'static str,
    /// What is in it.
    pub content: &'static [u8],
}

include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// Returns the asset that is served at this path.
#[must_use]
pub fn find(path: &str) -> Option<&'static Asset> {
    ALL.iter().find(|asset| asset.address == path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_asset_is_found_by_its_address_and_no_other_is() {
        for address in [STYLE, SCRIPT, ICON] {
            assert!(find(address).is_some_and(|asset| !asset.content.is_empty()), "{address}");
        }
        assert!(find("/assets/style.css").is_none());
    }

    #[test]
    fn the_style_names_no_font_crown_or_file_that_is_not_ours() {
        let style = String::from_utf8_lossy(find(STYLE).unwrap().content);
        for foreign in ["GDS Transport", "crown", "crest", "@font-face"] {
            assert!(!style.contains(foreign), "the style contains {foreign}");
        }
        for address in style.split("url(").skip(1) {
            assert!(
                address.trim_start_matches('"').starts_with("data:"),
                "{}",
                address.chars().take(60).collect::<String>()
            );
        }
    }
}
