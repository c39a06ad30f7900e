//! A zone that grows and shrinks through thousands of patches stays what a build would give, and
//! does not keep what it no longer needs.

mod model;

use model::{Entry, build, contents};
use rr::{Name, Ttl};
use zone::{Change, RecordRef, Unchecked, Zone, difference};

fn entry(number: u32) -> Entry {
    let owner = Name::from_text(&format!("h{number}.b{}.example", number % 50)).expect("a name");
    Entry {
        owner: owner.as_wire().to_vec(),
        rtype: 16,
        rdata: [&[200; 1][..], &[b'x'; 200]].concat(),
    }
}

fn record(entry: &Entry) -> RecordRef<'_> {
    let ttl = Ttl::from_secs(model::TTL);
    RecordRef {
        owner: entry.owner(),
        rtype: entry.rtype(),
        ttl,
        rdata: &entry.rdata,
        at: None,
    }
}

#[derive(Clone, Copy)]
enum Step {
    Add,
    Remove,
}

/// Adds or removes entries, some at a time.
fn patched(mut zone: Zone<Unchecked>, entries: &[Entry], step: Step) -> Zone<Unchecked> {
    for some in entries.chunks(500) {
        let change = |entry| match step {
            Step::Add => Change::Added(record(entry)),
            Step::Remove => Change::Removed(record(entry)),
        };
        let changes: Vec<_> = some.iter().map(change).collect();
        zone = zone.patch(&changes).expect("made for this version");
    }
    zone
}

#[test]
fn patches_add_up() {
    let apex = Name::from_text("example.").expect("a name");
    let entries: Vec<Entry> = (0..12_000).map(entry).collect();
    let target = build(&apex, &entries);
    let grown = patched(build(&apex, &[]), &entries, Step::Add);
    assert_eq!(contents(&grown), contents(&target));
    assert_eq!(difference(&grown, &target).count(), 0);
    assert!(
        grown.octets() < target.octets() * 3 / 2,
        "{} for {}",
        grown.octets(),
        target.octets()
    );

    let shrunk = patched(grown, &entries[100..], Step::Remove);
    let target = build(&apex, &entries[..100]);
    assert_eq!(contents(&shrunk), contents(&target));
    assert_eq!(shrunk.nodes().count(), target.nodes().count());
    assert!(
        shrunk.octets() < target.octets() + (1 << 20),
        "{} for {}",
        shrunk.octets(),
        target.octets()
    );
}

#[test]
fn a_small_patch_copies_little() {
    let apex = Name::from_text("example.").expect("a name");
    let entries: Vec<Entry> = (0..20_000).map(entry).collect();
    let zone = build(&apex, &entries);
    let added = entry(20_000);
    let patched = zone
        .patch(&[Change::Added(record(&added))])
        .expect("made for this version");
    let changes: Vec<_> = difference(&zone, &patched).collect();
    assert!(matches!(
        changes[..],
        [Change::Added(RecordRef {
            rtype: rr::Rtype::TXT,
            ..
        })]
    ));
    assert!(patched.octets() - zone.octets() < 128 << 10);
}

#[test]
fn a_small_zone_that_changes_often_stays_small() {
    let apex = Name::from_text("example.").expect("a name");
    let (one, other) = (entry(1), entry(2));
    let mut zone = build(&apex, core::slice::from_ref(&one));
    for _ in 0..1_000 {
        zone = patched(zone, core::slice::from_ref(&other), Step::Add);
        zone = patched(zone, core::slice::from_ref(&other), Step::Remove);
        assert!(zone.octets() < 16 << 10, "{}", zone.octets());
    }
    assert_eq!(contents(&zone), contents(&build(&apex, &[one])));
}
