//! Inputs that are almost right.

use crate::random::Random;

/// Longest input that is made, in octets.
const MOST: usize = 4096;

/// Octets that mean something to a reader of DNS messages or zone text.
const TELLING: &[u8] = b"\0\x01\x02\x0c\x3f\x40\x7f\x80\xc0\xff \t\r\n\"\\();.@$*#=,0123456789";

/// One of the inputs with one to four changes; sometimes the splice of two.
pub fn mutated(random: &mut Random, inputs: &[&[u8]]) -> Vec<u8> {
    let mut octets = random.pick(inputs).to_vec();
    if random.chance(20) {
        let other = random.pick(inputs);
        octets.truncate(random.below(octets.len() + 1));
        octets.extend(&other[random.below(other.len() + 1)..]);
    }
    for _ in 0..=random.below(4) {
        change(random, &mut octets);
    }
    octets.truncate(MOST);
    octets
}

fn change(random: &mut Random, octets: &mut Vec<u8>) {
    let at = random.below(octets.len());
    let end = (at + 1 + random.below(8)).min(octets.len());
    match random.below(7) {
        0 => octets.insert(at, *random.pick(TELLING)),
        1 => drop(octets.drain(at..end)),
        2 => {
            let copy = octets[at..end].repeat(1 + random.below(40));
            octets.splice(at..at, copy);
        }
        3 => octets.truncate(at),
        _ if octets.is_empty() => octets.push(random.below(256) as u8),
        4 => octets[at] ^= 1 << random.below(8),
        5 => octets[at] = *random.pick(TELLING),
        _ => octets[at] = random.below(256) as u8,
    }
}
