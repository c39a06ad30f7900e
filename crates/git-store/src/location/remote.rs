//! Repositories on other machines.
//!
//! ```text
//! git://HOST[:PORT]/PATH
//! http://HOST[:PORT]/PATH   https://...          no user: who we are is in the token file
//! ssh://[USER@]HOST[:PORT]/PATH
//! [USER@]HOST:PATH                               ssh, as Git writes it in short; PATH may be relative
//! ```
//! What reaches a server's command line or a request line is restricted here, once: nothing begins
//! with `-`, there are no control characters, and hosts are names or addresses and nothing else.

use std::fmt;
use std::net::Ipv6Addr;

use super::LocationError;
use crate::path::{Printable, is_unsafe};

/// A repository on another machine. It holds no secret, so it may be printed.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RemoteUrl {
    transport: Transport,
    user: Option<String>,
    host: String,
    port: Option<u16>,
    path: String,
}

/// How a remote repository is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Transport {
    /// `git://`: neither encrypted nor authenticated.
    Git,
    /// `http://`: neither encrypted nor authenticated.
    Http,
    /// `https://`.
    Https,
    /// `ssh://`, and `user@host:path`.
    Ssh,
}

impl Transport {
    /// What stands before `://`.
    #[must_use]
    pub fn scheme(self) -> &'static str {
        match self {
            Transport::Git => "git",
            Transport::Http => "http",
            Transport::Https => "https",
            Transport::Ssh => "ssh",
        }
    }

    fn default_port(self) -> u16 {
        match self {
            Transport::Git => 9418,
            Transport::Http => 80,
            Transport::Https => 443,
            Transport::Ssh => 22,
        }
    }
}

impl RemoteUrl {
    /// How the repository is reached.
    #[must_use]
    pub fn transport(&self) -> Transport {
        self.transport
    }

    /// The user to log in as; only ssh has one.
    #[must_use]
    pub fn user(&self) -> Option<&str> {
        self.user.as_deref()
    }

    /// A host name or an address; IPv6 addresses without brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port given, or that of the transport.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port.unwrap_or(self.transport.default_port())
    }

    /// Host and port as they stand in a URL; the port only where it is not the usual one.
    #[must_use]
    pub fn authority(&self) -> String {
        let host = match self.host.contains(':') {
            true => format!("[{}]", self.host),
            false => self.host.clone(),
        };
        match self.port {
            Some(port) => format!("{host}:{port}"),
            None => host,
        }
    }

    /// What the server is asked for: with a leading slash, but for what is relative to a home (`zones.git`, `~ann/zones.git`).
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    pub(super) fn parse(scheme: &str, rest: &str) -> Result<RemoteUrl, LocationError> {
        let transport = match scheme {
            "git" => Transport::Git,
            "http" => Transport::Http,
            "https" => Transport::Https,
            "ssh" => Transport::Ssh,
            _ => return Err(unknown(scheme)),
        };
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let (user, host) = split_user(authority);
        if transport != Transport::Ssh && user.is_some() {
            return Err(LocationError::SecretInUrl);
        }
        let (host, port) = split_port(host)?;
        // Git leaves out the slash before the home of a user.
        let path = match path.strip_prefix('/') {
            Some(home) if transport == Transport::Ssh && home.starts_with('~') => home,
            _ => path,
        };
        RemoteUrl {
            transport,
            user: user.map(str::to_owned),
            host: host.to_owned(),
            port,
            path: path.to_owned(),
        }
        .checked()
    }

    pub(super) fn parse_scp_like(text: &str) -> Result<RemoteUrl, LocationError> {
        let authority_ends = text.find("]:").map(|at| at + 1).or_else(|| text.find(':'));
        let (authority, path) = text.split_at(authority_ends.unwrap_or(text.len()));
        let path = path.strip_prefix(':').unwrap_or(path);
        if path.starts_with(':') {
            return Err(unknown(authority));
        }
        let (user, host) = split_user(authority);
        // user:password@host:path
        if path
            .split('/')
            .next()
            .is_some_and(|head| head.contains('@'))
        {
            return Err(LocationError::SecretInUrl);
        }
        RemoteUrl {
            transport: Transport::Ssh,
            user: user.map(str::to_owned),
            host: without_brackets(host).to_owned(),
            port: None,
            path: path.to_owned(),
        }
        .checked()
    }

    fn checked(self) -> Result<RemoteUrl, LocationError> {
        if let Some(user) = &self.user {
            check_user(user)?;
        }
        check_host(&self.host)?;
        check_path(&self.path, self.transport)?;
        Ok(self)
    }
}

