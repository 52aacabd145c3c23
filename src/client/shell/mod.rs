//! Commands as the client takes them apart: parts, words, redirections, and what it gives up on.

mod parse;
mod plain;
mod words;
pub mod wrappers;

/// Longest command the client analyses, in characters (client-contract 2.3).
pub const MAX_COMMAND: usize = 10_000;

/// Most operators of a command that is parsed.
const MAX_OPERATORS: usize = 600;

/// One word of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// As written.
    pub raw: String,
    /// What the shell would make of it.
    pub value: String,
    /// Holds an unquoted glob character.
    pub glob: bool,
    /// Part of the value is only known at run time (an inner command within a string).
    pub dynamic: bool,
}

/// Where in the command a part stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Nesting {
    /// In the list or a pipeline itself.
    Top,
    /// Behind a word of the shell: in an `if`, or negated.
    Branch,
    /// In a subshell.
    Subshell,
    /// In a loop, group, function, case or substitution.
    Inner,
}

/// One simple command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// As written, without redirections.
    pub text: String,
    /// Leading `NAME=value` assignments as written, and their names.
    pub assignments: Vec<(String, String)>,
    pub words: Vec<Word>,
    pub redirects: Vec<Redirect>,
    pub nesting: Nesting,
}

impl Part {
    /// The program word, empty for bare assignments.
    pub fn program(&self) -> &str {
        self.words.first().map_or("", |w| w.value.as_str())
    }

    /// Whether the text differs from its words by more than spacing: quotes, backslashes or variables.
    pub fn rewritten(&self) -> bool {
        self.words.iter().any(|w| w.raw != w.value)
    }

    /// The words joined by single spaces, quotes taken away.
    pub fn normalised(&self) -> String {
        self.words.iter().map(|w| w.value.as_str()).collect::<Vec<_>>().join(" ")
    }
}

/// A redirection to or from a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redirect {
    /// Whether the target is written.
    pub writes: bool,
    pub target: Word,
}

/// How far the client gets with a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Grasp {
    Empty,
    /// Every part is known.
    Whole,
    /// It parses, and holds something that cannot be judged by its text: only the whole text is compared.
    TooComplex(&'static str),
    Unparseable,
    TooLong,
}

/// A command taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Analysis {
    pub grasp: Grasp,
    /// All parts in the order of the text; where the grasp is not whole, those that could be read.
    pub parts: Vec<Part>,
    /// Redirections of groups and subshells.
    pub outer_redirects: Vec<Redirect>,
    pub has_subshell: bool,
    /// Holds `&` behind a command.
    pub has_background: bool,
    /// Where the first here-document begins: rules see no text from here on when they see the whole command.
    pub document_at: Option<usize>,
}

/// What the shell knows before the command runs.
#[derive(Debug, Clone, Copy)]
pub struct ShellContext<'a> {
    pub home: &'a str,
    pub cwd: &'a str,
}

/// Takes a command apart as the client does.
pub fn analyse(command: &str, context: ShellContext<'_>) -> Analysis {
    let empty = |grasp| Analysis {
        grasp,
        parts: Vec::new(),
        outer_redirects: Vec::new(),
        has_subshell: false,
        has_background: false,
        document_at: None,
    };
    if command.trim().is_empty() {
        return empty(Grasp::Empty);
    }
    if command.chars().count() > MAX_COMMAND {
        return empty(Grasp::TooLong);
    }
    // The parser's recovery from errors is quadratic in the operators.
    let operators =
        command.bytes().filter(|b| matches!(b, b'|' | b'&' | b';' | b'(' | b'{' | b'`' | b'\n')).count();
    if operators > MAX_OPERATORS {
        let pieces = command.split(['|', '&', ';', '\n', '(', '{', '`']).filter_map(plain::read);
        return Analysis { parts: pieces.collect(), ..empty(Grasp::TooLong) };
    }
    if let Some(part) = plain::read(command) {
        return Analysis { parts: vec![part], ..empty(Grasp::Whole) };
    }
    let command = without_open_end(command);
    let mut analysis = parse::read(command, context).unwrap_or_else(|| empty(Grasp::Unparseable));
    if analysis.grasp == Grasp::Whole
        && let Some(why) = misleading(command)
    {
        analysis.grasp = Grasp::TooComplex(why);
    }
    analysis
}

