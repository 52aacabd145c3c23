//! Counts the facts of one stretch of one source; tallies of following stretches are joined without loss.

mod acts;
mod days;
mod limits;
mod located;
mod order;
mod quality;
mod seen;
mod sessions;
mod usage;

use std::collections::BTreeMap;

pub use acts::Acts;
pub use days::{DayTally, Days, Slot};
pub use limits::{Limits, Rules};
pub use located::Located;
pub use order::Order;
pub use quality::Quality;
pub use seen::Seen;
pub use sessions::Sessions;
pub use usage::UsageTable;

use super::event::{Call, Event, changes_file, is_shell, says_nothing};
use super::names::{Counts, Names, OTHERS};
use super::place::Here;
use super::scan::Hit;
use super::transcript::identity;
use super::when::{When, day_of};
use crate::model::activity::{NotableKind, RecordCounts, Shape};

/// The kinds of names, each with its own table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    User,
    Tool,
    Decision,
    Mode,
    Version,
    Outcome,
    Event,
    Type,
    Method,
    Path,
}
pub const KINDS: usize = 10;
/// The kinds that are counted by day: the first six.
pub const DAY_KINDS: usize = 6;

const BYPASS: &[u8] = b"bypassPermissions";

fn earlier(a: Option<i64>, b: Option<i64>) -> Option<i64> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

/// All counts of one stretch. `join` takes the stretch that follows.
#[derive(Clone, Debug)]
pub struct Tally {
    pub counts: RecordCounts,
    pub shapes: BTreeMap<Shape, u64>,
    pub refused_by_reason: BTreeMap<&'static str, u64>,
    pub order: Order,
    pub names: [Names; KINDS],
    /// By kind of name, for the kinds that are not counted by day.
    pub totals: [Counts; KINDS],
    pub days: Days,
    pub quality: Quality,
    pub sessions: Sessions,
    pub usage: UsageTable,
    pub acts: Acts,
    pub located: Located,
    last_shape: (Option<Shape>, u64),
}

/// What is known of the record at hand beside its event.
struct Record<'e> {
    event: &'e Event<'e>,
    here: Here<'e>,
    /// The text and the number of its user.
    user_text: Option<&'e [u8]>,
    user: u32,
    mode: Option<u32>,
    day: Option<i32>,
    slot: Slot,
}

impl Tally {
    pub fn new(limits: &Limits, patterns: usize) -> Self {
        let names = |kind: usize| {
            Names::new(match kind {
                k if k == Kind::User as usize => limits.users,
                k if k == Kind::Path as usize => limits.paths,
                _ => limits.names,
            })
        };
        Tally {
            counts: RecordCounts::default(),
            shapes: BTreeMap::new(),
            refused_by_reason: BTreeMap::new(),
            order: Order::default(),
            names: std::array::from_fn(names),
            totals: Default::default(),
            days: Days::new(limits.days),
            quality: Quality::default(),
            sessions: Sessions::new(limits.sessions),
            usage: UsageTable::new(limits.usage_rows),
            acts: Acts::new(patterns),
            located: Located::new(limits.located),
            last_shape: (None, 0),
        }
    }

    /// Counts a record that could not be read. Patterns found in it count all the same.
    pub fn refuse(&mut self, here: Here<'_>, bytes: u64, reason: &'static str, hits: &[Hit]) {
        self.counts.there += 1;
        self.counts.refused += 1;
        *self.refused_by_reason.entry(reason).or_default() += 1;
        self.located.refusal(here, bytes, reason);
        let slot = self.days.known(self.order.tail.map(day_of));
        self.days.at(slot).refused += 1;
        self.hits_in_refused(here, hits);
    }

    /// Counts patterns that were found outside any record that could be read.
    pub fn hits_in_refused(&mut self, here: Here<'_>, hits: &[Hit]) {
        if !hits.is_empty() {
            let event = Event::default();
            let slot = self.days.slot(None);
            let record =
                Record { event: &event, here, user_text: None, user: OTHERS, mode: None, day: None, slot };
            self.count_hits(&record, hits);
        }
    }

