//! `workpaper confine`, which no person needs: this program in the moment before it becomes a hook's shell.

use std::{ffi::OsString, path::PathBuf, process::ExitCode};

use workpaper::collect::{self, Confinement, NOT_CONFINED};

/// Confine this process by Landlock and seccomp, and become another program
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    /// What may be read and executed (can be repeated)
    #[arg(long, value_name = "PATH")]
    read: Vec<PathBuf>,
    /// The scratch folder, which may be written to
    #[arg(long, value_name = "DIR")]
    write: PathBuf,
    /// The user that root becomes
    #[arg(long, value_name = "NUMBER")]
    uid: Option<u32>,
    /// The program, by its full path, and its arguments
    #[arg(last = true, required = true)]
    program: Vec<OsString>,
}

pub(super) fn run(args: Args) -> ExitCode {
    let Args { read, write, uid, program } = args;
    eprintln!("workpaper: {}", collect::confine(&Confinement { read, write, uid, program }));
    u8::try_from(NOT_CONFINED).map_or(ExitCode::FAILURE, ExitCode::from)
}
