//! [`Conversation`]: what the node and one tab with live fields say to each other.

use axum::http::HeaderMap;
use crdt_schema::document::{Document, Edit, FieldPath, Splice};
use crdt_schema::heads::Heads;
use crdt_schema::identity::DocumentId;
use crdt_schema::key::Person;
use engine::input::{Command, Place};
use engine::{Conditions, Done, Event, Reader};
use serde::Deserialize;
use serde_json::{Value, json};

use super::tabs::{ConnectionId, Here};
use crate::clock;
use crate::handle::ActError;
use crate::http::App;
use crate::http::pages::frame::{Refusal, Signed, words};
use crate::http::problem::Problem;

/// Protects the node's time: splices of one message.
const SPLICES: usize = 2_000;
/// Letters of a tab's name.
const TAB_LETTERS: usize = 32;

/// What the node and one tab say to each other.
pub(crate) struct Conversation {
    app: App,
    signed: Signed,
    headers: HeaderMap,
    document: DocumentId,
    paths: Vec<FieldPath>,
    connection: ConnectionId,
    /// Was the tab told that something changed, and has it not asked since?
    is_told: bool,
    /// Where others were last told that the person is.
    shown: Option<(FieldPath, usize)>,
    /// Where the person is, to be told again from time to time.
    place: Option<Place>,
}

/// What a tab says.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Said {
    Edits { tab: String, seq: u64, heads: Heads, path: FieldPath, edits: Vec<Splice>, caret: usize },
    Pull { pull: Heads, path: String, caret: usize },
}

/// The connection ends: what was said is not of the protocol, or the person may not be here any more.
#[derive(Debug)]
pub(crate) struct Over;

impl Conversation {
    /// Opens a conversation if the person may write and the fields are texts.
    pub(crate) async fn open(
        app: App,
        signed: Signed,
        headers: HeaderMap,
        document: DocumentId,
        paths: Vec<FieldPath>,
    ) -> Result<Self, Refusal> {
        let wanted = paths.clone();
        let fits = app.handle().read(move |node| {
            let view = node.document(&document).ok_or(engine::Refused::NoSuchDocument)?;
            let open = node.open(&document)?;
            let heads = open.heads();
            let are_texts = wanted.iter().all(|path| open.text(path, &heads).is_ok());
            Ok::<_, engine::Refused>((view.may_write, are_texts))
        });
        let (may_write, are_texts) = fits.await??;
        if !may_write {
            return Err(Problem::not_allowed(
                "your organisation may read this document, but not change it",
            )
            .into());
        }
        if !are_texts {
            return Err(Problem::invalid("", "not every one of these fields is a text").into());
        }
        let connection = app.tabs().connection();
        Ok(Self {
            app,
            signed,
            headers,
            document,
            paths,
            connection,
            is_told: false,
            shown: None,
            place: None,
        })
    }

    pub(crate) fn is_about(&self, document: &DocumentId) -> bool {
        self.document == *document
    }

    /// Would a pull be answered differently after this?
    pub(crate) fn concerns(&self, event: &Event) -> bool {
        match event {
            Event::Document { document, .. } | Event::Presence { document } => {
                self.is_about(document)
            }
            Event::Membership { .. } | Event::Peers | Event::Sync { .. } => false,
        }
    }

    /// Returns the notice that something changed, unless the tab has one that it did not use.
    pub(crate) fn notice(&mut self) -> Option<String> {
        let is_news = !self.is_told;
        self.is_told = true;
        is_news.then(|| json!({"changed": true}).to_string())
    }

    /// Hears what the tab says and returns the answer.
    pub(crate) async fn hear(&mut self, text: &str) -> Result<Option<String>, Over> {
        // Signing out, or a new password, ends what the person can do in every tab.
        if !matches!(Signed::find(&self.app, &self.headers).await, Ok(Some(_))) {
            return Err(Over);
        }
        match serde_json::from_str(text).map_err(|_| Over)? {
            Said::Edits { tab, seq, heads, path, edits, caret } => {
                self.on_edits(&tab, seq, heads, path, edits, caret).await
            }
            Said::Pull { pull, path, caret } => self.on_pull(pull, &path, caret).await.map(Some),
        }
    }

