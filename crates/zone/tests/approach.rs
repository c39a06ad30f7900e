//! What is fetched ahead is what lookups read.

mod model;

use model::{KEY, published, published_with};
use proptest::prelude::*;
use rr::{Name, NameRef};
use zone::{Lookup, Revision, Zones};

/// What follows the name in a question: type and class.
const REST: [u8; 4] = [0, 1, 0, 1];

proptest! {
    #[test]
    fn a_node_that_is_approached_is_the_one_that_is_found(
        owners in prop::collection::btree_set("[a-z0-9]{1,12}(\\.[a-z]{1,9}){0,3}", 1..40),
    ) {
        let records = |owners: &[String]| owners.iter().map(|owner| format!("{owner} 300 A 192.0.2.1\n")).collect::<String>();
        let owners: Vec<_> = owners.into_iter().collect();
        let zones = Zones::new(KEY, Revision::new("none")).with(published_with("example.", "some", &records(&owners)));
        for owner in owners {
            let name = Name::from_text(&format!("{owner}.Example.")).expect("a name");
            let Some((_, Lookup::Exact(exact))) = zones.lookup(name.as_ref()) else {
                panic!("{owner} is there");
            };
            for question in [name.as_wire().to_ascii_uppercase(), name.as_wire().to_ascii_lowercase()] {
                let message = [&question, &REST[..]].concat();
                let node = zones.approach(&message).and_then(|way| way.node());
                prop_assert!(node.is_none_or(|node| begins(node, exact.owner())));
            }
        }
    }

    #[test]
    fn whatever_the_octets_are(octets in prop::collection::vec(any::<u8>(), 0..300)) {
        let zones = Zones::new(KEY, Revision::new("none")).with(published(".", "root"));
        let _ = zones.approach(&octets).and_then(|way| way.node());
    }
}

/// A prefetch that seldom meets what is read would be of no use, and nobody would notice.
#[test]
fn nearly_every_name_of_a_large_zone_is_met() {
    let hosts: String = (0..20_000)
        .map(|host| format!("Host-{host} 300 A 192.0.2.1\n"))
        .collect();
    let zones =
        Zones::new(KEY, Revision::new("none")).with(published_with("example.", "many", &hosts));
    let met = (0..20_000).filter(|host| {
        let name = Name::from_text(&format!("host-{host}.Example.")).expect("a name");
        let message = [name.as_wire(), &REST[..]].concat();
        let node = zones.approach(&message).and_then(|way| way.node());
        let Some((_, Lookup::Exact(exact))) = zones.lookup(name.as_ref()) else {
            panic!("{name:?} is there");
        };
        node.is_some_and(|node| begins(node, exact.owner()))
    });
    let met = met.count();
    assert!(met > 19_400, "{met} of 20,000");
}

/// Whether the owner stands near the start of what was fetched, not only with the same octets but in the same place.
fn begins(node: &[u8], owner: NameRef<'_>) -> bool {
    let distance = owner
        .as_wire()
        .as_ptr()
        .addr()
        .wrapping_sub(node.as_ptr().addr());
    distance < 8 + 12 * 64
}
