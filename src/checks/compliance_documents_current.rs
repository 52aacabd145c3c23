//! The policy documents exist, are approved and are within their review date.

use jiff::{civil::Date, tz::TimeZone};

use crate::{
    facts::Facts,
    model::{Conclusion, Findings, Judgement, Role},
};

/// Words that only a draft holds.
const PLACEHOLDERS: [&str; 6] = ["TODO", "TBD", "[Company]", "[company name]", "Lorem ipsum", "<insert"];

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    let documents = &facts.policy().documents;
    if documents.is_empty() {
        let message = "the policy file names no documents; give them with --policy";
        return Findings::one(Conclusion::undetermined("policy documents", message));
    }
    let today = facts.as_of().to_zoned(TimeZone::UTC).date();
    let conclusions = documents.iter().map(|document| {
        let subject = format!("document {}", document.id);
        let file = facts.files_as(|role| matches!(role, Role::Document { id } if *id == document.id)).next();
        let Some(file) = file else {
            let message = format!("{} was not found or could not be read", document.path);
            return Conclusion::fail(subject, facts.looked_at(), message);
        };
        let faults = faults(file.text(), today);
        if faults.is_empty() {
            Conclusion::pass(
                subject,
                file.evidence(),
                "approved by another person than its author, and within its review date",
            )
        } else {
            Conclusion::fail(subject, vec![file.evidence()], faults.join("; "))
        }
    });
    Findings::of(conclusions.collect(), "no document")
}

fn faults(text: &str, today: Date) -> Vec<String> {
    let field = |name: &str| {
        let mut lines = text.lines().skip_while(|line| line.trim() != "---").skip(1);
        lines
            .by_ref()
            .take_while(|line| line.trim() != "---")
            .filter_map(|line| line.split_once(':'))
            .find(|(key, _)| key.trim() == name)
            .map(|(_, value)| value.trim().trim_matches(['"', '\'']).to_owned())
            .filter(|value| !value.is_empty())
    };
    let date = |name: &str| field(name).and_then(|text| text.parse::<Date>().ok());
    let mut faults = Vec::new();
    for name in ["owner", "version", "approved_by", "approved_at", "effective_from", "next_review"] {
        if field(name).is_none() {
            faults.push(format!("its front matter has no {name}"));
        }
    }
    if let Some(approved) = date("approved_at") {
        if approved > today {
            faults.push(format!("approved_at {approved} lies in the future"));
        } else if today.since(approved).is_ok_and(|age| age.get_days() > 366) {
            faults.push(format!("approved on {approved}, more than a year ago"));
        }
    }
    if let Some(review) = date("next_review")
        && review < today
    {
        faults.push(format!("its review was due on {review}"));
    }
    if let (Some(author), Some(approver)) = (field("author").or_else(|| field("owner")), field("approved_by"))
        && author.eq_ignore_ascii_case(&approver)
    {
        faults.push("its author approved it".to_owned());
    }
    let body = text.splitn(3, "---").last().unwrap_or_default();
    if let Some(word) = PLACEHOLDERS.iter().find(|word| body.contains(**word)) {
        faults.push(format!("it still holds the placeholder {word}"));
    }
    if body.split_whitespace().count() < 30 {
        faults.push("it has no content to speak of".to_owned());
    }
    let lower = body.to_lowercase();
    if !["claude", "coding assistant", "ai assistant", "coding agent", "artificial intelligence"]
        .iter()
        .any(|word| lower.contains(word))
    {
        faults.push("it does not mention AI coding assistants".to_owned());
    }
    faults
}
