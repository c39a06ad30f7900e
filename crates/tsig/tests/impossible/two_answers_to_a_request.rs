use tsig::{ResponseSigner, Time, Verified};

fn twice(request: Verified<'_>) -> (ResponseSigner, ResponseSigner) {
    (request.into_signer(), request.into_signer())
}

fn signed_twice(signer: ResponseSigner, answer: &mut Vec<u8>, now: Time) {
    let _ = signer.sign(answer, now);
    let _ = signer.sign(answer, now);
}

fn main() {}
