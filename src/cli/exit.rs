//! Exit codes and failures: how every command ends, in one place.

use std::{fmt, io, process::ExitCode};

/// The codes, as the help prints them.
pub(super) const HELP: &str = "\
Exit codes:
  0  the gate is open, or the command did what it was asked
  1  the gate is closed: an item fails, or regressed against the baseline
  2  bad usage or configuration
  3  the scope could not be read, or an output not written
  4  a pack does not verify or does not re-perform
  5  nothing was evaluated, or coverage was lost against the baseline
  6  an attestation, waiver or evidence has expired
When several hold, the first of 2, 3, 4, 5, 1, 6.";

/// How a command ends that did its work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Exit(u8);

impl Exit {
    pub(super) const OPEN: Self = Self(0);
    pub(super) const PACK: Self = Self(4);

    /// The code that a gate asks for.
    pub(super) const fn gate(code: u8) -> Self {
        Self(code)
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.0)
    }
}

/// Why a command could not do its work, and what to do about it.
#[derive(Debug)]
pub(super) struct Failure {
    code: u8,
    message: String,
    hint: Option<String>,
}

impl Failure {
    /// The command line, the policy, the catalogue or a baseline is wrong.
    pub(super) fn usage(message: impl fmt::Display) -> Self {
        Self { code: 2, message: message.to_string(), hint: None }
    }

    /// The scope could not be read, or an output not written.
    pub(super) fn world(message: impl fmt::Display) -> Self {
        Self { code: 3, message: message.to_string(), hint: None }
    }

    /// A pack is not what it should be.
    pub(super) fn pack(message: impl fmt::Display) -> Self {
        Self { code: 4, message: message.to_string(), hint: None }
    }

    /// Adds what to do.
    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Prints the failure to stderr.
    pub(super) fn report(&self) -> ExitCode {
        let style = anstyle::AnsiColor::Red.on_default().bold();
        anstream::eprintln!("{style}error{style:#}: {}", self.message);
        if let Some(hint) = &self.hint {
            anstream::eprintln!("  hint: {hint}");
        }
        ExitCode::from(self.code)
    }
}

/// Writing to a pipe that nobody reads any longer is no failure.
pub(super) fn print(text: &str) -> Result<(), Failure> {
    write_all(anstream::stdout().lock(), text.as_bytes())
}

/// A file's content, in which there are no colours to take out.
pub(super) fn print_bytes(content: &[u8]) -> Result<(), Failure> {
    write_all(io::stdout().lock(), content)
}

fn write_all(mut out: impl io::Write, content: &[u8]) -> Result<(), Failure> {
    match out.write_all(content).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::world(format!("writing to stdout: {error}")))
        }
        Ok(()) | Err(_) => Ok(()),
    }
}
