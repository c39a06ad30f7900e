use rr::data::Soa;
use rr::{RrMap, RrSet, SOA, Ttl};

fn two(a: Soa, b: Soa) {
    let mut set = RrSet::new(Ttl::ZERO, a);
    set.insert(b);
    RrMap::default().insert(SOA, set);
}

fn main() {}
