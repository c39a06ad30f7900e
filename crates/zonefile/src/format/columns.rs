//! Columns of neighbouring records.

use alloc::vec::Vec;

use super::row::Row;

/// How wide the parts of neighbouring records are.
#[derive(Default)]
pub(super) struct Columns {
    owner: usize,
    ttl: usize,
    class: usize,
    rtype: usize,
    /// Where comments begin.
    comment: usize,
}

/// Owners and lines longer than this do not widen their column for the others.
const WIDE_OWNER: usize = 39;
const WIDE_LINE: usize = 79;

impl Columns {
    pub(super) fn of(rows: &[Row<'_>]) -> Columns {
        let widest = |width: &dyn Fn(&Row<'_>) -> usize| rows.iter().map(width).max().unwrap_or(0);
        let owner = rows
            .iter()
            .map(|row| characters(row.owner))
            .filter(|&width| width <= WIDE_OWNER)
            .max();
        let mut columns = Columns {
            owner: next_stop(owner.unwrap_or(0)),
            ttl: with_blank(widest(&|row| row.ttl.len())),
            class: with_blank(widest(&|row| row.class.len())),
            rtype: next_stop(widest(&|row| row.rtype.len())),
            comment: 0,
        };
        let commented = rows.iter().filter(|row| !row.comment.is_empty());
        let lengths = commented
            .map(|row| characters(&columns.record(row)))
            .filter(|&length| length <= WIDE_LINE);
        columns.comment = lengths.max().map_or(0, |length| length + 1);
        columns
    }

    fn record(&self, row: &Row<'_>) -> Vec<u8> {
        let mut line = Vec::new();
        let mut end = 0;
        for (part, width) in [
            (row.owner, self.owner),
            (&row.ttl, self.ttl),
            (&row.class, self.class),
            (&row.rtype, self.rtype),
        ] {
            line.extend_from_slice(part);
            end += width;
            if width > 0 {
                pad(&mut line, end);
            }
        }
        line.extend_from_slice(&row.data);
        line
    }

    pub(super) fn line(&self, row: &Row<'_>) -> Vec<u8> {
        let mut line = self.record(row);
        with_comment(&mut line, row.comment, self.comment);
        line
    }
}
pub(super) fn with_comment(line: &mut Vec<u8>, comment: &[u8], column: usize) {
    if !comment.is_empty() {
        pad(line, column);
        line.extend_from_slice(comment);
    }
}

/// Blanks up to `column`, at least one.
fn pad(line: &mut Vec<u8>, column: usize) {
    let blanks = column.saturating_sub(characters(line)).max(1);
    line.resize(line.len() + blanks, b' ');
}

fn with_blank(width: usize) -> usize {
    if width == 0 { 0 } else { width + 1 }
}

/// The next multiple of eight that leaves room for a blank.
fn next_stop(width: usize) -> usize {
    (width + 1).next_multiple_of(8)
}

fn characters(octets: &[u8]) -> usize {
    octets.iter().filter(|&&octet| octet & 0xc0 != 0x80).count()
}
