use rr::{Binding, Key, RData, RrSet, Rtype};
use std::net::Ipv4Addr;

#[derive(Clone, Copy)]
struct Mine;

impl Key for Mine {
    type Data = Ipv4Addr;
    type Value = RrSet<Ipv4Addr>;
    fn rtype(self) -> Rtype { Rtype(1) }
    fn project(self, _: &Binding) -> Option<&RrSet<Ipv4Addr>> { None }
    fn bind(self, set: RrSet<Ipv4Addr>) -> Binding { Binding::A(set) }
    fn wrap(self, address: Ipv4Addr) -> RData { RData::A(address) }
}

fn main() {}
