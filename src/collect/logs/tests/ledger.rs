//! Everything that the generator planted is found, in every shape, and nothing else.

use std::io::Write;

use super::*;

fn as_map(ranked: &Ranked) -> BTreeMap<String, u64> {
    assert_eq!(ranked.others, 0);
    ranked.top.iter().map(|n| (n.name.clone(), n.count)).collect()
}

/// The acts of each user that a record names.
fn acts(activity: &Activity) -> BTreeMap<(String, &'static str), u64> {
    let named = activity.by_user.iter().filter(|(name, _)| !name.starts_with('('));
    let acts = named.flat_map(|(name, user)| {
        [
            ("denied", user.denied),
            ("dangerous", user.dangerous),
            ("file change", user.file_changes),
            ("bypass", user.bypass_records),
        ]
        .map(|(act, count)| ((name.clone(), act), count))
    });
    acts.filter(|(_, count)| *count > 0).collect()
}

fn assert_equals_ledger(summary: &LogSummary, ledger: &Ledger) {
    let a = &summary.activity;
    assert_eq!(summary.records.read, ledger.records);
    assert_eq!(summary.records.refused, ledger.refused);
    assert_eq!(summary.records.repaired, ledger.repaired);
    assert_eq!(
        a.days.iter().map(|(d, t)| (d.to_string(), t.events)).collect::<BTreeMap<_, _>>(),
        ledger.by_day
    );
    assert_eq!(as_map(&a.users), ledger.by_user);
    assert_eq!(as_map(&a.tools), ledger.by_tool);
    assert_eq!(as_map(&a.decisions), ledger.by_decision);
    assert_eq!(as_map(&a.modes), ledger.by_mode);
    assert_eq!(as_map(&a.outcomes), ledger.by_outcome);
    assert_eq!(as_map(&a.versions), ledger.by_version);
    assert_eq!(acts(a), ledger.by_user_and_act);
    let tokens = |count: fn(&Tokens) -> u64| a.usage.iter().map(|usage| count(&usage.tokens)).sum::<u64>();
    assert_eq!((tokens(|t| t.input), tokens(|t| t.output)), ledger.tokens);
    assert_eq!(a.dangerous, ledger.dangerous);
    assert_eq!(a.hits.iter().map(|(id, h)| (id.clone(), h.records)).collect::<BTreeMap<_, _>>(), ledger.hits);
    assert_eq!(a.fields.unknown_user, ledger.unknown_user);
    assert_eq!(a.days.values().map(|d| d.missing_outcome).sum::<u64>(), ledger.missing_outcome);
    assert_eq!(a.denied, ledger.denied);
    assert_eq!(a.file_changes.count, ledger.file_changes);
    assert_eq!(summary.sources.iter().map(|s| s.order.backward).sum::<u64>(), ledger.backward);
    assert_eq!(
        a.missing_days.days.iter().map(ToString::to_string).collect::<std::collections::BTreeSet<_>>(),
        ledger.missing_days
    );
    assert_eq!(a.sessions.bypass, ledger.bypass_sessions);
    assert_eq!(a.mode_changes, ledger.mode_changes);
    let r = &summary.records;
    assert_eq!((r.duplicates, r.foreign_lines), (ledger.duplicates, ledger.foreign_lines));
    assert_eq!((a.log_ins.succeeded, a.log_ins.failed), (ledger.log_ins, ledger.failed_log_ins));
    let by_user_and_day: BTreeMap<(String, String), u64> = a
        .days
        .iter()
        .flat_map(|(day, t)| t.users.top.iter().map(move |n| ((n.name.clone(), day.to_string()), n.count)))
        .collect();
    assert_eq!(by_user_and_day, ledger.by_user_and_day);
}

#[test]
fn the_ledger_is_found_exactly_in_every_shape() {
    for (seed, (name, form)) in Form::ALL.into_iter().enumerate() {
        for bytes in [1_200_000, 600_000] {
            let mut log = Vec::new();
            let ledger = generator::write(form, bytes, seed as u64 + bytes, &mut log).expect("in memory");
            assert!(
                ledger.records > 500 && !ledger.hits.is_empty() && !ledger.missing_days.is_empty(),
                "{name}"
            );
            eprintln!("{name}");
            assert_equals_ledger(&text(&log), &ledger);
        }
    }
}

