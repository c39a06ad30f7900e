//! A port on 127.0.0.1 that is free for UDP and TCP and needs no root.

use super::serve::Addresses;
use crate::failure::Failure;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, UdpSocket};

/// How many ports after the wanted one are tried, before any will do.
const NEIGHBOURS: u16 = 10;

/// Ports for all servers, the first of them as [`choose`] has it, the others near it.
pub(super) fn choose_all(wanted: u16) -> Result<Addresses, Failure> {
    let primary = choose(wanted)?;
    let mut last = primary;
    let mut next = || {
        last = choose(last.port().saturating_add(1))?;
        Ok::<_, Failure>(last)
    };
    Ok(Addresses {
        primary,
        metrics: next()?,
        secondaries: [next()?, next()?],
        bind: next()?,
    })
}

/// The wanted port, one of the next, or any; 0 wants any.
fn choose(wanted: u16) -> Result<SocketAddr, Failure> {
    let mut near = (wanted..=wanted.saturating_add(NEIGHBOURS)).take_while(|_| wanted != 0);
    let near = near.find(|port| is_free(*port).is_ok());
    let port = near.map_or_else(any, Ok).map_err(|error| {
        Failure::unreadable("there is no free port on 127.0.0.1")
            .because(&error)
            .next("name one: zonetool up --port PORT")
    })?;
    Ok(local(port))
}

fn any() -> io::Result<u16> {
    let port = TcpListener::bind(local(0))?.local_addr()?.port();
    is_free(port).map(|()| port)
}

/// Bound without sharing, so that a second `up` does not take half of the first one's questions.
fn is_free(port: u16) -> io::Result<()> {
    UdpSocket::bind(local(port))?;
    TcpListener::bind(local(port))?;
    Ok(())
}

fn local(port: u16) -> SocketAddr {
    (Ipv4Addr::LOCALHOST, port).into()
}
