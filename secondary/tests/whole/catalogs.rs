//! A catalog that is followed is for those who may have it (RFC 9432 §7).

use std::fs;
use std::net::SocketAddr;

use rr::Rtype;
use secondary::Config;
use wire::ResponseCode;

use crate::support::primaries::{Kind, PrimaryServer};
use crate::support::{SECRET, ask, ask_signed, await_seen, config, start, version, zone_text};
use testbed::poll;
use testbed::process::free_address;

const ALL: &str = "x.127.0.0.1._transfer";
const OTHER: &str = "other._transfer.example.org";
const SLOW: &str = "3600 3600 86400";

/// The code that a question for the SOA record of the catalog is answered with.
fn plainly(server: SocketAddr) -> ResponseCode {
    ask(server, "catz.example", Rtype::SOA).rcode
}

fn with_key(server: SocketAddr, key: &str) -> ResponseCode {
    ask_signed(server, key, "catz.example", Rtype::SOA).rcode
}

fn following(ours: SocketAddr, primary: SocketAddr, file: &std::path::Path) -> Config {
    let mut config = config(ours, primary, ALL);
    let other = tsig::text::read_key(&format!("{OTHER}:SHA256:{SECRET}")).unwrap();
    config.server.keys.said.push(other.into());
    config.follows_keys = false;
    config.zones_file = Some(file.to_owned());
    config
}

#[test]
fn a_catalog_is_withheld_from_who_may_not_transfer_it() {
    let (ours, open, folder) = (free_address(), free_address(), tempfile::tempdir().unwrap());
    let mut primary = PrimaryServer::start(Kind::Bind, &zone_text(1, SLOW), ours);
    let file = folder.path().join("zones");
    let line = |word: &str| format!("{word} 127.0.0.1@{} key={ALL}\n", primary.address.port());
    let (listed, plain) = (line("catalog catz.example"), line("catz.example"));
    fs::write(&file, &listed).unwrap();
    let secondary = start(&following(ours, primary.address, &file));
    // Its primary has it not yet: that it is awaited is for those who may have it, too.
    assert_eq!(plainly(ours), ResponseCode::Refused);
    assert_eq!(with_key(ours, OTHER), ResponseCode::Refused);
    assert_eq!(with_key(ours, ALL), ResponseCode::ServFail);

    let text = "$ORIGIN catz.example.\n@ 0 IN SOA invalid. invalid. 1 3600 3600 86400 0\n@ 0 IN NS invalid.\n\
                version 0 IN TXT 2\none.zones 0 IN PTR example.org.\n";
    primary.write("catz.example", text);
    primary.end();
    primary.begin();
    secondary.reload();
    let mut open_to_all = following(open, primary.address, &file);
    open_to_all.server.allow_transfer = vec!["127.0.0.0/8".parse().unwrap()];
    let open_to_all = start(&open_to_all);
    for place in [ours, open] {
        await_seen(place, "example.org", &version(1));
    }
    for name in ["catz.example", "version.catz.example", "no.catz.example"] {
        let answer = ask(ours, name, Rtype::TXT);
        assert_eq!(answer.rcode, ResponseCode::Refused, "{name}");
        assert!(answer.answer.is_empty() && answer.authority.is_empty());
    }
    assert_eq!(with_key(ours, OTHER), ResponseCode::Refused);
    assert_eq!(with_key(ours, ALL), ResponseCode::NoError);
    assert_eq!(
        plainly(open),
        ResponseCode::NoError,
        "of a network that may"
    );

    // The same zone, followed for its own sake, is for everybody.
    fs::write(&file, &plain).unwrap();
    secondary.reload();
    poll(|| match plainly(ours) {
        ResponseCode::NoError => Ok(()),
        other => Err(other.to_string()),
    });
    fs::write(&file, &listed).unwrap();
    secondary.reload();
    poll(|| match plainly(ours) {
        ResponseCode::Refused => Ok(()),
        other => Err(other.to_string()),
    });
    await_seen(ours, "example.org", &version(1));
    secondary.stop();
    open_to_all.stop();
}
