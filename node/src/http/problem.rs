//! [`Problem`]: how the API says no (RFC 9457).

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use crdt_schema::document::Incoming;
use engine::Refused;
use serde_json::{Map, Value, json};

use crate::handle::{ActError, Stopped};

/// A refusal with a stable type and a sentence for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    pub(crate) status: StatusCode,
    name: &'static str,
    title: &'static str,
    pub(crate) detail: String,
    /// Where in what was sent, as a JSON pointer, and what to do there.
    pub(crate) errors: Vec<(String, String)>,
    /// What both sides changed, where somebody has to choose.
    pub(crate) conflicts: Vec<Incoming>,
}

impl Problem {
    fn new(
        status: StatusCode,
        name: &'static str,
        title: &'static str,
        detail: impl Into<String>,
    ) -> Self {
        Self {
            status,
            name,
            title,
            detail: sentence(&detail.into()),
            errors: Vec::new(),
            conflicts: Vec::new(),
        }
    }

    /// Says that nothing is there. One answer for what never was and for what may not be read: the bytes must be equal.
    pub(crate) fn not_found() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "not-found",
            "Not found",
            "there is nothing at this address",
        )
    }

    pub(crate) fn no_such_version() -> Self {
        let detail =
            "this node does not know that version of the document. Reload it and try again";
        Self::new(StatusCode::NOT_FOUND, "no-such-version", "No such version", detail)
    }

    pub(crate) fn token_needed() -> Self {
        let detail = "send \"Authorization: Bearer TOKEN\" with the token in the file api-token of the data folder";
        Self::new(StatusCode::UNAUTHORIZED, "token-needed", "Token needed", detail)
    }

    pub(crate) fn not_allowed(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "not-allowed", "Not allowed", detail)
    }

    pub(crate) fn cross_origin() -> Self {
        let detail =
            "this request came from another site. Open this node's own pages and try again";
        Self::new(StatusCode::FORBIDDEN, "cross-origin", "From another site", detail)
    }

    pub(crate) fn wrong_host() -> Self {
        let detail = "this node does not answer under that name. Use the address that it printed when it started";
        Self::new(StatusCode::MISDIRECTED_REQUEST, "wrong-host", "Wrong host", detail)
    }

    pub(crate) fn wrong_method() -> Self {
        let detail = "this address does not take that method. See /api/v1/openapi.json";
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "wrong-method", "Wrong method", detail)
    }

    pub(crate) fn changed_meanwhile() -> Self {
        let detail = "the document has changed since that version. Read it again, or send the change with ?base= to merge it";
        Self::new(StatusCode::PRECONDITION_FAILED, "changed-meanwhile", "Changed meanwhile", detail)
    }

    fn to_choose(conflicts: Vec<Incoming>, detail: String) -> Self {
        let title = "Somebody has to choose";
        Self { conflicts, ..Self::new(StatusCode::CONFLICT, "choose", title, detail) }
    }

    /// Says that what is kept cannot be read or written, with the causes.
    pub(crate) fn storage(error: &dyn std::error::Error) -> Self {
        let mut detail = error.to_string();
        let mut cause = error.source();
        while let Some(error) = cause {
            detail = format!("{detail}: {error}");
            cause = error.source();
        }
        let title = "Stored data not readable";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "storage", title, detail)
    }

    pub(crate) fn malformed(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "malformed", "Malformed request", detail)
    }

    pub(crate) fn media_type(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "media-type", "Wrong media type", detail)
    }

    pub(crate) fn unprintable(detail: impl Into<String>) -> Self {
        let title = "No PDF of this document";
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "unprintable", title, detail)
    }

    pub(crate) fn too_large(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large", "Too large", detail)
    }

    pub(crate) fn stopping() -> Self {
        let detail = "this node is stopping. Start it again and repeat the request";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "stopping", "Stopping", detail)
    }

    /// Says what does not fit, and where.
    pub(crate) fn invalid(pointer: impl Into<String>, message: impl Into<String>) -> Self {
        Self::invalid_all(vec![(pointer.into(), message.into())])
    }

    /// Says everything that does not fit, and where.
    pub(crate) fn invalid_all(errors: Vec<(String, String)>) -> Self {
        let detail = match errors.first() {
            Some((_, message)) => message.clone(),
            None => "what was sent does not fit".to_owned(),
        };
        let errors =
            errors.into_iter().map(|(pointer, message)| (pointer, sentence(&message))).collect();
        Self {
            errors,
            ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", "Does not fit", detail)
        }
    }

    fn to_json(&self) -> Value {
        let mut members = Map::new();
        members.insert("type".to_owned(), json!(format!("/problems/{}", self.name)));
        members.insert("title".to_owned(), json!(self.title));
        members.insert("status".to_owned(), json!(self.status.as_u16()));
        members.insert("detail".to_owned(), json!(self.detail));
        if let Some((pointer, _)) = self.errors.first() {
            members.insert("pointer".to_owned(), json!(pointer));
            let errors: Vec<Value> = self
                .errors
                .iter()
                .map(|(pointer, detail)| json!({"pointer": pointer, "detail": detail}))
                .collect();
            members.insert("errors".to_owned(), Value::Array(errors));
        }
        if !self.conflicts.is_empty() {
            members.insert("conflicts".to_owned(), json!(self.conflicts));
        }
        Value::Object(members)
    }
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        let detail = refused.to_string();
        match refused {
            Refused::NoSuchWorkspace
            | Refused::NoSuchDocument
            | Refused::NoSuchInvite
            | Refused::NoSuchCode
            | Refused::NoSuchProposal
            | Refused::NoSuchSuggestion
            | Refused::NoSuchSignature
            | Refused::NoSuchName
            | Refused::NoSuchComment
            | Refused::NoSuchOrganization => Self::not_found(),
            Refused::NoSuchVersion => Self::no_such_version(),
            Refused::NotAllowed(_) => Self::not_allowed(detail),
            Refused::Impossible(_) => {
                Self::new(StatusCode::CONFLICT, "impossible", "Can never be carried out", detail)
            }
            Refused::Invite(_) => {
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invite", "Invite not usable", detail)
            }
            Refused::Invalid { pointer, message } => Self::invalid(pointer, message),
            Refused::NotOfKind(problems) => Self::invalid_all(
                problems.into_iter().map(|problem| (problem.pointer, problem.message)).collect(),
            ),
            Refused::ToChoose(conflicts) => Self::to_choose(conflicts, detail),
            Refused::ChangedMeanwhile => Self::changed_meanwhile(),
            Refused::NotSaved => {
                Self::new(StatusCode::INSUFFICIENT_STORAGE, "not-saved", "Not saved", detail)
            }
            Refused::TooLarge(_) => Self::too_large(detail),
            Refused::Storage(_) => Self::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "storage",
                "Stored data not readable",
                detail,
            ),
        }
    }
}

