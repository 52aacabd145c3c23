//! The vacuous-evidence lint: what each of the guide's own evidence commands returns on a log, and whether it ever can.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::{answer::Answer, exit::Failure};

/// A longer line is looked at up to here, in bytes.
const LINE: u64 = 16 << 20;
/// People that are told apart: their digests take a few megabytes.
const PEOPLE: usize = 50_000;

/// What the commands that read lines would meet in the log.
#[derive(Default)]
struct Met {
    files: u64,
    lines: u64,
    /// Lines with the text `permission_mode`.
    mode: u64,
    /// Lines with the text `"decision": "deny"`, blank and all.
    deny: u64,
    /// Lines that are exactly `Bash(rm*)`: what the awk program compares with.
    literal: u64,
    /// Lines with the text `"user":`.
    user: u64,
    /// Of those, lines that jq cannot read as JSON objects.
    user_broken: u64,
    /// Digests of what jq groups them by.
    people: BTreeSet<[u8; 32]>,
    /// Whether there were more than are told apart.
    more_people: bool,
    /// Lines that hold a whole JSON object.
    objects: u64,
}

/// Every command of the guide, in its order.
pub(super) fn lint(paths: &[PathBuf]) -> Result<Answer, Failure> {
    let mut met = Met::default();
    for path in paths {
        let file = if path.is_dir() { path.join("audit.log") } else { path.clone() };
        read(&file, &mut met)
            .map_err(|error| Failure::world(format!("reading {}: {error}", file.display())))?;
    }
    let row = |section: &str, command: &str, returns: String, ever: &str, why: &str, instead: &str| {
        [section, command, &returns, ever, why, instead].map(str::to_owned).to_vec()
    };
    let users = match (met.user, met.user_broken) {
        (0, _) => "0 rows: no line holds the text".to_owned(),
        (all, 0) => {
            let least = if met.more_people { "more than " } else { "" };
            format!("{least}{} rows, one a person, from {all} lines", met.people.len())
        }
        (all, broken) => format!("a parse error of jq and no row: {broken} of {all} lines are no JSON"),
    };
    let rows = vec![
        row(
            "CC-6.1",
            r#"grep -r "permissions" ~/.claude/settings.json"#,
            "not about the log".to_owned(),
            "yes",
            "It shows one user's file, not what is in force: managed settings, other scopes and flags decide as well.",
            "workpaper check",
        ),
        row(
            "CC-6.1",
            r#"grep "permission_mode" /var/log/claude-code/audit.log"#,
            format!("{} of {} lines", met.mode, met.lines),
            "not with the guide's script",
            "The guide's logging script writes no such field. It finds lines that mention the words, changes of mode it cannot tell.",
            "workpaper logs modes",
        ),
        row(
            "CC-6.1",
            r#"grep '"decision": "deny"' /var/log/claude-code/audit.log | wc -l"#,
            met.deny.to_string(),
            "not with the guide's script",
            "PostToolUse does not run for a denied call, and the script writes no decision; a log written by jq -c has no blank after the colon. 0 is no evidence that nothing was denied.",
            "workpaper logs denied",
        ),
        row(
            "CC-7.1",
            r#"awk '$tool == "Bash(rm*)" {rm_count++} END {...}' /var/log/claude-code/audit.log"#,
            if met.literal == 0 { "an empty count".to_owned() } else { met.literal.to_string() },
            if met.literal == 0 { "no" } else { "only for a line of these nine characters" },
            "awk takes $tool for the whole line, since tool is an unset variable, and compares it with a fixed text: no record equals it.",
            "workpaper logs activity",
        ),
        row(
            "CC-7.1",
            r#"grep '"user":' /var/log/claude-code/audit.log | jq -s 'group_by(.user) | ...'"#,
            users,
            "only where each record is one line",
            "On records of several lines grep hands jq lines that are no JSON; where it works, every person called unknown is one person.",
            "workpaper logs activity",
        ),
        row(
            "CC-8.1",
            r#"git log --pretty=format:"%h %an %ad %s" --date=short"#,
            "not about the log".to_owned(),
            "yes",
            "Author and date are written by the author's machine; it shows no approval and no branch.",
            "workpaper assess --repo DIR",
        ),
        row(
            "CC-8.1",
            r#"find . -mtime -30 -type f | xargs ls -lt | head -20"#,
            "not about the log".to_owned(),
            "yes",
            "The time of a file is not a change with a person; names with blanks break it, and 20 rows are no population.",
            "workpaper logs files",
        ),
        row(
            "forensics",
            r#"grep -rn "$DATA_PATTERN" "$LOG_DIR" | wc -l"#,
            "depends on the pattern".to_owned(),
            "yes",
            "It counts lines, not events, skips rotated .gz files, and leaves the pattern in the shell's history.",
            "workpaper logs timeline",
        ),
        row(
            "forensics",
            r#"grep -rn "$DATA_PATTERN" "$LOG_DIR" | cut -d: -f3 | jq '.timestamp'"#,
            format!(
                "no timestamp: {} records hold colons, and cut keeps what stands before the first",
                met.objects
            ),
            "no",
            "The third field of file:line:{\"a\": ... ends at the record's first colon: no object is left to read.",
            "workpaper logs timeline",
        ),
    ];
    let columns = &["section", "command", "returns", "can_return_a_row", "why", "instead"];
    let notes = vec![format!(
        "{} lines of {} files looked at; {} lines hold a whole JSON object",
        met.lines, met.files, met.objects
    )];
    Ok(Answer { name: "lint", columns, rows, notes })
}

