//! The command line: one file a command. Only here are the clock, the terminal and exit codes known.

mod answer;
mod assess;
mod canaries;
mod changes;
mod check;
mod collect;
mod confine;
mod deployment;
mod diff;
mod evaluate;
mod exit;
mod explain;
mod files;
mod fix;
mod history;
mod landings;
mod log_answers;
mod log_cost;
mod log_lint;
mod logs;
mod probe;
mod progress;
mod reperform;
mod search;
mod self_test;
mod simulate;
mod simulate_here;
mod terminal;
mod verify;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Turns a Claude Code deployment into audit evidence.
///
/// A control gets three answers: is it declared, is it enforced by the client on this host, did it operate through the
/// period. What could not be read, run or decided is undetermined, and never a pass.
#[derive(Parser)]
#[command(name = "workpaper", version, max_term_width = 100, after_help = exit::HELP)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Assess(assess::Args),
    Canaries(canaries::Args),
    Changes(Box<changes::Args>),
    Check(check::Args),
    Collect(collect::Args),
    #[command(name = workpaper::collect::CONFINE, hide = true)]
    Confine(confine::Args),
    Evaluate(evaluate::Args),
    Explain(explain::Args),
    Fix(fix::Args),
    History(history::Args),
    Diff(diff::Args),
    Verify(verify::Args),
    Reperform(reperform::Args),
    Simulate(simulate::Args),
    Logs(logs::Args),
    Search(search::Args),
    Probe(probe::Args),
    SelfTest(self_test::Args),
}

/// Runs the command and says how the process ends.
pub(crate) fn run() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Assess(args) => assess::run(&args),
        Command::Canaries(args) => canaries::run(&args),
        Command::Changes(args) => changes::run(&args),
        Command::Check(args) => check::run(&args),
        Command::Collect(args) => collect::run(&args),
        Command::Confine(args) => return confine::run(args),
        Command::Evaluate(args) => evaluate::run(&args),
        Command::Explain(args) => explain::run(&args),
        Command::Fix(args) => fix::run(&args),
        Command::History(args) => history::run(&args),
        Command::Diff(args) => diff::run(&args),
        Command::Verify(args) => verify::run(&args),
        Command::Reperform(args) => reperform::run(&args),
        Command::Logs(args) => logs::run(&args),
        Command::Search(args) => search::run(&args),
        Command::Probe(args) => probe::run(&args),
        Command::SelfTest(args) => self_test::run(&args),
        Command::Simulate(args) => return simulate::run(args),
    };
    match done {
        Ok(exit) => exit.into(),
        Err(failure) => failure.report(),
    }
}
