//! Changes to JSON text that leave everything else as it stands: order, spaces, comments.

use std::collections::BTreeSet;

use jsonc_parser::{
    ParseOptions,
    cst::{CstArray, CstInputValue, CstNode, CstObject, CstRootNode},
};
use serde_json::Value;

/// A JSON text under change.
pub struct Text {
    root: CstRootNode,
}

impl Text {
    /// Reads a text; an empty one is an empty object.
    ///
    /// # Errors
    /// Says why the text is no JSON object.
    pub fn read(text: &str) -> Result<Self, String> {
        let text = if text.trim().is_empty() { "{\n}\n" } else { text };
        if crate::client::settings::positions::too_deep(text) {
            return Err("nested too deeply to be changed".to_owned());
        }
        let root = CstRootNode::parse(text, &ParseOptions::default()).map_err(|error| error.to_string())?;
        if root.object_value().is_none() {
            return Err("it is no JSON object".to_owned());
        }
        Ok(Self { root })
    }

    /// The text as it stands now.
    pub fn text(&self) -> String {
        let text = self.root.to_string();
        if text.ends_with('\n') { text } else { text + "\n" }
    }

    /// Sets a dotted key. Lists and objects that are there already stay; says whether something changed.
    pub fn set(&self, dotted: &str, value: &Value) -> bool {
        let Some((holder, name)) = self.holder(dotted) else { return false };
        match holder.get(name) {
            Some(there) => {
                let written = there.value().and_then(|value| value.to_serde_value());
                let keeps = (value.is_array() || value.is_object())
                    && written.as_ref().is_some_and(|written| written.is_array() == value.is_array());
                if keeps || written.as_ref() == Some(value) {
                    return false;
                }
                there.set_value(input(value));
            }
            None => drop(holder.append(name, input(value))),
        }
        true
    }

    /// Adds what a list does not hold yet.
    pub fn include(&self, dotted: &str, items: &[Value]) -> bool {
        let Some((holder, name)) = self.holder(dotted) else { return false };
        let list = holder.array_value_or_set(name);
        let mut changed = false;
        for item in items {
            if !elements(&list).contains(item) {
                list.ensure_multiline();
                list.append(input(item));
                changed = true;
            }
        }
        changed
    }

    /// Registers a hook entry for all tools at an event.
    pub fn register(&self, event: &str, entry: &Value) -> bool {
        let Some(hooks) = self.root.object_value().map(|top| top.object_value_or_set("hooks")) else {
            return false;
        };
        let groups = hooks.array_value_or_set(event);
        let same = |group: &Value| group["hooks"].as_array().is_some_and(|entries| entries.contains(entry));
        if elements(&groups).iter().any(|group| for_all_tools(group) && same(group)) {
            return false;
        }
        let wide = groups.elements().into_iter().filter_map(|group| group.as_object());
        let mut wide = wide.filter(|group| group.to_serde_value().as_ref().is_some_and(for_all_tools));
        match wide.next().and_then(|group| group.array_value("hooks")) {
            Some(entries) => drop(entries.append(input(entry))),
            None => {
                let group = serde_json::json!({"matcher": "*", "hooks": [entry]});
                groups.ensure_multiline();
                groups.append(input(&group));
            }
        }
        true
    }

    /// The value at a pointer.
    pub fn at(&self, pointer: &str) -> Option<Value> {
        self.node(pointer)?.to_serde_value()
    }

    /// Takes the values at these pointers out, all as they stood before the first was gone.
    pub fn remove(&self, pointers: &BTreeSet<String>) -> bool {
        // What goes with the value around it has no place of its own any more.
        let within = |pointer: &str| pointers.iter().any(|outer| pointer.starts_with(&format!("{outer}/")));
        let outermost = pointers.iter().filter(|pointer| !within(pointer));
        let nodes: Vec<CstNode> = outermost.filter_map(|pointer| self.node(pointer)).collect();
        let changed = !nodes.is_empty();
        for node in nodes {
            match node.parent().and_then(|parent| parent.as_object_prop()) {
                Some(property) => property.remove(),
                None => node.remove(),
            }
        }
        changed
    }

    /// Puts another string in the place of the one at a pointer.
    pub fn replace(&self, pointer: &str, text: &str) -> bool {
        let Some(literal) = self.node(pointer).and_then(|node| node.as_string_lit()) else { return false };
        literal.replace_with(CstInputValue::String(text.to_owned())).is_some()
    }

