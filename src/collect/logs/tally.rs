//! Counts the facts of one stretch of one source; tallies of following stretches are joined without loss.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;
use sha2::{Digest, Sha256};

use super::census::Census;
use super::event::{Call, Event, changes_file, is_shell, says_nothing};
use super::hazard::Classifier;
use super::names::{Counts, Names, OTHERS};
use super::scan::{Hit, Scanner};
use super::transcript::identity;
use super::when::{When, day_of};
use crate::model::activity::{NotableKind, Place, RecordCounts, Refusal, Shape, Tokens};

/// Bounds on what is kept. Counts stay exact beyond them; names and places are then given as a sum.
#[derive(Clone, Debug)]
pub struct Limits {
    pub users: usize,
    pub names: usize,
    pub paths: usize,
    pub days: usize,
    pub sessions: usize,
    /// Places kept for each kind of finding and for refusals.
    pub located: usize,
    /// Rows of cost and tokens (user and day).
    pub usage_rows: usize,
    /// A longer record is refused, so that memory stays bounded.
    pub record_bytes: usize,
    /// Bytes that one compressed file may expand to.
    pub expanded_bytes: u64,
    /// Files with an entry of their own in the summary.
    pub sources: usize,
    /// Large plain files are read in parts of this size.
    pub part_bytes: u64,
    /// Identities kept at once to find the same message again.
    pub message_ids: usize,
    /// Calls held for comparing kinds of record; 0 where nothing is compared.
    pub calls: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            users: 1500,
            names: 400,
            paths: 2000,
            days: 800,
            sessions: 200_000,
            located: 100,
            usage_rows: 40_000,
            record_bytes: 6 << 20,
            expanded_bytes: 64 << 30,
            sources: 10_000,
            part_bytes: 16 << 20,
            message_ids: 200_000,
            calls: 0,
        }
    }
}

/// What a tally needs to know to judge a record.
pub struct Rules<'r> {
    pub scanner: &'r Scanner,
    pub classify: Classifier,
    pub limits: &'r Limits,
    /// First and last day of the period, as days since 1970.
    pub period: Option<(i32, i32)>,
    /// Seconds since 1970 of the assessment: later records are in the future.
    pub as_of: Option<i64>,
}

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

/// Where a record is.
#[derive(Clone, Copy)]
pub struct Here<'b> {
    pub block: &'b [u8],
    pub block_offset: u64,
    pub block_line: u64,
    pub at: usize,
}

impl Here<'_> {
    pub fn offset(&self) -> u64 {
        self.block_offset + self.at as u64
    }

    /// Counted only when a place is kept, which is rare.
    pub fn line(&self) -> u64 {
        let before = &self.block[..self.at.min(self.block.len())];
        self.block_line + memchr::memchr_iter(b'\n', before).count() as u64
    }

    pub fn place(&self) -> Place {
        Place { line: self.line(), offset: self.offset() }
    }
}

#[derive(Clone, Debug, Default)]
pub struct DayTally {
    pub events: u64,
    pub unknown_user: u64,
    pub missing_outcome: u64,
    pub denied: u64,
    pub dangerous: u64,
    pub file_changes: u64,
    pub hits: u64,
    pub refused: u64,
    pub names: [Counts; DAY_KINDS],
    pub first: Option<i64>,
    pub last: Option<i64>,
    pub silence: i64,
}

#[derive(Clone, Debug, Default)]
pub struct UserTally {
    pub denied: u64,
    pub dangerous: u64,
    pub file_changes: u64,
    pub bypass: u64,
    pub log_ins: u64,
    pub failed_log_ins: u64,
    pub hits: u64,
}

#[derive(Clone, Copy, Debug, Default)]
pub struct Session {
    first_mode: u16,
    last_mode: u16,
    pub changed: bool,
    pub bypass: bool,
}

#[derive(Clone, Debug)]
pub struct Noted {
    pub kind: NotableKind,
    pub source: u64,
    pub line: u64,
    pub offset: u64,
    pub at: Option<i64>,
    pub user: Option<Vec<u8>>,
    pub tool: Option<Vec<u8>>,
    pub class: String,
}

