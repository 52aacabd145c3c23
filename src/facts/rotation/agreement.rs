//! The real logrotate is the judge, where it is installed: of every file of the corpus, and of generated configurations.

mod generated;

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Command;

use self::generated::{Random, configuration, lines};
use super::{Criterion, Rotation, Rules, Section, Texts, parse};

fn shared(part: &str) -> Option<PathBuf> {
    let roots =
        [std::env::var("WORKPAPER_SHARED").unwrap_or_default(), "../shared".into(), "../../shared".into()];
    roots.iter().filter(|r| !r.is_empty()).map(|r| Path::new(r).join(part)).find(|p| p.is_dir())
}

/// A folder with logs to rotate, a place for old ones, and a folder of files to include.
struct Bench {
    folder: tempfile::TempDir,
    /// logrotate changes to other users only when root runs it.
    root: bool,
}

const LOGS: [&str; 8] = ["a0.log", "a1.log", "a2.log", "b 0x.log", "b 0y.log", "b 1x.log", "c.log", "z"];

impl Bench {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let bench = Bench { root: folder.path().metadata().expect("seen").uid() == 0, folder };
        for part in ["", "old", "inc", "testdir"] {
            std::fs::create_dir_all(bench.path(part)).expect("made");
            bench.set(part, 0o755);
        }
        for log in LOGS {
            bench.put(log, "a record\n");
        }
        bench
    }

    fn path(&self, part: &str) -> PathBuf {
        self.folder.path().join(part)
    }

    fn name(&self, part: &str) -> String {
        self.path(part).display().to_string().trim_end_matches('/').to_owned()
    }

    fn set(&self, part: &str, mode: u32) {
        std::fs::set_permissions(self.path(part), std::fs::Permissions::from_mode(mode)).expect("set");
    }

    fn put(&self, part: &str, text: &str) {
        std::fs::write(self.path(part), text).expect("written");
        self.set(part, 0o644);
    }

    /// What logrotate prints about a configuration; nothing where it is not installed.
    fn run(&self, forced: bool) -> Option<String> {
        let mut command = Command::new("logrotate");
        command.args(["-d", "-s", &self.name("state")]).args(forced.then_some("-f"));
        let output = command.arg(self.path("c.conf")).output().ok()?;
        Some(String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout))
    }

    /// Of every section: what it names, when, how many.
    fn heads(&self) -> Option<Vec<String>> {
        Some(blocks(&self.run(false)?).map(head_told).collect())
    }

    /// The same, and what is done to its logs.
    fn real(&self) -> Option<Vec<String>> {
        let (plain, forced) = (self.run(false)?, self.run(true)?);
        Some(blocks(&plain).zip(blocks(&forced)).map(|(plain, forced)| told_of(plain, forced)).collect())
    }
}

fn blocks(text: &str) -> impl Iterator<Item = &str> {
    text.split("rotating pattern: ").skip(1)
}

