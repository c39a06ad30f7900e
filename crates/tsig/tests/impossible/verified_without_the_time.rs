use tsig::{Awaited, Keyring};

fn request(keys: &Keyring, message: &[u8]) {
    let _ = keys.verify(message);
}

fn answer(awaited: &Awaited, message: &[u8]) {
    let _ = awaited.verify(message);
}

fn main() {}
