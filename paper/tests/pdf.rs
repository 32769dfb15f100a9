//! A PDF says what the page says, on as many sheets as it needs, for eyes and for whoever has it read out.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use lopdf::{Document, Object};
use paper::{Code, Unprintable, pdf};

fn page(main: &str) -> String {
    format!(
        "<!DOCTYPE html><html lang=\"en-GB\"><head><title>Agreement (signed copy)</title></head><body><main>{main}</main><footer><p>Northmere. Version 5891 b5b5.</p></footer></body></html>"
    )
}

fn text(pdf: &[u8]) -> String {
    let document = Document::load_mem(pdf).unwrap();
    let pages: Vec<u32> = document.get_pages().keys().copied().collect();
    // Lines end where they do on paper.
    document.extract_text(&pages).unwrap().split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn all_that_stands_on_the_page_stands_in_the_file() {
    let main = "<h1>Sharing agreement</h1><p class=\"govuk-body-l\">Who shares what, ŵ ż ș ğ Ω Ж.</p><h2>1. Purpose</h2><ol><li><p>First thing</p></li><li><p>Second thing</p></li></ol><dl><div><dt>Fingerprint</dt><dd><span class=\"fp-code\">5891 b5b5</span></dd></div></dl><table><caption>Figures</caption><tr><th scope=\"col\">Area</th><th scope=\"col\">People</th></tr><tr><td>Seaham</td><td>10</td></tr><tr><td></td><td>hidden</td></tr></table><p class=\"fp-no-print\">Use the print command</p>";
    let written = pdf(&page(main), None).unwrap();
    let text = text(&written);
    for part in [
        "Sharing agreement",
        "Who shares what, ŵ ż ș ğ Ω Ж.",
        "1. Purpose",
        "Second thing",
        "Fingerprint",
        "5891 b5b5",
        "Figures",
        "Seaham",
        "hidden",
        "Version 5891 b5b5.",
        "Page 1 of 1",
    ] {
        assert!(text.contains(part), "{part:?} is not in {text:?}");
    }
    assert!(!text.contains("print command"), "{text}");
}

#[test]
fn the_file_says_its_title_its_language_and_what_its_parts_are() {
    let written =
        pdf(&page("<h1>One</h1><ul class=\"govuk-list--bullet\"><li>two</li></ul>"), None).unwrap();
    let document = Document::load_mem(&written).unwrap();
    let catalog = document.catalog().unwrap();
    assert_eq!(catalog.get(b"Lang").unwrap().as_str().unwrap(), b"en-GB");
    assert!(catalog.has(b"StructTreeRoot") && catalog.has(b"Outlines"));
    let kinds: Vec<String> = document
        .objects
        .values()
        .filter_map(|object| object.as_dict().ok()?.get(b"S").ok()?.as_name().ok())
        .map(|name| String::from_utf8_lossy(name).into_owned())
        .collect();
    for kind in ["H1", "L", "LI", "Lbl", "LBody"] {
        assert!(kinds.iter().any(|one| one == kind), "{kind} is not in {kinds:?}");
    }
}

#[test]
fn long_texts_lists_and_rows_go_on_over_sheets_and_lose_no_line() {
    let lines: String = (0..400).map(|n| format!("line{n} \n")).collect();
    let rows: String = (0..100)
        .map(|n| format!("<tr><td>row{n}</td><td>{}</td></tr>", "much ".repeat(40)))
        .collect();
    let main = format!(
        "<h1>Long</h1><p class=\"fp-text\">{lines}</p><dl><dt>All</dt><dd class=\"fp-text\">{}</dd></dl><table>{rows}</table>",
        lines.replace("line", "item")
    );
    let written = pdf(&page(&main), None).unwrap();
    let text = text(&written);
    let words: std::collections::BTreeSet<&str> = text.split(' ').collect();
    for n in 0..400 {
        assert!(words.contains(format!("line{n}").as_str()), "line{n}");
        assert!(words.contains(format!("item{n}").as_str()), "item{n}");
    }
    assert!((0..100).all(|n| words.contains(format!("row{n}").as_str())));
    let sheets = Document::load_mem(&written).unwrap().get_pages().len();
    assert!(sheets > 15, "{sheets}");
    assert!(text.contains(&format!("Page {sheets} of {sheets}")));
}

#[test]
fn the_code_is_drawn_where_the_page_has_its_place() {
    let code =
        Code { width: 3, dark: vec![true, false, true, false, true, false, true, true, true] };
    let main = "<h1>One</h1><div class=\"fp-qr\"><svg></svg></div>";
    let with = pdf(&page(main), Some(&code)).unwrap();
    let figures = |pdf: &[u8]| {
        let document = Document::load_mem(pdf).unwrap();
        let kinds =
            document.objects.values().filter_map(|object| object.as_dict().ok()?.get(b"S").ok());
        kinds.filter(|kind| **kind == Object::Name(b"Figure".to_vec())).count()
    };
    assert_eq!(figures(&with), 1);
    assert_eq!(figures(&pdf(&page(main), None).unwrap()), 0);
}

#[test]
fn letters_that_the_font_does_not_have_are_named() {
    let refused = pdf(&page("<p>Welcome, 欢迎, 🙂</p>"), None).expect_err("no letters for that");
    let Unprintable::Letters(letters) = &refused else { panic!("{refused:?}") };
    assert!(letters.contains('欢') && letters.contains('迎'), "{letters}");
    assert!(!letters.contains('W'), "{letters}");
    assert!(refused.to_string().contains("Print the page with your browser instead"));
}

#[test]
fn an_empty_page_and_odd_marks_are_a_file_too() {
    for main in [
        "",
        "<ul></ul><dl></dl><table></table>",
        "<p>\u{0}\u{200b}\u{ad}a</p>",
        "<li>loose</li><td>x</td>",
    ] {
        let written = pdf(&page(main), None);
        assert!(written.is_ok(), "{main:?}: {written:?}");
    }
}
