//! How complete the records of tool calls are: a population is only as accurate as its fields.

use super::super::event::Event;

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

impl Quality {
    /// Counts a record of a tool call; `names_nobody`: its user is there and says nothing.
    #[inline(always)]
    pub fn count(&mut self, event: &Event<'_>, has_user: bool, names_nobody: bool) {
        self.tool_records += 1;
        self.with_time += u64::from(event.when.is_some());
        self.with_user += u64::from(has_user);
        self.unknown_user += u64::from(has_user && names_nobody);
        self.with_decision += u64::from(event.decision.is_some());
        self.with_mode += u64::from(event.mode.is_some());
        self.with_outcome += u64::from(event.outcome.is_some());
        self.with_session += u64::from(event.session.is_some());
        self.with_tool_use_id += u64::from(event.tool_use_id.is_some());
    }

    pub fn join(&mut self, next: &Quality) {
        self.tool_records += next.tool_records;
        self.with_time += next.with_time;
        self.with_user += next.with_user;
        self.unknown_user += next.unknown_user;
        self.with_decision += next.with_decision;
        self.with_mode += next.with_mode;
        self.with_outcome += next.with_outcome;
        self.with_session += next.with_session;
        self.with_tool_use_id += next.with_tool_use_id;
    }
}
