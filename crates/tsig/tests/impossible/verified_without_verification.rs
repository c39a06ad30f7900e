use std::sync::Arc;
use tsig::{Key, ResponseSigner, Verified};

fn forged<'m>(message: &'m [u8], key: Arc<Key>) -> Verified<'m> {
    Verified { message, key }
}

fn signer_of_ones_own(key: Arc<Key>) -> ResponseSigner {
    ResponseSigner::new(key)
}

fn main() {}
