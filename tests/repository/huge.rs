//! A file of a gigabyte and a chain of thousands of deltas: the answer is whole, and comes in time.

use std::{
    fmt::Write as _,
    io::Write as _,
    process::Stdio,
    time::{Duration, Instant},
};

use workpaper::{
    collect::repository::{Hit, Limits, ScanRequest, scan_history},
    model::{Period, history::HistoryScan},
};

use super::{Fixture, assert_ties_out};

fn scan(fixture: &Fixture) -> HistoryScan {
    let limits = Limits::default();
    let period = Period::parse("2026-Q3").expect("a period");
    let request = ScanRequest { branch: None, period, limits: &limits, progress: &|_, _| {} };
    scan_history(&fixture.open(), &request, &|_, _: &mut Vec<Hit>| {}).expect("scans")
}

#[test]
fn a_gigabyte_of_zeros_is_never_unpacked() {
    let fixture = Fixture::new();
    fixture.git(&["config", "core.bigFileThreshold", "1m"]);
    fixture.git(&["config", "core.compression", "1"]);
    fixture.write("small", "one\n");
    fixture.commit("2026-07-01T00:00:00Z", "small");
    let file = std::fs::File::create(fixture.path.join("big")).expect("a file");
    file.set_len(1 << 30).expect("a sparse file");
    let big = fixture.commit("2026-07-02T00:00:00Z", "big");
    let started = Instant::now();
    let population = fixture.population("2026-Q3");
    assert_ties_out(&population);
    let size = population.changes[0].size.expect("read");
    assert_eq!((size.files_changed, size.files_uncounted, size.lines_added), (1, 1, 0));
    assert!(population.gaps.is_empty(), "{:?}", population.gaps);
    let scanned = scan(&fixture);
    let gap = scanned.gaps.iter().find(|gap| gap.commit.as_str() == big).expect("it is said");
    assert_eq!((gap.path.as_str(), scanned.blobs_scanned), ("big", 1));
    assert!(gap.reason.contains("more than the limit"), "{gap:?}");
    // Unpacking it alone would take longer than both answers.
    assert!(started.elapsed() < Duration::from_secs(60), "{:?}", started.elapsed());
}

#[test]
fn a_deep_chain_of_deltas_is_read_whole() {
    const VERSIONS: usize = 1_500;
    let fixture = Fixture::new();
    let mut stream = String::new();
    let mut lines: Vec<String> = (0..300).map(|line| format!("line {line}")).collect();
    for version in 0..VERSIONS {
        lines[version * 7 % 300] = format!("version {version}");
        let (text, at) = (lines.join("\n"), 1_782_864_000 + version);
        let who = format!("Ann <ann@example.org> {at} +0000");
        let size = text.len();
        write!(
            stream,
            "commit refs/heads/main\ncommitter {who}\ndata 1\nx\nM 644 inline file\ndata {size}\n{text}\n"
        )
        .expect("a string takes everything");
    }
    let mut command = fixture.command(&["fast-import", "--quiet"]);
    let mut child = command.stdin(Stdio::piped()).spawn().expect("git runs");
    child.stdin.take().expect("piped").write_all(stream.as_bytes()).expect("git reads");
    assert!(child.wait().expect("git ends").success());
    fixture.git(&["repack", "-q", "-a", "-d", "-f", "--depth=4095", "--window=10"]);
    let started = Instant::now();
    let population = fixture.population("2026-Q3");
    assert_ties_out(&population);
    assert_eq!(population.changes.len(), VERSIONS);
    let counted = population.changes.iter().filter_map(|change| change.size);
    let counted: Vec<_> = counted.map(|size| (size.lines_added, size.lines_deleted)).collect();
    assert_eq!(counted.len(), VERSIONS);
    assert!(counted[..VERSIONS - 1].iter().all(|lines| *lines == (1, 1)), "{counted:?}");
    assert_eq!(scan(&fixture).blobs_scanned, VERSIONS as u64);
    assert!(started.elapsed() < Duration::from_secs(300), "{:?}", started.elapsed());
}
