//! Which server is meant, and what to do about one that does not answer.

use super::Distrusted;
use crate::failure::Failure;
use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use tsig::{AnswerError, TsigError};

/// `@` is what tells a server from a name, as it has since dig.
pub(crate) fn server_word(word: &str) -> Result<String, String> {
    match word.strip_prefix('@') {
        Some(server) if !server.is_empty() => Ok(server.to_owned()),
        _ => Err("a server is written @ADDRESS or @ADDRESS:PORT".to_owned()),
    }
}

/// `ADDRESS`, `ADDRESS:PORT`, `[ADDRESS]:PORT`, `NAME`, `NAME:PORT`.
pub(crate) fn address(server: &str) -> Result<SocketAddr, Failure> {
    address_at(server, 53)
}

/// The same with another port where none is written.
pub(crate) fn address_at(server: &str, port: u16) -> Result<SocketAddr, Failure> {
    let bare = server.trim_start_matches('[').trim_end_matches(']');
    if let Ok(address) = bare.parse() {
        return Ok(SocketAddr::new(address, port));
    }
    let found = server
        .to_socket_addrs()
        .or_else(|_| (server, port).to_socket_addrs());
    found
        .ok()
        .and_then(|mut addresses| addresses.next())
        .ok_or_else(|| {
            Failure::usage(format!(
                "`{server}` is no address and no name that can be resolved"
            ))
            .next("write @192.0.2.1, @192.0.2.1:5353 or @[2001:db8::1]:5353")
        })
}

/// There is nothing from a server that could be believed.
pub(crate) fn no_response(server: SocketAddr, error: &io::Error) -> Failure {
    let inner = error.get_ref();
    if let Some(why) = inner.and_then(|inner| inner.downcast_ref::<Distrusted>()) {
        return Failure::unreadable(format!("no answer from {server} that can be believed"))
            .because(why)
            .next(next_for(&why.why));
    }
    if error.kind() == io::ErrorKind::InvalidInput {
        return Failure::unreadable(format!("nothing was sent to {server}"))
            .because(error)
            .next("send less at a time");
    }
    let next = match error.kind() {
        io::ErrorKind::ConnectionRefused => {
            "nothing listens there: look at the address and the port"
        }
        io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => {
            "try --tcp; if that works, a firewall or the path drops UDP"
        }
        _ => "try another server, or --no-edns",
    };
    Failure::unreadable(format!("no response from {server}"))
        .because(error)
        .next(next)
}

/// What to look at where a signature is not believed, here or there.
fn next_for(why: &AnswerError) -> &'static str {
    match why {
        AnswerError::Hint(TsigError::BadKey) => {
            "compare the key's name and algorithm with those that the server has"
        }
        AnswerError::Hint(TsigError::BadSig) | AnswerError::BadSig => {
            "compare the key's secret with the one that the server has"
        }
        AnswerError::Hint(TsigError::BadTime)
        | AnswerError::BadTime { .. }
        | AnswerError::ServerTime(_) => "compare the clocks: date -u, here and there",
        AnswerError::Unsigned => {
            "the server may know no keys, or not for this: look at its configuration"
        }
        AnswerError::BadTrunc
        | AnswerError::ServerWantsMore
        | AnswerError::Hint(TsigError::BadTrunc) => {
            "agree on the length of MACs: mac-octets= in the file of keys"
        }
        _ => "look at what the server has logged",
    }
}