#[derive(Clone, Debug, Default)]
pub struct Quality {
    pub tool_records: u64,
    pub with_time: u64,
    pub with_user: u64,
    pub unknown_user: u64,
    pub with_decision: u64,
    pub with_mode: u64,
    pub with_outcome: u64,
    pub with_session: u64,
    pub with_tool_use_id: u64,
}

/// All counts of one stretch. `join` takes the stretch that follows.
#[derive(Clone, Debug)]
pub struct Tally {
    pub counts: RecordCounts,
    pub shapes: BTreeMap<Shape, u64>,
    pub refused_by_reason: BTreeMap<&'static str, u64>,
    pub refusals: Vec<Refusal>,
    pub repairs: Vec<Place>,
    /// Earliest and latest time of any record that was read.
    pub first: Option<i64>,
    pub last: Option<i64>,
    pub first_in_period: Option<i64>,
    pub last_in_period: Option<i64>,
    /// Times of the first and the last record in file order.
    head_time: Option<i64>,
    tail_time: Option<i64>,
    head_place: Option<Place>,
    pub backward: u64,
    pub largest_backward: i64,
    pub first_backward: Vec<Place>,
    pub in_future: u64,
    pub irregular: u64,
    pub without_offset: u64,
    pub names: [Names; KINDS],
    pub days: Vec<(i32, DayTally)>,
    day_index: FxHashMap<i32, usize>,
    last_day: (i32, usize),
    pub undated: DayTally,
    pub other_days: u64,
    pub totals: [Counts; KINDS],
    pub users: Vec<UserTally>,
    pub quality: Quality,
    pub sessions: FxHashMap<u64, Session>,
    pub untracked: u64,
    pub usage: FxHashMap<(Option<i32>, u32), Tokens>,
    pub usage_beyond: Tokens,
    pub denied: u64,
    pub dangerous: BTreeMap<&'static str, u64>,
    pub file_changes: u64,
    pub changes_without_path: u64,
    pub changes_by_user: Counts,
    pub log_ins: (u64, u64),
    pub mode_changes: u64,
    pub hooks_failed_open: u64,
    pub sandbox_disabled: u64,
    pub incidents: u64,
    pub hits: Vec<(u64, Counts)>,
    pub noted: BTreeMap<NotableKind, Vec<Noted>>,
    pub census: Option<Census>,
    located: usize,
    day_limit: usize,
    session_limit: usize,
    usage_limit: usize,
    last_shape: (Option<Shape>, u64),
}

/// Messages that were seen before, in bounded memory: two generations, the older one is dropped when both are full.
pub struct Seen {
    young: rustc_hash::FxHashSet<u64>,
    old: rustc_hash::FxHashSet<u64>,
    limit: usize,
    /// Identities were dropped: a message repeated very late may have been counted twice.
    pub forgot: bool,
}

impl Seen {
    pub fn new(limit: usize) -> Self {
        Seen { young: Default::default(), old: Default::default(), limit: limit.max(2) / 2, forgot: false }
    }

    /// True when the identity is new.
    fn first_time(&mut self, id: u64) -> bool {
        if self.old.contains(&id) || !self.young.insert(id) {
            return false;
        }
        if self.young.len() >= self.limit {
            self.forgot |= !self.old.is_empty();
            self.old = std::mem::take(&mut self.young);
        }
        true
    }
}

fn earlier(a: Option<i64>, b: Option<i64>) -> Option<i64> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

