//! Figures of an insight: brought in on the page, made safe, and put beside those of other organisations.

use serde_json::{Value, json};

use super::browser::{Browser, between};
use super::kinds::brought_in;
use super::{Answer, Node};

/// Two areas of which nothing is kept back.
const COUNTS: &str = "area,code,period,count\nHarbour,E1,2026-07,61\nMill,E2,2026-07,88";

/// A form as it is filled in, with these fields in place of the usual ones.
fn filled<'a>(with: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let usual =
        [("counts", COUNTS), ("threshold", "5"), ("base", "5"), ("zero", "show"), ("higher", "")];
    let is_other = |name: &str| !with.iter().any(|(other, _)| *other == name);
    usual.into_iter().filter(|(name, _)| is_other(name)).chain(with.iter().copied()).collect()
}

async fn insight(node: &Node, content: Value) -> String {
    let mut insight = json!({"document_type": "aggregated_insight", "title": "Visits"});
    insight["body"] = content;
    brought_in(node, &node.workspace().await, &insight.to_string()).await
}

/// Posts counts, and returns the page that says what may be shared, or what is wrong.
async fn looked_at(browser: &mut Browser<'_>, id: &str, with: &[(&str, &str)]) -> Answer {
    let form = format!("/documents/{id}/figures");
    browser.page(&form).await;
    browser.post(&form, &filled(with)).await
}

/// Brings figures in and confirms them.
async fn shared(browser: &mut Browser<'_>, id: &str, with: &[(&str, &str)]) {
    let checked = looked_at(browser, id, with).await;
    assert_eq!(checked.status, 200, "{}", checked.text());
    let held = between(&checked.text(), "name=\"held\" value=\"", "\"").unwrap();
    browser.done(&format!("/documents/{id}/figures/done"), &[("held", &held)]).await;
}

