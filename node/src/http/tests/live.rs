//! What the node and tabs with live fields say to each other.

use axum::http::HeaderMap;
use crdt_schema::identity::DocumentId;
use serde_json::{Value, json};

use super::Node;
use super::browser::Browser;
use crate::http::live::conversation::Conversation;
use crate::http::pages::frame::Signed;

struct Tab {
    conversation: Conversation,
    name: String,
    seq: u64,
}

async fn headers(node: &Node) -> HeaderMap {
    let browser = Browser::started(node).await;
    let mut headers = HeaderMap::new();
    headers.insert("cookie", browser.cookie.unwrap().parse().unwrap());
    headers
}

impl Tab {
    async fn open(node: &Node, headers: &HeaderMap, document: DocumentId, name: char) -> Self {
        let signed = Signed::find(&node.app, headers).await.unwrap().unwrap();
        let paths = vec!["/description".parse().unwrap(), "/title".parse().unwrap()];
        let conversation =
            Conversation::open(node.app.clone(), signed, headers.clone(), document, paths)
                .await
                .unwrap();
        Self { conversation, name: name.to_string().repeat(32), seq: 0 }
    }

    fn typed(&mut self, heads: &str, at: usize, delete: usize, insert: &str) -> Value {
        self.seq += 1;
        json!({"tab": self.name, "seq": self.seq, "heads": heads, "path": "/title", "caret": at,
            "edits": [{"at": at, "del": delete, "ins": insert}]})
    }

    async fn say(&mut self, said: &Value) -> Value {
        let answer = self.conversation.hear(&said.to_string()).await.unwrap().unwrap();
        serde_json::from_str(&answer).unwrap()
    }

