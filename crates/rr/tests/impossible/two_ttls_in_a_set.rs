use rr::{RrSet, Ttl};
use std::net::Ipv4Addr;

fn main() {
    let mut set = RrSet::new(Ttl::ZERO, Ipv4Addr::LOCALHOST);
    // A member brings no TTL of its own.
    set.insert(Ttl::MAX, Ipv4Addr::UNSPECIFIED);
}
