//! Interoperable server cookies (RFC 9018): who has one has received a packet at its address.
//!
//! ```text
//! client cookie 8 | version 1 | reserved 3 | timestamp 4 | SipHash-2-4 of all before it and the client's address 8
//! ```

use core::hash::Hasher;
use core::net::IpAddr;

use siphasher::sip::SipHasher24;
use wire::CookieOption;

use crate::config::{CookieSecret, Cookies};

/// RFC 9018 §4.3: a cookie is accepted for an hour, ...
const LIFETIME_SECS: u32 = 3600;
/// ... replaced after half of it, ...
const RENEW_SECS: u32 = 1800;
/// ... and may be from the future by as much as clocks of servers that share a secret differ.
const SKEW_SECS: u32 = 300;

/// A client and server cookie together, as sent in a response.
pub(crate) type FullCookie = [u8; 24];

/// What a COOKIE option says about who sent it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Checked {
    /// The server cookie is ours and not too old.
    pub(crate) is_valid: bool,
    /// The cookie for the response.
    pub(crate) reply: FullCookie,
}

impl Cookies {
    /// Checks the server cookie and makes the one to answer with: the same if it is young, or a new one.
    pub(crate) fn check(
        &self,
        option: &CookieOption<'_>,
        client: IpAddr,
        now_secs: u32,
    ) -> Checked {
        let sent = full(option).filter(|cookie| self.is_ours(cookie, client));
        let age = sent.map(|cookie| Age::of(&cookie, now_secs));
        let reply = match (sent, age) {
            (Some(cookie), Some(Age::Young)) => cookie,
            _ => make(&self.secret, option.client, client, now_secs),
        };
        Checked {
            is_valid: matches!(age, Some(Age::Young | Age::Old)),
            reply,
        }
    }

