use rr::{A, Name, RrMap, RrSet, Ttl};

fn main() {
    let mut map = RrMap::default();
    map.insert(A, RrSet::new(Ttl::ZERO, Name::root()));
}
