//! Scans the whole history of a repository with the guide's eight patterns and a few key forms: what `benches/changes.sh` measures against `git log -p | grep`.

use std::{env, error::Error};

use aho_corasick::AhoCorasick;
use regex::bytes::Regex;
use workpaper::{
    collect::repository::{Hit, Limits, ScanRequest, open, scan_history},
    model::Period,
};

/// What a matching line must hold, in any letter case.
const LITERALS: &[&str] = &[
    "private",
    "password",
    "apikey",
    "api",
    "secret_access_key",
    "aws_secret",
    "postgresql://",
    "mongodb",
    "akia",
    "ghp_",
    "github_pat_",
    "sk-ant-",
    "xoxb-",
    "xoxp-",
    "aiza",
    "glpat-",
    "sk_live_",
    "npm_",
];
/// The guide's eight, then forms of keys.
const PATTERNS: &str = r"(?i-u)PRIVATE.*KEY|PASSWORD.*=|APIKEY|api.key|secret_access_key|aws_secret|postgresql://.*:.*@|mongodb+srv://.*:.*@|(?-i:AKIA[A-Z0-9]{16}|ghp_[A-Za-z0-9]{36}|github_pat_\w{20}|sk-ant-[\w-]{20}|xox[bp]-[\w-]{20}|AIza[\w-]{35}|glpat-[\w-]{20}|sk_live_\w{20}|npm_[A-Za-z0-9]{36})";

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let path = arguments.next().ok_or("usage: history_scan REPOSITORY [THREADS]")?;
    let mut limits = Limits::default();
    if let Some(threads) = arguments.next() {
        limits.threads = threads.parse()?;
    }
    let literals = AhoCorasick::builder().ascii_case_insensitive(true).build(LITERALS)?;
    let pattern = Regex::new(PATTERNS)?;
    // A line is tried once, as grep does, so that no file costs more than its length.
    let scan = |data: &[u8], hits: &mut Vec<Hit>| {
        let mut at = 0;
        while let Some(found) = literals.find(&data[at..]) {
            let place = at + found.start();
            let start =
                data[..place].iter().rposition(|byte| *byte == b'\n').map_or(0, |newline| newline + 1);
            let end = data[place..]
                .iter()
                .position(|byte| *byte == b'\n')
                .map_or(data.len(), |newline| place + newline);
            if let Some(found) = pattern.find(&data[start..end]) {
                hits.push(Hit { class: "secret".to_owned(), offset: start + found.start() });
            }
            at = end;
        }
    };
    let request = ScanRequest {
        branch: Some("HEAD"),
        period: Period::parse("1971-01-01..2099-01-01")?,
        limits: &limits,
        progress: &|_, _| {},
    };
    let found = scan_history(&open(path.as_ref(), &limits)?, &request, &scan)?;
    println!(
        "{} commits, {} blobs, {} bytes, {} findings ({} new with their commit), {} gaps",
        found.commits_in_period,
        found.blobs_scanned,
        found.bytes_scanned,
        found.hits.len() as u64 + found.hits_dropped,
        found.hits.iter().filter(|hit| hit.new_in_commit).count(),
        found.gaps.len()
    );
    Ok(())
}
