//! Documents of the organisation that the policy names, by their ids.

use std::path::{Path, PathBuf};

use super::intake::{Intake, Missed};
use super::naming::shown;
use super::tree::{Links, Tree};
use crate::model::{GapReason, Role};

const COLLECTOR: &str = "documents";

/// Reads every named document: from this machine where it is there, else below the root.
pub fn collect(host: &Tree, root: &Path, documents: &[(String, PathBuf)], intake: &mut Intake) {
    for (id, path) in documents {
        let role = Role::Document { id: id.clone() };
        let outcome = match on_this_machine(path) {
            Some((tree, name)) => match intake.take(&tree, &name, role.clone(), COLLECTOR) {
                Err(Missed::Absent) => below(host, root, path, role, intake),
                other => other,
            },
            None => below(host, root, path, role, intake),
        };
        if outcome == Err(Missed::Absent) {
            intake.gap(
                shown(path),
                GapReason::Absent,
                format!("the policy names it as document `{id}` and it is not there"),
            );
        }
    }
}

fn below(host: &Tree, root: &Path, path: &Path, role: Role, intake: &mut Intake) -> Result<(), Missed> {
    let below = path.strip_prefix(root).or_else(|_| path.strip_prefix("/")).unwrap_or(path);
    intake.take(host, below, role, COLLECTOR)
}

/// The document's folder as a tree that its links cannot leave, and its name.
fn on_this_machine(path: &Path) -> Option<(Tree, PathBuf)> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let prefix = match shown(folder).trim_start_matches("./").trim_matches('/') {
        "" | "." => String::new(),
        named => format!("{named}/"),
    };
    let tree = Tree::open(folder, prefix, Links::StayInside, super::mtree::Owners::FileSystem, String::new())
        .ok()?;
    Some((tree, PathBuf::from(path.file_name()?)))
}
