//! The assessment as JSON: the published contract `workpaper/assessment/v1`, byte for byte.

use crate::model::Assessment;

/// Indented by two spaces, keys in the order of the contract, one line feed at the end.
pub fn render(assessment: &Assessment) -> String {
    let mut text = serde_json::to_string_pretty(assessment).expect("our own types always serialise");
    text.push('\n');
    text
}
