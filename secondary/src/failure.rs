//! Why the program cannot go on.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

/// What the operator has to mend.
#[derive(Debug)]
pub enum Failure {
    /// A file that says what to follow is of no use.
    File {
        /// Which one.
        path: PathBuf,
        /// What is wrong, and what to do.
        why: String,
    },
    /// There is nothing to follow, or no address to answer on.
    Asked(&'static str),
    /// The state directory cannot be used.
    State {
        /// It.
        path: PathBuf,
        /// What is wrong, and what to do.
        why: String,
    },
    /// What keeps any server from serving.
    Server(server::Failure),
}

impl Failure {
    /// 2: nothing to follow, or nowhere to answer; 3: a file that says what to follow; 4: addresses; 5: control socket; 6:
    /// anything else of the system, and files of no use; 7: state directory.
    #[must_use]
    pub fn exit_code(&self) -> ExitCode {
        match self {
            Self::Asked(_) => ExitCode::from(2),
            Self::File { .. } => ExitCode::from(3),
            Self::State { .. } => ExitCode::from(7),
            Self::Server(why) => why.exit_code(),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { path, why } => write!(f, "{}: {why}", path.display()),
            Self::Asked(why) => f.write_str(why),
            Self::State { path, why } => write!(f, "cannot use {}: {why}", path.display()),
            Self::Server(why) => why.fmt(f),
        }
    }
}

impl std::error::Error for Failure {}

impl From<server::Failure> for Failure {
    fn from(why: server::Failure) -> Self {
        Self::Server(why)
    }
}

impl From<io::Error> for Failure {
    fn from(why: io::Error) -> Self {
        Self::Server(server::Failure::System(why))
    }
}
