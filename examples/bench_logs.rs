//! Reads logs once and prints what a benchmark needs: the answers, to be compared with the generator's ledger, and the cost.
//!
//! `bench_logs PATH… [--threads N]`. The measuring of rivals over the same file is in `benches/logs.sh`.

use std::path::PathBuf;

use workpaper::catalog::patterns;
use workpaper::collect::logs::{ReadOptions, Scanner, read};

fn main() {
    let mut paths = Vec::new();
    let mut threads = 2;
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--threads" => threads = args.next().and_then(|n| n.parse().ok()).unwrap_or(2),
            path => paths.push(PathBuf::from(path)),
        }
    }
    let patterns = patterns::built_in().unwrap_or_else(|errors| {
        eprintln!("{errors:?}");
        std::process::exit(2);
    });
    let scanner = Scanner::new(&patterns);
    let options = ReadOptions { threads, ..ReadOptions::new(&scanner) };
    let summary = read(&paths, &options);
    let a = &summary.activity;
    let ranked = |r: &workpaper::model::activity::Ranked| {
        r.top.iter().map(|n| (n.name.clone(), n.count)).collect::<std::collections::BTreeMap<_, _>>()
    };
    let answers = serde_json::json!({
        "records": summary.records.read,
        "refused": summary.records.refused,
        "repaired": summary.records.repaired,
        "by_day": a.days.iter().map(|(d, t)| (d.to_string(), t.events)).collect::<std::collections::BTreeMap<_, _>>(),
        "by_user": ranked(&a.users),
        "by_tool": ranked(&a.tools),
        "by_decision": ranked(&a.decisions),
        "by_mode": ranked(&a.modes),
        "by_outcome": ranked(&a.outcomes),
        "dangerous": a.dangerous,
        "hits": a.hits.iter().map(|(id, h)| (id.clone(), h.records)).collect::<std::collections::BTreeMap<_, _>>(),
        "unknown_user": a.fields.unknown_user,
        "missing_outcome": a.days.values().map(|d| d.missing_outcome).sum::<u64>(),
        "denied": a.denied,
        "file_changes": a.file_changes.count,
        "backward": summary.sources.iter().map(|s| s.order.backward).sum::<u64>(),
        "bypass_sessions": a.sessions.bypass,
        "mode_changes": a.mode_changes,
        "duplicates": summary.records.duplicates,
        "foreign_lines": summary.records.foreign_lines,
        "log_ins": a.log_ins.succeeded,
        "failed_log_ins": a.log_ins.failed,
        "missing_days": a.missing_days.days,
    });
    println!("{answers}");
}
