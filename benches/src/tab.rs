//! [`Tab`]: what a browser's tab with one live text does, without the browser.

use std::collections::BTreeSet;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use futures::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::clock::now;
use crate::web::Web;

/// The field that is typed in.
pub const FIELD: &str = "/description";

/// A tab with one live text, which types at its start.
#[derive(Debug)]
pub struct Tab {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    name: String,
    seq: u64,
    heads: String,
    /// Typed and not yet sent.
    typed: Vec<String>,
    /// Sent and not yet answered; a pull or edits.
    is_waiting: bool,
    /// Told that something changed, and not yet asked for it.
    is_told: bool,
    /// Words that the text holds here, and when those of others came.
    seen: BTreeSet<String>,
    pub came: Vec<(String, Instant)>,
}

impl Tab {
    /// Opens a tab at a version of a document.
    ///
    /// # Errors
    /// If the node refuses.
    pub async fn open(
        web: &Web,
        cookie: &str,
        document: &str,
        heads: &str,
        number: usize,
    ) -> Result<Self> {
        let at = web.address.replacen("http", "ws", 1);
        let mut request =
            format!("{at}/documents/{document}/live?path={FIELD}").into_client_request()?;
        let headers = request.headers_mut();
        headers.insert("origin", HeaderValue::from_str(&web.address)?);
        headers.insert("cookie", HeaderValue::from_str(cookie)?);
        let (mut socket, _) = connect_async(request).await.context("opening a live connection")?;
        if let MaybeTlsStream::Plain(stream) = socket.get_mut() {
            stream.set_nodelay(true).context("a socket")?;
        }
        Ok(Self {
            socket,
            name: format!("{number:032x}"),
            seq: 0,
            heads: heads.to_owned(),
            typed: Vec::new(),
            is_waiting: false,
            is_told: false,
            seen: BTreeSet::new(),
            came: Vec::new(),
        })
    }

    /// Types what comes and shows what others type, until so many words are there.
    ///
    /// # Errors
    /// If the node ends the connection or refuses something.
    pub async fn work(mut self, mut keys: mpsc::Receiver<String>, words: usize) -> Result<Self> {
        while self.seen.len() < words {
            self.say_next().await?;
            tokio::select! {
                Some(word) = keys.recv() => {
                    self.seen.insert(word.clone());
                    self.typed.push(word);
                }
                message = self.socket.next() => {
                    let message = message.context("the node ended a live connection")??;
                    if let Message::Text(text) = message {
                        self.hear(&serde_json::from_str(&text)?)?;
                    }
                }
            }
        }
        Ok(self)
    }

    /// Sends what was typed, or asks what others did; one thing at a time, as the page does.
    async fn say_next(&mut self) -> Result<()> {
        if self.is_waiting {
            return Ok(());
        }
        let said = if !self.typed.is_empty() {
            self.seq += 1;
            let edits: Vec<Value> = std::mem::take(&mut self.typed)
                .iter()
                .map(|word| json!({"at": 0, "del": 0, "ins": word}))
                .collect();
            json!({"tab": self.name, "seq": self.seq, "heads": self.heads, "path": FIELD, "edits": edits, "caret": 0})
        } else if self.is_told {
            self.is_told = false;
            json!({"pull": self.heads, "path": FIELD, "caret": 0})
        } else {
            return Ok(());
        };
        self.is_waiting = true;
        self.socket.send(Message::text(said.to_string())).await.context("saying something")
    }

    fn hear(&mut self, said: &Value) -> Result<()> {
        let heads = said.get("heads").and_then(Value::as_str);
        if said.get("changed").is_some() {
            self.is_told = true;
        } else if said.get("ack").is_some() {
            self.is_waiting = false;
            self.heads = heads.context("an answer without a version")?.to_owned();
        } else if let Some(fields) = said.get("fields") {
            self.is_waiting = false;
            // As in the page: what came while the tab typed is asked for again.
            if !self.typed.is_empty() {
                self.is_told = true;
                return Ok(());
            }
            self.heads = heads.context("an answer without a version")?.to_owned();
            self.apply(fields);
        } else {
            bail!("the node said {said}");
        }
        Ok(())
    }

    /// Notes the words that splices bring; each was inserted in one piece.
    fn apply(&mut self, fields: &Value) {
        let at = now();
        let splices = fields.pointer("/0/splices").and_then(Value::as_array);
        let inserted =
            splices.into_iter().flatten().filter_map(|splice| splice.get("ins")?.as_str());
        for word in inserted.flat_map(|text| text.split_inclusive(';')) {
            if word.starts_with('c') && self.seen.insert(word.to_owned()) {
                self.came.push((word.to_owned(), at));
            }
        }
    }
}
