//! What people do on the pages, without scripts.

use super::browser::{Browser, between};
use super::{Node, example};

const PASSWORD: &str = "correct horse battery";

#[tokio::test]
async fn a_first_run_ends_with_a_password_and_a_checked_recovery_kit() {
    let node = Node::start().await;
    let mut browser = Browser::started(&node).await;
    assert!(browser.page("/setup/you").await.contains("Sam Ali"));
    let short = browser.post("/setup/you", &[("password", "short")]).await;
    assert_eq!(short.status, 422);
    assert!(short.text().contains("12 characters or more"), "{}", short.text());

    let old_cookie = browser.cookie.clone();
    let next = browser.done("/setup/you", &[("password", PASSWORD)]).await;
    assert_eq!(next, "/setup/recovery");
    assert_ne!(browser.cookie, old_cookie, "a session is renewed when the password changes");
    let kit = browser.page(&next).await;
    let words: Vec<String> = kit
        .split("<li><span class=\"fp-code\">")
        .skip(1)
        .map(|rest| rest.split_once('<').unwrap().0.to_owned())
        .collect();
    assert_eq!(words.len(), 12, "{kit}");
    assert_eq!(browser.done("/setup/recovery", &[]).await, "/setup/check");
    browser.page("/setup/check").await;
    let wrong = browser.post("/setup/check", &[("first", &words[2]), ("second", "wrong")]).await;
    assert_eq!(wrong.status, 422);
    browser.done("/setup/check", &[("first", &words[2]), ("second", &words[6])]).await;
    assert!(browser.page("/setup/check").await.contains("Your organisation is set up"));
    assert!(node.app.data().read_kit().unwrap().is_none(), "the copy here is deleted");
    assert!(!browser.page("/").await.contains("recovery kit is not"), "home warns no more");
    node.stop().await;
}

#[tokio::test]
async fn a_start_link_works_once_and_passwords_from_then_on() {
    let node = Node::start().await;
    let link = crate::http::start_link(&node.app).await.unwrap();
    let (_, token) = link.split_once('=').unwrap();
    let mut first = Browser::new(&node);
    assert_eq!(first.get(&link).await.status, 200);
    assert_eq!(first.get(&link).await.status, 200, "looking uses nothing up");
    first.done("/start", &[("link", token)]).await;
    let mut second = Browser::new(&node);
    assert_eq!(second.post("/start", &[("link", token)]).await.status, 422);
    assert_eq!(second.get(&link).await.status, 422);
    assert_eq!(second.cookie, None);

    first.page("/setup/you").await;
    first.done("/setup/you", &[("password", PASSWORD)]).await;
    second.page("/sign-in?next=/network").await;
    let wrong = second
        .post("/sign-in", &[("name", "Sam Ali"), ("password", "something else entirely")])
        .await;
    let nobody = second.post("/sign-in", &[("name", "Nobody"), ("password", PASSWORD)]).await;
    assert_eq!((wrong.status.as_u16(), nobody.status.as_u16()), (422, 422));
    assert_eq!(
        wrong.text().replace("Sam Ali", ""),
        nobody.text().replace("Nobody", ""),
        "names are not told apart"
    );
    let fields = [("name", "sam ali"), ("password", PASSWORD), ("next", "/network")];
    assert_eq!(second.done("/sign-in", &fields).await, "/network");
    second.page("/network").await;
    assert_eq!(second.done("/sign-out", &[]).await, "/sign-in");
    assert_eq!(second.get("/network").await.status, 303, "signed out");
    node.stop().await;
}

#[tokio::test]
async fn who_is_not_signed_in_is_asked_to() {
    let node = Node::start().await;
    let id = "1".repeat(32);
    for path in crate::http::pages::paths() {
        if ["/start", "/sign-in", "/help", "/accessibility", "/assets/{file}"].contains(&path)
            || path.starts_with("/setup/org")
        {
            continue;
        }
        let sample = path
            .replace("{org}", "did:key:z6MktwupdmLXVVqTzCw4i46r4uGyosGXRnR3XjN4Zq7oMMsw")
            .replace("{part}", "about")
            .replace("{item}", "1@aa")
            .replace("{w}", &id)
            .replace("{d}", &id)
            .replace("{i}", &id);
        for cookie in [None, Some("fingerpost-0=forged".to_owned())] {
            let mut browser = Browser { cookie, ..Browser::new(&node) };
            let shown = browser.get(&sample).await;
            let sent = browser.post(&sample, &[]).await;
            for answer in [shown, sent] {
                let is_shut =
                    answer.status == 303 && answer.header("location").starts_with("/sign-in");
                // A path that only takes the other method is not there for this one.
                assert!(
                    is_shut || answer.status == 404,
                    "{path}: {} {}",
                    answer.status,
                    answer.text()
                );
            }
        }
    }
    node.stop().await;
}

