//! The command line.

mod catalog;
mod durable;
mod forge;
mod remote;
mod trust;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use authority::Nsid;
use clap::error::ErrorKind;
use clap::{ArgGroup, CommandFactory, Parser};
use git_store::Location;

use server::args::{LogArgs, ServerArgs, read_address, read_workers};
use server::{ControlSocket, Inherited};

use crate::config::{Config, PROGRAM};
use crate::failure::Failure;
use crate::telling::control::{self, StatusFormat};
use trust::TrustArgs;

pub use remote::{HostKey, LocationParser, RemoteArgs, TOKEN_VARIABLE, next_step};

/// Answer DNS questions from the zone files of a Git branch
///
/// Each zone is served as it is in the newest commit in which it is right: a mistake in one zone
/// holds back that zone alone. A new commit is served within moments of the push.
#[derive(Debug, Parser)]
#[command(name = "primary", version, override_usage = USAGE, after_help = EXIT_CODES)]
#[command(group(ArgGroup::new("task").required(true).args(["repo", "status"])))]
#[command(group(ArgGroup::new("serving").args(["repo"])))]
pub struct Args {
    /// Repository to serve: PATH, bare or not, or a URL: git, http, https, ssh or USER@HOST:PATH; #BRANCH names the branch [default branch: HEAD]
    #[arg(long, value_name = "PATH|URL[#BRANCH]", value_parser = LocationParser)]
    repo: Option<Location>,

    /// Address to answer on over UDP and TCP; may be given several times [default port: 53]; not needed with sockets of a service manager
    #[arg(long, value_name = "ADDR:PORT", value_parser = read_address, requires = "repo")]
    listen: Vec<SocketAddr>,

    /// Threads that answer, for each address [default: one for each CPU the process may use]
    #[arg(long, value_name = "N", requires = "repo", value_parser = read_workers)]
    workers: Option<usize>,

    /// Seconds between looks at the branch [default: 2 where the file system tells of no changes; 30 for a URL]
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=86_400))]
    poll: Option<u64>,

    /// Directory to write down in which commit and serials are served, so that neither goes back after a restart; for the copy of a URL, too
    #[arg(long, value_name = "DIR", requires = "repo")]
    state_dir: Option<PathBuf>,

    #[command(flatten)]
    trust: TrustArgs,

    #[command(flatten)]
    durable: durable::DurableArgs,

    #[command(flatten)]
    forge: forge::ForgeArgs,

    /// What NSID answers: `commit`, `off` or any text
    #[arg(long, value_name = "WHAT", default_value = "commit", value_parser = read_nsid)]
    nsid: Nsid,

    #[command(flatten)]
    server: ServerArgs,

    #[command(flatten)]
    catalog: catalog::CatalogArgs,

    #[command(flatten)]
    remote: RemoteArgs,

    /// What is logged, and how.
    #[command(flatten)]
    pub log: LogArgs,

    /// Show the status of the running primary and exit
    #[arg(long, conflicts_with = "repo")]
    status: bool,

    /// Socket that --status and `zonetool accept` ask at [default: /run/stemma-primary.sock for root, else in $XDG_RUNTIME_DIR]
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

const USAGE: &str = "primary --repo PATH|URL[#BRANCH] --listen ADDR:PORT... [OPTIONS]
       primary --status [--control PATH] [--format FORMAT]";

const EXIT_CODES: &str = "\
Exit codes:
  0  stopped by SIGTERM or SIGINT; with --status: all zones are as the newest commit has them
  1  with --status: some zone is not, nothing is served yet, or commit or remote cannot be read
  2  usage
  3  the repository or branch cannot be read, or what is named to reach it cannot be used
  4  an address cannot be bound
  5  the control socket cannot be made, or nobody answers at it
  6  anything else: refused by the system; a key, certificate, secret or user is of no use
  7  the state directory cannot be used, or is of another repository

Examples:
  primary --repo /srv/zones.git#main --listen 192.0.2.53:53 --listen '[2001:db8::53]:53'
  primary --repo git@git.example.org:zones.git --host-key /etc/stemma/known_hosts \\
      --ssh-key /etc/stemma/key --state-dir /var/lib/stemma --listen 192.0.2.53
  primary --status --format json";

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
        let args = Args::parse();
        match args.check(Inherited::is_offered()) {
            Ok(()) => args,
            Err(why) => why.exit(),
        }
    }

    fn check(&self, has_sockets: bool) -> Result<(), clap::Error> {
        let missing = |why| Args::command().error(ErrorKind::MissingRequiredArgument, why);
        self.server.check(has_sockets).map_err(missing)?;
        self.durable
            .check(self.repo.as_ref(), self.state_dir.is_some())?;
        if self.status || has_sockets || !self.listen.is_empty() {
            return Ok(());
        }
        Err(missing("no address to answer on: give --listen ADDR:PORT"))
    }

    /// What is to be done.
    ///
    /// # Errors
    /// [`server::Failure::NotRunning`] for a status without any socket to ask.
    pub fn task(&self) -> Result<Task, Failure> {
        match &self.repo {
            Some(location) => Ok(Task::Serve(Box::new(self.config(location.clone())))),
            None => Ok(Task::Status {
                control: self
                    .control
                    .clone()
                    .or_else(control::default_path)
                    .ok_or_else(|| server::Failure::no_default_control(PROGRAM))?,
                format: self.format,
            }),
        }
    }

    fn config(&self, location: Location) -> Config {
        let usual = Config::new(location, self.listen.clone());
        let server = server::Config {
            workers: self.workers,
            control: self.control_socket(),
            nsid: self.nsid.clone(),
            ..usual.server
        };
        let mut server = self.server.config(server);
        server.keys.are_more = self.forge.keys_in_repository;
        Config {
            poll: self.poll.map_or(usual.poll, Duration::from_secs),
            remote: self.remote.clone(),
            state_dir: self.state_dir.clone(),
            allowed_signers: self.trust.allowed_signers.clone(),
            catalog: self.catalog.catalog.clone(),
            takes_updates: self.server.has_keys() || server.keys.are_more,
            durable: self.durable.durable,
            webhook: self.forge.webhook(),
            server,
            ..usual
        }
    }

    fn control_socket(&self) -> Option<ControlSocket> {
        let named = |path, is_required| ControlSocket { path, is_required };
        match &self.control {
            Some(path) => Some(named(path.clone(), true)),
            None => control::default_path().map(|path| named(path, false)),
        }
    }
}

fn read_nsid(text: &str) -> Result<Nsid, String> {
    server::args::read_nsid(text, "commit")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_grammar_is_sound() {
        Args::command().debug_assert();
        assert!(Args::try_parse_from(["primary"]).is_err());
        let without_address = Args::try_parse_from(["primary", "--repo", "x"]).expect("parsed");
        assert!(without_address.check(false).is_err());
        assert!(without_address.check(true).is_ok());
        assert!(Args::try_parse_from(["primary", "--status"]).is_ok());
        assert!(Args::try_parse_from(["primary", "--repo", "x", "--listen", "::1"]).is_ok());
    }
}
