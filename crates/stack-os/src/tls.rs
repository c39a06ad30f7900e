//! DNS over TLS (RFC 7858): listeners of their own beside those for UDP and TCP.

use crate::{
    BindError, Sockets,
    sockets::{listener, prepare_listener},
};
use rustls::ServerConfig;
use socket2::{SockRef, Socket};
use std::{
    fmt, io,
    net::{SocketAddr, TcpListener},
    os::fd::OwnedFd,
    sync::Arc,
};

/// Listeners, and what the sessions on them are made with.
pub(crate) struct Secure {
    pub(crate) listeners: Vec<(SocketAddr, TcpListener)>,
    pub(crate) config: Arc<ServerConfig>,
}

impl Sockets {
    /// Binds these addresses for TLS, with sessions as `config` has them: certificate, versions, protocols (ALPN). Port 0
    /// takes a free one. The limits are [`Options::tcp`](crate::Options::tcp).
    ///
    /// # Errors
    /// The first address that cannot be bound, and why.
    pub fn bind_tls(
        mut self,
        listen: &[SocketAddr],
        config: Arc<ServerConfig>,
    ) -> Result<Sockets, BindError> {
        let bind = |&asked: &SocketAddr| {
            let bound = listener(asked, &self.options.tcp)
                .and_then(|listener| Ok((listener.local_addr()?, listener)));
            bound.map_err(|source| BindError::new(asked, "TLS", source))
        };
        let listeners = listen.iter().map(bind).collect::<Result<_, _>>()?;
        self.tls = Some(Secure { listeners, config });
        Ok(self)
    }

    /// Takes these sockets, which somebody else has bound and which listen, for TLS.
    ///
    /// # Errors
    /// A descriptor that is no such socket.
    pub fn adopt_tls(
        mut self,
        descriptors: Vec<OwnedFd>,
        config: Arc<ServerConfig>,
    ) -> io::Result<Sockets> {
        let adopt = |descriptor| {
            let socket = Socket::from(descriptor);
            let address = crate::adopt::checked_address(&socket)?;
            if !socket.is_listener()? {
                return Err(crate::adopt::wrong(address, "does not listen over TCP"));
            }
            let listener = TcpListener::from(socket);
            prepare_listener(&SockRef::from(&listener), &self.options.tcp)?;
            Ok((address, listener))
        };
        let listeners = descriptors
            .into_iter()
            .map(adopt)
            .collect::<io::Result<_>>()?;
        self.tls = Some(Secure { listeners, config });
        Ok(self)
    }

    /// The addresses for TLS in the order asked for, with the ports that port 0 became.
    pub fn tls_addresses(&self) -> Vec<SocketAddr> {
        let listeners = self.tls.iter().flat_map(|tls| &tls.listeners);
        listeners.map(|(address, _)| *address).collect()
    }
}

impl fmt::Debug for Secure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.listeners).finish()
    }
}
