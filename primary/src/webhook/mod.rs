//! Forges say that there was a push, and the repository is looked at (`--webhook`).
//!
//! ```text
//!   POST ──> head (limits) ──> body (limits) ──> proof: who knows the secret? ──> push: to our branch? ──> the bell
//!             400 405 411 413 431 408                 401                           200 of another one      202
//! ```
//! Nothing of a body is believed, or even read as JSON or as a form, before its signature is good. What comes of a push is that the
//! repository is looked at, at the pace of [`Bell`]: a flood of pushes, or of replays, comes to ten looks a second.

mod form;
mod message;
mod proof;
mod push;
mod secrets;

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;

use server::Front;
use server::http::{Connection, Listener, Response, head_octets};
use server::restraint::Restrained;

use crate::clerk::Bell;
use crate::config::Config;
use crate::failure::Failure;
use message::{Head, Refusal};
use push::Push;
use secrets::Secrets;

/// Where forges tell of pushes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookConfig {
    /// The address and port; port 0 takes a free one.
    pub address: SocketAddr,
    /// The file with the secret that the forge signs with, or with two while one is replaced.
    pub secret: PathBuf,
}

/// Octets of a head; more are answered 431.
const HEAD_OCTETS: usize = 16 << 10;
/// The methods that are answered.
const ALLOW: &str = "POST";

/// Bound and not open yet: no thread, and the secrets have been read.
pub(crate) struct Bound {
    listener: TcpListener,
    secrets: Secrets,
}

/// Where forges tell, until it is dropped.
pub(crate) struct Webhook {
    listener: Listener,
    secrets: Arc<Secrets>,
}

/// What a request is answered from.
struct Hook {
    secrets: Arc<Secrets>,
    /// The branch that is followed; none if it is the one that the repository calls its own.
    branch: Option<String>,
    bell: Bell,
}

impl Bound {
    /// # Errors
    /// [`Failure::Webhook`] for an address that cannot be bound, or a file without a secret.
    pub(crate) fn of(config: Option<&WebhookConfig>) -> Result<Option<Bound>, Failure> {
        let Some(WebhookConfig { address, secret }) = config else {
            return Ok(None);
        };
        let failure = |what: String, why: String| Failure::Webhook { what, why };
        let secrets = Secrets::open(secret)
            .map_err(|why| failure(format!("the secret in {}", secret.display()), why))?;
        let listener = TcpListener::bind(address)
            .map_err(|why| failure(format!("the address {address}"), why.to_string()))?;
        Ok(Some(Bound { listener, secrets }))
    }
}

/// Has the repository looked at when there was a push, until what is given is dropped; nothing if that is not wanted.
///
/// # Errors
/// What the system says when it cannot make a thread.
pub(crate) fn open(
    bound: Option<Bound>,
    config: &Config,
    front: &Front,
    look: impl Fn() + Send + 'static,
) -> Result<Option<Webhook>, Failure> {
    let restrained = front.restrained.as_ref();
    let can_connect = !restrained.is_some_and(Restrained::is_confined);
    let serve = |Bound { listener, secrets }| -> io::Result<Webhook> {
        let (bell, ear) = Bell::new();
        ear.listen(look)?;
        let branch = config.location.branch.clone();
        let secrets = Arc::new(secrets);
        let hook = Hook {
            secrets: Arc::clone(&secrets),
            branch,
            bell,
        };
        let address = listener.local_addr()?;
        tracing::info!(%address, "forges may tell of pushes here");
        let serve = move |connection| hook.serve(connection);
        let listener = Listener::serve(listener, "webhook", can_connect, serve)?;
        Ok(Webhook { listener, secrets })
    };
    bound.map(serve).transpose().map_err(Failure::system)
}

impl Webhook {
    /// Where it is, with the port that port 0 became.
    pub(crate) fn address(&self) -> SocketAddr {
        self.listener.address()
    }

    /// Has the file with the secrets read again.
    pub(crate) fn read_again(&self) {
        self.secrets.read_again();
    }
}

impl std::fmt::Debug for Webhook {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Webhook({})", self.address())
    }
}

impl Hook {
    fn serve(&self, mut connection: Connection) -> io::Result<()> {
        let response = match read(&mut connection)? {
            Ok((head, body)) => self.respond(&head, &body),
            Err(refusal) => Response::text(refusal.status(), "", ALLOW),
        };
        connection.finish(&response)
    }

    fn respond(&self, head: &Head, body: &[u8]) -> Response {
        let genuine = match self.secrets.prove(head, body, server::now_secs()) {
            Ok(genuine) => genuine,
            Err(doubt) => return Response::text("401 Unauthorized", &doubt.words(), ALLOW),
        };
        let Some(push) = Push::read(&genuine, head.field("Content-Type")) else {
            let words = "the signature is right, but this is neither JSON nor a form with JSON in its field payload\n";
            return Response::text("415 Unsupported Media Type", words, ALLOW);
        };
        match (push.is_to(self.branch.as_deref()), push.branch()) {
            (true, Some(branch)) => {
                self.bell.ring();
                tracing::debug!(branch, "a forge told of a push");
                let words = format!("the repository is looked at, as {branch} was pushed\n");
                Response::text("202 Accepted", &words, ALLOW)
            }
            (_, Some(branch)) => {
                let words = format!("nothing to do: {branch} is not the branch that is served\n");
                Response::text("200 OK", &words, ALLOW)
            }
            (_, None) => {
                let words = "the signature is right; this was no push to a branch\n";
                Response::text("200 OK", words, ALLOW)
            }
        }
    }
}

/// Head and body.
fn read(connection: &mut Connection) -> io::Result<Result<(Head, Vec<u8>), Refusal>> {
    let mut octets = Vec::new();
    let end = loop {
        match head_octets(&octets) {
            Some(end) if end <= HEAD_OCTETS => break end,
            None if octets.len() <= HEAD_OCTETS => {}
            _ => return Ok(Err(Refusal::HeadTooLarge)),
        }
        if !connection.read_more(&mut octets)? {
            return Ok(Err(Refusal::TooSlow));
        }
    };
    let head = match Head::parse(&octets[..end]) {
        Ok(head) => head,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let mut body = octets.split_off(end);
    if head.is_waiting() && body.len() < head.length {
        connection.write(b"HTTP/1.1 100 Continue\r\n\r\n")?;
    }
    while body.len() < head.length {
        if !connection.read_more(&mut body)? {
            return Ok(Err(Refusal::TooSlow));
        }
    }
    body.truncate(head.length);
    Ok(Ok((head, body)))
}
