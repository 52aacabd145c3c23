//! Paths that known commands and redirections touch, checked as reads and writes.

use crate::client::settings::Effective;
use crate::client::shell::{Analysis, Part, Redirect, Word, wrappers};

use super::Mode;
use super::files::{PathRule, inside, path_rule};
use super::path::{self, Files};
use super::readonly;
use super::ruleset::RuleRef;

/// What the paths of a command say.
#[derive(Debug, Default)]
pub struct PathFindings {
    pub deny: Option<(RuleRef, String)>,
    pub ask_rule: Option<RuleRef>,
    pub critical: Option<String>,
    pub safety: Option<String>,
    pub ask: Option<String>,
    pub unknown: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Touch {
    Read,
    Write,
    /// The target of a redirection: also within the working folders it needs a mode or a rule.
    Redirect,
}

/// Checks all paths of all parts.
pub fn paths(effective: &Effective, analysis: &Analysis, files: &dyn Files, mode: Mode) -> PathFindings {
    let mut out = PathFindings::default();
    for part in &analysis.parts {
        part_paths(effective, part, files, &mut out);
        for redirect in &part.redirects {
            target(effective, redirect, files, mode, &mut out);
        }
    }
    for redirect in &analysis.outer_redirects {
        target(effective, redirect, files, mode, &mut out);
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
    one(effective, &word.value, Touch::Redirect, files, mode, out);
}

/// Whether a deny rule covers a path of a part that stands in the list itself.
pub fn denied(effective: &Effective, part: &Part, files: &dyn Files) -> Option<RuleRef> {
    let mut out = PathFindings::default();
    part_paths(effective, part, files, &mut out);
    out.deny.map(|(rule, _)| rule)
}

fn part_paths(effective: &Effective, part: &Part, files: &dyn Files, out: &mut PathFindings) {
    let shown = behind_wrappers(part);
    command(effective, shown, false, files, out);
    // Whether path rules reach behind the wrappers that only deny rules look behind was not measured.
    let hidden = wrappers::inner(part, true, true).last().map_or(part.words.len(), |i| i.from);
    if let Some(words) = part.words.get(hidden..).filter(|w| !w.is_empty() && w.len() < shown.len()) {
        command(effective, words, true, files, out);
    }
}

fn command(effective: &Effective, words: &[Word], perhaps: bool, files: &dyn Files, out: &mut PathFindings) {
    let Some((touch, targets)) = extract(words) else { return };
    let program = words[0].value.as_str();
    if perhaps {
        for word in targets.iter().filter(|w| !w.dynamic && !w.glob) {
            perhaps_denied(effective, &word.value, touch, files, out);
        }
        return;
    }
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
        if word.glob {
            if touch == Touch::Write {
                out.ask.get_or_insert(format!("{program} with a glob"));
                continue;
            }
            let upto = value.find(['*', '?', '[']).unwrap_or(value.len());
            value = match value[..upto].rfind('/') {
                Some(cut) => value[..=cut].to_owned(),
                None => ".".to_owned(),
            };
        }
        if matches!(program, "rm" | "rmdir") {
            let absolute =
                path::absolute(&value, &effective.environment.start_dir, &effective.environment.home);
            if path::critical_to_remove(&absolute, &effective.environment.home) {
                out.critical.get_or_insert(format!("removing {absolute} is critical"));
            }
        }
        one(effective, &value, touch, files, Mode::Default, out);
    }
}

/// A deny rule that would cover the path if the client looked at it.
fn perhaps_denied(
    effective: &Effective,
    value: &str,
    touch: Touch,
    files: &dyn Files,
    out: &mut PathFindings,
) {
    let environment = &effective.environment;
    let forms = path::forms(&path::absolute(value, &environment.start_dir, &environment.home), files);
    let tool = if touch == Touch::Write { "Edit" } else { "Read" };
    if let PathRule::Deny(rule) = path_rule(effective, tool, &forms) {
        out.unknown
            .get_or_insert(format!("whether {} reaches {value} in this command was not measured", rule.rule));
    }
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
    let forms = path::forms(&path::absolute(value, &environment.start_dir, &environment.home), files);
    let tool = if touch == Touch::Read { "Read" } else { "Edit" };
    let rule = path_rule(effective, tool, &forms);
    match rule {
        PathRule::Deny(rule) => {
            let why = format!("a deny rule covers the path {value} of the command");
            out.deny.get_or_insert((rule, why));
            return;
        }
        PathRule::Doubt(rule) => {
            out.unknown.get_or_insert(format!(
                "whether {} covers {value} depends on whether case counts",
                rule.rule
            ));
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
    let from = wrappers::inner(part, false, false).last().map_or(0, |i| i.from);
    &part.words[from..]
}

/// Whether a part is one of the commands that acceptEdits runs without a prompt.
pub fn edits_files(part: &Part) -> bool {
    wrappers::only_safe_assignments(part)
        && behind_wrappers(part).first().is_some_and(|w| {
            matches!(w.value.as_str(), "mkdir" | "touch" | "rm" | "rmdir" | "mv" | "cp" | "sed")
        })
}

/// Whether a `cd` stays where it is.
pub fn stays(effective: &Effective, part: &Part) -> bool {
    let environment = &effective.environment;
    part.words.get(1).is_some_and(|w| {
        path::absolute(&w.value, &environment.start_dir, &environment.home)
            == path::absolute(&environment.start_dir, "/", "/")
    })
}

/// The paths of a command that the client knows, and whether it reads or writes them.
fn extract(words: &[Word]) -> Option<(Touch, Vec<&Word>)> {
    let (program, args) = words.split_first()?;
    let plain = |values: &[&str]| operands(args, values);
    let given = |names: &[&str]| {
        args.iter().any(|w| {
            names.iter().any(|n| {
                w.value == *n || (n.len() == 2 && w.value.starts_with(n) && !w.value.starts_with("--"))
            })
        })
    };
    Some(match program.value.as_str() {
        "cat" | "stat" | "file" | "diff" | "strings" | "hexdump" | "od" | "base64" | "nl" | "column"
        | "sha256sum" | "sha1sum" | "md5sum" | "ls" | "uniq" | "paste" | "wc" | "cd" => {
            (Touch::Read, plain(&[]))
        }
        "head" | "tail" => (Touch::Read, plain(&["-n", "-c", "--lines", "--bytes"])),
        "sort" => (Touch::Read, plain(&["-k", "-t", "-S", "-T", "--key"])),
        "cut" => (Touch::Read, plain(&["-d", "-f", "-c", "-b"])),
        "tr" => (Touch::Read, Vec::new()),
        "grep" | "rg" => {
            let values = [
                "-A",
                "-B",
                "-C",
                "-m",
                "-e",
                "-f",
                "-g",
                "-t",
                "-T",
                "--include",
                "--exclude",
                "--glob",
                "--type",
            ];
            let list = plain(&values);
            (Touch::Read, skip(list, usize::from(!given(&["-e", "-f", "--regexp", "--file"]))))
        }
        "awk" => (Touch::Read, skip(plain(&["-F", "-v", "-f"]), usize::from(!given(&["-f"])))),
        "jq" => (
            Touch::Read,
            skip(
                plain(&["--arg", "--argjson", "-f", "--indent"]),
                usize::from(!given(&["-f", "--from-file"])),
            ),
        ),
        "sed" => {
            let touch = if readonly::sed_edits(args) { Touch::Write } else { Touch::Read };
            (
                touch,
                skip(
                    plain(&["-e", "-f", "-l"]),
                    usize::from(!given(&["-e", "-f", "--expression", "--file"])),
                ),
            )
        }
        "find" => {
            let until = args
                .iter()
                .position(|w| w.value.starts_with('-') && !matches!(w.value.as_str(), "-H" | "-L" | "-P"));
            (
                Touch::Read,
                args[..until.unwrap_or(args.len())].iter().filter(|w| !w.value.starts_with('-')).collect(),
            )
        }
        "mkdir" => (Touch::Write, plain(&["-m", "--mode"])),
        "touch" => (Touch::Write, plain(&["-d", "-t", "-r", "--date"])),
        "rm" | "rmdir" | "mv" | "cp" => (Touch::Write, plain(&[])),
        _ => return None,
    })
}

fn skip(mut list: Vec<&Word>, n: usize) -> Vec<&Word> {
    list.drain(..n.min(list.len()));
    list
}

/// The words of a command that are neither options nor values of the options named.
fn operands<'w>(args: &'w [Word], with_value: &[&str]) -> Vec<&'w Word> {
    let mut out = Vec::new();
    let mut i = 0;
    while i < args.len() {
        let word = &args[i];
        i += 1;
        if word.value == "--" {
            out.extend(&args[i..]);
            break;
        }
        if word.value.starts_with('-') && word.value.len() > 1 {
            i += usize::from(with_value.contains(&word.value.as_str()));
        } else if word.value != "-" {
            out.push(word);
        }
    }
    out
}