    /// The object that holds the last part of a dotted key, made where it is not there.
    fn holder<'k>(&self, dotted: &'k str) -> Option<(CstObject, &'k str)> {
        let mut holder = self.root.object_value()?;
        let mut parts: Vec<&str> = dotted.split('.').collect();
        let last = parts.pop()?;
        for part in parts {
            holder = holder.object_value_or_set(part);
        }
        Some((holder, last))
    }

    fn node(&self, pointer: &str) -> Option<CstNode> {
        let mut node = self.root.value()?;
        for part in pointer.split('/').skip(1) {
            let part = part.replace("~1", "/").replace("~0", "~");
            node = match node.as_array() {
                Some(list) => list.elements().into_iter().nth(part.parse().ok()?)?,
                None => node.as_object()?.get(&part)?.value()?,
            };
        }
        Some(node)
    }
}

fn for_all_tools(group: &Value) -> bool {
    matches!(group["matcher"].as_str(), None | Some("" | "*"))
}

fn elements(list: &CstArray) -> Vec<Value> {
    list.elements().iter().filter_map(|element| element.to_serde_value()).collect()
}

fn input(value: &Value) -> CstInputValue {
    match value {
        Value::Null => CstInputValue::Null,
        Value::Bool(flag) => CstInputValue::Bool(*flag),
        Value::Number(number) => CstInputValue::Number(number.to_string()),
        Value::String(text) => CstInputValue::String(text.clone()),
        Value::Array(items) => CstInputValue::Array(items.iter().map(input).collect()),
        Value::Object(object) => {
            CstInputValue::Object(object.iter().map(|(name, value)| (name.clone(), input(value))).collect())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_not_changed_stays_as_it_was_written() {
        let text = Text::read("{\n  // ours\n  \"a\": 1,\n    \"permissions\": {\"deny\": [\"x\"]}\n}\n")
            .expect("JSON");
        assert!(text.set("permissions.defaultMode", &json!("plan")));
        assert!(text.include("permissions.deny", &[json!("x"), json!("y")]));
        let after = text.text();
        assert!(after.starts_with("{\n  // ours\n  \"a\": 1,\n    \"permissions\": {"), "{after}");
        let again = Text::read(&after).expect("JSON");
        assert!(
            !again.set("permissions.defaultMode", &json!("plan"))
                && !again.include("permissions.deny", &[json!("y")])
        );
        assert_eq!(again.at("/permissions/deny"), Some(json!(["x", "y"])));
    }

    #[test]
    fn lists_that_are_there_are_not_set_anew() {
        let text = Text::read(r#"{"allowedMcpServers": [{"serverName": "a"}]}"#).expect("JSON");
        assert!(!text.set("allowedMcpServers", &json!([])));
        assert!(text.set("strictKnownMarketplaces", &json!([])));
    }

    #[test]
    fn several_places_of_one_list_are_taken_out_together() {
        let text = Text::read(r#"{"deny": ["a", "b", "c"], "auth": {"x": 1}, "k~/": 2}"#).expect("JSON");
        let gone = ["/deny/0", "/deny/2", "/auth", "/auth/x", "/k~0~1"].map(str::to_owned);
        assert!(text.remove(&BTreeSet::from(gone)));
        let left: Value = serde_json::from_str(&text.text()).expect("strict JSON");
        assert_eq!(left, json!({"deny": ["b"]}));
    }

    #[test]
    fn a_hook_is_registered_once_beside_the_others_for_all_tools() {
        let text = Text::read("").expect("an empty object");
        let (guard, log) =
            (json!({"type": "command", "command": "g"}), json!({"type": "command", "command": "l"}));
        assert!(text.register("PreToolUse", &guard) && text.register("PreToolUse", &log));
        assert!(!text.register("PreToolUse", &guard));
        let groups = text.at("/hooks/PreToolUse").expect("groups");
        assert_eq!(groups, json!([{"matcher": "*", "hooks": [guard, log]}]));
    }

    #[test]
    fn what_is_no_object_is_refused() {
        for wrong in ["[]", "{", "7"] {
            assert!(Text::read(wrong).is_err(), "{wrong}");
        }
    }
}
