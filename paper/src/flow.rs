//! What is on a page, in the order in which it is read.

/// A page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Page {
    pub(crate) title: String,
    /// As the page says it: "en-GB".
    pub(crate) language: String,
    pub(crate) main: Vec<Flow>,
    /// What stands at the foot of each sheet.
    pub(crate) foot: String,
}

/// One thing after the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Flow {
    /// From 1, the highest.
    Heading(u8, Words),
    Paragraph(Words, Size),
    List(Numbers, Vec<Vec<Self>>),
    /// Names, each with what it stands for.
    Terms(Vec<(Words, Words)>),
    Table(Table),
    /// Set apart from the rest.
    Notice(Vec<Self>),
    /// A code to scan.
    Code,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Numbers {
    None,
    Bullets,
    Decimal,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Table {
    pub(crate) caption: Words,
    pub(crate) rows: Vec<Vec<Cell>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cell {
    pub(crate) is_head: bool,
    pub(crate) words: Words,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Size {
    Small,
    Plain,
    Large,
}

/// Words in a row, some of them set in another face.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Words(pub(crate) Vec<Run>);

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Run {
    pub(crate) text: String,
    pub(crate) face: Face,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Face {
    pub(crate) is_bold: bool,
    /// Letters of one width, for what is compared letter by letter.
    pub(crate) is_code: bool,
}

impl Words {
    pub(crate) fn is_blank(&self) -> bool {
        self.0.iter().all(|run| run.text.trim().is_empty())
    }

    pub(crate) fn text(&self) -> String {
        self.0.iter().map(|run| run.text.as_str()).collect()
    }

    /// Adds text; white space of the source is one space, and none at the start of a line.
    pub(crate) fn push(&mut self, text: &str, face: Face, keeps_lines: bool) {
        let mut added = String::new();
        for letter in text.chars() {
            let is_break = letter == '\n' && keeps_lines;
            let letter = if is_break { '\n' } else { letter };
            let is_space = !is_break && (letter.is_ascii_whitespace() || letter.is_control());
            let before = added.chars().next_back().or_else(|| self.last());
            if is_break {
                while added.ends_with(' ') {
                    added.pop();
                }
                added.push('\n');
            } else if !is_space {
                added.push(letter);
            } else if before.is_some_and(|before| !matches!(before, ' ' | '\n')) {
                added.push(' ');
            }
        }
        match self.0.last_mut() {
            Some(last) if last.face == face => last.text.push_str(&added),
            _ if added.is_empty() => {}
            _ => self.0.push(Run { text: added, face }),
        }
    }

    /// Takes away the space at the end.
    pub(crate) fn trimmed(mut self) -> Self {
        while let Some(last) = self.0.last_mut() {
            last.text.truncate(last.text.trim_end().len());
            if !last.text.is_empty() {
                break;
            }
            self.0.pop();
        }
        self
    }

    fn last(&self) -> Option<char> {
        self.0.last().and_then(|run| run.text.chars().next_back())
    }
}
