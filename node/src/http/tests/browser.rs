//! A browser without scripts, and with one cookie.

use axum::body::Body;
use axum::http::Request;

use super::{Answer, Node};

/// A browser that looks at one node.
pub(crate) struct Browser<'a> {
    pub(crate) node: &'a Node,
    pub(crate) cookie: Option<String>,
    /// The form token of the page that was looked at last.
    pub(crate) token: String,
}

impl<'a> Browser<'a> {
    pub(crate) const fn new(node: &'a Node) -> Self {
        Self { node, cookie: None, token: String::new() }
    }

    /// Opens the start link, and signs in with it.
    pub(crate) async fn started(node: &'a Node) -> Self {
        let mut browser = Self::new(node);
        let link = crate::http::start_link(&node.app).await.unwrap();
        let page = browser.get(&link).await;
        assert_eq!(page.status, 200, "{}", page.text());
        let (_, token) = link.split_once('=').unwrap();
        let begun = browser.post("/start", &[("link", token)]).await;
        assert_eq!(begun.status, 303, "{}", begun.text());
        browser
    }

    /// Returns a page; follows no redirects.
    pub(crate) async fn get(&mut self, path: &str) -> Answer {
        let mut request = Request::builder().uri(path);
        if let Some(cookie) = &self.cookie {
            request = request.header("cookie", cookie);
        }
        let answer = self.node.send(request.body(Body::empty()).unwrap()).await;
        self.remember(&answer);
        answer
    }

    /// Returns a page that must be there.
    pub(crate) async fn page(&mut self, path: &str) -> String {
        let answer = self.get(path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        answer.text()
    }

    /// Posts a form with the token of the last page.
    pub(crate) async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let token = self.token.clone();
        let mut fields = fields.to_vec();
        fields.push(("token", &token));
        let body = serde_urlencoded::to_string(&fields).unwrap();
        self.send(path, "application/x-www-form-urlencoded", body).await
    }

    /// Posts a form with a file.
    pub(crate) async fn post_file(&mut self, path: &str, content: &str) -> Answer {
        self.post_file_with(path, &[], content).await
    }

    /// Posts a form with a file and other fields.
    pub(crate) async fn post_file_with(
        &mut self,
        path: &str,
        fields: &[(&str, &str)],
        content: &str,
    ) -> Answer {
        let token = self.token.clone();
        let mut body = String::new();
        for (name, value) in fields.iter().chain(&[("token", token.as_str())]) {
            body.push_str(&format!(
                "--x\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
            ));
        }
        body.push_str(&format!(
            "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.json\"\r\n\r\n{content}\r\n--x--\r\n"
        ));
        self.send(path, "multipart/form-data; boundary=x", body).await
    }

    async fn send(&mut self, path: &str, media_type: &str, body: String) -> Answer {
        let origin = format!("http://{}", self.node.app.hosts().remove(0));
        let mut request = Request::builder()
            .method("POST")
            .uri(path)
            .header("origin", origin)
            .header("content-type", media_type);
        if let Some(cookie) = &self.cookie {
            request = request.header("cookie", cookie);
        }
        let answer = self.node.send(request.body(Body::from(body)).unwrap()).await;
        self.remember(&answer);
        answer
    }

    /// Posts a form that must be taken, and returns where it leads.
    pub(crate) async fn done(&mut self, path: &str, fields: &[(&str, &str)]) -> String {
        let answer = self.post(path, fields).await;
        assert_eq!(answer.status, 303, "{path}: {}", answer.text());
        answer.header("location").to_owned()
    }

    fn remember(&mut self, answer: &Answer) {
        if let Some((pair, _)) = answer.header("set-cookie").split_once(';') {
            self.cookie = Some(pair.to_owned());
        }
        if let Some(token) = between(&answer.text(), "name=\"token\" value=\"", "\"") {
            self.token = token;
        }
    }
}

/// Returns what stands between two texts, the first time.
pub(crate) fn between(text: &str, from: &str, to: &str) -> Option<String> {
    let (_, rest) = text.split_once(from)?;
    rest.split_once(to).map(|(found, _)| found.to_owned())
}