/// A log in three rotated pieces, each compressed in another way, one of them there twice.
#[test]
fn a_rotated_and_compressed_series_holds_the_same_ledger() {
    for form in [Form::Lines, Form::Guide, Form::Otlp, Form::Transcript] {
        let mut log = Vec::new();
        let ledger = generator::write(form, 1_500_000, 11, &mut log).expect("in memory");
        let start = |near: usize| {
            let record: &[u8] = if form == Form::Guide { b"\n}\n{\n" } else { b"\n{\"" };
            let skip = if form == Form::Guide { 3 } else { 1 };
            near + memchr::memmem::find(&log[near..], record).expect("a record starts") + skip
        };
        let (a, b) = (start(log.len() / 3), start(log.len() * 2 / 3));
        let dir = tempfile::tempdir().expect("a folder");
        let put = |name: &str, bytes: &[u8]| std::fs::write(dir.path().join(name), bytes).expect("written");
        put("audit.log", &log[b..]);
        put("audit.log.1", &log[a..b]);
        put("audit.log.1.gz", &gzip(&log[a..b]));
        put("audit.log.2.zst", &zstd(&log[..a]));
        let summary = read_with(&[dir.path().to_owned()], |_| {});
        let copies = summary.gaps.iter().filter(|g| g.reason == GapReason::SameContent).count();
        assert_eq!((copies, summary.sources.len()), (1, 3));
        // The change of files is no step backward; a step at the very cut is not seen.
        let mut ledger = ledger;
        let seen: u64 = summary.sources.iter().map(|s| s.order.backward).sum();
        assert!(ledger.backward - seen <= 2, "{form:?}");
        ledger.backward = seen;
        assert_equals_ledger(&summary, &ledger);
    }
}

/// Names with dates, in an order that is not that of the alphabet, and a copy that was made before the file in use was
/// cut (copytruncate): in order, and nothing counted twice.
#[test]
fn a_dated_series_is_in_order_and_a_copy_before_the_cut_is_not_counted() {
    let mut log = Vec::new();
    let mut ledger = generator::write(Form::Lines, 900_000, 5, &mut log).expect("in memory");
    let start = |near: usize| near + memchr::memmem::find(&log[near..], b"\n{\"").expect("a record") + 1;
    let [a, b, c] = [1, 2, 3].map(|quarter| start(log.len() * quarter / 4));
    let dir = tempfile::tempdir().expect("a folder");
    let put = |name: &str, bytes: &[u8]| std::fs::write(dir.path().join(name), bytes).expect("written");
    put("audit.log-20260801", &log[a..b]);
    put("audit.log-20260726.gz", &gzip(&log[..a]));
    put("audit.log-2026082501.zst", &zstd(&log[b..c]));
    put("audit.log", &log[c..]);
    put("audit.log.1", &log[c..start(c + 20_000)]);
    let summary = read_with(&[dir.path().to_owned()], |_| {});
    let names: Vec<&str> = summary.sources.iter().filter_map(|s| s.path.rsplit('/').next()).collect();
    assert_eq!(
        names,
        ["audit.log-20260726.gz", "audit.log-20260801", "audit.log-2026082501.zst", "audit.log"]
    );
    let copies: Vec<&LogGap> = summary.gaps.iter().filter(|g| g.reason == GapReason::SameContent).collect();
    assert!(matches!(copies[..], [copy] if copy.path.ends_with("audit.log.1")), "{copies:?}");
    assert!(summary.sources.windows(2).all(|pair| pair[0].last <= pair[1].last));
    // The change of files is no step backward; a step at the very cut is not seen.
    let seen: u64 = summary.sources.iter().map(|s| s.order.backward).sum();
    assert!(ledger.backward - seen <= 3);
    ledger.backward = seen;
    assert_equals_ledger(&summary, &ledger);
}

#[test]
fn parts_and_threads_do_not_change_the_result() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    for form in [Form::Lines, Form::Guide] {
        let path = dir.path().join("audit.log");
        let mut log = Vec::new();
        let ledger = generator::write(form, 3 << 20, 3, &mut log).expect("in memory");
        std::fs::write(&path, &log).expect("written");
        let mut one =
            read_with(std::slice::from_ref(&path), |o| (o.threads, o.limits.part_bytes) = (1, 200_000));
        let three =
            read_with(std::slice::from_ref(&path), |o| (o.threads, o.limits.part_bytes) = (3, 200_000));
        assert!(one == three, "threads change the result");
        // A change of mode across two parts is counted; only its place is not noted.
        let mut whole = read_with(std::slice::from_ref(&path), |_| {});
        for summary in [&mut one, &mut whole] {
            summary.activity.notable.retain(|n| n.kind != NotableKind::ModeChange);
        }
        assert!(one == whole, "parts change the result");
        assert_equals_ledger(&one, &ledger);
        assert_eq!(one.records.lines, memchr::memchr_iter(b'\n', &log).count() as u64);
        for refusal in &one.sources[0].refusals {
            let line = memchr::memchr_iter(b'\n', &log[..refusal.offset as usize]).count() as u64 + 1;
            assert_eq!(line, refusal.line);
            assert_eq!(log[refusal.offset as usize], b'{');
        }
    }
}

