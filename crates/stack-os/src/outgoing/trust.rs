//! Whom to believe over TLS (RFC 9103 §9.3).

use std::{fmt, sync::Arc};

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::VerifierBuilderError;
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
};

/// How a peer proves who it is.
#[derive(Debug)]
pub enum Trust {
    /// By a certificate that one of these has signed, with the name it is called by.
    Roots(RootCertStore),
    /// By exactly this certificate, whatever names and dates are in it.
    Pinned(CertificateDer<'static>),
}

/// Why no sessions can be made so.
#[derive(Debug)]
pub enum TrustError {
    /// There is no root to believe.
    Roots(VerifierBuilderError),
    /// The certificate and key that we would show are of no use.
    Tls(Error),
}

impl fmt::Display for TrustError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Roots(error) => write!(f, "the roots to believe are of no use: {error}"),
            Self::Tls(error) => write!(f, "our certificate or key is of no use: {error}"),
        }
    }
}

impl std::error::Error for TrustError {}

/// What to make sessions for transfers with: TLS 1.3 only (RFC 9103 §7.1), spoken of as "dot" (RFC 7858 §3.1). With `shown`, a
/// certificate chain and its key, who asks for it is told who we are.
///
/// # Errors
/// When nobody could be believed, or what is to be shown is of no use.
pub fn transfer_config(
    trust: Trust,
    shown: Option<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>)>,
) -> Result<Arc<ClientConfig>, TrustError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier: Arc<dyn ServerCertVerifier> = match trust {
        Trust::Roots(roots) => {
            let roots = Arc::new(roots);
            WebPkiServerVerifier::builder_with_provider(roots, Arc::clone(&provider))
                .build()
                .map_err(TrustError::Roots)?
        }
        Trust::Pinned(certificate) => Arc::new(Pinned {
            certificate,
            provider: Arc::clone(&provider),
        }),
    };
    let builder = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .map_err(TrustError::Tls)?
        .dangerous()
        .with_custom_certificate_verifier(verifier);
    let mut config = match shown {
        None => builder.with_no_client_auth(),
        Some((chain, key)) => builder
            .with_client_auth_cert(chain, key)
            .map_err(TrustError::Tls)?,
    };
    config.alpn_protocols = vec![b"dot".to_vec()];
    Ok(Arc::new(config))
}

/// Believes one certificate, if the peer has its key.
#[derive(Debug)]
struct Pinned {
    certificate: CertificateDer<'static>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        match *end_entity == self.certificate {
            true => Ok(ServerCertVerified::assertion()),
            false => Err(CertificateError::ApplicationVerificationFailure.into()),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, cert, dss, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, cert, dss, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}
