//! The script language of nsupdate.
//!
//! All of a script is read before anything is sent, so that one with a mistake does nothing.

mod lines;

use super::record::{self, Ground, Word};
use super::wrong::{Placed, Wrong};
use crate::client::Entry;
use lines::Lines;
use rr::text::Words;
use rr::{Class, Name, NameRef};
use std::sync::Arc;
use tsig::Key;
use zeroize::Zeroizing;

/// The longest script in octets.
pub(super) const SCRIPT_OCTETS: usize = 16 << 20;

/// What a script does, in its order.
#[derive(Debug)]
pub(super) enum Step {
    /// `ADDRESS:PORT`
    Server(String),
    Zone(Name),
    Class(Class),
    Key(Arc<Key>),
    Require(Entry),
    Change(Entry),
    Send,
    Show,
    Answer,
    Debug,
}

/// Reads a script that is called `file` in complaints.
pub(super) fn read(file: &str, text: &str, ground: Ground) -> Result<Vec<Step>, Vec<Placed>> {
    let mut reader = Reader {
        ground,
        unsent: None,
        ended: false,
    };
    let mut steps = Vec::new();
    let mut wrong = Vec::new();
    let lines = match Lines::of(text) {
        Ok(lines) => lines,
        Err(why) => return Err(vec![why.in_text(file, text)]),
    };
    for (start, line) in lines.all() {
        match reader.line(line) {
            Ok(step) => {
                reader.count(&step, start);
                steps.extend(step);
            }
            Err(why) => wrong.push(why.moved(start).in_text(file, text)),
        }
        if reader.ended {
            break;
        }
    }
    // As nsupdate does not send it either; it says nothing of it.
    if let Some(start) = reader.unsent {
        let why = Wrong::at(
            start,
            "nothing sends this",
            "end the script with the line `send`",
        );
        wrong.push(why.in_text(file, text));
    }
    match wrong.is_empty() {
        true => Ok(steps),
        false => Err(wrong),
    }
}

struct Reader {
    ground: Ground,
    /// Where the first entry stands that nothing has sent.
    unsent: Option<usize>,
    ended: bool,
}

impl Reader {
    fn count(&mut self, step: &Option<Step>, start: usize) {
        match step {
            Some(Step::Require(_) | Step::Change(_)) => {
                self.unsent.get_or_insert(start);
            }
            Some(Step::Send) => self.unsent = None,
            _ => {}
        }
    }

    /// One command; an empty line sends what there is to send.
    fn line(&mut self, line: &str) -> Result<Option<Step>, Wrong> {
        let mut words = Words::new(line);
        let Some(command) = record::word(&mut words)? else {
            return Ok(self.unsent.map(|_| Step::Send));
        };
        match command.text.to_ascii_lowercase().as_str() {
            "prereq" => self.prerequisite(&sub(&mut words, "yxrrset")?, &mut words),
            "update" => self.change(&sub(&mut words, "add")?, &mut words),
            "nxdomain" | "yxdomain" | "nxrrset" | "yxrrset" => {
                self.prerequisite(&command, &mut words)
            }
            "add" | "del" | "delete" => self.change(&command, &mut words),
            "server" => server(&mut words).map(Some),
            "zone" => zone(&mut words).map(Some),
            "class" => self.class(&mut words).map(Some),
            "ttl" => self.ttl(&mut words).map(|()| None),
            "key" => key(&mut words).map(Some),
            _ => self.plain(&command, &mut words),
        }
    }

    /// Commands of one word.
    fn plain(&mut self, command: &Word, words: &mut Words<'_>) -> Result<Option<Step>, Wrong> {
        let step = match command.text.to_ascii_lowercase().as_str() {
            "send" => Some(Step::Send),
            "show" => Some(Step::Show),
            "answer" => Some(Step::Answer),
            "debug" => Some(Step::Debug),
            "quit" => {
                self.ended = true;
                None
            }
            _ => return Err(unknown(command)),
        };
        record::end(words)?;
        Ok(step)
    }

    fn prerequisite(&self, kind: &Word, words: &mut Words<'_>) -> Result<Option<Step>, Wrong> {
        let ground = &self.ground;
        let entry = match kind.text.to_ascii_lowercase().as_str() {
            "nxdomain" => record::name_in_use(words, ground, false),
            "yxdomain" => record::name_in_use(words, ground, true),
            "nxrrset" => record::no_rrset(words, ground),
            "yxrrset" => record::rrset(words, ground),
            _ => Err(unknown(kind)),
        };
        entry.map(|entry| Some(Step::Require(entry)))
    }

