use rr::{CNAME, Name, RrMap, RrSet, Ttl};

fn main() {
    let mut set = RrSet::new(Ttl::ZERO, Name::root());
    set.insert(Name::root());
    RrMap::default().insert(CNAME, set);
}