#[tokio::test]
async fn a_form_without_its_token_is_refused() {
    let node = Node::start().await;
    let mut browser = Browser::started(&node).await;
    browser.page("/workspaces/new").await;
    for token in ["", "wrong"] {
        browser.token = token.to_owned();
        let refused = browser.post("/workspaces/new", &[("name", "Northmere")]).await;
        assert_eq!(refused.status, 403);
    }
    assert_eq!(node.get("/workspaces").await["items"].as_array().unwrap().len(), 0);
    node.stop().await;
}

#[tokio::test]
async fn an_invite_can_be_made_copied_downloaded_and_ended() {
    let node = Node::start().await;
    let mut browser = Browser::started(&node).await;
    browser.page("/workspaces/new").await;
    assert_eq!(browser.post("/workspaces/new", &[("name", " ")]).await.status, 422);
    let workspace = browser
        .done(
            "/workspaces/new",
            &[("name", "Northmere"), ("purpose", "Food."), ("rules", "any_steward")],
        )
        .await;
    let overview = browser.page(&workspace).await;
    assert!(overview.contains("Northmere") && overview.contains("Food."), "{overview}");
    assert!(browser.page(&format!("{workspace}/members")).await.contains("Open Door"));

    browser.page(&format!("{workspace}/invites/new")).await;
    let path = format!("{workspace}/invites/new");
    let invite = browser.done(&path, &[("role", "editor"), ("days", "14"), ("uses", "1")]).await;
    let page = browser.page(&invite).await;
    let text = between(&page, "spellcheck=\"false\">", "<").unwrap();
    assert!(text.starts_with("fingerpost-invite-1-") && page.contains("<svg"), "{page}");
    let file = browser.get(&format!("{invite}/file")).await;
    assert_eq!(file.text().trim(), text);
    assert!(file.header("content-disposition").starts_with("attachment"));

    browser.page("/join").await;
    let checked = browser.post("/join/check", &[("invite", &text)]).await;
    assert_eq!(checked.status, 200, "{}", checked.text());
    assert!(checked.text().contains("Northmere"));
    assert_eq!(browser.post("/join/check", &[("invite", "hello")]).await.status, 422);
    assert_eq!(browser.post("/join", &[("invite", "hello")]).await.status, 422);

    browser.page(&invite).await;
    browser.done(&format!("{invite}/revoke"), &[]).await;
    assert!(browser.page(&format!("{workspace}/invites")).await.contains("Revoked"));
    node.stop().await;
}

#[tokio::test]
async fn a_file_is_looked_at_before_it_is_brought_in() {
    let node = Node::start().await;
    let mut browser = Browser::started(&node).await;
    let workspace = node.workspace().await;
    let path = format!("/workspaces/{workspace}/import");
    browser.page(&format!("{path}/upload")).await;
    assert_eq!(browser.post_file(&format!("{path}/check"), "not JSON").await.status, 422);
    let file = format!("[{}, {{\"title\": \"no kind\"}}]", example());
    let checked = browser.post_file(&format!("{path}/check"), &file).await;
    assert_eq!(checked.status, 200, "{}", checked.text());
    assert!(checked.text().contains("A new pathway with 5 steps"), "{}", checked.text());
    let held = between(&checked.text(), "name=\"held\" value=\"", "\"").unwrap();
    assert_eq!(
        node.get(&format!("/workspaces/{workspace}/documents")).await["items"]
            .as_array()
            .unwrap()
            .len(),
        0
    );
    let done = browser.post(&format!("{path}/done"), &[("held", &held)]).await;
    assert!(done.text().contains("1 document brought in"), "{}", done.text());
    assert_eq!(
        browser.post(&format!("{path}/done"), &[("held", &held)]).await.status,
        303,
        "only once"
    );
    let list = browser.page(&format!("/workspaces/{workspace}/documents?q=cash")).await;
    assert!(list.contains("Cash first: when somebody cannot afford food"), "{list}");
    node.stop().await;
}

/// A node with the example on it, and its page.
async fn with_example(node: &Node) -> String {
    let workspace = node.workspace().await;
    let id = node.example(&workspace).await;
    format!("/documents/{id}")
}

fn heads(page: &str) -> String {
    between(page, "name=\"heads\" value=\"", "\"").unwrap()
}

