//! BIND, Knot, NSD, PowerDNS and our own program as primaries of ours.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "../support/mod.rs"]
mod support;

mod catalogs;
mod changes;

use std::thread;

use replication::Pace;
use rr::Rtype;
use secondary::Config;
use stack_os::outgoing::{Trust, transfer_config};
use support::primaries::{Kind, PrimaryServer};
use support::{
    KEY, SECRET, WIDE_KEY, await_seen, config, follow, in_dir, is_expired, seen, start, try_ask,
    version, zone_text,
};
use testbed::poll;
use testbed::process::free_address;
use tsig::Dialect;

/// Refresh and retry that no test waits for, so that it is NOTIFY that counts.
const SLOW: &str = "3600 3600 86400";
const KINDS: [Kind; 5] = [
    Kind::Bind,
    Kind::Knot,
    Kind::Nsd,
    Kind::PowerDns,
    Kind::Ours,
];

/// For each of them, side by side, as most of it is waiting.
fn each(kinds: &[Kind], row: impl Fn(Kind) + Sync) {
    let row = &row;
    thread::scope(|scope| {
        for &kind in kinds {
            let name = format!("{kind:?}");
            let thread = thread::Builder::new().name(name);
            thread.spawn_scoped(scope, move || row(kind)).unwrap();
        }
    });
}

/// RFC 5936, RFC 1996, RFC 8945: a key whose name has the addresses is all that is needed.
#[test]
fn a_key_is_enough_to_follow_by_axfr_and_notify() {
    each(&KINDS, |kind| {
        let ours = free_address();
        let mut primary = PrimaryServer::start(kind, &zone_text(1, SLOW), ours);
        let secondary = start(&config(ours, primary.address, KEY));
        await_seen(ours, "example.org", &version(1));
        for serial in 2..=4 {
            primary.write("example.org", &zone_text(serial, SLOW));
            primary.reload();
            await_seen(ours, "example.org", &version(serial));
        }
        // All of it has come.
        let last = try_ask(ours, "host-1999.example.org", Rtype::A).unwrap();
        assert_eq!(last.answer.len(), 1, "{kind:?}");
        assert_eq!(seen(ours, "other.example"), "Query Refused", "{kind:?}");
        secondary.stop();
    });
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
    config.pace = quick();
    let secondary = start(&config);
    await_seen(ours, "example.org", &version(3));
    primary.end();
    await_seen(ours, "example.org", "Server Failure");
    is_expired(ours, "example.org");
    secondary.stop();
    // Time has gone on.
    let secondary = start(&config);
    is_expired(ours, "example.org");
    primary.begin();
    await_seen(ours, "example.org", &version(3));
    secondary.stop();
}

fn quick() -> Pace {
    Pace {
        refresh_floor_secs: 1,
        retry_floor_secs: 1,
        ..Pace::default()
    }
}

/// RFC 1034 §4.3.5: who is not told otherwise has it until it expires; what else there is goes on.
#[test]
fn a_zone_that_a_primary_no_longer_has_expires_alone_until_it_is_there_again() {
    each(&KINDS, |kind| {
        let ours = free_address();
        let mut primary = PrimaryServer::prepared(kind, ours);
        let other = zone_text(3, SLOW).replace("example.org", "other.example");
        primary.write("other.example", &other);
        primary.write("example.org", &zone_text(3, "1 1 4"));
        primary.begin();
        let mut config = config(ours, primary.address, WIDE_KEY);
        let port = primary.address.port();
        let line = |zone| format!("{zone} 127.0.0.1@{port} key={WIDE_KEY}\n");
        let lines = ["example.org", "other.example"].map(line).concat();
        follow(&mut config, &lines, None);
        config.pace = quick();
        let secondary = start(&config);
        await_seen(ours, "example.org", &version(3));
        await_seen(ours, "other.example", &version(3));
        primary.remove("example.org");
        primary.reload();
        await_seen(ours, "example.org", "Server Failure");
        assert_eq!(seen(ours, "other.example"), version(3), "{kind:?}");
        primary.write("example.org", &zone_text(4, "1 1 4"));
        primary.reload();
        await_seen(ours, "example.org", &version(4));
        secondary.stop();
    });
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
    each(&[Kind::Bind, Kind::Ours], |kind| {
        let ours = free_address();
        let mut primary = PrimaryServer::start(kind, &zone_text(1, SLOW), ours);
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
            "{kind:?}: another certificate"
        );
        good.stop();
        bad.stop();
    });
}

