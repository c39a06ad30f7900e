//! `git://`: the service over TCP, as `gitprotocol-pack`, "Git Transport" has it.

use std::io::{BufReader, Read, Write};

use git_store::RemoteUrl;

use super::tcp::{self, Timed};
use super::{Peer, Service};
use crate::deadline::Deadline;
use crate::error::RemoteError;
use crate::wire::packet;

pub(crate) struct Git {
    server: String,
    connection: BufReader<Timed>,
    is_asked: bool,
}

impl Git {
    pub(crate) fn connect(
        url: &RemoteUrl,
        deadline: Deadline,
        service: Service,
    ) -> Result<Git, RemoteError> {
        let stream = tcp::connect(url, deadline)?;
        let server = url.authority();
        let mut timed = Timed { stream, deadline };
        let mut wanted = Vec::new();
        let (name, path) = (service.name(), url.path());
        packet::write(&mut wanted, &format!("{name} {path}\0host={server}\0"));
        timed
            .write_all(&wanted)
            .map_err(|error| RemoteError::io(&server, error))?;
        Ok(Git {
            server,
            connection: BufReader::with_capacity(64 << 10, timed),
            is_asked: false,
        })
    }
}

impl Peer for Git {
    fn greeting(&mut self) -> Result<Box<dyn Read + '_>, RemoteError> {
        Ok(Box::new(&mut self.connection))
    }

    fn ask(&mut self, request: &[u8]) -> Result<Box<dyn Read + '_>, RemoteError> {
        self.is_asked = true;
        let sent = self.connection.get_mut().write_all(request);
        sent.map_err(|error| RemoteError::io(&self.server, error))?;
        Ok(Box::new(&mut self.connection))
    }
}

/// Where nothing was asked for, the server is told so, or it would log an error.
impl Drop for Git {
    fn drop(&mut self) {
        if !self.is_asked {
            let _ = self.connection.get_mut().write_all(b"0000");
        }
    }
}
