//! Cards of the hooks that were run: what each stops, what it stops too much, how it breaks.

use std::collections::{BTreeMap, BTreeSet};

use super::hook_runs::outcome;
use super::{Facts, RegisteredHook, Session};
use crate::{
    client::hooks::Outcome,
    model::{Aim, GuardCard, HookRun, Score},
};

impl Facts<'_> {
    /// A card for each hook that was run: what it stops, what it stops too much, how it breaks.
    pub fn guard_cards(&self) -> Vec<GuardCard> {
        let mut cards: BTreeMap<(String, Option<String>, Option<String>), Card> = BTreeMap::new();
        for session in self.sessions() {
            for hook in self.hooks(session) {
                let by = format!("{}#{}", session.shown(&hook.hook.source), hook.hook.pointer);
                for (run, _) in
                    self.hook_runs().filter(|(run, _)| run.hook == by && run.event == hook.hook.event)
                {
                    let user = session.user.map(|user| user.name.as_str());
                    let mine = run.user.as_deref().is_none_or(|name| user == Some(name))
                        && run.repository.as_deref().is_none_or(|name| session.repository == Some(name));
                    if mine {
                        let key = (by.clone(), run.user.clone(), run.repository.clone());
                        let card = cards.entry(key).or_insert_with(|| Card::of(run));
                        card.take(run, &hook, session);
                    }
                }
            }
        }
        cards
            .into_values()
            .map(|mut card| {
                card.finish();
                card.0
            })
            .collect()
    }
}

/// A card on which a run's figures are put one by one.
struct Card(GuardCard);

impl Card {
    fn of(run: &HookRun) -> Self {
        Self(GuardCard {
            hook: run.hook.clone(),
            event: run.event.clone(),
            command: run.command.clone(),
            user: run.user.clone(),
            repository: run.repository.clone(),
            isolation: run.isolation,
            programs: run.programs,
            batteries: Vec::new(),
            faults: BTreeMap::new(),
            approves: false,
            fails: String::new(),
        })
    }

    fn take(&mut self, run: &HookRun, hook: &RegisteredHook<'_>, session: &Session<'_>) {
        if self.0.batteries.iter().any(|score| score.battery == run.battery) {
            return;
        }
        let mut score = Score {
            battery: run.battery.clone(),
            blocks: 0,
            of: 0,
            baseline_blocks: 0,
            baseline_of: 0,
            over_blocks: 0,
            harmless: 0,
            recorded: 0,
            to_record: 0,
            unknown: 0,
            missed: Vec::new(),
            over_blocked: Vec::new(),
        };
        for one in &run.runs {
            let outcome = outcome(one, run, hook, session);
            let stopped = matches!(outcome, Ok(Outcome::Deny { .. }));
            self.0.approves |= matches!(outcome, Ok(Outcome::Allow { .. }));
            score.unknown += usize::from(outcome.is_err() && matches!(one.aim, Aim::Stop | Aim::Pass));
            match one.aim {
                Aim::Stop => {
                    score.of += 1;
                    score.blocks += usize::from(stopped);
                    score.baseline_of += usize::from(one.baseline);
                    score.baseline_blocks += usize::from(one.baseline && stopped);
                    if !stopped && outcome.is_ok() {
                        score.missed.push(one.tries.clone());
                    }
                }
                Aim::Pass => {
                    score.harmless += 1;
                    score.over_blocks += usize::from(stopped);
                    if stopped {
                        score.over_blocked.push(one.tries.clone());
                    }
                }
                Aim::Record => {
                    score.to_record += 1;
                    score.recorded += usize::from(!one.wrote.is_empty());
                }
                Aim::Fault if run.event != "PreToolUse" => {
                    let left = one.wrote.iter().any(|file| !file.lines.is_empty());
                    let words = if left { "leaves a record" } else { "leaves no record" };
                    self.0.faults.insert(one.canary.clone(), words.to_owned());
                }
                Aim::Fault => {
                    let words = match outcome {
                        Ok(Outcome::Deny { .. }) => "blocks",
                        Ok(Outcome::Ask { .. }) => "asks",
                        Ok(Outcome::Allow { .. }) => "approves",
                        Ok(Outcome::NoDecision { .. }) => "lets the call through",
                        Err(_) => "not known",
                    };
                    self.0.faults.insert(one.canary.clone(), words.to_owned());
                }
            }
        }
        self.0.batteries.push(score);
    }

    fn finish(&mut self) {
        self.0.batteries.retain(|score| score.of + score.harmless + score.to_record > 0);
        self.0.batteries.sort_by(|a, b| a.battery.cmp(&b.battery));
        // The faults with a missing program read .env: they say nothing of a hook that lets it be read in any case.
        if self
            .0
            .batteries
            .iter()
            .all(|score| score.battery != "credential_files" || score.baseline_blocks == 0)
        {
            self.0.faults.retain(|fault, _| !fault.starts_with("without-"));
        }
        if self.0.event != "PreToolUse" {
            "after the call".clone_into(&mut self.0.fails);
            return;
        }
        let words: BTreeSet<&str> = self.0.faults.values().map(String::as_str).collect();
        let open = ["lets the call through", "approves", "asks"].iter().any(|word| words.contains(word));
        self.0.fails = match (open, words.contains("blocks")) {
            (true, true) => "mixed",
            (true, false) => "open",
            (false, true) => "closed",
            (false, false) => "not known",
        }
        .to_owned();
    }
}