/// The names, the criterion, the count, the folder and the sizes, without quotes.
fn head_told(plain: &str) -> String {
    let head = plain.split(", old log").next().unwrap_or_default().replace(['"', '\'', '\\'], "");
    // What a section is called that lost its names.
    let head = head.replace("(null) ", "");
    head.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The head of a section, and what was done with force.
fn told_of(plain: &str, forced: &str) -> String {
    let head = head_told(plain);
    let lines = || forced.lines().map(str::trim);
    let after = |start: &'static str| lines().filter_map(move |line| line.strip_prefix(start));
    let logs: BTreeSet<&str> = after("considering log ").collect();
    let mut told = vec![head, format!("logs {logs:?}")];
    if let Some(switched) =
        after("switching euid from ").find(|rest| !rest.contains(" to 0 and egid from 0 to 0 "))
    {
        let to: Vec<&str> = switched.split(' ').collect();
        told.push(format!("as {} {}", to[2], to[8]));
    }
    let rotated: Vec<&str> = after("rotating log ").collect();
    // A log that is not there holds the others of its section up.
    if rotated.is_empty() || forced.contains("error: stat of ") {
        return told.join("; ");
    }
    told.push(format!("cut {}", after("truncating ").count() > 0));
    let made: BTreeSet<String> = after("creating new ")
        .filter_map(|rest| rest.split_once(" mode = ").map(|(_, made)| made.to_owned()))
        .collect();
    told.push(format!("made {made:?}"));
    let moves = ["renaming ", "copying ", "skip copying "].into_iter().flat_map(after);
    let mut new = moves.filter_map(|line| line.split_once(" to ")).map(|(_, to)| to.trim());
    let dated = new.any(|to| to.split('-').any(|part| part.len() >= 4 && part.starts_with("20")));
    told.push(format!("dated {dated}"));
    told.push(format!("scripts {:?}", ran(&lines().collect::<Vec<_>>())));
    told.join("; ")
}

/// How often each script is started.
fn ran(lines: &[&str]) -> BTreeMap<String, usize> {
    let mut ran = BTreeMap::new();
    for line in lines {
        let name = match *line {
            "running prerotate script" => "prerotate",
            "running postrotate script" => "postrotate",
            "running first action script" => "firstaction",
            "running last action script" => "lastaction",
            _ => continue,
        };
        *ran.entry(name.to_owned()).or_default() += 1;
    }
    ran
}

/// The same, from what was parsed.
fn ours(rotation: &Rotation, real: &[String]) -> Vec<String> {
    let assigned = &rotation.assigned;
    let of = |number: usize| {
        let logs =
            assigned.iter().filter(move |(_, section)| **section == number).map(|(log, _)| log.as_str());
        logs.collect::<BTreeSet<&str>>()
    };
    rotation
        .sections
        .iter()
        .enumerate()
        // With no log left to it, a section is looked at no further.
        .map(|(number, section)| {
            let theirs = real.get(number).map_or("", String::as_str);
            ours_of(section, &of(number), theirs.contains("; cut "))
        })
        .collect()
}

fn ours_of(section: &Section, logs: &BTreeSet<&str>, rotated: bool) -> String {
    let rules = &section.rules;
    let mut told = vec![head_of(section), format!("logs {logs:?}")];
    if let Some((user, group)) = &rules.su
        && (number(user), number(group)) != (0, 0)
        && !logs.is_empty()
    {
        told.push(format!("as {} {}", number(user), number(group)));
    }
    if !rotated {
        return told.join("; ");
    }
    let there: Vec<&&str> = logs.iter().filter(|log| Path::new(log).exists()).collect();
    told.push(format!("cut {}", rules.copy_truncate));
    let made: BTreeSet<String> = match &rules.create {
        Some(create) if !rules.copy && !rules.copy_truncate => {
            let of = |name: &Option<String>| name.as_deref().map_or(0, number);
            let mode = create.mode.unwrap_or(0o644);
            [format!("0{mode:o} uid = {} gid = {}", of(&create.owner), of(&create.group))].into()
        }
        _ => BTreeSet::new(),
    };
    told.push(format!("made {made:?}"));
    told.push(format!("dated {}", rules.date_ext));
    let mut ran = BTreeMap::new();
    for script in rules.scripts.keys().filter(|name| *name != "preremove") {
        let each = matches!(script.as_str(), "prerotate" | "postrotate") && !rules.shared_scripts;
        ran.insert(script.clone(), if each { there.len() } else { 1 });
    }
    told.push(format!("scripts {ran:?}"));
    told.join("; ")
}

fn number(name: &str) -> u32 {
    if name == "adm" { 4 } else { 0 }
}

fn head_of(section: &Section) -> String {
    let r: &Rules = &section.rules;
    let criterion = match r.criterion {
        Criterion::Hourly => "hourly".into(),
        Criterion::Daily => "after 1 days".into(),
        Criterion::Weekly(_) => "weekly".into(),
        Criterion::Monthly => "monthly".into(),
        Criterion::Yearly => "yearly".into(),
        Criterion::Size(n) => format!("{n} bytes"),
    };
    let count = match r.rotate {
        None => String::new(),
        Some(0) => " (no old logs will be kept)".into(),
        Some(n) => format!(" ({n} rotations)"),
    };
    let names = section.patterns.join(" ").replace(['"', '\'', '\\'], "");
    let mut text = format!("{names} {criterion}{count} ").trim_start().to_owned();
    if let Some(folder) = &r.old_dir {
        text.push_str(&format!("olddir is {folder}, "));
    }
    text.push_str(if r.if_empty { "empty log files are rotated" } else { "empty log files are not rotated" });
    if r.min_size > 0 {
        text.push_str(&format!(", only log files >= {} bytes are rotated", r.min_size));
    }
    if let Some(max) = r.max_size {
        text.push_str(&format!(", log files >= {max} are rotated earlier"));
    }
    if r.min_age > 0 {
        text.push_str(&format!(", only log files older than {} days are rotated", r.min_age));
    }
    text
}

fn parsed(bench: &Bench, text: &str, beside: &Texts) -> Rotation {
    let root = bench.name("c.conf");
    let mut texts = beside.clone();
    texts.insert(root.clone(), text.to_owned());
    let logs = LOGS.iter().map(|log| bench.name(log)).collect();
    parse(&root, &texts, &logs)
}

fn differ(
    name: &str,
    real: &[String],
    ours: &[String],
    rotation: &Rotation,
    text: &str,
    beside: &Texts,
) -> String {
    let faults = &rotation.faults;
    format!("{name}\n  real {real:#?}\n  ours {ours:#?}\n  faults {faults:#?}\n{text}\n{beside:#?}")
}

#[test]
fn the_corpus_is_read_as_the_real_logrotate_reads_it() {
    let bench = Bench::new();
    let mut wrong = Vec::new();
    let Some(corpus) = shared("corpora/logrotate") else { return eprintln!("skipped: no corpus") };
    let mut files: Vec<_> = std::fs::read_dir(corpus).expect("listed").flatten().map(|e| e.path()).collect();
    files.sort();
    let mut system = Texts::new();
    for entry in std::fs::read_dir("/etc/logrotate.d").into_iter().flatten().flatten() {
        if let Ok(text) = std::fs::read_to_string(entry.path()) {
            system.insert(entry.path().display().to_string(), text);
        }
    }
    for file in files {
        let Ok(text) = std::fs::read_to_string(&file) else { continue };
        let text = text
            .replace("&DIR&", &bench.name(""))
            .replace("&USER&", "root")
            .replace("&ROOTGROUP&", "root")
            .replace("&GROUP&", "root");
        bench.put("c.conf", &text);
        let Some(real) = bench.heads() else { return eprintln!("skipped: logrotate is not installed") };
        let rotation = parsed(&bench, &text, &system);
        let ours: Vec<String> = rotation.sections.iter().map(head_of).collect();
        if ours != real {
            wrong.push(differ(&file.display().to_string(), &real, &ours, &rotation, &text, &Texts::new()));
        }
    }
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn generated_configurations_are_read_as_the_real_logrotate_reads_them() {
    let bench = Bench::new();
    let mut wrong = Vec::new();
    let mut random = Random(42);
    for number in 0..300 {
        let mut beside = Texts::new();
        for name in ["inc/k.conf", "inc/m.skip", "inc/n~", "inc/.hidden", "more.conf", "inner.conf"] {
            let text = match name {
                "inner.conf" => lines(&mut random, &bench, 2),
                _ => configuration(&mut random, &bench, 1),
            };
            bench.put(name, &text);
            beside.insert(bench.name(name), text);
        }
        let text = configuration(&mut random, &bench, 3);
        bench.put("c.conf", &text);
        let Some(real) = bench.real() else { return eprintln!("skipped: logrotate is not installed") };
        let rotation = parsed(&bench, &text, &beside);
        let ours = ours(&rotation, &real);
        if ours != real {
            wrong.push(differ(&format!("generated {number}"), &real, &ours, &rotation, &text, &beside));
        }
    }
    assert!(wrong.is_empty(), "{} differ, the first:\n{}", wrong.len(), wrong[0]);
}
