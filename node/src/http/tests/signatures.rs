//! Signing, by the API and by the pages.

use serde_json::{Value, json};

use super::Node;
use super::browser::{Browser, between};

fn body(heads: &Value) -> Value {
    json!({"heads": heads, "signatory": "Ruth Okafor", "title": "Director"})
}

#[tokio::test]
async fn a_version_is_signed_stays_as_it_was_and_is_taken_back() {
    let node = Node::start().await;
    let workspace = node.workspace().await;
    let id = node.example(&workspace).await;
    let path = format!("/documents/{id}");
    let before = node.get(&path).await;
    assert_eq!(before["signatures"], json!([]));
    let made = node.ask("POST", &format!("{path}/signatures"), Some(body(&before["heads"]))).await;
    assert_eq!(made.status, 201, "{}", made.text());
    assert_eq!(made.json()["state"], "current");
    let place = made.header("location").trim_start_matches("/api/v1").to_owned();
    node.ask("PATCH", &path, Some(json!({"title": "Other words"}))).await;
    let shown = node.get(&place).await;
    assert_eq!((&shown["state"], &shown["differences"]), (&json!("behind"), &json!(1)));
    assert_eq!(shown["content"]["title"], before["title"]);
    assert_eq!(shown["signatory"], "Ruth Okafor");
    let document = node.get(&path).await;
    assert_eq!(document["signatures"][0]["id"], shown["id"]);
    assert_eq!(node.get(&format!("{path}/signatures")).await["items"][0]["text"], shown["text"]);

    let file = node.ask("GET", &format!("{path}/export?format=bundle"), None).await;
    let proven = crdt_schema::bundle::Bundle::from_json(&file.body).unwrap().verify().unwrap();
    let signed = &proven.documents[0].signed[0];
    assert_eq!(json!(signed.sign_off.text), shown["text"]);
    assert_eq!(signed.content["title"], before["title"]);

    let back = json!({"reason": "Too long"});
    let taken = node.ask("POST", &format!("{place}/withdrawal"), Some(back)).await;
    assert_eq!((taken.status.as_u16(), &taken.json()["state"]), (200, &json!("withdrawn")));
    assert_eq!(node.get(&place).await["withdrawal"]["reason"], "Too long");
    let again = node.ask("POST", &format!("{place}/withdrawal"), Some(json!({}))).await;
    assert_eq!(again.status, 403, "{}", again.text());
    node.stop().await;
}

#[tokio::test]
async fn what_cannot_be_signed_is_refused_with_the_place() {
    let node = Node::start().await;
    let workspace = node.workspace().await;
    let id = node.example(&workspace).await;
    let heads = node.get(&format!("/documents/{id}")).await["heads"].clone();
    let path = format!("/documents/{id}/signatures");
    for (body, status) in [
        (json!({}), 422),
        (json!({"heads": heads, "signatory": "Ruth Okafor"}), 422),
        (json!({"heads": heads, "signatory": " ", "title": "Director"}), 422),
        (json!({"heads": heads, "signatory": "Ruth", "title": "x".repeat(201)}), 422),
        (json!({"heads": "no version", "signatory": "Ruth", "title": "Director"}), 422),
        (body(&json!("0".repeat(64))), 404),
    ] {
        let refused = node.ask("POST", &path, Some(body.clone())).await;
        assert_eq!(refused.status, status, "{body}: {}", refused.text());
    }
    let nothing = format!("{path}/{}", "1".repeat(44));
    assert_eq!(node.ask("GET", &nothing, None).await.status, 404);
    assert_eq!(
        node.ask("POST", &format!("{nothing}/withdrawal"), Some(json!({}))).await.status,
        404
    );
    node.stop().await;
}