    pub fn repaired(&mut self, here: Here<'_>) {
        self.counts.repaired += 1;
        self.located.repair(here);
    }

    #[inline(always)]
    fn number(&mut self, kind: Kind, name: &[u8]) -> u32 {
        self.names[kind as usize].number(name)
    }

    fn count_name(&mut self, kind: Kind, name: &[u8]) {
        let number = self.number(kind, name);
        self.totals[kind as usize].up(number);
    }

    /// Counts one record that was read.
    #[inline]
    pub fn add(
        &mut self,
        event: &Event<'_>,
        here: Here<'_>,
        hits: &[Hit],
        rules: &Rules<'_>,
        seen: &mut Seen,
        default_user: Option<&[u8]>,
    ) {
        self.counts.there += 1;
        self.counts.read += 1;
        self.count_shape(event.shape);
        if event.message_id.is_some_and(|id| !seen.first_time(id)) {
            self.counts.duplicates += 1;
            return;
        }
        let mut before = None;
        if let Some(when) = event.when {
            before = self.order.count(when, here, rules);
            if !self.is_in_period(when, rules) {
                return;
            }
            self.order.count_in_period(when);
        } else {
            self.counts.undated += 1;
        }
        let user_text = event.user.or(default_user);
        let day = event.when.map(When::day);
        let slot = self.days.slot(day);
        let (user, mode) = self.count_names(event, user_text, slot);
        let record =
            Record { event, here, user_text, user: user.unwrap_or(OTHERS), mode, day, slot };
        self.count_day(&record, before);
        if let Some(call) = &event.call {
            self.count_call(call, &record, rules);
            for call in &event.more_calls {
                let tool = self.number(Kind::Tool, call.tool);
                self.days.at(slot).names[Kind::Tool as usize].up(tool);
                self.count_call(call, &record, rules);
            }
        }
        self.count_mode(&record);
        if event.denied {
            self.acts.denied += 1;
            self.acts.user(record.user).denied += 1;
            self.located.note(NotableKind::Denied, event, here, || "denied".into());
        }
        if event.is_rare() {
            self.count_rare(&record, seen);
        }
        if !hits.is_empty() {
            self.count_hits(&record, hits);
        }
    }

    /// Following records nearly always have one shape: they are counted together.
    #[inline(always)]
    fn count_shape(&mut self, shape: Option<Shape>) {
        if self.last_shape.0 == shape {
            self.last_shape.1 += 1;
        } else {
            self.close();
            self.last_shape = (shape, 1);
        }
    }

    /// Makes the shapes complete; to be called when the stretch is at its end.
    pub fn close(&mut self) {
        if let (Some(shape), n) = std::mem::take(&mut self.last_shape) {
            *self.shapes.entry(shape).or_default() += n;
        }
    }

    #[inline(always)]
    fn is_in_period(&mut self, when: When, rules: &Rules<'_>) -> bool {
        let Some((start, end)) = rules.period else { return true };
        let day = when.day();
        self.counts.before_period += u64::from(day < start);
        self.counts.after_period += u64::from(day > end);
        (start..=end).contains(&day)
    }

    /// Counts the names of a record on its day; returns the numbers of its user and its mode.
    #[inline(always)]
    fn count_names(
        &mut self,
        event: &Event<'_>,
        user: Option<&[u8]>,
        slot: Slot,
    ) -> (Option<u32>, Option<u32>) {
        if let Some(name) = event.name {
            self.count_name(Kind::Event, name);
        }
        let day = self.days.at(slot);
        let tool = event.call.as_ref().map(|c| c.tool).or(event.tool);
        let texts = [user, tool, event.decision, event.mode, event.version, event.outcome];
        let mut numbers = [None; DAY_KINDS];
        for (kind, text) in texts.into_iter().enumerate() {
            if let Some(text) = text {
                let number = self.names[kind].number(text);
                day.names[kind].up(number);
                numbers[kind] = Some(number);
            }
        }
        (numbers[Kind::User as usize], numbers[Kind::Mode as usize])
    }