/// Whatever the number of distinct names: they are bounded, their counts are exact, and what is not listed is said.
#[test]
fn distinct_names_without_end_change_no_count() {
    const RECORDS: u64 = 30_000;
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("audit.log");
    let mut log = std::io::BufWriter::new(std::fs::File::create(&path).expect("made"));
    for n in 0..RECORDS {
        let (year, day) = (1980 + n % 200, 1 + n % 28);
        writeln!(
            log,
            "{{\"timestamp\":\"{year}-03-{day:02}T10:00:00Z\",\"user\":\"u{n}\",\"tool\":\"Edit\",\"session_id\":\"s{n}\",\"permission_mode\":\"m{n}\",\"decision\":\"d{n}\",\"version\":\"v{n}\",\"status\":\"o{n}\",\"event\":\"e{n}\",\"tool_input\":{{\"file_path\":\"/p/{n}\"}}}}"
        )
        .expect("written");
    }
    log.flush().expect("written");
    drop(log);
    for part_bytes in [1 << 30, 1] {
        let summary = read_with(std::slice::from_ref(&path), |o| {
            o.limits = Limits {
                users: 50,
                names: 20,
                paths: 30,
                days: 40,
                sessions: 60,
                part_bytes,
                ..Limits::default()
            };
        });
        let a = &summary.activity;
        assert_eq!((summary.records.read, a.events, a.file_changes.count), (RECORDS, RECORDS, RECORDS));
        for (what, ranked, kept) in [
            ("users", &a.users, 50),
            ("decisions", &a.decisions, 20),
            ("modes", &a.modes, 20),
            ("versions", &a.versions, 20),
            ("outcomes", &a.outcomes, 20),
            ("event names", &a.event_names, 20),
            ("paths", &a.file_changes.by_path, 30),
        ] {
            assert_eq!(ranked.total(), RECORDS, "{what}");
            assert_eq!((ranked.top.len(), ranked.others), (kept, RECORDS - kept as u64), "{what}");
        }
        assert_eq!(a.days.len(), 40);
        let in_days: u64 = a.days.values().map(|d| d.events).sum();
        assert_eq!((in_days + a.other_days, a.undated.events), (RECORDS, a.other_days));
        assert_eq!(a.sessions.seen, 60);
        assert!(a.sessions.records_untracked > 0, "what was not followed is said");
    }
}

/// Many people on many days: whatever the bound, each day's count and the sum of its names are exact.
#[test]
fn people_by_day_are_bounded_and_what_is_folded_is_said() {
    const RECORDS: u64 = 12_000;
    let mut log = String::new();
    for n in 0..RECORDS {
        let (day, user) = (n / 600, n % 300);
        let mode = if n % 4000 == 0 { "bypassPermissions" } else { "default" };
        log.push_str(&format!(
            "{{\"timestamp\":\"2026-07-{:02}T10:00:00Z\",\"user\":\"u{user}\",\"tool\":\"Edit\",\"permission_mode\":\"{mode}\"}}\n",
            day + 1
        ));
    }
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("audit.log");
    std::fs::write(&path, &log).expect("written");
    for (day_names, day_rows, part_bytes) in
        [(1000, 1 << 20, 1 << 30), (1000, 1 << 20, 1), (1 << 20, 1000, 1 << 30), (1 << 20, 1 << 20, 1)]
    {
        let s = read_with(std::slice::from_ref(&path), |o| {
            (o.limits.day_names, o.limits.day_rows, o.limits.part_bytes) = (day_names, day_rows, part_bytes);
        });
        let a = &s.activity;
        assert_eq!((a.days.len(), a.users.total()), (20, RECORDS));
        let listed: usize = a.days.values().map(|day| day.users.top.len()).sum();
        for day in a.days.values() {
            assert_eq!((day.events, day.users.total(), day.tools.total()), (600, 600, 600));
        }
        if (day_names, day_rows) == (1 << 20, 1 << 20) {
            assert_eq!((listed, a.users.others), (6000, 0));
        } else {
            assert!(listed <= 1000, "{listed} names are listed");
            assert!(a.days.values().any(|day| day.users.others > 0), "what is folded is said");
        }
        // What is not told by name is exact: by user, over all parts and files.
        assert_eq!(a.by_user.values().map(|user| user.bypass_records).sum::<u64>(), 3);
        assert_eq!(a.by_user.values().map(|user| user.file_changes).sum::<u64>(), RECORDS);
    }
}

#[test]
fn names_are_bounded_printable_and_hold_no_secret() {
    let mut log = String::new();
    for n in 0..3000 {
        log.push_str(&format!(
            "{{\"timestamp\":\"2026-07-01T10:00:00Z\",\"user\":\"u{n}\",\"tool\":\"Read\"}}\n"
        ));
    }
    log.push_str("{\"timestamp\":\"2026-07-01T10:00:00Z\",\"user\":\"AKIAIOSFODNN7EXAMPLE\",\"tool\":\"a\u{202e}b\u{7f}\"}\n");
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("audit.log");
    std::fs::write(&path, &log).expect("written");
    let s = read_with(std::slice::from_ref(&path), |_| {});
    assert_eq!(s.activity.users.total(), 3001);
    assert!(s.activity.users.top.len() <= 1500 && s.activity.users.others > 1000);
    let s = read_with(&[path], |o| o.limits.users = 4000);
    let shown = serde_json::to_string(&s).expect("written");
    assert!(!shown.contains("AKIA") && !shown.contains('\u{202e}') && !shown.contains('\u{7f}'));
}
