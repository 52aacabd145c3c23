//! Tests of the rotation reader: what it says of whole configurations; the simulation judges the arithmetic.

use jiff::civil::{Date, date};

use super::*;

fn one(text: &str) -> Rotation {
    parse("c", &Texts::from([("c".into(), text.into())]), &Default::default())
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
    let rotation = parse("/etc/logrotate.conf", &texts, &["/l/late.log".to_owned()].into());
    let simulation = Simulation { rotation: &rotation, runs: Runs::Daily };
    let kept = simulation.days_kept("/l/a.log", None);
    assert_eq!(kept.days, Days::Exact(49), "{kept:?}");
    assert!(kept.risks.iter().any(|r| r.contains("another section")), "{kept:?}");
    assert!(rotation.cuts.iter().any(|cut| cut.log == "/l/a.log"));
    assert_eq!(simulation.days_kept("/l/x.log", None).days, Days::Exact(90));
    assert_eq!(simulation.days_kept("/l/late.log", None).days, Days::Exact(90));
    // Where its glob finds a log that an earlier section has, it ends there.
    let rotation = parse("/etc/logrotate.conf", &texts, &["/l/a.log", "/l/x.log"].map(str::to_owned).into());
    let kept = Simulation { rotation: &rotation, runs: Runs::Daily }.days_kept("/l/x.log", None);
    assert_eq!(kept.days, Days::Indeterminate);
    assert!(kept.reason.contains("/l/*.log ends at /l/a.log"), "{kept:?}");
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