impl Met {
    fn person(&mut self, digest: [u8; 32]) {
        if self.people.len() < PEOPLE {
            self.people.insert(digest);
        } else {
            self.more_people |= !self.people.contains(&digest);
        }
    }
}

fn read(path: &Path, met: &mut Met) -> std::io::Result<()> {
    // A pipe or a device would hold the reader up for ever.
    if !std::fs::metadata(path)?.is_file() {
        return Err(std::io::Error::other("it is no ordinary file"));
    }
    met.files += 1;
    let mut reader = BufReader::with_capacity(64 * 1024, File::open(path)?);
    let mut line = Vec::new();
    loop {
        line.clear();
        if reader.by_ref().take(LINE).read_until(b'\n', &mut line)? == 0 {
            return Ok(());
        }
        let text = line.trim_ascii_end();
        let holds = |part: &str| memchr::memmem::find(text, part.as_bytes()).is_some();
        let is_json = serde_json::from_slice::<serde_json::Value>(text);
        met.lines += 1;
        met.mode += u64::from(holds("permission_mode"));
        met.deny += u64::from(holds("\"decision\": \"deny\""));
        met.literal += u64::from(text == b"Bash(rm*)");
        met.objects += u64::from(is_json.as_ref().is_ok_and(serde_json::Value::is_object));
        if holds("\"user\":") {
            met.user += 1;
            match is_json.as_ref().ok().and_then(serde_json::Value::as_object) {
                Some(record) => {
                    let user = record.get("user").unwrap_or(&serde_json::Value::Null);
                    met.person(Sha256::digest(user.to_string()).into());
                }
                None => met.user_broken += 1,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn returns(text: &str, command: usize) -> String {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("audit.log"), text).expect("a file");
        lint(&[folder.path().to_owned()]).expect("an answer").rows[command][2].clone()
    }

    const GUIDE: &str =
        "{\n\"timestamp\": \"2026-07-01T09:00:00Z\",\n\"user\": \"unknown\",\n\"status\": \"success\"\n}\n";
    const LINE: &str = "{\"user\":\"dev\",\"permission_mode\":\"plan\",\"decision\": \"deny\"}\n";

    #[test]
    fn the_guides_commands_find_nothing_in_the_guides_log() {
        assert_eq!(returns(GUIDE, 1), "0 of 5 lines");
        assert_eq!(returns(GUIDE, 2), "0");
        assert_eq!(returns(GUIDE, 3), "an empty count");
        assert!(returns(GUIDE, 4).contains("1 of 1 lines are no JSON"));
    }

    #[test]
    fn what_a_command_does_find_is_said() {
        assert_eq!(returns(LINE, 1), "1 of 1 lines");
        assert_eq!(returns(LINE, 2), "1");
        assert_eq!(returns(LINE, 4), "1 rows, one a person, from 1 lines");
        assert_eq!(returns("Bash(rm*)\n", 3), "1");
    }

    #[test]
    fn people_beyond_the_bound_are_said_and_not_kept() {
        let lines =
            |people: usize| (0..people).map(|n| format!("{{\"user\":\"{n}\"}}\n")).collect::<String>();
        let all = lines(PEOPLE) + &lines(2);
        assert_eq!(returns(&all, 4), format!("{PEOPLE} rows, one a person, from {} lines", PEOPLE + 2));
        let more = lines(PEOPLE + 5);
        assert!(returns(&more, 4).starts_with(&format!("more than {PEOPLE} rows")));
    }
}
