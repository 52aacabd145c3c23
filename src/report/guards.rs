//! Hooks as they were run: what each stops, what it stops too much, and how it breaks.

use super::{GuardRow, Report, Table};
use crate::model::{GuardCard, Score};

const COLUMNS: [&str; 16] = [
    "hook",
    "event",
    "command",
    "user",
    "repository",
    "isolation",
    "battery",
    "blocks",
    "of",
    "baseline_blocks",
    "baseline_of",
    "over_blocks",
    "harmless",
    "unknown",
    "fails",
    "approves",
];

impl Report {
    /// Adds the cards of the hooks that were run, and the table `guards` with a row for each hook and battery.
    #[must_use]
    pub fn with_guards(mut self, cards: &[GuardCard]) -> Self {
        if cards.is_empty() {
            return self;
        }
        self.guards = cards.iter().map(row).collect();
        let rows = cards.iter().flat_map(|card| card.batteries.iter().map(|score| record(card, score)));
        let columns = COLUMNS.map(str::to_owned).to_vec();
        self.tables.push(Table { name: "guards".to_owned(), columns, rows: rows.collect() });
        self.tables.sort_by(|a, b| a.name.cmp(&b.name));
        self
    }
}

fn record(card: &GuardCard, score: &Score) -> Vec<String> {
    let optional = |text: &Option<String>| text.clone().unwrap_or_default();
    let numbers =
        [score.blocks, score.of, score.baseline_blocks, score.baseline_of, score.over_blocks, score.harmless];
    let mut cells = vec![
        card.hook.clone(),
        card.event.clone(),
        card.command.clone(),
        optional(&card.user),
        optional(&card.repository),
        card.isolation.words().to_owned(),
        score.battery.clone(),
    ];
    cells.extend(numbers.map(|number| number.to_string()));
    cells.extend([card.fails.clone(), card.approves.to_string()]);
    cells
}

fn row(card: &GuardCard) -> GuardRow {
    let faults: Vec<String> =
        card.faults.iter().map(|(fault, led_to)| format!("{fault}: {led_to}")).collect();
    GuardRow {
        hook: card.hook.clone(),
        event: card.event.clone(),
        command: card.command.clone(),
        figures: card.batteries.iter().map(figures).collect(),
        fails: match card.fails.as_str() {
            "after the call" => "runs after the call, and can stop nothing".to_owned(),
            how => format!("fails {how}"),
        },
        faults: faults.join("; "),
        approves: if card.approves { "approves calls by itself" } else { "approves nothing" }.to_owned(),
        isolation: card.isolation.words().to_owned(),
    }
}

/// `credential_files: blocks 27 of 28 of the baseline and 80 of 115 in all, over-blocks 0 of 34`.
fn figures(score: &Score) -> String {
    let mut parts = Vec::new();
    if score.of > 0 {
        parts.push(format!(
            "blocks {} of {} of the baseline and {} of {} in all",
            score.baseline_blocks, score.baseline_of, score.blocks, score.of
        ));
    }
    if score.harmless > 0 {
        parts.push(format!("over-blocks {} of {}", score.over_blocks, score.harmless));
    }
    if score.unknown > 0 {
        parts.push(format!("not known for {}", score.unknown));
    }
    if score.to_record > 0 {
        parts.push(format!("wrote something for {} of {} calls", score.recorded, score.to_record));
    }
    format!("{}: {}", score.battery, parts.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_n_of_n_for_each_kind_of_battery() {
        let mut score = Score {
            battery: "credential_files".to_owned(),
            blocks: 80,
            of: 115,
            baseline_blocks: 27,
            baseline_of: 28,
            over_blocks: 1,
            harmless: 34,
            recorded: 0,
            to_record: 0,
            unknown: 0,
            missed: Vec::new(),
            over_blocked: Vec::new(),
        };
        assert_eq!(
            figures(&score),
            "credential_files: blocks 27 of 28 of the baseline and 80 of 115 in all, over-blocks 1 of 34"
        );
        (score.blocks, score.baseline_blocks, score.unknown) = (0, 0, 149);
        assert!(figures(&score).ends_with(", not known for 149"));
        (score.of, score.harmless, score.unknown, score.recorded, score.to_record) = (0, 0, 0, 19, 20);
        assert_eq!(figures(&score), "credential_files: wrote something for 19 of 20 calls");
    }
}
