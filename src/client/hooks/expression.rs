//! JavaScript's regular expressions, as far as matchers use them, in terms of this language's.

use std::iter::Peekable;
use std::str::Chars;

use regex::{Regex, RegexBuilder};

/// A matcher that is no list of names.
#[derive(Debug)]
pub(super) enum Expression {
    Known(Box<Regex>),
    /// JavaScript refuses it: the client then runs the hook for nothing.
    Refused,
    /// It holds what cannot be evaluated here: look-around, back-references.
    Unknown,
}

impl Expression {
    /// Reads a matcher.
    pub(super) fn read(text: &str) -> Expression {
        let mut reader = Reader { rest: text.chars().peekable(), out: String::new(), groups: 0 };
        match reader.all() {
            Ok(()) => RegexBuilder::new(&reader.out)
                .size_limit(1 << 20)
                .build()
                .map_or(Expression::Unknown, |regex| Expression::Known(Box::new(regex))),
            Err(Stop::Refused) => Expression::Refused,
            Err(Stop::Unknown) => Expression::Unknown,
        }
    }
}

enum Stop {
    Refused,
    Unknown,
}

struct Reader<'t> {
    rest: Peekable<Chars<'t>>,
    out: String,
    /// Groups that are open.
    groups: usize,
}

impl Reader<'_> {
    fn all(&mut self) -> Result<(), Stop> {
        // Whether something stands before that a quantifier may follow.
        let mut repeatable = false;
        while let Some(c) = self.rest.next() {
            repeatable = match c {
                '\\' => self.escape(false)?,
                '[' => self.class()?,
                '(' => self.open()?,
                ')' => self.close()?,
                '*' | '+' | '?' => self.repeat(&c.to_string(), repeatable)?,
                '{' => self.brace(repeatable)?,
                '|' | '^' | '$' => {
                    self.out.push(c);
                    false
                }
                '.' => {
                    self.out.push(c);
                    true
                }
                _ => self.literal(c),
            };
        }
        if self.groups > 0 { Err(Stop::Refused) } else { Ok(()) }
    }

    fn literal(&mut self, c: char) -> bool {
        self.out.push_str(&regex::escape(c.encode_utf8(&mut [0; 4])));
        true
    }

    fn open(&mut self) -> Result<bool, Stop> {
        self.groups += 1;
        self.out.push('(');
        if self.rest.next_if_eq(&'?').is_some() {
            match self.rest.next() {
                Some(':') => self.out.push_str("?:"),
                Some('=' | '!' | '<') => return Err(Stop::Unknown),
                _ => return Err(Stop::Refused),
            }
        }
        Ok(false)
    }

    fn close(&mut self) -> Result<bool, Stop> {
        self.groups = self.groups.checked_sub(1).ok_or(Stop::Refused)?;
        self.out.push(')');
        Ok(true)
    }

    fn repeat(&mut self, quantifier: &str, repeatable: bool) -> Result<bool, Stop> {
        if !repeatable {
            return Err(Stop::Refused);
        }
        self.out.push_str(quantifier);
        if self.rest.next_if_eq(&'?').is_some() {
            self.out.push('?');
        }
        Ok(false)
    }

    /// `{2}`, `{2,}` and `{2,3}` repeat; any other brace stands for itself.
    fn brace(&mut self, repeatable: bool) -> Result<bool, Stop> {
        let ahead: String = self.rest.clone().take_while(|c| *c != '}').take(20).collect();
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        let closed = self.rest.clone().nth(ahead.len()) == Some('}');
        let counts = match ahead.split_once(',') {
            Some((least, most)) => digits(least) && (most.is_empty() || digits(most)),
            None => digits(&ahead),
        };
        if !closed || !counts {
            return Ok(self.literal('{'));
        }
        self.rest.nth(ahead.len());
        self.repeat(&format!("{{{ahead}}}"), repeatable)
    }

    fn escape(&mut self, in_class: bool) -> Result<bool, Stop> {
        match self.rest.next().ok_or(Stop::Refused)? {
            c @ ('d' | 'D' | 'w' | 'W' | 's' | 'S' | 'n' | 'r' | 't' | 'f' | 'v') => {
                self.out.extend(['\\', c]);
                Ok(true)
            }
            c @ ('b' | 'B') if !in_class => {
                self.out.extend(['\\', c]);
                Ok(false)
            }
            'x' => Ok(self.code(2, 'x')),
            'u' => Ok(self.code(4, 'u')),
            c if c.is_ascii_digit() || matches!(c, 'b' | 'c' | 'k' | 'p' | 'P') => Err(Stop::Unknown),
            c => Ok(self.literal(c)),
        }
    }

    /// A character by its number; without the digits the letter stands for itself.
    fn code(&mut self, digits: usize, letter: char) -> bool {
        let number: String = self.rest.clone().take(digits).take_while(char::is_ascii_hexdigit).collect();
        let named = u32::from_str_radix(&number, 16).ok().and_then(char::from_u32);
        match named.filter(|_| number.len() == digits) {
            Some(c) => {
                self.rest.nth(digits - 1);
                self.literal(c)
            }
            None => self.literal(letter),
        }
    }

    fn class(&mut self) -> Result<bool, Stop> {
        let negated = self.rest.next_if_eq(&'^').is_some();
        if self.rest.next_if_eq(&']').is_some() {
            self.out.push_str(if negated { r"[\s\S]" } else { r"[^\s\S]" });
            return Ok(true);
        }
        self.out.push_str(if negated { "[^" } else { "[" });
        loop {
            match self.rest.next().ok_or(Stop::Refused)? {
                ']' => break,
                '\\' => {
                    self.escape(true)?;
                }
                '-' => self.out.push('-'),
                c => {
                    self.literal(c);
                }
            }
        }
        self.out.push(']');
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(expression: &str, name: &str) -> Option<bool> {
        match Expression::read(expression) {
            Expression::Known(regex) => Some(regex.is_match(name)),
            Expression::Refused => Some(false),
            Expression::Unknown => None,
        }
    }

    #[test]
    fn both_languages_mean_the_same() {
        for (expression, name, expected) in [
            ("Edit.*", "NotebookEdit", true),
            ("^Bash$", "Bash", true),
            (r"\bBash\b", "Bash", true),
            (r"B\x61sh", "Bash", true),
            (r"Edit\|Write", "Edit", false),
            ("Bash:*", "Bash", true),
            ("Bash(touch *)", "Bash", false),
            ("a{2}", "aa", true),
            ("a{,2}", "a{,2}", true),
            ("a{", "a{", true),
            ("[[]x", "[x", true),
            ("[a&&b]", "&", true),
            ("[]", "x", false),
            ("[^]", "x", true),
            (r"\Ash", "Ash", true),
        ] {
            assert_eq!(matches(expression, name), Some(expected), "{expression}");
        }
    }

    #[test]
    fn what_javascript_refuses_matches_nothing() {
        for refused in
            ["(?i)bash", "[", "(", ")", "*Bash", "**", "+", "?", "a**", "x{2}{3}", "\\", "(?P<n>Bash)"]
        {
            assert!(matches!(Expression::read(refused), Expression::Refused), "{refused}");
        }
        for unknown in ["(?!Bash)", r"(B)\1", "(?<n>Bash)", r"\p{L}"] {
            assert!(matches!(Expression::read(unknown), Expression::Unknown), "{unknown}");
        }
    }
}