#[tokio::test]
async fn figures_of_one_organisation_stand_beside_those_of_another() {
    let node = Node::start().await;
    let mut browser = Browser::started(&node).await;
    let theirs = json!({"area_name": "Harbour", "gss_code": "E1", "period": "2026-07", "value": 33, "marker": null,
        "organization": "Food Alliance", "organization_id": "did:key:zFood"});
    let body = json!({"data": {"rows": [theirs]}, "source_organizations": [
        {"name": "Food Alliance", "organization_id": "did:key:zFood", "rule": "suppress_lt5", "threshold": 5, "rounding_base": 1}]});
    let id = insight(&node, body).await;
    shared(&mut browser, &id, &[]).await;
    shared(&mut browser, &id, &[("counts", "area,code,period,count\nHarbour,E1,2026-07,71")]).await;
    let body = node.get(&format!("/documents/{id}")).await["body"].clone();
    let rows = body["data"]["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 2, "{rows:?}");
    assert_eq!(rows[0], theirs);
    assert_eq!(rows[1]["value"], 70);
    assert_eq!(body["source_organizations"][0]["rounding_base"], 1);
    assert_eq!(body["source_organizations"][1]["rounding_base"], 5);
    let own = rows[1]["organization"].as_str().unwrap();
    let page = browser.page(&format!("/documents/{id}")).await;
    let lines = ["Harbour, Food Alliance".to_owned(), format!("Harbour, {own}")];
    assert!(lines.iter().all(|line| page.contains(line)), "{page}");
    assert!(page.contains("<th scope=\"col\" class=\"govuk-table__header\">Organisation</th>"));
    let csv = browser.get(&format!("/documents/{id}/csv/file")).await.text();
    assert!(csv.contains("E1,Harbour,2026-07,33,,Food Alliance"), "{csv}");
    assert!(csv.contains(&format!("E1,Harbour,2026-07,70,,{own}")), "{csv}");
    node.stop().await;
}

#[tokio::test]
async fn figures_come_into_an_insight_that_has_nothing_in_it_yet() {
    let node = Node::start().await;
    let mut browser = Browser::started(&node).await;
    let workspace = node.workspace().await;
    for body in
        [json!(null), json!({}), json!({"data": null}), json!({"indicator": {"name": "Visits"}})]
    {
        let mut new = json!({"kind": "aggregated_insight", "title": "Visits"});
        if !body.is_null() {
            new["body"] = body;
        }
        let path = format!("/workspaces/{workspace}/documents");
        let made = node.ask("POST", &path, Some(new.clone())).await;
        assert_eq!(made.status, 201, "{}", made.text());
        let id = made.json()["id"].as_str().unwrap().to_owned();
        shared(&mut browser, &id, &[]).await;
        let body = node.get(&format!("/documents/{id}")).await["body"].clone();
        assert_eq!(body["data"]["rows"][0]["value"], 60, "{new}");
        assert_eq!(body["suppression"]["threshold"], 5, "{new}");
    }
    node.stop().await;
}

#[tokio::test]
async fn an_area_that_is_not_among_the_figures_is_asked_about_at_its_field() {
    let node = Node::start().await;
    let mut browser = Browser::started(&node).await;
    let id = insight(&node, json!({})).await;
    let unknown = looked_at(&mut browser, &id, &[("higher", "Harbor")]).await;
    assert_eq!(unknown.status, 422);
    assert!(unknown.text().contains("“Harbor” is no area of these figures"), "{}", unknown.text());
    assert!(unknown.text().contains("href=\"#higher\""), "{}", unknown.text());
    let counts = "area,period,count\nSouth Moor,2026,7\nMill,2026,80\nQuay,2026,90";
    shared(&mut browser, &id, &[("counts", counts), ("higher", "southmoor\r\n")]).await;
    let body = node.get(&format!("/documents/{id}")).await["body"].clone();
    assert_eq!(body["data"]["rows"][0]["marker"], "[c]");
    assert_eq!(body["suppression"]["higher_threshold"][0]["gss_code"], "South Moor");
    node.stop().await;
}

#[tokio::test]
async fn each_hidden_figure_says_why_in_its_cell() {
    let node = Node::start().await;
    let mut browser = Browser::started(&node).await;
    let id = insight(&node, json!({})).await;
    let counts = "area,period,count\nHarbour,2026,3\nMill,2026,42\nQuay,2026,90\nMoor,2026,70";
    shared(&mut browser, &id, &[("counts", counts)]).await;
    let page = browser.page(&format!("/documents/{id}")).await;
    for said in [
        ">[c] below 5</td>",
        ">[c] protects another number</td>",
        "Numbers below 5 are kept back, the others are rounded to the nearest 5",
    ] {
        assert!(page.contains(said), "{said}: {page}");
    }
    assert!(!page.contains("uppress"), "{page}");
    let csv = browser.get(&format!("/documents/{id}/csv/file")).await.text();
    assert!(csv.contains(",Mill,2026,,[c],protects_another,"), "{csv}");
    node.stop().await;
}

#[tokio::test]
async fn a_total_among_the_areas_is_not_shared() {
    let node = Node::start().await;
    let mut browser = Browser::started(&node).await;
    let id = insight(&node, json!({})).await;
    let lines =
        |last: &str| format!("area,period,count\nHarbour,2026,3\nMill,2026,40\n{last},2026,43");
    let refused = looked_at(&mut browser, &id, &[("counts", &lines("TOTAL"))]).await;
    assert_eq!(refused.status, 422);
    assert!(refused.text().contains("“TOTAL” is a total. Leave totals out"), "{}", refused.text());
    let doubted = looked_at(&mut browser, &id, &[("counts", &lines("Northmere"))]).await;
    assert_eq!(doubted.status, 200);
    assert!(doubted.text().contains("Northmere is as many as all other areas together"));
    node.stop().await;
}

#[tokio::test]
async fn periods_that_give_away_the_rest_are_not_shared() {
    let node = Node::start().await;
    let mut browser = Browser::started(&node).await;
    let id = insight(&node, json!({})).await;
    let quarter = "area,period,count\nMill,2026-07,6\nMill,2026-08,6\nMill,2026-Q3,15";
    let refused = looked_at(&mut browser, &id, &[("counts", quarter), ("base", "1")]).await;
    assert_eq!(refused.status, 422);
    assert!(refused.text().contains("2026-07 and 2026-Q3 share days"), "{}", refused.text());
    let april_to =
        |month: &str, count: u64| format!("area,period,count\nMill,April to {month},{count}");
    let first = april_to("June", 41);
    shared(&mut browser, &id, &[("counts", &first), ("base", "1")]).await;
    for (then, said) in [
        (april_to("July", 44), "You shared figures for April to June before"),
        (april_to("June", 44), "Mill, April to June was 41 and becomes 44"),
    ] {
        let warned = looked_at(&mut browser, &id, &[("counts", &then), ("base", "1")]).await;
        assert_eq!(warned.status, 200);
        assert!(warned.text().contains(said), "{}", warned.text());
    }
    node.stop().await;
}

#[tokio::test]
async fn a_csv_file_is_read_like_what_is_typed() {
    let node = Node::start().await;
    let mut browser = Browser::started(&node).await;
    let id = insight(&node, json!({})).await;
    let form = format!("/documents/{id}/figures");
    let page = browser.page(&form).await;
    assert!(page.contains("enctype=\"multipart/form-data\"") && page.contains("type=\"file\""));
    let nothing_typed = filled(&[("counts", "")]);
    let wrong = browser.post_file_with(&form, &nothing_typed, "area,period\nMill,2026").await;
    assert_eq!(wrong.status, 422);
    assert!(wrong.text().contains("href=\"#file\"") && wrong.text().contains("no column “count”"));
    let both = browser.post_file_with(&form, &filled(&[]), COUNTS).await;
    assert!(both.status == 422 && both.text().contains("not both"), "{}", both.text());
    let file = format!("\u{feff}{}", COUNTS.replace('\n', "\r\n"));
    let checked = browser.post_file_with(&form, &nothing_typed, &file).await;
    assert_eq!(checked.status, 200, "{}", checked.text());
    let held = between(&checked.text(), "name=\"held\" value=\"", "\"").unwrap();
    browser.done(&format!("{form}/done"), &[("held", &held)]).await;
    let body = node.get(&format!("/documents/{id}")).await["body"].clone();
    assert_eq!(body["data"]["rows"][0]["value"], 60);
    node.stop().await;
}

#[tokio::test]
async fn a_full_postcode_as_an_area_is_pointed_out() {
    let node = Node::start().await;
    let mut browser = Browser::started(&node).await;
    let id = insight(&node, json!({})).await;
    let counts = "area,period,count\nLS1 4AP,2026,40\nLS2,2026,60";
    let warned = looked_at(&mut browser, &id, &[("counts", counts)]).await;
    assert_eq!(warned.status, 200);
    assert!(warned.text().contains("“LS1 4AP” looks like a full postcode"), "{}", warned.text());
    assert!(!looked_at(&mut browser, &id, &[]).await.text().contains("looks like"));
    node.stop().await;
}
