//! Counts one record: its time, its names, its day, its calls, and what a reviewer asks for.

use super::super::event::{Call, Event, changes_file, is_shell, says_nothing};
use super::super::hazard::Judge;
use super::super::names::OTHERS;
use super::super::place::Here;
use super::super::scan::Hit;
use super::super::transcript::identity;
use super::super::when::When;
use super::{DAY_KINDS, Kind, Point, Rules, Seen, Slot, Tally};
use crate::model::activity::{NotableKind, Shape};

const BYPASS: &[u8] = b"bypassPermissions";

/// What is known of the record at hand beside its event.
pub(super) struct Record<'e> {
    pub event: &'e Event<'e>,
    pub here: Here<'e>,
    /// The text and the number of its user.
    pub user_text: Option<&'e [u8]>,
    pub user: u32,
    pub mode: Option<u32>,
    pub day: Option<i32>,
    pub slot: Slot,
}

impl Tally {
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
        judge: &mut Judge,
        seen: &mut Seen,
        default_user: Option<&[u8]>,
    ) {
        self.counts.there += 1;
        self.counts.read += 1;
        self.count_shape(event.shape);
        if event.message_id.is_some_and(|id| !seen.first_time(id)) {
            self.counts.duplicates += 1;
            if !rules.limits.every_hit {
                return;
            }
        }
        let mut before = None;
        if let Some(when) = event.when {
            before = self.order.count(when, here, rules);
            if !self.is_in_period(when, rules) {
                return;
            }
        } else {
            self.counts.undated += 1;
        }
        let user_text = event.user.or(default_user);
        if rules.person.is_some_and(|person| user_text != Some(person)) {
            self.counts.of_others += 1;
            return;
        }
        if let Some(when) = event.when {
            self.order.count_in_period(when);
        }
        if let Some(census) = &mut self.census {
            census.add(event, user_text, here.offset());
        }
        if let Some(outcomes) = &mut self.outcomes {
            outcomes.add(event, here, judge);
        }
        let day = event.when.map(When::day);
        let slot = self.days.slot(day);
        let (user, mode) = self.count_names(event, user_text, slot);
        let record = Record { event, here, user_text, user: user.unwrap_or(OTHERS), mode, day, slot };
        self.count_day(&record, before);
        if let Some(call) = &event.call {
            self.count_call(call, &record, judge);
            for call in &event.more_calls {
                let tool = self.number(Kind::Tool, call.tool);
                let (day, room) = self.days.at_with_room(slot);
                day.names[Kind::Tool as usize].up_within(tool, room);
                self.count_call(call, &record, judge);
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

    /// Counts a data point of a metric, which says how much and nothing of what was done: it is no activity.
    #[inline(never)]
    pub fn add_point(
        &mut self,
        point: Point,
        event: &Event<'_>,
        here: Here<'_>,
        hits: &[Hit],
        rules: &Rules<'_>,
    ) {
        self.counts.there += 1;
        self.counts.read += 1;
        self.count_shape(event.shape);
        self.counts.metrics += 1;
        let day = event.when.map(When::day);
        let (before, after) =
            day.zip(rules.period).map_or((false, false), |(day, (start, end))| (day < start, day > end));
        let is_other = rules.person.is_some_and(|person| event.user != Some(person));
        // What a running total stood at before the period is needed to tell what it rose by in it.
        if after || is_other || before && point.series.is_none() {
            return;
        }
        let user = event.user.map_or(OTHERS, |user| self.number(Kind::User, user));
        self.metered.add((day, user), point);
        if before {
            return;
        }
        let slot = self.days.known(day);
        self.count_hits(&Record { event, here, user_text: event.user, user, mode: None, day, slot }, hits);
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
        let (day, room) = self.days.at_with_room(slot);
        let tool = event.call.as_ref().map(|c| c.tool).or(event.tool);
        let texts = [user, tool, event.decision, event.mode, event.version, event.outcome];
        let mut numbers = [None; DAY_KINDS];
        for (kind, text) in texts.into_iter().enumerate() {
            if let Some(text) = text {
                let number = self.names[kind].number(text);
                day.names[kind].up_within(number, room);
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
    fn count_call(&mut self, call: &Call<'_>, record: &Record<'_>, judge: &mut Judge) {
        if let Some(command) = &call.command
            && is_shell(call.tool)
        {
            self.count_command(command, record, judge);
        }
        let from_session = record.event.shape == Some(Shape::Transcript) && changes_file(call.tool);
        if record.event.is_file_change || from_session {
            self.count_file_change(call, record);
        }
        if call.sandbox_off {
            self.acts.sandbox_disabled += 1;
            self.located
                .note(NotableKind::SandboxDisabled, record.event, record.here, || "sandbox_disabled".into());
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

    fn count_command(&mut self, command: &[u8], record: &Record<'_>, judge: &mut Judge) {
        if let Some(class) = judge.class(command) {
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
    pub(super) fn count_hits(&mut self, record: &Record<'_>, hits: &[Hit]) {
        let every = self.every_hit;
        let is_own_name = |hit: &Hit| !every && is_identity(record, hit);
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
