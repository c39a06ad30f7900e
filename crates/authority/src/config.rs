//! What the operator chooses.

use alloc::boxed::Box;
use alloc::sync::Arc;
use core::fmt;

use crate::limit::Limiter;

/// What an [`Authority`](crate::Authority) says about itself. The default says nothing.
///
/// Immutable: when the secret of the cookies is rolled, a new `Authority` takes the place of the old.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// What NSID answers to who asks (RFC 5001).
    pub nsid: Nsid,
    /// What `id.server` and `hostname.bind` answer in class CH (RFC 4892); REFUSED if `None`. At most 255 octets.
    pub id: Option<Box<str>>,
    /// What `version.server` and `version.bind` answer in class CH; REFUSED if `None`. At most 255 octets.
    pub version: Option<Box<str>>,
    /// Server cookies; without them the COOKIE option is ignored.
    pub cookies: Option<Cookies>,
    /// How long an idle TCP connection is kept, in units of 100 ms, told to who asks (RFC 7828).
    pub tcp_idle: Option<u16>,
    /// Counts responses over UDP to clients without a valid server cookie; without it nothing is limited. Shared with
    /// the `Authority` that takes the place of this one.
    pub limiter: Option<Arc<Limiter>>,
}

/// What the NSID option answers. Never sent unasked (RFC 5001 §2.1).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Nsid {
    /// Nothing: the option is ignored.
    #[default]
    Silent,
    /// The revision that the zone of the answer was read from, or that of all zones if the answer is from none.
    Revision,
    /// These octets. At most 128 are sent.
    Octets(Box<[u8]>),
}

/// Server cookies of RFC 9018, interoperable between servers that share the secret.
#[derive(Clone, Debug)]
pub struct Cookies {
    /// The secret that new cookies are made with.
    pub secret: CookieSecret,
    /// The secret before it, still accepted: RFC 9018 §5 rolls over without any client noticing.
    pub previous: Option<CookieSecret>,
    /// What is done about UDP queries without a valid server cookie.
    pub policy: CookiePolicy,
}

/// What is done about UDP queries that speak of cookies but have no valid server cookie.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CookiePolicy {
    /// They are answered, with a cookie for the next time (RFC 7873 §5.2.3).
    #[default]
    Offer,
    /// They get BADCOOKIE and a cookie to come back with: for times of attack.
    Require,
}

/// Sixteen octets of entropy that nobody sees.
#[derive(Clone)]
pub struct CookieSecret(rr::Secret);

impl CookieSecret {
    /// A secret of the caller's entropy.
    #[must_use]
    pub fn new(octets: [u8; 16]) -> Self {
        CookieSecret(rr::Secret::new(octets))
    }

    pub(crate) fn octets(&self) -> &[u8; 16] {
        self.0.expose().try_into().expect("made of sixteen octets")
    }
}

impl fmt::Debug for CookieSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CookieSecret(..)")
    }
}
