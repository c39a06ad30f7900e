//! A patched zone is the zone that would have been built anew.

mod model;

use model::{Entry, Model, TTL, apex, build, contents, entries, name_below, path, said};
use proptest::prelude::*;
use rr::{NameRef, Ttl};
use zone::{Change, PatchError, RecordRef, difference};

fn record(entry: &Entry) -> RecordRef<'_> {
    let ttl = Ttl::from_secs(TTL);
    RecordRef {
        owner: entry.owner(),
        rtype: entry.rtype(),
        ttl,
        rdata: &entry.rdata,
        at: None,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]
    #[test]
    fn a_patch_gives_what_a_build_gives(
        (apex, steps, questions) in apex().prop_flat_map(|apex| (
            Just(apex.clone()),
            prop::collection::vec(entries(apex.clone(), 16), 2..5),
            prop::collection::vec(name_below(apex), 1..20),
        ))
    ) {
        let mut zone = build(&apex, &steps[0]);
        for step in &steps[1..] {
            let target = build(&apex, step);
            let changes: Vec<_> = difference(&zone, &target).collect();
            let patched = zone.patch(&changes).expect("made for this version");
            prop_assert_eq!(contents(&patched), contents(&target));
            prop_assert_eq!(patched.record_count(), target.record_count());
            let debug = |zone: &zone::Zone<zone::Unchecked>| zone.nodes().map(|node| format!("{node:?}")).collect::<Vec<_>>();
            prop_assert_eq!(debug(&patched), debug(&target));
            for node in target.nodes() {
                prop_assert_eq!(patched.node(node.owner()).map(zone::Node::is_occluded), Some(node.is_occluded()));
            }
            let model = Model::new(apex.as_ref(), step);
            for cut in patched.nodes().filter(|node| node.is_cut()) {
                for name in questions.iter().map(|name| NameRef::from_wire(name).expect("a name")) {
                    let owner = |node: zone::Node<'_>| path(node.owner());
                    prop_assert_eq!(patched.glue(cut, name).map(owner), target.node(name).map(owner));
                    let cut = target.node(cut.owner()).expect("the same names");
                    prop_assert_eq!(target.glue(cut, name).map(owner), target.node(name).map(owner));
                }
            }
            for question in &questions {
                let qname = NameRef::from_wire(question).expect("a name");
                prop_assert_eq!(said(patched.lookup(qname)), model.lookup(qname), "{:?}", qname);
                let owner = |node: zone::Node<'_>| path(node.owner());
                prop_assert_eq!(patched.predecessor(qname).map(owner), target.predecessor(qname).map(owner));
                prop_assert_eq!(patched.nsec3_cover(question).map(owner), target.nsec3_cover(question).map(owner));
            }
            prop_assert_eq!(difference(&patched, &target).count(), 0);
            zone = patched;
        }
    }

    #[test]
    fn what_is_not_there_cannot_be_removed(
        (apex, entries, absent) in apex().prop_flat_map(|apex| (
            Just(apex.clone()), entries(apex.clone(), 8), model::entry(apex),
        ))
    ) {
        let zone = build(&apex, &entries);
        let there = contents(&zone).contains(&(path(absent.owner()), absent.rtype, TTL, absent.rdata.clone()));
        let patched = zone.patch(&[Change::Removed(record(&absent))]);
        prop_assert_eq!(patched.is_ok(), there);
        if !there {
            prop_assert_eq!(patched.err(), Some(PatchError::NotThere(0)));
        }
    }
}

#[test]
fn a_patch_knows_where_its_records_were_written() {
    let apex = rr::Name::from_text("example.").expect("a name");
    let address = |last| Entry {
        owner: apex.as_wire().to_vec(),
        rtype: 1,
        rdata: vec![192, 0, 2, last],
    };
    let (kept, added, again) = (address(2), address(1), address(2));
    let zone = build(&apex, &[kept]);
    let at = |entry, at| RecordRef {
        at: Some(zonefile::Pos(at)),
        ..record(entry)
    };
    let changes = [Change::Added(at(&added, 40)), Change::Added(at(&again, 50))];
    let patched = zone.patch(&changes).expect("made for this version");
    let set = patched.apex_node().rrset(rr::Rtype::A).expect("a set");
    let places: Vec<_> = patched.places(set).collect();
    assert_eq!(places, [Some(zonefile::Pos(40)), None]);
    let defect = patched.defects()[0];
    assert_eq!(defect.kind, zone::check::defect::DefectKind::Duplicate);
    assert_eq!(defect.at, zonefile::Pos(50));
}