    async fn on_edits(
        &mut self,
        tab: &str,
        seq: u64,
        heads: Heads,
        path: FieldPath,
        edits: Vec<Splice>,
        caret: usize,
    ) -> Result<Option<String>, Over> {
        let is_tab = tab.len() == TAB_LETTERS && tab.bytes().all(|byte| byte.is_ascii_hexdigit());
        if !is_tab || edits.len() > SPLICES || !self.paths.contains(&path) {
            return Err(Over);
        }
        let last = self.app.tabs().answers_of(self.signed.account.id, tab, clock::now());
        // Held until this message is answered, so that its repetition over another connection waits.
        let mut last = last.lock().await;
        if seq < last.seq {
            return Ok(None);
        }
        if seq == last.seq {
            return Ok(Some(last.text.clone()));
        }
        let edits: Vec<Splice> = edits.into_iter().map(with_own_line_ends).collect();
        let is_first_heard = last.seq == 0;
        let made = match is_first_heard {
            // The node may have stopped after it made the edits and before the tab heard of it.
            true => self.made_before(heads.clone(), path.clone(), edits.clone()).await?,
            false => None,
        };
        let outcome = match made {
            Some(made) => Ok(made),
            None => self.make(heads, path.clone(), edits).await,
        };
        let answer = match &outcome {
            Ok(made) => json!({"ack": seq, "heads": made}),
            Err(ActError::Refused(refused)) => json!({"refused": seq, "why": words(refused)}),
            Err(ActError::Stopped) => return Err(Over),
        };
        last.seq = seq;
        last.text = answer.to_string();
        let text = last.text.clone();
        drop(last);
        if let Ok(made) = outcome {
            self.show(Some(path), caret, made).await;
        }
        Ok(Some(text))
    }

    async fn make(
        &self,
        base: Heads,
        path: FieldPath,
        splices: Vec<Splice>,
    ) -> Result<Heads, ActError> {
        let edits = vec![Edit::Splice { path, splices }];
        let (document, person) = (self.document, self.signed.person());
        match self
            .app
            .handle()
            .act(Command::EditDocument {
                document,
                base: Some(base),
                edits,
                conditions: Conditions::default(),
                person,
            })
            .await?
        {
            Done::Document { made, .. } => Ok(made),
            Done::Nothing
            | Done::Workspace(_)
            | Done::Invite { .. }
            | Done::Found { .. }
            | Done::Code { .. }
            | Done::Joining { .. }
            | Done::Suggestion(_)
            | Done::Statement(_)
            | Done::Proposal { .. } => Err(ActError::Stopped),
        }
    }

    /// Returns the version that these very edits of this person made before the node was last started.
    async fn made_before(
        &self,
        base: Heads,
        path: FieldPath,
        edits: Vec<Splice>,
    ) -> Result<Option<Heads>, Over> {
        let (document, person, started) = (self.document, self.signed.person(), self.app.started());
        let found = self.app.handle().read(move |node| {
            let made: Vec<Heads> = node
                .makers(&document)
                .unwrap_or_default()
                .into_iter()
                .filter(|made| made.before == base && made.person == person && made.time < started)
                .map(|made| made.after)
                .collect();
            let document = node.open(&document).ok()?;
            let before = document.text(&path, &base).ok()?;
            let wanted = spliced(&before, &edits)?;
            made.into_iter()
                .find(|made| document.text(&path, made).is_ok_and(|text| text == wanted))
        });
        found.await.map_err(|_| Over)
    }

    async fn on_pull(&mut self, from: Heads, path: &str, caret: usize) -> Result<String, Over> {
        let field = match path {
            "" => None,
            path => Some(path.parse().map_err(|_| Over)?),
        };
        if field.as_ref().is_some_and(|field| !self.paths.contains(field)) {
            return Err(Over);
        }
        // From here on what changes is news again.
        self.is_told = false;
        self.show(field, caret, from.clone()).await;
        let here = self.app.tabs().others(self.document, self.connection);
        let (document, paths, own) = (self.document, self.paths.clone(), self.signed.account.id);
        let answer =
            self.app.handle().read(move |node| pulled(node, &document, &paths, &from, here, own));
        answer.await.map_err(|_| Over)?.map(|answer| answer.to_string()).ok_or(Over)
    }

    /// Tells others where the person is, if that is news.
    async fn show(&mut self, path: Option<FieldPath>, caret: usize, heads: Heads) {
        let here = Here {
            person: self.signed.account.id,
            name: self.signed.account.name.to_string(),
            path: path.clone(),
            caret,
            heads: heads.clone(),
        };
        self.app.tabs().show(self.document, self.connection, Some(here));
        self.place = path.clone().map(|path| Place { path, caret, heads });
        let shown = path.map(|path| (path, caret));
        if shown != self.shown {
            self.shown = shown;
            self.tell(self.place.clone()).await;
        }
    }

    /// Tells others that the person is still where they were.
    pub(crate) async fn still_here(&self) {
        if self.place.is_some() {
            self.tell(self.place.clone()).await;
        }
    }

