//! Star patterns for commands, tool names and hosts, in linear time and without allocation while matching.

/// A pattern with `*` for any text; `\*` and `\\` are literal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glob {
    /// The literal texts between the stars; one more than there are stars.
    pieces: Vec<String>,
    /// The pattern is one star after a space at the end: the text before the space is enough.
    optional_tail: bool,
}

impl Glob {
    /// Reads a pattern for tool names, parameter values and the like.
    pub fn new(pattern: &str) -> Glob {
        let mut pieces = vec![String::new()];
        let mut chars = pattern.chars().peekable();
        while let Some(c) = chars.next() {
            let escaped = c == '\\' && matches!(chars.peek(), Some('*' | '\\'));
            let literal = if escaped { chars.next() } else { (c != '*').then_some(c) };
            match (literal, pieces.last_mut()) {
                (Some(c), Some(piece)) => piece.push(c),
                _ => pieces.push(String::new()),
            }
        }
        Glob { pieces, optional_tail: false }
    }

    /// Reads a pattern for commands: a single star at the end after a space needs no text before it, `ls *` covers `ls`.
    pub fn command(pattern: &str) -> Glob {
        let mut out = Self::new(pattern.trim());
        out.optional_tail = out.pieces.len() == 2 && out.pieces[1].is_empty() && out.pieces[0].ends_with(' ');
        out
    }

    /// Whether the pattern holds a star that is not escaped.
    pub fn has_star(&self) -> bool {
        self.pieces.len() > 1
    }

    /// The text of a pattern without stars.
    pub fn literal(&self) -> String {
        self.pieces.join("*")
    }

    /// The text with something in place of each star.
    pub fn filled(&self, star: &str) -> String {
        self.pieces.join(star)
    }

    /// Whether the pattern covers the whole text.
    pub fn matches(&self, text: &str) -> bool {
        if self.optional_tail && self.pieces[0].strip_suffix(' ') == Some(text) {
            return true;
        }
        let Some((first, rest)) = self.pieces.split_first() else { return false };
        let Some((last, middle)) = rest.split_last() else { return text == first };
        let Some(mut at) = text.strip_prefix(first.as_str()) else { return false };
        for piece in middle {
            match at.find(piece.as_str()) {
                Some(i) => at = &at[i + piece.len()..],
                None => return false,
            }
        }
        at.ends_with(last.as_str())
    }
}

/// Matches a host: `*.h` covers subdomains at any depth, `*` elsewhere stays between two dots, `*` alone covers all.
pub fn host(pattern: &str, host: &str) -> bool {
    if pattern == "*" {
        return true;
    }
    if let Some(base) = pattern.strip_prefix("*.")
        && !base.contains('*')
    {
        return host.strip_suffix(base).is_some_and(|sub| sub.len() > 1 && sub.ends_with('.'));
    }
    let (p, h): (Vec<_>, Vec<_>) = (pattern.split('.').collect(), host.split('.').collect());
    p.len() == h.len() && p.iter().zip(&h).all(|(p, h)| Glob::new(p).matches(h))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command(pattern: &str, text: &str) -> bool {
        Glob::command(pattern).matches(text)
    }

    #[test]
    fn stars() {
        assert!(command("curl * | bash", "curl x | bash") && !command("curl * | bash", "curl x"));
        assert!(command("a\\*b", "a*b") && !command("a\\*b", "axb"));
        assert!(command("*rm *", "find . -exec rm -rf {} +") && command("x *", "x a\nb"));
        assert!(command("ls *", "ls") && !command("ls *", "lsof") && !command("* a *", "x a"));
        assert!(
            !command("ab*ba", "aba")
                && command("a*b*c", "a-b-b-c")
                && command("**", "")
                && !command("a*a", "a")
        );
        assert!(!command(&"*a".repeat(200), &"b".repeat(5000)));
    }

    #[test]
    fn hosts() {
        assert!(host("*.x.org", "a.b.x.org") && !host("*.x.org", "x.org") && !host("*.x.org", "evilx.org"));
        assert!(host("a.*.org", "a.b.org") && !host("a.*.org", "a.b.c.org") && host("*", "q"));
    }
}