const BYPASS: &[u8] = b"bypassPermissions";

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
            refusals: Vec::new(),
            repairs: Vec::new(),
            first: None,
            last: None,
            first_in_period: None,
            last_in_period: None,
            head_time: None,
            tail_time: None,
            head_place: None,
            backward: 0,
            largest_backward: 0,
            first_backward: Vec::new(),
            in_future: 0,
            irregular: 0,
            without_offset: 0,
            names: std::array::from_fn(names),
            days: Vec::new(),
            day_index: FxHashMap::default(),
            last_day: (i32::MIN, 0),
            undated: DayTally::default(),
            other_days: 0,
            totals: Default::default(),
            users: Vec::new(),
            quality: Quality::default(),
            sessions: FxHashMap::default(),
            untracked: 0,
            usage: FxHashMap::default(),
            usage_beyond: Tokens::default(),
            denied: 0,
            dangerous: BTreeMap::new(),
            file_changes: 0,
            changes_without_path: 0,
            changes_by_user: Counts::default(),
            log_ins: (0, 0),
            mode_changes: 0,
            hooks_failed_open: 0,
            sandbox_disabled: 0,
            incidents: 0,
            hits: vec![(0, Counts::default()); patterns],
            noted: BTreeMap::new(),
            census: (limits.calls > 0).then(|| Census::new(limits.calls)),
            located: limits.located,
            day_limit: limits.days,
            session_limit: limits.sessions,
            usage_limit: limits.usage_rows,
            last_shape: (None, 0),
        }
    }

    /// Counts a record that could not be read. Patterns found in it count all the same.
    pub fn refuse(&mut self, here: Here<'_>, bytes: u64, reason: &'static str, hits: &[Hit]) {
        self.counts.there += 1;
        self.counts.refused += 1;
        *self.refused_by_reason.entry(reason).or_default() += 1;
        if self.refusals.len() < self.located {
            self.refusals.push(Refusal {
                line: here.line(),
                offset: here.offset(),
                bytes,
                reason: reason.into(),
            });
        }
        match self.tail_time.map(day_of).and_then(|d| self.day_index.get(&d).copied()) {
            Some(index) => self.days[index].1.refused += 1,
            None => self.undated.refused += 1,
        }
        self.hits_in_refused(here, hits);
    }

    /// Counts patterns that were found outside any record that could be read.
    pub fn hits_in_refused(&mut self, here: Here<'_>, hits: &[Hit]) {
        if !hits.is_empty() {
            self.count_hits(&Event::default(), OTHERS, None, here, hits, None);
        }
    }

    pub fn repaired(&mut self, here: Here<'_>) {
        self.counts.repaired += 1;
        if self.repairs.len() < self.located {
            self.repairs.push(here.place());
        }
    }

    /// Index of the day's tally, or `None` when the number of days is at its bound.
    #[inline(always)]
    fn day(&mut self, day: i32) -> Option<usize> {
        if self.last_day.0 == day { Some(self.last_day.1) } else { self.other_day(day) }
    }

    #[inline(never)]
    fn other_day(&mut self, day: i32) -> Option<usize> {
        let index = match self.day_index.get(&day) {
            Some(&index) => index,
            None if self.days.len() >= self.day_limit => return None,
            None => {
                self.days.push((day, DayTally::default()));
                self.day_index.insert(day, self.days.len() - 1);
                self.days.len() - 1
            }
        };
        self.last_day = (day, index);
        Some(index)
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
        if self.last_shape.0 == event.shape {
            self.last_shape.1 += 1;
        } else {
            self.flush_shape();
            self.last_shape = (event.shape, 1);
        }
        if event.message_id.is_some_and(|id| !seen.first_time(id)) {
            self.counts.duplicates += 1;
            return;
        }
        let day = match event.when {
            Some(when) => {
                self.count_time(when, here, rules);
                let day = when.day();
                if let Some((start, end)) = rules.period {
                    if day < start {
                        self.counts.before_period += 1;
                        return;
                    }
                    if day > end {
                        self.counts.after_period += 1;
                        return;
                    }
                }
                self.first_in_period = earlier(self.first_in_period, Some(when.seconds));
                self.last_in_period = self.last_in_period.max(Some(when.seconds));
                Some(day)
            }
            None => {
                self.counts.undated += 1;
                None
            }
        };
        let user_text = event.user.or(default_user);
        if let Some(census) = &mut self.census {
            census.add(event, user_text, here.offset());
        }
        let user = user_text.map(|u| self.names[Kind::User as usize].number(u));
        let number = |names: &mut Names, text: Option<&[u8]>| text.map(|t| names.number(t));
        let ids = [
            user,
            number(&mut self.names[Kind::Tool as usize], event.call.as_ref().map(|c| c.tool).or(event.tool)),
            number(&mut self.names[Kind::Decision as usize], event.decision),
            number(&mut self.names[Kind::Mode as usize], event.mode),
            number(&mut self.names[Kind::Version as usize], event.version),
            number(&mut self.names[Kind::Outcome as usize], event.outcome),
        ];
        if let Some(name) = event.name {
            let name = self.names[Kind::Event as usize].number(name);
            self.totals[Kind::Event as usize].up(name);
        }
        let unknown = event.is_tool_record && user_text.is_none_or(says_nothing);
        let no_outcome = event.is_tool_record && event.outcome.is_none();
        let slot = match day {
            Some(day) => self.day(day),
            None => Some(usize::MAX),
        };
        let silence_from = self.tail_time;
        if let Some(when) = event.when {
            self.tail_time = Some(when.seconds);
        }
        let tally = match slot {
            Some(usize::MAX) => &mut self.undated,
            Some(index) => &mut self.days[index].1,
            None => {
                self.other_days += 1;
                &mut self.undated
            }
        };
        tally.events += 1;
        for (counts, id) in tally.names.iter_mut().zip(ids) {
            if let Some(id) = id {
                counts.up(id);
            }
        }
        tally.unknown_user += u64::from(unknown);
        tally.missing_outcome += u64::from(no_outcome);
        tally.denied += u64::from(event.denied);
        if let (Some(when), Some(_)) = (event.when, day) {
            tally.first = earlier(tally.first, Some(when.seconds));
            tally.last = tally.last.max(Some(when.seconds));
            if let Some(before) = silence_from.filter(|&b| day_of(b) == when.day()) {
                tally.silence = tally.silence.max(when.seconds - before);
            }
        }
        if event.is_tool_record {
            self.count_quality(event, user_text, unknown);
        }
        let user = user.unwrap_or(OTHERS);
        if let Some(call) = &event.call {
            self.count_call(call, event, user, slot, here, rules);
            for (index, call) in event.more_calls.iter().enumerate() {
                debug_assert!(index < usize::MAX);
                let tool = self.names[Kind::Tool as usize].number(call.tool);
                match slot {
                    Some(i) if i != usize::MAX => self.days[i].1.names[Kind::Tool as usize].up(tool),
                    _ => self.undated.names[Kind::Tool as usize].up(tool),
                }
                self.count_call(call, event, user, slot, here, rules);
            }
        }
        if event.session.is_some() && (event.mode.is_some() || event.shape != Some(Shape::Other)) {
            self.count_session(event, ids[3], user, here);
        } else if event.mode == Some(BYPASS) {
            self.note(NotableKind::Bypass, event, here, || "bypassPermissions".into());
        }
        if event.mode == Some(BYPASS) {
            self.user(user).bypass += 1;
        }
        if event.denied {
            self.denied += 1;
            self.user(user).denied += 1;
            self.note(NotableKind::Denied, event, here, || "denied".into());
        }
        if event.tokens.is_some()
            || event.log_in.is_some()
            || event.hook_failed_open
            || event.is_incident
            || event.mode_change.is_some()
            || event.unknown_type.is_some()
        {
            self.count_rare(event, user, day, here, seen);
        }
        if !hits.is_empty() {
            self.count_hits(event, user, slot, here, hits, user_text);
        }
    }

    fn flush_shape(&mut self) {
        if let (Some(shape), n) = std::mem::take(&mut self.last_shape) {
            *self.shapes.entry(shape).or_default() += n;
        }
    }

    /// Makes the shapes complete; to be called when the stretch is at its end.
    pub fn close(&mut self) {
        self.flush_shape();
    }

    #[inline(always)]
    fn count_time(&mut self, when: When, here: Here<'_>, rules: &Rules<'_>) {
        let seconds = when.seconds;
        self.first = earlier(self.first, Some(seconds));
        self.last = self.last.max(Some(seconds));
        match self.tail_time {
            Some(before) if seconds < before => self.count_backward(before - seconds, here.place()),
            Some(_) => {}
            None if self.head_time.is_none() => {
                self.head_time = Some(seconds);
                self.head_place = Some(here.place());
            }
            None => {}
        }
        if rules.period.is_some_and(|(start, end)| when.day() < start || when.day() > end) {
            self.tail_time = Some(seconds);
        }
        self.in_future += u64::from(rules.as_of.is_some_and(|as_of| seconds > as_of));
        self.irregular += u64::from(when.irregular);
        self.without_offset += u64::from(when.without_offset);
    }

    fn count_backward(&mut self, seconds: i64, place: Place) {
        self.backward += 1;
        self.largest_backward = self.largest_backward.max(seconds);
        if self.first_backward.len() < self.located {
            self.first_backward.push(place);
        }
    }

    #[inline(always)]
    fn count_quality(&mut self, event: &Event<'_>, user: Option<&[u8]>, unknown: bool) {
        let quality = &mut self.quality;
        quality.tool_records += 1;
        quality.with_time += u64::from(event.when.is_some());
        quality.with_user += u64::from(user.is_some());
        quality.unknown_user += u64::from(unknown && user.is_some());
        quality.with_decision += u64::from(event.decision.is_some());
        quality.with_mode += u64::from(event.mode.is_some());
        quality.with_outcome += u64::from(event.outcome.is_some());
        quality.with_session += u64::from(event.session.is_some());
        quality.with_tool_use_id += u64::from(event.tool_use_id.is_some());
    }

    fn user(&mut self, number: u32) -> &mut UserTally {
        let index = number as usize;
        if index >= self.users.len() {
            self.users.resize(index + 1, UserTally::default());
        }
        &mut self.users[index]
    }

    fn day_mut(&mut self, slot: Option<usize>) -> &mut DayTally {
        match slot {
            Some(index) if index != usize::MAX => &mut self.days[index].1,
            _ => &mut self.undated,
        }
    }

    #[inline(always)]
    fn count_call(
        &mut self,
        call: &Call<'_>,
        event: &Event<'_>,
        user: u32,
        slot: Option<usize>,
        here: Here<'_>,
        rules: &Rules<'_>,
    ) {
        if let Some(command) = &call.command
            && is_shell(call.tool)
        {
            self.count_command(command, event, user, slot, here, rules);
        }
        let from_session = event.shape == Some(Shape::Transcript) && changes_file(call.tool);
        if event.is_file_change || from_session {
            self.file_changes += 1;
            self.day_mut(slot).file_changes += 1;
            self.user(user).file_changes += 1;
            self.changes_by_user.up(user);
            match call.file.filter(|f| !f.is_empty()) {
                Some(file) => {
                    let path = self.names[Kind::Path as usize].number(file);
                    self.totals[Kind::Path as usize].up(path);
                }
                None => self.changes_without_path += 1,
            }
        }
        if call.sandbox_off {
            self.sandbox_disabled += 1;
            self.note(NotableKind::SandboxDisabled, event, here, || "sandbox_disabled".into());
        }
    }

    #[inline(never)]
    fn count_command(
        &mut self,
        command: &[u8],
        event: &Event<'_>,
        user: u32,
        slot: Option<usize>,
        here: Here<'_>,
        rules: &Rules<'_>,
    ) {
        let text = String::from_utf8_lossy(command);
        if let Some(class) = (rules.classify)(&text) {
            *self.dangerous.entry(class).or_default() += 1;
            self.day_mut(slot).dangerous += 1;
            self.user(user).dangerous += 1;
            self.note(NotableKind::Dangerous, event, here, || class.into());
        }
    }

    #[inline(always)]
    fn count_session(&mut self, event: &Event<'_>, mode: Option<u32>, user: u32, here: Here<'_>) {
        let Some(id) = event.session.map(|s| identity(&[s])) else { return };
        let is_new = !self.sessions.contains_key(&id);
        if is_new && self.sessions.len() >= self.session_limit {
            self.untracked += 1;
            return;
        }
        let session = self.sessions.entry(id).or_default();
        let Some(mode) = mode.map(|m| m.min(u32::from(u16::MAX)) as u16) else { return };
        let before = session.last_mode;
        if session.first_mode == 0 {
            session.first_mode = mode;
        }
        session.last_mode = mode;
        let changed = before != 0 && before != mode;
        session.changed |= changed;
        let newly_bypass = event.mode == Some(BYPASS) && !session.bypass;
        session.bypass |= newly_bypass;
        if changed {
            self.mode_changes += 1;
            let from = self.names[Kind::Mode as usize].name(u32::from(before)).to_vec();
            let to = event.mode.unwrap_or_default().to_vec();
            self.note(NotableKind::ModeChange, event, here, || {
                format!("{} > {}", String::from_utf8_lossy(&from), String::from_utf8_lossy(&to))
            });
        }
        if newly_bypass {
            self.note(NotableKind::Bypass, event, here, || "bypassPermissions".into());
        }
        let _ = user;
    }

    #[inline(never)]
    fn count_rare(
        &mut self,
        event: &Event<'_>,
        user: u32,
        day: Option<i32>,
        here: Here<'_>,
        seen: &mut Seen,
    ) {
        if let Some(tokens) = &event.tokens
            && event.usage_id.is_none_or(|id| seen.first_time(id))
        {
            let row = (day, user);
            if self.usage.len() < self.usage_limit || self.usage.contains_key(&row) {
                self.usage.entry(row).or_default().add(tokens);
            } else {
                self.usage_beyond.add(tokens);
            }
        }
        if let Some((ok, method)) = event.log_in {
            let method = self.names[Kind::Method as usize].number(method);
            self.totals[Kind::Method as usize].up(method);
            let tally = self.user(user);
            if ok {
                tally.log_ins += 1;
                self.log_ins.0 += 1;
            } else {
                tally.failed_log_ins += 1;
                self.log_ins.1 += 1;
                self.note(NotableKind::FailedLogIn, event, here, || "failed_log_in".into());
            }
        }
        if event.hook_failed_open {
            self.hooks_failed_open += 1;
            self.note(NotableKind::HookFailedOpen, event, here, || "hook_failed_open".into());
        }
        if event.is_incident {
            self.incidents += 1;
            self.note(NotableKind::Incident, event, here, || "incident".into());
        }
        if let (Some((from, to)), None) = (event.mode_change, event.session) {
            self.mode_changes += 1;
            self.note(NotableKind::ModeChange, event, here, || {
                format!("{} > {}", String::from_utf8_lossy(from), String::from_utf8_lossy(to))
            });
        }
        if let Some(kind) = event.unknown_type {
            let kind = self.names[Kind::Type as usize].number(kind);
            self.totals[Kind::Type as usize].up(kind);
        }
    }

    #[inline(never)]
    fn count_hits(
        &mut self,
        event: &Event<'_>,
        user: u32,
        slot: Option<usize>,
        here: Here<'_>,
        hits: &[Hit],
        user_text: Option<&[u8]>,
    ) {
        for (index, hit) in hits.iter().enumerate() {
            if hits[..index].iter().any(|h| h.pattern == hit.pattern && !is_identity(here, h, user_text)) {
                continue;
            }
            if is_identity(here, hit, user_text) {
                continue;
            }
            let Some((count, by_user)) = self.hits.get_mut(hit.pattern) else { continue };
            *count += 1;
            by_user.up(user);
            self.day_mut(slot).hits += 1;
            self.user(user).hits += 1;
            let at = Here { at: hit.offset, ..here };
            let pattern = hit.pattern;
            self.note(NotableKind::Hit, event, at, || pattern.to_string());
        }
    }

    fn note(&mut self, kind: NotableKind, event: &Event<'_>, here: Here<'_>, class: impl FnOnce() -> String) {
        let list = self.noted.entry(kind).or_default();
        if list.len() >= self.located {
            return;
        }
        let tool = event.call.as_ref().map(|c| c.tool).or(event.tool);
        list.push(Noted {
            kind,
            source: 0,
            line: here.line(),
            offset: here.offset(),
            at: event.when.map(|w| w.seconds),
            user: event.user.map(|u| u[..u.len().min(160)].to_vec()),
            tool: tool.map(|t| t[..t.len().min(160)].to_vec()),
            class: class(),
        });
    }

    /// Takes in the stretch that follows this one in the same file, or (with its own lines) the next file.
    pub fn join(&mut self, mut next: Tally, same_file: bool, source: u64) {
        let lines = if same_file { self.counts.lines } else { 0 };
        if same_file
            && let (Some(before), Some(after), Some(mut place)) =
                (self.tail_time, next.head_time, next.head_place.clone())
        {
            if after < before {
                place.line += lines;
                self.count_backward(before - after, place);
            } else if day_of(before) == day_of(after)
                && let Some(&index) = self.day_index.get(&day_of(before))
            {
                let day = &mut self.days[index].1;
                day.silence = day.silence.max(after - before);
            }
        }
        if let (Some(mine), Some(theirs)) = (&mut self.census, next.census.take()) {
            mine.join(theirs);
        }
        self.counts.add(&next.counts);
        self.join_places(&next, lines);
        self.first = earlier(self.first, next.first);
        self.last = self.last.max(next.last);
        self.first_in_period = earlier(self.first_in_period, next.first_in_period);
        self.last_in_period = self.last_in_period.max(next.last_in_period);
        if self.head_time.is_none() {
            self.head_time = next.head_time;
            self.head_place = next.head_place.clone().map(|p| Place { line: p.line + lines, ..p });
        }
        self.tail_time = next.tail_time.or(self.tail_time);
        self.in_future += next.in_future;
        self.irregular += next.irregular;
        self.without_offset += next.without_offset;
        let maps: Vec<Vec<u32>> =
            self.names.iter_mut().zip(&next.names).map(|(mine, theirs)| mine.take_in(theirs)).collect();
        for (kind, counts) in next.totals.iter().enumerate() {
            self.totals[kind].add(counts, &maps[kind]);
        }
        for (day, theirs) in &next.days {
            let Some(index) = self.other_day(*day) else {
                self.other_days += theirs.events;
                join_day(&mut self.undated, theirs, &maps);
                continue;
            };
            join_day(&mut self.days[index].1, theirs, &maps);
        }
        join_day(&mut self.undated, &next.undated, &maps);
        self.other_days += next.other_days;
        let user_map = &maps[Kind::User as usize];
        for (number, theirs) in next.users.iter().enumerate() {
            let to = user_map.get(number).copied().unwrap_or(OTHERS);
            let mine = self.user(to);
            mine.denied += theirs.denied;
            mine.dangerous += theirs.dangerous;
            mine.file_changes += theirs.file_changes;
            mine.bypass += theirs.bypass;
            mine.log_ins += theirs.log_ins;
            mine.failed_log_ins += theirs.failed_log_ins;
            mine.hits += theirs.hits;
        }
        self.changes_by_user.add(&next.changes_by_user, user_map);
        for (mine, theirs) in self.hits.iter_mut().zip(&next.hits) {
            mine.0 += theirs.0;
            mine.1.add(&theirs.1, user_map);
        }
        let mut rows: Vec<_> = next.usage.iter().collect();
        rows.sort_unstable_by_key(|(row, _)| **row);
        for (&(day, user), tokens) in rows {
            let row = (day, user_map.get(user as usize).copied().unwrap_or(OTHERS));
            if self.usage.len() < self.usage_limit || self.usage.contains_key(&row) {
                self.usage.entry(row).or_default().add(tokens);
            } else {
                self.usage_beyond.add(tokens);
            }
        }
        self.usage_beyond.add(&next.usage_beyond);
        self.join_sums(&next);
        self.join_sessions(&next.sessions, &maps[Kind::Mode as usize]);
        for (kind, list) in next.noted {
            let mine = self.noted.entry(kind).or_default();
            for mut noted in list.into_iter().take(self.located.saturating_sub(mine.len())) {
                noted.line += lines;
                if !same_file {
                    noted.source = source;
                }
                mine.push(noted);
            }
        }
    }

    fn join_places(&mut self, next: &Tally, lines: u64) {
        let room = self.located.saturating_sub(self.refusals.len());
        self.refusals
            .extend(next.refusals.iter().take(room).map(|r| Refusal { line: r.line + lines, ..r.clone() }));
        let room = self.located.saturating_sub(self.repairs.len());
        self.repairs
            .extend(next.repairs.iter().take(room).map(|p| Place { line: p.line + lines, offset: p.offset }));
        let room = self.located.saturating_sub(self.first_backward.len());
        self.first_backward.extend(
            next.first_backward.iter().take(room).map(|p| Place { line: p.line + lines, offset: p.offset }),
        );
        self.backward += next.backward;
        self.largest_backward = self.largest_backward.max(next.largest_backward);
        for (reason, n) in &next.refused_by_reason {
            *self.refused_by_reason.entry(reason).or_default() += n;
        }
        for (shape, n) in &next.shapes {
            *self.shapes.entry(*shape).or_default() += n;
        }
    }

    fn join_sums(&mut self, next: &Tally) {
        let (mine, theirs) = (&mut self.quality, &next.quality);
        mine.tool_records += theirs.tool_records;
        mine.with_time += theirs.with_time;
        mine.with_user += theirs.with_user;
        mine.unknown_user += theirs.unknown_user;
        mine.with_decision += theirs.with_decision;
        mine.with_mode += theirs.with_mode;
        mine.with_outcome += theirs.with_outcome;
        mine.with_session += theirs.with_session;
        mine.with_tool_use_id += theirs.with_tool_use_id;
        self.denied += next.denied;
        for (class, n) in &next.dangerous {
            *self.dangerous.entry(class).or_default() += n;
        }
        self.file_changes += next.file_changes;
        self.changes_without_path += next.changes_without_path;
        self.log_ins.0 += next.log_ins.0;
        self.log_ins.1 += next.log_ins.1;
        self.mode_changes += next.mode_changes;
        self.hooks_failed_open += next.hooks_failed_open;
        self.sandbox_disabled += next.sandbox_disabled;
        self.incidents += next.incidents;
        self.untracked += next.untracked;
    }

    fn join_sessions(&mut self, next: &FxHashMap<u64, Session>, modes: &[u32]) {
        let mode = |number: u16| {
            modes.get(usize::from(number)).copied().unwrap_or(0).min(u32::from(u16::MAX)) as u16
        };
        // In order of identity, so that the bound cuts the same sessions in every run.
        let mut ids: Vec<_> = next.keys().copied().collect();
        ids.sort_unstable();
        for id in ids {
            let theirs = next[&id];
            if !self.sessions.contains_key(&id) && self.sessions.len() >= self.session_limit {
                self.untracked += 1;
                continue;
            }
            let mine = self.sessions.entry(id).or_default();
            let (first, last) = (mode(theirs.first_mode), mode(theirs.last_mode));
            if mine.last_mode != 0 && theirs.first_mode != 0 && mine.last_mode != first {
                self.mode_changes += 1;
                mine.changed = true;
            }
            if mine.first_mode == 0 {
                mine.first_mode = first;
            }
            if theirs.last_mode != 0 {
                mine.last_mode = last;
            }
            mine.changed |= theirs.changed;
            mine.bypass |= theirs.bypass;
        }
    }
}

