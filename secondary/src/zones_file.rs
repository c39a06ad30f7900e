//! The file of zones: a line for each, with its primaries.
//!
//! ```text
//! # zone            primaries, in the order in which they are asked
//! example.org       192.0.2.1  2001:db8::1@5353  key=web._transfer.example.org
//! catalog catz.org  192.0.2.1                    key=web._transfer
//! example.net       192.0.2.1                    tls=ns.example.net
//! ```

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use rr::Name;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tsig::{Key, Keyring};

use crate::config::{FollowedZone, Primary};

/// What is wrong with a file of zones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ZonesError {
    /// The number of the line, from 1.
    pub line: usize,
    /// What is wrong with it, and what to write instead.
    pub why: String,
}

impl fmt::Display for ZonesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.why)
    }
}

impl std::error::Error for ZonesError {}

/// Reads a file of zones. `keys` are those that its lines may name; `tls` is what sessions are made with where they say
/// `tls=`.
///
/// # Errors
/// The first line that makes no sense.
pub fn read_zones(
    text: &str,
    keys: &Keyring,
    tls: Option<&Arc<ClientConfig>>,
) -> Result<Vec<FollowedZone>, ZonesError> {
    let mut zones: Vec<FollowedZone> = Vec::new();
    for (line, words) in (1..).zip(text.lines().map(words)) {
        if words.is_empty() {
            continue;
        }
        let zone = read_line(&words, keys, tls).map_err(|why| ZonesError { line, why })?;
        if zones.iter().any(|other| other.name == zone.name) {
            let why = format!(
                "{} is there twice: write all its primaries in one line",
                zone.name
            );
            return Err(ZonesError { line, why });
        }
        zones.push(zone);
    }
    Ok(zones)
}

fn words(line: &str) -> Vec<&str> {
    let said = line.split('#').next().unwrap_or_default();
    said.split_whitespace().collect()
}

fn read_line(
    words: &[&str],
    keys: &Keyring,
    config: Option<&Arc<ClientConfig>>,
) -> Result<FollowedZone, String> {
    let (is_catalog, words) = match words {
        ["catalog", rest @ ..] => (true, rest),
        all => (false, all),
    };
    let [name, words @ ..] = words else {
        return Err("write the name of a zone and the addresses of its primaries".into());
    };
    let name = Name::from_text(name).map_err(|error| format!("{name} is no name: {error}"))?;
    let (mut primaries, mut key, mut tls) = (Vec::new(), None, None);
    for word in words {
        match word.split_once('=') {
            Some(("key", word)) => key = Some(find_key(word, keys)?),
            Some(("tls", word)) => tls = Some(read_tls(word, config)?),
            _ => primaries.push(*word),
        }
    }
    let port = if tls.is_some() { "853" } else { "53" };
    let primaries = primaries.into_iter().map(|word| read_address(word, port));
    let primaries = primaries.collect::<Result<Vec<_>, _>>()?;
    if primaries.is_empty() {
        return Err(format!(
            "{name} has no primary: write its address, such as 192.0.2.1"
        ));
    }
    let primary = |address| Primary {
        address,
        from: None,
        key: key.clone(),
        tls: tls.clone(),
    };
    Ok(FollowedZone {
        name: name.as_ref().to_lowercase(),
        primaries: primaries.into_iter().map(primary).collect(),
        is_catalog,
    })
}

/// `192.0.2.1`, or with a port `192.0.2.1@5353`, as NSD and Knot write it.
fn read_address(word: &str, usual_port: &str) -> Result<SocketAddr, String> {
    let (ip, port) = word.split_once('@').unwrap_or((word, usual_port));
    match (ip.parse::<IpAddr>(), port.parse()) {
        (Ok(ip), Ok(port)) => Ok((ip, port).into()),
        _ => Err(format!(
            "`{}` is no address: write 192.0.2.1, 2001:db8::1 or 192.0.2.1@5353",
            word.escape_debug()
        )),
    }
}

/// RFC 9103 §9.3.1: the name that the primary's certificate has to have.
fn read_tls(
    word: &str,
    config: Option<&Arc<ClientConfig>>,
) -> Result<(Arc<ClientConfig>, ServerName<'static>), String> {
    let config = config.ok_or("say whom to believe about tls= with --primary-ca FILE")?;
    let name = ServerName::try_from(word.to_owned())
        .map_err(|_| format!("`{}` is no name of a server", word.escape_debug()))?;
    Ok((Arc::clone(config), name))
}

fn find_key(word: &str, keys: &Keyring) -> Result<Arc<Key>, String> {
    let name = Name::from_text(word).map_err(|error| format!("{word} is no name: {error}"))?;
    let key = keys.by_name(name.as_ref()).cloned();
    key.ok_or_else(|| format!("there is no key {name}: give it with --keys FILE"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys() -> Keyring {
        let mut keys = Keyring::default();
        let key = tsig::text::read_key("k._transfer:SHA256:AAECAwQFBgcICQoLDA0ODw==");
        keys.insert(key.expect("a key")).expect("the first");
        keys
    }

    #[test]
    fn a_zone_a_line() {
        let text = "# all\n\nExample.org 192.0.2.1 2001:db8::1@5353 key=k._transfer # main\n\
                    catalog catz.org 192.0.2.2\n";
        let zones = read_zones(text, &keys(), None).expect("no mistakes");
        let [zone, catalog] = &zones[..] else {
            panic!("{zones:?}");
        };
        let shown: Vec<_> = zone
            .primaries
            .iter()
            .map(|it| it.address.to_string())
            .collect();
        assert_eq!(shown, ["192.0.2.1:53", "[2001:db8::1]:5353"]);
        assert!(zone.primaries.iter().all(|primary| primary.key.is_some()));
        assert!(catalog.is_catalog && !zone.is_catalog);
        assert!(catalog.primaries[0].key.is_none());
    }

    #[test]
    fn mistakes_have_a_line_and_a_next_step() {
        for (text, line, said) in [
            ("example.org", 1, "no primary"),
            ("\ncatalog", 2, "write the name"),
            ("example.org 192.0.2.1:53", 1, "no address"),
            ("example.org 192.0.2.1@dns", 1, "no address"),
            (
                "example.org 192.0.2.1 key=other",
                1,
                "there is no key other.",
            ),
            ("a..b 192.0.2.1", 1, "no name"),
            (
                "example.org 192.0.2.1 tls=ns.example.org",
                1,
                "--primary-ca",
            ),
            ("a.b 192.0.2.1\nA.B. 192.0.2.2", 2, "twice"),
        ] {
            let error = read_zones(text, &keys(), None).expect_err(text);
            assert_eq!(error.line, line, "{text}");
            assert!(error.why.contains(said), "{error}");
        }
    }
}