impl From<Stopped> for Problem {
    fn from(_: Stopped) -> Self {
        Self::stopping()
    }
}

impl From<ActError> for Problem {
    fn from(error: ActError) -> Self {
        match error {
            ActError::Refused(refused) => refused.into(),
            ActError::Stopped => Self::stopping(),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = (self.status, self.to_json().to_string()).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(
                header::WWW_AUTHENTICATE,
                HeaderValue::from_static("Bearer realm=\"fingerpost\""),
            );
        }
        response
    }
}

/// Returns a refusal's words as a sentence.
pub(crate) fn sentence(text: &str) -> String {
    let text = text.trim();
    let mut letters = text.chars();
    let mut sentence: String =
        letters.next().map(|c| c.to_uppercase().collect()).unwrap_or_default();
    sentence.push_str(letters.as_str());
    if !sentence.ends_with(['.', '?', ':']) {
        sentence.push('.');
    }
    sentence
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_there_and_what_may_not_be_read_look_the_same() {
        for refused in [Refused::NoSuchWorkspace, Refused::NoSuchDocument, Refused::NoSuchInvite] {
            assert_eq!(Problem::from(refused), Problem::not_found());
        }
    }

    #[test]
    fn a_problem_names_the_place_and_speaks_in_sentences() {
        let problem = Problem::invalid("/body/steps/0", "enter what happens").to_json();
        assert_eq!(problem["type"], "/problems/invalid");
        assert_eq!(problem["detail"], "Enter what happens.");
        assert_eq!(problem["pointer"], "/body/steps/0");
        assert_eq!(problem["errors"][0]["detail"], "Enter what happens.");
    }
}
