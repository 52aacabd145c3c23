//! Paths that known commands and redirections touch, checked as reads and writes.

use std::borrow::Cow;

use crate::client::settings::Effective;
use crate::client::shell::{Analysis, Part, Redirect, Word, wrappers};

use super::Mode;
use super::files::{PathRule, inside, path_rule, working_dirs};
use super::path::{self, Files};
use super::readonly;
use super::ruleset::RuleRef;
use super::unsound;

/// What the paths of a command say.
#[derive(Debug, Default)]
pub struct PathFindings {
    pub deny: Option<(RuleRef, String)>,
    pub ask_rule: Option<RuleRef>,
    pub critical: Option<String>,
    pub safety: Option<String>,
    pub ask: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Touch {
    Read,
    Write,
    /// The target of a redirection: also within the working folders it needs a mode or a rule.
    Redirect,
}

/// Checks all paths of all parts. The client looks at redirections first, and at nothing else where one of them needs
/// approval.
pub fn paths(effective: &Effective, analysis: &Analysis, files: &dyn Files, mode: Mode) -> PathFindings {
    let mut out = PathFindings::default();
    let own = analysis.parts.iter().flat_map(|p| &p.redirects);
    for redirect in own.chain(&analysis.outer_redirects) {
        target(effective, redirect, files, mode, &mut out);
    }
    if out.deny.is_none() && (out.ask.is_some() || out.safety.is_some()) {
        return out;
    }
    for part in &analysis.parts {
        command(effective, behind_wrappers(part), files, &mut out);
    }
    out
}

fn target(effective: &Effective, redirect: &Redirect, files: &dyn Files, mode: Mode, out: &mut PathFindings) {
    if !redirect.writes || redirect.target.value == "/dev/null" {
        return;
    }
    let word = &redirect.target;
    if word.raw.starts_with('~') || word.glob || word.dynamic {
        out.ask.get_or_insert(format!("the target {} of a redirection is not plain", word.raw));
        return;
    }
    if climbs_back(&word.value) {
        out.ask.get_or_insert(format!("the target {} leads through a folder and out of it again", word.raw));
        return;
    }
    one(effective, &word.value, Touch::Redirect, files, mode, out);
}

fn command(effective: &Effective, words: &[Word], files: &dyn Files, out: &mut PathFindings) {
    let Some((touch, targets)) = extract(words) else { return };
    let program = words[0].value.as_str();
    if matches!(program, "mv" | "cp") && words[1..].iter().any(|w| w.value.starts_with('-')) {
        out.ask.get_or_insert(format!("{program} with options"));
    }
    for word in targets {
        if word.dynamic {
            out.ask.get_or_insert(format!("the path {} is not known before it runs", word.raw));
            continue;
        }
        let quoted_tilde = word.raw.starts_with(['\'', '"']) && word.value.starts_with('~');
        let mut value = if quoted_tilde { format!("./{}", word.value) } else { word.value.clone() };
        if value.starts_with('~') && value != "~" && !value.starts_with("~/") {
            out.ask.get_or_insert(format!("the path {value} names another home"));
            continue;
        }
        if climbs_back(&value) {
            out.ask.get_or_insert(format!("the path {value} leads through a folder and out of it again"));
            continue;
        }
        if touch == Touch::Write && value.contains(['*', '?', '[', ']', '{', '}']) {
            out.ask.get_or_insert(format!("{program} with a glob"));
            continue;
        }
        if word.glob {
            let upto = value.find(['*', '?', '[']).unwrap_or(value.len());
            value = match value[..upto].rfind('/') {
                Some(cut) => value[..=cut].to_owned(),
                None => ".".to_owned(),
            };
        }
        if matches!(program, "rm" | "rmdir") {
            let absolute =
                path::absolute(&value, &effective.environment.start_dir, &effective.environment.home);
            let holds_work = working_dirs(effective).iter().any(|dir| path::under(dir, &absolute).is_some());
            if holds_work || path::critical_to_remove(&absolute, &effective.environment.home) {
                out.critical.get_or_insert(format!("removing {absolute} is critical"));
            }
        }
        one(effective, &value, touch, files, Mode::Default, out);
    }
}

/// Whether `..` follows the name of a folder: where that leads depends on links.
fn climbs_back(path: &str) -> bool {
    let mut below = false;
    path.split('/').any(|part| match part {
        "" | "." => false,
        ".." => below,
        _ => {
            below = true;
            false
        }
    })
}

fn one(
    effective: &Effective,
    value: &str,
    touch: Touch,
    files: &dyn Files,
    mode: Mode,
    out: &mut PathFindings,
) {
    let environment = &effective.environment;
    // In commands only the place counts that a path leads to.
    let mut forms = path::forms(&path::absolute(value, &environment.start_dir, &environment.home), files);
    forms.drain(..forms.len() - 1);
    let tool = if touch == Touch::Read { "Read" } else { "Edit" };
    let rule = path_rule(effective, tool, &forms);
    match rule {
        PathRule::Deny(rule) => {
            let why = format!("a deny rule covers the path {value} of the command");
            out.deny.get_or_insert((rule, why));
            return;
        }
        PathRule::Ask(rule) => {
            out.ask_rule.get_or_insert(rule);
            return;
        }
        PathRule::Allow(_) | PathRule::None => {}
    }
    if touch != Touch::Read
        && let Some(form) = forms.iter().find(|f| path::protected(f))
    {
        out.safety.get_or_insert(format!("{form} is a protected path: no allow rule opens it"));
        return;
    }
    if matches!(rule, PathRule::Allow(_)) {
        return;
    }
    if touch == Touch::Read && matches!(path_rule(effective, "Edit", &forms), PathRule::Allow(_)) {
        return;
    }
    if !inside(effective, &forms) {
        out.ask.get_or_insert(format!("the path {value} is outside the working folders"));
    } else if touch == Touch::Redirect && !mode.accepts_edits() {
        out.ask.get_or_insert(format!("writing to {value} by redirection needs an Edit rule or acceptEdits"));
    }
}

fn behind_wrappers(part: &Part) -> &[Word] {
    unsound::behind(&part.words).ok().and_then(|from| part.words.get(from..)).unwrap_or_default()
}

/// Whether a part is one of the commands that acceptEdits runs without a prompt.
pub fn edits_files(part: &Part) -> bool {
    let behind = wrappers::stripped(&part.words).into_iter().rfind(|i| !i.fed).map_or(0, |i| i.from);
    let Some((program, args)) = part.words.get(behind..).and_then(<[Word]>::split_first) else {
        return false;
    };
    let plainly_begun = !part.assignments.is_empty() || part.text.starts_with(&part.words[0].raw);
    plainly_begun
        && wrappers::only_safe_assignments(part)
        && match program.value.as_str() {
            "mkdir" | "touch" | "rm" | "rmdir" | "mv" | "cp" => true,
            "sed" => readonly::sed_substitutes(args),
            _ => false,
        }
}

/// Whether a `cd` stays where it is.
pub fn stays(effective: &Effective, part: &Part) -> bool {
    let environment = &effective.environment;
    part.words.get(1).is_some_and(|w| {
        path::absolute(&w.value, &environment.start_dir, &environment.home)
            == path::absolute(&environment.start_dir, "/", "/")
    })
}

/// Options of `grep` and `rg` whose value is the next word.
const PATTERN_VALUES: &[&str] = &[
    "-e",
    "--regexp",
    "-f",
    "--file",
    "--exclude",
    "--include",
    "--exclude-dir",
    "--include-dir",
    "-m",
    "--max-count",
    "-A",
    "--after-context",
    "-B",
    "--before-context",
    "-C",
    "--context",
];
const RIPGREP_VALUES: &[&str] =
    &["-t", "--type", "-T", "--type-not", "-g", "--glob", "--max-depth", "-r", "--replace"];

/// Tests of `find` whose value is a path or a path pattern.
const FIND_PATHS: &[&str] = &[
    "-newer",
    "-anewer",
    "-cnewer",
    "-mnewer",
    "-samefile",
    "-path",
    "-wholename",
    "-ilname",
    "-lname",
    "-ipath",
    "-iwholename",
];

/// The paths of a command that the client knows, and whether it reads or writes them.
fn extract(words: &[Word]) -> Option<(Touch, Vec<Cow<'_, Word>>)> {
    let (program, args) = words.split_first()?;
    let all = || operands(args).into_iter().map(Cow::Borrowed).collect::<Vec<_>>();
    Some(match program.value.as_str() {
        "cat" | "stat" | "file" | "diff" | "strings" | "hexdump" | "od" | "base64" | "nl" | "column"
        | "sha256sum" | "sha1sum" | "md5sum" | "ls" | "uniq" | "paste" | "wc" | "head" | "tail" | "sort"
        | "cut" => (Touch::Read, all()),
        "cd" if args.iter().all(|w| w.value.starts_with('-')) => {
            // `cd -` leads where the shell was before; the client takes it for a name.
            let back = args.last().filter(|w| w.value == "-");
            (Touch::Read, vec![back.map_or_else(|| Cow::Owned(home()), Cow::Borrowed)])
        }
        "cd" => (Touch::Read, all()),
        "tr" => {
            let deletes = args.iter().any(|w| w.value == "--delete" || short_option(&w.value, 'd'));
            (Touch::Read, skip(all(), if deletes { 1 } else { 2 }))
        }
        "grep" => (Touch::Read, searched(args, &[])),
        "rg" => (Touch::Read, searched(args, RIPGREP_VALUES)),
        "awk" => (Touch::Read, skip(all(), 1)),
        "jq" => {
            let filter_file =
                args.iter().any(|w| w.value.starts_with("-f") || w.value.starts_with("--from-file"));
            (Touch::Read, skip(all(), usize::from(!filter_file)))
        }
        "sed" => (if readonly::sed_reads(args) { Touch::Read } else { Touch::Write }, edited(args)),
        "find" => (Touch::Read, searched_folders(args)),
        "git"
            if args.first().is_some_and(|w| w.value == "diff")
                && args.iter().any(|w| w.value == "--no-index") =>
        {
            (Touch::Read, operands(&args[1..]).into_iter().take(2).map(Cow::Borrowed).collect())
        }
        "mkdir" | "touch" | "rm" | "rmdir" | "mv" | "cp" => (Touch::Write, all()),
        _ => return None,
    })
}

/// Where a bare `cd` leads.
fn home() -> Word {
    Word { raw: "~".to_owned(), value: "~".to_owned(), glob: false, dynamic: false }
}

fn short_option(word: &str, letter: char) -> bool {
    word.starts_with('-') && !word.starts_with("--") && word.contains(letter)
}

fn skip<T>(mut list: Vec<T>, n: usize) -> Vec<T> {
    list.drain(..n.min(list.len()));
    list
}

/// The words of a command that are no options; the client takes the values of options for operands too.
fn operands(args: &[Word]) -> Vec<&Word> {
    let end = args.iter().position(|w| w.value == "--").unwrap_or(args.len());
    let before = args[..end].iter().filter(|w| !w.value.starts_with('-'));
    before.chain(args.get(end + 1..).unwrap_or_default()).collect()
}

/// The files that `grep` or `rg` read, files of patterns among them.
fn searched<'w>(args: &'w [Word], more_values: &[&str]) -> Vec<Cow<'w, Word>> {
    let (mut out, mut pattern, mut i) = (Vec::new(), false, 0);
    let mut literal = false;
    while let Some(word) = args.get(i) {
        i += 1;
        if !literal && word.value == "--" {
            literal = true;
        } else if !literal && word.value.starts_with('-') && word.value.len() > 1 {
            let (name, value) =
                word.value.split_once('=').map_or((word.value.as_str(), None), |(n, v)| (n, Some(v)));
            pattern |= matches!(name, "-e" | "--regexp" | "-f" | "--file");
            let next = value.is_none() && (PATTERN_VALUES.contains(&name) || more_values.contains(&name));
            if matches!(name, "-f" | "--file") {
                match value {
                    Some(value) => out.push(Cow::Owned(Word { value: value.to_owned(), ..word.clone() })),
                    None => out.extend(args.get(i).map(Cow::Borrowed)),
                }
            }
            i += usize::from(next);
        } else if pattern {
            out.push(Cow::Borrowed(word));
        } else {
            pattern = true;
        }
    }
    out
}

