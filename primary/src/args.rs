//! The command line.

mod dnstap;
mod keys;
mod remote;
mod restraint;
mod tls;
mod transfers;
mod trust;

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use authority::{Nsid, Prefix, RateLimit};
use clap::error::ErrorKind;
use clap::{ArgGroup, CommandFactory, Parser};
use git_store::{Location, Place};

use crate::config::{Config, ControlSocket};
use crate::failure::Failure;
use crate::system::activation;
use crate::telling::control::{self, StatusFormat};
use crate::telling::log::{LogFormat, LogLevel};
use tls::TlsArgs;
use trust::TrustArgs;

pub use remote::{HostKey, LocationParser, RemoteArgs, TOKEN_VARIABLE, next_step};

/// Answer DNS questions from the zone files of a Git branch
///
/// Each zone is served as it is in the newest commit in which it is right: a mistake in one zone
/// holds back that zone alone. A new commit is served within moments of the push.
#[derive(Debug, Parser)]
#[command(name = "primary", version, override_usage = USAGE, after_help = EXIT_CODES)]
#[command(group(ArgGroup::new("task").required(true).args(["repo", "status"])))]
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
    keys: keys::KeyArgs,

    #[command(flatten)]
    transfers: transfers::TransferArgs,

    /// What NSID answers: `commit`, `off` or any text
    #[arg(long, value_name = "WHAT", default_value = "commit", value_parser = read_nsid)]
    nsid: Nsid,

    /// What id.server and hostname.bind answer [default: they are refused]
    #[arg(long, value_name = "TEXT", value_parser = read_short_text)]
    id: Option<String>,

    /// What version.server and version.bind answer [default: they are refused]
    #[arg(long, value_name = "TEXT", value_parser = read_short_text)]
    version_bind: Option<String>,

    /// Address to tell metrics and health on over HTTP: /metrics, /healthz, /readyz; best on loopback [default: nowhere]
    #[arg(long, value_name = "ADDR:PORT", requires = "repo")]
    metrics: Option<SocketAddr>,

    /// UDP answers a second of one kind to one network (/24, /56), from 1, or `off`
    #[arg(long, value_name = "N", default_value = "200", value_parser = read_rate)]
    rate_limit: Rate,

    /// Of the answers over the rate, every Nth goes out empty, with TC, and the others are dropped; 0: all are
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u8).range(0..=RateLimit::SLIP_MAX as i64))]
    rate_limit_slip: u8,

    /// Network that is not limited; may be given several times
    #[arg(long, value_name = "PREFIX")]
    rate_limit_exempt: Vec<Prefix>,

    /// File with the secret of server cookies, shared with other servers [default: a secret of its own, new each day]
    #[arg(long, value_name = "FILE", requires = "repo")]
    cookie_secret: Option<PathBuf>,

    #[command(flatten)]
    tls: TlsArgs,

    #[command(flatten)]
    restraint: restraint::RestraintArgs,

    #[command(flatten)]
    dnstap: dnstap::DnstapArgs,

    #[command(flatten)]
    remote: RemoteArgs,

    /// Format of the log, which goes to standard error
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub log_format: LogFormat,

    /// How much is logged
    #[arg(long, value_name = "LEVEL", default_value = "info")]
    pub log_level: LogLevel,

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
        match args.check(activation::is_offered()) {
            Ok(()) => args,
            Err(why) => why.exit(),
        }
    }

    fn check(&self, has_sockets: bool) -> Result<(), clap::Error> {
        let missing = |why| Args::command().error(ErrorKind::MissingRequiredArgument, why);
        self.tls.check(has_sockets).map_err(missing)?;
        if self.status || has_sockets || !self.listen.is_empty() {
            return Ok(());
        }
        Err(missing("no address to answer on: give --listen ADDR:PORT"))
    }

    /// What is to be done.
    ///
    /// # Errors
    /// [`Failure::NotRunning`] for a status without any socket to ask.
    pub fn task(&self) -> Result<Task, Failure> {
        match &self.repo {
            Some(location) => Ok(Task::Serve(Box::new(self.config(location.clone())))),
            None => Ok(Task::Status {
                control: self
                    .control
                    .clone()
                    .or_else(control::default_path)
                    .ok_or_else(Failure::no_default_control)?,
                format: self.format,
            }),
        }
    }

    fn config(&self, location: Location) -> Config {
        let is_local = matches!(location.repository, Place::Local(_));
        let usual = Config::new(location, self.listen.clone());
        Config {
            workers: self.workers,
            poll: self.poll.map_or(usual.poll, Duration::from_secs),
            remote: self.remote.clone(),
            metrics: self.metrics,
            control: self.control_socket(),
            state_dir: self.state_dir.clone(),
            allowed_signers: self.trust.allowed_signers.clone(),
            keys: self.keys.config(),
            takes_updates: self.keys.is_any() && is_local,
            allow_transfer: self.transfers.allow_transfer.clone(),
            nsid: self.nsid.clone(),
            id: self.id.clone(),
            version: self.version_bind.clone(),
            rate_limit: self.rate_limit(),
            cookie_secret: self.cookie_secret.clone(),
            tls: self.tls.config(),
            restraint: Some(self.restraint.read()),
            dnstap: self.dnstap.read(),
            ..usual
        }
    }

    fn rate_limit(&self) -> Option<RateLimit> {
        let Rate(rate) = self.rate_limit;
        rate.map(|rate| RateLimit {
            rate,
            slip: self.rate_limit_slip,
            exempt: self.rate_limit_exempt.as_slice().into(),
        })
    }

    fn control_socket(&self) -> Option<ControlSocket> {
        let named = |path, is_required| ControlSocket { path, is_required };
        match &self.control {
            Some(path) => Some(named(path.clone(), true)),
            None => control::default_path().map(|path| named(path, false)),
        }
    }
}

