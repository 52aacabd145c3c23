//! Tests of the rotation reader: the real logrotate is the judge where it is installed; the simulation judges the arithmetic.

use std::path::{Path, PathBuf};
use std::process::Command;

use jiff::civil::{Date, date};

use super::*;

fn shared(part: &str) -> Option<PathBuf> {
    let roots =
        [std::env::var("WORKPAPER_SHARED").unwrap_or_default(), "../shared".into(), "../../shared".into()];
    roots.iter().filter(|r| !r.is_empty()).map(|r| Path::new(r).join(part)).find(|p| p.is_dir())
}

fn one(text: &str) -> Rotation {
    parse("c", &Texts::from([("c".into(), text.into())]))
}

/// What `logrotate --debug` says of each section: the names, the criterion, the count, and the sizes.
fn real(config: &Path, dir: &Path) -> Option<Vec<String>> {
    let output =
        Command::new("logrotate").arg("-d").arg("-s").arg(dir.join("state")).arg(config).output().ok()?;
    let text =
        String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
    let mut found = Vec::new();
    for block in text.split("rotating pattern: ").skip(1) {
        let head = block.split("considering log").next().unwrap_or_default();
        let head = head.split(", old logs").next().unwrap_or_default().replace(['\n', '"'], " ");
        let words: Vec<&str> = head.split_whitespace().collect();
        let rule = words
            .iter()
            .position(|w| {
                matches!(*w, "hourly" | "weekly" | "monthly" | "yearly" | "after") || w.parse::<u64>().is_ok()
            })
            .unwrap_or(words.len());
        let mut text = words.join(" ");
        if let Some(at) = text.find("olddir is") {
            let end = text[at..].find(", ").map_or(text.len(), |n| at + n + 2);
            text.replace_range(at..end, "");
        }
        assert!(rule < words.len(), "an output of another form: {head}");
        found.push(text.trim_end_matches([',', ' ']).to_owned());
    }
    Some(found)
}

/// The same, from what was parsed.
fn ours(rotation: &Rotation) -> Vec<String> {
    rotation
        .sections
        .iter()
        .map(|s| {
            let r = &s.rules;
            let criterion = match r.criterion {
                Criterion::Hourly => "hourly".into(),
                Criterion::Daily => "after 1 days".into(),
                Criterion::Weekly(_) => "weekly".into(),
                Criterion::Monthly(_) => "monthly".into(),
                Criterion::Yearly => "yearly".into(),
                Criterion::Size(n) => format!("{n} bytes"),
            };
            let count = match r.rotate {
                None => String::new(),
                Some(0) => " (no old logs will be kept)".into(),
                Some(n) => format!(" ({n} rotations)"),
            };
            let mut text = format!("{} {criterion}{count}", s.patterns.join(" "));
            text.push_str(if r.if_empty {
                " empty log files are rotated"
            } else {
                " empty log files are not rotated"
            });
            if r.min_size > 0 {
                text.push_str(&format!(", only log files >= {} bytes are rotated", r.min_size));
            }
            if let Some(max) = r.max_size.filter(|m| *m > 0) {
                text.push_str(&format!(", log files >= {max} are rotated earlier"));
            }
            if r.min_age > 0 {
                text.push_str(&format!(", only log files older than {} days are rotated", r.min_age));
            }
            text
        })
        .collect()
}

fn compare(text: &str, name: &str, dir: &Path, wrong: &mut Vec<String>) -> bool {
    use std::os::unix::fs::PermissionsExt;
    let path = dir.join("c.conf");
    std::fs::write(&path, text).expect("written");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).expect("set");
    let Some(real) = real(&path, dir) else { return false };
    let mut texts = Texts::from([("c.conf".to_owned(), text.to_owned())]);
    if let Ok(entries) = std::fs::read_dir("/etc/logrotate.d") {
        for entry in entries.flatten() {
            if let Ok(text) = std::fs::read_to_string(entry.path()) {
                texts.insert(entry.path().display().to_string(), text);
            }
        }
    }
    let rotation = parse("c.conf", &texts);
    let mut mine = ours(&rotation);
    let mut theirs = real;
    if text.contains("include") {
        mine.sort();
        theirs.sort();
    }
    if mine != theirs {
        wrong.push(format!(
            "{name}\n  real {theirs:#?}\n  ours {mine:#?}\n  faults {:?}\n{text}",
            rotation.faults
        ));
    }
    true
}

