//! Names as they stand in messages: where they end, and what they spell.

use rr::wire::MAX_POINTERS;

use crate::fault::FaultKind;

/// Octets a name may take, its final zero included (RFC 1035 §3.1).
pub(crate) const NAME_MAX: usize = 255;
/// The two bits that make a length octet the first half of a pointer (RFC 1035 §4.1.4).
pub(crate) const POINTER: u8 = 0xC0;

/// The octet after the name that begins at `start`, which may end in a pointer.
///
/// The pointer is looked at, not followed: it has to point before the name.
pub(crate) fn end_of(message: &[u8], start: usize) -> Result<usize, FaultKind> {
    let mut at = start;
    loop {
        let length = *message.get(at).ok_or(FaultKind::CutShort)?;
        match length {
            0 => return Ok(at + 1),
            1..=63 => at += 1 + usize::from(length),
            POINTER.. => return end_of_pointer(message, start, at),
            _ => return Err(FaultKind::Name),
        }
        if at - start >= NAME_MAX {
            return Err(FaultKind::Name);
        }
    }
}

/// The octet after the pointer at `at`, in a name that begins at `start`.
fn end_of_pointer(message: &[u8], start: usize, at: usize) -> Result<usize, FaultKind> {
    let target = pointer_at(message, at).ok_or(FaultKind::CutShort)?;
    // RFC 1035 §4.1.4: a *prior* occurrence. Who only ever goes back cannot go in circles.
    if target < start {
        Ok(at + 2)
    } else {
        Err(FaultKind::Pointer)
    }
}

/// Where the pointer at `at` points; `None` at the end of the message or if there is no pointer.
pub(crate) fn pointer_at(message: &[u8], at: usize) -> Option<usize> {
    let high = *message.get(at)?;
    let low = *message.get(at + 1)?;
    (high >= POINTER).then(|| usize::from(high & !POINTER) << 8 | usize::from(low))
}

/// The name at `start` without its pointers, and the octet after its place in the message.
///
/// `spelled` receives the labels and the final zero. Each pointer has to lead before the run of labels it ends, and at
/// most [`MAX_POINTERS`] are followed; the 255 octets of a name end the rest.
pub(crate) fn expand(
    message: &[u8],
    start: usize,
    spelled: &mut [u8; NAME_MAX],
) -> Result<(usize, usize), FaultKind> {
    let mut end = None;
    let mut run = start;
    let mut at = start;
    let mut written = 0;
    let mut pointers = 0;
    loop {
        let length = usize::from(*message.get(at).ok_or(FaultKind::CutShort)?);
        if length >= usize::from(POINTER) {
            let target = pointer_at(message, at).ok_or(FaultKind::CutShort)?;
            pointers += 1;
            if target >= run || pointers > MAX_POINTERS {
                return Err(FaultKind::Pointer);
            }
            end.get_or_insert(at + 2);
            (run, at) = (target, target);
            continue;
        }
        if length > 63 {
            return Err(FaultKind::Name);
        }
        let label = message
            .get(at..at + 1 + length)
            .ok_or(FaultKind::CutShort)?;
        spelled
            .get_mut(written..written + label.len())
            .ok_or(FaultKind::Name)?
            .copy_from_slice(label);
        (at, written) = (at + label.len(), written + label.len());
        if length == 0 {
            return Ok((written, end.unwrap_or(at)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_end_at_255_octets() {
        let mut name = [1; 300];
        name[254] = 0;
        assert_eq!(end_of(&name, 0), Ok(255), "127 labels of one octet");
        name[254] = 1;
        name[256] = 0;
        assert_eq!(end_of(&name, 0), Err(FaultKind::Name));
    }

    /// [`MAX_POINTERS`].
    #[test]
    fn pointers_to_pointers_end() {
        let mut message = b"\x01a\0".to_vec();
        for number in 0..200 {
            let target: u16 = if number == 0 { 0 } else { 3 + 2 * (number - 1) };
            message.extend((0xc000 | target).to_be_bytes());
        }
        let expand = |pointers: usize| expand(&message, 1 + 2 * pointers, &mut [0; NAME_MAX]);
        assert_eq!(expand(MAX_POINTERS), Ok((3, 3 + 2 * MAX_POINTERS)));
        assert_eq!(expand(MAX_POINTERS + 1), Err(FaultKind::Pointer));
    }

    #[test]
    fn pointers_go_back_only() {
        let message = b"\x01a\x00\x01b\xC0\x00\xC0\x07\x01c\xC0\x0B";
        let mut spelled = [0; NAME_MAX];
        assert_eq!(end_of(message, 3), Ok(7));
        assert_eq!(expand(message, 3, &mut spelled), Ok((5, 7)));
        assert_eq!(&spelled[..5], b"\x01b\x01a\x00");
        assert_eq!(end_of(message, 7), Err(FaultKind::Pointer), "to itself");
        assert_eq!(expand(message, 7, &mut spelled), Err(FaultKind::Pointer));
        assert_eq!(
            expand(message, 9, &mut spelled),
            Err(FaultKind::Pointer),
            "into its own run of labels"
        );
    }
}
