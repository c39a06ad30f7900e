//! Whether the time that a refusal takes tells how much of a MAC is right, and what signing and verifying cost:
//! `cargo bench -p tsig --bench timing`, by hand, as the figures are those of the machine.
//!
//! As dudect does it: two kinds of forged requests, one whose MAC is wrong in its first octet and one whose MAC is wrong in its
//! last, come in an order left to chance; Welch's t over the times, the slowest tenth cut off, is below 4.5 if nothing can be told.
//! A comparison that ends at the first difference is measured the same way, so that it is seen that something could be.
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a benchmark prints what it measured"
)]

use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use rr::{Name, Rtype};
use tsig::{Keyring, Time, sign_request, text};

const SAMPLES: usize = 1_000_000;
const LINE: &str = "k._update.example.org:SHA256:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
const NOW: Time = Time::from_secs(1_800_000_000);
const MAC_OCTETS: usize = 32;

fn main() {
    let keys = text::read_keys(LINE.as_bytes()).unwrap();
    let request = signed();
    let mac_end = request.len() - 6;
    let wrong_at = |octet: usize| {
        let mut forged = request.clone();
        forged[octet] ^= 1;
        forged
    };
    let forged = [wrong_at(mac_end - MAC_OCTETS), wrong_at(mac_end - 1)];
    let refused = |message: &[u8]| black_box(keys.verify(black_box(message), NOW)).is_err();
    report("refusals", &times(&forged, refused));
    let mac = &request[mac_end - MAC_OCTETS..mac_end];
    let naive = |message: &[u8]| !same(black_box(mac), &message[mac_end - MAC_OCTETS..mac_end]);
    report("a comparison that ends early", &times(&forged, naive));
    costs(&keys, &request);
}

fn signed() -> Vec<u8> {
    let name = Name::from_text("www.example.org").unwrap();
    let mut request = wire::message::query(7, name.as_ref(), Rtype::A);
    sign_request(&Arc::new(text::read_key(LINE).unwrap()), &mut request, NOW).unwrap();
    request
}

/// What must not be done.
#[inline(never)]
fn same(one: &[u8], other: &[u8]) -> bool {
    for (one, other) in one.iter().zip(other) {
        if black_box(one) != black_box(other) {
            return false;
        }
    }
    true
}

/// Nanoseconds of each call, for each kind of message.
fn times(forged: &[Vec<u8>; 2], refused: impl Fn(&[u8]) -> bool) -> [Vec<f64>; 2] {
    let (mut times, mut chance) = ([Vec::new(), Vec::new()], 0x9e37_79b9_7f4a_7c15_u64);
    // Both kinds are copied to one place, so that no cache tells them apart.
    let mut message = forged[0].clone();
    for _ in 0..SAMPLES {
        chance ^= chance << 13;
        chance ^= chance >> 7;
        chance ^= chance << 17;
        let kind = (chance >> 32 & 1) as usize;
        message.copy_from_slice(&forged[kind]);
        let start = Instant::now();
        assert!(refused(&message));
        times[kind].push(start.elapsed().as_nanos() as f64);
    }
    times
}

fn report(what: &str, times: &[Vec<f64>; 2]) {
    let mut all: Vec<f64> = times.iter().flatten().copied().collect();
    all.sort_by(f64::total_cmp);
    let slowest = all[all.len() / 10 * 9];
    let cut = times.each_ref().map(|times| {
        let kept: Vec<f64> = times
            .iter()
            .copied()
            .filter(|time| *time < slowest)
            .collect();
        let mean = kept.iter().sum::<f64>() / kept.len() as f64;
        let squares: f64 = kept.iter().map(|time| (time - mean).powi(2)).sum();
        (mean, squares / kept.len() as f64 / kept.len() as f64)
    });
    let [(first, first_error), (last, last_error)] = cut;
    let t = (first - last) / (first_error + last_error).sqrt();
    println!(
        "{what}: {first:.1} ns wrong in the first octet, {last:.1} ns in the last, t = {t:.1}"
    );
}

fn costs(keys: &Keyring, request: &[u8]) {
    let key = Arc::new(text::read_key(LINE).unwrap());
    let name = Name::from_text("www.example.org").unwrap();
    let plain = wire::message::query(7, name.as_ref(), Rtype::A);
    let each = |what: &str, call: &dyn Fn()| {
        let start = Instant::now();
        (0..SAMPLES / 10).for_each(|_| call());
        println!(
            "{what}: {:.0} ns",
            start.elapsed().as_nanos() as f64 / (SAMPLES / 10) as f64
        );
    };
    each("verify a request", &|| {
        assert!(black_box(keys.verify(request, NOW)).is_ok());
    });
    each("sign a request", &|| {
        let mut message = plain.clone();
        black_box(sign_request(&key, &mut message, NOW)).unwrap();
    });
}
