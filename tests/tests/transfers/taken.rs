//! From BIND, Knot and NSD: whole zones of many messages, signed and not, and the changes that updates have made.

use std::io::Write;
use std::process::{Command, Stdio};

use rr::Serial;
use tests::name::Name;
use tests::peers::{Kind, Peer, ZoneText};
use transfer::{Asked, Content};
use zone::{Checked, Zone};

use crate::client::{KEY, digest, transferred};

/// Enough for several messages of 64 KiB.
const HOSTS: usize = 4_000;

fn text() -> String {
    let mut text = String::from(
        "$ORIGIN example.org.\n$TTL 300\n@ SOA ns hostmaster 7 3600 600 86400 60\n@ NS ns\nns A 192.0.2.1\n\
         sub NS ns.sub\nns.sub A 192.0.2.2\nhidden.sub TXT hidden\n*.w CNAME ns\nMixed MX 10 NS\n",
    );
    for host in 0..HOSTS {
        let (high, low) = (host >> 8, host & 255);
        text.push_str(&format!(
            "h{host} A 10.0.{high}.{low}\nh{host} TXT \"host {host}\"\n"
        ));
    }
    text
}

fn source(kind: Kind) -> Peer {
    let apex = Name::plain("example.org");
    Peer::giving(kind, &[ZoneText { apex, text: text() }])
}

fn expected() -> Zone<Checked> {
    let apex = rr::Name::from_text("example.org").unwrap();
    let mut builder = zone::Builder::new(apex.clone(), KEY);
    let (mut map, limits) = (zonefile::SourceMap::new(), zonefile::Limits::default());
    let mut none = zonefile::NoSources;
    let errors = zonefile::read_zone(
        apex.as_ref(),
        "zone",
        text(),
        &mut none,
        &limits,
        &mut map,
        &mut builder,
    );
    assert!(errors.is_empty(), "{errors:?}");
    transfer::accept(builder.finish()).unwrap().0
}

fn whole(peer: &Peer, is_signed: bool) -> Zone<Checked> {
    let arrived = transferred(peer, Asked::Whole(None), is_signed);
    assert_eq!(arrived.proof.is_some(), is_signed);
    assert!(arrived.messages > 1, "{} messages", arrived.messages);
    let Content::Whole(zone) = arrived.what else {
        panic!("{:?}", arrived.what)
    };
    transfer::accept(zone).unwrap().0
}

#[test]
fn whole_zones() {
    let expected = expected();
    for kind in Kind::OTHERS {
        let peer = source(kind);
        for is_signed in [false, true] {
            let zone = whole(&peer, is_signed);
            assert_eq!(zone.record_count(), expected.record_count(), "{kind}");
            assert_eq!(digest(&zone), digest(&expected), "{kind}");
        }
    }
}

#[test]
fn changes_that_updates_made() {
    for kind in [Kind::Bind, Kind::Knot] {
        let peer = source(kind);
        let before = whole(&peer, false);
        for number in 1..=20 {
            update(&peer, number);
        }
        let after = whole(&peer, true);
        assert_ne!(digest(&before), digest(&after));
        for is_signed in [false, true] {
            let asked = Asked::Changes(before.clone());
            let arrived = transferred(&peer, asked, is_signed);
            let Content::Changed(zone, steps) = arrived.what else {
                panic!("{kind}: {:?}", arrived.what)
            };
            assert!(!steps.is_empty());
            let (zone, _) = transfer::accept_changes(&before, zone, &steps).unwrap();
            assert_eq!(digest(&zone), digest(&after), "{kind}");
        }
        let nothing = transferred(&peer, Asked::Changes(after.clone()), true);
        let newest = after.serial().unwrap();
        assert!(
            matches!(nothing.what, Content::UpToDate(serial) if serial == newest),
            "{kind}"
        );
    }
}

/// NSD has one version only, and answers with it whole.
#[test]
fn a_whole_zone_as_the_answer_to_changes() {
    let peer = source(Kind::Nsd);
    let old = whole(&peer, false).with_serial(Serial(6)).unwrap();
    let arrived = transferred(&peer, Asked::Changes(old), true);
    let Content::Whole(zone) = arrived.what else {
        panic!("{:?}", arrived.what)
    };
    assert_eq!(
        digest(&transfer::accept(zone).unwrap().0),
        digest(&expected())
    );
}

/// A record that comes, one whose TTL changes, an alias that leads elsewhere, and one that goes.
fn update(peer: &Peer, number: usize) {
    let script = format!(
        "server 127.0.0.1 {}\nzone example.org\nupdate add new{number}.example.org 60 AAAA 2001:db8::{number}\n\
         update delete h{number}.example.org TXT\nupdate delete *.w.example.org CNAME\n\
         update add *.w.example.org 300 CNAME h{}.example.org\nupdate delete hidden.sub.example.org TXT\n\
         update add hidden.sub.example.org {} TXT hidden\nsend\n",
        peer.address.port(),
        number + 100,
        300 + number,
    );
    let mut nsupdate = Command::new("nsupdate")
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    nsupdate
        .stdin
        .take()
        .unwrap()
        .write_all(script.as_bytes())
        .unwrap();
    let output = nsupdate.wait_with_output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{}: {told}\n{}",
        peer.kind,
        peer.process.log()
    );
}
