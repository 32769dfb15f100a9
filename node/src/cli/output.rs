//! Where words go: data to standard output, all else to standard error.

use std::io::{self, Write};
use std::path::Path;

use serde_json::Value;

/// Standard output and standard error of one command.
pub(crate) struct Output {
    json: bool,
    data: Box<dyn Write>,
    words: Box<dyn Write>,
}

impl Output {
    /// Prints for people, or JSON for programs.
    pub(crate) fn new(json: bool) -> Self {
        Self { json, data: Box::new(io::stdout()), words: Box::new(io::stderr()) }
    }

    /// Prints nowhere.
    #[cfg(test)]
    pub(crate) fn nowhere() -> Self {
        Self { json: true, data: Box::new(io::sink()), words: Box::new(io::sink()) }
    }

    /// Does a program read?
    pub(crate) const fn is_json(&self) -> bool {
        self.json
    }

    /// Prints one result: as JSON, or in words.
    pub(crate) fn result(
        &mut self,
        value: &Value,
        words: impl FnOnce(&Value) -> String,
    ) -> io::Result<()> {
        if self.json { self.line(&value.to_string()) } else { self.line(&words(value)) }
    }

    /// Prints a list: as JSON lines, or in columns with a heading.
    pub(crate) fn list(
        &mut self,
        items: &[Value],
        heading: &[&str],
        row: impl Fn(&Value) -> Vec<String>,
        none: &str,
    ) -> io::Result<()> {
        if self.json {
            return items.iter().try_for_each(|item| self.line(&item.to_string()));
        }
        if items.is_empty() {
            self.say(none);
            return Ok(());
        }
        let heading = heading.iter().map(|&text| text.to_owned()).collect();
        let rows: Vec<Vec<String>> =
            std::iter::once(heading).chain(items.iter().map(row)).collect();
        table(&rows).iter().try_for_each(|line| self.line(line))
    }

    /// Prints a line of data.
    pub(crate) fn line(&mut self, text: &str) -> io::Result<()> {
        self.raw(text.as_bytes())?;
        self.raw(b"\n")
    }

    /// Writes bytes to a file, or to standard output if none is named.
    pub(crate) fn file(&mut self, file: Option<&Path>, bytes: &[u8]) -> anyhow::Result<()> {
        if let Some(file) = file {
            crate::data::write(file, bytes)?;
            self.say(&format!("Written to {}.", file.display()));
            return Ok(());
        }
        self.raw(bytes)?;
        // What is text ends with a line's end.
        if std::str::from_utf8(bytes).is_ok_and(|text| !text.ends_with('\n')) {
            self.raw(b"\n")?;
        }
        Ok(())
    }

    /// Prints data as it is.
    pub(crate) fn raw(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.data.write_all(bytes)?;
        self.data.flush()
    }

    /// Says something to the person. That nobody listens is no reason to fail.
    pub(crate) fn say(&mut self, text: &str) {
        let _ = writeln!(self.words, "{text}");
    }

    /// Says what went wrong, with its causes.
    pub(crate) fn complain(&mut self, error: &anyhow::Error) {
        self.say(&format!("fingerpost: {error:#}"));
    }
}

/// Returns a field's text for people; a number as it is written, nothing for what is missing.
pub(crate) fn text(value: &Value, pointer: &str) -> String {
    match value.pointer(pointer) {
        Some(Value::String(text)) => text.clone(),
        None | Some(Value::Null) => String::new(),
        Some(other) => other.to_string(),
    }
}

/// Lines up columns. Text from other organisations loses what could move a terminal's cursor.
fn table(rows: &[Vec<String>]) -> Vec<String> {
    let rows: Vec<Vec<String>> =
        rows.iter().map(|row| row.iter().map(|cell| plain(cell)).collect()).collect();
    let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
    let width = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|c| c.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect()
}

/// Takes control characters out of a text that somebody else wrote.
pub(crate) fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_and_cannot_steer_the_terminal() {
        let rows = [
            vec!["NAME".to_owned(), "ROLE".to_owned()],
            vec!["Gâr \u{1b}[2J".to_owned(), "editor".to_owned()],
        ];
        assert_eq!(table(&rows), ["NAME      ROLE", "Gâr  [2J  editor"]);
    }
}