    /// RFC 9018 §5: during a roll-over cookies of both secrets are good.
    fn is_ours(&self, cookie: &FullCookie, client: IpAddr) -> bool {
        let secrets = core::iter::once(&self.secret).chain(&self.previous);
        let (head, hash) = cookie.split_at(16);
        secrets
            .into_iter()
            .any(|secret| same(&digest(secret, head, client), hash))
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Age {
    Young,
    Old,
    TooOld,
}

impl Age {
    /// RFC 9018 §4.3: compared in serial number arithmetic (RFC 1982), as 32 bits of seconds wrap.
    fn of(cookie: &FullCookie, now_secs: u32) -> Age {
        let made = u32::from_be_bytes([cookie[12], cookie[13], cookie[14], cookie[15]]);
        match now_secs.wrapping_sub(made) {
            0..=RENEW_SECS => Age::Young,
            age if age <= LIFETIME_SECS => Age::Old,
            age if age.wrapping_neg() <= SKEW_SECS => Age::Young,
            _ => Age::TooOld,
        }
    }
}

/// The option as 24 octets, if it is of the length and version that we make.
fn full(option: &CookieOption<'_>) -> Option<FullCookie> {
    let server: &[u8; 16] = option.server.try_into().ok()?;
    let mut cookie = [0; 24];
    cookie[..8].copy_from_slice(&option.client);
    cookie[8..].copy_from_slice(server);
    // RFC 9018 §4.1: version 1; §4.2: three reserved octets, hashed as they are.
    (server[0] == 1).then_some(cookie)
}

fn make(secret: &CookieSecret, from_client: [u8; 8], client: IpAddr, now_secs: u32) -> FullCookie {
    let mut cookie = [0; 24];
    cookie[..8].copy_from_slice(&from_client);
    cookie[8] = 1;
    cookie[12..16].copy_from_slice(&now_secs.to_be_bytes());
    let hash = digest(secret, &cookie[..16], client);
    cookie[16..].copy_from_slice(&hash);
    cookie
}

/// RFC 9018 §4.4: client cookie, version, reserved, timestamp, client address.
fn digest(secret: &CookieSecret, head: &[u8], client: IpAddr) -> [u8; 8] {
    let mut hasher = SipHasher24::new_with_key(secret.octets());
    hasher.write(head);
    match client {
        IpAddr::V4(address) => hasher.write(&address.octets()),
        IpAddr::V6(address) => hasher.write(&address.octets()),
    }
    // RFC 9018 §4.4 takes the octets of the hash in the order SipHash gives them: little-endian.
    hasher.finish().to_le_bytes()
}

/// Compares in time that does not depend on where the octets differ.
fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len()
        && a.iter()
            .zip(b)
            .fold(0, |different, (a, b)| different | (a ^ b))
            == 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::CookiePolicy;

    const SECRET: [u8; 16] = [
        0xe5, 0xe9, 0x73, 0xe5, 0xa6, 0xb2, 0xa4, 0x3f, 0x48, 0xe7, 0xdc, 0x84, 0x9e, 0x37, 0xbf,
        0xcf,
    ];
    const CLIENT: [u8; 8] = [0x24, 0x64, 0xc4, 0xab, 0xcf, 0x10, 0xc9, 0x57];

    fn cookies(secret: [u8; 16], previous: Option<[u8; 16]>) -> Cookies {
        let (secret, previous) = (CookieSecret::new(secret), previous.map(CookieSecret::new));
        Cookies {
            secret,
            previous,
            policy: CookiePolicy::Offer,
        }
    }

    fn option<'a>(client: &[u8; 8], server: &'a [u8]) -> CookieOption<'a> {
        CookieOption {
            client: *client,
            server,
        }
    }

    /// RFC 9018 Appendix A.1: learning a new server cookie.
    #[test]
    fn the_first_vector() {
        let checked = cookies(SECRET, None).check(
            &option(&CLIENT, &[]),
            [198, 51, 100, 100].into(),
            1_559_731_985,
        );
        let server = [
            0x01, 0, 0, 0, 0x5c, 0xf7, 0x9f, 0x11, 0x1f, 0x81, 0x30, 0xc3, 0xee, 0xe2, 0x94, 0x80,
        ];
        assert_eq!(&checked.reply[8..], &server);
        assert!(!checked.is_valid);
    }

    /// RFC 9018 Appendix A.2: the same client learns a renewed cookie.
    #[test]
    fn the_second_vector() {
        let server = [
            0x01, 0, 0, 0, 0x5c, 0xf7, 0x9f, 0x11, 0x1f, 0x81, 0x30, 0xc3, 0xee, 0xe2, 0x94, 0x80,
        ];
        let cookies = cookies(SECRET, None);
        let client = [198, 51, 100, 100].into();
        let young = cookies.check(&option(&CLIENT, &server), client, 1_559_731_985 + 1800);
        assert_eq!((young.is_valid, &young.reply[8..]), (true, &server[..]));
        let old = cookies.check(&option(&CLIENT, &server), client, 1_559_734_385);
        let renewed = [
            0x01, 0, 0, 0, 0x5c, 0xf7, 0xa8, 0x71, 0xd4, 0xa5, 0x64, 0xa1, 0x44, 0x2a, 0xca, 0x77,
        ];
        assert_eq!((old.is_valid, &old.reply[8..]), (true, &renewed[..]));
        let late = cookies.check(&option(&CLIENT, &server), client, 1_559_731_985 + 3601);
        assert!(!late.is_valid);
        let early = cookies.check(&option(&CLIENT, &server), client, 1_559_731_985 - 301);
        assert!(!early.is_valid);
        let other = cookies.check(
            &option(&CLIENT, &server),
            [198, 51, 100, 101].into(),
            1_559_731_985,
        );
        assert!(!other.is_valid, "somebody else's address");
    }

    /// RFC 9018 §5: the secret before is still accepted, its cookie is.
    #[test]
    fn a_rolled_secret_is_not_noticed() {
        let client = [192, 0, 2, 1].into();
        let old = cookies(SECRET, None)
            .check(&option(&CLIENT, &[]), client, 1000)
            .reply;
        let rolled = cookies([7; 16], Some(SECRET));
        assert!(
            rolled
                .check(&option(&CLIENT, &old[8..]), client, 1001)
                .is_valid
        );
        assert!(
            !cookies([7; 16], None)
                .check(&option(&CLIENT, &old[8..]), client, 1001)
                .is_valid
        );
    }
}
