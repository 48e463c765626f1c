//! The ways to fail, and their exit codes.

use std::fmt;
use std::io;
use std::path::Path;
use std::process::ExitCode;

/// Why a command did not do what it was asked.
#[derive(Debug)]
pub enum Failure {
    /// The command line, the specification or an entry of it is wrong: exit code 2.
    Input(String),
    /// The disk or the machine failed: exit code 1.
    Runtime(String),
    /// A file does not have the values of its seed: exit code 1.
    Mismatch(String),
}

impl Failure {
    /// Returns a failure at a path.
    pub fn at(path: &Path, error: impl fmt::Display) -> Self {
        Failure::Runtime(format!("{}: {error}", path.display()))
    }

    /// Returns the process's exit code.
    pub fn exit_code(&self) -> ExitCode {
        ExitCode::from(self.code())
    }

    /// Returns the number of the process's exit code.
    pub fn code(&self) -> u8 {
        match self {
            Failure::Input(_) => 2,
            Failure::Runtime(_) | Failure::Mismatch(_) => 1,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Failure::Input(message) | Failure::Runtime(message) | Failure::Mismatch(message)) =
            self;
        f.write_str(message)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Failure::Runtime(error.to_string())
    }
}
