//! How paths of the world are written in a snapshot: UTF-8, without a leading slash, odd bytes escaped.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// The path as text: bytes that are not UTF-8 are written `\xNN`, so that two paths never become one.
pub fn shown(path: &Path) -> String {
    let mut text = String::new();
    for chunk in path.as_os_str().as_bytes().utf8_chunks() {
        text.push_str(chunk.valid());
        for byte in chunk.invalid() {
            text.push_str(&format!("\\x{byte:02x}"));
        }
    }
    text
}

/// One name as text, as [`shown`] writes it.
pub fn shown_name(name: &OsStr) -> String {
    shown(Path::new(name))
}

/// The path without leading slashes.
pub fn below_root(path: &str) -> &str {
    path.trim_start_matches('/')
}
