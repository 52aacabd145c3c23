//! `workpaper search`: where a leaked text stands, whose records hold it, who could read it and when; never the text.

use std::{
    fs,
    io::Read as _,
    path::{Path, PathBuf},
};

use serde_json::json;
use workpaper::{
    collect::{
        access::Accounts,
        logs::search::{self, SearchResult, Sought},
    },
    model::activity::GapReason,
};

use super::{
    answer::{Answer, Shown, json_rows},
    exit::{self, Exit, Failure},
    log_answers,
    logs::When,
};

/// Larger files of patterns are refused, in bytes.
const PATTERN_FILE: u64 = 1 << 20;

/// Search the logs, session files and settings for a leaked text: where it stands, who had access, when; never the text itself
#[derive(clap::Args, Debug)]
#[group(id = "sought", required = true, multiple = true, args = ["pattern", "pattern_file", "known"])]
pub(super) struct Args {
    /// The text, taken as it is. It stays in the shell's history: --pattern-file keeps it out
    pattern: Option<String>,
    /// Read the texts from a file, one a line; `-` is the standard input
    #[arg(long, value_name = "FILE")]
    pattern_file: Option<PathBuf>,
    /// Search for a pattern of the catalogue by its id, such as aws_access_key (can be repeated)
    #[arg(long, value_name = "ID")]
    known: Vec<String>,
    /// Search this file, or every file of a folder (can be repeated) [default: the logs, settings and homes of the root]
    #[arg(long, value_name = "PATH")]
    logs: Vec<PathBuf>,
    /// The file system whose logs and accounts are meant
    #[arg(long, value_name = "DIR", default_value = "/", hide_default_value = true)]
    root: PathBuf,
    #[command(flatten)]
    when: When,
    /// What to print; csv is the list of occurrences
    #[arg(long, value_enum, default_value_t = Shown::Table)]
    format: Shown,
    /// Also write the workpaper to this new folder: search.md, search.json and a CSV for each table
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// What is searched where nothing is named, below the root.
const PLACES: [&str; 4] = ["var/log/claude-code", "etc/claude-code", "opt/claude-code", "root/.claude"];
/// Folders of homes, whose `.claude` is searched.
const HOMES: [&str; 2] = ["home", "Users"];

pub(super) fn run(args: &Args) -> Result<Exit, Failure> {
    let as_of = args.when.as_of()?;
    let days = args.when.days(as_of)?;
    let texts = texts(args)?;
    let sought = Sought::new(&texts, &args.known).map_err(Failure::usage)?;
    let paths = places(args)?;
    let result = search::search(&paths, &sought, days, Some(as_of));
    let tables = tables(args, &paths, &sought, &result);
    if let Some(folder) = &args.out {
        write(folder, &tables)?;
    }
    exit::print(&match args.format {
        Shown::Table | Shown::Md => whole(&tables, args.format),
        Shown::Json => as_json(&tables),
        Shown::Csv => tables
            .iter()
            .find(|table| table.name == "occurrences")
            .map_or_else(String::new, |t| t.shown(Shown::Csv)),
    })?;
    Ok(ends(&result))
}

/// A place that could not be read leaves the answer open; where nothing at all was read, there is none.
fn ends(result: &SearchResult) -> Exit {
    let hinders = |reason: GapReason| {
        !matches!(reason, GapReason::SameContent | GapReason::Changed | GapReason::NotAFile)
    };
    if result.gaps_not_listed > 0 || result.gaps.iter().any(|gap| hinders(gap.reason)) {
        Exit::gate(3)
    } else if result.files == 0 {
        Exit::gate(5)
    } else {
        Exit::OPEN
    }
}

fn texts(args: &Args) -> Result<Vec<String>, Failure> {
    let mut texts: Vec<String> = args.pattern.iter().cloned().collect();
    if let Some(path) = &args.pattern_file {
        let text = pattern_file(path)
            .map_err(|error| Failure::usage(format!("--pattern-file {}: {error}", path.display())))?;
        let before = texts.len();
        texts.extend(text.lines().map(str::to_owned).filter(|line| !line.is_empty()));
        if texts.len() == before {
            return Err(Failure::usage(format!("--pattern-file {} holds no text", path.display())));
        }
    }
    Ok(texts)
}

fn pattern_file(path: &Path) -> std::io::Result<String> {
    let mut text = String::new();
    let mut limited: Box<dyn std::io::Read> = if path == Path::new("-") {
        Box::new(std::io::stdin().lock().take(PATTERN_FILE + 1))
    } else {
        Box::new(fs::File::open(path)?.take(PATTERN_FILE + 1))
    };
    limited.read_to_string(&mut text)?;
    if text.len() as u64 > PATTERN_FILE {
        return Err(std::io::Error::other("longer than 1 MiB"));
    }
    Ok(text)
}

/// The places to search: those named, or the client's own below the root that are there.
fn places(args: &Args) -> Result<Vec<PathBuf>, Failure> {
    if let Some(missing) = args.logs.iter().find(|path| path.symlink_metadata().is_err()) {
        return Err(
            Failure::world(format!("{} is not there", missing.display())).hint("name a file or a folder")
        );
    }
    if !args.logs.is_empty() {
        return Ok(args.logs.clone());
    }
    let mut places: Vec<PathBuf> = PLACES.iter().map(|place| args.root.join(place)).collect();
    for homes in HOMES {
        let entries = match fs::read_dir(args.root.join(homes)) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            Err(error) => {
                return Err(Failure::world(format!("{}: {error}", args.root.join(homes).display())));
            }
        };
        places.extend(entries.flatten().map(|home| home.path().join(".claude")));
    }
    places.sort();
    // What cannot be looked at is kept, so that the search says so.
    places.retain(|place| {
        place.symlink_metadata().map_or_else(|error| error.kind() != std::io::ErrorKind::NotFound, |_| true)
    });
    if places.is_empty() {
        return Err(Failure::world(format!("nothing of the client is below {}", args.root.display()))
            .hint("name files or folders with --logs"));
    }
    Ok(places)
}

