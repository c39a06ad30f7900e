#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, reason = "a test: a panic is its output")]
//! OpenPGP keys that somebody has tampered with: packets left out, moved or changed.

mod support;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use signers::{AllowedSigners, Refusal};
use support::{Desk, NOW, judge};

/// The packets of an exported key, each whole.
fn packets(desk: &Desk, name: &str) -> Vec<Vec<u8>> {
    let block = desk.pgp_public(name);
    let body = block.lines().skip_while(|line| !line.is_empty());
    let body: String = body.filter(|line| !line.starts_with(['-', '='])).collect();
    let (octets, mut packets) = (STANDARD.decode(body).unwrap(), Vec::new());
    let mut rest = &octets[..];
    while !rest.is_empty() {
        // gpg writes keys in the old format, with lengths of one or two octets.
        let length = match rest[0] & 3 {
            0 => 2 + usize::from(rest[1]),
            _ => 3 + usize::from(u16::from_be_bytes([rest[1], rest[2]])),
        };
        let (packet, after) = rest.split_at(length);
        packets.push(packet.to_vec());
        rest = after;
    }
    packets
}

fn block(packets: &[Vec<u8>]) -> String {
    let body = STANDARD.encode(packets.concat());
    format!("-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n{body}\n-----END PGP PUBLIC KEY BLOCK-----\n")
}

fn mistake(packets: &[Vec<u8>]) -> String {
    let mistakes = AllowedSigners::read(block(packets).as_bytes()).unwrap_err();
    mistakes[0].to_string()
}

/// Whether a packet is a signature about this.
fn is_about(packet: &[u8], about: u8) -> bool {
    let body = if packet[0] & 3 == 0 { 2 } else { 3 };
    packet[0] >> 2 & 15 == 2 && packet[body + 1] == about
}

#[test]
fn revocations_are_not_passed_over() {
    let desk = Desk::new();
    let key = desk.pgp_key("ann", "ed25519");
    let before = packets(&desk, "ann");
    desk.edit(NOW, &key, "revkey\ny\n1\n\ny\nsave\n");
    let after = packets(&desk, "ann");
    assert!(AllowedSigners::read(block(&after).as_bytes()).is_ok());
    let at = after.iter().position(|it| is_about(it, 0x20)).unwrap();
    let mut moved = after.clone();
    let revocation = moved.remove(at);
    assert_eq!(moved, before);
    moved.push(revocation.clone());
    assert!(mistake(&moved).contains("does not stand behind its key"));
    let mut changed = after.clone();
    *changed[at].last_mut().unwrap() ^= 1;
    assert!(mistake(&changed).contains("a revocation that cannot be checked"));
    changed[at] = revocation[..revocation.len() - 1].to_vec();
    changed[at][1] -= 1;
    assert!(mistake(&changed).contains("a revocation that cannot be checked"));
    changed[at] = vec![0x88, 2, 3, 5, 0x20];
    changed[at][1] = 3;
    assert!(mistake(&changed).contains("a revocation cannot be read"));
}

#[test]
fn what_the_owner_must_have_said() {
    let desk = Desk::new();
    desk.pgp_key("ann", "ed25519");
    let bob = desk.pgp_key("bob", "ed25519");
    let whole = packets(&desk, "ann");
    let at = whole.iter().position(|it| is_about(it, 0x13)).unwrap();
    let mut without = whole.clone();
    without.remove(at);
    assert!(mistake(&without).contains("its owner says nothing of it"));
    // Another's key and statement do not make it.
    let mut others = whole.clone();
    others[at] = packets(&desk, "bob")
        .into_iter()
        .find(|it| is_about(it, 0x13))
        .unwrap();
    assert!(mistake(&others).contains("its owner says nothing of it"));
    // Another's signature besides means nothing.
    desk.gpg(
        NOW,
        &["-u", &bob, "--quick-sign-key", &desk.fingerprints("ann")[0]],
    );
    let signed = packets(&desk, "ann");
    assert!(signed.len() > whole.len());
    assert_eq!(
        support::list(&block(&signed)),
        support::list(&block(&whole))
    );
    // Another packet in between.
    let mut strange = whole.clone();
    strange.insert(1, vec![0xcb, 1, b'b']);
    assert!(mistake(&strange).contains("a packet of type 11 does not belong there"));
    assert!(mistake(&whole[1..]).contains("does not begin with a public key"));
    assert!(mistake(&[]).contains("no key in the block"));
}

/// RFC 9580 §5.2.1.9: a subkey that has not agreed could be anybody's.
#[test]
fn a_subkey_must_have_agreed() {
    let desk = Desk::new();
    desk.gpg(
        NOW - 1000,
        &["--quick-gen-key", "ann", "ed25519", "cert", "never"],
    );
    let primary = desk.fingerprints("ann").remove(0);
    desk.gpg(
        NOW - 500,
        &["--quick-add-key", &primary, "ed25519", "sign", "never"],
    );
    let subkey = desk.fingerprints("ann").remove(1);
    let commit = desk.commit_by_pgp(NOW, &subkey, "");
    let whole = packets(&desk, "ann");
    assert!(judge(&desk, &block(&whole), &commit).is_ok());
    let refused = Err(Refusal::NotForSigning { key: subkey });
    let at = whole.iter().position(|it| is_about(it, 0x18)).unwrap();
    let start = whole[at]
        .windows(3)
        .position(|it| it == [4, 0x19, 22])
        .unwrap();
    let mut changed = whole.clone();
    // In the numbers of the signature inside, which the one around it does not cover.
    changed[at][start + 100] ^= 1;
    assert_eq!(judge(&desk, &block(&changed), &commit), refused);
    let mut unbound = whole.clone();
    unbound.remove(at);
    assert_eq!(judge(&desk, &block(&unbound), &commit), refused);
}
