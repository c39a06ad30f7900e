//! DNS over TLS (RFC 7858): who we say we are, and for how long.
//!
//! ```text
//! files --read, checked--> pair --one swap--> handshakes that begin from then on
//! ```
//! Sessions of before go on, and are resumed, with what they were begun with: here, and where servers share a secret also at
//! the others ([`tickets`]). A pair that is of no use never takes the
//! place of one that is.

mod keeper;
mod pair;
mod renewal;
mod tickets;
mod validity;

use std::io;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::time::Duration;

use rustls::ServerConfig;
use rustls::crypto::ring::{Ticketer, default_provider};
use rustls::server::{NoServerSessionStorage, ProducesTickets};
use rustls::version::{TLS12, TLS13};
use stack_os::{Options, Sockets};

use crate::config::TlsConfig;
use crate::failure::Failure;
pub(crate) use keeper::Keeper;
pub(crate) use renewal::Renewal;

/// RFC 7858 §3.1: the protocol in ALPN, as registered by RFC 7858 §6 and IANA.
const PROTOCOL: &[u8] = b"dot";

/// Sets how fast handshakes begin, where the operator says so; each thread has its share of that.
pub(crate) fn limit(options: &mut Options, config: Option<&TlsConfig>) {
    let wanted = config.and_then(|config| config.handshakes_per_sec);
    if let (Some(all), Ok(threads)) = (wanted, u32::try_from(options.tcp_workers)) {
        options.tcp.handshake_interval = Duration::from_secs(1) * threads / all.max(1);
    }
}

/// Adds the listeners for TLS to the sockets, those passed on or else those of the configuration.
///
/// # Errors
/// A certificate or a key that is of no use, or an address that cannot be bound.
pub(crate) fn listen(
    sockets: Sockets,
    config: Option<&TlsConfig>,
    inherited: Vec<OwnedFd>,
) -> Result<(Sockets, Option<Arc<Keeper>>), Failure> {
    let Some(config) = config else {
        return match inherited.is_empty() {
            true => Ok((sockets, None)),
            false => Err(missing(
                "a socket with the name tls was passed on; give --tls-certificate FILE and --tls-key FILE",
            )),
        };
    };
    let keeper = Arc::new(Keeper::read(config)?);
    let sessions = sessions(Arc::clone(&keeper), keeper.tickets())?;
    let sockets = match (inherited.is_empty(), config.listen.is_empty()) {
        (false, _) => sockets
            .adopt_tls(inherited, sessions)
            .map_err(Failure::Inherited)?,
        (true, false) => sockets.bind_tls(&config.listen, sessions)?,
        (true, true) => {
            return Err(missing(
                "no socket for TLS; give --listen-tls ADDR:PORT, or pass one on with the name tls",
            ));
        }
    };
    Ok((sockets, Some(keeper)))
}

fn missing(what: &str) -> Failure {
    Failure::Inherited(io::Error::other(what))
}

/// What sessions are made with.
fn sessions(
    keeper: Arc<Keeper>,
    tickets: Option<Arc<dyn ProducesTickets>>,
) -> Result<Arc<ServerConfig>, Failure> {
    let refused = |why: rustls::Error| Failure::System(io::Error::other(why));
    // RFC 8310 §9.1, RFC 8996: nothing before 1.2.
    let mut sessions = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_protocol_versions(&[&TLS13, &TLS12])
        .map_err(refused)?
        .with_no_client_auth()
        .with_cert_resolver(keeper);
    // A client that names other protocols only is refused; one that names none is served (RFC 7301 §3.2).
    sessions.alpn_protocols = vec![PROTOCOL.to_vec()];
    // RFC 7858 §3.4: resumption. The tickets hold the sessions, so nothing is kept here; their keys change by themselves.
    sessions.ticketer = match tickets {
        Some(shared) => shared,
        None => Ticketer::new().map_err(refused)?,
    };
    sessions.session_storage = Arc::new(NoServerSessionStorage {});
    // RFC 8446 §8: early data could be played again, and tells who asks for the same.
    sessions.max_early_data_size = 0;
    Ok(Arc::new(sessions))
}