/// The tables of the workpaper: what was done, what was found, whose, where with whose access, and when.
fn tables(args: &Args, paths: &[PathBuf], sought: &Sought, result: &SearchResult) -> Vec<Answer> {
    let total = result.total();
    vec![
        summary(args, paths, sought, result),
        occurrences(result, total),
        access(&args.root, sought, result),
        counted("people", &["person", "records"], &result.people, |person| {
            person.clone().unwrap_or_else(|| "(names nobody)".to_owned())
        }),
        counted("timeline", &["day", "records"], &result.days, |day| {
            day.map_or_else(|| "(no time)".to_owned(), |day| day.to_string())
        }),
    ]
}

fn summary(args: &Args, paths: &[PathBuf], sought: &Sought, result: &SearchResult) -> Answer {
    let row = |what: &str, value: String| vec![what.to_owned(), value];
    let mut rows: Vec<Vec<String>> = result
        .found
        .iter()
        .map(|(what, records)| row(&format!("records that hold {what}"), records.to_string()))
        .collect();
    rows.extend([
        row("files searched", result.files.to_string()),
        row("bytes searched", result.bytes.to_string()),
        row("records read", result.records.to_string()),
        row("pieces that are no record, searched too", result.not_records.to_string()),
        row("records outside the days asked for, not searched", result.outside.to_string()),
        row("places not read", (result.gaps.len() as u64 + result.gaps_not_listed).to_string()),
    ]);
    rows.extend(paths.iter().map(|path| row("searched", sought.shown(&path.display().to_string()))));
    let mut notes = vec![
        "evidence of where a text stands in what was searched; other encodings of it (base64, archives in archives) and what was deleted before are not tested".to_owned(),
    ];
    if args.pattern.is_some() {
        notes.push("the text was given on the command line: it stands in the shell's history and was shown in the list of processes; --pattern-file keeps it out".to_owned());
    }
    notes.extend(log_answers::not_read(&result.gaps, result.gaps_not_listed));
    Answer { name: "search", columns: &["what", "value"], rows, notes }
}

