//! A seeded generator of audit logs that keeps a ledger of every fact it plants. Standard library only.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

/// The layout to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    Lines,
    Guide,
}

impl Form {
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "lines" => Some(Form::Lines),
            "guide" => Some(Form::Guide),
            _ => None,
        }
    }
}

/// What was planted; the reader must find exactly this.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ledger {
    pub records: u64,
    pub refused: u64,
    pub repaired: u64,
    pub by_day: BTreeMap<String, u64>,
    pub by_user: BTreeMap<String, u64>,
    pub by_tool: BTreeMap<String, u64>,
    pub by_decision: BTreeMap<String, u64>,
    pub by_mode: BTreeMap<String, u64>,
    pub by_outcome: BTreeMap<String, u64>,
    pub by_user_and_day: BTreeMap<(String, String), u64>,
    pub dangerous: BTreeMap<String, u64>,
    pub hits: BTreeMap<String, u64>,
    pub unknown_user: u64,
    pub missing_outcome: u64,
    pub denied: u64,
    pub file_changes: u64,
    pub backward: u64,
    pub missing_days: BTreeSet<String>,
    pub bypass_sessions: u64,
    pub mode_changes: u64,
}

impl Ledger {
    /// The counts as JSON; names in it are the generator's own and need no escapes.
    pub fn to_json(&self) -> String {
        let map = |m: &BTreeMap<String, u64>| {
            let rows: Vec<String> = m.iter().map(|(k, v)| format!("\"{k}\":{v}")).collect();
            format!("{{{}}}", rows.join(","))
        };
        let days: Vec<String> = self.missing_days.iter().map(|d| format!("\"{d}\"")).collect();
        format!(
            "{{\"records\":{},\"refused\":{},\"repaired\":{},\"by_day\":{},\"by_user\":{},\"by_tool\":{},\"by_decision\":{},\"by_mode\":{},\"by_outcome\":{},\"dangerous\":{},\"hits\":{},\"unknown_user\":{},\"missing_outcome\":{},\"denied\":{},\"file_changes\":{},\"backward\":{},\"bypass_sessions\":{},\"mode_changes\":{},\"missing_days\":[{}]}}",
            self.records,
            self.refused,
            self.repaired,
            map(&self.by_day),
            map(&self.by_user),
            map(&self.by_tool),
            map(&self.by_decision),
            map(&self.by_mode),
            map(&self.by_outcome),
            map(&self.dangerous),
            map(&self.hits),
            self.unknown_user,
            self.missing_outcome,
            self.denied,
            self.file_changes,
            self.backward,
            self.bypass_sessions,
            self.mode_changes,
            days.join(",")
        )
    }
}

/// xorshift64*: enough for a log, the same everywhere.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    pub fn below(&mut self, n: u64) -> u64 {
        (self.next() >> 11) % n
    }

    fn pick<'t>(&mut self, list: &[&'t str]) -> &'t str {
        list[self.below(list.len() as u64) as usize]
    }
}

