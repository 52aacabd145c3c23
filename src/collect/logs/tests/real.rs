//! Real logs, where they lie beside the repository: nothing is lost.

use super::*;

/// The folder of shared test data, where it exists.
fn shared(part: &str) -> Option<PathBuf> {
    let roots =
        [std::env::var("WORKPAPER_SHARED").unwrap_or_default(), "../shared".into(), "../../shared".into()];
    let found =
        roots.iter().filter(|r| !r.is_empty()).map(|r| PathBuf::from(r).join(part)).find(|p| p.is_dir());
    if found.is_none() {
        eprintln!("skipped: no {part}");
    }
    found
}

#[test]
fn every_real_log_reads_without_loss() {
    for part in ["corpora/transcripts", "corpora/auditlogs"] {
        let Some(folder) = shared(part) else { return };
        let mut files: Vec<PathBuf> =
            std::fs::read_dir(&folder).expect("listed").flatten().map(|e| e.path()).collect();
        files.sort();
        let summary = read_with(std::slice::from_ref(&folder), |_| {});
        let mut there = 0;
        for file in &files {
            // An independent count: strict values, one after the other, out of the whole file (and out of its list).
            let text = std::fs::read(file).expect("read");
            let mut records = 0;
            for value in serde_json::Deserializer::from_slice(&text).into_iter::<serde_json::Value>() {
                match value {
                    Ok(serde_json::Value::Array(list)) => records += list.len() as u64,
                    Ok(_) => records += 1,
                    Err(error) => panic!("{}: the independent reader fails: {error}", file.display()),
                }
            }
            let alone = read_with(std::slice::from_ref(file), |_| {});
            assert_eq!((alone.records.read, alone.records.refused), (records, 0), "{}", file.display());
            there += records;
        }
        assert!(files.len() > 10);
        let left_out: u64 = summary
            .gaps
            .iter()
            .filter(|g| g.reason == GapReason::SameContent)
            .map(|g| read_with(&[PathBuf::from(&g.path)], |_| {}).records.read)
            .sum();
        assert_eq!(summary.records.read + left_out, there, "{part}");
    }
}