fn occurrences(result: &SearchResult, total: u64) -> Answer {
    let rows: Vec<Vec<String>> = result
        .occurrences
        .iter()
        .map(|found| {
            vec![
                found.at.map(|at| at.to_string()).unwrap_or_default(),
                found.user.clone().unwrap_or_default(),
                found.tool.clone().unwrap_or_default(),
                found.what.clone(),
                found.path.clone(),
                found.line.to_string(),
                found.offset.to_string(),
                found.fingerprint.clone(),
            ]
        })
        .collect();
    let notes =
        vec![format!("{} of {total} records are listed; line and byte are of the unpacked file", rows.len())];
    let columns = &["time", "person", "tool", "what", "file", "line", "byte", "fingerprint"];
    Answer { name: "occurrences", columns, rows, notes }
}

/// Who had access to the files that hold it: as their modes are now, which may not be as they were.
fn access(root: &Path, sought: &Sought, result: &SearchResult) -> Answer {
    let accounts = Accounts::of(root);
    let rows = result.holders.iter().map(|holder| {
        let mut row = vec![holder.path.clone(), holder.records.to_string()];
        row.extend(match holder.files.as_slice() {
            [file] => match accounts.access(file) {
                Ok(access) => [
                    sought.shown(&access.owner),
                    sought.shown(&access.group),
                    format!("{:04o}", access.mode),
                    if accounts.known {
                        sought.shown(&access.readers.join(" "))
                    } else {
                        "not known: the accounts were not seen".to_owned()
                    },
                ],
                Err(error) => [String::new(), String::new(), String::new(), format!("not known: {error}")],
            },
            files => [
                String::new(),
                String::new(),
                String::new(),
                format!("not told apart: the names of {} files look alike", files.len()),
            ],
        });
        row
    });
    Answer {
        name: "access",
        columns: &["file", "records", "owner", "group", "mode", "accounts_that_may_read"],
        rows: rows.collect(),
        notes: vec![
            "owners and modes of today, of the files and of the folders above; access lists, backups and what forwarded the logs are not tested".to_owned(),
        ],
    }
}

fn counted<K: Ord>(
    name: &'static str,
    columns: &'static [&'static str],
    counts: &std::collections::BTreeMap<K, u64>,
    shown: impl Fn(&K) -> String,
) -> Answer {
    let rows = counts.iter().map(|(key, records)| vec![shown(key), records.to_string()]).collect();
    Answer { name, columns, rows, notes: Vec::new() }
}

fn whole(tables: &[Answer], form: Shown) -> String {
    let titled = tables.iter().map(|table| {
        let mark = if matches!(form, Shown::Md) { "## " } else { "== " };
        format!("{mark}{}\n\n{}\n", table.name, table.shown(form))
    });
    titled.collect()
}

fn as_json(tables: &[Answer]) -> String {
    let mut value = json!({ "schema": "workpaper/search/v1" });
    for table in tables {
        value[table.name] = json!({ "rows": json_rows(table), "notes": table.notes });
    }
    format!("{value:#}\n")
}

/// Writes the workpaper to a folder of its own, which only its owner may read.
fn write(folder: &Path, tables: &[Answer]) -> Result<(), Failure> {
    let failed =
        |path: &Path, error: std::io::Error| Failure::world(format!("writing {}: {error}", path.display()));
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).map_err(|error| failed(folder, error))?;
    let mut files = vec![
        ("search.md".to_owned(), format!("# Forensic search\n\n{}", whole(tables, Shown::Md))),
        ("search.json".to_owned(), as_json(tables)),
    ];
    files.extend(tables.iter().map(|table| (format!("{}.csv", table.name), table.shown(Shown::Csv))));
    for (name, text) in files {
        let path = folder.join(name);
        fs::write(&path, text).map_err(|error| failed(&path, error))?;
    }
    Ok(())
}
