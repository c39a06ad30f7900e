//! Where entries begin, when a mistake hides it: text is looked at without knowing what went before.

use rr::{Class, Rtype};

use crate::{
    conflict,
    lexer::{Lexeme, Lexer, line_end_from, next_line},
    reader::is_directive,
    ttl::read_ttl,
};

/// The first line after `at` that looks like the beginning of an entry; the end of the text if there is none.
pub(crate) fn next_entry(text: &[u8], at: usize) -> usize {
    let mut line = next_line(text, at);
    while line < text.len() && !looks_like_entry(text, line) {
        line = next_line(text, line);
    }
    line
}

/// Whether a type stands where an entry that begins at `line` has it, or the line is a directive or merge marker.
fn looks_like_entry(text: &[u8], line: usize) -> bool {
    let end = line_end_from(text, line);
    if conflict::is_marker(text, line) {
        return true;
    }
    let mut lexer = Lexer::new(&text[..end], line, end - line);
    lexer.begin_entry();
    if !lexer.begins_blank() {
        match lexer.next() {
            Ok(Lexeme::Word { start, end }) if is_directive(&text[start..end]) => {
                return true;
            }
            Ok(Lexeme::Word { .. }) => {}
            _ => return false,
        }
    }
    while let Ok(Lexeme::Word { start, end }) = lexer.next() {
        let word = &text[start..end];
        if Rtype::from_mnemonic(word).is_some() {
            // Data with a mistake of its own is data.
            return !matches!(lexer.next(), Ok(Lexeme::End));
        }
        if Class::from_mnemonic(word).is_none() && read_ttl(word).is_err() {
            return false;
        }
    }
    false
}

/// How many lines a string may run over where its closing quote is looked for.
const STRING_LINES: usize = 64;

/// Where to go on after the entry with the unclosed `quote`, whose recovery ended at `resume`.
///
/// If the string goes on over lines that do not look like entries up to one with a quote that nothing opens, the
/// author broke the string over lines and all of them are passed; otherwise the closing quote is what is missing.
pub(crate) fn behind_string(text: &[u8], quote: usize, resume: usize) -> usize {
    let mut line = next_line(text, quote);
    for _ in 0..STRING_LINES {
        if line >= text.len() || looks_like_entry(text, line) {
            break;
        }
        let end = line_end_from(text, line);
        if quotes(&text[line..end]) % 2 == 1 {
            return next_line(text, line).max(resume);
        }
        line = next_line(text, line);
    }
    resume
}

/// Quotes of a line that no backslash stands before.
fn quotes(line: &[u8]) -> usize {
    let mut escaped = false;
    line.iter()
        .filter(|&&octet| {
            let counts = octet == b'"' && !escaped;
            escaped = octet == b'\\' && !escaped;
            counts
        })
        .count()
}
