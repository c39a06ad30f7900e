//! The command line.

use std::fs;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Parser, ValueEnum};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use stack_os::outgoing::{Trust, transfer_config};
use tsig::Key;

use crate::config::Config;
use crate::failure::Failure;
use crate::keys::{follow_keys, read_key_files};
use crate::zones_file::read_zones;

/// Answer DNS questions about zones of other servers
///
/// Each zone is fetched from its primary, and again when the primary says that it has changed or when it is time. A key whose
/// name has addresses in it is all that is needed; a file of zones is the other way.
#[derive(Debug, Parser)]
#[command(name = "secondary", version, after_help = EXIT_CODES)]
pub struct Args {
    /// Key as NAME:ALGORITHM:SECRET; may be given several times. Whoever can list processes sees it: --keys is better
    #[arg(long, value_name = "KEY", value_parser = read_key)]
    key: Vec<Arc<Key>>,

    /// File of keys, as `zonetool key new` writes them; may be given several times
    #[arg(long, value_name = "FILE")]
    keys: Vec<PathBuf>,

    /// File of zones: in each line a zone, the addresses of its primaries and key=NAME; `catalog` before a catalog zone
    #[arg(long, value_name = "FILE")]
    zones: Option<PathBuf>,

    /// File with the certificates (PEM) of who has signed those of primaries, for tls=NAME in the file of zones
    #[arg(long, value_name = "FILE", requires = "zones")]
    primary_ca: Option<PathBuf>,

    /// Address to answer on over UDP and TCP; may be given several times [default port: 53; default: the address in the keys]
    #[arg(long, value_name = "ADDR:PORT", value_parser = read_address)]
    listen: Vec<SocketAddr>,

    /// Port of the primaries that keys name
    #[arg(long, value_name = "PORT", default_value_t = 53)]
    primary_port: u16,

    /// Directory to keep zones in, so that they are served at once after a restart [default: no disk is used]
    #[arg(long, value_name = "DIR")]
    state_dir: Option<PathBuf>,

    /// Threads that answer, for each address [default: one for each CPU the process may use]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    workers: Option<u16>,

    /// How much is logged
    #[arg(long, value_name = "LEVEL", default_value = "info")]
    pub log_level: LogLevel,
}

const EXIT_CODES: &str =
    "Exit codes: 0 stopped by a signal, 1 something failed, 2 a mistake on the command line";

/// How much is logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogLevel {
    /// Only what keeps zones from being served.
    Error,
    /// Also primaries that are of no help.
    Warn,
    /// Also each version of a zone.
    Info,
}

impl From<LogLevel> for tracing::Level {
    fn from(level: LogLevel) -> Self {
        match level {
            LogLevel::Error => Self::ERROR,
            LogLevel::Warn => Self::WARN,
            LogLevel::Info => Self::INFO,
        }
    }
}

impl Args {
    /// What is to be followed.
    ///
    /// # Errors
    /// A file that cannot be read or makes no sense.
    pub fn config(self) -> Result<Config, Failure> {
        let mut config = Config::new(self.listen);
        config.keys = read_key_files(&self.keys, self.key)?;
        config.workers = self.workers.map(usize::from);
        config.state_dir = self.state_dir;
        if let Some(path) = self.zones {
            let failure = |why: String| Failure::File {
                path: path.clone(),
                why,
            };
            let text = fs::read_to_string(&path).map_err(|why| failure(why.to_string()))?;
            let tls = self.primary_ca.as_deref().map(read_roots).transpose()?;
            config.zones = read_zones(&text, &config.keys, tls.as_ref())
                .map_err(|why| failure(why.to_string()))?;
        }
        follow_keys(&mut config, self.primary_port);
        Ok(config)
    }
}

/// What sessions with primaries are made with.
fn read_roots(path: &Path) -> Result<Arc<ClientConfig>, Failure> {
    let failure = |why: String| Failure::File {
        path: path.to_owned(),
        why,
    };
    let mut roots = RootCertStore::empty();
    let read = CertificateDer::pem_file_iter(path).map_err(|why| failure(why.to_string()))?;
    for certificate in read {
        let certificate = certificate.map_err(|why| failure(why.to_string()))?;
        roots
            .add(certificate)
            .map_err(|why| failure(why.to_string()))?;
    }
    transfer_config(Trust::Roots(roots), None).map_err(|why| failure(why.to_string()))
}

/// Never with the text in its error: there is a secret in it.
fn read_key(text: &str) -> Result<Arc<Key>, String> {
    let key = tsig::text::read_key(text).map(Arc::new);
    key.map_err(|error| error.to_string())
}

/// `192.0.2.1`, `192.0.2.1:53`, `2001:db8::1`, `[2001:db8::1]:53`.
fn read_address(text: &str) -> Result<SocketAddr, String> {
    let bare = text
        .strip_prefix('[')
        .and_then(|text| text.strip_suffix(']'));
    match (text.parse(), bare.unwrap_or(text).parse::<IpAddr>()) {
        (Ok(address), _) => Ok(address),
        (_, Ok(ip)) => Ok((ip, 53).into()),
        _ => Err("write an IP address and a port, such as 127.0.0.1:5300 or [::1]:5300".into()),
    }
}
