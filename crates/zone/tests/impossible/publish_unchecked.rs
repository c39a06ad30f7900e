use rr::Name;
use zone::{Builder, HashKey, Published, Revision, Zones};

fn main() {
    let key = HashKey::new([1, 2]);
    let zone = Builder::new(Name::root(), key).finish();
    let revision = Revision::new("none");
    let _ = Zones::new(key, revision.clone()).with(Published { zone, revision });
}
