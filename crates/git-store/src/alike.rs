//! How far two texts are alike, from either end.

/// Octets that are compared at once.
const CHUNK: usize = 4096;

/// Octets that both begin with.
pub(crate) fn at_start(one: &[u8], other: &[u8]) -> usize {
    let chunks = one.chunks(CHUNK).zip(other.chunks(CHUNK));
    in_chunks(chunks, |(one, other)| {
        let pairs = one.iter().zip(other);
        pairs.take_while(|(one, other)| one == other).count()
    })
}

/// Octets that both end with.
pub(crate) fn at_end(one: &[u8], other: &[u8]) -> usize {
    let chunks = one.rchunks(CHUNK).zip(other.rchunks(CHUNK));
    in_chunks(chunks, |(one, other)| {
        let pairs = one.iter().rev().zip(other.iter().rev());
        pairs.take_while(|(one, other)| one == other).count()
    })
}

/// `rest` tells it of the first chunks that differ.
fn in_chunks<'t>(
    mut chunks: impl Iterator<Item = (&'t [u8], &'t [u8])>,
    rest: impl Fn((&[u8], &[u8])) -> usize,
) -> usize {
    let mut octets = 0;
    loop {
        match chunks.next() {
            Some((one, other)) if one == other => octets += one.len(),
            Some(pair) => return octets + rest(pair),
            None => return octets,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_alike_ends_anywhere() {
        let text: Vec<u8> = (0..3 * CHUNK + 5).map(|at| (at / 7) as u8).collect();
        for at in [0, 1, CHUNK - 1, CHUNK, 2 * CHUNK + 1, text.len() - 1] {
            let mut other = text.clone();
            other[at] ^= 0x80;
            assert_eq!(at_start(&text, &other), at);
            assert_eq!(at_end(&text, &other), text.len() - at - 1);
            assert_eq!(at_start(&text, &text[..at]), at);
            assert_eq!(at_end(&text, &text[at..]), text.len() - at);
        }
    }
}