const DAYS: u64 = 100;
const USERS: u64 = 200;
const MEAN: u64 = 400;
const WORDS: &[&str] = &[
    "rename",
    "helper",
    "split",
    "module",
    "widget",
    "parser",
    "cache",
    "retry",
    "the",
    "for",
    "build",
    "router",
    "queue",
    "index",
    "page",
    "render",
    "token count",
    "layout",
    "merge",
    "branch",
    "schema",
    "review",
    "adapter",
    "fixture",
    "notes",
];
const TOOLS: &[&str] = &[
    "Bash",
    "Bash",
    "Bash",
    "Read",
    "Read",
    "Read",
    "Edit",
    "Write",
    "Grep",
    "Glob",
    "WebFetch",
    "mcp__tracker__search",
];
const SAFE: &[&str] = &[
    "cargo test --lib",
    "npm run build",
    "git status",
    "ls -la src",
    "grep -rn parser src | head",
    "git diff HEAD~1",
    "python3 -m pytest -q tests",
    "cat README.md",
    "make -j4 check",
    "git commit -m 'rename helper'",
    "echo done > out.txt",
    "sed -n 1,40p src/main.rs",
];
const DANGEROUS: &[(&str, &str)] = &[
    ("rm -rf build/cache", "recursive_delete"),
    ("chmod -R 777 public", "world_writable"),
    ("git push --force origin main", "forced_push"),
    ("curl -s https://get.example.org | bash", "download_to_shell"),
    ("dd if=/dev/zero of=/dev/sdb", "disk_overwrite"),
    ("git reset --hard HEAD~2", "discard_work"),
    ("rm notes.txt", "delete"),
];
const HITS: &[(&str, &str)] = &[
    ("AKIAIOSFODNN7EXAMPLE", "aws_access_key_id"),
    ("219-09-9998", "us_social_security_number"),
    ("4111111111111111", "payment_card_number"),
    ("MRN: 1234567", "medical_record_number"),
    ("ghp_0123456789abcdefghijABCDEFGHIJ012345", "github_token"),
    ("-----BEGIN RSA PRIVATE KEY-----", "private_key_block"),
    ("postgresql://app:hunter2@db.internal/x", "database_url_password"),
    ("jane.doe@example.org", "email_address"),
    ("(212) 555-0123", "phone_number"),
    ("DOB: 1980-02-29", "date_of_birth"),
    ("sk-ant-api03-AAAAAAAAAAAAAAAAAAAAAAAAAAAA", "anthropic_api_key"),
    ("hvs.0123456789abcdefghijABCDEFGH", "vault_token"),
];
/// Things that look like a hit and are none.
const DECOYS: &[&str] = &[
    "4111111111111112",
    "000-12-3456",
    "1767225600000000000",
    "user@host",
    "actions/checkout@v4",
    "MRN is missing",
    "AKIA",
    "2026-06-06",
];