    /// `before` is the time of the record before this one in the file.
    #[inline(always)]
    fn count_day(&mut self, record: &Record<'_>, before: Option<i64>) {
        let event = record.event;
        let day = self.days.at(record.slot);
        day.events += 1;
        day.denied += u64::from(event.denied);
        if let Some(when) = event.when {
            day.count_time(when, before);
        }
        if event.is_tool_record {
            let names_nobody = record.user_text.is_none_or(says_nothing);
            day.unknown_user += u64::from(names_nobody);
            day.missing_outcome += u64::from(event.outcome.is_none());
            self.quality.count(event, record.user_text.is_some(), names_nobody);
        }
    }

    #[inline(always)]
    fn count_call(&mut self, call: &Call<'_>, record: &Record<'_>, rules: &Rules<'_>) {
        if let Some(command) = &call.command
            && is_shell(call.tool)
        {
            self.count_command(command, record, rules);
        }
        let from_session = record.event.shape == Some(Shape::Transcript) && changes_file(call.tool);
        if record.event.is_file_change || from_session {
            self.count_file_change(call, record);
        }
        if call.sandbox_off {
            self.acts.sandbox_disabled += 1;
            self.located.note(NotableKind::SandboxDisabled, record.event, record.here, || {
                "sandbox_disabled".into()
            });
        }
    }

    fn count_file_change(&mut self, call: &Call<'_>, record: &Record<'_>) {
        self.acts.file_changes += 1;
        self.days.at(record.slot).file_changes += 1;
        self.acts.user(record.user).file_changes += 1;
        self.acts.changes_by_user.up(record.user);
        match call.file.filter(|f| !f.is_empty()) {
            Some(file) => self.count_name(Kind::Path, file),
            None => self.acts.changes_without_path += 1,
        }
    }

    #[inline(never)]
    fn count_command(&mut self, command: &[u8], record: &Record<'_>, rules: &Rules<'_>) {
        let text = String::from_utf8_lossy(command);
        if let Some(class) = (rules.classify)(&text) {
            *self.acts.dangerous.entry(class).or_default() += 1;
            self.days.at(record.slot).dangerous += 1;
            self.acts.user(record.user).dangerous += 1;
            self.located.note(NotableKind::Dangerous, record.event, record.here, || class.into());
        }
    }

    /// Follows the permission mode through the session that the record names.
    #[inline(always)]
    fn count_mode(&mut self, record: &Record<'_>) {
        let event = record.event;
        let is_bypass = event.mode == Some(BYPASS);
        if is_bypass {
            self.acts.user(record.user).bypass += 1;
        }
        let mut to_bypass = is_bypass;
        if let Some(session) = event.session
            && (event.mode.is_some() || event.shape != Some(Shape::Other))
        {
            let change = self.sessions.count(identity(&[session]), record.mode, is_bypass);
            to_bypass = change.to_bypass;
            if let Some(from) = change.from {
                self.count_mode_change(record, from);
            }
        }
        if to_bypass {
            self.located.note(NotableKind::Bypass, event, record.here, || "bypassPermissions".into());
        }
    }

    fn count_mode_change(&mut self, record: &Record<'_>, from: u32) {
        self.acts.mode_changes += 1;
        let from = self.names[Kind::Mode as usize].name(from);
        self.located.note(NotableKind::ModeChange, record.event, record.here, || {
            change(from, record.event.mode.unwrap_or_default())
        });
    }

