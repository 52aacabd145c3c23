//! Makes one edit to a deployment. An edit that finds nothing to change is an error: a mutant must not pass for one.

use serde_json::{Map, Value};

use super::{deployment::Deployment, mutation::Edit};

/// Makes the edits in their order; the error says which one found nothing to change.
pub(super) fn apply(edits: &[Edit], deployment: &mut Deployment) -> Result<(), String> {
    edits.iter().try_for_each(|edit| one(edit, deployment))
}

fn one(edit: &Edit, deployment: &mut Deployment) -> Result<(), String> {
    match edit {
        Edit::Set { file, at, to } => in_json(deployment, file, |value| set(value, at, to)),
        Edit::Unset { file, at } => in_json(deployment, file, |value| unset(value, at)),
        Edit::Drop { file, at, holding } => in_json(deployment, file, |value| drop_items(value, at, holding)),
        Edit::Replace { file, text, with } => {
            let before = deployment.text(file)?;
            if !before.contains(text.as_str()) {
                return Err(format!("{file} does not hold `{text}`"));
            }
            deployment.write(file, before.replace(text.as_str(), with));
            Ok(())
        }
        Edit::Write { file, text } => {
            if deployment.text(file).is_ok_and(|before| before == *text) {
                return Err(format!("{file} holds this text already"));
            }
            deployment.write(file, text.as_str());
            Ok(())
        }
        Edit::Append { file, text } => {
            let before = deployment.text(file)?;
            deployment.write(file, before + text);
            Ok(())
        }
        Edit::Link { path, to } => {
            deployment.link(path, to);
            Ok(())
        }
        Edit::Remove { path } => deployment.remove(path),
        Edit::Move { from, to } => deployment.rename(from, to),
        Edit::Mode { path, mode } => {
            let bits = u32::from_str_radix(mode, 8).map_err(|_| format!("`{mode}` is not a mode"))?;
            deployment.chmod(path, bits)
        }
        Edit::Owner { path, uid, gid } => deployment.chown(path, *uid, *gid),
        Edit::GitConfig { repo, name, value } => {
            deployment.configure(repo, name, value.as_deref());
            Ok(())
        }
        Edit::DropRecords { file, holding, from, until } => records(deployment, file, |record, _| {
            let matched = holds(record, holding) && within(record, from.as_deref(), until.as_deref());
            if matched { Kept::Dropped } else { Kept::AsItIs }
        }),
        Edit::SetInRecords { file, holding, key, to, first } => {
            records(deployment, file, |record, changed| {
                if !holds(record, holding) || first.is_some_and(|most| changed >= most) {
                    return Kept::AsItIs;
                }
                record.insert(key.clone(), to.clone());
                Kept::Changed
            })
        }
    }
}

fn in_json(
    deployment: &mut Deployment,
    file: &str,
    edit: impl FnOnce(&mut Value) -> Result<(), String>,
) -> Result<(), String> {
    let text = deployment.text(file)?;
    let mut value: Value = serde_json::from_str(&text).map_err(|error| format!("{file}: {error}"))?;
    edit(&mut value).map_err(|why| format!("{file}: {why}"))?;
    let text = serde_json::to_string_pretty(&value).map_err(|error| format!("{file}: {error}"))?;
    deployment.write(file, text + "\n");
    Ok(())
}

fn set(value: &mut Value, at: &str, to: &Value) -> Result<(), String> {
    let (parent, key) = parent(value, at)?;
    match parent {
        Value::Object(keys) if keys.get(&key) == Some(to) => Err(format!("{at} holds this value already")),
        Value::Object(keys) => {
            keys.insert(key, to.clone());
            Ok(())
        }
        Value::Array(items) if key == "-" => {
            items.push(to.clone());
            Ok(())
        }
        Value::Array(items) => {
            let place = key.parse().ok().and_then(|index: usize| items.get_mut(index));
            place.map(|item| *item = to.clone()).ok_or_else(|| format!("there is no {at}"))
        }
        _ => Err(format!("{at} does not stand in an object or a list")),
    }
}

fn unset(value: &mut Value, at: &str) -> Result<(), String> {
    let (parent, key) = parent(value, at)?;
    let gone = match parent {
        Value::Object(keys) => keys.shift_remove(&key).is_some(),
        Value::Array(items) => match key.parse::<usize>() {
            Ok(index) if index < items.len() => {
                items.remove(index);
                true
            }
            _ => false,
        },
        _ => false,
    };
    if gone { Ok(()) } else { Err(format!("there is no {at}")) }
}

fn drop_items(value: &mut Value, at: &str, holding: &[String]) -> Result<(), String> {
    let list = value.pointer_mut(at).and_then(Value::as_array_mut);
    let list = list.ok_or_else(|| format!("{at} is no list"))?;
    for word in holding {
        let before = list.len();
        list.retain(|item| {
            let text = item.as_str().map_or_else(|| item.to_string(), str::to_owned);
            !text.contains(word.as_str())
        });
        if list.len() == before {
            return Err(format!("no item of {at} holds `{word}`"));
        }
    }
    Ok(())
}

/// What a pointer's last part stands in, and that part. Missing objects on the way are made.
fn parent<'v>(value: &'v mut Value, at: &str) -> Result<(&'v mut Value, String), String> {
    let parts: Vec<String> =
        at.split('/').skip(1).map(|part| part.replace("~1", "/").replace("~0", "~")).collect();
    let (last, above) = parts.split_last().ok_or_else(|| format!("`{at}` is no JSON pointer"))?;
    let mut here = value;
    for part in above {
        here = match here {
            Value::Object(keys) => keys.entry(part.clone()).or_insert_with(|| Value::Object(Map::new())),
            Value::Array(items) => {
                let index: Option<usize> = part.parse().ok();
                index.and_then(|index| items.get_mut(index)).ok_or_else(|| format!("there is no {at}"))?
            }
            _ => return Err(format!("there is no {at}")),
        };
    }
    Ok((here, last.clone()))
}

enum Kept {
    AsItIs,
    Changed,
    Dropped,
}

/// Goes through a log of JSON lines; `edit` is told how many records were changed before.
fn records(
    deployment: &mut Deployment,
    file: &str,
    edit: impl Fn(&mut Map<String, Value>, usize) -> Kept,
) -> Result<(), String> {
    let (mut text, mut changed) = (String::new(), 0);
    for (number, line) in (1..).zip(deployment.text(file)?.lines()) {
        let mut record: Map<String, Value> =
            serde_json::from_str(line).map_err(|error| format!("{file}:{number}: {error}"))?;
        match edit(&mut record, changed) {
            Kept::AsItIs => text.push_str(line),
            Kept::Changed => {
                changed += 1;
                text.push_str(&Value::Object(record).to_string());
            }
            Kept::Dropped => {
                changed += 1;
                continue;
            }
        }
        text.push('\n');
    }
    if changed == 0 {
        return Err(format!("no record of {file} matches"));
    }
    deployment.write(file, text);
    Ok(())
}

fn holds(record: &Map<String, Value>, holding: &Map<String, Value>) -> bool {
    holding.iter().all(|(key, value)| record.get(key) == Some(value))
}

/// Whether the record's time is in a half-open span. Times of the sample are of one form, so that text orders them.
fn within(record: &Map<String, Value>, from: Option<&str>, until: Option<&str>) -> bool {
    let time = record.get("time").and_then(Value::as_str).unwrap_or_default();
    from.is_none_or(|from| time >= from) && until.is_none_or(|until| time < until)
}
