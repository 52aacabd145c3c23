//! Hostile and unlucky files: what is handled, and what is said of the rest.

use std::path::Path;
use std::sync::Mutex;

use super::*;

const GOOD: &str = "{\"timestamp\":\"2026-07-01T10:00:00Z\",\"user\":\"ann\",\"tool\":\"Read\"}\n";

/// 5000 times [`GOOD`], as `xz` packs it.
const XZ: &str = "/Td6WFoAAATm1rRGAgAhARYAAAB0L+Wj5OH/AK5dAD2IiobUFfjk4OgbmsopT/7Hrf9/k+eAxO8F6DBwlp2FVjIwkKMlG48PM3qLd9jHGWsIVXou1qXglzs30cPefKP4KQgdy/ApBPRvBsM6yDFYUDgF6vVIjwzsIdZFIybUtXEQctI8/+Tyhhi7E94NBeJOvl/R57sbYzXyiE9xZbXsFztRK59jfi6TufTKAdCBa+8DgC8vjyThcJ6nI1/sKMuF0ZWYin4qkfErq6sAAAAAAL1HwLWVErgsAAHKAYDEEwCKCVZUscRn+wIAAAAABFla";

fn reasons(summary: &LogSummary) -> Vec<&str> {
    summary.sources[0].refused_by_reason.keys().map(String::as_str).collect()
}

fn gaps(summary: &LogSummary) -> Vec<GapReason> {
    summary.gaps.iter().map(|g| g.reason).collect()
}

#[test]
fn hostile_bytes_are_counted_and_never_stop_the_reader() {
    let good = b"{\"timestamp\":\"2026-07-01T10:00:00Z\",\"user\":\"ann\",\"tool\":\"Read\"}\n";
    let mut log = good.to_vec();
    log.extend([0u8; 3000]);
    log.extend_from_slice(
        b"\n{\"timestamp\":\"2026-07-01T10:00:01Z\",\"user\":\"\xff\xfe\",\"tool\":\"Read\"}\n",
    );
    log.extend_from_slice(b"{\"timestamp\":\"2026-07-01T10:00:02Z\",\"x\":\"");
    log.extend(std::iter::repeat_n(b'a', 3 << 20));
    log.extend_from_slice(b" AKIAIOSFODNN7EXAMPLE \"}\n");
    log.extend_from_slice(format!("{{\"a\":{}\n", "[".repeat(100_000)).as_bytes());
    log.extend_from_slice(good);
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("audit.log");
    std::fs::write(&path, &log).expect("written");
    let s = read_with(&[path], |o| o.limits.record_bytes = 1 << 20);
    assert_eq!(
        (s.records.read, s.records.refused, s.records.nul_bytes, s.records.invalid_utf8),
        (3, 2, 3000, 1),
        "{:?}",
        s.sources[0].refusals
    );
    assert_eq!(
        s.sources[0].refused_by_reason.keys().map(String::as_str).collect::<Vec<_>>(),
        ["too_deep", "too_long"]
    );
    assert_eq!(s.activity.hits["aws_access_key_id"].records, 1);
    let shown = serde_json::to_string(&s).expect("written");
    assert!(!shown.contains("AKIA"));
}

#[test]
fn mutated_logs_keep_every_invariant() {
    let mut seed = Vec::new();
    generator::write(Form::Lines, 60_000, 5, &mut seed).expect("in memory");
    generator::write(Form::Guide, 60_000, 5, &mut seed).expect("in memory");
    seed.truncate(90_000);
    let scanner = scanner();
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("audit.log");
    let mut random = generator::Random::new(99);
    for round in 0..25 {
        let mut log = seed.clone();
        for _ in 0..1 + random.below(60) {
            let at = random.below(log.len() as u64) as usize;
            match random.below(5) {
                0 => log[at] = b"{}[]\",:\\\n\0\xff"[random.below(11) as usize],
                1 => drop(log.drain(at..(at + random.below(300) as usize).min(log.len()))),
                2 => log.insert(at, b"{}\"\n,"[random.below(5) as usize]),
                3 => log.truncate(log.len() - random.below(50) as usize),
                _ => {
                    let piece = log[at..(at + 200).min(log.len())].to_vec();
                    log.splice(at..at, piece);
                }
            }
        }
        std::fs::write(&path, &log).expect("written");
        let options = |part| ReadOptions {
            limits: Limits { part_bytes: part, record_bytes: 200_000, ..Limits::default() },
            ..ReadOptions::new(&scanner)
        };
        let whole = read(std::slice::from_ref(&path), &options(1 << 30));
        assert_sound(&whole);
        assert_eq!(whole.records.lines, log.split_inclusive(|&b| b == b'\n').count() as u64, "round {round}");
    }
}