#[test]
fn agrees_with_the_real_logrotate() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut wrong = Vec::new();
    let mut compared = 0;
    if let Some(corpus) = shared("corpora/logrotate") {
        let mut files: Vec<_> =
            std::fs::read_dir(corpus).expect("listed").flatten().map(|e| e.path()).collect();
        files.sort();
        for file in files {
            let Ok(text) = std::fs::read_to_string(&file) else { continue };
            let text = text
                .replace("&DIR&", &dir.path().display().to_string())
                .replace("&USER&", "root")
                .replace("&ROOTGROUP&", "root")
                .replace("&GROUP&", "root");
            // Read here as newer releases read it: `monthly DAY`, and quotes in `su`.
            if text.contains("monthly 31") || text.contains("su \"") {
                continue;
            }
            // A missing folder of old logs is the host's state, not the configuration's meaning.
            if text.contains("olddir") {
                std::fs::create_dir_all(dir.path().join("testdir")).expect("made");
            }
            if !compare(&text, &file.display().to_string(), dir.path(), &mut wrong) {
                eprintln!("skipped: logrotate is not installed");
                return;
            }
            compared += 1;
        }
    } else {
        eprintln!("skipped: no corpus");
    }
    let mut state = 42u64;
    for _ in 0..200 {
        if !compare(&generated(&mut state, dir.path()), "generated", dir.path(), &mut wrong) {
            eprintln!("skipped: logrotate is not installed");
            return;
        }
        compared += 1;
    }
    assert!(wrong.is_empty(), "{} of {compared} differ:\n{}", wrong.len(), wrong.join("\n"));
}

fn generated(state: &mut u64, dir: &Path) -> String {
    let mut below = |n: u64| {
        *state ^= *state << 13;
        *state ^= *state >> 7;
        *state ^= *state << 17;
        (*state >> 20) % n
    };
    let mut directive = || match below(22) {
        0 => "daily".to_owned(),
        1 => "weekly".into(),
        2 => "monthly".into(),
        3 => "hourly".into(),
        4 => "yearly".into(),
        5 => format!("rotate {}", below(100)),
        6 => format!("rotate={}", below(100)),
        7 => "rotate -1".into(),
        8 => format!("size {}{}", below(500), ["", "k", "M", "G", "x"][below(5) as usize]),
        9 => format!("minsize {}k", 1 + below(50)),
        10 => format!("maxsize {}M", 1 + below(50)),
        11 => format!("maxage {}", below(400)),
        12 => format!("minage {}", below(9)),
        13 => "notifempty".into(),
        14 => "ifempty".into(),
        15 => "compress\n  delaycompress".into(),
        16 => "create 0640 root root".into(),
        17 => "copytruncate".into(),
        18 => "dateext".into(),
        19 => "  # a comment\n\n  missingok".into(),
        20 => "postrotate\n    /bin/true }\n  endscript".into(),
        _ => "no_such_word".into(),
    };
    let mut text = String::new();
    for _ in 0..3 {
        let line = directive();
        if !line.contains("script") && !line.contains('x') && !line.contains("no_such") {
            text.push_str(&line);
            text.push('\n');
        }
    }
    for n in 0..3 {
        text.push_str(&format!(
            "{0}/a{n}.log \"{0}/b {n}*.log\"{1}{{\n",
            dir.display(),
            if n == 1 { "\n" } else { " " }
        ));
        for _ in 0..5 {
            text.push_str(&format!("  {}\n", directive()));
        }
        text.push_str("}\n");
    }
    text
}

const GUIDE: &str = "/var/log/claude-code/*.log {\ndaily\nrotate 90\ncompress\ndelaycompress\nmissingok\nnotifempty\ncreate 0600 root root\nsharedscripts\npostrotate\n# Notify SIEM or archival system\n/opt/claude-code/archive-audit-logs.sh\nendscript\n}\n";

#[test]
fn the_guides_own_file_keeps_ninety_days_and_locks_the_writer_out() {
    let rotation = one(GUIDE);
    let simulation = Simulation { rotation: &rotation, runs: Runs::Daily };
    let kept = simulation.days_kept("/var/log/claude-code/audit.log", Some("dev"));
    assert_eq!(kept.days, Days::Exact(90));
    assert!(kept.guarantees(90) && !kept.guarantees(91));
    assert!(kept.risks.iter().any(|r| r.contains("no longer write")), "{kept:?}");
    assert!(kept.risks.iter().any(|r| r.contains("/opt/claude-code/archive-audit-logs.sh")), "{kept:?}");
    assert_eq!(
        simulation.days_kept("/var/log/claude-code/incident-1.tar.gz", None).days,
        Days::Indeterminate
    );
    assert_eq!(
        Simulation { runs: Runs::Never, ..simulation }.days_kept("/var/log/claude-code/audit.log", None).days,
        Days::Indeterminate
    );
}

#[test]
fn the_table_of_the_checklist_holds() {
    let days = |text: &str, runs| {
        let rotation = one(&format!("/l/a.log {{\n{text}\n}}\n"));
        Simulation { rotation: &rotation, runs }.days_kept("/l/a.log", None)
    };
    for (text, runs, expected, passes) in [
        ("daily\nrotate 90", Runs::Daily, Days::Exact(90), true),
        ("weekly\nrotate 13", Runs::Daily, Days::Exact(91), true),
        ("weekly\nrotate 12", Runs::Daily, Days::Exact(84), false),
        ("hourly\nrotate 90", Runs::Hourly, Days::Exact(3), false),
        ("hourly\nrotate 90", Runs::Unknown, Days::AtMost(90), false),
        ("daily\nrotate 90\nmaxage 30", Runs::Daily, Days::Exact(30), false),
        ("daily\nrotate 0", Runs::Daily, Days::Exact(0), false),
        ("daily\nrotate 90\nsize 10M", Runs::Daily, Days::Indeterminate, false),
        ("daily\nrotate 90\nmaxsize 10M", Runs::Daily, Days::AtMost(90), false),
        ("daily\nrotate 90\nminsize 10M", Runs::Daily, Days::AtLeast(90), true),
        ("monthly\nrotate 4", Runs::Daily, Days::AtLeast(112), true),
        ("daily\nrotate -1", Runs::Daily, Days::Unlimited, true),
        ("rotate 90", Runs::Daily, Days::Indeterminate, false),
    ] {
        let kept = days(text, runs);
        assert_eq!((kept.days, kept.guarantees(90)), (expected, passes), "{text}: {kept:?}");
    }
}