/// RFC 8945 §5.3: who has not the secret gets nothing, and knows why.
#[test]
fn a_primary_with_another_key_or_secret_is_not_believed() {
    each(&KINDS, |kind| {
        let ours = free_address();
        let primary = PrimaryServer::start(kind, &zone_text(1, SLOW), ours);
        let unknown = "other.127.0.0.1._transfer.example.org";
        let other_secret = "OTEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
        let cases = [
            (unknown, SECRET, "it does not know the key (BADKEY)"),
            (
                KEY,
                other_secret,
                "it has another secret for the key (BADSIG)",
            ),
        ];
        for (key, secret, why) in cases {
            // It says no word of keys.
            let is_silent = kind == Kind::PowerDns;
            let why = if is_silent {
                "it does not sign its answers"
            } else {
                why
            };
            let ours = free_address();
            let mut config = config(ours, primary.address, KEY);
            let known = tsig::text::read_key(&format!("{key}:SHA256:{secret}")).unwrap();
            config.server.keys.said = vec![known.into()];
            is_not_believed(&config, &primary, &[why, key]);
        }
    });
}

/// RFC 8945 §5.2.3: whose clock is ahead is told, and by how much.
#[test]
fn a_primary_with_another_clock_is_not_believed() {
    each(&[Kind::Knot, Kind::Ours], |kind| {
        for (off, way) in [
            ("+4500s", "s ahead of ours (BADTIME)"),
            ("-4500s", "s behind ours (BADTIME)"),
        ] {
            let mut primary = PrimaryServer::prepared(kind, free_address());
            primary.clock_off = Some(off);
            primary.write("example.org", &zone_text(1, SLOW));
            primary.begin();
            let config = config(free_address(), primary.address, KEY);
            is_not_believed(&config, &primary, &["its clock is 4", way]);
        }
    });
}

/// The status tells why, in these words among others.
fn is_not_believed(config: &Config, primary: &PrimaryServer, words: &[&str]) {
    let secondary = start(config);
    let failure = || Some(secondary.status().zones?.first()?.last_failure.clone()?.why);
    poll(|| match failure().unwrap_or_default() {
        why if words.iter().all(|word| why.contains(word)) => Ok(()),
        why => Err(format!(
            "{:?}: {why:?}, not {words:?}\n{}",
            primary.kind,
            primary.log()
        )),
    });
    let seen = seen(secondary.addresses()[0], "example.org");
    assert_eq!(seen, "Server Failure", "{:?}", primary.kind);
    secondary.stop();
}

/// The dialect of MirageOS' ocaml-dns, in which each message of a transfer is signed for itself: between both programs, and not
/// with who speaks the other one.
#[test]
fn both_programs_speak_the_dialect_that_the_key_says() {
    for (options, theirs, others) in [
        (
            " transfers=each-alone",
            Dialect::EachAlone,
            Dialect::Chained,
        ),
        ("", Dialect::Chained, Dialect::EachAlone),
    ] {
        let mut primary = PrimaryServer::prepared(Kind::Ours, free_address());
        primary.key_options = options;
        primary.write("example.org", &zone_text(1, SLOW));
        primary.begin();
        let speaking = |dialect| {
            let mut config = config(free_address(), primary.address, KEY);
            let key = tsig::text::read_key(&format!("{KEY}:SHA256:{SECRET}")).unwrap();
            config.server.keys.said = vec![key.with_dialect(dialect).into()];
            config
        };
        let config = speaking(theirs);
        let secondary = start(&config);
        await_seen(secondary.addresses()[0], "example.org", &version(1));
        secondary.stop();
        let why = "a signature of it is wrong or missing";
        is_not_believed(&speaking(others), &primary, &[why, "transfers="]);
    }
}
