//! Reads the project's own Rust files: what is code, what is a test, which paths the code names.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    sync::LazyLock,
};

use regex::Regex;

/// One file under `src`.
pub struct Source {
    /// With forward slashes, from the project's folder: `src/model/id.rs`.
    pub path: String,
    pub text: String,
    /// The text without comments, with the content of string literals taken out, and without test code.
    pub code: String,
    /// The string literals of the code that is no test.
    pub literals: Vec<String>,
    /// Whether the whole file is compiled for tests alone.
    pub test_only: bool,
}

/// The project's folder.
pub fn project() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Every file under `src`, by path.
pub fn all() -> &'static [Source] {
    static ALL: LazyLock<Vec<Source>> = LazyLock::new(|| {
        let mut files = Vec::new();
        rust_files(&project().join("src"), &mut files);
        files.sort();
        let texts: BTreeMap<String, String> = files
            .iter()
            .map(|file| (shown(file), fs::read_to_string(file).expect("source is text")))
            .collect();
        let tests = reachable(&texts, &test_modules(&texts));
        texts
            .iter()
            .map(|(path, text)| {
                let (code, mut literals) = strip(text);
                let code = without_tests(&code, &mut literals);
                let test_only = tests.contains(path);
                let literals = literals.into_iter().flatten().collect();
                Source { path: path.clone(), text: text.clone(), code, literals, test_only }
            })
            .collect()
    });
    &ALL
}

/// Every file that `src/lib.rs` or `src/main.rs` leads to by `mod` lines.
pub fn compiled() -> BTreeSet<String> {
    let texts = all().iter().map(|source| (source.path.clone(), source.text.clone())).collect();
    reachable(&texts, &["src/lib.rs".to_owned(), "src/main.rs".to_owned()])
}

/// Paths that the code names, whole: `use a::{b, c::d}` gives `a::b` and `a::c::d`.
pub fn paths(code: &str) -> BTreeSet<String> {
    static USE: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\buse\s+([^;]+);").expect("a pattern"));
    static INLINE: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"[A-Za-z_][A-Za-z0-9_]*(?:::[A-Za-z_][A-Za-z0-9_]*)+").expect("a pattern")
    });
    let mut found = BTreeSet::new();
    for tree in USE.captures_iter(code) {
        let tree: String = tree[1].split_whitespace().collect::<Vec<_>>().join(" ");
        expand("", &tree, 0, &mut found);
    }
    let rest = USE.replace_all(code, "");
    found.extend(INLINE.find_iter(&rest).map(|path| path.as_str().to_owned()));
    found
}

/// The module of the crate that a path names, seen from a file; `None` where it names no module of the crate.
pub fn top_module(file: &str, path: &str) -> Option<String> {
    let parts: Vec<&str> = path.split("::").collect();
    let named = match parts.first()? {
        &"crate" | &"workpaper" => parts.get(1)?,
        &"super" => {
            let inside = file.strip_prefix("src/")?.strip_suffix(".rs")?;
            let depth = inside.split('/').filter(|part| *part != "mod").count();
            let supers = parts.iter().take_while(|part| **part == "super").count();
            if supers < depth {
                return None;
            }
            parts.get(supers)?
        }
        _ => return None,
    };
    Some((*named).to_owned())
}

fn expand(prefix: &str, tree: &str, depth: usize, found: &mut BTreeSet<String>) {
    assert!(depth < 16, "a use tree of more than sixteen levels: {tree}");
    let tree = tree.trim().trim_start_matches("::");
    if let Some(open) = tree.find('{') {
        let close = tree.rfind('}').expect("braces of a use tree close");
        let prefix = format!("{prefix}{}", &tree[..open]);
        let (mut level, mut start, inner) = (0, 0, &tree[open + 1..close]);
        for (at, character) in inner.char_indices().chain([(inner.len(), ',')]) {
            match character {
                '{' => level += 1,
                '}' => level -= 1,
                ',' if level == 0 => {
                    if !inner[start..at].trim().is_empty() {
                        expand(&prefix, &inner[start..at], depth + 1, found);
                    }
                    start = at + 1;
                }
                _ => {}
            }
        }
    } else {
        let name = tree.split(" as ").next().unwrap_or(tree).trim();
        found.insert(format!("{prefix}{name}").trim_end_matches("::self").to_owned());
    }
}