#[test]
fn the_simulation_agrees_with_the_arithmetic() {
    let start = date(2025, 1, 1);
    let asked = date(2026, 7, 1);
    let left = |text: &str, runs, volume| {
        let rotation = one(&format!("/l/a.log {{\n{text}\n}}\n"));
        let simulation = Simulation { rotation: &rotation, runs };
        let oldest: Option<Date> = simulation.oldest_left("/l/a.log", start, asked, Volume(volume));
        (
            simulation.days_kept("/l/a.log", None).days,
            oldest.map_or(0, |d| d.until(asked).map_or(0, |s| s.get_days())),
        )
    };
    for rotate in [1, 7, 30, 90, 91, 120] {
        let (days, simulated) = left(&format!("daily\nrotate {rotate}"), Runs::Daily, 1000);
        assert_eq!(days, Days::Exact(rotate as u32));
        assert_eq!(simulated, rotate);
    }
    let (_, simulated) = left("weekly\nrotate 13", Runs::Daily, 1000);
    assert!((91..=98).contains(&simulated), "{simulated}");
    let (_, simulated) = left("monthly\nrotate 4", Runs::Daily, 1000);
    assert!((112..=124 + 31).contains(&simulated), "{simulated}");
    let (_, simulated) = left("daily\nrotate 90\nmaxage 30", Runs::Daily, 1000);
    assert!((30..=31).contains(&simulated), "{simulated}");
    assert_eq!(left("hourly\nrotate 90", Runs::Hourly, 24_000).1, 4);
    let (_, simulated) = left("daily\nrotate 90\nsize 10k", Runs::Daily, 20_000);
    assert_eq!(simulated, 90);
    let (_, simulated) = left("daily\nrotate 3\nminsize 1M", Runs::Daily, 1000);
    assert!(simulated > 90, "{simulated}");
}

#[test]
fn includes_overlaps_and_state() {
    let texts = Texts::from([
        (
            "/etc/logrotate.conf".into(),
            "weekly\nrotate 4\ninclude /etc/logrotate.d\n/l/late.log { daily\n rotate 9\n}\n".into(),
        ),
        ("/etc/logrotate.d/a".into(), "rotate 7\n/l/a.log { }\n".into()),
        ("/etc/logrotate.d/b".into(), "/l/*.log {\n rotate 90\n daily\n}\n/l/a.log {\n rotate 1\n}\n".into()),
        ("/etc/logrotate.d/c.dpkg-old".into(), "/l/x.log { rotate 1 }\n".into()),
    ]);
    let rotation = parse("/etc/logrotate.conf", &texts);
    let simulation = Simulation { rotation: &rotation, runs: Runs::Daily };
    let kept = simulation.days_kept("/l/a.log", None);
    assert_eq!(kept.days, Days::Exact(49), "{kept:?}");
    assert!(kept.risks.iter().any(|r| r.contains("another section")), "{kept:?}");
    assert!(rotation.faults.iter().any(|f| f.message.contains("duplicate") && f.drops));
    assert_eq!(simulation.days_kept("/l/x.log", None).days, Days::Exact(90));
    assert_eq!(simulation.days_kept("/l/late.log", None).days, Days::Exact(90));
    let state = state(
        "logrotate state -- version 2\n\"/l/a.log\" 2026-7-1-0:0:0\n\"broken\n\"/l/b.log\" 2026-13-1\n",
    );
    assert_eq!(state, std::collections::BTreeMap::from([("/l/a.log".to_owned(), date(2026, 7, 1))]));
}

#[test]
fn no_text_makes_it_fail_or_hang() {
    let mut state = 7u64;
    for _ in 0..3000 {
        let mut text = GUIDE.as_bytes().to_vec();
        for _ in 0..8 {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            let at = (state % text.len() as u64) as usize;
            match state >> 60 {
                0..=7 => text[at] = b"{}\"'\n#=/* \\a0-"[(state >> 30) as usize % 14],
                8..=11 => drop(text.remove(at)),
                _ => text.insert(at, (state >> 40) as u8),
            }
        }
        let rotation = one(&String::from_utf8_lossy(&text));
        let simulation = Simulation { rotation: &rotation, runs: Runs::Daily };
        let _ = simulation.days_kept("/var/log/claude-code/audit.log", Some("dev"));
        let _ = simulation.oldest_left(
            "/var/log/claude-code/audit.log",
            date(2026, 1, 1),
            date(2026, 4, 1),
            Volume(100),
        );
    }
}
