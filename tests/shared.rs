//! Finds the measured data that may lie beside the repository.

use std::path::PathBuf;

/// The folder of measured data, or `None` where it is not here.
pub fn folder() -> Option<PathBuf> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let named = std::env::var_os("WORKPAPER_SHARED").map(PathBuf::from);
    let candidates = named.into_iter().chain([root.join("../shared"), root.join("../../shared")]);
    candidates.into_iter().find(|c| c.join("client-truth").is_dir())
}
