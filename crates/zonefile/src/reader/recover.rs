//! Where to go on after a mistake.
//!
//! The rule is: at the next entry. It needs thought only where the mistake hides where that is, at a parenthesis or a
//! quote that is not closed.

use rr::{Class, Rtype};

use super::{File, Problem, Reader, Sink, directive::directive_of, explain};
use crate::{
    conflict,
    lexer::{Fault, Lexeme, Lexer, line_end_from, next_line},
    ttl::read_ttl,
};

impl<S: Sink> Reader<'_, S> {
    #[cold]
    pub(super) fn recover(&mut self, problem: Problem, lexer: &mut Lexer<'_>, file: &mut File<'_>) {
        let skipped = match problem {
            Problem::Fault(fault @ Fault::UnclosedParenthesis(_)) => Err(fault),
            _ => lexer.skip_entry(),
        };
        match (skipped, problem) {
            (
                Err(Fault::UnclosedParenthesis(open)),
                Problem::Fault(fault @ Fault::UnclosedQuote(_)),
            ) => {
                // The quote may well have hidden the closing parenthesis.
                self.report(explain::fault(file, fault));
                lexer.resume(next_entry(file.text, open));
            }
            (Err(Fault::UnclosedParenthesis(open)), _) => self.close_parenthesis(open, lexer, file),
            (_, Problem::Fault(fault)) => {
                self.report(explain::fault(file, fault));
                if let Fault::UnclosedQuote(quote) = fault {
                    lexer.resume(behind_string(file.text, quote, lexer.at()));
                }
            }
            (_, Problem::Error(error)) => self.report(*error),
        }
    }

    /// Reads the entry again as if the parenthesis closed before the next line that looks like an entry.
    fn close_parenthesis(&mut self, open: usize, lexer: &mut Lexer<'_>, file: &mut File<'_>) {
        self.report(explain::fault(file, Fault::UnclosedParenthesis(open)));
        let wall = next_entry(file.text, open);
        let mut again = lexer.cut(wall);
        if again.begin_entry() {
            match self.read_entry(&mut again, file) {
                Ok(()) => {}
                Err(Problem::Fault(fault)) => self.report(explain::fault(file, fault)),
                // What is missing may stand behind the wall.
                Err(Problem::Error(error)) if error.kind.is_absence() => {}
                Err(Problem::Error(error)) => self.report(*error),
            }
        }
        lexer.resume(wall);
    }
}

/// The first line after `at` that looks like the beginning of an entry; the end of the text if there is none.
fn next_entry(text: &[u8], at: usize) -> usize {
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
            Ok(Lexeme::Word { start, end }) if directive_of(&text[start..end]).is_some() => {
                return true;
            }
            Ok(Lexeme::Word { .. }) => {}
            _ => return false,
        }
    }
    while let Ok(Lexeme::Word { start, end }) = lexer.next() {
        let word = &text[start..end];
        if Rtype::from_mnemonic(word).is_some() {
            return matches!(
                lexer.next(),
                Ok(Lexeme::Word { .. } | Lexeme::Quoted { .. })
            );
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
fn behind_string(text: &[u8], quote: usize, resume: usize) -> usize {
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
