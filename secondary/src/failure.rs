//! Why the program cannot go on.

use std::fmt;
use std::io;
use std::path::PathBuf;

use stack_os::BindError;

/// What the operator has to mend.
#[derive(Debug)]
pub enum Failure {
    /// A file that was named is of no use.
    File {
        /// Which one.
        path: PathBuf,
        /// What is wrong, and what to do.
        why: String,
    },
    /// The command line asks for what cannot be.
    Asked(String),
    /// An address cannot be bound.
    Bind(BindError),
    /// The system refuses something that is needed.
    System(io::Error),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { path, why } => write!(f, "{}: {why}", path.display()),
            Self::Asked(why) => f.write_str(why),
            Self::Bind(error) => error.fmt(f),
            Self::System(error) => write!(f, "the system refuses what is needed: {error}"),
        }
    }
}

impl std::error::Error for Failure {}

impl From<BindError> for Failure {
    fn from(error: BindError) -> Self {
        Self::Bind(error)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::System(error)
    }
}
