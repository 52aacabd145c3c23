//! Paths as the client sees them: made absolute, normalised by text, followed through known links.

/// What is known of the files of the judged host. Absolute paths.
pub trait Files {
    /// Where a symbolic link points, as an absolute path; `None` where the path is no link or is not known.
    fn link(&self, path: &str) -> Option<String>;
}

/// Nothing is known about any file.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoFiles;

impl Files for NoFiles {
    fn link(&self, _path: &str) -> Option<String> {
        None
    }
}

/// Makes a path absolute against a folder and takes `.` and `..` out of it.
pub fn absolute(path: &str, base: &str, home: &str) -> String {
    let joined = if path == "~" {
        home.to_owned()
    } else if let Some(rest) = path.strip_prefix("~/") {
        format!("{home}/{rest}")
    } else if path.starts_with('/') {
        path.to_owned()
    } else {
        format!("{base}/{path}")
    };
    let mut parts: Vec<&str> = Vec::new();
    for part in joined.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    format!("/{}", parts.join("/"))
}

/// The part of a path below a folder; empty for the folder itself, `None` outside it.
pub fn under<'a>(path: &'a str, root: &str) -> Option<&'a str> {
    let root = root.trim_end_matches('/');
    let rest = path.strip_prefix(root)?;
    if rest.is_empty() { Some("") } else { rest.strip_prefix('/') }
}

/// The folder that holds a path.
pub fn parent(path: &str) -> &str {
    match path.rfind('/') {
        Some(0) | None => "/",
        Some(cut) => &path[..cut],
    }
}

/// The path itself and every place it leads to through known links, at most 16 steps.
pub fn forms(path: &str, files: &dyn Files) -> Vec<String> {
    let mut out = vec![path.to_owned()];
    let mut at = path.to_owned();
    for _ in 0..16 {
        let Some(next) = step(&at, files) else { break };
        if out.contains(&next) {
            break;
        }
        out.push(next.clone());
        at = next;
    }
    out
}

/// Follows the first link among a path's folders and the path itself.
fn step(path: &str, files: &dyn Files) -> Option<String> {
    let ends = path.char_indices().filter(|(i, c)| *c == '/' && *i > 0).map(|(i, _)| i).chain([path.len()]);
    for end in ends {
        if let Some(target) = files.link(&path[..end]) {
            return Some(absolute(&format!("{target}{}", &path[end..]), "/", "/"));
        }
    }
    None
}

/// Folders that no allow rule opens for writing (client-contract 2.4).
const PROTECTED_DIRS: &[&str] =
    &[".git", ".vscode", ".idea", ".husky", ".cargo", ".devcontainer", ".yarn", ".mvn", ".claude"];

/// Files that no allow rule opens for writing.
const PROTECTED_FILES: &[&str] = &[
    ".gitconfig",
    ".gitmodules",
    ".bashrc",
    ".bash_profile",
    ".bash_login",
    ".bash_logout",
    ".zshrc",
    ".zprofile",
    ".zshenv",
    ".zlogin",
    ".zlogout",
    ".profile",
    ".envrc",
    ".npmrc",
    ".yarnrc",
    ".yarnrc.yml",
    ".pnp.cjs",
    ".pnp.loader.mjs",
    ".pnpmfile.cjs",
    "bunfig.toml",
    ".bunfig.toml",
    ".bazelrc",
    ".bazelversion",
    ".bazeliskrc",
    ".pre-commit-config.yaml",
    "lefthook.yml",
    "lefthook.yaml",
    ".lefthook.yml",
    ".lefthook.yaml",
    "gradle-wrapper.properties",
    "maven-wrapper.properties",
    ".devcontainer.json",
    ".ripgreprc",
    "pyrightconfig.json",
    ".mcp.json",
    ".claude.json",
];

/// Whether a path is protected from writing without a prompt.
pub fn protected(path: &str) -> bool {
    let parts: Vec<String> = path.split('/').filter(|p| !p.is_empty()).map(str::to_lowercase).collect();
    let Some((name, dirs)) = parts.split_last() else { return false };
    let inside = parts.iter().enumerate().any(|(i, part)| {
        let worktree = part == ".claude" && parts.get(i + 1).is_some_and(|next| next == "worktrees");
        PROTECTED_DIRS.contains(&part.as_str()) && !worktree
    });
    inside
        || PROTECTED_FILES.contains(&name.as_str())
        || dirs.windows(2).any(|w| w[0] == ".config" && w[1] == "git")
}

/// Whether removing a path is critical: a file system root, a home, or a first-level system folder.
pub fn critical_to_remove(path: &str, home: &str) -> bool {
    let depth = path.split('/').filter(|p| !p.is_empty()).count();
    path == home || depth <= 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts() {
        assert_eq!(absolute("../x/./y", "/a/b", "/h"), "/a/x/y");
        assert_eq!(absolute("~/k", "/a", "/h"), "/h/k");
        assert_eq!(under("/a/b", "/a"), Some("b"));
        assert_eq!(under("/ab", "/a"), None);
        assert_eq!(under("/a", "/"), Some("a"));
    }

    #[test]
    fn protection() {
        assert!(protected("/p/.git/config") && protected("/h/.bashrc") && protected("/p/.config/git/x"));
        assert!(!protected("/p/.claude/worktrees/a/src.rs") && !protected("/p/git/config"));
        assert!(
            critical_to_remove("/", "/h/u")
                && critical_to_remove("/h/u", "/h/u")
                && !critical_to_remove("/p/d/x", "/h/u")
        );
    }

    #[test]
    fn links_are_followed_and_loops_end() {
        struct F;
        impl Files for F {
            fn link(&self, path: &str) -> Option<String> {
                match path {
                    "/p/l" => Some("/etc".into()),
                    "/p/a" => Some("/p/b".into()),
                    "/p/b" => Some("/p/a".into()),
                    _ => None,
                }
            }
        }
        assert_eq!(forms("/p/l/passwd", &F), ["/p/l/passwd", "/etc/passwd"]);
        assert_eq!(forms("/p/a", &F).len(), 2);
    }
}
