//! What of an update is left out without an error, and what its sender is told of that.

use rr::Serial;
use update::{Plan, Planned, Policy, Scene, plan};

use crate::support::{NOW, ROOT_KEY, lines, name, no_zones, script, update, zone};

const ZONE: &str = "@ 300 SOA ns mail 10 7200 900 1209600 300\n@ 300 NS ns\nns 300 A 192.0.2.1\n\
    alias 300 CNAME ns\n";

/// The lines of the changes, and the words, of an update.
fn planned(update_lines: &str) -> (Vec<String>, Vec<String>) {
    let (apex, zone) = (name("example.org"), zone("example.org", ZONE));
    let words: Vec<String> = update_lines.lines().map(str::to_owned).collect();
    let message = script::message(&apex, &words);
    let scene = Scene {
        zone: &zone,
        serial: Serial(10),
        zones: &no_zones(),
        policy: &Policy::default(),
        now: NOW,
    };
    let Plan { planned, ignored } = plan(&update(message, ROOT_KEY).unwrap(), &scene).unwrap();
    assert_ne!(planned, Planned::Removal);
    let ignored = ignored.iter().map(ToString::to_string);
    (lines(&planned, &apex), ignored.collect())
}

/// RFC 2136 §3.4.2.2 to §3.4.2.4.
#[test]
fn whatever_is_ignored_is_told() {
    for (update, told) in [
        (
            "update add ns 300 CNAME alias",
            "CNAME of ns.example.org. is left out: there are other records; delete them first",
        ),
        (
            "update add alias 300 A 192.0.2.1",
            "A of alias.example.org. is left out: that is an alias; delete its CNAME first",
        ),
        (
            "update add @ 300 SOA ns mail 10 1 1 1 1",
            "SOA is left out: its serial 10 is not newer than 10, which is served",
        ),
        (
            "update add www 300 SOA ns mail 11 1 1 1 1",
            "SOA of www.example.org. is left out: only the zone itself has one",
        ),
        (
            "update delete @ SOA",
            "SOA of the zone itself stays: it needs one",
        ),
        (
            "update delete @ NS",
            "NS of the zone itself stays: it needs one",
        ),
        (
            "update delete @ NS ns",
            "NS of the zone itself stays: it needs one",
        ),
    ] {
        assert_eq!(planned(update), (vec![], vec![told.to_owned()]), "{update}");
    }
}

#[test]
fn what_is_so_already_and_what_is_done_is_not() {
    for update in [
        "update add alias 300 CNAME ns",
        "update delete nobody",
        "update delete @ NS other",
        "update delete ns AAAA",
    ] {
        assert_eq!(planned(update), (vec![], vec![]), "{update}");
    }
    // One of three steps: the address would have been in the way, the text still is.
    let part = "update add ns 300 TXT \"here\"\nupdate delete ns A\nupdate add ns 300 CNAME alias";
    let (done, told) = planned(part);
    assert_eq!(done, ["+ ns 300 TXT \"here\"", "- ns 300 A 192.0.2.1"]);
    assert_eq!(told.len(), 1, "{told:?}");
}
