//! The catalogue: frameworks, controls and check cards, read from `controls/` and validated as a whole.

mod card;
mod control;
mod framework;

pub use card::{Card, Example};
pub use control::{AttestationNeed, Control, Frequency, Mapping, Nature, Purpose, Relation};
pub use framework::{Crosswalk, CrosswalkBasis, Designation, Framework, Requirement};

use std::collections::BTreeMap;

use crate::model::{CheckId, ControlId};

/// The whole catalogue.
#[derive(Clone, Debug)]
pub struct Catalog {
    pub frameworks: Vec<Framework>,
    pub controls: Vec<Control>,
    pub cards: BTreeMap<CheckId, Card>,
}

impl Catalog {
    pub fn frameworks(&self) -> &[Framework] {
        &self.frameworks
    }
    pub fn controls(&self) -> &[Control] {
        &self.controls
    }
    pub fn control(&self, id: &ControlId) -> Option<&Control> {
        self.controls.iter().find(|control| control.id == *id)
    }
    pub fn card(&self, id: &CheckId) -> Option<&Card> {
        self.cards.get(id)
    }
}
