//! Why a program that serves zones cannot go on, and with which exit code it says so.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use stack_os::BindError;

/// Why a program cannot start or go on, for reasons that all programs have.
#[derive(Debug)]
pub enum Failure {
    /// An address cannot be bound.
    Listen(BindError),
    /// Sockets that were passed on cannot be served.
    Inherited(io::Error),
    /// The address for metrics cannot be bound.
    Metrics {
        /// The address.
        address: SocketAddr,
        /// What was answered.
        why: io::Error,
    },
    /// The control socket cannot be made.
    Control {
        /// Its path.
        path: PathBuf,
        /// What was answered.
        why: io::Error,
    },
    /// Nobody answers at the control socket.
    NotRunning {
        /// The program that was asked for.
        program: &'static str,
        /// Its path, if one is known.
        path: Option<PathBuf>,
        /// What was answered.
        why: String,
    },
    /// The user that the server is to become is not there, or cannot be become.
    User {
        /// Its name.
        name: String,
        /// Why, and what to do.
        why: String,
    },
    /// The server does not do what it was asked for at the control socket.
    Declined(String),
    /// The file with the secret of server cookies cannot be read, or does not say one.
    CookieSecret {
        /// Its path.
        path: PathBuf,
        /// What is wrong; never what it says.
        why: String,
    },
    /// Certificate or key of TLS cannot be read, or are of no use.
    Tls {
        /// The file.
        path: PathBuf,
        /// What is wrong, and what to do; never what it says.
        why: String,
    },
    /// A file with keys of signed messages cannot be read, or makes no sense.
    Keys {
        /// Its path.
        path: PathBuf,
        /// What is wrong, and where; never what it says.
        why: String,
    },
    /// The operating system refused something else.
    System(io::Error),
}

impl Failure {
    /// There is no socket to ask `program` at where none is named.
    #[must_use]
    pub fn no_default_control(program: &'static str) -> Failure {
        Failure::NotRunning {
            program,
            path: None,
            why: "neither XDG_RUNTIME_DIR is set nor is this root".into(),
        }
    }

    /// The operating system refused something.
    #[must_use]
    pub fn system(why: io::Error) -> Failure {
        Failure::System(why)
    }

    /// 4: addresses; 5: control socket; 6: anything else of the system, and files of no use. 2 is for usage.
    #[must_use]
    pub fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self {
            Failure::Listen(_) | Failure::Inherited(_) | Failure::Metrics { .. } => 4,
            Failure::Control { .. } | Failure::NotRunning { .. } | Failure::Declined(_) => 5,
            Failure::CookieSecret { .. }
            | Failure::Tls { .. }
            | Failure::User { .. }
            | Failure::Keys { .. }
            | Failure::System(_) => 6,
        })
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Listen(why) => write_chain(out, why),
            Failure::Inherited(why) => why.fmt(out),
            Failure::Metrics { address, why } => write!(
                out,
                "cannot tell metrics on {address}: {why}; choose another address with --metrics ADDR:PORT"
            ),
            Failure::Control { path, why } => write!(
                out,
                "cannot make the control socket {}: {why}; name another with --control PATH",
                path.display()
            ),
            Failure::NotRunning {
                program,
                path: Some(path),
                why,
            } => write!(
                out,
                "no {program} answers at {} ({why}); name its socket with --control PATH",
                path.display()
            ),
            Failure::NotRunning {
                path: None, why, ..
            } => write!(
                out,
                "there is no usual control socket ({why}); name one with --control PATH"
            ),
            Failure::User { name, why } => write!(out, "cannot serve as the user {name}: {why}"),
            Failure::Declined(why) => out.write_str(why),
            Failure::CookieSecret { path, why } => write!(
                out,
                "no cookie secret in {}: {why}; write 32 hexadecimal digits, such as `openssl rand -hex 16` gives",
                path.display()
            ),
            Failure::Tls { path, why } => {
                write!(out, "cannot use {} for TLS: {why}", path.display())
            }
            Failure::Keys { path, why } => write!(
                out,
                "no keys in {}: {why}; `zonetool key new` makes such files",
                path.display()
            ),
            Failure::System(why) => why.fmt(out),
        }
    }
}

fn write_chain(out: &mut fmt::Formatter<'_>, error: &dyn std::error::Error) -> fmt::Result {
    write!(out, "{error}")?;
    error
        .source()
        .iter()
        .try_for_each(|cause| write!(out, " ({cause})"))
}

impl std::error::Error for Failure {}

impl From<BindError> for Failure {
    fn from(why: BindError) -> Failure {
        Failure::Listen(why)
    }
}
