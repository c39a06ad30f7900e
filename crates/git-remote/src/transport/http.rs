//! `https://` and `http://`: the service over two requests, as `gitprotocol-http` has it ("smart" only).
//!
//! No proxy is used, no redirect followed, no cookie kept, and nothing but what we were given is believed.

use std::io::{self, Read};
use std::sync::Arc;

use git_store::{RemoteUrl, Transport};
use rustls::CertificateError;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::UnixTime;
use ureq::http::{Response, StatusCode, header};
use ureq::tls::{RootCerts, TlsConfig};
use ureq::{Agent, Body};

use super::{AGENT, Peer, Service, roots};
use crate::credentials::Token;
use crate::deadline::Deadline;
use crate::error::{Proof, RemoteError};
use crate::options::RemoteOptions;
use crate::wire::packet;

pub(crate) struct Http {
    server: String,
    url: String,
    agent: Agent,
    token: Option<Token>,
    deadline: Deadline,
    service: Service,
}

impl Http {
    pub(crate) fn new(
        url: &RemoteUrl,
        options: &RemoteOptions,
        deadline: Deadline,
        service: Service,
    ) -> Result<Http, RemoteError> {
        let roots = match url.transport() {
            Transport::Https => roots::load(&options.roots)?,
            _ => Vec::new(),
        };
        Ok(Http {
            server: url.authority(),
            url: url.to_string().trim_end_matches('/').to_owned(),
            agent: agent(options, roots),
            token: options.token.clone(),
            deadline,
            service,
        })
    }

    fn get(&self, url: &str) -> Result<Response<Body>, RemoteError> {
        let left = self.left()?;
        let request = self
            .agent
            .get(url)
            .config()
            .timeout_global(Some(left))
            .build();
        let request = match &self.token {
            Some(token) => request.header(header::AUTHORIZATION, token.header()),
            None => request,
        };
        self.taken(request.call())
    }

    fn post(&self, url: &str, body: &[u8]) -> Result<Response<Body>, RemoteError> {
        let left = self.left()?;
        let request = self
            .agent
            .post(url)
            .config()
            .timeout_global(Some(left))
            .build();
        let request = request.header(header::CONTENT_TYPE, self.media_type("request"));
        let request = match &self.token {
            Some(token) => request.header(header::AUTHORIZATION, token.header()),
            None => request,
        };
        self.taken(request.send(body))
    }

    fn left(&self) -> Result<std::time::Duration, RemoteError> {
        let left = self.deadline.left();
        left.map_err(|error| RemoteError::io(&self.server, error))
    }

    fn media_type(&self, what: &str) -> String {
        format!("application/x-{}-{what}", self.service.name())
    }

    fn taken(
        &self,
        response: Result<Response<Body>, ureq::Error>,
    ) -> Result<Response<Body>, RemoteError> {
        let response = response.map_err(|error| failed(&self.server, error))?;
        let server = self.server.clone();
        match response.status() {
            StatusCode::OK => Ok(response),
            status @ (StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) => {
                Err(RemoteError::Unauthorized {
                    server,
                    why: match self.token {
                        Some(_) => format!("it answered {status} to the token"),
                        None => format!("it answered {status}; it wants a token"),
                    },
                    wants: Proof::Token,
                })
            }
            StatusCode::NOT_FOUND => Err(RemoteError::Refused {
                server,
                words: "404 Not Found: there is no such repository, or not for us".into(),
            }),
            status if status.is_redirection() => Err(RemoteError::Redirected {
                server,
                to: shown_target(&response),
            }),
            status if status.is_server_error() => Err(RemoteError::Unreachable {
                server,
                why: format!("it answered {status}"),
            }),
            status => Err(RemoteError::Protocol {
                server,
                why: format!("it answered {status}"),
            }),
        }
    }

    /// Whatever does not say that it is Git's is a web page.
    fn check_type(&self, response: &Response<Body>, what: &str) -> Result<(), RemoteError> {
        let wanted = self.media_type(what);
        let found = response.headers().get(header::CONTENT_TYPE);
        match found.is_some_and(|value| value.as_bytes() == wanted.as_bytes()) {
            true => Ok(()),
            false => Err(RemoteError::Protocol {
                server: self.server.clone(),
                why: format!("the answer is not {wanted}; is this the URL of a repository?"),
            }),
        }
    }

    fn body(&self, response: Response<Body>) -> Box<dyn Read> {
        let config = response.into_body().into_with_config();
        Box::new(HttpBody(config.limit(u64::MAX).reader()))
    }
}

