use tsig::{Algorithm, Key};

fn main() {
    let secret = rr::Secret::new(*b"0123456789abcdef");
    let key = Key::new(rr::NameRef::ROOT, Algorithm::Sha256, secret).unwrap();
    println!("{key}");
    println!("{:?}", key.secret());
    assert!(key == key);
}
