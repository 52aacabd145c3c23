//! Findings with their places: the first of each kind are kept, all are counted elsewhere.

use std::collections::BTreeMap;

use super::super::event::Event;
use super::super::names::NAME_LIMIT;
use super::super::place::Here;
use crate::model::activity::{NotableKind, Place, Refusal, Shape};

#[derive(Clone, Debug)]
pub struct Noted {
    pub kind: NotableKind,
    pub source: u64,
    pub line: u64,
    pub offset: u64,
    pub at: Option<i64>,
    pub user: Option<Vec<u8>>,
    pub tool: Option<Vec<u8>>,
    /// The number of the pattern, for hits.
    pub class: String,
}

#[derive(Clone, Debug, Default)]
pub struct Located {
    /// Kept of each kind.
    limit: usize,
    /// Whose session files these are: their records do not say it.
    pub owner: Option<Vec<u8>>,
    pub refusals: Vec<Refusal>,
    pub repairs: Vec<Place>,
    pub noted: BTreeMap<NotableKind, Vec<Noted>>,
}

impl Located {
    pub fn new(limit: usize) -> Self {
        Located { limit, ..Located::default() }
    }

    pub fn limit(&self) -> usize {
        self.limit
    }

    pub fn refusal(&mut self, here: Here<'_>, bytes: u64, reason: &'static str) {
        if self.refusals.len() < self.limit {
            let Place { line, offset } = here.place();
            self.refusals.push(Refusal { line, offset, bytes, reason: reason.into() });
        }
    }

    pub fn repair(&mut self, here: Here<'_>) {
        if self.repairs.len() < self.limit {
            self.repairs.push(here.place());
        }
    }

    pub fn note(
        &mut self,
        kind: NotableKind,
        event: &Event<'_>,
        here: Here<'_>,
        class: impl FnOnce() -> String,
    ) {
        let list = self.noted.entry(kind).or_default();
        if list.len() >= self.limit {
            return;
        }
        let from_session = matches!(event.shape, Some(Shape::Transcript | Shape::History));
        let owner = self.owner.as_deref().filter(|_| from_session);
        let kept = |name: &[u8]| name[..name.len().min(NAME_LIMIT)].to_vec();
        let tool = event.call.as_ref().map(|c| c.tool).or(event.tool);
        let Place { line, offset } = here.place();
        list.push(Noted {
            kind,
            source: 0,
            line,
            offset,
            at: event.when.map(|w| w.seconds),
            user: event.user.or(owner).map(kept),
            tool: tool.map(kept),
            class: class(),
        });
    }

    /// Takes in the stretch that follows: in the same file behind `lines` lines, or as the next file, of that number.
    pub fn join(&mut self, next: Located, lines: Option<u64>, source: u64) {
        let before = lines.unwrap_or(0);
        let room = self.limit.saturating_sub(self.refusals.len());
        self.refusals
            .extend(next.refusals.into_iter().take(room).map(|r| Refusal { line: r.line + before, ..r }));
        let room = self.limit.saturating_sub(self.repairs.len());
        self.repairs
            .extend(next.repairs.into_iter().take(room).map(|p| Place { line: p.line + before, ..p }));
        for (kind, list) in next.noted {
            let mine = self.noted.entry(kind).or_default();
            let room = self.limit.saturating_sub(mine.len());
            mine.extend(list.into_iter().take(room).map(|noted| Noted {
                line: noted.line + before,
                source: if lines.is_some() { noted.source } else { source },
                ..noted
            }));
        }
    }
}
