//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;

use authority::Nsid;
use clap::error::ErrorKind;
use clap::{ArgGroup, CommandFactory, FromArgMatches, Parser};
use server::args::{LogArgs, ServerArgs, read_address, read_workers};
use server::control::{self, StatusFormat};
use server::{ControlSocket, Inherited};

use crate::config::{Config, PROGRAM};
use crate::failure::Failure;

/// Answer DNS questions about zones of other servers
///
/// Each zone is fetched from its primary, and again when the primary says that it has changed or when it is time. A key whose
/// name has addresses in it is all that is needed; a file of zones is the other way.
#[derive(Debug, Parser)]
#[command(name = "secondary", version, override_usage = USAGE, after_help = EXIT_CODES)]
#[command(group(ArgGroup::new("task").required(true).multiple(true).args(["keys", "key", "zones", "status"])))]
#[command(group(ArgGroup::new("serving").multiple(true).args(["keys", "key", "zones"]).conflicts_with("status")))]
pub struct Args {
    /// File of zones: in each line a zone, the addresses of its primaries and key=NAME; `catalog` before a catalog zone; read again at SIGHUP
    #[arg(long, value_name = "FILE")]
    zones: Option<PathBuf>,

    /// File with the certificates (PEM) of who has signed those of primaries, for tls=NAME in the file of zones; read again at SIGHUP
    #[arg(long, value_name = "FILE", requires = "zones")]
    primary_ca: Option<PathBuf>,

    /// Address to answer on over UDP and TCP; may be given several times [default port: 53; default: the address in the keys]
    #[arg(long, value_name = "ADDR:PORT", value_parser = read_address, requires = "serving")]
    listen: Vec<SocketAddr>,

    /// Port of the primaries that keys name
    #[arg(long, value_name = "PORT", default_value_t = 53)]
    primary_port: u16,

    /// Directory to keep zones in, so that they are served at once after a restart [default: no disk is used]
    #[arg(long, value_name = "DIR", requires = "serving")]
    state_dir: Option<PathBuf>,

    /// MiB that the transfer of a zone may have; what has more is given up
    #[arg(long, value_name = "MIB", requires = "serving", default_value_t = 2048, value_parser = clap::value_parser!(u32).range(1..))]
    transfer_limit: u32,

    /// Threads that answer, for each address [default: one for each CPU the process may use]
    #[arg(long, value_name = "N", requires = "serving", value_parser = read_workers)]
    workers: Option<usize>,

    /// What NSID answers: `serial`, `off` or any text
    #[arg(long, value_name = "WHAT", default_value = "serial", value_parser = read_nsid)]
    nsid: Nsid,

    #[command(flatten)]
    server: ServerArgs,

    /// What is logged, and how.
    #[command(flatten)]
    pub log: LogArgs,

    /// Show the status of the running secondary and exit
    #[arg(long)]
    status: bool,

    /// Socket that --status asks at [default: /run/stemma-secondary.sock for root, else in $XDG_RUNTIME_DIR]
    #[arg(long, value_name = "PATH")]
    control: Option<PathBuf>,

    /// Format of the status
    #[arg(
        long,
        value_name = "FORMAT",
        default_value = "human",
        requires = "status"
    )]
    format: StatusFormat,
}

const USAGE: &str = "secondary --keys FILE [--state-dir DIR] [OPTIONS]
       secondary --zones FILE --listen ADDR:PORT... [OPTIONS]
       secondary --status [--control PATH] [--format FORMAT]";

const EXIT_CODES: &str = "\
Exit codes:
  0  stopped by SIGTERM or SIGINT; with --status: all zones are served, and their primaries are of help
  1  with --status: some zone is not, or a primary is not
  2  usage; nothing to follow, or nowhere to answer
  3  the file of zones, or that of certificates of primaries, cannot be read or makes no sense
  4  an address cannot be bound
  5  the control socket cannot be made, or nobody answers at it
  6  anything else: refused by the system; a key, certificate, secret or user is of no use
  7  the state directory cannot be used

Examples:
  secondary --keys /etc/stemma/secondary.keys --state-dir /var/lib/stemma/secondary
  secondary --zones /etc/stemma/zones --listen 192.0.2.2 --allow-transfer 192.0.2.0/24
  secondary --status --format json";

/// What is to be done.
#[derive(Debug)]
pub enum Task {
    /// Serve until stopped.
    Serve(Box<Config>),
    /// Show the status of the server at this socket.
    Status {
        /// The socket.
        control: PathBuf,
        /// How to show it.
        format: StatusFormat,
    },
}

impl Args {
    /// The command line of this process. Ends it where that is not one, or only asks for help.
    #[must_use]
    pub fn read() -> Args {
        let read = Args::from_arg_matches(&Args::grammar().get_matches());
        let args = read.unwrap_or_else(|why| why.exit());
        match args.server.check(Inherited::is_offered()) {
            Ok(()) => args,
            Err(why) => Args::grammar()
                .error(ErrorKind::MissingRequiredArgument, why)
                .exit(),
        }
    }

    /// The options, and what they are if they are not said. The name servers of a zone are told of changes by its primary, so
    /// that each of many secondaries telling them as well would be that many messages for nothing: here that is to be asked for.
    #[must_use]
    pub fn grammar() -> clap::Command {
        Args::command().mut_arg("notify_ns", |arg| arg.default_value("off"))
    }

    /// What is to be done.
    ///
    /// # Errors
    /// For a status without any socket to ask.
    pub fn task(&self) -> Result<Task, Failure> {
        if !self.status {
            return Ok(Task::Serve(Box::new(self.config())));
        }
        let usual = || control::default_path(PROGRAM);
        let named = self.control.clone().or_else(usual);
        let none = || server::Failure::no_default_control(PROGRAM);
        Ok(Task::Status {
            control: named.ok_or_else(none)?,
            format: self.format,
        })
    }

    fn config(&self) -> Config {
        let usual = Config::new(self.listen.clone());
        let server = server::Config {
            workers: self.workers,
            control: self.control_socket(),
            nsid: self.nsid.clone(),
            ..usual.server
        };
        Config {
            server: self.server.config(server),
            primary_port: self.primary_port,
            zones_file: self.zones.clone(),
            primary_ca: self.primary_ca.clone(),
            state_dir: self.state_dir.clone(),
            transfer_limits: transfer::Limits {
                octets: u64::from(self.transfer_limit) << 20,
                ..usual.transfer_limits
            },
            ..usual
        }
    }

    fn control_socket(&self) -> Option<ControlSocket> {
        let named = |path, is_required| ControlSocket { path, is_required };
        match &self.control {
            Some(path) => Some(named(path.clone(), true)),
            None => control::default_path(PROGRAM).map(|path| named(path, false)),
        }
    }
}

fn read_nsid(text: &str) -> Result<Nsid, String> {
    server::args::read_nsid(text, "serial")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_grammar_is_sound() {
        Args::grammar().debug_assert();
        let read = |words: &[&str]| Args::try_parse_from([&["secondary"], words].concat());
        for good in [
            &["--keys", "k"][..],
            &["--zones", "z", "--keys", "k", "--listen", "::1"],
            &["--status", "--format", "json"],
        ] {
            read(good).expect("a command line");
        }
        for wrong in [
            &[][..],
            &["--listen", "::1"],
            &["--status", "--zones", "z"],
            &["--keys", "k", "--primary-ca", "c"],
        ] {
            assert!(read(wrong).is_err(), "{wrong:?}");
        }
    }
}
