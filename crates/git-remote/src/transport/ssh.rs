//! `ssh://`: the service as a command on the server, over a channel (RFC 4254 §6.5).
//!
//! Inside is a runtime for this thread alone. It runs only while something is waited for here, so
//! that nothing goes on behind the caller's back; every wait is bounded.

mod judge;

use std::future::Future;
use std::io::{self, Read};
use std::sync::Arc;
use std::time::Duration;

use git_store::RemoteUrl;
use russh::client::{self, Handle, Msg};
use russh::keys::PrivateKeyWithHashAlg;
use russh::{Channel, ChannelMsg};
use tokio::runtime::{Builder, Runtime};

use super::{Peer, Service, tcp};
use crate::deadline::Deadline;
use crate::error::{Proof, RemoteError};
use crate::options::RemoteOptions;
use crate::ssh_key::SshKey;
use judge::Judge;

/// Whom we log in as where the URL does not say: what all forges have.
const USER: &str = "git";

/// Octets of what the server says to people that are kept.
const WORDS: usize = 4096;

pub(crate) struct Ssh {
    server: String,
    deadline: Deadline,
    channel: Channel<Msg>,
    received: Vec<u8>,
    at: usize,
    words: Vec<u8>,
    /// Last, so that what it drives is dropped before it.
    _session: Handle<Judge>,
    runtime: Runtime,
}

/// Any URL will do: what is missing is said by the server.
pub(crate) fn check() -> Result<(), RemoteError> {
    Ok(())
}

pub(crate) fn connect(
    url: &RemoteUrl,
    options: &RemoteOptions,
    deadline: Deadline,
    service: Service,
) -> Result<Box<dyn Peer>, RemoteError> {
    Ok(Box::new(Ssh::connect(url, options, deadline, service)?))
}

impl Ssh {
    fn connect(
        url: &RemoteUrl,
        options: &RemoteOptions,
        deadline: Deadline,
        service: Service,
    ) -> Result<Ssh, RemoteError> {
        let server = url.authority();
        let Some(key) = &options.key else {
            return Err(unauthorized(&server, "it wants a key, and none was given"));
        };
        let failed = |error| RemoteError::io(&server, error);
        let stream = tcp::connect(url, deadline)?;
        stream.set_nonblocking(true).map_err(failed)?;
        let mut builder = Builder::new_current_thread();
        let runtime = builder.enable_io().enable_time().build().map_err(failed)?;
        let opening = Opening {
            url,
            options,
            key,
            server: &server,
        };
        let command = format!("{} {}", service.name(), quoted(url.path()));
        let left = deadline.left().map_err(failed)?;
        let (session, channel) = within(&runtime, left, opening.run(stream, command))
            .unwrap_or_else(|error| Err(failed(error)))?;
        Ok(Ssh {
            server,
            deadline,
            channel,
            received: Vec::new(),
            at: 0,
            words: Vec::new(),
            _session: session,
            runtime,
        })
    }
}

/// What leads to a running command on the server.
struct Opening<'a> {
    url: &'a RemoteUrl,
    options: &'a RemoteOptions,
    key: &'a SshKey,
    server: &'a str,
}

