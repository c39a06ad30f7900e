//! Connections that are there in time or not at all.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::sync::mpsc;
use std::thread;

use git_store::RemoteUrl;

use crate::deadline::Deadline;
use crate::error::RemoteError;

/// A connection to the first address that takes it.
pub(crate) fn connect(url: &RemoteUrl, deadline: Deadline) -> Result<TcpStream, RemoteError> {
    let failed = |error| RemoteError::io(&url.authority(), error);
    let addresses = resolve(url.host(), url.port(), deadline).map_err(failed)?;
    let mut last = io::Error::other("its name has no address");
    for address in addresses {
        match connect_to(&address, deadline) {
            Ok(stream) => return Ok(stream),
            Err(error) => last = error,
        }
    }
    Err(failed(last))
}

fn connect_to(address: &SocketAddr, deadline: Deadline) -> io::Result<TcpStream> {
    let stream = TcpStream::connect_timeout(address, deadline.to_connect()?)?;
    // Small packets each way: without it every turn would wait for a delayed acknowledgement.
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// On a thread of its own, as the system's resolver knows no deadline; one that hangs is left behind.
fn resolve(host: &str, port: u16, deadline: Deadline) -> io::Result<Vec<SocketAddr>> {
    let (sender, receiver) = mpsc::channel();
    let host = host.to_owned();
    thread::Builder::new()
        .name("resolve".into())
        .spawn(move || {
            let found = (host.as_str(), port).to_socket_addrs();
            let _ = sender.send(found.map(Iterator::collect));
        })?;
    receiver
        .recv_timeout(deadline.to_connect()?)
        .map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?
}

/// A connection on which every wait is bounded.
#[derive(Debug)]
pub(crate) struct Timed {
    pub(crate) stream: TcpStream,
    pub(crate) deadline: Deadline,
}

impl Read for Timed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.stream
            .set_read_timeout(Some(self.deadline.to_move()?))?;
        self.stream.read(buffer)
    }
}

impl Write for Timed {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.stream
            .set_write_timeout(Some(self.deadline.to_move()?))?;
        self.stream.write(octets)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
