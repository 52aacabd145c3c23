//! No settings or agent file selects bypass mode or records that its warning was accepted.

use crate::{
    facts::{Facts, File},
    model::{Conclusion, Findings, Judgement, Role, SettingsScope},
};

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    let mut looked = 0;
    let mut conclusions = Vec::new();
    // A copy that the client passes over sets nothing; that it lies there is another test's matter.
    let read = |file: &File<'_>| {
        !matches!(file.seen.role, Role::Settings { scope: SettingsScope::UnreadByClient { .. } })
    };
    for found in facts.written(&["permissions.defaultMode", "permissionMode", "defaultMode"]) {
        if read(found.file) && found.value == "bypassPermissions" {
            let message = format!("{} selects bypassPermissions", found.key);
            conclusions.push(Conclusion::fail(found.file.source, vec![found.evidence()], message));
        }
    }
    for found in facts.written(&["skipDangerousModePermissionPrompt"]) {
        if read(found.file) && found.value == true {
            let message =
                "somebody accepted the warning of bypass mode: skipDangerousModePermissionPrompt is true";
            conclusions.push(Conclusion::fail(found.file.source, vec![found.evidence()], message));
        }
    }
    for file in facts.files_as(|role| matches!(role, Role::AgentDefinition { .. })) {
        looked += 1;
        if let Some(line) = front_matter(file.text()).position(bypass) {
            let message = "the agent definition selects permissionMode: bypassPermissions";
            conclusions.push(Conclusion::fail(file.source, vec![file.line(line + 2)], message));
        }
    }
    let settings: Vec<_> = facts.files_as(|role| matches!(role, Role::Settings { .. })).collect();
    if let (true, Some(first)) = (conclusions.is_empty(), settings.first()) {
        let message = format!(
            "{} settings files and {looked} agent definitions: none selects bypass mode",
            settings.len()
        );
        let rest = settings[1..].iter().map(|file| file.evidence());
        conclusions.push(Conclusion::pass("deployment", first.evidence(), message).citing(rest));
    }
    conclusions.extend(facts.settings_not_understood());
    conclusions.extend(facts.unseen_as(|role| matches!(role, Role::AgentDefinition { .. })));
    Findings::of(conclusions, "no settings file was found to look through")
}

/// The lines between the first two `---`.
fn front_matter(text: &str) -> impl Iterator<Item = &str> {
    let mut lines = text.lines();
    let opened = lines.next().is_some_and(|line| line.trim_end() == "---");
    lines.take_while(|line| line.trim_end() != "---").filter(move |_| opened)
}

fn bypass(line: &str) -> bool {
    line.split_once(':').is_some_and(|(key, value)| {
        key.trim() == "permissionMode" && value.trim().trim_matches(['"', '\'']) == "bypassPermissions"
    })
}
