use rr::{RrSet, Ttl};
use std::net::Ipv4Addr;

fn main() {
    let by_parts: RrSet<Ipv4Addr> = RrSet { ttl: Ttl::ZERO, data: Vec::new() };
    let by_default: RrSet<Ipv4Addr> = RrSet::default();
}
