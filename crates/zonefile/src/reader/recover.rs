//! Where to go on after a mistake.
//!
//! The rule is: at the next entry. It needs thought only where the mistake hides where that is, at a parenthesis or a
//! quote that is not closed.

use super::{File, Problem, Reader, Sink, explain};
use crate::{
    lexer::{Fault, Lexer},
    resume::{behind_string, next_entry},
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
                lexer.trust_parentheses_less();
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
        lexer.trust_parentheses_less();
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
