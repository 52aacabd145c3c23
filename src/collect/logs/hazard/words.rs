//! Splits a shell command into simple commands and their words, as far as their harm can be told from them.

/// Longest list of words looked at in one simple command.
const WORDS: usize = 256;

pub struct Word {
    pub text: String,
    /// The word names a file that output goes to.
    pub is_target: bool,
}

/// Splits the simple command that starts at `at` into words; returns where it ends and the operator that ends it.
pub fn simple_command(bytes: &[u8], at: usize, words: &mut Vec<Word>) -> (usize, Option<u8>) {
    words.clear();
    let mut word: Vec<u8> = Vec::new();
    let mut in_word = false;
    let mut target = false;
    let mut quote = 0u8;
    let mut i = at;
    let mut end = None;
    while let Some(&b) = bytes.get(i) {
        if quote != 0 {
            if b == quote {
                quote = 0;
            } else if quote == b'"' && b == b'\\' && i + 1 < bytes.len() {
                i += 1;
                word.push(bytes[i]);
            } else if quote == b'"' && b == b'$' && bytes.get(i + 1) == Some(&b'(') {
                // A command substitution inside quotes is a command: stop here and go on inside it.
                end = Some(b'(');
                i += 1;
                break;
            } else {
                word.push(b);
            }
            i += 1;
            continue;
        }
        match b {
            b'\'' | b'"' => {
                quote = b;
                in_word = true;
            }
            b'\\' if i + 1 < bytes.len() => {
                i += 1;
                if bytes[i] != b'\n' {
                    word.push(bytes[i]);
                    in_word = true;
                }
            }
            b' ' | b'\t' => finish(&mut word, &mut in_word, &mut target, words),
            b'>' => {
                finish(&mut word, &mut in_word, &mut target, words);
                target = true;
                if bytes.get(i + 1) == Some(&b'&') {
                    target = false;
                    i += 1;
                }
            }
            b';' | b'\n' | b'|' | b'&' | b'(' | b')' | b'{' | b'}' | b'`' => {
                end = Some(b);
                break;
            }
            _ => {
                word.push(b);
                in_word = true;
            }
        }
        i += 1;
    }
    finish(&mut word, &mut in_word, &mut target, words);
    // `||` is no pipe.
    if end == Some(b'|') && bytes.get(i + 1) == Some(&b'|') {
        return (i + 1, Some(b';'));
    }
    (i, end)
}

fn finish(word: &mut Vec<u8>, in_word: &mut bool, target: &mut bool, words: &mut Vec<Word>) {
    if *in_word && words.len() < WORDS {
        words.push(Word { text: String::from_utf8_lossy(word).into_owned(), is_target: *target });
        *target = false;
    }
    word.clear();
    *in_word = false;
}

/// The words from the program's name on: without assignments and programs that run other programs.
pub fn without_prefixes(words: &[Word]) -> &[Word] {
    let mut rest = words;
    loop {
        let Some(first) = rest.first() else { return rest };
        let text = first.text.as_str();
        let is_assignment = text
            .split_once('=')
            .is_some_and(|(k, _)| !k.is_empty() && k.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_'));
        let takes_command = matches!(
            base(text),
            "sudo"
                | "doas"
                | "env"
                | "nohup"
                | "time"
                | "command"
                | "exec"
                | "nice"
                | "xargs"
                | "then"
                | "do"
                | "else"
                | "if"
                | "!"
        );
        if is_assignment || takes_command {
            rest = &rest[1..];
            if takes_command {
                while rest.first().is_some_and(|w| w.text.starts_with('-')) {
                    let has_value = matches!(rest[0].text.as_str(), "-u" | "-g" | "-n" | "-I" | "-P" | "-L");
                    rest = &rest[if has_value && rest.len() > 1 { 2 } else { 1 }..];
                }
            }
        } else {
            return rest;
        }
    }
}

/// The name of a program without its folder.
pub fn base(text: &str) -> &str {
    text.rsplit('/').next().unwrap_or(text)
}

/// The program's name.
pub fn name(words: &[Word]) -> &str {
    words.first().map_or("", |w| base(&w.text))
}
