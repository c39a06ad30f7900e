//! `git http-backend` behind a web server of a few lines, with TLS in front where wanted.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;

use rustls::crypto::ring::default_provider;
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::Server;
use crate::git;

/// What the server does besides serving.
#[derive(Debug, Clone, Default)]
pub struct Web {
    /// The directory that the repositories are in.
    pub base: PathBuf,
    /// The value that the header `Authorization` must have.
    pub authorization: Option<&'static str>,
    /// The whole answer to everything.
    pub answer: Option<String>,
}

/// An authority, and a certificate of it for a name.
#[derive(Debug)]
pub struct Authority {
    /// Its own certificate.
    pub pem: String,
    config: Arc<ServerConfig>,
}

impl Authority {
    /// A new one, and a certificate for this name.
    pub fn new(name: &str) -> Authority {
        let ca_key = rcgen::KeyPair::generate().expect("a key");
        let mut ca = rcgen::CertificateParams::new(Vec::new()).expect("no names");
        ca.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let ca_certificate = ca.self_signed(&ca_key).expect("signed");
        let issuer = rcgen::Issuer::new(ca, ca_key);
        let key = rcgen::KeyPair::generate().expect("a key");
        let leaf = rcgen::CertificateParams::new(vec![name.to_owned()]).expect("a name");
        let certificate = leaf.signed_by(&key, &issuer).expect("signed");
        let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(
                vec![certificate.der().clone()],
                PrivateKeyDer::try_from(key.serialize_der()).expect("a key"),
            )
            .expect("they fit");
        Authority {
            pem: ca_certificate.pem(),
            config: Arc::new(config),
        }
    }
}

impl Web {
    /// One that serves all repositories below a directory, to whoever asks.
    pub fn new(base: &Path) -> Web {
        Web {
            base: base.to_owned(),
            ..Web::default()
        }
    }

    /// Over http.
    pub fn plain(self) -> Server {
        Server::start(move |stream| self.serve(stream))
    }

    /// Over https, as whom the authority says it is.
    pub fn tls(self, authority: &Authority) -> Server {
        let config = authority.config.clone();
        Server::start(move |stream: TcpStream| {
            let connection = ServerConnection::new(config.clone()).expect("a session");
            self.serve(StreamOwned::new(connection, stream));
        })
    }

    /// One request after the other, until the client leaves.
    fn serve(&self, stream: impl Read + Write) {
        let mut stream = BufReader::new(stream);
        while let Some(request) = Request::read(&mut stream) {
            let answer = match (&self.answer, self.authorization) {
                (Some(answer), _) => answer.clone().into_bytes(),
                (_, Some(wanted)) if request.header("authorization") != Some(wanted) => {
                    b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n".to_vec()
                }
                _ => self.backend(&request),
            };
            if stream
                .get_mut()
                .write_all(&answer)
                .and_then(|()| stream.get_mut().flush())
                .is_err()
            {
                return;
            }
        }
    }

    /// What Git's own program answers (RFC 3875); it takes pushes, as somebody has logged in.
    fn backend(&self, request: &Request) -> Vec<u8> {
        let (path, query) = request
            .target
            .split_once('?')
            .unwrap_or((&request.target, ""));
        let mut child = git(&self.base)
            .arg("http-backend")
            .env("GIT_PROJECT_ROOT", &self.base)
            .envs([("GIT_HTTP_EXPORT_ALL", "1"), ("REMOTE_USER", "ann")])
            .env("REQUEST_METHOD", &request.method)
            .env("PATH_INFO", path)
            .env("QUERY_STRING", query)
            .env(
                "CONTENT_TYPE",
                request.header("content-type").unwrap_or_default(),
            )
            .env("CONTENT_LENGTH", request.body.len().to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("git runs");
        let mut input = child.stdin.take().expect("piped");
        let _ = input.write_all(&request.body);
        drop(input);
        let output = child.wait_with_output().expect("it ends").stdout;
        let end = output
            .windows(4)
            .position(|four| four == b"\r\n\r\n")
            .expect("headers end");
        let headers = String::from_utf8(output[..end].to_vec()).expect("UTF-8");
        let status = headers
            .lines()
            .find_map(|line| line.strip_prefix("Status: "));
        let (status, length) = (status.unwrap_or("200 OK"), output.len() - end - 4);
        let head = format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\n{headers}\r\n\r\n");
        [head.as_bytes(), &output[end + 4..]].concat()
    }
}

struct Request {
    method: String,
    target: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Request {
    fn read(stream: &mut impl BufRead) -> Option<Request> {
        let mut lines = Vec::new();
        loop {
            let mut line = String::new();
            stream
                .read_line(&mut line)
                .ok()
                .filter(|count| *count > 0)?;
            match line.trim_end() {
                "" => break,
                text => lines.push(text.to_owned()),
            }
        }
        let mut first = lines.first()?.split(' ').map(str::to_owned);
        let headers = lines[1..].iter().filter_map(|line| line.split_once(": "));
        let mut request = Request {
            method: first.next()?,
            target: first.next()?,
            headers: headers
                .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
                .collect(),
            body: Vec::new(),
        };
        let length = request
            .header("content-length")
            .and_then(|text| text.parse().ok());
        request.body = vec![0; length.unwrap_or(0)];
        stream.read_exact(&mut request.body).ok()?;
        Some(request)
    }

    fn header(&self, name: &str) -> Option<&str> {
        let mut all = self.headers.iter();
        all.find(|(found, _)| found == name)
            .map(|(_, value)| value.as_str())
    }
}
