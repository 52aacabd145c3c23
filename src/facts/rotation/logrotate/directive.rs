//! What each directive of logrotate does to the rules in force.

use super::{Criterion, Rules, value};

/// What a directive takes from behind its word.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Takes {
    /// Nothing: what follows on the line is read as the next directive.
    Nothing,
    /// The rest of the line, which may be empty.
    Line,
    /// A value, `=` before it or not, that must be there.
    Value,
    /// A value whose absence is only complained about.
    Optional,
}

/// Why a directive is not in force.
pub enum Wrong {
    /// The section is dropped; outside of one, the rest of the file.
    Section(String),
    /// The rest of the file is dropped wherever it stands.
    File(String),
}

/// The directives that take effect by themselves, besides scripts, `include` and the taboos. `None`: unknown.
pub fn takes(word: &str) -> Option<Takes> {
    Some(match word {
        "weekly" | "su" | "create" | "createolddir" | "compressoptions" => Takes::Line,
        "size" | "minsize" | "maxsize" | "dateformat" => Takes::Optional,
        "rotate" | "start" | "minage" | "maxage" | "shredcycles" | "mail" | "olddir" | "extension"
        | "addextension" | "compresscmd" | "uncompresscmd" | "compressext" => Takes::Value,
        "hourly" | "daily" | "monthly" | "yearly" | "dateext" | "nodateext" | "dateyesterday"
        | "datehourago" | "compress" | "nocompress" | "delaycompress" | "nodelaycompress" | "ifempty"
        | "notifempty" | "missingok" | "nomissingok" | "ignoreduplicates" | "copytruncate"
        | "nocopytruncate" | "copy" | "nocopy" | "renamecopy" | "norenamecopy" | "nocreate"
        | "nocreateolddir" | "sharedscripts" | "nosharedscripts" | "shred" | "noshred" | "allowhardlink"
        | "noallowhardlink" | "mailfirst" | "maillast" | "nomail" | "noolddir" | "errors" => Takes::Nothing,
        _ => return None,
    })
}

/// What a directive undoes before its value is read, be there one or not.
pub fn forget(rules: &mut Rules, word: &str) {
    match word {
        "olddir" => rules.old_dir = None,
        "mail" => rules.mail = None,
        _ => {}
    }
}

/// Puts a directive into force; `value` is empty where it takes none.
pub fn apply(rules: &mut Rules, word: &str, value: &str) -> Result<(), Wrong> {
    let bad = |what: String| Wrong::Section(format!("{word}: {what}"));
    let age = || {
        let days = value::unsigned(value).and_then(|days| u32::try_from(days).ok());
        days.ok_or_else(|| bad(format!("bad number '{value}'")))
    };
    match word {
        "hourly" => rules.criterion = Criterion::Hourly,
        "daily" => rules.criterion = Criterion::Daily,
        "weekly" => {
            // In force before its day is read.
            rules.criterion = Criterion::Weekly(0);
            let day = value::weekday(value).map_err(|what| Wrong::File(format!("{word}: {what}")))?;
            rules.criterion = Criterion::Weekly(day.unwrap_or(0));
        }
        "monthly" => rules.criterion = Criterion::Monthly,
        "yearly" => rules.criterion = Criterion::Yearly,
        "size" => rules.criterion = Criterion::Size(value::size(value).map_err(bad)?),
        "minsize" => rules.min_size = value::size(value).map_err(bad)?,
        "maxsize" => rules.max_size = Some(value::size(value).map_err(bad)?).filter(|bytes| *bytes > 0),
        "rotate" => {
            rules.rotate = match value::signed(value) {
                Some(-1) => None,
                Some(count) if count >= 0 => Some(count.unsigned_abs()),
                _ => return Err(bad(format!("bad rotation count '{value}'"))),
            };
        }
        "maxage" => rules.max_age = Some(age()?).filter(|days| *days > 0),
        "minage" => rules.min_age = age()?,
        "start" | "shredcycles" => drop(age()?),
        "dateext" => rules.date_ext = true,
        "nodateext" => rules.date_ext = false,
        "compress" => rules.compress = true,
        "nocompress" => rules.compress = false,
        "delaycompress" => rules.delay_compress = true,
        "nodelaycompress" => rules.delay_compress = false,
        "ifempty" => rules.if_empty = true,
        "notifempty" => rules.if_empty = false,
        "missingok" => rules.missing_ok = true,
        "nomissingok" => rules.missing_ok = false,
        "ignoreduplicates" => rules.ignore_duplicates = true,
        "copytruncate" => rules.copy_truncate = true,
        "nocopytruncate" | "renamecopy" => rules.copy_truncate = false,
        "copy" => rules.copy = true,
        "nocopy" => rules.copy = false,
        "create" => create(rules, value).map_err(bad)?,
        "nocreate" => rules.create = None,
        "createolddir" => {
            value::ownership(value).map_err(bad)?;
            rules.make_old_dir = true;
        }
        "nocreateolddir" => rules.make_old_dir = false,
        "sharedscripts" => rules.shared_scripts = true,
        "nosharedscripts" => rules.shared_scripts = false,
        "mail" if value.bytes().all(|b| b.is_ascii_graphic()) => rules.mail = Some(value.to_owned()),
        "mail" => return Err(bad(format!("bad address '{value}'"))),
        "nomail" => rules.mail = None,
        "olddir" => rules.old_dir = Some(path(value).map_err(bad)?),
        "noolddir" => rules.old_dir = None,
        "compresscmd" | "uncompresscmd" | "compressext" => drop(path(value).map_err(bad)?),
        "su" => su(rules, value).map_err(bad)?,
        _ => {}
    }
    Ok(())
}

fn create(rules: &mut Rules, value: &str) -> Result<(), String> {
    let (mode, owner, group) = value::ownership(value)?;
    rules.users.extend(owner.clone());
    rules.groups.extend(group.clone());
    let created = &mut rules.created;
    created.mode = mode.or(created.mode);
    created.owner = owner.or_else(|| created.owner.take());
    created.group = group.or_else(|| created.group.take());
    rules.create = Some(created.clone());
    Ok(())
}

fn su(rules: &mut Rules, value: &str) -> Result<(), String> {
    let mut names = value.split_ascii_whitespace().map(str::to_owned);
    let before = rules.su.take();
    let (user, group) = match (names.next(), names.next(), before) {
        (Some(user), Some(group), _) => (user, group),
        (Some(user), None, Some((_, group))) => (user, group),
        (None, _, Some(before)) => before,
        _ => return Err("no user or no group".to_owned()),
    };
    if names.next().is_some() {
        return Err("extra arguments".to_owned());
    }
    rules.users.insert(user.clone());
    rules.groups.insert(group.clone());
    rules.su = Some((user, group));
    Ok(())
}

fn path(value: &str) -> Result<String, String> {
    if value.contains(|c: char| c.is_control() || c == ' ') {
        return Err(format!("bad path '{value}'"));
    }
    Ok(value.to_owned())
}