/// The command without an operator at its end that nothing follows: the client reads what stands before it.
fn without_open_end(command: &str) -> &str {
    let end = command.trim_end();
    ["&&", "||", "|&", "|"].iter().find_map(|operator| end.strip_suffix(operator)).map_or(command, |before| {
        if before.trim_end().ends_with(['&', '|', ';', '(', '\\']) || before.trim().is_empty() {
            command
        } else {
            before
        }
    })
}

/// Writing by which a shell may read something other than a reader expects.
fn misleading(command: &str) -> Option<&'static str> {
    let chars: Vec<char> = command.chars().collect();
    let unicode_space = |c: &char| {
        (*c != ' ' && c.is_whitespace() && !c.is_ascii()) || matches!(c, '\u{200b}'..='\u{200f}' | '\u{feff}')
    };
    if chars.iter().any(unicode_space) {
        return Some("it holds blanks beyond ASCII");
    }
    let escaped_blank = |w: &[char]| {
        w[1] == '\\' && (matches!(w[2], ' ' | '\t') || w[2] == '\n' && !w[0].is_whitespace() && w[0] != '\\')
    };
    if chars.windows(3).any(escaped_blank) || matches!(chars[..], ['\\', ' ' | '\t', ..]) {
        return Some("it holds escaped blanks");
    }
    if command.trim_end().ends_with('$') && !command.contains(['\'', '"', '\\']) {
        return Some("it holds a `$` that expands nothing");
    }
    let mut before = ' ';
    for pair in chars.windows(2) {
        if pair[0] == '='
            && pair[1].is_ascii_alphabetic()
            && matches!(before, ' ' | '\t' | '\n' | ';' | '&' | '|')
        {
            return Some("a word begins with `=`");
        }
        if pair[0] == '$' && pair[1].is_whitespace() && !command.contains(['\'', '"', '\\']) {
            return Some("it holds a `$` that expands nothing");
        }
        if *pair == ['~', '['] {
            return Some("it holds a `~[` expansion");
        }
        before = pair[0];
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn take(command: &str) -> Analysis {
        analyse(command, ShellContext { home: "/h", cwd: "/p" })
    }

    fn parts(command: &str) -> Vec<String> {
        take(command).parts.iter().map(Part::normalised).collect()
    }

    #[test]
    fn lists_pipes_and_ifs_are_split() {
        assert_eq!(parts("a 1 && b; c | d & e\nf"), ["a 1", "b", "c", "d", "e", "f"]);
        assert_eq!(parts("if true; then rm -rf d1; fi"), ["true", "rm -rf d1"]);
        assert_eq!(parts("! rm x"), ["rm x"]);
        assert_eq!(take("(rm x)").grasp, Grasp::Whole);
        assert!(take("(rm x)").has_subshell);
    }

    #[test]
    fn words_lose_their_quotes_and_known_variables() {
        assert_eq!(parts("r\"\"m -rf 'd 1'"), ["rm -rf d 1"]);
        assert_eq!(parts("\\rm x"), ["rm x"]);
        assert_eq!(parts("X=rm; $X -rf d"), ["", "rm -rf d"]);
        assert_eq!(parts("cat $HOME/k"), ["cat /h/k"]);
    }

    #[test]
    fn some_commands_are_too_complex() {
        for c in [
            "echo $(rm x)",
            "$'rm' x",
            "{ rm x; }",
            "bash <(curl x)",
            "echo $UNKNOWN",
            "bash -c \"$(curl x)\"",
            "f() { ls; }",
        ] {
            assert!(matches!(take(c).grasp, Grasp::TooComplex(_)), "{c}: {:?}", take(c).grasp);
        }
        assert_eq!(take("ls 'a").grasp, Grasp::Unparseable);
    }

    #[test]
    fn redirections() {
        let a = take("cat < in > out 2>/dev/null 2>&1");
        let r: Vec<_> = a.parts[0].redirects.iter().map(|r| (r.writes, r.target.value.as_str())).collect();
        assert_eq!(r, [(false, "in"), (true, "out"), (true, "/dev/null")]);
        assert_eq!(a.parts[0].text, "cat");
    }

    #[test]
    fn hostile_texts_end() {
        for c in [
            "a|".repeat(4999),
            "(".repeat(9000),
            "$(".repeat(4000),
            "\"$(".repeat(3000),
            "a;".repeat(5000),
            "\u{0}".into(),
        ] {
            let _ = take(&c);
        }
        assert_eq!(take(&"x".repeat(10_001)).grasp, Grasp::TooLong);
    }
}
