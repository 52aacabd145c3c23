//! placeholder
use super::{host::Host, intake::Intake, repositories::Repository};
pub fn collect(_: &Host, _: &[Repository], _: &mut Intake) {}
