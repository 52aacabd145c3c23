//! Fuzzes one target for a time: `cargo run --example fuzz -- records|transcripts|logrotate SECONDS [SEED]`.
//!
//! An input that breaks a promise, or takes longer than a minute, is written to `target/fuzz/` and ends the run with 1.
//! Found inputs belong into `tests/fuzzing/corpus/`, made as small as they can be, together with the correction.

#[path = "../tests/fuzzing/mod.rs"]
mod fuzzing;

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    process::ExitCode,
    time::{Duration, Instant},
};

use fuzzing::{Run, targets::TARGETS};

/// No input of this size may take longer, on a busy machine too.
const TOO_LONG: Duration = Duration::from_secs(60);

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let target = args.first().and_then(|name| TARGETS.iter().find(|t| t.name == name));
    let seconds = args.get(1).and_then(|n| n.parse().ok());
    let (Some(target), Some(seconds)) = (target, seconds) else {
        eprintln!("usage: fuzz records|transcripts|logrotate SECONDS [SEED]");
        return ExitCode::from(2);
    };
    let seed = args.get(2).and_then(|n| n.parse().ok()).unwrap_or(1);
    let mut run = Run::new(target, seed);
    let start = Instant::now();
    let mut cases = 0u64;
    let mut told = 0;
    while start.elapsed() < Duration::from_secs(seconds) {
        let input = run.next();
        let began = Instant::now();
        let held = catch_unwind(AssertUnwindSafe(|| run.check(input.clone()))).is_ok();
        cases += 1;
        if !held || began.elapsed() > TOO_LONG {
            let path = keep(target.name, cases, &input);
            eprintln!("{}: case {cases} (seed {seed}) fails or is slow: {path}", target.name);
            return ExitCode::FAILURE;
        }
        let minutes = start.elapsed().as_secs() / 60;
        if minutes > told {
            told = minutes;
            eprintln!("{}: {minutes} min, {cases} cases, {} kinds of answer", target.name, run.kinds());
        }
    }
    println!(
        "{}: {} s, {cases} cases, {} kinds of answer, no promise broken (seed {seed})",
        target.name,
        start.elapsed().as_secs(),
        run.kinds()
    );
    ExitCode::SUCCESS
}

fn keep(target: &str, case: u64, input: &[u8]) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/fuzz");
    let path = folder.join(format!("{target}-{case}"));
    match std::fs::create_dir_all(&folder).and_then(|()| std::fs::write(&path, input)) {
        Ok(()) => path.display().to_string(),
        Err(error) => format!("it could not be kept: {error}"),
    }
}
