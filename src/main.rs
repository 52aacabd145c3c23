//! The `workpaper` program.
#![forbid(unsafe_code)]

use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(version, about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// What would the client do with a tool call under these settings?
    Simulate(workpaper::cli::simulate::Args),
}

fn main() -> ExitCode {
    match Cli::parse().command {
        Command::Simulate(args) => workpaper::cli::simulate::run(args),
    }
}