fn read_address(text: &str) -> Result<SocketAddr, String> {
    read_address_with(text, 53)
}

/// `192.0.2.1`, `192.0.2.1:53`, `2001:db8::1`, `[2001:db8::1]:53`.
fn read_address_with(text: &str, port: u16) -> Result<SocketAddr, String> {
    let bare = text
        .strip_prefix('[')
        .and_then(|text| text.strip_suffix(']'))
        .unwrap_or(text);
    match (text.parse(), bare.parse::<IpAddr>()) {
        (Ok(address), _) => Ok(address),
        (_, Ok(ip)) => Ok((ip, port).into()),
        _ => Err("write an IP address and a port, such as 127.0.0.1:5300 or [::1]:5300".into()),
    }
}

fn read_workers(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(count @ 1..=1024) => Ok(count),
        _ => Err("write a number from 1 to 1024".into()),
    }
}

/// Answers a second; `None`: no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Rate(Option<u32>);

fn read_rate(text: &str) -> Result<Rate, String> {
    match (text, text.parse()) {
        ("off", _) => Ok(Rate(None)),
        (_, Ok(rate @ 1..=RateLimit::RATE_MAX)) => Ok(Rate(Some(rate))),
        _ => Err(format!(
            "write `off` or a number from 1 to {}",
            RateLimit::RATE_MAX
        )),
    }
}

fn read_nsid(text: &str) -> Result<Nsid, String> {
    match text {
        "commit" => Ok(Nsid::Revision),
        "off" => Ok(Nsid::Silent),
        text if (1..=128).contains(&text.len()) => Ok(Nsid::Octets(text.as_bytes().into())),
        _ => Err("write 1 to 128 octets".into()),
    }
}

fn read_short_text(text: &str) -> Result<String, String> {
    match text.len() {
        1..=255 => Ok(text.to_owned()),
        _ => Err("write 1 to 255 octets".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        for (text, wanted) in [
            ("127.0.0.1:5300", "127.0.0.1:5300"),
            ("127.0.0.1", "127.0.0.1:53"),
            ("::1", "[::1]:53"),
            ("[::1]", "[::1]:53"),
            ("[::]:0", "[::]:0"),
        ] {
            assert_eq!(
                read_address(text).map(|address| address.to_string()),
                Ok(wanted.to_owned())
            );
        }
        for wrong in [
            "",
            "localhost:53",
            "127.0.0.1:",
            "127.0.0.1:99999",
            "53",
            "[::1",
        ] {
            assert!(read_address(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn rates() {
        assert_eq!(read_rate("off"), Ok(Rate(None)));
        assert_eq!(read_rate("1"), Ok(Rate(Some(1))));
        assert_eq!(read_rate("1000000"), Ok(Rate(Some(1_000_000))));
        for wrong in ["0", "1000001", "-1", "on", ""] {
            assert!(read_rate(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_grammar_is_sound() {
        Args::command().debug_assert();
        assert!(Args::try_parse_from(["primary"]).is_err());
        let without_address = Args::try_parse_from(["primary", "--repo", "x"]).expect("parsed");
        assert!(without_address.check(false).is_err());
        assert!(without_address.check(true).is_ok());
        assert!(Args::try_parse_from(["primary", "--status"]).is_ok());
        let tls = |more: &[&str]| {
            let plain = ["primary", "--repo", "x", "--listen", "::1"];
            Args::try_parse_from([&plain[..], more].concat())
        };
        let pair = ["--tls-certificate", "c", "--tls-key", "k"];
        assert!(tls(&pair[..2]).is_err() && tls(&pair[2..]).is_err());
        assert!(tls(&["--listen-tls", "::1"]).is_err());
        assert!(tls(&pair).expect("parsed").check(false).is_err());
        let whole = tls(&[&pair[..], &["--listen-tls", "::1"]].concat()).expect("parsed");
        assert!(whole.check(false).is_ok());
        let listen = whole.tls.config().expect("TLS").listen;
        assert_eq!(listen, ["[::1]:853".parse().expect("an address")]);
        assert!(Args::try_parse_from(["primary", "--repo", "x", "--listen", "::1"]).is_ok());
    }
}