impl Peer for Http {
    fn greeting(&mut self) -> Result<Box<dyn Read + '_>, RemoteError> {
        let name = self.service.name();
        let response = self.get(&format!("{}/info/refs?service={name}", self.url))?;
        self.check_type(&response, "advertisement")?;
        let mut body = self.body(response);
        // A section of its own that names the service comes first.
        let header = packet::read(&mut body).and_then(|line| match line {
            Some(line) if line.starts_with(b"# service=") => packet::read(&mut body),
            _ => Err(packet::invalid("the answer does not begin with # service")),
        });
        match header {
            Ok(None) => Ok(body),
            Ok(Some(_)) => Err(RemoteError::Protocol {
                server: self.server.clone(),
                why: "the line # service does not stand alone".into(),
            }),
            Err(error) => Err(RemoteError::io(&self.server, error)),
        }
    }

    fn ask(&mut self, request: &[u8]) -> Result<Box<dyn Read + '_>, RemoteError> {
        let name = self.service.name();
        let response = self.post(&format!("{}/{name}", self.url), request)?;
        self.check_type(&response, "result")?;
        Ok(self.body(response))
    }
}

fn agent(options: &RemoteOptions, roots: Vec<ureq::tls::Certificate<'static>>) -> Agent {
    let tls = TlsConfig::builder()
        .root_certs(RootCerts::Specific(Arc::new(roots)))
        .unversioned_rustls_crypto_provider(Arc::new(default_provider()))
        .build();
    let limits = options.limits;
    Agent::config_builder()
        .tls_config(tls)
        .proxy(None)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .http_status_as_error(false)
        .timeout_resolve(Some(limits.connect))
        .timeout_connect(Some(limits.connect))
        .timeout_per_read(Some(limits.idle))
        .timeout_per_write(Some(limits.idle))
        .user_agent(AGENT)
        .accept_encoding("")
        .build()
        .new_agent()
}

/// Scheme and host only: the rest may hold a secret of the server's.
fn shown_target(response: &Response<Body>) -> String {
    let target = response.headers().get(header::LOCATION);
    let text = target
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let after_user = text.rsplit_once('@').map_or(text, |(_, rest)| rest);
    let end = after_user.find(['?', '#']).unwrap_or(after_user.len());
    after_user[..end].to_owned()
}

fn failed(server: &str, error: ureq::Error) -> RemoteError {
    let server = server.to_owned();
    match error {
        ureq::Error::Timeout(_) => RemoteError::TimedOut { server },
        ureq::Error::Rustls(why) => refused_by_tls(server, &why),
        ureq::Error::Io(error) => {
            let inner = error.get_ref();
            match inner.and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
                Some(why) => refused_by_tls(server, why),
                None => RemoteError::io(&server, error),
            }
        }
        ureq::Error::Protocol(why) => RemoteError::Protocol {
            server,
            why: why.to_string(),
        },
        other => RemoteError::Unreachable {
            server,
            why: other.to_string(),
        },
    }
}

fn refused_by_tls(server: String, why: &rustls::Error) -> RemoteError {
    match why {
        rustls::Error::InvalidCertificate(why) => RemoteError::Certificate {
            server,
            why: about_certificate(why),
        },
        _ => RemoteError::Unreachable {
            server,
            why: why.to_string(),
        },
    }
}

/// What is wrong with it, in days where rustls counts seconds, and who can mend it.
fn about_certificate(why: &CertificateError) -> String {
    let days = |from: UnixTime, to: UnixTime| to.as_secs().saturating_sub(from.as_secs()) / 86_400;
    match why {
        CertificateError::ExpiredContext { time, not_after } => format!(
            "it ended {} days ago; it has to be renewed there, or the clock of this machine is wrong",
            days(*not_after, *time)
        ),
        CertificateError::NotValidYetContext { time, not_before } => format!(
            "it begins in {} days; the clock of this machine is wrong, or that of who issued it",
            days(*time, *not_before)
        ),
        // The second: by one of the same name with another key.
        CertificateError::UnknownIssuer | CertificateError::BadSignature => {
            "nobody who is believed has issued it; if the server has an authority of its \
             own, name the file with that authority's certificate: --roots FILE"
                .into()
        }
        CertificateError::NotValidForNameContext { .. } | CertificateError::NotValidForName => {
            format!("{why}; see whether the URL is right")
        }
        other => other.to_string(),
    }
}

/// A body whose failures are typed.
struct HttpBody<R>(R);

impl<R: Read> Read for HttpBody<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0
            .read(buffer)
            .map_err(|error| match ureq::Error::from(error) {
                ureq::Error::Timeout(_) => io::ErrorKind::TimedOut.into(),
                ureq::Error::Io(error) => error,
                other => io::Error::other(other.to_string()),
            })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn each_certificate_of_no_use_has_its_own_advice() {
        let at = |days: u64| UnixTime::since_unix_epoch(Duration::from_secs(days * 86_400));
        let ended = CertificateError::ExpiredContext {
            time: at(20_314),
            not_after: at(20_000),
        };
        let later = CertificateError::NotValidYetContext {
            time: at(20_000),
            not_before: at(20_003),
        };
        for (why, wanted) in [
            (ended, "it ended 314 days ago; it has to be renewed"),
            (later, "it begins in 3 days; the clock"),
            (CertificateError::UnknownIssuer, "name the file"),
            (CertificateError::NotValidForName, "whether the URL"),
            (CertificateError::Revoked, "evoked"),
        ] {
            let told = about_certificate(&why);
            assert!(told.contains(wanted), "{told}");
        }
    }
}
