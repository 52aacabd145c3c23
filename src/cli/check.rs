//! `workpaper check`: the checklist, and the gate that a CI job can stand on.

use std::{fs, path::PathBuf};

use workpaper::{
    evaluate::{
        gate::{self, Gate},
        known_ids,
    },
    model::Assessment,
    policy::FailOn,
    render,
};

use super::{
    deployment::{self, Deployment, Examined},
    exit::{self, Exit, Failure},
    terminal,
};

/// Examine a deployment, print the checklist, and exit by the gate
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    #[command(flatten)]
    deployment: Deployment,
    /// Compare with the assessment.json of an earlier run, and close on anything lost
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    /// What closes the gate: fail, undetermined, strict, critical, high, medium, low, regression, or control ids
    /// [default: the policy's, else fail; with a baseline, regression]
    #[arg(long, value_name = "WORD", value_delimiter = ',')]
    fail_on: Vec<String>,
    /// What to print
    #[arg(long, value_enum, default_value_t = Shown::Terminal)]
    format: Shown,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Shown {
    /// The fifteen items with their three answers
    Terminal,
    /// The whole assessment (workpaper/assessment/v1)
    Json,
    /// For a pull request or a job summary
    Markdown,
    /// Annotations of GitHub Actions
    Github,
}

pub(super) fn run(args: &Args) -> Result<Exit, Failure> {
    // A wrong baseline or word must not cost a collection first.
    let baseline = args.baseline.as_deref().map(read).transpose()?;
    let catalog = deployment::catalog()?;
    let known = known_ids(catalog);
    let words = args.fail_on.iter().map(String::as_str);
    let asked = if args.fail_on.is_empty() {
        None
    } else {
        Some(FailOn::parse(words, &known).map_err(Failure::usage)?)
    };

    let examined = args.deployment.examine()?;
    // With a baseline, what failed before is known: only what got worse closes, unless somebody asks for more.
    let usual = if baseline.is_some() { FailOn::regressions() } else { FailOn::default() };
    let fail_on = asked.or_else(|| examined.policy.fail_on.clone()).unwrap_or(usual);
    let gate = gate::gate(&examined.assessment, baseline.as_ref(), &fail_on).map_err(Failure::usage)?;
    exit::print(&shown(&examined, &gate, args.format)?)?;
    Ok(Exit::gate(gate.exit))
}

fn shown(examined: &Examined, gate: &Gate, format: Shown) -> Result<String, Failure> {
    Ok(match format {
        Shown::Terminal => {
            let checklist = render::terminal::render(&examined.report(), terminal::columns());
            format!("{checklist}\n{}", verdict(gate))
        }
        Shown::Json => with_gate(&examined.assessment, gate)?,
        Shown::Markdown => {
            format!("{}\n{}", render::markdown::render(&examined.report()), verdict(gate))
        }
        Shown::Github => render::github::render(&examined.report()),
    })
}

/// The gate's answer in words: one line, and one for each reason.
fn verdict(gate: &Gate) -> String {
    if gate.open {
        return "The gate is open.\n".to_owned();
    }
    let reasons: Vec<String> =
        gate.reasons.iter().map(|reason| format!("  - {}\n", render::plain(&reason.text))).collect();
    format!("The gate is closed (exit code {}):\n{}", gate.exit, reasons.concat())
}

/// The assessment, and beside it why the gate is as it is.
fn with_gate(assessment: &Assessment, gate: &Gate) -> Result<String, Failure> {
    let gate = serde_json::to_value(gate)
        .map_err(|error| Failure::world(format!("writing the gate's answer as JSON: {error}")))?;
    Ok(render::json::render(&Assessment { gate: Some(gate), ..assessment.clone() }))
}

fn read(path: &std::path::Path) -> Result<Assessment, Failure> {
    let name = path.display();
    let text = fs::read_to_string(path)
        .map_err(|error| Failure::usage(format!("reading the baseline {name}: {error}")))?;
    gate::read_baseline(&text).map_err(|error| {
        Failure::usage(format!("the baseline {name} cannot be read: {error}"))
            .hint("give the assessment.json of a pack, or what `workpaper check --format json` printed")
    })
}
