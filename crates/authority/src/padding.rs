//! How long responses are made, so that their length says little of what is in them (RFC 7830, RFC 8467).

/// RFC 8467 §4.1: responses are padded to a multiple of 468 octets.
const BLOCK: usize = 468;
/// Code and length of the option.
const HEAD: usize = 4;

/// Octets of padding for a response of `length` octets so far that may have `most`. `None`: there is no room for the
/// option itself.
pub(crate) fn to_block(length: usize, most: usize) -> Option<u16> {
    let least = length + HEAD;
    // RFC 8467 §4.1, RFC 7830 §4: never beyond what the message may have; then as far as that.
    let padded = least.next_multiple_of(BLOCK).min(most);
    let octets = padded.checked_sub(least)?;
    u16::try_from(octets).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn to_the_next_block_and_never_beyond_the_limit() {
        for (length, wanted) in [
            (12, Some(452)),
            (463, Some(1)),
            (464, Some(0)),
            (465, Some(467)),
            (932, Some(0)),
            (933, Some(467)),
            (65_516, Some(0)),
            // 140 blocks are 65,520 octets, and 141 are too many.
            (65_517, Some(14)),
            (65_530, Some(1)),
            (65_531, Some(0)),
            (65_532, None),
            (65_535, None),
        ] {
            assert_eq!(to_block(length, 65_535), wanted, "{length}");
        }
    }

    #[test]
    fn any_length_is_a_block_or_the_limit() {
        for most in [512, 468, 4000, 65_535] {
            for length in 12..=most {
                match to_block(length, most) {
                    None => assert!(length + HEAD > most),
                    Some(octets) => {
                        let padded = length + HEAD + usize::from(octets);
                        assert!(padded.is_multiple_of(BLOCK) || padded == most);
                        assert!(padded <= most && usize::from(octets) < BLOCK);
                    }
                }
            }
        }
    }
}
