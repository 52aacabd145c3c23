//! Repairs on assessments made for the purpose.

use super::*;

#[test]
fn a_secret_becomes_a_reference() {
    let line = "    \"TRACKER_TOKEN\": \"abc123\",\n";
    assert_eq!(name_secret(line), "    \"TRACKER_TOKEN\": \"${TRACKER_TOKEN}\",\n");
    for other in ["    \"Authorization\": \"Bearer abc\"\n", "no JSON", "\"A\": 7\n"] {
        assert_eq!(name_secret(other), other);
    }
}

#[test]
fn dead_rules_are_mended_or_taken_out() {
    let text =
        Text::read(r#"{"permissions": {"deny": ["Write(.env)", "Bash(rm *)", "Read(!x)"]}}"#).expect("JSON");
    let dead = ["/permissions/deny/0", "/permissions/deny/2"].map(str::to_owned);
    let hopeless = mend_rules(&text, &BTreeSet::from(dead));
    assert_eq!(hopeless, BTreeSet::from(["/permissions/deny/2".to_owned()]));
    text.remove(&hopeless);
    assert_eq!(text.at("/permissions/deny"), Some(serde_json::json!(["Edit(.env)", "Bash(rm *)"])));
}

#[test]
fn whatever_a_card_installs_is_there() {
    let catalog = Catalog::builtin().expect("a catalogue");
    let mut repairs = 0;
    for (check, card) in catalog.cards() {
        let Some(repair) = &card.repair else { continue };
        repairs += 1;
        assert_eq!(card.basis, Basis::Enforced, "{check}: what is declared or was operated is not repaired");
        for (event, scripts) in &repair.hooks {
            for script in scripts {
                assert!(kit::hook(script).is_some(), "{check}: {script}");
                assert!(kit::registration(event, script).is_some(), "{check}: {script} at {event}");
            }
        }
        assert!(repair.git_hook.as_deref().is_none_or(|event| kit::git_hook(event).is_some()), "{check}");
        assert_ne!(*repair, Repair::default(), "{check}: an empty repair");
    }
    assert!(repairs > 30, "{repairs}");
}