fn join_day(mine: &mut DayTally, theirs: &DayTally, maps: &[Vec<u32>]) {
    mine.events += theirs.events;
    mine.unknown_user += theirs.unknown_user;
    mine.missing_outcome += theirs.missing_outcome;
    mine.denied += theirs.denied;
    mine.dangerous += theirs.dangerous;
    mine.file_changes += theirs.file_changes;
    mine.hits += theirs.hits;
    mine.refused += theirs.refused;
    for (kind, counts) in theirs.names.iter().enumerate() {
        mine.names[kind].add(counts, &maps[kind]);
    }
    mine.first = earlier(mine.first, theirs.first);
    mine.last = mine.last.max(theirs.last);
    mine.silence = mine.silence.max(theirs.silence);
}

/// The match is the user's own name in the record's identity: what the log is for.
fn is_identity(here: Here<'_>, hit: &Hit, user: Option<&[u8]>) -> bool {
    user.is_some_and(|u| {
        !u.is_empty() && here.block.get(hit.offset..).is_some_and(|rest| rest.starts_with(u))
    })
}

/// Names a finding by its place and class and not by its content.
pub fn fingerprint(source: &str, offset: u64, class: &str) -> String {
    let mut hash = Sha256::new();
    hash.update(source.as_bytes());
    hash.update([0]);
    hash.update(offset.to_le_bytes());
    hash.update(class.as_bytes());
    hash.finalize().iter().take(8).map(|b| format!("{b:02x}")).collect()
}