#[tokio::test]
async fn every_page_of_a_document_is_there() {
    let node = Node::start().await;
    let mut browser = Browser::started(&node).await;
    let document = with_example(&node).await;
    for path in [
        "",
        "/print",
        "/access",
        "/edit",
        "/edit/about",
        "/edit/steps",
        "/edit/contacts",
        "/history",
    ] {
        let page = browser.page(&format!("{document}{path}")).await;
        assert!(page.contains("Cash first"), "{path}");
        assert!(!page.contains("style=\"") && !page.contains(" onclick="), "{path}");
    }
    for path in ["/edit/step", "/edit/nothing", "/edit/step/9@aa", "/nothing"] {
        assert_eq!(browser.get(&format!("{document}{path}")).await.status, 404, "{path}");
    }
    assert_eq!(browser.get(&format!("/documents/{}", "1".repeat(32))).await.status, 404);
    for path in [
        "/",
        "/workspaces",
        "/network",
        "/settings",
        "/settings/people",
        "/account",
        "/help",
        "/accessibility",
    ] {
        browser.page(path).await;
    }
    node.stop().await;
}

#[tokio::test]
async fn two_forms_made_from_one_version_merge() {
    let node = Node::start().await;
    let mut browser = Browser::started(&node).await;
    let document = with_example(&node).await;
    let path = format!("{document}/edit/about");
    let page = browser.page(&path).await;
    let (seen, before) = (heads(&page), example());
    let (title, summary) =
        (before["title"].as_str().unwrap(), before["description"].as_str().unwrap());
    let typed = |title: &str, summary: &str| {
        vec![
            ("heads".to_owned(), seen.clone()),
            ("/title".to_owned(), title.to_owned()),
            ("/description".to_owned(), summary.to_owned()),
        ]
    };
    for fields in [
        typed(&format!("New: {title}"), summary),
        typed(title, &format!("{summary}\r\nAsk first.")),
    ] {
        let fields: Vec<(&str, &str)> =
            fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(browser.done(&path, &fields).await, format!("{document}/edit"));
    }
    let now = node.get(&document).await;
    assert_eq!(now["title"], format!("New: {title}"));
    assert_eq!(now["description"], format!("{summary}\nAsk first."));

    let history = node.get(&format!("{document}/history")).await["items"].as_array().unwrap().len();
    browser.page(&path).await;
    let seen = heads(&browser.page(&path).await);
    let same = [("heads", seen.as_str()), ("/title", now["title"].as_str().unwrap())];
    browser.done(&path, &same).await;
    assert_eq!(
        node.get(&format!("{document}/history")).await["items"].as_array().unwrap().len(),
        history,
        "no edit"
    );
    node.stop().await;
}

#[tokio::test]
async fn a_wrong_value_comes_back_as_typed() {
    let node = Node::start().await;
    let mut browser = Browser::started(&node).await;
    let document = with_example(&node).await;
    let path = format!("{document}/edit/eligibility");
    let seen = heads(&browser.page(&path).await);
    let age = "n:/body/eligibility/minimum_age";
    let text = "/body/eligibility/eligibility_description";
    let again =
        browser.post(&path, &[("heads", &seen), (age, "old"), (text, "Typed by hand.")]).await;
    assert_eq!(again.status, 422);
    let page = again.text();
    assert!(
        page.contains("Error: ")
            && page.contains("Typed by hand.")
            && page.contains("Enter a number"),
        "{page}"
    );
    assert_eq!(heads(&page), seen);
    node.stop().await;
}

fn actions(page: &str, verb: &str) -> Vec<String> {
    let from = format!("name=\"action\" value=\"{verb}:");
    page.split(&from)
        .skip(1)
        .map(|rest| format!("{verb}:{}", rest.split_once('"').unwrap().0))
        .collect()
}