#[test]
fn a_truncated_last_record_is_refused_with_its_place() {
    for cut in 1..GOOD.len() - 1 {
        let log = format!("{GOOD}{}", &GOOD[..cut]);
        let s = text(log.as_bytes());
        assert_eq!((s.records.read, s.records.refused), (1, 1), "cut at {cut}");
        let refusal = &s.sources[0].refusals[0];
        assert_eq!((refusal.line, refusal.offset), (2, GOOD.len() as u64), "cut at {cut}");
    }
    // Only the line end is missing: the record is whole.
    let s = text(format!("{GOOD}{}", GOOD.trim_end()).as_bytes());
    assert_eq!((s.records.read, s.records.refused), (2, 0));
}

#[test]
fn a_line_of_100_megabytes_is_refused_and_the_next_record_is_read() {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("audit.log");
    let mut log = format!("{GOOD}{{\"timestamp\":\"2026-07-01T10:00:01Z\",\"x\":\"").into_bytes();
    log.resize(50 << 20, b'a');
    log.extend_from_slice(b" 219-09-9998 ");
    log.resize(100 << 20, b'b');
    log.extend_from_slice(b"\"}\n");
    log.extend_from_slice(GOOD.replace("Read", "AKIAIOSFODNN7EXAMPLE").as_bytes());
    std::fs::write(&path, &log).expect("written");
    drop(log);
    let s = read_with(&[path], |_| {});
    assert_eq!((s.records.read, s.records.refused, s.records.lines), (2, 1, 3));
    assert_eq!(reasons(&s), ["too_long"]);
    assert_eq!(s.activity.hits["us_social_security_number"].records, 1, "it is searched all the same");
    assert_eq!(s.activity.hits["aws_access_key_id"].records, 1, "and so is what follows");
}

#[test]
fn jumps_of_the_clock_are_counted_with_their_places() {
    let at = |time: &str| GOOD.replace("2026-07-01T10:00:00Z", time);
    let log = [
        at("2026-07-01T10:00:00Z"),
        at("2026-07-01T09:00:00Z"),
        at("2031-01-01T00:00:00Z"),
        at("2026-07-01T09:00:01Z"),
        at("1899-01-01T00:00:00Z"),
        at("2026-07-01T09:00:02"),
        at("2026-07-01T09:00:03.5NZ"),
    ]
    .concat();
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("audit.log");
    std::fs::write(&path, log).expect("written");
    let s = read_with(&[path], |o| o.as_of = Some("2026-10-01T00:00:00Z".parse().expect("a time")));
    let order = &s.sources[0].order;
    assert_eq!((order.backward, order.in_future, order.irregular, order.without_offset), (2, 1, 1, 1));
    assert_eq!(order.first_backward.iter().map(|p| p.line).collect::<Vec<_>>(), [2, 4]);
    assert!(order.largest_backward_seconds > 4 * 365 * 86_400);
    assert_eq!((s.records.read, s.records.undated), (7, 1));
}

/// What a file is when its first command is classified: the reader is in the middle of it then.
static DURING: Mutex<Option<(PathBuf, fn(&Path))>> = Mutex::new(None);

fn changes_the_file(_: &str) -> Option<&'static str> {
    let change = DURING.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take();
    if let Some((path, change)) = change {
        change(&path);
    }
    None
}

