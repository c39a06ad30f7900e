//! Whatever is called a record, a zone holds it or says why not, and nothing panics.

mod model;

use model::{KEY, entries, name_below};
use proptest::prelude::*;
use rr::{Class, Name, NameRef, Rtype, Ttl};
use zone::check::defect::DefectKind;
use zone::{Builder, Change, PatchError, RecordRef, Unchecked, Zone, difference};
use zonefile::Pos;

/// Reads all that can be read.
fn read(zone: &Zone<Unchecked>, name: NameRef<'_>) -> usize {
    let _ = (
        zone.soa(),
        zone.serial(),
        zone.nsec3_parameters(),
        format!("{zone:?}"),
    );
    let _ = (
        zone.lookup(name),
        zone.predecessor(name),
        zone.nsec3_cover(name.as_wire()),
        zone.nsec3_match(&[]),
    );
    let sets = zone
        .nodes()
        .flat_map(|node| node.rrsets().chain(node.signatures()));
    sets.map(|set| set.rdatas().count() + zone.places(set).flatten().count())
        .sum()
}

fn rtype() -> impl Strategy<Value = u16> {
    prop_oneof![
        3 => prop::sample::select(vec![1, 2, 5, 6, 15, 33, 39, 46, 47, 50, 51, 257]),
        1 => any::<u16>(),
    ]
}

proptest! {
    #[test]
    fn any_octets_are_held(
        records in prop::collection::vec(
            (name_below(Name::root()), rtype(), prop::collection::vec(any::<u8>(), 0..40), any::<u32>()), 0..40
        ),
        before in entries(Name::root(), 10),
    ) {
        let mut builder = Builder::new(Name::root(), KEY);
        for (owner, rtype, rdata, ttl) in &records {
            let owner = NameRef::from_wire(owner).expect("a name");
            builder.add(owner, Class::IN, Ttl::from_secs(*ttl), Rtype(*rtype), rdata, Pos(1));
        }
        let zone = builder.finish();
        let dropped = zone.defects().iter().filter(|defect| defect.kind != DefectKind::TtlDiffers).count();
        prop_assert_eq!(zone.record_count() + dropped, records.len());
        for (owner, ..) in &records {
            let owner = NameRef::from_wire(owner).expect("a name");
            prop_assert_eq!(read(&zone, owner), 2 * zone.record_count());
        }
        let old = model::build(&Name::root(), &before);
        let changes: Vec<_> = difference(&old, &zone).collect();
        let patched = old.patch(&changes).expect("made for this version");
        prop_assert_eq!(difference(&patched, &zone).count(), 0);
    }
}

#[test]
fn a_record_that_fits_in_no_message_is_refused() {
    let apex = Name::from_text("example").expect("a name");
    for (length, held) in [
        (65_252, true),
        (65_253, false),
        (65_536, false),
        (70_000, false),
    ] {
        let rdata = vec![7; length];
        let mut builder = Builder::new(apex.clone(), KEY);
        builder.add(
            apex.as_ref(),
            Class::IN,
            Ttl::ZERO,
            Rtype(65_280),
            &rdata,
            Pos(3),
        );
        let zone = builder.finish();
        assert_eq!(zone.record_count(), usize::from(held));
        assert_eq!(
            zone.defects()
                .iter()
                .any(|defect| defect.kind == DefectKind::SetTooLarge),
            !held
        );
        let empty = model::build(&apex, &[]);
        let record = RecordRef {
            owner: apex.as_ref(),
            rtype: Rtype(65_280),
            ttl: Ttl::ZERO,
            rdata: &rdata,
            at: None,
        };
        let patched = empty.patch(&[Change::Added(record)]);
        assert_eq!(patched.err(), (!held).then_some(PatchError::TooLarge(0)));
    }
}
