use rr::Name;
use zone::{Builder, Checked, HashKey, Zone};

fn main() {
    let zone = Builder::new(Name::root(), HashKey::new([1, 2])).finish();
    let _: Zone<Checked> = zone.into_checked();
}