    fn change(&self, kind: &Word, words: &mut Words<'_>) -> Result<Option<Step>, Wrong> {
        let entry = match kind.text.to_ascii_lowercase().as_str() {
            "add" => record::add(words, &self.ground),
            "del" | "delete" => record::delete(words, &self.ground),
            _ => Err(unknown(kind)),
        };
        entry.map(|entry| Some(Step::Change(entry)))
    }

    fn class(&mut self, words: &mut Words<'_>) -> Result<Step, Wrong> {
        let word = argument(words, "class", "class IN")?;
        let class = word.text.parse();
        let class: Class = class.map_err(|_| {
            let what = format!("`{}` is no class", word.text);
            Wrong::new(&word, what, "write IN, CH or HS")
        })?;
        self.ground.class = class;
        record::end(words)?;
        Ok(Step::Class(class))
    }

    fn ttl(&mut self, words: &mut Words<'_>) -> Result<(), Wrong> {
        let word = argument(words, "TTL", "ttl 300")?;
        self.ground.ttl = match word.text.as_str() {
            "none" => None,
            _ => Some(record::time_to_live(&word)?),
        };
        record::end(words)
    }
}

fn argument(words: &mut Words<'_>, what: &str, such_as: &str) -> Result<Word, Wrong> {
    use rr::text::Tokens;
    let found = record::word(words)?;
    found.ok_or_else(|| Wrong::missing(words.offset(), what, &format!("write it as `{such_as}`")))
}

/// What follows `update` and `prereq`.
fn sub(words: &mut Words<'_>, such_as: &str) -> Result<Word, Wrong> {
    argument(words, "kind", such_as)
}

fn server(words: &mut Words<'_>) -> Result<Step, Wrong> {
    let server = argument(words, "server", "server 192.0.2.1 53")?;
    let server_and_port = match record::word(words)? {
        None => server.text,
        Some(port) if port.text.parse::<u16>().is_ok() => match server.text.contains(':') {
            true => format!("[{}]:{}", server.text, port.text),
            false => format!("{}:{}", server.text, port.text),
        },
        Some(port) => {
            let what = format!("`{}` is no port", port.text);
            return Err(Wrong::new(
                &port,
                what,
                "write a number up to 65535, or none",
            ));
        }
    };
    record::end(words)?;
    Ok(Step::Server(server_and_port))
}

fn zone(words: &mut Words<'_>) -> Result<Step, Wrong> {
    let word = argument(words, "name of the zone", "zone example.org")?;
    let name = record::name(&word, NameRef::ROOT)?;
    record::end(words)?;
    Ok(Step::Zone(name))
}

/// `key [ALGORITHM:]NAME SECRET`; the algorithm that nsupdate takes where none is written is HMAC-MD5 no more, but SHA-256.
fn key(words: &mut Words<'_>) -> Result<Step, Wrong> {
    let word = argument(words, "name of the key", "key hmac-sha256:NAME SECRET")?;
    let secret = argument(words, "secret", "key hmac-sha256:NAME SECRET")?;
    let secret = Zeroizing::new(secret.text);
    let (algorithm, name) = word
        .text
        .split_once(':')
        .unwrap_or(("hmac-sha256", &word.text));
    let line = Zeroizing::new(format!("{name}:{algorithm}:{}", secret.as_str()));
    let key = tsig::text::read_key(&line);
    // The cause never has the secret in it.
    let key = key.map_err(|why| {
        Wrong::new(
            &word,
            format!("this is no key: {why}"),
            "write key hmac-sha256:NAME SECRET",
        )
    })?;
    record::end(words)?;
    Ok(Step::Key(Arc::new(key)))
}

fn unknown(command: &Word) -> Wrong {
    const NOT_HERE: [&str; 7] = [
        "local",
        "gsstsig",
        "oldgsstsig",
        "realm",
        "check-names",
        "check-svcb",
        "version",
    ];
    let text = command.text.to_ascii_lowercase();
    match NOT_HERE.contains(&text.as_str()) {
        true => Wrong::new(
            command,
            format!("`{text}` of nsupdate is not there"),
            "leave the line out",
        ),
        false => Wrong::new(
            command,
            format!("there is no command `{}`", command.text),
            "server, zone, class, ttl, key, prereq, update add, update delete, send, show, answer, debug and quit are",
        ),
    }
}

#[cfg(test)]
mod tests;