    #[inline(never)]
    fn count_rare(&mut self, record: &Record<'_>, seen: &mut Seen) {
        let Record { event, here, user, .. } = *record;
        if let Some(tokens) = &event.tokens
            && event.usage_id.is_none_or(|id| seen.first_time(id))
        {
            self.usage.add((record.day, user), tokens);
        }
        if let Some((ok, method)) = event.log_in {
            self.count_name(Kind::Method, method);
            let tally = self.acts.user(user);
            if ok {
                tally.log_ins += 1;
                self.acts.log_ins.0 += 1;
            } else {
                tally.failed_log_ins += 1;
                self.acts.log_ins.1 += 1;
                self.located.note(NotableKind::FailedLogIn, event, here, || "failed_log_in".into());
            }
        }
        if event.hook_failed_open {
            self.acts.hooks_failed_open += 1;
            self.located.note(NotableKind::HookFailedOpen, event, here, || "hook_failed_open".into());
        }
        if event.is_incident {
            self.acts.incidents += 1;
            self.located.note(NotableKind::Incident, event, here, || "incident".into());
        }
        if let (Some((from, to)), None) = (event.mode_change, event.session) {
            self.acts.mode_changes += 1;
            self.located.note(NotableKind::ModeChange, event, here, || change(from, to));
        }
        if let Some(kind) = event.unknown_type {
            self.count_name(Kind::Type, kind);
        }
    }

    #[inline(never)]
    fn count_hits(&mut self, record: &Record<'_>, hits: &[Hit]) {
        let is_own_name = |hit: &Hit| is_identity(record, hit);
        for (index, hit) in hits.iter().enumerate() {
            let counted = hits[..index].iter().any(|h| h.pattern == hit.pattern && !is_own_name(h));
            if counted || is_own_name(hit) {
                continue;
            }
            let Some((count, by_user)) = self.acts.hits.get_mut(hit.pattern) else { continue };
            *count += 1;
            by_user.up(record.user);
            self.days.at(record.slot).hits += 1;
            self.acts.user(record.user).hits += 1;
            let here = Here { at: hit.offset, ..record.here };
            self.located.note(NotableKind::Hit, record.event, here, || hit.pattern.to_string());
        }
    }

    /// Takes in the stretch that follows this one in the same file, or (with its own lines) the next file.
    pub fn join(&mut self, next: Tally, same_file: bool, source: u64) {
        let lines = same_file.then_some(self.counts.lines);
        self.counts.add(&next.counts);
        for (reason, n) in &next.refused_by_reason {
            *self.refused_by_reason.entry(reason).or_default() += n;
        }
        for (shape, n) in &next.shapes {
            *self.shapes.entry(*shape).or_default() += n;
        }
        if let Some((before, after)) = self.order.join(&next.order, lines, self.located.limit())
            && day_of(before) == day_of(after)
        {
            self.days.silent(day_of(before), after - before);
        }
        let maps: Vec<Vec<u32>> =
            self.names.iter_mut().zip(&next.names).map(|(mine, theirs)| mine.take_in(theirs)).collect();
        for (kind, counts) in next.totals.iter().enumerate() {
            self.totals[kind].add(counts, &maps[kind]);
        }
        self.days.join(&next.days, &maps);
        self.quality.join(&next.quality);
        let users = &maps[Kind::User as usize];
        self.acts.join(&next.acts, users);
        self.usage.join(&next.usage, |user| users.get(user as usize).copied().unwrap_or(OTHERS));
        self.acts.mode_changes += self.sessions.join(&next.sessions, &maps[Kind::Mode as usize]);
        self.located.join(next.located, lines, source);
    }
}

fn change(from: &[u8], to: &[u8]) -> String {
    format!("{} > {}", String::from_utf8_lossy(from), String::from_utf8_lossy(to))
}

/// The match is the user's own name in the record's identity: what the log is for.
fn is_identity(record: &Record<'_>, hit: &Hit) -> bool {
    record.user_text.is_some_and(|user| {
        let bytes = record.here.block.bytes;
        !user.is_empty() && bytes.get(hit.offset..).is_some_and(|rest| rest.starts_with(user))
    })
}
