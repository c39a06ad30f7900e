//! Exit codes, and errors that name their causes and the next step.

use crate::console::Plain;
use serde_json::{Value, json};
use std::error::Error;
use std::fmt;

/// What the shell sees. Stable: scripts depend on these numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Exit(pub(crate) u8);

impl Exit {
    /// Done, nothing to complain about.
    pub(crate) const CLEAN: Exit = Exit(0);
    /// Done, and there is something to look at: findings, an error RCODE, a missing record.
    pub(crate) const FINDINGS: Exit = Exit(1);
    /// The command line makes no sense.
    pub(crate) const USAGE: Exit = Exit(2);
    /// Something could not be read, written or reached.
    pub(crate) const UNREADABLE: Exit = Exit(3);
}

/// How every command ends.
pub(crate) type Outcome = Result<Exit, Failure>;

/// Why a command could not do its work: what failed, the chain of causes, what to do next.
#[derive(Debug)]
pub(crate) struct Failure {
    exit: Exit,
    what: String,
    causes: Vec<String>,
    /// What somebody else said about it, in lines: shown in place of the causes, which are those words in one line.
    said: Vec<String>,
    next: Option<String>,
}

impl Failure {
    /// Something could not be read, written or reached.
    pub(crate) fn unreadable(what: impl Into<String>) -> Failure {
        Failure::new(Exit::UNREADABLE, what.into())
    }

    /// The words are valid but ask for something that cannot be.
    pub(crate) fn usage(what: impl Into<String>) -> Failure {
        Failure::new(Exit::USAGE, what.into())
    }

    fn new(exit: Exit, what: String) -> Failure {
        Failure {
            exit,
            what,
            causes: Vec::new(),
            said: Vec::new(),
            next: None,
        }
    }

    /// Adds `error` and everything beneath it as causes.
    pub(crate) fn because(mut self, error: &dyn Error) -> Failure {
        let mut cause = Some(error);
        while let Some(error) = cause {
            self.add_cause(error.to_string());
            cause = error.source();
        }
        self
    }

    /// Libraries often repeat their source in their own text; once is enough.
    fn add_cause(&mut self, text: String) {
        if self
            .causes
            .last()
            .is_none_or(|above| !above.ends_with(&text))
        {
            self.causes.push(text);
        }
    }

    /// Shows a person the words of a server as it has laid them out.
    pub(crate) fn quoting(mut self, words: &str) -> Failure {
        self.said = words.lines().map(str::to_owned).collect();
        self
    }

    /// Says what to do about it.
    pub(crate) fn next(mut self, step: impl Into<String>) -> Failure {
        self.next = Some(step.into());
        self
    }

    /// The same failure under another exit code.
    pub(crate) fn with_exit(self, exit: Exit) -> Failure {
        Failure { exit, ..self }
    }

    pub(crate) fn exit(&self) -> Exit {
        self.exit
    }

    pub(crate) fn to_json(&self) -> Value {
        json!({ "error": { "message": self.what, "causes": self.causes, "next": self.next } })
    }

    /// True when writing failed because the reader of our output has left, which is no failure of ours.
    pub(crate) fn is_closed_pipe(&self) -> bool {
        self.what == CLOSED_PIPE
    }
}

const CLOSED_PIPE: &str = "the reader of the output has left";

/// Writing the output is the only I/O that commands do through bare `?`.
impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Failure {
        match error.kind() {
            std::io::ErrorKind::BrokenPipe => Failure::unreadable(CLOSED_PIPE),
            _ => Failure::unreadable("cannot write the output").because(&error),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "zonetool: {}", Plain(&self.what))?;
        for line in &self.said {
            write!(f, "\n  remote: {}", Plain(line))?;
        }
        for cause in self.causes.iter().filter(|_| self.said.is_empty()) {
            write!(f, "\n  because: {}", Plain(cause))?;
        }
        match &self.next {
            Some(step) => write!(f, "\n  next: {}", Plain(step)),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_names_its_causes_and_the_next_step() {
        let cause = std::io::Error::other("disk on fire\u{1b}[2J");
        let failure = Failure::unreadable("cannot open `x`")
            .because(&cause)
            .next("buy a disk");
        assert_eq!(
            failure.to_string(),
            "zonetool: cannot open `x`\n  because: disk on fire␛[2J\n  next: buy a disk"
        );
    }
}
