//! Fewer and larger pages under memory that is read at random.

use std::collections::BTreeMap;
use std::ops::Range;

/// Octets of a large page, on every machine that serves DNS; where it is another size, the kernel refuses or does more.
const LARGE_PAGE: usize = 2 << 20;
/// `MADV_COLLAPSE`, since Linux 6.1.
const COLLAPSE: libc::c_int = 25;

/// Has the kernel put the memory around these pieces into large pages, wherever they fill at least half of one. The processor
/// then finds its way to any of them with a few entries of its tables, where thousands of small pages would want one each. Takes
/// about half a millisecond for each large page, in which whoever reads there may wait. Contents, rights and addresses stay.
///
/// Returns how many large pages there are now. None is no fault: the kernel may be older, be told never to do it, or have no
/// such piece of memory left.
pub fn gather_in_large_pages(pieces: impl Iterator<Item = Range<*const u8>>) -> usize {
    let mut filled = BTreeMap::<usize, usize>::new();
    for piece in pieces {
        fill(&mut filled, piece.start.addr()..piece.end.addr());
    }
    filled.retain(|_, octets| *octets >= LARGE_PAGE / 2);
    filled
        .keys()
        .filter(|page| collapse(**page * LARGE_PAGE))
        .count()
}

/// Counts the octets of a piece in each large page that it touches.
fn fill(filled: &mut BTreeMap<usize, usize>, mut piece: Range<usize>) {
    while piece.start < piece.end {
        let page = piece.start / LARGE_PAGE;
        let end = piece.end.min((page + 1) * LARGE_PAGE);
        *filled.entry(page).or_default() += end - piece.start;
        piece.start = end;
    }
}

fn collapse(address: usize) -> bool {
    let address = std::ptr::without_provenance_mut(address);
    // SAFETY: this advice changes how memory is mapped and nothing that a program could read or write through it, whatever
    // is at the address; where nothing is, the call fails.
    let result = unsafe { libc::madvise(address, LARGE_PAGE, COLLAPSE) };
    result == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn octets_stay_and_pages_grow() {
        let octets: Vec<u8> = (0..8 * LARGE_PAGE).map(|at| (at / 4096) as u8).collect();
        let pieces = octets.chunks(64 * 1024).map(<[u8]>::as_ptr_range);
        let gathered = gather_in_large_pages(pieces);
        assert!(
            octets
                .iter()
                .enumerate()
                .all(|(at, octet)| *octet == (at / 4096) as u8)
        );
        assert!(
            gathered <= 8,
            "eight and a half are touched, two of them at the rim"
        );
        if is_possible() {
            assert!(gathered >= 6, "{gathered} large pages");
        }
    }

    #[test]
    fn what_fills_less_than_half_stays_as_it_is() {
        let octets = vec![1_u8; LARGE_PAGE / 4];
        assert_eq!(
            gather_in_large_pages([octets.as_ptr_range()].into_iter()),
            0
        );
    }

    #[test]
    fn pieces_are_counted_in_the_pages_they_touch() {
        let mut filled = BTreeMap::new();
        fill(&mut filled, LARGE_PAGE - 10..2 * LARGE_PAGE + 5);
        fill(&mut filled, 0..3);
        let expected = [(0, 13), (1, LARGE_PAGE), (2, 5)];
        assert_eq!(filled, BTreeMap::from(expected));
    }

    /// Whether this kernel knows the advice and may follow it.
    fn is_possible() -> bool {
        let read = |path| std::fs::read_to_string(path).unwrap_or_default();
        let release = read("/proc/sys/kernel/osrelease");
        let mut numbers = release
            .split(['.', '-'])
            .map(|part| part.parse().unwrap_or(0));
        let version: (u32, u32) = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
        let enabled = read("/sys/kernel/mm/transparent_hugepage/enabled");
        version >= (6, 1) && enabled.contains("madvise") && !enabled.contains("[never]")
    }
}
