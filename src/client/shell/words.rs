//! Reads words: quotes, backslashes, known variables and what is only known at run time.

use tree_sitter::Node;

use super::parse::{MAX_DEPTH, Reader, named};
use super::{Nesting, Word};

impl Reader<'_> {
    pub(super) fn word(&mut self, node: Node<'_>, depth: usize) -> Word {
        let raw = self.text(node).to_owned();
        let mut word = Word { raw, value: String::new(), glob: false, dynamic: false };
        if depth > MAX_DEPTH {
            self.complex("it is nested too deeply");
            return word;
        }
        if node.kind() == "string" && self.source.get(..node.start_byte()).is_some_and(|s| s.ends_with('$')) {
            self.complex("a string is translated");
        }
        self.append(node, &mut word, depth);
        word
    }

    fn append(&mut self, node: Node<'_>, word: &mut Word, depth: usize) {
        if depth > MAX_DEPTH {
            return self.complex("it is nested too deeply");
        }
        let text = self.text(node).to_owned();
        match node.kind() {
            "word" | "number" | "special_character" | "file_descriptor" | "regex" | "extglob_pattern"
            | "test_operator" | "variable_name" => self.bare(&text, word),
            "raw_string" => word.value.push_str(text.trim_start_matches('\'').trim_end_matches('\'')),
            "string" => self.string(node, word, depth),
            "concatenation" => {
                if text.contains('{') && text.contains('}') && (text.contains(',') || text.contains("..")) {
                    self.complex("braces are expanded");
                }
                for child in named(node) {
                    self.append(child, word, depth + 1);
                }
            }
            "simple_expansion" | "expansion" => match self.variable(&text) {
                Some(Some(value)) if !value.contains([' ', '\t', '\n', '*', '?', '[']) => {
                    word.value.push_str(&value)
                }
                _ => {
                    word.dynamic = true;
                    word.value.push_str(&text);
                    self.complex("a variable is expanded whose value is not known");
                }
            },
            "command_substitution" => {
                self.complex("a command is substituted");
                word.dynamic = true;
                word.value.push_str(&text);
                self.children(node, Nesting::Inner, depth);
            }
            "process_substitution" => {
                self.complex("a process is substituted");
                word.value.push_str(&text);
                self.children(node, Nesting::Inner, depth);
            }
            "arithmetic_expansion" if of_numbers(&text) => {
                word.value.push_str(&text);
                word.dynamic = true;
            }
            _ => {
                word.value.push_str(&text);
                word.dynamic = true;
                self.complex("it holds an expansion that is not followed");
            }
        }
    }

    fn bare(&mut self, text: &str, word: &mut Word) {
        let mut chars = text.chars();
        while let Some(c) = chars.next() {
            match c {
                '\\' => match chars.next() {
                    Some('\n') => {}
                    Some(next) => word.value.push(next),
                    None => word.value.push('\\'),
                },
                '*' | '?' | '[' => {
                    word.glob = true;
                    word.value.push(c);
                }
                _ => word.value.push(c),
            }
        }
        let braces = text
            .find('{')
            .zip(text.rfind('}'))
            .is_some_and(|(a, b)| a < b && (text[a..b].contains(',') || text[a..b].contains("..")));
        if braces {
            self.complex("braces are expanded");
        }
    }

    /// A double-quoted string. Inner commands next to literal text are read as parts of their own.
    fn string(&mut self, node: Node<'_>, word: &mut Word, depth: usize) {
        let (mut literal, mut dynamic) = (false, false);
        let mut at = node.start_byte() + 1;
        let end = node.end_byte().saturating_sub(1);
        let children = named(node);
        for child in &children {
            let between = self.source.get(at..child.start_byte()).unwrap_or_default().to_owned();
            literal |= !between.is_empty();
            word.value.push_str(&between);
            at = child.end_byte();
            let text = self.text(*child).to_owned();
            match child.kind() {
                "string_content" => {
                    literal = true;
                    word.value.push_str(&unescaped(&text));
                }
                "simple_expansion" if text == "$PWD" && children.len() > 1 => {
                    literal = true;
                    word.value.push_str(self.context.cwd);
                }
                "simple_expansion" | "expansion" => match self.variable(&text) {
                    Some(Some(value)) => {
                        literal = true;
                        word.value.push_str(&value);
                    }
                    Some(None) => {
                        dynamic = true;
                        word.value.push_str(&text);
                    }
                    None => {
                        dynamic = true;
                        word.value.push_str(&text);
                        self.complex("a variable is expanded whose value is not known");
                    }
                },
                "command_substitution" => match quoted_document(&text) {
                    Some(body) => {
                        literal = true;
                        word.value.push_str(body);
                    }
                    None => {
                        dynamic = true;
                        word.value.push_str(&text);
                        self.children(*child, Nesting::Inner, depth);
                    }
                },
                _ => {
                    word.value.push_str(&text);
                    self.complex("it holds an expansion that is not followed");
                }
            }
        }
        if at < end {
            let rest = unescaped(self.source.get(at..end).unwrap_or_default());
            literal = true;
            word.value.push_str(&rest);
        }
        word.dynamic |= dynamic;
        if dynamic && !literal {
            self.complex("a whole argument is known only at run time");
        }
    }

    /// `None`: not known at all. `Some(None)`: set by the command, to something unknown.
    fn variable(&self, expansion: &str) -> Option<Option<String>> {
        let name = expansion.strip_prefix('$')?;
        if let Some(value) = self.variables.get(name) {
            return Some(value.clone());
        }
        match name {
            "HOME" => Some(Some(self.context.home.to_owned())),
            _ => None,
        }
    }
}

/// Whether an arithmetic expansion is of numbers alone.
fn of_numbers(expansion: &str) -> bool {
    expansion
        .strip_prefix("$((")
        .and_then(|rest| rest.strip_suffix("))"))
        .is_some_and(|sum| sum.chars().all(|c| c.is_ascii_digit() || " +-*/%()<>&|^~!?:".contains(c)))
}

/// The text of `$(cat <<'END' … END)`, which is nothing but a long quotation.
fn quoted_document(text: &str) -> Option<&str> {
    let rest = text.strip_prefix("$(cat <<")?;
    let rest = rest.strip_prefix('-').unwrap_or(rest).trim_start_matches(' ');
    let quote = rest.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
    let (end, rest) = rest[1..].split_once(quote)?;
    let rest = rest.strip_prefix('\n')?;
    if end.is_empty() || !end.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
        return None;
    }
    let close = rest.lines().position(|l| l.trim_start_matches('\t') == end)?;
    let before: usize = rest.split_inclusive('\n').take(close).map(str::len).sum();
    let tail = rest[before..].trim_start_matches('\t').strip_prefix(end)?;
    (tail.trim() == ")").then(|| rest[..before].trim_end_matches('\n'))
}

/// Backslashes within double quotes escape only `$`, backtick, quote, backslash and newline.
fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match (c, chars.peek()) {
            ('\\', Some('$' | '`' | '"' | '\\')) => out.extend(chars.next()),
            ('\\', Some('\n')) => {
                chars.next();
            }
            _ => out.push(c),
        }
    }
    out
}
