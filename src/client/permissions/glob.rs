//! Star patterns for commands and tool names, in linear time.

/// Whether the pattern holds a star that is not escaped.
pub fn has_star(pattern: &str) -> bool {
    tokens(pattern).contains(&Token::Star)
}

/// Takes the backslash away from `\*` and `\\`.
pub fn unescape(pattern: &str) -> String {
    tokens(pattern).into_iter().map(|t| if let Token::Char(c) = t { c } else { '*' }).collect()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token {
    Star,
    Char(char),
}

fn tokens(pattern: &str) -> Vec<Token> {
    let mut out = Vec::with_capacity(pattern.len());
    let mut chars = pattern.chars().peekable();
    while let Some(c) = chars.next() {
        match (c, chars.peek()) {
            ('\\', Some('*')) => {
                chars.next();
                out.push(Token::Char('*'));
            }
            ('\\', Some('\\')) => {
                chars.next();
                out.push(Token::Char('\\'));
            }
            ('*', _) => out.push(Token::Star),
            _ => out.push(Token::Char(c)),
        }
    }
    out
}

/// Matches a command against a pattern. A single star at the end after a space needs no text before it:
/// `ls *` covers `ls`.
pub fn command(pattern: &str, text: &str) -> bool {
    let mut tokens = tokens(pattern.trim());
    if run(&tokens, text) {
        return true;
    }
    let stars = tokens.iter().filter(|t| **t == Token::Star).count();
    if stars == 1 && tokens.ends_with(&[Token::Char(' '), Token::Star]) {
        tokens.truncate(tokens.len() - 2);
        return run(&tokens, text);
    }
    false
}

/// Matches a tool name against a name glob.
pub fn name(pattern: &str, text: &str) -> bool {
    run(&tokens(pattern), text)
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
    p.len() == h.len() && p.iter().zip(&h).all(|(p, h)| name(p, h))
}

/// Greedy star matching with one point of return: linear in practice, quadratic at worst.
fn run(pattern: &[Token], text: &str) -> bool {
    let text: Vec<char> = text.chars().collect();
    let (mut p, mut t) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(Token::Star) => {
                retry = Some((p, t));
                p += 1;
            }
            Some(Token::Char(c)) if *c == text[t] => {
                p += 1;
                t += 1;
            }
            _ => match retry {
                Some((star, from)) => {
                    retry = Some((star, from + 1));
                    p = star + 1;
                    t = from + 1;
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|t| *t == Token::Star)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars() {
        assert!(command("curl * | bash", "curl x | bash") && !command("curl * | bash", "curl x"));
        assert!(command("a\\*b", "a*b") && !command("a\\*b", "axb"));
        assert!(command("*rm *", "find . -exec rm -rf {} +") && command("x *", "x a\nb"));
        assert!(!command(&"*a".repeat(200), &"b".repeat(5000)));
    }

    #[test]
    fn hosts() {
        assert!(host("*.x.org", "a.b.x.org") && !host("*.x.org", "x.org") && !host("*.x.org", "evilx.org"));
        assert!(host("a.*.org", "a.b.org") && !host("a.*.org", "a.b.c.org") && host("*", "q"));
    }
}
