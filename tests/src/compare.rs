//! Two servers' answers side by side, and the table of differences that are meant.
//!
//! Not compared, because the protocol gives it no meaning: the order of records in a section, the case of names, the
//! UDP size a server offers, and what is left in a truncated answer (RFC 2181 §9; both are asked again over TCP).

use std::collections::BTreeMap;
use std::fmt;

use crate::peers::{Kind, Peer, Server};
use crate::question::Question;
use crate::reply::{Record, Reply};

/// A part of an answer that two servers do not agree on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// Response code, with the upper bits of the OPT record.
    Rcode,
    /// Authoritative answer.
    Aa,
    /// Truncated.
    Tc,
    /// RD, RA, AD and the operation code.
    Header,
    /// The question section, octet for octet.
    Question,
    /// Answer section.
    Answer,
    /// Authority section.
    Authority,
    /// Additional section without the OPT record.
    Additional,
    /// Whether there is an OPT record, its version and its DO bit.
    Opt,
}

/// One question and what ours and one other server say.
#[derive(Debug)]
pub struct Pair<'q> {
    /// What was asked.
    pub question: &'q Question,
    /// Whom ours is compared with.
    pub kind: Kind,
    /// Our answer.
    pub ours: Reply,
    /// The other answer.
    pub theirs: Reply,
}

impl<'q> Pair<'q> {
    /// Asks both over UDP, and over TCP where one of them has to truncate.
    pub fn ask(ours: &dyn Server, theirs: &Peer, question: &'q Question) -> Pair<'q> {
        let udp = Pair {
            question,
            kind: theirs.kind,
            ours: ours.ask(question),
            theirs: theirs.ask(question),
        };
        if !udp.ours.tc && !udp.theirs.tc {
            return udp;
        }
        let (ours_tc, theirs_tc) = (udp.ours.tc, udp.theirs.tc);
        Pair {
            ours: Reply {
                tc: ours_tc,
                ..ours.ask_tcp(question)
            },
            theirs: Reply {
                tc: theirs_tc,
                ..theirs.ask_tcp(question)
            },
            ..udp
        }
    }

    /// What they do not agree on.
    pub fn parts(&self) -> Vec<Part> {
        let (a, b) = (&self.ours, &self.theirs);
        let opt = |reply: &Reply| reply.opt.as_ref().map(|opt| (opt.version, opt.dnssec_ok));
        let unequal = [
            (Part::Rcode, a.rcode != b.rcode),
            (Part::Aa, a.aa != b.aa),
            (Part::Tc, a.tc != b.tc),
            (
                Part::Header,
                (a.rd, a.ra, a.ad, a.opcode) != (b.rd, b.ra, b.ad, b.opcode),
            ),
            (Part::Question, a.question != b.question),
            (Part::Answer, sorted(&a.answer) != sorted(&b.answer)),
            (
                Part::Authority,
                sorted(&a.authority) != sorted(&b.authority),
            ),
            (
                Part::Additional,
                sorted(&a.additional) != sorted(&b.additional),
            ),
            (Part::Opt, opt(a) != opt(b)),
        ];
        unequal
            .into_iter()
            .filter(|(_, unequal)| *unequal)
            .map(|(part, _)| part)
            .collect()
    }
}

impl fmt::Display for Pair<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{}: {:?}\nours\n{}{}\n{}",
            self.question,
            self.parts(),
            self.ours,
            self.kind,
            self.theirs
        )
    }
}

/// A section in an order that means nothing.
pub fn sorted(section: &[Record]) -> Vec<Record> {
    let mut section = section.to_vec();
    section.sort();
    section
}

/// A deliberate difference: a row of `differences.md` with the test that recognises it.
#[derive(Debug)]
pub struct Difference {
    /// As in the first column.
    pub name: &'static str,
    /// What it may change.
    pub parts: &'static [Part],
    /// Whether this pair shows it.
    pub shows: fn(&Pair<'_>) -> bool,
}

/// The rows of a Markdown table whose first column is a name and whose second lists programs.
#[derive(Debug)]
pub struct Table {
    rows: BTreeMap<String, Vec<String>>,
}

impl Table {
    /// Reads all table rows of a text; every cell must say something.
    pub fn read(text: &str) -> Table {
        let rows = text.lines().filter(|line| line.starts_with("| `"));
        let mut table = Table {
            rows: BTreeMap::new(),
        };
        for row in rows {
            let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
            assert!(
                cells.iter().all(|cell| !cell.is_empty()),
                "an empty cell in {row}"
            );
            let programs = cells[1].split(',').map(|program| program.trim().to_owned());
            let name = cells[0].trim_matches('`').to_owned();
            let before = table.rows.insert(name, programs.collect());
            assert!(before.is_none(), "twice: {row}");
        }
        table
    }

    /// All names, sorted.
    pub fn names(&self) -> Vec<&str> {
        self.rows.keys().map(String::as_str).collect()
    }

    /// Every row with every program it is about.
    pub fn rows(&self) -> impl Iterator<Item = (&str, &str)> {
        let rows = self.rows.iter();
        rows.flat_map(|(name, programs)| {
            programs
                .iter()
                .map(|program| (name.as_str(), program.as_str()))
        })
    }

    /// True where the row `name` is about `program`.
    pub fn allows(&self, name: &str, program: &str) -> bool {
        self.rows
            .get(name)
            .is_some_and(|programs| programs.iter().any(|p| p == program))
    }
}
