//! The `workpaper` program: parses the command line and exits with a documented code.

mod cli;

fn main() -> std::process::ExitCode {
    cli::run()
}
