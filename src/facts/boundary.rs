//! What stands around the process: the client's own sandbox for shell commands, and the rights on the file itself.

use serde_json::Value;

use super::{Facts, May, Session};
use crate::{
    catalog::{Reach, put_in},
    client::{
        permissions::{Mode, glob::Glob, glob::host, mode, path},
        settings::Os,
    },
    model::{Layer, Stand},
};

/// Folders that the sandbox lets a command write beside its working folder.
const TEMPORARY: [&str; 3] = ["/tmp", "/private/tmp", "/var/tmp"];

/// The client's sandbox in one session. It is around shell commands alone (client-contract 4.1).
pub(super) struct Sandbox<'s, 'f> {
    session: &'s Session<'f>,
    /// Why a command may run outside, where it may.
    outside: Option<String>,
}

impl<'s, 'f> Sandbox<'s, 'f> {
    /// Asks once whether every command is inside.
    pub(super) fn of(session: &'s Session<'f>) -> Self {
        Self { session, outside: always_inside(session).err() }
    }

    /// What it does to a call.
    pub(super) fn answer(&self, tool: &str, reaches: Option<&Reach>) -> Layer {
        let session = self.session;
        if tool != "Bash" {
            return Layer::new(Stand::Open, "the sandbox is around shell commands alone");
        }
        if let Some(why) = &self.outside {
            return Layer::new(Stand::Open, why.clone());
        }
        let place = &session.effective.environment;
        let at = |text: &String| {
            path::absolute(&put_in(text, &place.start_dir, &place.home), &place.start_dir, &place.home)
        };
        match reaches {
            None => {
                let why = "it is not known whether the command needs what the sandbox withholds";
                Layer::new(Stand::NotKnown, why)
            }
            Some(Reach::Connects(to)) => connection(session, to),
            Some(_) if session.effective.flag("sandbox.filesystem.disabled") => {
                Layer::new(Stand::Open, "sandbox.filesystem.disabled is on")
            }
            Some(Reach::Reads(file)) => reading(session, &at(file)),
            Some(Reach::Writes(file)) => writing(session, &at(file)),
        }
    }
}

/// Why a command may run outside of the sandbox, where it may. A host that cannot start the sandbox runs no command at
/// all when `failIfUnavailable` is on: only then does the sandbox count on a host that is not looked into.
fn always_inside(session: &Session<'_>) -> Result<(), String> {
    let effective = &session.effective;
    let off = |key: &str| effective.value(key).is_some_and(|value| value.value == &Value::Bool(false));
    if !effective.flag("sandbox.enabled") {
        return Err("sandbox.enabled is not on".to_owned());
    }
    if effective.environment.os == Os::Windows {
        return Err("the client has no sandbox on Windows".to_owned());
    }
    if !effective.flag("sandbox.failIfUnavailable") {
        return Err("without sandbox.failIfUnavailable a command may run outside of the sandbox".to_owned());
    }
    if !off("sandbox.allowUnsandboxedCommands") {
        return Err("sandbox.allowUnsandboxedCommands lets a command ask to run outside".to_owned());
    }
    for key in ["sandbox.enableWeakerNestedSandbox", "sandbox.enableWeakerNetworkIsolation"] {
        if effective.flag(key) {
            return Err(format!("{key} weakens the sandbox"));
        }
    }
    if effective.value("sandbox.enabledPlatforms").is_some() {
        return Err("sandbox.enabledPlatforms may leave this system out".to_owned());
    }
    match effective.list("sandbox.excludedCommands").first() {
        Some(first) => Err(format!("{} runs commands outside of the sandbox", session.place(first))),
        None => Ok(()),
    }
}

fn reading(session: &Session<'_>, file: &str) -> Layer {
    if let Some(allowed) = covering(session, "sandbox.filesystem.allowRead", file).first() {
        return Layer::new(Stand::Open, format!("{} allows the file again", allowed.1));
    }
    held_back(session, "sandbox.filesystem.denyRead", file)
        .unwrap_or_else(|| Layer::new(Stand::Open, "sandbox.filesystem.denyRead does not name the file"))
}