impl Opening<'_> {
    async fn run(
        &self,
        stream: std::net::TcpStream,
        command: String,
    ) -> Result<(Handle<Judge>, Channel<Msg>), RemoteError> {
        let mut session = self.hand_shake(stream).await?;
        self.log_in(&mut session).await?;
        let opened = session.channel_open_session().await;
        let channel = opened.map_err(|why| self.broken(&why))?;
        let started = channel.exec(true, command).await;
        started.map_err(|why| self.broken(&why))?;
        Ok((session, channel))
    }

    async fn hand_shake(&self, stream: std::net::TcpStream) -> Result<Handle<Judge>, RemoteError> {
        let failed = |error| RemoteError::io(self.server, error);
        let stream = tokio::net::TcpStream::from_std(stream).map_err(failed)?;
        let judge = Judge::new(self.url, &self.options.host_keys);
        let seen = judge.seen();
        let config = client::Config {
            preferred: judge.preferred(),
            inactivity_timeout: None,
            ..client::Config::default()
        };
        let limit = self.options.limits.connect;
        let shaken = client::connect_stream(Arc::new(config), stream, judge);
        match tokio::time::timeout(limit, shaken).await {
            Err(_) => Err(failed(io::ErrorKind::TimedOut.into())),
            Ok(Ok(session)) => Ok(session),
            Ok(Err(why)) => Err(match seen.refused(self.server) {
                Some(error) => error,
                None => self.broken(&why),
            }),
        }
    }

    async fn log_in(&self, session: &mut Handle<Judge>) -> Result<(), RemoteError> {
        let user = self.url.user().unwrap_or(USER);
        let key = PrivateKeyWithHashAlg::new(self.key.key.clone(), None);
        let answer = session.authenticate_publickey(user, key).await;
        match answer.map_err(|why| self.broken(&why))?.success() {
            true => Ok(()),
            false => Err(unauthorized(
                self.server,
                &format!("it does not take our key for the user {user}"),
            )),
        }
    }

    fn broken(&self, why: &russh::Error) -> RemoteError {
        RemoteError::Unreachable {
            server: self.server.to_owned(),
            why: why.to_string(),
        }
    }
}

impl Peer for Ssh {
    fn greeting(&mut self) -> Result<Box<dyn Read + '_>, RemoteError> {
        Ok(Box::new(self))
    }

    fn ask(&mut self, request: &[u8]) -> Result<Box<dyn Read + '_>, RemoteError> {
        for part in request.chunks(1 << 20) {
            let sent = self
                .deadline
                .to_move()
                .and_then(|limit| within(&self.runtime, limit, self.channel.data(part)));
            let sent = sent.map_err(|error| RemoteError::io(&self.server, error))?;
            sent.map_err(|why| RemoteError::Unreachable {
                server: self.server.clone(),
                why: why.to_string(),
            })?;
        }
        Ok(Box::new(self))
    }

    fn last_words(&mut self) -> Option<String> {
        Some(String::from_utf8_lossy(&self.words).trim().to_owned())
    }
}

impl Read for Ssh {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.at == self.received.len() {
            let limit = self.deadline.to_move()?;
            match within(&self.runtime, limit, self.channel.wait())? {
                Some(ChannelMsg::Data { data }) => {
                    self.received = data.to_vec();
                    self.at = 0;
                }
                Some(ChannelMsg::ExtendedData { data, .. }) => {
                    let room = WORDS.saturating_sub(self.words.len());
                    self.words.extend(&data[..data.len().min(room)]);
                }
                // The words and the status of a command may come behind the end of its data.
                Some(ChannelMsg::Close) | None => return Ok(0),
                Some(_) => {}
            }
        }
        let count = (&self.received[self.at..]).read(buffer)?;
        self.at += count;
        Ok(count)
    }
}

fn within<T>(runtime: &Runtime, limit: Duration, work: impl Future<Output = T>) -> io::Result<T> {
    runtime
        .block_on(async { tokio::time::timeout(limit, work).await })
        .map_err(|_| io::ErrorKind::TimedOut.into())
}

fn unauthorized(server: &str, why: &str) -> RemoteError {
    RemoteError::Unauthorized {
        server: server.to_owned(),
        why: why.to_owned(),
        wants: Proof::Key,
    }
}

/// One word for the shell of the server, as Git quotes it.
fn quoted(path: &str) -> String {
    let inner: String = path
        .chars()
        .map(|c| match c {
            '\'' | '!' => format!("'\\{c}'"),
            other => other.to_string(),
        })
        .collect();
    format!("'{inner}'")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_one_word() {
        for (path, wanted) in [
            ("/srv/zones.git", "'/srv/zones.git'"),
            ("it's", r"'it'\''s'"),
            ("a;b $(c) `d`!", r"'a;b $(c) `d`'\!''"),
        ] {
            assert_eq!(quoted(path), wanted);
        }
    }
}
