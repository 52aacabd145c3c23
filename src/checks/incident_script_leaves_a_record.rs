//! The incident script writes to a durable register and does what it announces.

use crate::{
    facts::{Facts, File, incidents},
    model::{Conclusion, Findings, Judgement},
};

/// What an incident script says that it does to somebody else's system.
const ANNOUNCED: [&str; 10] = [
    "revoking",
    "rotating",
    "disabling",
    "notifying",
    "isolating",
    "blocking",
    "locking",
    "invalidating",
    "archiving",
    "quarantining",
];

pub(super) fn judge(facts: &Facts<'_>) -> Judgement {
    let scripts = facts.incident_scripts();
    if scripts.is_empty() {
        return Findings::one(Conclusion::not_applicable(
            "deployment",
            "no incident-response script was found",
        ));
    }
    Findings::of(scripts.into_iter().map(records).collect(), "no script")
}

fn records(script: &File<'_>) -> Conclusion {
    if !incidents::is_shell(script) {
        return Conclusion::undetermined(script.source, "it is not shell, and what it writes was not read");
    }
    let statements = incidents::statements(script.text());
    let variables = incidents::variables(&statements);
    let mut durable = None;
    let mut faults = Vec::new();
    for (line, statement) in &statements {
        if statement.split_whitespace().next() == Some("logger")
            || statement.contains("| logger")
            || statement.contains("systemd-cat")
        {
            durable.get_or_insert(*line);
        }
        for (target, appended) in incidents::targets(statement, &variables) {
            if is_temporary(&target) {
                faults.push((*line, format!("it writes its record to {target}, which does not last")));
            } else if appended && !target.starts_with("/dev/") {
                durable.get_or_insert(*line);
            }
        }
    }
    // A copy in a temporary folder harms nothing where the register has its line.
    if durable.is_some() {
        faults.clear();
    } else if faults.is_empty() {
        faults.push((1, "it appends to no register".to_owned()));
    }
    faults.extend(announced_only(&statements));
    if !faults.is_empty() {
        let evidence = faults.iter().map(|(line, _)| script.line(line)).collect();
        let reasons: Vec<&str> = faults.iter().map(|(_, why)| why.as_str()).collect();
        return Conclusion::fail(script.source, evidence, reasons.join("; "));
    }
    let message = "it appends its record to a register, and a command follows each step that it announces";
    Conclusion::pass(script.source, script.line(durable.unwrap_or(1)), message)
}

fn is_temporary(target: &str) -> bool {
    ["/tmp", "/var/tmp", "/dev/shm", "/run", "$TMPDIR", "${TMPDIR", "$(mktemp"]
        .iter()
        .any(|place| target.starts_with(place))
}

/// Steps that are printed and followed by no command before the next line that is printed.
fn announced_only(statements: &[(usize, String)]) -> Vec<(usize, String)> {
    let prints = |text: &str| text.starts_with("echo ") || text.starts_with("printf ");
    let mut found = Vec::new();
    for (at, (line, statement)) in statements.iter().enumerate() {
        let words = statement.to_ascii_lowercase();
        let Some(step) = ANNOUNCED.iter().find(|step| prints(statement) && words.contains(**step)) else {
            continue;
        };
        // On the same line, or before anything else is printed.
        let same_line = [";", "&&"].iter().any(|mark| {
            statement
                .rsplit_once(*mark)
                .is_some_and(|(_, rest)| !rest.trim().is_empty() && !rest.contains(['"', '\'']))
        });
        let acted = statements[at + 1..].iter().take_while(|(_, next)| !prints(next)).any(|(_, next)| {
            let assigns =
                next.split_whitespace().next().is_some_and(|word| word.contains('=') && !next.contains("$("));
            !assigns
                && !matches!(next.as_str(), "fi" | "done" | "}" | "exit 0" | ":" | "true" | "else")
                && !["sleep ", "logger "].iter().any(|idle| next.starts_with(idle))
                && !next.starts_with("exit")
        });
        if !acted && !same_line {
            found.push((*line, format!("it announces a step ({step}) and carries out nothing")));
        }
    }
    found
}