/// The files of a `sed`, files of scripts among them.
fn edited(args: &[Word]) -> Vec<Cow<'_, Word>> {
    let (mut out, mut script, mut literal, mut i) = (Vec::new(), false, false, 0);
    while let Some(word) = args.get(i) {
        i += 1;
        match word.value.as_str() {
            "--" if !literal => literal = true,
            "-f" | "--file" if !literal => {
                out.extend(args.get(i).map(Cow::Borrowed));
                script = true;
                i += 1;
            }
            "-e" | "--expression" if !literal => {
                script = true;
                i += 1;
            }
            option if !literal && option.starts_with('-') => script |= option.contains(['e', 'f']),
            _ if script => out.push(Cow::Borrowed(word)),
            _ => script = true,
        }
    }
    out
}

/// The folders that a `find` walks, and the files that its tests name.
fn searched_folders(args: &[Word]) -> Vec<Cow<'_, Word>> {
    let (mut out, mut tests, mut i) = (Vec::new(), false, 0);
    while let Some(word) = args.get(i) {
        i += 1;
        match word.value.as_str() {
            "-H" | "-L" | "-P" | "--" => {}
            option if option.starts_with('-') => {
                tests = true;
                if FIND_PATHS.contains(&option) || (option.starts_with("-newer") && option.len() == 8) {
                    out.extend(args.get(i).map(Cow::Borrowed));
                    i += 1;
                }
            }
            _ if !tests => out.push(Cow::Borrowed(word)),
            _ => {}
        }
    }
    out
}
