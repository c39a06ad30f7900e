//! A certificate for one test, and clients that trust it.

use super::PATIENCE;
use rustls::{
    ClientConfig, ClientConnection, RootCertStore, ServerConfig, StreamOwned,
    SupportedProtocolVersion,
    crypto::ring::{Ticketer, default_provider},
    pki_types::{CertificateDer, PrivateKeyDer, ServerName},
    version::{TLS12, TLS13},
};
use stack_os::{Options, Server, Sockets};
use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    sync::Arc,
};

/// Who a server says it is, and who clients think it is.
pub(crate) struct Identity {
    pub(crate) server: Arc<ServerConfig>,
    pub(crate) certificate: CertificateDer<'static>,
    roots: Arc<RootCertStore>,
}

impl Identity {
    pub(crate) fn new() -> Identity {
        Identity::speaking(&["dot"], &[&TLS12, &TLS13])
    }

    /// One whose server can speak these protocols, in these versions.
    pub(crate) fn speaking(
        protocols: &[&str],
        versions: &[&'static SupportedProtocolVersion],
    ) -> Identity {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let certificate = made.cert.der().clone();
        let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
        let mut roots = RootCertStore::empty();
        roots.add(certificate.clone()).unwrap();
        let mut server = ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_protocol_versions(versions)
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.clone()], key)
            .unwrap();
        server.alpn_protocols = octets_of(protocols);
        server.ticketer = Ticketer::new().unwrap();
        Identity {
            server: Arc::new(server),
            certificate,
            roots: Arc::new(roots),
        }
    }

    pub(crate) fn serve(&self, options: &Options) -> Server {
        let sockets = Sockets::bind(options).unwrap();
        let sockets = sockets.bind_tls(&options.listen, Arc::clone(&self.server));
        sockets.unwrap().serve(|| super::echo).unwrap()
    }

    /// A client that can speak these protocols.
    pub(crate) fn client(&self, protocols: &[&str]) -> ClientConfig {
        self.client_of(&[&TLS12, &TLS13], protocols)
    }

    /// A client of these versions that can speak these protocols.
    pub(crate) fn client_of(
        &self,
        versions: &[&'static SupportedProtocolVersion],
        protocols: &[&str],
    ) -> ClientConfig {
        let mut client = ClientConfig::builder_with_provider(Arc::new(default_provider()))
            .with_protocol_versions(versions)
            .unwrap()
            .with_root_certificates(Arc::clone(&self.roots))
            .with_no_client_auth();
        client.alpn_protocols = octets_of(protocols);
        client
    }

    pub(crate) fn connect(&self, server: SocketAddr) -> TlsClient {
        TlsClient::connect(&Arc::new(self.client(&["dot"])), server)
    }
}

fn octets_of(protocols: &[&str]) -> Vec<Vec<u8>> {
    protocols
        .iter()
        .map(|name| name.as_bytes().into())
        .collect()
}

pub(crate) fn session(config: &Arc<ClientConfig>) -> ClientConnection {
    let name = ServerName::try_from("localhost").unwrap();
    ClientConnection::new(Arc::clone(config), name).unwrap()
}

/// A client whose handshake happens with its first question.
pub(crate) struct TlsClient(pub(crate) StreamOwned<ClientConnection, TcpStream>);

impl TlsClient {
    pub(crate) fn connect(config: &Arc<ClientConfig>, server: SocketAddr) -> TlsClient {
        let stream = TcpStream::connect(server).unwrap();
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        TlsClient(StreamOwned::new(session(config), stream))
    }

    pub(crate) fn send(&mut self, question: &[u8]) {
        self.0.write_all(&super::framed(question)).unwrap();
    }

    pub(crate) fn receive(&mut self) -> Vec<u8> {
        super::receive(&mut self.0)
    }

    pub(crate) fn ask(&mut self, question: &[u8]) -> Vec<u8> {
        self.send(question);
        self.receive()
    }

    /// Waits for the end of the session; an error if it was not announced.
    pub(crate) fn end(&mut self) -> std::io::Result<()> {
        match self.0.read(&mut [0])? {
            0 => Ok(()),
            _ => panic!("octets where the end should be"),
        }
    }
}
