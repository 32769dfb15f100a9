//! What every page must have, checked on every sample; and what no template may contain.

use std::collections::BTreeSet;
use std::path::Path;

/// Returns the start tags of an element: everything between `<name` and `>`.
fn tags<'a>(html: &'a str, name: &str) -> Vec<&'a str> {
    let open = format!("<{name}");
    html.match_indices(&open)
        .map(|(at, _)| &html[at + open.len()..])
        .filter(|rest| rest.starts_with([' ', '>', '\n']))
        .map(|rest| &rest[..rest.find('>').unwrap_or(rest.len())])
        .collect()
}

fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let start = tag.find(&format!(" {name}=\""))? + name.len() + 3;
    tag[start..].split('"').next()
}

fn each_page(check: impl Fn(&str, &str)) {
    let samples = web_ui::pages::samples();
    assert!(samples.len() > 40);
    for (name, html) in samples {
        check(name, &html.expect(name));
    }
}

#[test]
fn every_page_has_one_main_heading_and_a_title_that_ends_with_our_name() {
    each_page(|name, html| {
        assert_eq!(tags(html, "h1").len(), 1, "{name}");
        let title =
            html.split("<title>").nth(1).and_then(|rest| rest.split("</title>").next()).unwrap();
        assert!(
            title.ends_with(" - Fingerpost") && title.len() > " - Fingerpost".len() + 2,
            "{name}: {title}"
        );
        assert_eq!(
            title.starts_with("Error: "),
            html.contains("govuk-error-summary\""),
            "{name}: {title}"
        );
        assert!(html.contains("<html lang=\"en-GB\"") && tags(html, "main").len() == 1, "{name}");
    });
}

#[test]
fn no_page_has_inline_script_style_or_handlers() {
    each_page(|name, html| {
        for script in tags(html, "script") {
            assert!(script.contains(" src=\"/assets/"), "{name}: <script{script}>");
        }
        assert!(tags(html, "style").is_empty(), "{name}");
        for (at, _) in html.match_indices('<') {
            let tag = html[at..].split('>').next().unwrap();
            assert!(!tag.contains(" style="), "{name}: {tag}");
            for word in tag.split_whitespace().skip(1) {
                assert!(!(word.starts_with("on") && word.contains('=')), "{name}: {tag}");
            }
        }
        assert!(!html.contains("javascript:"), "{name}");
    });
}

#[test]
fn every_input_has_a_label_and_every_id_is_used_once() {
    each_page(|name, html| {
        let mut ids = BTreeSet::new();
        for (at, _) in html.match_indices(" id=\"") {
            let id = html[at + 5..].split('"').next().unwrap();
            assert!(ids.insert(id), "{name}: two elements have the id {id}");
        }
        let labels: BTreeSet<&str> =
            tags(html, "label").into_iter().filter_map(|tag| attribute(tag, "for")).collect();
        for kind in ["input", "textarea", "select"] {
            for tag in tags(html, kind) {
                let unseen = attribute(tag, "type") == Some("hidden")
                    || attribute(tag, "aria-hidden") == Some("true");
                assert!(
                    unseen || attribute(tag, "id").is_some_and(|id| labels.contains(id)),
                    "{name}: <{kind}{tag}>"
                );
            }
        }
        for link in tags(html, "a").into_iter().filter_map(|tag| attribute(tag, "href")) {
            if let Some(id) = link.strip_prefix('#') {
                assert!(ids.contains(id), "{name}: a link leads to {link}, which is not there");
            }
        }
    });
}

#[test]
fn every_form_that_posts_carries_the_token() {
    each_page(|name, html| {
        // The start page comes before there is a session; its one-time link is its token.
        for form in html.split("<form").skip(1).filter(|_| !name.starts_with("start")) {
            let form = form.split("</form>").next().unwrap();
            let posts = form.split('>').next().unwrap().contains("method=\"post\"");
            assert_eq!(posts, form.contains("name=\"token\""), "{name}: {form}");
        }
    });
}

#[test]
fn headings_leave_no_level_out() {
    each_page(|name, html| {
        let mut before = 0;
        for (at, _) in html.match_indices("<h") {
            let Some(level) = html[at + 2..].chars().next().and_then(|c| c.to_digit(10)) else {
                continue;
            };
            assert!(level <= before + 1 || before == 0, "{name}: h{level} after h{before}");
            before = level;
        }
    });
}

#[test]
fn only_pictures_that_we_made_are_let_through_unescaped() {
    fn scan(folder: &Path, found: &mut BTreeSet<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                scan(&path, found);
                continue;
            }
            for line in std::fs::read_to_string(&path)
                .unwrap()
                .lines()
                .filter(|line| line.contains("|safe") || line.contains("| safe"))
            {
                assert!(
                    line.contains("{{ diagram|safe }}") || line.contains("{{ svg|safe }}"),
                    "{}: {line}",
                    path.display()
                );
                found.insert(path.file_name().unwrap().to_string_lossy().into_owned());
            }
        }
    }
    let mut found = BTreeSet::new();
    scan(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/templates")), &mut found);
    assert_eq!(
        found.into_iter().collect::<Vec<_>>(),
        [
            "computer_code.html",
            "document.html",
            "invite.html",
            "reading.html",
            "signature_print.html"
        ]
    );
}

#[test]
fn hostile_text_from_another_organisation_stays_text() {
    use askama::Template as _;
    let mut document = web_ui::pages::read::sample_document();
    let hostile = "<img src=x onerror=alert(1)>\"'";
    for path in [
        "/description",
        "/body/trigger/description",
        "/body/steps/0/detail",
        "/body/steps/0/action",
        "/body/contacts/0/role",
    ] {
        *document.pointer_mut(path).unwrap() = hostile.into();
    }
    *document.pointer_mut("/body/referral_method/referral_url").unwrap() =
        "javascript:alert(1)".into();
    *document.pointer_mut("/body/contacts/0/email").unwrap() =
        "a@b?bcc=everyone@example.org\" onclick=".into();
    let page = web_ui::pages::read::Read {
        content: web_ui::reading::Content::of(
            crdt_schema::identity::Kind::ReferralPathway,
            &document,
        ),
        ..web_ui::pages::read::Read::sample()
    };
    let html = page.render().unwrap();
    assert!(
        !html.contains("<img src=x") && !html.contains("javascript:") && !html.contains("onclick="),
        "{html}"
    );
    assert!(html.contains("&#60;img src=x"), "the text itself must still be shown");
}
