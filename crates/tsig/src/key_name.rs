//! Names of keys say what may be done with them: `<labels>._<operation>.<zone>`.
//!
//! The names are those of MirageOS' ocaml-dns, so that its keys do for us what they do there: the operation nearest to the
//! root counts, `_update` includes `_transfer` includes `_notify`, and a zone is meant with everything below it.
//!
//! The four labels before `_transfer` may be the IPv4 address of the primary, or of the secondary if the four before them are
//! the primary's. IPv6 addresses are labels of their own, with `-` for `:`, left of those:
//!
//! ```text
//! 192.0.2.1.192.0.2.2._transfer.example.org               primary, secondary
//! web.192.0.2.1._transfer.example.org                     primary; the secondary is hidden
//! _p6-2001-db8--1._s6-2001-db8--2._transfer.example.org   primary, secondary
//! _p6-2001-db8--1.192.0.2.1._transfer.example.org         the primary has both
//! ```
//!
//! An old peer ignores them, because it looks at the operation and at the eight labels before it and nowhere else, and takes four
//! labels for an address only if all of them are decimal numbers: `_p6-…` never is. To it, the third name is one without
//! addresses, and the fourth says what it would say without its first label.

use core::fmt;
use core::net::{Ipv4Addr, Ipv6Addr};

use alloc::string::String;
use alloc::vec::Vec;
use rr::{Name, NameRef};

/// What a key may be used for. Each includes those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Operation {
    /// To tell that a zone has changed (RFC 1996).
    Notify,
    /// To have the whole zone (RFC 5936, RFC 1995).
    Transfer,
    /// To change the zone (RFC 2136).
    Update,
}

impl Operation {
    const ALL: [Self; 3] = [Self::Notify, Self::Transfer, Self::Update];

    /// Its label: `_notify`, `_transfer`, `_update`.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Notify => "_notify",
            Self::Transfer => "_transfer",
            Self::Update => "_update",
        }
    }
}

/// Where a server is found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Addresses {
    /// Its IPv4 address.
    pub v4: Option<Ipv4Addr>,
    /// Its IPv6 address.
    pub v6: Option<Ipv6Addr>,
}

/// A key's name as what it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyName {
    /// The largest operation that is allowed.
    pub operation: Operation,
    /// The zone that it is allowed for, with all below; the root means every zone.
    pub scope: Name,
    /// Where the primary is. Only keys for transfers say so.
    pub primary: Addresses,
    /// Where the secondary is that is to be notified.
    pub secondary: Addresses,
}

/// What is wrong with the addresses in a name. None of it stands in names that old peers make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyNameError {
    /// A label begins like an IPv6 address and goes on like none.
    Address,
    /// Two IPv6 addresses of one server.
    Twice,
}

impl fmt::Display for KeyNameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Address => {
                "a label `_p6-` or `_s6-` goes on with an IPv6 address that has `-` for `:`"
            }
            Self::Twice => "the name has two IPv6 addresses of one server",
        })
    }
}

impl core::error::Error for KeyNameError {}

impl KeyName {
    /// Reads a name; none if there is no operation in it.
    ///
    /// # Errors
    /// When the name of a key for transfers has an IPv6 address that is none.
    pub fn parse(name: NameRef<'_>) -> Result<Option<Self>, KeyNameError> {
        let Some((place, operation, scope)) = last_operation(name) else {
            return Ok(None);
        };
        let mut parsed = Self {
            operation,
            scope: scope.to_lowercase(),
            primary: Addresses::default(),
            secondary: Addresses::default(),
        };
        if operation == Operation::Transfer {
            let labels: Vec<&[u8]> = name.labels().take(place).collect();
            parsed.read_v4(&labels);
            parsed.read_v6(&labels)?;
        }
        Ok(Some(parsed))
    }

    /// Whether the operation may be done to the zone.
    #[must_use]
    pub fn may(&self, operation: Operation, zone: NameRef<'_>) -> bool {
        operation <= self.operation && zone.is_at_or_below(self.scope.as_ref())
    }

    fn read_v4(&mut self, labels: &[&[u8]]) {
        let Some((before, last)) = split_v4(labels) else {
            return;
        };
        match split_v4(before) {
            Some((_, primary)) => {
                (self.primary.v4, self.secondary.v4) = (Some(primary), Some(last));
            }
            None => self.primary.v4 = Some(last),
        }
    }

    fn read_v6(&mut self, labels: &[&[u8]]) -> Result<(), KeyNameError> {
        for label in labels {
            let Some((mark, text)) = label.split_at_checked(4) else {
                continue;
            };
            let place = match mark.to_ascii_lowercase().as_slice() {
                b"_p6-" => &mut self.primary.v6,
                b"_s6-" => &mut self.secondary.v6,
                _ => continue,
            };
            let address = v6(text).ok_or(KeyNameError::Address)?;
            if place.replace(address).is_some() {
                return Err(KeyNameError::Twice);
            }
        }
        Ok(())
    }
}

/// The operation nearest to the root: how many labels are before it, which one, and the zone after it.
fn last_operation(name: NameRef<'_>) -> Option<(usize, Operation, NameRef<'_>)> {
    let named = |label: &[u8]| {
        Operation::ALL
            .into_iter()
            .find(|operation| label.eq_ignore_ascii_case(operation.label().as_bytes()))
    };
    let suffixes = name.ancestors().enumerate();
    let found = suffixes.filter_map(|(place, suffix)| {
        Some((place, named(suffix.first_label()?)?, suffix.parent()?))
    });
    found.last()
}

