//! Changes as options, for those that fit into one line.

use super::record::{self, Ground};
use super::script::Step;
use super::wrong::{Placed, Wrong};
use crate::client::Entry;
use clap::Args;
use rr::text::Words;
use rr::{Class, Rtype, Ttl};

/// Each may be there several times. They are sent together, in the order of the help: prerequisites, what goes, what comes.
#[derive(Debug, Args)]
pub(super) struct Flags {
    /// Do it only if there is 'NAME', 'NAME TYPE', or 'NAME TYPE DATA' and no other of the type
    #[arg(long, value_name = "WHAT")]
    if_exists: Vec<String>,

    /// Do it only if there is no 'NAME', or no 'NAME TYPE'
    #[arg(long, value_name = "WHAT")]
    if_absent: Vec<String>,

    /// Delete 'NAME', 'NAME TYPE' or 'NAME TYPE DATA'
    #[arg(long, value_name = "WHAT")]
    delete: Vec<String>,

    /// Put 'NAME TTL TYPE DATA' in the place of all that NAME has of TYPE
    #[arg(long, value_name = "RECORD")]
    replace: Vec<String>,

    /// Add 'NAME TTL TYPE DATA'
    #[arg(long, value_name = "RECORD")]
    add: Vec<String>,

    /// Give records without a TTL one of SECONDS
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(..=i64::from(Ttl::MAX.as_secs())))]
    ttl: Option<u32>,
}

/// How the words of an option are read.
type Read = fn(&mut Words<'_>, &Ground) -> Result<Entry, Wrong>;

impl Flags {
    pub(super) fn ttl(&self) -> Option<Ttl> {
        self.ttl.map(Ttl::from_secs)
    }

    /// What the options say, as a script says it; nothing where there are none.
    pub(super) fn steps(&self, ground: &Ground) -> Result<Vec<Step>, Vec<Placed>> {
        let mut reading = Reading {
            ground,
            wrong: Vec::new(),
        };
        let require = [
            reading.all("--if-exists", &self.if_exists, exists),
            reading.all("--if-absent", &self.if_absent, absent),
        ]
        .concat();
        let delete = reading.all("--delete", &self.delete, record::delete);
        let replace = reading.all("--replace", &self.replace, record::add);
        let add = reading.all("--add", &self.add, record::add);
        if !reading.wrong.is_empty() {
            return Err(reading.wrong);
        }
        let changes = [delete, cleared(&replace), replace, add].concat();
        let mut steps: Vec<Step> = require.into_iter().map(Step::Require).collect();
        steps.extend(changes.into_iter().map(Step::Change));
        if !steps.is_empty() {
            steps.push(Step::Send);
        }
        Ok(steps)
    }
}

struct Reading<'g> {
    ground: &'g Ground,
    wrong: Vec<Placed>,
}

impl Reading<'_> {
    fn all(&mut self, option: &str, values: &[String], read: Read) -> Vec<Entry> {
        let mut entries = Vec::new();
        for value in values {
            match read(&mut Words::new(value), self.ground) {
                Ok(entry) => entries.push(entry),
                Err(why) => self.wrong.push(why.in_option(option, value)),
            }
        }
        entries
    }
}

fn exists(words: &mut Words<'_>, ground: &Ground) -> Result<Entry, Wrong> {
    let mut ahead = words.clone();
    record::name_in_use(&mut ahead, ground, true).or_else(|_| record::rrset(words, ground))
}

fn absent(words: &mut Words<'_>, ground: &Ground) -> Result<Entry, Wrong> {
    let mut ahead = words.clone();
    record::name_in_use(&mut ahead, ground, false).or_else(|_| record::no_rrset(words, ground))
}

/// The sets that are replaced, each once: records that share one do not remove each other.
fn cleared(replace: &[Entry]) -> Vec<Entry> {
    let mut sets: Vec<Entry> = Vec::new();
    for entry in replace {
        let is_there = |set: &Entry| set.owner == entry.owner && set.rtype == entry.rtype;
        // RFC 2136 §3.4.2.4: an SOA takes the place of the one that is there, which cannot be deleted.
        if entry.rtype != Rtype::SOA && !sets.iter().any(is_there) {
            sets.push(Entry {
                class: Class::ANY,
                ttl: Ttl::ZERO,
                rdata: Box::default(),
                ..entry.clone()
            });
        }
    }
    sets
}
