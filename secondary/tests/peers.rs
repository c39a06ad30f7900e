//! BIND and Knot as primaries of ours.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use replication::Pace;
use rr::Rtype;
use stack_os::outgoing::{Trust, transfer_config};
use support::{
    KEY, Kind, PrimaryServer, await_seen, config, follow, in_dir, seen, start, try_ask, version,
    zone_text,
};
use testbed::poll;
use testbed::process::free_address;
use wire::{OptionCode, ResponseCode};

/// Refresh and retry that no test waits for, so that it is NOTIFY that counts.
const SLOW: &str = "3600 3600 86400";
const KINDS: [Kind; 2] = [Kind::Bind, Kind::Knot];

/// RFC 5936, RFC 1995, RFC 1996, RFC 8945: a key whose name has the addresses is all that is needed.
#[test]
fn a_key_is_enough_to_follow_by_axfr_notify_and_ixfr() {
    for kind in KINDS {
        let ours = free_address();
        let mut primary = PrimaryServer::start(kind, &zone_text(1, SLOW), ours);
        let secondary = start(&config(ours, primary.address, KEY));
        await_seen(ours, "example.org", &version(1));
        for serial in 2..=4 {
            primary.write("example.org", &zone_text(serial, SLOW));
            primary.reload();
            await_seen(ours, "example.org", &version(serial));
        }
        assert!(
            primary.log().contains("IXFR"),
            "{kind:?}: {}",
            primary.log()
        );
        // All of it has come.
        let last = try_ask(ours, "host-1999.example.org", Rtype::A).unwrap();
        assert_eq!(last.answer.len(), 1, "{kind:?}");
        assert_eq!(seen(ours, "other.example"), "Query Refused", "{kind:?}");
        secondary.stop();
    }
}

#[test]
fn a_zone_that_was_kept_is_served_at_once_while_its_primary_is_away() {
    let (ours, dir) = (free_address(), tempfile::tempdir().unwrap());
    let mut primary = PrimaryServer::start(Kind::Knot, &zone_text(7, SLOW), ours);
    let config = in_dir(config(ours, primary.address, KEY), dir.path());
    let secondary = start(&config);
    await_seen(ours, "example.org", &version(7));
    assert!(
        secondary::run(config.clone()).is_err(),
        "the port, and the directory, are taken"
    );
    secondary.stop();
    primary.end();
    let secondary = start(&config);
    assert_eq!(seen(ours, "example.org"), version(7));
    // And it goes on from there.
    primary.write("example.org", &zone_text(8, SLOW));
    primary.begin();
    await_seen(ours, "example.org", &version(8));
    secondary.stop();
}

/// RFC 1034 §4.3.5, RFC 8914 §4.25: an expired zone is not answered from, is not forgotten, and comes back.
#[test]
fn an_expired_zone_is_servfail_until_its_primary_is_back_also_over_a_restart() {
    let (ours, dir) = (free_address(), tempfile::tempdir().unwrap());
    let mut primary = PrimaryServer::start(Kind::Bind, &zone_text(3, "1 1 4"), ours);
    let mut config = in_dir(config(ours, primary.address, KEY), dir.path());
    config.pace = Pace {
        refresh_floor_secs: 1,
        retry_floor_secs: 1,
        ..Pace::default()
    };
    let secondary = start(&config);
    await_seen(ours, "example.org", &version(3));
    primary.end();
    let expired = "Server Failure";
    await_seen(ours, "example.org", expired);
    let answer = try_ask(ours, "www.example.org", Rtype::TXT).unwrap();
    assert_eq!(answer.rcode, ResponseCode::ServFail);
    assert!(
        answer
            .edns
            .is_none_or(|edns| edns.options.iter().any(|it| it.0 == OptionCode::EDE))
    );
    secondary.stop();
    let secondary = start(&config);
    assert_eq!(seen(ours, "example.org"), expired, "time has gone on");
    primary.begin();
    await_seen(ours, "example.org", &version(3));
    secondary.stop();
}

#[test]
fn several_primaries_one_of_which_has_the_zone() {
    let ours = free_address();
    let primary = PrimaryServer::start(Kind::Knot, &zone_text(1, SLOW), ours);
    let mut config = config(ours, primary.address, KEY);
    let away = free_address();
    let line = format!(
        "example.org 127.0.0.1@{} 127.0.0.1@{} key={KEY}",
        away.port(),
        primary.address.port()
    );
    follow(&mut config, &line, None);
    let secondary = start(&config);
    await_seen(ours, "example.org", &version(1));
    secondary.stop();
}

