//! Why the program cannot go on, and with which exit code it says so.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use git_remote::RemoteError;

/// Why the program cannot start or go on.
#[derive(Debug)]
pub enum Failure {
    /// The repository cannot be read, or has no such branch.
    Repository(git_store::Error),
    /// What is named to reach a repository on another machine cannot be used.
    Remote(RemoteError),
    /// The state directory cannot be used.
    State {
        /// It, or the file in it.
        path: PathBuf,
        /// Why, and what to do.
        why: String,
    },
    /// The file with those who may sign commits cannot be read, or makes no sense.
    Signers {
        /// Its path.
        path: PathBuf,
        /// What is wrong, and where.
        why: String,
    },
    /// What forges would tell of pushes cannot be heard.
    Webhook {
        /// The address, or the file with the secret.
        what: String,
        /// Why; never what the file says.
        why: String,
    },
    /// What keeps any server from serving.
    Server(server::Failure),
}

impl Failure {
    /// The operating system refused something.
    #[must_use]
    pub fn system(why: io::Error) -> Failure {
        Failure::Server(server::Failure::System(why))
    }

    /// 3: repository, and what is named to reach it; 4: addresses; 5: control socket; 6: anything else of the system, and
    /// files of no use; 7: state directory.
    /// 2 is for usage.
    #[must_use]
    pub fn exit_code(&self) -> ExitCode {
        match self {
            Failure::Repository(_) | Failure::Remote(_) => ExitCode::from(3),
            Failure::Signers { .. } | Failure::Webhook { .. } => ExitCode::from(6),
            Failure::State { .. } => ExitCode::from(7),
            Failure::Server(why) => why.exit_code(),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Repository(why @ git_store::Error::NoSuchBranch { .. }) => {
                write!(out, "{why}; name one of them behind the path: PATH#BRANCH")
            }
            Failure::Repository(why) => why.fmt(out),
            Failure::Remote(why) => why.fmt(out),
            Failure::State { path, why } => {
                write!(out, "cannot use {}: {why}", path.display())
            }
            Failure::Signers { path, why } => write!(
                out,
                "no allowed signers in {}: {why}; mend the file, or leave --allowed-signers out",
                path.display()
            ),
            Failure::Webhook { what, why } => write!(
                out,
                "--webhook: cannot use {what}: {why}; name another one, or leave --webhook out"
            ),
            Failure::Server(why) => why.fmt(out),
        }
    }
}

impl std::error::Error for Failure {}

impl From<git_store::Error> for Failure {
    fn from(why: git_store::Error) -> Failure {
        Failure::Repository(why)
    }
}

impl From<RemoteError> for Failure {
    fn from(why: RemoteError) -> Failure {
        Failure::Remote(why)
    }
}

impl From<server::Failure> for Failure {
    fn from(why: server::Failure) -> Failure {
        Failure::Server(why)
    }
}
