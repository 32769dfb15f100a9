//! Lists in pages: `{items, next}`.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::http::problem::Problem;

const DEFAULT_LIMIT: usize = 50;
const MOST: usize = 200;

/// Which part of a list is wanted.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Page {
    #[serde(default)]
    pub(crate) cursor: Option<String>,
    #[serde(default)]
    pub(crate) limit: Option<usize>,
}

impl Page {
    /// Returns the items that are wanted.
    ///
    /// `all` is sorted by `key`, which names an item for good: items that come or go between two pages make none of the
    /// others appear twice or never.
    pub(crate) fn of<T, K>(
        &self,
        all: Vec<T>,
        key: impl Fn(&T) -> K,
        mut show: impl FnMut(&T) -> Value,
    ) -> Result<Value, Problem>
    where
        K: Ord + serde::Serialize + DeserializeOwned,
    {
        let after: Option<K> = match &self.cursor {
            Some(text) => Some(
                read(text).ok_or_else(|| Problem::malformed("that is no cursor of this list"))?,
            ),
            None => None,
        };
        let limit = self.limit.unwrap_or(DEFAULT_LIMIT).clamp(1, MOST);
        let mut rest = all
            .into_iter()
            .filter(|item| after.as_ref().is_none_or(|after| key(item) > *after))
            .peekable();
        let mut items = Vec::new();
        let mut last = None;
        for item in rest.by_ref().take(limit) {
            items.push(show(&item));
            last = Some(key(&item));
        }
        let next = last.filter(|_| rest.peek().is_some()).map(|last| write(&last));
        Ok(json!({"items": items, "next": next}))
    }
}

fn write<K: serde::Serialize>(key: &K) -> String {
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(key).unwrap_or_default())
}

fn read<K: DeserializeOwned>(text: &str) -> Option<K> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_pages_together_are_the_list() {
        let all: Vec<u32> = (0..7).collect();
        let mut cursor = None;
        let mut seen = Vec::new();
        for _ in 0..4 {
            let page = Page { cursor: cursor.take(), limit: Some(3) };
            let shown = page.of(all.clone(), |n| *n, |n| json!(n)).unwrap();
            seen.extend(shown["items"].as_array().unwrap().clone());
            match shown["next"].as_str() {
                Some(next) => cursor = Some(next.to_owned()),
                None => break,
            }
        }
        assert_eq!(Value::Array(seen), json!(all));
    }

    #[test]
    fn a_cursor_of_another_list_is_refused() {
        for cursor in ["", "%", "e30"] {
            let page = Page { cursor: Some(cursor.to_owned()), limit: None };
            assert!(page.of(vec![1_u32], |n| *n, |n| json!(n)).is_err(), "{cursor:?}");
        }
    }
}