/// RFC 9103: all of it over TLS, from the server that was meant, or nothing.
#[test]
fn over_tls_a_zone_comes_from_who_it_should() {
    let ours = free_address();
    let mut primary = PrimaryServer::start(Kind::Bind, &zone_text(1, SLOW), ours);
    let stranger = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let (address, port) = (primary.address, primary.tls.port());
    let config = |listen, trust| {
        let mut config = config(listen, address, KEY);
        let tls = transfer_config(Trust::Pinned(trust), None).unwrap();
        let line = format!("example.org 127.0.0.1@{port} tls=localhost key={KEY}");
        follow(&mut config, &line, Some(&tls));
        config
    };
    let (good, other) = (config(ours, primary.certificate.clone()), free_address());
    let bad = config(other, stranger.cert.der().clone());
    let (good, bad) = (start(&good), start(&bad));
    await_seen(ours, "example.org", &version(1));
    primary.write("example.org", &zone_text(2, SLOW));
    primary.reload();
    await_seen(ours, "example.org", &version(2));
    assert_eq!(
        seen(other, "example.org"),
        "Server Failure",
        "another certificate"
    );
    good.stop();
    bad.stop();
}

/// RFC 8945 §5.3: who has not the secret gets nothing, and is told why.
#[test]
fn a_primary_with_another_secret_is_not_believed() {
    let ours = free_address();
    let primary = PrimaryServer::start(Kind::Bind, &zone_text(1, SLOW), ours);
    let mut config = config(
        ours,
        primary.address,
        "other.127.0.0.1._transfer.example.org",
    );
    config.limits.transfers = 1;
    let secondary = start(&config);
    // The refusal has been heard once the zone is asked for a second time; until then, and after, there is nothing.
    poll(|| {
        match primary
            .log()
            .contains("other.127.0.0.1._transfer.example.org")
            || primary.log().contains("tsig")
        {
            true => Ok(()),
            false => Err(primary.log()),
        }
    });
    assert_eq!(seen(ours, "example.org"), "Server Failure");
    secondary.stop();
}

/// RFC 9432: what a catalog listed is there again at once, as the catalog is.
#[test]
fn members_of_a_catalog_are_served_at_once_while_its_primary_is_away() {
    let (ours, dir) = (free_address(), tempfile::tempdir().unwrap());
    let mut primary = PrimaryServer::start(Kind::Bind, &zone_text(1, SLOW), ours);
    primary.write("catz.example", &catalog(1, &["example.org"]));
    primary.end();
    primary.begin();
    let mut config = config(ours, primary.address, "x.127.0.0.1._transfer");
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
        "$ORIGIN catz.example.\n@ 0 IN SOA invalid. invalid. {serial} {SLOW} 0\n\
         @ 0 IN NS invalid.\nversion 0 IN TXT 2\n"
    );
    members.iter().fold(head, |text, member| {
        let label = member.replace('.', "-");
        text + &format!("{label}.zones 0 IN PTR {member}.\n")
    })
}

fn catalog_line(primary: &PrimaryServer) -> String {
    let port = primary.address.port();
    format!("catalog catz.example 127.0.0.1@{port} key=x.127.0.0.1._transfer")
}

/// A key for the root brings what its primary announces, and RFC 9432 what a catalog lists.
#[test]
fn announced_and_listed_zones_are_followed() {
    let ours = free_address();
    let mut primary = PrimaryServer::start(Kind::Bind, &zone_text(1, SLOW), ours);
    let other = |zone: &str| zone_text(5, SLOW).replace("example.org", zone);
    primary.write("member.example", &other("member.example"));
    primary.write("announced.example", &other("announced.example"));
    primary.write("catz.example", &catalog(1, &["member.example"]));
    primary.end();
    primary.begin();
    let mut config = config(ours, primary.address, "x.127.0.0.1._transfer");
    follow(&mut config, &catalog_line(&primary), None);
    config.follows_keys = true;
    let secondary = start(&config);
    await_seen(ours, "member.example", &version(5));
    assert_eq!(
        seen(ours, "announced.example"),
        "Query Refused",
        "nobody has said so"
    );
    primary.write(
        "announced.example",
        &other("announced.example").replace(" 5 ", " 6 "),
    );
    primary.write("catz.example", &catalog(2, &[]));
    primary.reload();
    await_seen(ours, "announced.example", &version(5));
    await_seen(ours, "member.example", "Query Refused");
    secondary.stop();
}