#[tokio::test]
async fn steps_are_added_moved_removed_and_brought_back() {
    let node = Node::start().await;
    let mut browser = Browser::started(&node).await;
    let document = with_example(&node).await;
    let details = async || -> Vec<String> {
        let steps = node.get(&document).await["body"]["steps"].clone();
        steps
            .as_array()
            .unwrap()
            .iter()
            .map(|step| step["detail"].as_str().unwrap_or_default().chars().take(8).collect())
            .collect()
    };
    let start = details().await;
    let edit = format!("{document}/edit");
    let list = format!("{document}/list");

    let page = browser.page(&edit).await;
    let down =
        actions(&page, "down").into_iter().find(|action| action.contains("/body/steps/")).unwrap();
    browser.done(&list, &[("heads", &heads(&page)), ("action", &down), ("back", &edit)]).await;
    let mut expected = start.clone();
    expected.swap(0, 1);
    assert_eq!(details().await, expected);

    let page = browser.page(&edit).await;
    let added = browser
        .done(&list, &[("heads", &heads(&page)), ("action", "add:/body/steps"), ("back", &edit)])
        .await;
    assert!(added.starts_with(&format!("{document}/edit/step/")), "{added}");
    let page = browser.page(&added).await;
    assert!(page.contains("Step 6"), "{page}");
    let path = between(&page, "data-path=\"", "\"").unwrap();
    browser.done(&added, &[("heads", &heads(&page)), (&path, "Ring back.")]).await;
    expected.push("Ring bac".to_owned());
    assert_eq!(details().await, expected);

    let page = browser.page(&edit).await;
    let up: Vec<String> =
        actions(&page, "up").into_iter().filter(|action| action.contains("/body/steps/")).collect();
    let item = up[3].strip_prefix("up:").unwrap();
    let asked = browser
        .page(&format!("{document}/remove?path={}&back={edit}", web_ui::urls::encode(item)))
        .await;
    assert!(asked.contains("step 5") && asked.contains("Tell the referrer"), "{asked}");
    let remove = format!("remove:{item}");
    browser.done(&list, &[("heads", &heads(&page)), ("action", &remove), ("back", &edit)]).await;
    let removed = expected.remove(4);
    assert_eq!(details().await, expected);

    let history = browser.page(&format!("{document}/history")).await;
    let back = actions(&history, "bring-back").remove(0);
    let (before, _) = history.split_once(&back).unwrap();
    let (_, form) = before.rsplit_once("<form").unwrap();
    let fields = [("heads", heads(form)), ("action", back), ("back", "//evil.example".to_owned())];
    let fields: Vec<(&str, &str)> =
        fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    assert_eq!(browser.done(&list, &fields).await, edit, "never to another site");
    expected.insert(4, removed);
    assert_eq!(details().await, expected);
    node.stop().await;
}

#[tokio::test]
async fn history_names_the_person_and_compare_shows_the_words() {
    let node = Node::start().await;
    let mut browser = Browser::started(&node).await;
    let document = with_example(&node).await;
    let path = format!("{document}/edit/response-times");
    let seen = heads(&browser.page(&path).await);
    browser.done(&path, &[("heads", &seen), ("s:/body/response_time/acknowledge", "5 days")]).await;
    let history = browser.page(&format!("{document}/history")).await;
    assert!(history.contains("Sam Ali (Open Door)"), "{history}");
    assert!(history.contains("from “1 working day” to “5 days”"), "{history}");
    assert!(history.contains("created the pathway"), "{history}");
    let compare = between(&history, "href=\"/documents/", "\"").unwrap();
    assert!(!compare.is_empty());
    let from = history
        .split("/compare?from=")
        .nth(1)
        .unwrap()
        .split_once('"')
        .unwrap()
        .0
        .replace("&#38;", "&")
        .replace("&amp;", "&");
    let page = browser.page(&format!("{document}/compare?from={from}")).await;
    assert!(
        page.contains("<del>") && page.contains("<ins>") && page.contains("Sam Ali (Open Door)"),
        "{page}"
    );
    node.stop().await;
}

#[tokio::test]
async fn a_second_person_can_sign_in_and_is_named() {
    let node = Node::start().await;
    let mut first = Browser::started(&node).await;
    first.page("/settings/people").await;
    first.done("/settings/people", &[("name", "Priya Shah"), ("password", PASSWORD)]).await;
    first.page("/settings/people").await;
    assert_eq!(
        first
            .post("/settings/people", &[("name", "Priya Shah"), ("password", PASSWORD)])
            .await
            .status,
        422
    );
    let document = with_example(&node).await;

    let mut second = Browser::new(&node);
    second.page("/sign-in").await;
    second.done("/sign-in", &[("name", "Priya Shah"), ("password", PASSWORD)]).await;
    let path = format!("{document}/edit/about");
    let seen = heads(&second.page(&path).await);
    second.done(&path, &[("heads", &seen), ("/title", "Priya's title")]).await;
    assert!(first.page(&document).await.contains("Priya Shah (Open Door)"));
    let banner = second.page("/account").await;
    assert!(banner.contains("Saved."), "{banner}");
    assert!(!second.page("/account").await.contains("Saved."), "once");
    let wrong = second
        .post("/account", &[("current", "wrong password here"), ("new", "another good password")])
        .await;
    assert_eq!(wrong.status, 422);
    second.done("/account", &[("current", PASSWORD), ("new", "another good password")]).await;
    second.page("/").await;
    node.stop().await;
}
