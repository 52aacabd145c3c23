//! `workpaper explain`: a check, a control or a requirement in plain words.

use std::fmt::Write as _;

use workpaper::{
    catalog::{Catalog, Control},
    model::{Basis, CheckId, ControlId},
};

use super::{
    deployment,
    exit::{self, Exit, Failure},
};

/// Explain a check, a control (CL-03) or a requirement (CC6.1)
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    /// The id, in any spelling that the catalogue knows
    #[arg(value_name = "ID")]
    id: String,
}

pub(super) fn run(args: &Args) -> Result<Exit, Failure> {
    let catalog = deployment::catalog()?;
    let text = explain(catalog, args.id.trim()).ok_or_else(|| {
        Failure::usage(format!("nothing in the catalogue is called `{}`", args.id.escape_debug()))
            .hint("ids look like bypass_mode_locked_off, CL-01, EX-07, CC6.1 or `45 CFR 164.312(b)`")
    })?;
    exit::print(&text)?;
    Ok(Exit::OPEN)
}

fn explain(catalog: &Catalog, id: &str) -> Option<String> {
    let check = CheckId::parse(id).ok().and_then(|check| of_check(catalog, &check));
    let control = || Some(of_control(catalog, catalog.control(&ControlId::parse(&id.to_uppercase()).ok()?)?));
    check.or_else(control).or_else(|| of_requirement(catalog, id))
}

fn of_check(catalog: &Catalog, id: &CheckId) -> Option<String> {
    let card = catalog.card(id)?;
    let mut text =
        format!("{}\n{id} · {} · {} · revision {}\n", card.title, card.basis, card.severity, card.revision);
    for (heading, body) in [("Test performed", &card.procedure), ("Why", &card.why), ("Fix", &card.fix)] {
        let _ = write!(text, "\n{heading}\n{}\n", indented(body));
    }
    let _ = write!(text, "\nServes\n");
    for control in catalog.controls_of_check(id) {
        let _ = writeln!(text, "  {}  {}", control.id, control.text);
    }
    let _ = write!(text, "\nWorked examples\n");
    for example in &card.examples {
        let probe = if example.probe { ", with hook probes" } else { "" };
        let _ = writeln!(text, "  {:<14} {}{probe}", example.expect.word(), example.name);
    }
    Some(text)
}

fn of_control(catalog: &Catalog, control: &Control) -> String {
    let mut text = format!("{}  {}\n\n{}\n", control.id, control.text, indented(&control.statement));
    for basis in Basis::ALL {
        let _ = write!(text, "\n{basis}");
        let required = if control.requires.contains(basis) { " (must pass)" } else { "" };
        let _ = writeln!(text, "{required}");
        for check in &control.checks {
            if let Some(card) = catalog.card(check).filter(|card| card.basis == *basis) {
                let _ = writeln!(text, "  {check}\n      {}", card.title);
            }
        }
        if let Some(why) = control.untested.get(basis) {
            let _ = writeln!(text, "  not tested: {why}");
        }
    }
    if let Some(need) = &control.attestation {
        let _ = write!(text, "\nA named person must state\n{}\n", indented(&need.statement));
        let _ = writeln!(text, "  beside it: {}; valid for {} days", need.supporting.trim(), need.valid_days);
    }
    let _ = write!(text, "\nRequirements\n");
    for mapping in &control.requirements {
        let _ = writeln!(text, "  {} ({}) {}", mapping.id, relation(mapping.relation), mapping.why);
    }
    text
}

fn of_requirement(catalog: &Catalog, id: &str) -> Option<String> {
    let (framework, requirement) = catalog
        .frameworks()
        .find_map(|framework| Some((framework, catalog.requirement(&framework.id, id)?)))?;
    let mut text = format!(
        "{}  {}\n{}, {}\n\n{}\n",
        requirement.id,
        requirement.title,
        framework.title,
        framework.version,
        indented(&requirement.text)
    );
    let _ = write!(text, "\nStays with people\n{}\n\nControls\n", indented(&requirement.people));
    for control in catalog.controls() {
        let edges = control.requirements.iter();
        for edge in edges.filter(|edge| edge.framework == framework.id && edge.id == requirement.id) {
            let _ = writeln!(
                text,
                "  {} ({}) {}\n      {}",
                control.id,
                relation(edge.relation),
                control.text,
                edge.why
            );
        }
    }
    Some(text)
}

fn relation(relation: workpaper::catalog::Relation) -> &'static str {
    match relation {
        workpaper::catalog::Relation::Full => "full",
        workpaper::catalog::Relation::Partial => "partial",
        workpaper::catalog::Relation::Related => "related",
    }
}

fn indented(text: &str) -> String {
    text.trim().lines().map(|line| format!("  {line}")).collect::<Vec<_>>().join("\n")
}