    async fn pull(&mut self, heads: &str) -> Value {
        self.say(&json!({"pull": heads, "path": "/title", "caret": 1})).await
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// Does what a page does with the splices of a field.
fn apply(shown: &str, splices: &Value) -> String {
    let mut units: Vec<u16> = shown.encode_utf16().collect();
    for splice in splices.as_array().unwrap() {
        let at = splice["at"].as_u64().unwrap() as usize;
        let end = at + splice["del"].as_u64().unwrap() as usize;
        units.splice(at..end, splice["ins"].as_str().unwrap().encode_utf16());
    }
    String::from_utf16(&units).unwrap()
}

async fn example(node: &Node) -> (DocumentId, String, String) {
    let workspace = node.workspace().await;
    let id = node.example(&workspace).await;
    let shown = node.get(&format!("/documents/{id}")).await;
    (id.parse().unwrap(), text(&shown["heads"]), text(&shown["title"]))
}

#[tokio::test]
async fn two_tabs_that_type_at_once_show_the_same_afterwards() {
    let node = Node::start().await;
    let (document, start, title) = example(&node).await;
    let headers = headers(&node).await;
    let mut one = Tab::open(&node, &headers, document, 'a').await;
    let mut two = Tab::open(&node, &headers, document, 'b').await;
    assert!(one.conversation.notice().is_some());
    assert!(one.conversation.notice().is_none(), "one notice until the tab asks");

    let first = one.typed(&start, 0, 0, "One ");
    let acked = one.say(&first).await;
    assert_eq!(acked["ack"], 1);
    let second = two.typed(&start, title.encode_utf16().count(), 0, " two😀");
    let acked_two = two.say(&second).await;
    // The second tab's version is what it saw with its own edit, without the other's.
    assert_ne!(acked["heads"], acked_two["heads"]);

    let pulled = one.pull(acked["heads"].as_str().unwrap()).await;
    assert_eq!(pulled["from"], acked["heads"]);
    assert!(one.conversation.notice().is_some(), "after a pull what changes is news again");
    let shown_one = apply(&format!("One {title}"), &pulled["fields"][0]["splices"]);
    let pulled_two = two.pull(acked_two["heads"].as_str().unwrap()).await;
    let shown_two = apply(&format!("{title} two😀"), &pulled_two["fields"][0]["splices"]);
    assert_eq!(shown_one, format!("One {title} two😀"));
    assert_eq!(shown_one, shown_two);
    assert_eq!(pulled["heads"], pulled_two["heads"]);
    assert_eq!(node.get(&format!("/documents/{document}")).await["title"], shown_one);
    let nothing_new = one.pull(pulled["heads"].as_str().unwrap()).await;
    assert_eq!(nothing_new["fields"], json!([]));
    node.stop().await;
}

#[tokio::test]
async fn an_edit_that_is_sent_again_counts_once() {
    let node = Node::start().await;
    let (document, start, title) = example(&node).await;
    let headers = headers(&node).await;
    let mut tab = Tab::open(&node, &headers, document, 'a').await;
    let typed = tab.typed(&start, 0, 0, "Once ");
    let answer = tab.say(&typed).await;
    assert_eq!(tab.say(&typed).await, answer);
    let seq = tab.seq;
    tab.conversation.close().await;
    let mut tab = Tab { seq, ..Tab::open(&node, &headers, document, 'a').await };
    assert_eq!(tab.say(&typed).await, answer, "over a new connection too");
    let next = tab.typed(answer["heads"].as_str().unwrap(), 0, 5, "");
    tab.say(&next).await;
    assert!(
        tab.conversation.hear(&typed.to_string()).await.unwrap().is_none(),
        "an older one is ignored"
    );
    assert_eq!(node.get(&format!("/documents/{document}")).await["title"], title);
    node.stop().await;
}

#[tokio::test]
async fn an_edit_that_is_sent_again_after_the_node_was_started_again_counts_once() {
    let node = Node::start().await;
    let (document, start, title) = example(&node).await;
    let headers = headers(&node).await;
    let mut tab = Tab::open(&node, &headers, document, 'a').await;
    let typed = tab.typed(&start, 0, 0, "Once ");
    // The tab never hears this answer.
    let answer = tab.say(&typed).await;
    drop(tab);
    let node = node.restart().await;
    let mut tab = Tab { seq: 1, ..Tab::open(&node, &headers, document, 'a').await };
    assert_eq!(tab.say(&typed).await, answer);
    let next = tab.typed(answer["heads"].as_str().unwrap(), 0, 0, "Then ");
    tab.say(&next).await;
    assert_eq!(
        node.get(&format!("/documents/{document}")).await["title"],
        format!("Then Once {title}")
    );
    node.stop().await;
}

#[tokio::test]
async fn people_see_who_else_is_in_a_field_until_they_leave() {
    let node = Node::start().await;
    let (document, start, _) = example(&node).await;
    let headers = headers(&node).await;
    let mut one = Tab::open(&node, &headers, document, 'a').await;
    let mut two = Tab::open(&node, &headers, document, 'b').await;
    assert_eq!(one.pull(&start).await["people"], json!([]));
    let people = two.pull(&start).await["people"].clone();
    let expected =
        json!([{"name": "Sam Ali", "organization": "Open Door", "path": "/title", "caret": 1}]);
    assert_eq!(people, expected);
    // The caret is carried over what others typed before it.
    let typed = two.typed(&start, 0, 0, "xx");
    let acked = two.say(&typed).await;
    assert_eq!(two.pull(acked["heads"].as_str().unwrap()).await["people"][0]["caret"], 3);
    one.conversation.close().await;
    assert_eq!(two.pull(&start).await["people"], json!([]));
    node.stop().await;
}

#[tokio::test]
async fn what_does_not_fit_is_refused_with_what_to_do_or_ends_the_connection() {
    let node = Node::start().await;
    let (document, start, _) = example(&node).await;
    let headers = headers(&node).await;
    let mut tab = Tab::open(&node, &headers, document, 'a').await;
    let beyond = tab.typed(&start, 99_999, 0, "x");
    let refused = tab.say(&beyond).await;
    assert_eq!(refused["refused"], 1);
    assert!(refused["why"].as_str().unwrap().ends_with('.'), "{refused}");
    let unknown = tab.typed(&"ab".repeat(32), 0, 0, "x");
    assert_eq!(tab.say(&unknown).await["refused"], 2);

    let mut foreign = tab.typed(&start, 0, 0, "x");
    foreign["path"] = json!("/status");
    let mut nameless = tab.typed(&start, 0, 0, "x");
    nameless["tab"] = json!("short");
    for said in [
        foreign,
        nameless,
        json!({"hello": 1}),
        json!({"pull": "ab".repeat(32), "path": "", "caret": 0}),
    ] {
        assert!(tab.conversation.hear(&said.to_string()).await.is_err(), "{said}");
    }
    let signed = Signed::find(&node.app, &headers).await.unwrap().unwrap();
    let paths = vec!["/status".parse().unwrap()];
    let opened =
        Conversation::open(node.app.clone(), signed.clone(), headers.clone(), document, paths)
            .await;
    assert!(opened.is_err(), "a choice is no text");
    node.app.sessions().end_all(node.app.handle(), signed.account.id).await.unwrap();
    let late = tab.typed(&start, 0, 0, "x");
    assert!(tab.conversation.hear(&late.to_string()).await.is_err(), "signed out");
    node.stop().await;
}
