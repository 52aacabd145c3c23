//! One configuration file on its way through the reader: where reading stands, and the next word, value, script or names.

use super::Rules;

/// Directives that a script follows.
pub const SCRIPTS: &[&str] = &["postrotate", "prerotate", "firstaction", "lastaction", "preremove"];

/// What the next characters are read as.
pub enum State {
    Directives,
    /// The rest of a line behind a section's end, or behind an unknown word.
    RestOfLine,
    /// A section behind an error, to its end.
    Dropped,
}

/// One file on its way through.
pub struct Walk<'w> {
    pub name: &'w str,
    pub text: &'w str,
    pub at: usize,
    pub line: u32,
    pub depth: usize,
    /// The rules outside of sections.
    pub globals: &'w mut Rules,
    /// The number of the section that is open.
    pub open: Option<usize>,
    pub state: State,
    pub sound: bool,
}

impl<'w> Walk<'w> {
    pub fn new(name: &'w str, text: &'w str, depth: usize, globals: &'w mut Rules) -> Self {
        Walk { name, text, at: 0, line: 1, depth, globals, open: None, state: State::Directives, sound: true }
    }

    pub fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    pub fn step(&mut self) {
        self.line += u32::from(self.peek() == Some(b'\n'));
        self.at += 1;
    }

    pub fn blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t')) {
            self.at += 1;
        }
    }

    /// The letters that come next.
    pub fn word(&mut self) -> String {
        let start = self.at;
        while self.peek().is_some_and(|b| b.is_ascii_alphabetic()) {
            self.at += 1;
        }
        self.text[start..self.at].to_owned()
    }

    /// What is left of the line, without blanks behind it. The line's end is left.
    pub fn rest(&mut self) -> String {
        let rest = &self.text[self.at..];
        let end = rest.find('\n').unwrap_or(rest.len());
        self.at += end;
        rest[..end].trim_end_matches(|c: char| c.is_ascii_whitespace() || c == '\x0b').to_owned()
    }

    /// A value, `=` before it or not; nothing where the line ends.
    pub fn value(&mut self) -> Option<String> {
        self.blanks();
        if self.peek() == Some(b'=') {
            self.at += 1;
            self.blanks();
        }
        (self.peek() != Some(b'\n')).then(|| self.rest())
    }

    /// Loses characters, and what is left of the last one.
    pub fn lose(&mut self, characters: usize) {
        for _ in 0..characters {
            self.step();
        }
        self.at = self.text.ceil_char_boundary(self.at);
    }

    /// The names of logs in front of a section, comments left out, up to a brace or the end of the file.
    pub fn names(&mut self) -> String {
        let mut names = String::new();
        loop {
            let start = self.at;
            while self.peek().is_some_and(|b| b.is_ascii_whitespace()) {
                self.step();
            }
            names.push_str(&self.text[start..self.at]);
            // A comment between the names takes the rest of its line.
            if self.peek() == Some(b'#') {
                self.rest();
                continue;
            }
            let rest = &self.text[self.at..];
            let end = rest.find(['\n', '{', '}']).unwrap_or(rest.len());
            names.push_str(&rest[..end]);
            self.at += end;
            if self.peek() != Some(b'\n') {
                return names;
            }
        }
    }

    /// Lines up to `endscript`, each without the blanks around it; `None` where that does not come.
    pub fn script(&mut self) -> Option<String> {
        let mut body = String::new();
        let first = self.rest();
        if !first.trim().is_empty() {
            body.push_str(first.trim());
            body.push('\n');
        }
        while self.peek().is_some() {
            self.step();
            self.blanks();
            let start = self.at;
            if self.word() == "endscript" {
                return Some(body);
            }
            self.at = start;
            body.push_str(self.rest().trim());
            body.push('\n');
        }
        None
    }
}
