//! The NSEC3 chain: a ring of hashes (RFC 5155 §7.1).

mod model;

use model::{Entry, build, path};
use proptest::prelude::*;
use rr::{Name, write_base32hex};
use std::collections::BTreeSet;
use zone::Nsec3Parameters;

const HASH: [u8; 3] = [0; 3];

fn owner(hash: &[u8], apex: &Name) -> Name {
    let mut label = String::new();
    write_base32hex(hash, &mut label).expect("a String takes all");
    Name::below(label.as_bytes(), apex.as_ref()).expect("a short label")
}

proptest! {
    #[test]
    fn hashes_are_matched_and_covered(
        hashes in prop::collection::btree_set(prop::array::uniform3(0_u8..4), 0..12),
        asked in prop::array::uniform3(0_u8..4),
        other in any::<bool>(),
    ) {
        let apex = Name::from_text("example").expect("a name");
        let nsec3 = |hash: &[u8; 3]| Entry {
            owner: owner(hash, &apex).as_wire().to_vec(),
            rtype: 50,
            rdata: vec![1, 0, 0, 0, 0, 1, 0, 0],
        };
        let mut entries: Vec<Entry> = hashes.iter().map(nsec3).collect();
        // A name of the zone is no link of the chain, wherever it stands.
        if other {
            entries.push(Entry { rtype: 1, rdata: vec![192, 0, 2, 1], ..nsec3(&HASH) });
            entries.retain(|entry| entry.rtype == 1 || entry.owner != nsec3(&HASH).owner);
        }
        let chain: BTreeSet<_> = hashes.into_iter().filter(|hash| !other || *hash != HASH).collect();
        let zone = build(&apex, &entries);
        let found = |node: Option<zone::Node<'_>>| node.map(|node| path(node.owner()));
        let expected = |hash: Option<&[u8; 3]>| hash.map(|hash| path(owner(hash, &apex).as_ref()));
        prop_assert_eq!(found(zone.nsec3_match(&asked)), expected(chain.get(&asked)));
        let before = chain.range(..asked).next_back().or(chain.last());
        prop_assert_eq!(found(zone.nsec3_cover(&asked)), expected(before));
    }
}

#[test]
fn parameters_with_flags_are_not_used() {
    let apex = Name::from_text("example").expect("a name");
    let parameters = |rdata: &[u8]| Entry {
        owner: apex.as_wire().to_vec(),
        rtype: 51,
        rdata: rdata.to_vec(),
    };
    let zone = build(&apex, &[parameters(&[1, 1, 0, 9, 0])]);
    assert_eq!(zone.nsec3_parameters(), None);
    let zone = build(
        &apex,
        &[
            parameters(&[1, 1, 0, 9, 0]),
            parameters(&[1, 0, 1, 2, 2, 0xab, 0xcd]),
        ],
    );
    let expected = Nsec3Parameters {
        algorithm: 1,
        iterations: 258,
        salt: &[0xab, 0xcd],
    };
    assert_eq!(zone.nsec3_parameters(), Some(expected));
}
