//! The command line: one file a command. Only here are the clock, the terminal and exit codes known.

mod changes;
mod collect;
mod deployment;
mod evaluate;
mod exit;
mod progress;
mod simulate;
mod terminal;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use exit::{Exit, Failure};

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
    Changes(Box<changes::Args>),
    Collect(collect::Args),
    Evaluate(evaluate::Args),
    Simulate(simulate::Args),
}

/// Runs the command and says how the process ends.
pub(crate) fn run() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Changes(args) => changes::run(&args),
        Command::Collect(args) => collect::run(&args),
        Command::Evaluate(args) => evaluate::run(&args),
        Command::Simulate(args) => return simulate::run(args),
    };
    match done {
        Ok(exit) => exit.into(),
        Err(failure) => failure.report(),
    }
}