fn writing(session: &Session<'_>, file: &str) -> Layer {
    if let Some(denied) = held_back(session, "sandbox.filesystem.denyWrite", file) {
        return denied;
    }
    let place = &session.effective.environment;
    let own = std::iter::once(place.start_dir.as_str()).chain(TEMPORARY);
    if own.into_iter().any(|folder| path::under(file, folder).is_some()) {
        return Layer::new(Stand::Open, "the sandbox lets a command write in its working folder");
    }
    match covering(session, "sandbox.filesystem.allowWrite", file).first() {
        Some((_, allowed)) => Layer::new(Stand::Open, format!("{allowed} allows it")),
        None => Layer::new(Stand::Stops, "the sandbox lets no command write outside of its working folder"),
    }
}

/// The answer of a list of denied paths, where it has one.
fn held_back(session: &Session<'_>, key: &str, file: &str) -> Option<Layer> {
    let found = covering(session, key, file);
    if let Some((_, by)) = found.iter().find(|(certain, _)| *certain) {
        return Some(Layer::new(Stand::Stops, by.clone()));
    }
    let (_, by) = found.first()?;
    Some(Layer::new(Stand::NotKnown, format!("whether the sandbox reads the star in {by} is not known")))
}

/// The entries of a list of paths that cover a file, each with whether that is certain, certain ones by prefix alone.
fn covering(session: &Session<'_>, key: &str, file: &str) -> Vec<(bool, String)> {
    let place = &session.effective.environment;
    let mut found = Vec::new();
    for entry in session.effective.list(key) {
        let Some(text) = entry.value.as_str() else { continue };
        let base = path::parent(entry.source);
        let folder = path::absolute(text, base, &place.home);
        if !text.contains(['*', '?', '[']) {
            if path::under(file, &folder).is_some() {
                found.push((true, session.place(&entry)));
            }
        } else if Glob::new(&format!("{}*", folder.replace("**", "*"))).matches(file)
            || text.contains(['?', '['])
        {
            found.push((false, session.place(&entry)));
        }
    }
    found
}

fn connection(session: &Session<'_>, to: &str) -> Layer {
    let effective = &session.effective;
    let listed = |key: &str| {
        let entries = effective.list(key).into_iter();
        let mut hits = entries.filter(|entry| entry.value.as_str().is_some_and(|name| host(name, to)));
        hits.next().map(|entry| session.place(&entry))
    };
    if let Some(denied) = listed("sandbox.network.deniedDomains") {
        return Layer::new(Stand::Stops, denied);
    }
    if let Some(allowed) = listed("sandbox.network.allowedDomains") {
        return Layer::new(Stand::Open, format!("{allowed} allows the host"));
    }
    for key in ["sandbox.network.allowManagedDomainsOnly", "sandbox.network.strictAllowlist"] {
        if let Some(value) = effective.value(key).filter(|value| value.value == &Value::Bool(true)) {
            return Layer::new(
                Stand::Stops,
                format!("{}: the host is not on the list", session.place(&value)),
            );
        }
    }
    if mode::reachable(effective).any(|mode| mode == Mode::BypassPermissions) {
        return Layer::new(Stand::Open, "the sandbox allows every host in bypassPermissions mode");
    }
    Layer::new(Stand::Asks, "the sandbox asks about a host that is not on its list")
}

impl Facts<'_> {
    /// Whether the rights on a file keep the session's user from reading it, as far as the file was seen.
    pub(super) fn rights_on(&self, session: &Session<'_>, file: Option<&str>) -> Layer {
        let unseen = || Layer::new(Stand::Open, "no file in this place was looked at");
        let (Some(file), Some(user)) = (file, session.user) else { return unseen() };
        let inside = path::under(file, &session.effective.environment.start_dir);
        let source = match (session.repository, inside) {
            (Some(repository), Some(inside)) => format!("repo:{repository}/{inside}"),
            _ => file.trim_start_matches('/').to_owned(),
        };
        let Some(found) = self.file_at(&source) else { return unseen() };
        let who = self.principal(user);
        let (owner, parents) = (&found.seen.owner, &found.seen.parents);
        let rights = format!("{source} has mode {:04o}", found.seen.mode & 0o7777);
        match who.may_read(owner, found.seen.mode, parents) {
            May::Yes => Layer::new(Stand::Open, rights),
            May::No => Layer::new(Stand::Stops, rights),
            May::Unknown(why) => Layer::new(Stand::NotKnown, why),
        }
    }
}