#[test]
fn a_file_that_changes_while_it_is_read_is_read_to_where_it_ended_and_said() {
    let log = GOOD.repeat(20_000).replacen("\"Read\"}", "\"Bash\",\"command\":\"ls\"}", 1);
    let grows: fn(&Path) = |path| {
        let mut text = std::fs::read(path).expect("read");
        text.extend_from_slice(GOOD.as_bytes());
        std::fs::write(path, text).expect("written");
    };
    let rotates: fn(&Path) = |path| {
        std::fs::rename(path, path.with_extension("log.1")).expect("renamed");
        std::fs::write(path, GOOD).expect("written");
    };
    let goes: fn(&Path) = |path| std::fs::remove_file(path).expect("removed");
    let is_cut: fn(&Path) = |path| {
        std::fs::File::options().write(true).open(path).expect("opened").set_len(300_000).expect("cut");
    };
    let mut said = Vec::new();
    for (change, whole) in [(grows, true), (rotates, true), (goes, true), (is_cut, false)] {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("audit.log");
        std::fs::write(&path, &log).expect("written");
        *DURING.lock().expect("no test panicked") = Some((path.clone(), change));
        let s = read_with(&[path], |o| (o.classify, o.threads) = (changes_the_file, 1));
        assert_eq!(s.records.read == 20_000, whole);
        assert!(gaps(&s).iter().all(|&g| g == GapReason::Changed) && !s.gaps.is_empty(), "{:?}", s.gaps);
        said.push(s.gaps[0].detail.clone());
    }
    for (said, word) in said.iter().zip(["grew by", "replaced", "removed", "ended at byte 300000"]) {
        assert!(said.contains(word), "{said}");
    }
}

#[cfg(unix)]
#[test]
fn devices_pipes_and_links_to_them_are_gaps_and_hold_nothing_up() {
    let dir = tempfile::tempdir().expect("a folder");
    let link = dir.path().join("zero.log");
    std::os::unix::fs::symlink("/dev/zero", &link).expect("linked");
    let looped = dir.path().join("loop.log");
    std::os::unix::fs::symlink(&looped, &looped).expect("linked");
    let s = read_with(&["/dev/zero".into(), link, looped], |_| {});
    assert_eq!(gaps(&s), [GapReason::NotAFile, GapReason::Unreadable, GapReason::NotAFile]);
    assert!(s.gaps.iter().any(|g| g.detail.contains("a symbolic link to a device")), "{:?}", s.gaps);
    assert_eq!(s.records.there, 0);
}

#[test]
fn a_compressed_file_that_expands_without_end_is_read_to_the_bound_and_said() {
    let mut bomb = GOOD.repeat(10).into_bytes();
    bomb.resize(40 << 20, b'\n');
    let dir = tempfile::tempdir().expect("a folder");
    for (name, packed) in [("a.log.gz", gzip(&bomb)), ("a.log.zst", zstd(&bomb))] {
        assert!(packed.len() < 1_000_000);
        let path = dir.path().join(name);
        std::fs::write(&path, packed).expect("written");
        let s = read_with(&[path], |o| o.limits.expanded_bytes = 1 << 20);
        assert_eq!((s.records.read, gaps(&s)), (10, vec![GapReason::TooLarge]), "{name}");
        assert!(s.sources[0].bytes_read <= (1 << 20) + 65_536);
    }
}

#[test]
fn damaged_compression_is_a_gap_and_what_came_before_it_counts() {
    let text = GOOD.repeat(5000);
    let dir = tempfile::tempdir().expect("a folder");
    let xz = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, XZ).expect("base64");
    for (name, packed) in
        [("a.log.gz", gzip(text.as_bytes())), ("a.log.zst", zstd(text.as_bytes())), ("a.log.xz", xz)]
    {
        let path = dir.path().join(name);
        std::fs::write(&path, &packed).expect("written");
        let whole = read_with(std::slice::from_ref(&path), |_| {});
        assert_eq!((whole.records.read, whole.gaps.len()), (5000, 0), "{name}: {:?}", whole.gaps);
        // Cut, and with one byte changed at each of many places.
        std::fs::write(&path, &packed[..packed.len() - 9]).expect("written");
        let cut = read_with(std::slice::from_ref(&path), |_| {});
        assert_eq!(gaps(&cut), [GapReason::Damaged], "{name} is cut");
        for at in (8..packed.len()).step_by((packed.len() / 25).max(1)) {
            let mut broken = packed.clone();
            broken[at] ^= 0x55;
            std::fs::write(&path, &broken).expect("written");
            let s = read_with(std::slice::from_ref(&path), |_| {});
            let same = s.records == whole.records;
            assert!(same || !s.gaps.is_empty(), "{name}, byte {at}: loss without a word");
        }
    }
}
