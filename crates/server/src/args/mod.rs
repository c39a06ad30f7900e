//! Options that all programs that serve zones have, in the same words.
//!
//! A program flattens [`ServerArgs`] into its own, and has a group `serving` of the options that say what it serves: all of
//! these are about a server that runs.

mod dnstap;
mod identity;
mod keys;
mod limits;
mod log;
mod notify;
mod restraint;
mod tls;
mod transfers;

use std::net::{IpAddr, SocketAddr};

use clap::Args;

use crate::config::Config;
pub use identity::read_nsid;
pub use log::LogArgs;

/// What all programs that serve zones can be told, but for where they listen.
#[derive(Debug, Args)]
pub struct ServerArgs {
    #[command(flatten)]
    keys: keys::KeyArgs,

    #[command(flatten)]
    transfers: transfers::TransferArgs,

    #[command(flatten)]
    notify: notify::NotifyArgs,

    #[command(flatten)]
    identity: identity::IdentityArgs,

    /// Address to tell metrics and health on over HTTP: /metrics, /healthz, /readyz; best on loopback [default: nowhere]
    #[arg(long, value_name = "ADDR:PORT", requires = "serving")]
    metrics: Option<SocketAddr>,

    #[command(flatten)]
    limits: limits::LimitArgs,

    #[command(flatten)]
    tls: tls::TlsArgs,

    #[command(flatten)]
    restraint: restraint::RestraintArgs,

    #[command(flatten)]
    dnstap: dnstap::DnstapArgs,
}

impl ServerArgs {
    /// What is missing, if anything is; with sockets that somebody passed on, less may be.
    ///
    /// # Errors
    /// What to give, in a sentence.
    pub fn check(&self, has_sockets: bool) -> Result<(), &'static str> {
        self.tls.check(has_sockets)
    }

    /// Whether there are any keys.
    #[must_use]
    pub fn has_keys(&self) -> bool {
        self.keys.is_any()
    }

    /// What was chosen, over what `usual` says.
    #[must_use]
    pub fn config(&self, usual: Config) -> Config {
        let (id, version) = self.identity.read();
        Config {
            keys: self.keys.config(),
            allow_transfer: self.transfers.allow_transfer.clone(),
            notify: Some(self.notify.config()),
            id,
            version,
            metrics: self.metrics,
            rate_limit: self.limits.rate_limit(),
            cookie_secret: self.limits.cookie_secret.clone(),
            tls: self.tls.config(),
            restraint: Some(self.restraint.read()),
            dnstap: self.dnstap.read(),
            ..usual
        }
    }
}

/// `192.0.2.1`, `192.0.2.1:53`, `2001:db8::1`, `[2001:db8::1]:53`.
///
/// # Errors
/// What to write instead.
pub fn read_address(text: &str) -> Result<SocketAddr, String> {
    read_address_with(text, 53)
}

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

/// How many threads answer, from 1 to 1024.
///
/// # Errors
/// What to write instead.
pub fn read_workers(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(count @ 1..=1024) => Ok(count),
        _ => Err("write a number from 1 to 1024".into()),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use clap::{ArgGroup, CommandFactory, Parser};

    /// A program with nothing but these options.
    #[derive(Debug, Parser)]
    #[command(group(ArgGroup::new("serving").args(["serve"])))]
    pub(super) struct Line {
        #[arg(long)]
        serve: bool,
        #[command(flatten)]
        pub(super) server: ServerArgs,
    }

    pub(super) fn read(more: &[&str]) -> Result<ServerArgs, clap::Error> {
        let line = Line::try_parse_from([&["program", "--serve"], more].concat());
        line.map(|line| line.server)
    }

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
    fn the_grammar_is_sound() {
        Line::command().debug_assert();
        let pair = ["--tls-certificate", "c", "--tls-key", "k"];
        assert!(read(&pair[..2]).is_err() && read(&pair[2..]).is_err());
        assert!(read(&["--listen-tls", "::1"]).is_err());
        assert!(read(&pair).expect("parsed").check(false).is_err());
        let whole = read(&[&pair[..], &["--listen-tls", "::1"]].concat()).expect("parsed");
        assert!(whole.check(false).is_ok());
        let config = whole.config(Config::new("program", []));
        let listen = config.tls.expect("TLS").listen;
        assert_eq!(listen, ["[::1]:853".parse().expect("an address")]);
        assert!(Line::try_parse_from(["program", "--metrics", "[::1]:9153"]).is_err());
    }
}
