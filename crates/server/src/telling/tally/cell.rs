//! Where an answer is counted, told by its octets.

/// Types of questions that are counted by name, those of zones and of questions in use.
pub(crate) const TYPES: [u16; 26] = [
    1, 2, 5, 6, 12, 13, 15, 16, 28, 29, 33, 35, 39, 43, 44, 46, 47, 48, 50, 51, 52, 64, 65, 252,
    255, 257,
];
/// A type that is not among them.
pub(crate) const OTHER_TYPE: usize = TYPES.len();
/// A message without a question.
pub(crate) const NO_QUESTION: usize = TYPES.len() + 1;
pub(super) const COLUMNS: usize = TYPES.len() + 2;

/// Response codes that this server gives (RFC 1035 §4.1.1, RFC 2136 §2.2, RFC 6891 §9, RFC 7873 §8).
pub(crate) const RCODES: [(u8, &str); 13] = [
    (0, "NOERROR"),
    (1, "FORMERR"),
    (2, "SERVFAIL"),
    (3, "NXDOMAIN"),
    (4, "NOTIMP"),
    (5, "REFUSED"),
    (6, "YXDOMAIN"),
    (7, "YXRRSET"),
    (8, "NXRRSET"),
    (9, "NOTAUTH"),
    (10, "NOTZONE"),
    (16, "BADVERS"),
    (23, "BADCOOKIE"),
];
/// A code that is not among them.
pub(crate) const OTHER_RCODE: usize = RCODES.len();
pub(super) const ROWS: usize = RCODES.len() + 1;

/// The row and the column of an answer.
#[inline]
pub(super) fn cell(answer: &[u8]) -> (usize, usize) {
    const ROW: [u8; 256] = rows();
    let Some([_, _, _, flags, counts @ ..]) = answer.first_chunk::<12>() else {
        return (OTHER_RCODE, NO_QUESTION);
    };
    let counts = u64::from_be_bytes(*counts);
    let (mut at, mut column) = (12, NO_QUESTION);
    if counts >> 48 == 1 {
        (at, column) = question_type(answer);
    }
    let mut rcode = flags & 0xF;
    if counts & 0xFFFF_FFFF_FFFF == 1 {
        rcode |= upper_bits(answer.get(at..).unwrap_or_default());
    }
    (ROW[usize::from(rcode)].into(), column)
}

/// Where the question ends, and the column of its type. Names of questions are not compressed.
#[inline]
fn question_type(answer: &[u8]) -> (usize, usize) {
    let mut at = 12;
    while let Some(&length) = answer.get(at) {
        at += usize::from(length) + 1;
        if length == 0 {
            break;
        }
    }
    match answer.get(at..at + 2) {
        Some(&[high, low]) => (at + 4, column(u16::from_be_bytes([high, low]))),
        _ => (at, NO_QUESTION),
    }
}

/// RFC 6891 §6.1.3: the OPT record has the upper bits of the code. They are set only in responses without any other record.
fn upper_bits(records: &[u8]) -> u8 {
    match records {
        [0, 0, 41, _, _, upper, ..] => (upper & 0xF) << 4,
        _ => 0,
    }
}

#[inline]
fn column(rtype: u16) -> usize {
    const COLUMN: [u8; 512] = columns();
    match COLUMN.get(usize::from(rtype)) {
        Some(column) => usize::from(*column),
        None => OTHER_TYPE,
    }
}

const fn rows() -> [u8; 256] {
    let mut rows = [OTHER_RCODE as u8; 256];
    let mut row = 0;
    while row < RCODES.len() {
        rows[RCODES[row].0 as usize] = row as u8;
        row += 1;
    }
    rows
}

const fn columns() -> [u8; 512] {
    let mut columns = [OTHER_TYPE as u8; 512];
    let mut column = 0;
    while column < TYPES.len() {
        columns[TYPES[column] as usize] = column as u8;
        column += 1;
    }
    columns
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(rcode: u8, counts: [u8; 4], rest: &[u8]) -> Vec<u8> {
        let [question, answer, authority, additional] = counts;
        let counts = [0, question, 0, answer, 0, authority, 0, additional];
        let header = [0, 1, 0x80, rcode].into_iter().chain(counts);
        header.chain(rest.iter().copied()).collect()
    }

    fn named(cell: (usize, usize)) -> (&'static str, u16) {
        let rcode = RCODES.get(cell.0).map_or("other", |(_, name)| name);
        (rcode, TYPES.get(cell.1).copied().unwrap_or(cell.1 as u16))
    }

    #[test]
    fn an_answer_tells_its_code_and_type() {
        let www = b"\x03www\x07exam\0le\0\0\x1c\0\x01";
        let opt = |upper| [&www[..], &[0, 0, 41, 4, 208, upper, 0, 0, 0, 0, 0]].concat();
        let (other, none) = (OTHER_TYPE as u16, NO_QUESTION as u16);
        for (octets, wanted) in [
            (answer(0, [1, 0, 0, 0], www), ("NOERROR", 28)),
            (answer(3, [1, 0, 1, 1], &opt(1)), ("NXDOMAIN", 28)),
            (answer(0, [1, 0, 0, 1], &opt(1)), ("BADVERS", 28)),
            (answer(7, [1, 0, 0, 1], &opt(1)), ("BADCOOKIE", 28)),
            (answer(9, [1, 0, 0, 0], www), ("NOTAUTH", 28)),
            (answer(10, [1, 0, 0, 0], www), ("NOTZONE", 28)),
            (answer(11, [1, 0, 0, 0], www), ("other", 28)),
            (answer(5, [1, 0, 0, 0], &[0, 1, 1, 0, 1]), ("REFUSED", 257)),
            (
                answer(5, [1, 0, 0, 0], &[0, 9, 1, 0, 1]),
                ("REFUSED", other),
            ),
            (answer(1, [0, 0, 0, 0], &[]), ("FORMERR", none)),
            (answer(1, [1, 0, 0, 0], &[63]), ("FORMERR", none)),
            (vec![0; 3], ("other", none)),
        ] {
            assert_eq!(named(cell(&octets)), wanted, "{octets:?}");
        }
    }
}