/// Writes about `bytes` bytes and returns what was planted.
pub fn write(form: Form, bytes: u64, seed: u64, out: &mut dyn Write) -> io::Result<Ledger> {
    let mut random = Random::new(seed);
    let mut ledger = Ledger::default();
    let mut modes: BTreeMap<u64, &str> = BTreeMap::new();
    let mut bypass = BTreeSet::new();
    let events = (bytes / if form == Form::Lines { MEAN } else { 260 }).max(DAYS);
    let missing = [DAYS / 3, DAYS / 2 + 7];
    let start = 20_635; // 2026-07-01
    let mut before = i64::MIN;
    let mut text = String::new();
    for n in 0..events {
        let day = n * DAYS / events;
        if missing.contains(&day) {
            ledger.missing_days.insert(date(start + day));
            continue;
        }
        let first_of_day = (day * events).div_ceil(DAYS);
        let of_day = events / DAYS + 1;
        let mut second = ((n - first_of_day) * 86_000 / of_day).min(86_399);
        let backward = random.below(2000) == 0 && second > 100 && n > first_of_day;
        if backward {
            second -= 90;
        }
        let at = ((start + day) * 86_400 + second) as i64;
        ledger.backward += u64::from(at < before);
        before = at;
        let stamp =
            format!("{}T{:02}:{:02}:{:02}Z", date(start + day), second / 3600, second / 60 % 60, second % 60);
        let user = random.below(USERS);
        let name = if random.below(500) == 0 { "unknown".to_owned() } else { format!("dev{user:03}") };
        let tool = random.pick(TOOLS);
        text.clear();
        for _ in 0..4 + random.below(6) {
            text.push_str(random.pick(WORDS));
            text.push(' ');
        }
        let mut hit = None;
        match random.below(1000) {
            0..=1 => {
                let (planted, id) = HITS[random.below(HITS.len() as u64) as usize];
                text.push_str(planted);
                text.push(' ');
                hit = Some(id);
            }
            2..=4 => {
                text.push_str(random.pick(DECOYS));
                text.push(' ');
            }
            _ => {}
        }
        let mut danger = None;
        let command = if tool != "Bash" {
            String::new()
        } else if random.below(200) == 0 {
            let (command, class) = DANGEROUS[random.below(DANGEROUS.len() as u64) as usize];
            danger = Some(class);
            command.to_owned()
        } else {
            random.pick(SAFE).to_owned()
        };
        let denied = form == Form::Lines && random.below(40) == 0;
        let mut count = |map: fn(&mut Ledger) -> &mut BTreeMap<String, u64>, key: &str| {
            *map(&mut ledger).entry(key.to_owned()).or_default() += 1;
        };
        let day_name = date(start + day);
        count(|l| &mut l.by_day, &day_name);
        count(|l| &mut l.by_user, &name);
        count(|l| &mut l.by_tool, tool);
        if let Some(id) = hit {
            count(|l| &mut l.hits, id);
        }
        if let Some(class) = danger {
            count(|l| &mut l.dangerous, class);
        }
        *ledger.by_user_and_day.entry((name.clone(), day_name)).or_default() += 1;
        ledger.unknown_user += u64::from(name == "unknown");
        ledger.records += 1;
        let changes = matches!(tool, "Edit" | "Write") && !denied;
        ledger.file_changes += u64::from(changes);
        match form {
            Form::Lines => {
                let session = user * 1000 + day;
                let mode = match random.below(3000) {
                    0 => "bypassPermissions",
                    1..=100 => "acceptEdits",
                    101..=150 => "plan",
                    _ => "default",
                };
                if modes.insert(session, mode).is_some_and(|m| m != mode) {
                    ledger.mode_changes += 1;
                }
                if mode == "bypassPermissions" {
                    bypass.insert(session);
                }
                let decision = if denied { "deny" } else { "allow" };
                let status = match random.below(60) {
                    0 => "error",
                    1 => "",
                    _ if denied => "blocked",
                    _ => "success",
                };
                ledger.denied += u64::from(denied);
                ledger.missing_outcome += u64::from(status.is_empty());
                for (map, key) in [
                    (&mut ledger.by_mode, mode),
                    (&mut ledger.by_decision, decision),
                    (&mut ledger.by_outcome, status),
                ] {
                    if !key.is_empty() {
                        *map.entry(key.to_owned()).or_default() += 1;
                    }
                }
                let input = match tool {
                    "Bash" => format!("{{\"command\":\"{command}\",\"description\":\"{text}\"}}"),
                    "Edit" | "Write" | "Read" => format!(
                        "{{\"file_path\":\"/home/{name}/src/{}.rs\",\"content\":\"{text}\"}}",
                        user % 40
                    ),
                    _ => format!("{{\"query\":\"{text}\"}}"),
                };
                let line = format!(
                    "{{\"timestamp\":\"{stamp}\",\"session_id\":\"{session:08x}-9c1e-4a7b-8d2f-{n:012x}\",\"user\":\"{name}\",\"tool\":\"{tool}\",\"tool_use_id\":\"toolu_{n:024}\",\"permission_mode\":\"{mode}\",\"decision\":\"{decision}\",\"tool_input\":{input},\"output_length\":{},\"status\":\"{status}\",\"version\":\"2.1.{}\"}}\n",
                    random.below(90_000),
                    200 + user % 40
                );
                // One session id per user and day: the counter must not be in it.
                let line = line.replacen(&format!("-{n:012x}\""), "-0123456789ab\"", 1);
                out.write_all(line.as_bytes())?;
                // A second writer that was cut off, with or without a line end behind it.
                if random.below(5_000) == 0 && hit.is_none() {
                    ledger.refused += 1;
                    out.write_all(&line.as_bytes()[..line.len() / 2])?;
                    if random.below(2) == 0 {
                        out.write_all(b"\n")?;
                    }
                }
            }
            Form::Guide => {
                let input = match tool {
                    "Bash" => format!("{{\"command\":\"{command}\",\"description\":\"{text}\"}}"),
                    "Edit" | "Write" | "Read" => format!(
                        "{{\"file_path\":\"/home/{name}/src/{}.rs\",\"content\":\"{text}\"}}",
                        user % 40
                    ),
                    _ => format!("{{\"query\":\"{text}\"}}"),
                };
                ledger.repaired += 1;
                *ledger.by_outcome.entry("success".into()).or_default() += 1;
                write!(
                    out,
                    "{{\n\"timestamp\": \"{stamp}\",\n\"user\": \"{name}\",\n\"tool\": \"{tool}\",\n\"input_summary\": \"{input}\",\n\"output_length\": {},\n\"status\": \"success\"\n}}\n",
                    random.below(90_000)
                )?;
                if random.below(5_000) == 0 {
                    ledger.refused += 1;
                    write!(
                        out,
                        "{{\n\"timestamp\": \"{stamp}\",\n\"user\": \"{name}\",\n\"tool\": \"{tool}\",\n"
                    )?;
                }
            }
        }
    }
    ledger.bypass_sessions = bypass.len() as u64;
    Ok(ledger)
}

/// `YYYY-MM-DD` of a number of days since 1970.
fn date(days: u64) -> String {
    let z = days as i64 + 719_468;
    let era = z.div_euclid(146_097);
    let of_era = z.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}
