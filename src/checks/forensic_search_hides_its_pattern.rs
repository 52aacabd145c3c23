//! The forensic search neither prints the sensitive pattern nor stops at the first odd line.

use std::collections::BTreeMap;

use crate::{
    facts::{Facts, File, incidents},
    model::{Conclusion, Findings, Judgement},
};

const SEARCHES: [&str; 8] = ["grep", "egrep", "fgrep", "zgrep", "rg", "ag", "ack", "zegrep"];

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    let scripts = facts.forensic_scripts();
    if scripts.is_empty() {
        return Findings::one(Conclusion::not_applicable(
            "deployment",
            "no forensic search script was found",
        ));
    }
    Findings::of(scripts.into_iter().map(hides).collect(), "no script")
}

fn hides(script: &File<'_>) -> Conclusion {
    if !incidents::is_shell(script) {
        return Conclusion::undetermined(script.source, "it is not shell, and what it prints was not read");
    }
    let statements = incidents::statements(script.text());
    let variables = incidents::variables(&statements);
    let patterns: Vec<String> =
        statements.iter().flat_map(|(_, statement)| searched_for(statement)).collect();
    let mut faults: Vec<(usize, String)> = Vec::new();
    for (line, statement) in &statements {
        for pattern in searched_for(statement) {
            if let Some(argument) = argument_behind(&pattern, &variables) {
                let from = format!(
                    "{pattern} comes from the command line ({argument}): it stands in the history and the process list"
                );
                faults.push((*line, from));
            }
        }
        let prints = statement.starts_with("echo ") || statement.starts_with("printf ");
        let piped = statement.contains('|') || statement.contains("<<<");
        if prints
            && !piped
            && let Some(pattern) = patterns.iter().find(|pattern| mentions(statement, pattern))
        {
            faults.push((*line, format!("it prints {pattern}")));
        }
        let cuts = statement.contains("cut -d:")
            || statement.contains("cut -d ':'")
            || statement.contains("cut -d':'")
            || statement.contains("awk -F:");
        if cuts && statement.contains("jq") {
            faults.push((*line, "it cuts JSON at colons, which breaks at the first time stamp".to_owned()));
        }
    }
    faults.dedup();
    if faults.is_empty() {
        if patterns.is_empty() && !script.text().contains("-f -") {
            return Conclusion::undetermined(
                script.source,
                "no search was recognised in it, so what it prints is not known",
            );
        }
        let message = "the pattern comes neither from the command line nor is it printed";
        return Conclusion::pass(script.source, script.evidence(), message);
    }
    let evidence = faults.iter().map(|(line, _)| script.line(line)).collect();
    let mut reasons: Vec<&str> = faults.iter().map(|(_, why)| why.as_str()).collect();
    reasons.dedup();
    Conclusion::fail(script.source, evidence, reasons.join("; "))
}

/// Variables and positional arguments that a search of the statement uses as its pattern, as written.
fn searched_for(statement: &str) -> Vec<String> {
    let mut found = Vec::new();
    for part in statement.split(['|', ';', '&']) {
        let mut words = part.split_whitespace().skip_while(|word| {
            let name = word.trim_start_matches("$(").rsplit('/').next().unwrap_or_default();
            !SEARCHES.contains(&name)
        });
        if words.next().is_none() {
            continue;
        }
        let mut from_file = false;
        let mut pattern = None;
        let mut words = words.peekable();
        while let Some(word) = words.next() {
            let short = word.starts_with('-') && !word.starts_with("--") && word.len() > 1;
            if word == "-e" || word == "--regexp" {
                pattern = words.next();
                break;
            }
            if short && word.ends_with('f') || word.starts_with("--file") {
                from_file = true;
                words.next_if(|_| short);
            } else if matches!(word, "-A" | "-B" | "-C" | "-m") {
                words.next();
            } else if !word.starts_with('-') || word == "-" {
                pattern = pattern.or(Some(word));
                break;
            }
        }
        if from_file {
            continue;
        }
        let pattern = pattern.unwrap_or_default().trim_matches(['"', '\'']);
        if pattern.starts_with('$') && !pattern.starts_with("$(") {
            found.push(pattern.trim_end_matches(['"', '\'', ')']).to_owned());
        }
    }
    found
}

/// The positional argument that a variable stands for.
fn argument_behind(pattern: &str, variables: &BTreeMap<String, String>) -> Option<String> {
    let mut text = pattern.to_owned();
    for _ in 0..4 {
        let name = text.trim_matches(['$', '{', '}', '"', '\'']);
        let name = name.split([':', '-', '?']).next().unwrap_or_default();
        if name.starts_with(|c: char| c.is_ascii_digit()) || matches!(name, "@" | "*") {
            return Some(format!("${name}"));
        }
        text = variables.get(name)?.clone();
        if !text.starts_with('$') {
            return None;
        }
    }
    None
}

fn mentions(statement: &str, pattern: &str) -> bool {
    let name = pattern.trim_matches(['$', '{', '}']);
    statement.contains(&format!("${name}")) || statement.contains(&format!("${{{name}"))
}
