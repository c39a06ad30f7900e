//! A certificate authority for one test, and a client that trusts it.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rustls::crypto::ring::default_provider;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use super::client::{Answer, query, read_answer};
use super::{PATIENCE, Repo, Server};

/// The name that servers have.
pub(crate) const NAME: &str = "ns1.example.org";

/// Its certificate and those it signs, in files beside a repository.
pub(crate) struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    ca: PathBuf,
    certificate: PathBuf,
    key: PathBuf,
}

impl Authority {
    /// With a certificate that is good for a century.
    pub(crate) fn new(repo: &Repo) -> Authority {
        let mut params = CertificateParams::new(Vec::new()).expect("no names");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params
            .distinguished_name
            .push(DnType::CommonName, "Test authority");
        let key = KeyPair::generate().expect("a key");
        let authority = Authority {
            issuer: CertifiedIssuer::self_signed(params, key).expect("signed"),
            ca: repo.beside("ca.pem"),
            certificate: repo.beside("certificate.pem"),
            key: repo.beside("key.pem"),
        };
        std::fs::write(&authority.ca, authority.issuer.pem()).expect("written");
        authority.issue(2100);
        authority
    }

    /// Writes a new certificate that ends with this year, and its key.
    pub(crate) fn issue(&self, last_year: i32) {
        let (certificate, key) = self.sign(last_year);
        write_secret(&self.key, &key);
        replace(&self.certificate, &certificate);
    }

    /// Writes a certificate without its key.
    pub(crate) fn issue_without_key(&self) {
        replace(&self.certificate, &self.sign(2100).0);
    }

    fn sign(&self, last_year: i32) -> (String, String) {
        let mut params = CertificateParams::new(vec![NAME.to_owned()]).expect("a name");
        params.not_before = rcgen::date_time_ymd(2000, 1, 1);
        params.not_after = rcgen::date_time_ymd(last_year, 12, 31);
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, &self.issuer).expect("signed");
        (certificate.pem(), key.serialize_pem())
    }

    pub(crate) fn path(&self, what: What) -> &str {
        let path = match what {
            What::Ca => &self.ca,
            What::Certificate => &self.certificate,
            What::Key => &self.key,
        };
        path.to_str().expect("UTF-8")
    }

    /// Options of the program that speak of the files.
    pub(crate) fn options(&self) -> [&str; 4] {
        let (certificate, key) = (self.path(What::Certificate), self.path(What::Key));
        ["--tls-certificate", certificate, "--tls-key", key]
    }

    /// Starts the program on free ports, for TLS too, and waits until it answers.
    pub(crate) fn start(&self, repo: &Repo, arguments: &[&str]) -> Server {
        let listen = ["--listen", "127.0.0.1:0", "--listen-tls", "127.0.0.1:0"];
        Server::start_with(repo, &[&listen, &self.options()[..], arguments].concat())
    }

    pub(crate) fn client(&self, server: SocketAddr) -> DotClient {
        DotClient::connect(&self.client_config(), server)
    }

    /// What clients have in common that resume each other's sessions.
    pub(crate) fn client_config(&self) -> Arc<ClientConfig> {
        let mut roots = RootCertStore::empty();
        roots.add(self.issuer.der().clone()).expect("a root");
        let mut config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = vec![b"dot".to_vec()];
        Arc::new(config)
    }
}

/// A file of the authority.
#[derive(Clone, Copy)]
pub(crate) enum What {
    Ca,
    Certificate,
    Key,
}

/// Where a server listens for TLS.
pub(crate) fn tls_address(server: &Server) -> SocketAddr {
    let status = server.status().expect("a status");
    let address = status["tls"]["listen"][0].as_str().expect("an address");
    address.parse().expect("an address")
}

pub(crate) struct DotClient(pub(crate) StreamOwned<ClientConnection, TcpStream>);

impl DotClient {
    pub(crate) fn connect(config: &Arc<ClientConfig>, server: SocketAddr) -> DotClient {
        let name = ServerName::try_from(NAME).expect("a name");
        let session = ClientConnection::new(Arc::clone(config), name).expect("a session");
        let stream = TcpStream::connect(server).expect("connected");
        stream.set_read_timeout(Some(PATIENCE)).expect("a limit");
        DotClient(StreamOwned::new(session, stream))
    }

    pub(crate) fn ask(&mut self, name: &str) -> Answer {
        let query = query(name);
        let length = (query.len() as u16).to_be_bytes();
        self.0
            .write_all(&[&length, &query[..]].concat())
            .expect("sent");
        self.0.read_exact(&mut [0; 2]).expect("a length");
        // Of one answer at a time there is nothing behind it.
        let mut answer = [0; 4096];
        let length = self.0.read(&mut answer).expect("an answer");
        read_answer(&answer[..length])
    }

    /// The certificate that the server has shown, in DER.
    pub(crate) fn certificate(&self) -> Vec<u8> {
        let chain = self.0.conn.peer_certificates().expect("a handshake");
        chain[0].to_vec()
    }
}

fn write_secret(path: &PathBuf, text: &str) {
    replace(path, text);
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).expect("closed");
}

/// In one step, as whoever renews certificates should.
fn replace(path: &PathBuf, text: &str) {
    let new = path.with_extension("new");
    std::fs::write(&new, text).expect("written");
    std::fs::rename(&new, path).expect("renamed");
}
