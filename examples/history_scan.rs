//! Scans the whole history of a repository with the catalogue's patterns of secrets: what `benches/changes.sh` measures against `git log -p | grep`.

use std::{env, error::Error};

use workpaper::{
    collect::{
        repository::{Limits, ScanRequest, open, scan_history},
        secret_search,
    },
    model::Period,
};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let path = arguments.next().ok_or("usage: history_scan REPOSITORY [THREADS]")?;
    let mut limits = Limits::default();
    if let Some(threads) = arguments.next() {
        limits.threads = threads.parse()?;
    }
    let search = secret_search()?;
    let request = ScanRequest {
        branch: Some("HEAD"),
        period: Period::parse("1971-01-01..2099-01-01")?,
        limits: &limits,
        progress: &|_, _| {},
    };
    let found = scan_history(&open(path.as_ref(), &limits)?, &request, &search)?;
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