/// The IPv4 address that the last four labels are, and the labels before them.
fn split_v4<'l, 'a>(labels: &'l [&'a [u8]]) -> Option<(&'l [&'a [u8]], Ipv4Addr)> {
    let (before, last) = labels.split_last_chunk::<4>()?;
    let mut octets = [0; 4];
    for (octet, label) in octets.iter_mut().zip(last) {
        let digits = core::str::from_utf8(label).ok()?;
        let is_plain = digits.bytes().all(|digit| digit.is_ascii_digit());
        // A leading zero has been taken for octal by some.
        let is_plain = is_plain && (digits == "0" || !digits.starts_with('0'));
        *octet = is_plain.then(|| digits.parse().ok())??;
    }
    Some((before, Ipv4Addr::from(octets)))
}

fn v6(text: &[u8]) -> Option<Ipv6Addr> {
    let text = core::str::from_utf8(text).ok()?;
    // What has colons already, or a zone, is not what this is the spelling of.
    let is_plain = text
        .bytes()
        .all(|octet| octet == b'-' || octet.is_ascii_hexdigit());
    let text: String = is_plain.then(|| text.replace('-', ":"))?;
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Option<KeyName> {
        KeyName::parse(Name::from_text(text).unwrap().as_ref()).unwrap()
    }

    fn v4(text: &str) -> Option<Ipv4Addr> {
        Some(text.parse().unwrap())
    }

    fn v6(text: &str) -> Option<Ipv6Addr> {
        Some(text.parse().unwrap())
    }

    #[test]
    fn operation_and_scope() {
        for (text, operation, scope) in [
            ("web._update.example.org", Operation::Update, "example.org"),
            (
                "a.b._TRANSFER.Example.ORG",
                Operation::Transfer,
                "example.org",
            ),
            ("_notify.example.org", Operation::Notify, "example.org"),
            ("root._update", Operation::Update, "."),
            // The one nearest to the root, as in the reference.
            (
                "x._update._notify.example.org",
                Operation::Notify,
                "example.org",
            ),
        ] {
            let name = parse(text).unwrap();
            assert_eq!(name.operation, operation, "{text}");
            assert_eq!(name.scope, Name::from_text(scope).unwrap(), "{text}");
        }
        for text in [
            "tsig-key",
            "update.example.org",
            "._updates.example.org".trim_start_matches('.'),
            ".",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn each_operation_includes_those_before_it() {
        let zones = ["example.org", "sub.example.org", "org", "other.org", "."];
        let zones = zones.map(|zone| Name::from_text(zone).unwrap());
        for (key, largest) in [
            ("k._notify.example.org", 1),
            ("k._transfer.example.org", 2),
            ("k._update.example.org", 3),
        ] {
            for (rank, operation) in (1..).zip(Operation::ALL) {
                let name = parse(key).unwrap();
                let allowed = zones
                    .each_ref()
                    .map(|zone| name.may(operation, zone.as_ref()));
                let within = rank <= largest;
                assert_eq!(
                    allowed,
                    [within, within, false, false, false],
                    "{key} {operation:?}"
                );
            }
        }
        let all = parse("k._update").unwrap();
        assert!(
            zones
                .iter()
                .all(|zone| all.may(Operation::Update, zone.as_ref()))
        );
    }

    #[test]
    fn addresses_of_the_reference() {
        for (text, primary, secondary) in [
            (
                "192.0.2.1.192.0.2.2._transfer.example.org",
                v4("192.0.2.1"),
                v4("192.0.2.2"),
            ),
            (
                "foo.192.0.2.1.192.0.2.2._transfer",
                v4("192.0.2.1"),
                v4("192.0.2.2"),
            ),
            ("foo.192.0.2.1._transfer.example.org", v4("192.0.2.1"), None),
            ("192.0.2.1._transfer.example.org", v4("192.0.2.1"), None),
            ("foo._transfer.example.org", None, None),
            ("192.0.2._transfer.example.org", None, None),
            ("192.0.2.256._transfer.example.org", None, None),
            ("192.0.2.01._transfer.example.org", None, None),
            ("192.0.2.+1._transfer.example.org", None, None),
            (
                "256.0.2.1.192.0.2.2._transfer.example.org",
                v4("192.0.2.2"),
                None,
            ),
            ("192.0.2.1.192.0.2.2._update.example.org", None, None),
        ] {
            let name = parse(text).unwrap();
            assert_eq!(
                (name.primary.v4, name.secondary.v4),
                (primary, secondary),
                "{text}"
            );
            assert_eq!((name.primary.v6, name.secondary.v6), (None, None), "{text}");
        }
    }

    #[test]
    fn addresses_of_ipv6() {
        let both =
            parse("_p6-2001-db8--1._S6-2001-DB8--2.192.0.2.1.192.0.2.2._transfer.example.org")
                .unwrap();
        assert_eq!(
            (both.primary.v4, both.secondary.v4),
            (v4("192.0.2.1"), v4("192.0.2.2"))
        );
        assert_eq!(
            (both.primary.v6, both.secondary.v6),
            (v6("2001:db8::1"), v6("2001:db8::2"))
        );
        let loopback = parse("x._p6---1._transfer").unwrap();
        assert_eq!(
            (loopback.primary.v6, loopback.primary.v4),
            (v6("::1"), None)
        );
        // Elsewhere such a label is a label.
        assert_eq!(
            parse("_p6-nonsense._update.example.org").unwrap().primary,
            Addresses::default()
        );
        for (text, error) in [
            ("_p6-nonsense._transfer.example.org", KeyNameError::Address),
            ("_s6-._transfer.example.org", KeyNameError::Address),
            ("_s6-2001-db8._transfer.example.org", KeyNameError::Address),
            ("_p6---1._p6---2._transfer.example.org", KeyNameError::Twice),
        ] {
            let name = Name::from_text(text).unwrap();
            assert_eq!(KeyName::parse(name.as_ref()), Err(error), "{text}");
        }
    }
}
