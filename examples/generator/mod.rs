//! A seeded generator of audit logs of every shape that keeps a ledger of every fact it plants. Standard library only.

mod forms;
mod ledger;
mod words;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

pub use forms::Form;
pub use ledger::Ledger;
use words::{DANGEROUS, DECOYS, HITS, SAFE, TOOLS, WORDS};

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

    pub fn pick(&mut self, list: &[&'static str]) -> &'static str {
        list[self.below(list.len() as u64) as usize]
    }
}

const DAYS: u64 = 100;
const USERS: u64 = 200;
/// 2026-07-01.
const START: u64 = 20_635;

/// One event that was made up, before it takes a form.
pub struct Item {
    pub n: u64,
    pub seconds: u64,
    pub stamp: String,
    pub user: String,
    pub user_number: u64,
    pub tool: &'static str,
    pub command: String,
    pub text: String,
    pub session: u64,
    pub mode: &'static str,
    pub denied: bool,
    /// Empty: nothing is said of how it ended.
    pub status: &'static str,
    pub output_length: u64,
    /// One in many times something odd is written too: which, is up to the form.
    pub odd: bool,
}

impl Item {
    /// The tool's input as JSON.
    pub fn input(&self) -> String {
        let Item { command, text, user, .. } = self;
        match self.tool {
            "Bash" => format!("{{\"command\":\"{command}\",\"description\":\"{text}\"}}"),
            "Edit" | "Write" | "Read" => format!(
                "{{\"file_path\":\"/home/{user}/src/{}.rs\",\"content\":\"{text}\"}}",
                self.user_number % 40
            ),
            _ => format!("{{\"query\":\"{text}\"}}"),
        }
    }
}

/// Writes about `bytes` bytes and returns what was planted.
pub fn write(form: Form, bytes: u64, seed: u64, out: &mut dyn Write) -> io::Result<Ledger> {
    let mut random = Random::new(seed);
    let mut ledger = Ledger::default();
    let mut writer = forms::Writer::new(form);
    let mut modes: BTreeMap<u64, &str> = BTreeMap::new();
    let mut bypass = BTreeSet::new();
    let tells = form.tells();
    let events = (bytes / form.mean()).max(DAYS);
    let missing = [DAYS / 3, DAYS / 2 + 7];
    let mut before = 0;
    for n in 0..events {
        let day = n * DAYS / events;
        if missing.contains(&day) {
            ledger.missing_days.insert(date(START + day));
            continue;
        }
        let first_of_day = (day * events).div_ceil(DAYS);
        let mut second = ((n - first_of_day) * 86_000 / (events / DAYS + 1)).min(86_399);
        if random.below(2000) == 0 && second > 100 && n > first_of_day {
            second -= 90;
        }
        let day_name = date(START + day);
        let planted = plant(&mut random, form);
        let item = item(&mut random, n, day, second, &day_name, &planted);
        ledger.backward += u64::from(item.seconds < before);
        before = item.seconds;

        ledger.records += 1;
        up(&mut ledger.by_day, &day_name);
        if let Some(id) = planted.hit {
            up(&mut ledger.hits, id);
        }
        if tells.user {
            let name = form.user(&item);
            up(&mut ledger.by_user, &name);
            *ledger.by_user_and_day.entry((name, day_name)).or_default() += 1;
        }
        if tells.tool {
            up(&mut ledger.by_tool, item.tool);
            if let Some(class) = planted.danger.filter(|_| item.tool == "Bash") {
                up(&mut ledger.dangerous, class);
            }
            ledger.file_changes += u64::from(form.changes_file(&item));
        }
        if tells.tool && tells.user {
            ledger.unknown_user += u64::from(item.user == "unknown");
        }
        if tells.outcome {
            match form.outcome(&item) {
                "" => ledger.missing_outcome += 1,
                outcome => up(&mut ledger.by_outcome, outcome),
            }
        }
        if tells.mode {
            up(&mut ledger.by_mode, item.mode);
            let last = modes.insert(item.session, item.mode);
            ledger.mode_changes += u64::from(last.is_some_and(|m| m != item.mode));
            if item.mode == "bypassPermissions" {
                bypass.insert(item.session);
            }
        }
        if tells.decision {
            up(&mut ledger.by_decision, if item.denied { "deny" } else { "allow" });
            ledger.denied += u64::from(item.denied);
        }
        let version = form.version(&item);
        if !version.is_empty() {
            up(&mut ledger.by_version, &version);
        }
        if form == Form::Transcript {
            ledger.tokens = (ledger.tokens.0 + 7, ledger.tokens.1 + 3);
        }
        acts(form, &item, &planted, &mut ledger);
        writer.write(&item, planted.hit.is_some(), &mut random, &mut ledger, out)?;
    }
    writer.finish(out)?;
    ledger.bypass_sessions = bypass.len() as u64;
    Ok(ledger)
}

/// What the record's user did, where the form names users.
fn acts(form: Form, item: &Item, planted: &Planted, ledger: &mut Ledger) {
    let tells = form.tells();
    if !tells.user {
        return;
    }
    for (act, done) in [
        ("denied", tells.decision && item.denied),
        ("dangerous", tells.tool && item.tool == "Bash" && planted.danger.is_some()),
        ("file change", tells.tool && form.changes_file(item)),
        ("bypass", tells.mode && item.mode == "bypassPermissions"),
    ] {
        if done {
            *ledger.by_user_and_act.entry((form.user(item), act)).or_default() += 1;
        }
    }
}

fn up(counts: &mut BTreeMap<String, u64>, key: &str) {
    *counts.entry(key.to_owned()).or_default() += 1;
}

/// What is put into one event.
struct Planted {
    text: String,
    hit: Option<&'static str>,
    command: &'static str,
    danger: Option<&'static str>,
    denied: bool,
}

fn plant(random: &mut Random, form: Form) -> Planted {
    let mut text = String::new();
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
    let (command, danger) = if random.below(200) == 0 {
        let (command, class) = DANGEROUS[random.below(DANGEROUS.len() as u64) as usize];
        (command, Some(class))
    } else {
        (random.pick(SAFE), None)
    };
    Planted { text, hit, command, danger, denied: form.tells().decision && random.below(40) == 0 }
}

fn item(random: &mut Random, n: u64, day: u64, second: u64, day_name: &str, planted: &Planted) -> Item {
    let user_number = random.below(USERS);
    let denied = planted.denied;
    let mode = match random.below(3000) {
        0 => "bypassPermissions",
        1..=100 => "acceptEdits",
        101..=150 => "plan",
        _ => "default",
    };
    let status = match random.below(60) {
        0 => "error",
        1 => "",
        _ if denied => "blocked",
        _ => "success",
    };
    Item {
        n,
        seconds: (START + day) * 86_400 + second,
        stamp: format!("{day_name}T{:02}:{:02}:{:02}Z", second / 3600, second / 60 % 60, second % 60),
        user: if random.below(500) == 0 { "unknown".into() } else { format!("dev{user_number:03}") },
        user_number,
        tool: random.pick(TOOLS),
        command: planted.command.to_owned(),
        text: planted.text.clone(),
        session: user_number * 1000 + day,
        mode,
        denied,
        status,
        output_length: random.below(90_000),
        odd: random.below(5_000) == 0,
    }
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
