//! Runs git hooks in a scratch clone.

use std::path::Path;

use super::Probing;
use crate::collect::host::Host;
use crate::collect::intake::Intake;
use crate::collect::repositories::Repository;

pub fn collect(
    _probing: &Probing,
    _host: &Host,
    _root: &Path,
    _repositories: &[Repository],
    _progress: &dyn Fn(&str),
    _intake: &mut Intake,
) {
}
