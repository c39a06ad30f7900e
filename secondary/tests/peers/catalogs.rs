//! Zones that catalogs list (RFC 9432).

use testbed::process::free_address;

use crate::SLOW;
use crate::each;
use crate::support::primaries::{CATALOG, Kind, PrimaryServer};
use crate::support::{
    WIDE_KEY, await_seen, config, follow, in_dir, seen, start, version, zone_text,
};

/// RFC 9432: what a catalog listed is there again at once, as the catalog is.
#[test]
fn members_of_a_catalog_are_served_at_once_while_its_primary_is_away() {
    let (ours, dir) = (free_address(), tempfile::tempdir().unwrap());
    let mut primary = PrimaryServer::start(Kind::Bind, &zone_text(1, SLOW), ours);
    primary.write(CATALOG, &catalog(1, &["example.org"]));
    primary.end();
    primary.begin();
    let mut config = config(ours, primary.address, WIDE_KEY);
    follow(&mut config, &catalog_line(&primary), None);
    let config = in_dir(config, dir.path());
    let secondary = start(&config);
    await_seen(ours, "example.org", &version(1));
    secondary.stop();
    primary.end();
    let secondary = start(&config);
    assert_eq!(seen(ours, "example.org"), version(1));
    secondary.stop();
}

fn catalog(serial: u32, members: &[&str]) -> String {
    let head = format!(
        "$ORIGIN {CATALOG}.\n@ 0 IN SOA invalid. invalid. {serial} {SLOW} 0\n\
         @ 0 IN NS invalid.\nversion 0 IN TXT 2\n"
    );
    members.iter().fold(head, |text, member| {
        let label = member.replace('.', "-");
        text + &format!("{label}.zones 0 IN PTR {member}.\n")
    })
}

fn catalog_line(primary: &PrimaryServer) -> String {
    let port = primary.address.port();
    format!("catalog {CATALOG} 127.0.0.1@{port} key={WIDE_KEY}")
}

/// A key for the root brings what its primary announces, and RFC 9432 what a catalog lists.
#[test]
fn announced_and_listed_zones_are_followed() {
    let ours = free_address();
    let mut primary = PrimaryServer::start(Kind::Bind, &zone_text(1, SLOW), ours);
    let other = |zone: &str| zone_text(5, SLOW).replace("example.org", zone);
    primary.write("member.example", &other("member.example"));
    primary.write(CATALOG, &catalog(1, &["member.example"]));
    primary.end();
    primary.begin();
    let mut config = config(ours, primary.address, WIDE_KEY);
    follow(&mut config, &catalog_line(&primary), None);
    config.follows_keys = true;
    let secondary = start(&config);
    await_seen(ours, "member.example", &version(5));
    assert_eq!(
        seen(ours, "announced.example"),
        "Query Refused",
        "nobody has said so"
    );
    primary.write("announced.example", &other("announced.example"));
    primary.write(CATALOG, &catalog(2, &[]));
    primary.reload();
    await_seen(ours, "announced.example", &version(5));
    await_seen(ours, "member.example", "Query Refused");
    secondary.stop();
}

/// Knot, PowerDNS and our own program make catalogs by themselves.
#[test]
fn catalogs_that_others_make_are_followed() {
    each(&[Kind::Knot, Kind::PowerDns, Kind::Ours], |kind| {
        let ours = free_address();
        let mut primary = PrimaryServer::prepared(kind, ours);
        let text = |zone: &str| zone_text(5, SLOW).replace("example.org", zone);
        for zone in ["example.org", "one.example"] {
            primary.write(zone, &text(zone));
        }
        primary.list(&["example.org", "one.example"]);
        primary.begin();
        let mut config = config(ours, primary.address, WIDE_KEY);
        follow(&mut config, &catalog_line(&primary), None);
        let secondary = start(&config);
        await_seen(ours, "example.org", &version(5));
        await_seen(ours, "one.example", &version(5));
        primary.write("two.example", &text("two.example"));
        primary.remove("one.example");
        primary.list(&["example.org", "two.example"]);
        primary.reload();
        await_seen(ours, "two.example", &version(5));
        await_seen(ours, "one.example", "Query Refused");
        assert_eq!(seen(ours, "example.org"), version(5), "{kind:?}");
        secondary.stop();
    });
}