fn rust_files(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("src can be listed").flatten() {
        let path = entry.path();
        if path.is_dir() {
            rust_files(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

fn shown(path: &Path) -> String {
    path.strip_prefix(project()).expect("below the project").to_string_lossy().replace('\\', "/")
}

/// The files that `mod name;` lines lead to, from some files on.
fn reachable(texts: &BTreeMap<String, String>, from: &[String]) -> BTreeSet<String> {
    static MOD: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?m)^\s*(?:pub(?:\([a-z_: ]+\))?\s+)?mod\s+([a-z0-9_]+);").expect("a pattern")
    });
    let (mut seen, mut open) = (BTreeSet::new(), from.to_vec());
    while let Some(path) = open.pop() {
        let Some(text) = texts.get(&path) else { continue };
        if seen.insert(path.clone()) {
            open.extend(MOD.captures_iter(text).flat_map(|name| module_files(&path, &name[1])));
        }
    }
    seen
}

fn test_modules(texts: &BTreeMap<String, String>) -> Vec<String> {
    static TEST: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"#\[cfg\(test\)\]\s*(?:pub(?:\([a-z_: ]+\))?\s+)?mod\s+([a-z0-9_]+);").expect("a pattern")
    });
    let named = |(path, text): (&String, &String)| {
        TEST.captures_iter(text).flat_map(|name| module_files(path, &name[1])).collect::<Vec<_>>()
    };
    texts.iter().flat_map(named).collect()
}

fn module_files(path: &str, name: &str) -> [String; 2] {
    let folder = match path.strip_suffix("/mod.rs").or_else(|| path.strip_suffix("/lib.rs")) {
        Some(folder) => folder.to_owned(),
        None => path.strip_suffix("/main.rs").or_else(|| path.strip_suffix(".rs")).unwrap_or(path).to_owned(),
    };
    [format!("{folder}/{name}.rs"), format!("{folder}/{name}/mod.rs")]
}

/// The text without comments, each string literal replaced by `"N"` and kept at N.
fn strip(text: &str) -> (String, Vec<Option<String>>) {
    static TOKEN: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(concat!(
            r####"(?s)(?P<line>//[^\n]*)|(?P<block>/\*.*?\*/)|"####,
            r####"(?P<raw>\bb?r(?:###".*?"###|##".*?"##|#".*?"#|"[^"]*"))|"####,
            r####"(?P<str>"(?:[^"\\]|\\.)*")|(?P<char>b?'(?:[^'\\\n]|\\(?:u\{[0-9a-fA-F_]+\}|x[0-9a-fA-F]{2}|.))')"####
        ))
        .expect("a pattern")
    });
    let (mut code, mut literals, mut last) = (String::with_capacity(text.len()), Vec::new(), 0);
    for token in TOKEN.captures_iter(text) {
        let whole = token.get(0).expect("the whole match");
        code.push_str(&text[last..whole.start()]);
        last = whole.end();
        if token.name("raw").is_some() || token.name("str").is_some() {
            code.push_str(&format!("\"{}\"", literals.len()));
            literals.push(Some(whole.as_str().to_owned()));
        } else if token.name("char").is_some() {
            code.push_str("' '");
        }
    }
    code.push_str(&text[last..]);
    (code, literals)
}

/// The code without what follows `#[cfg(test)]` or `#[test]`, up to the end of that item; its literals are forgotten.
fn without_tests(code: &str, literals: &mut [Option<String>]) -> String {
    static LITERAL: LazyLock<Regex> = LazyLock::new(|| Regex::new(r#""(\d+)""#).expect("a pattern"));
    let (mut kept, mut rest) = (String::with_capacity(code.len()), code);
    while let Some(at) = ["#[cfg(test)]", "#[test]"].iter().filter_map(|mark| rest.find(mark)).min() {
        kept.push_str(&rest[..at]);
        let item = &rest[at..];
        let end = item_end(item);
        for literal in LITERAL.captures_iter(&item[..end]) {
            literals[literal[1].parse::<usize>().expect("a number")] = None;
        }
        rest = &item[end..];
    }
    kept + rest
}

fn item_end(item: &str) -> usize {
    let mut level = 0;
    for (at, character) in item.char_indices() {
        match character {
            '{' => level += 1,
            '}' if level == 1 => return at + 1,
            '}' => level -= 1,
            ';' if level == 0 => return at + 1,
            _ => {}
        }
    }
    item.len()
}

#[test]
fn the_reader_sees_what_the_compiler_sees() {
    let text = "//! A story: std::fs.\nuse std::{fs::{self, File}, io as x};\nuse crate::model;\n\
        fn a<'a>(b: &'a str) { super::facts::f(\"std::env\", '\"', r#\"x\"y\"#); }\n\
        #[cfg(test)]\nmod tests { fn g() { std::process::exit(1); \"gone\" } }\nfn z() {}";
    let (code, mut literals) = strip(text);
    let code = without_tests(&code, &mut literals);
    let found: Vec<String> = paths(&code).into_iter().collect();
    assert_eq!(found, ["crate::model", "std::fs", "std::fs::File", "std::io", "super::facts::f"]);
    let kept: Vec<String> = literals.into_iter().flatten().collect();
    assert_eq!(kept, ["\"std::env\"", "r#\"x\"y\"#"]);
    assert_eq!(top_module("src/checks/a.rs", "super::super::facts::f").as_deref(), Some("facts"));
    assert_eq!(top_module("src/checks/a.rs", "super::facts"), None);
    assert_eq!(top_module("src/checks/mod.rs", "super::facts::f").as_deref(), Some("facts"));
}