#[tokio::test]
async fn a_person_reads_signs_and_takes_back_on_the_pages() {
    let node = Node::start().await;
    let workspace = node.workspace().await;
    let agreement = json!({
        "kind": "data_sharing_agreement", "title": "Cash first referrals",
        "body": {"purpose": {"aims": "Help with food"}, "parties": [{"name": "open door"}, {"name": "Harbour Lane"}]},
    });
    let path = format!("/workspaces/{workspace}/documents");
    let made = node.ask("POST", &path, Some(agreement)).await.json();
    let id = made["id"].as_str().unwrap();
    let mut browser = Browser::started(&node).await;
    assert!(browser.page(&format!("/documents/{id}")).await.contains("/signatures\""));
    let register = format!("/documents/{id}/signatures");
    assert!(browser.page(&register).await.contains("Nobody has signed this agreement"));
    let sign = format!("/documents/{id}/sign");
    let page = browser.page(&sign).await;
    assert!(page.contains("Help with food") && page.contains("value=\"Sam Ali\""), "{page}");
    let heads = between(&page, "name=\"heads\" value=\"", "\"").unwrap();

    // Meanwhile somebody changes it: what was read is what is signed.
    let words = json!({"body": {"purpose": {"aims": "Help with everything"}}});
    node.ask("PATCH", &format!("/documents/{id}"), Some(words)).await;
    let typed =
        |signatory| [("heads", heads.as_str()), ("signatory", signatory), ("job", "Director")];
    let again = browser.post(&sign, &typed(" ")).await;
    assert_eq!(again.status, 422);
    let again = again.text();
    assert!(again.contains("Enter the name of who signs") && again.contains("not the newest"));
    assert!(again.contains("Help with food") && !again.contains("everything"), "{again}");
    let place = browser.done(&sign, &typed("Ruth Okafor")).await;
    let signed = browser.page(&place).await;
    assert!(signed.contains("Help with food") && signed.contains("Sam Ali was at the computer"));
    assert!(signed.contains("Signed an earlier version") && !signed.contains("everything"));
    let listed = browser.page(&register).await;
    assert!(listed.contains("Ruth Okafor, Director") && listed.contains("1 place"), "{listed}");
    assert!(listed.contains("<li>Harbour Lane</li>") && !listed.contains("<li>open door</li>"));
    let printed = browser.page(&format!("{place}/print")).await;
    assert!(printed.contains("<svg") && printed.contains("Help with food"));
    assert!(printed.contains(&format!("{place}/copy.pdf")));
    let saved = browser.get(&format!("{place}/copy.pdf")).await;
    assert_eq!(saved.header("content-type"), "application/pdf");
    let document = lopdf::Document::load_mem(&saved.body).unwrap();
    let words = document.extract_text(&[1]).unwrap();
    let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
    for part in
        ["Cash first referrals", "Help with food", "Ruth Okafor", "Fingerprint of the words"]
    {
        assert!(words.contains(part), "{part} is not in {words}");
    }
    assert!(!words.contains("everything") && !words.contains("print command"), "{words}");
    let exported = node.ask("GET", &format!("/documents/{id}/export?format=pdf"), None).await;
    assert_eq!((exported.status.as_u16(), &exported.body[..5]), (200, &b"%PDF-"[..]));
    let words = json!({"body": {"purpose": {"aims": "帮助"}}});
    node.ask("PATCH", &format!("/documents/{id}"), Some(words)).await;
    let refused = node.ask("GET", &format!("/documents/{id}/export?format=pdf"), None).await;
    assert_eq!(refused.status, 422);
    let why = refused.json()["detail"].as_str().unwrap().to_owned();
    assert!(why.contains('帮') && why.contains("Print the page with your browser"), "{why}");
    let read = browser.page(&format!("/documents/{id}")).await;
    assert!(read.contains("1 organisation has signed an earlier version"), "{read}");

    browser.page(&format!("{place}/withdraw")).await;
    let withdraw = format!("{place}/withdraw");
    assert_eq!(browser.post(&withdraw, &[("reason", "")]).await.status, 422);
    assert_eq!(browser.done(&withdraw, &[("reason", "We left")]).await, place);
    let taken_back = browser.page(&place).await;
    assert!(taken_back.contains("Taken back by Sam Ali") && taken_back.contains("We left"));
    assert!(taken_back.contains("Help with food"), "what was signed stays to be read");
    node.stop().await;
}