fn split_user(authority: &str) -> (Option<&str>, &str) {
    match authority.rsplit_once('@') {
        Some((user, host)) => (Some(user), host),
        None => (None, authority),
    }
}

/// Host and port; the brackets of an IPv6 address are taken off.
fn split_port(text: &str) -> Result<(&str, Option<u16>), LocationError> {
    let host_ends = text
        .find(']')
        .map_or_else(|| text.find(':'), |at| Some(at + 1));
    let (host, port) = text.split_at(host_ends.unwrap_or(text.len()));
    let host = without_brackets(host);
    if port.is_empty() {
        return Ok((host, None));
    }
    let number = port
        .strip_prefix(':')
        .and_then(|digits| digits.parse().ok());
    match number {
        Some(number @ 1..) => Ok((host, Some(number))),
        _ => Err(malformed("port", "is not a number from 1 to 65535")),
    }
}

fn without_brackets(host: &str) -> &str {
    host.strip_prefix('[')
        .and_then(|inner| inner.strip_suffix(']'))
        .unwrap_or(host)
}

fn check_user(user: &str) -> Result<(), LocationError> {
    match user {
        "" => Err(malformed("user", "is empty")),
        _ if user.contains(':') => Err(LocationError::SecretInUrl),
        _ if user.starts_with('-') => Err(LocationError::LooksLikeOption { part: "user" }),
        _ if user.contains(|c| is_unsafe(c) || " @/\"'\\".contains(c)) => Err(malformed(
            "user",
            "has a character that no user name should have",
        )),
        _ => Ok(()),
    }
}

fn check_host(host: &str) -> Result<(), LocationError> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || ".-_".contains(c);
    match host {
        "" => Err(malformed("host", "is missing")),
        _ if host.starts_with('-') => Err(LocationError::LooksLikeOption { part: "host" }),
        _ if host.chars().all(is_name) || host.parse::<Ipv6Addr>().is_ok() => Ok(()),
        _ => Err(malformed("host", "is neither a name nor an address")),
    }
}

fn check_path(path: &str, transport: Transport) -> Result<(), LocationError> {
    let is_http = matches!(transport, Transport::Http | Transport::Https);
    match path {
        "" | "/" => Err(malformed("path", "is missing")),
        _ if path.starts_with('-') => Err(LocationError::LooksLikeOption { part: "path" }),
        _ if path.contains(is_unsafe) => Err(malformed("path", "has a control character")),
        _ if is_http && path.contains('?') => Err(LocationError::SecretInUrl),
        _ if is_http && !path.bytes().all(|octet| octet.is_ascii_graphic()) => Err(malformed(
            "path",
            "has a blank or a letter beyond ASCII; write it with percent signs",
        )),
        _ if is_http && path.contains('#') => {
            Err(malformed("path", "has a # besides that of the branch"))
        }
        _ if !is_http && path.contains('%') => Err(malformed(
            "path",
            "has a percent sign; write the path as it is on the server",
        )),
        _ => Ok(()),
    }
}

fn unknown(scheme: &str) -> LocationError {
    LocationError::UnknownTransport {
        scheme: scheme.to_owned(),
    }
}

fn malformed(part: &'static str, why: &'static str) -> LocationError {
    LocationError::Malformed { part, why }
}

/// A path relative to the home of the user has no form with `ssh://`, so it is shown as Git writes it in short.
impl fmt::Display for RemoteUrl {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let user = self.user.iter().map(|user| format!("{user}@"));
        let authority = user.chain([self.authority()]).collect::<String>();
        let scheme = self.transport.scheme();
        let whole = match self.path.chars().next() {
            Some('/') => format!("{scheme}://{authority}{}", self.path),
            Some('~') => format!("{scheme}://{authority}/{}", self.path),
            _ => format!("{authority}:{}", self.path),
        };
        write!(out, "{}", Printable(whole.as_bytes()))
    }
}