    async fn tell(&self, at: Option<Place>) {
        let (document, person): (DocumentId, Person) = (self.document, self.signed.person());
        // Presence is a courtesy: that it was not told harms nothing.
        let _told = self.app.handle().act(Command::ShowPresence { document, person, at }).await;
    }

    /// Ends the conversation: the person has left.
    pub(crate) async fn close(self) {
        self.app.tabs().show(self.document, self.connection, None);
        let others = self.app.tabs().others(self.document, self.connection);
        let is_elsewhere = others.iter().any(|here| here.person == self.signed.account.id);
        if self.shown.is_some() && !is_elsewhere {
            self.tell(None).await;
        }
    }
}

/// Returns the answer to a pull; nothing if the document or the version is not there any more.
fn pulled(
    node: &mut Reader<'_>,
    id: &DocumentId,
    paths: &[FieldPath],
    from: &Heads,
    here: Vec<Here>,
    own: crdt_schema::identity::PersonId,
) -> Option<Value> {
    let organization = node.card().name.to_string();
    let away = node.presence(id);
    let document = node.open(id).ok()?;
    if !document.knows(from) {
        return None;
    }
    let now = document.heads();
    let mut fields = Vec::new();
    for path in paths {
        // A field that somebody removed has no letters to show; saving it says so.
        let splices = document.splices(path, from, &now).unwrap_or_default();
        if !splices.is_empty() {
            fields.push(json!({"path": path, "splices": *splices}));
        }
    }
    let mut people: Vec<Value> = here
        .iter()
        .map(|one| {
            let caret = one
                .path
                .as_ref()
                .map_or(0, |path| carried(document, path, &one.heads, one.caret, &now));
            let path = one.path.as_ref().map(ToString::to_string).unwrap_or_default();
            json!({"name": one.name, "organization": organization, "path": path, "caret": caret})
        })
        .collect();
    // Our own people are known tab by tab; only others' come from the network.
    let away = away
        .iter()
        .filter(|one| !one.is_here && one.person.id != own && paths.contains(&one.place.path));
    people.extend(away.map(|one| {
        let caret = carried(document, &one.place.path, &one.place.heads, one.place.caret, &now);
        json!({"name": one.person.name, "organization": one.organization_name, "path": one.place.path, "caret": caret})
    }));
    Some(json!({"from": from, "heads": now, "fields": fields, "people": people}))
}

/// Returns where a caret stands now; where that cannot be said, where it was.
fn carried(
    document: &Document,
    path: &FieldPath,
    from: &Heads,
    caret: usize,
    now: &Heads,
) -> usize {
    document.position_at(path, from, caret, now).unwrap_or(caret)
}

fn with_own_line_ends(splice: Splice) -> Splice {
    Splice { insert: splice.insert.replace("\r\n", "\n").replace('\r', "\n"), ..splice }
}

/// Returns a text after splices, one after the other; nothing if one does not fit.
fn spliced(text: &str, splices: &[Splice]) -> Option<String> {
    let mut units: Vec<u16> = text.encode_utf16().collect();
    for splice in splices {
        let end = splice.at.checked_add(splice.delete)?;
        if end > units.len() {
            return None;
        }
        units.splice(splice.at..end, splice.insert.encode_utf16());
    }
    String::from_utf16(&units).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_tab_says_is_read_and_nothing_else() {
        let heads = "ab".repeat(32);
        let edits = json!({"tab": "0".repeat(32), "seq": 1, "heads": heads, "path": "/title", "caret": 2,
            "edits": [{"at": 0, "del": 1, "ins": "x"}]});
        assert!(matches!(serde_json::from_value(edits), Ok(Said::Edits { seq: 1, .. })));
        let pull = json!({"pull": heads, "path": "", "caret": 0});
        assert!(matches!(serde_json::from_value(pull), Ok(Said::Pull { .. })));
        for other in
            [json!({}), json!([]), json!({"pull": "x", "path": "", "caret": 0}), json!({"seq": -1})]
        {
            assert!(serde_json::from_value::<Said>(other.clone()).is_err(), "{other}");
        }
    }

    #[test]
    fn splices_count_as_browsers_do() {
        let splice = |at, delete, insert: &str| Splice { at, delete, insert: insert.to_owned() };
        assert_eq!(spliced("a😀b", &[splice(3, 1, "c"), splice(0, 1, "")]).as_deref(), Some("😀c"));
        assert_eq!(spliced("ab", &[splice(3, 0, "c")]), None);
        assert_eq!(spliced("ab", &[splice(1, usize::MAX, "c")]), None);
        assert_eq!(spliced("😀", &[splice(1, 0, "c")]), None, "within a letter");
    }
}
