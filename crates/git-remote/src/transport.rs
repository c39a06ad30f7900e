//! Ways to a service of a server: the same conversation over TCP, http and ssh.

mod git;
mod http;
mod roots;
#[cfg(feature = "ssh")]
mod ssh;
mod tcp;

use std::io::Read;

use git_store::{RemoteUrl, Transport};

use crate::deadline::Deadline;
use crate::error::RemoteError;
use crate::options::RemoteOptions;
#[cfg(not(feature = "ssh"))]
use crate::without_ssh as ssh;

/// How we name ourselves. Some forges treat whoever is not `git/` as a browser.
pub(crate) const AGENT: &str = concat!("git/stemma-", env!("CARGO_PKG_VERSION"));

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    /// To be sent what is there.
    UploadPack,
    /// To take what is sent.
    ReceivePack,
}

/// Who stands in for the network: opens conversations in a way of its own, which need not have a socket.
pub trait Dial: std::fmt::Debug + Send + Sync {
    /// Begins a conversation with a service of the server.
    ///
    /// # Errors
    /// [`RemoteError::Unreachable`] if there is no way to it.
    fn connect(&self, service: Service) -> Result<Box<dyn Peer>, RemoteError>;
}

impl Service {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Service::UploadPack => "git-upload-pack",
            Service::ReceivePack => "git-receive-pack",
        }
    }
}

/// The other end of a conversation: it speaks first, then may be asked once. Dropping it ends the conversation.
pub trait Peer {
    /// What it says first, up to the end of the section.
    ///
    /// # Errors
    /// Why it says nothing.
    fn greeting(&mut self) -> Result<Box<dyn Read + '_>, RemoteError>;

    /// Sends a request, and gives the answer.
    ///
    /// # Errors
    /// Why there is none. Whether the request has come is open then.
    fn ask(&mut self, request: &[u8]) -> Result<Box<dyn Read + '_>, RemoteError>;

    /// What it said to people before it went away.
    fn last_words(&mut self) -> Option<String> {
        None
    }
}

/// Whether these options may be used with this URL.
pub(crate) fn check(url: &RemoteUrl, options: &RemoteOptions) -> Result<(), RemoteError> {
    match url.transport() {
        Transport::Http if options.token.is_some() && !is_this_machine(url.host()) => {
            Err(RemoteError::Credential {
                named: "the token".into(),
                why: format!(
                    "it is not sent to {url}, where everybody on the way could read it; use https://"
                ),
            })
        }
        // A list that cannot be used is better known now than when it is needed.
        Transport::Https => roots::load(&options.roots).map(drop),
        Transport::Ssh => ssh::check(),
        Transport::Http | Transport::Git => Ok(()),
    }
}

fn is_this_machine(host: &str) -> bool {
    let address = host.parse::<std::net::IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

pub(crate) fn connect(
    url: &RemoteUrl,
    options: &RemoteOptions,
    deadline: Deadline,
    service: Service,
) -> Result<Box<dyn Peer>, RemoteError> {
    if let Some(dial) = &options.dial {
        return dial.connect(service);
    }
    Ok(match url.transport() {
        Transport::Git => Box::new(git::Git::connect(url, deadline, service)?),
        Transport::Http | Transport::Https => {
            Box::new(http::Http::new(url, options, deadline, service)?)
        }
        Transport::Ssh => ssh::connect(url, options, deadline, service)?,
    })
}
