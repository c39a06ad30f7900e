//! `zonetool serial`: which commit is served with which serial, asked from either side.

use super::asked::Branch;
use crate::args::Output;
use crate::console::{Console, Plain, YELLOW};
use crate::failure::{Exit, Failure, Outcome};
use crate::history::{commit_json, commit_line};
use crate::target::{self, Repository};
use clap::Args;
use git_store::{Commit, CommitId};
use primary::{ZoneSerials, ZoneVersion};
use serde_json::{Value, json};
use std::io;
use std::path::PathBuf;

/// Tell which commit is served with which serial
#[derive(Debug, Args)]
#[command(after_help = "\
The primary raises the serial with every commit that changes the zone, whatever its file says, and so that anybody who has \
the history can tell which. A version with mistakes is never served: the last good one before it stays. Without SERIAL or \
COMMIT the versions are listed, newest first; `-` has no serial of its own.

A word of digits is a serial; a commit whose digits happen to be decimal is written with ~0 behind it.

Exit codes:
  0  told
  1  there is no such version
  2  usage
  3  something could not be read

Examples:
  zonetool serial example.org
  zonetool serial example.org 2026112101
  zonetool serial example.org HEAD~3
  zonetool serial example.org --repo /srv/zones.git --state-dir /var/lib/stemma")]
pub(crate) struct Serial {
    /// Take the versions of ZONE
    #[arg(value_name = "ZONE")]
    zone: String,

    /// Find the version with SERIAL, or the one that COMMIT is served with
    #[arg(value_name = "SERIAL|COMMIT")]
    which: Option<String>,

    /// List COUNT versions at most
    #[arg(long, value_name = "COUNT", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..))]
    limit: u32,

    /// Take into account what a primary with this --state-dir has written down
    #[arg(long, value_name = "DIR")]
    state_dir: Option<PathBuf>,

    #[command(flatten)]
    branch: Branch,

    #[command(flatten)]
    output: Output,
}

/// What is asked.
enum Asked<'a> {
    Versions,
    Serial(rr::Serial),
    Commit(&'a str),
}

/// A version in words.
struct Told {
    commit: Commit,
    serial: Option<rr::Serial>,
    until: Option<rr::Serial>,
    stated: Option<rr::Serial>,
    standing: Standing,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Standing {
    Good,
    Bad,
    Gone,
}

impl Standing {
    /// As documents have it.
    fn word(self) -> &'static str {
        match self {
            Standing::Good => "good",
            Standing::Bad => "bad",
            Standing::Gone => "gone",
        }
    }
}

impl Serial {
    pub(crate) fn run(self, console: &mut Console<'_>) -> Outcome {
        console.machine = self.output.is_json();
        let zone = target::zone_name(&self.zone)?;
        let (repository, tip) = self.branch.open()?;
        let asked = self.asked();
        let tip = match asked {
            Asked::Commit(revision) => repository.commit(revision)?,
            _ => repository.commit(&tip)?,
        };
        let state_dir = self.state_dir.as_deref();
        let serials = ZoneSerials::read(&repository.store, tip, &zone, state_dir);
        let history = History {
            repository,
            serials: serials.map_err(|why| unread(&why))?,
            zone: zone.as_str().to_owned(),
            tip,
        };
        let found = match asked {
            Asked::Versions => history.newest(self.limit as usize)?,
            Asked::Serial(serial) => vec![history.with_serial(serial)?],
            Asked::Commit(_) => vec![history.served()?],
        };
        history.print_notes(console)?;
        match self.output.is_json() {
            true => console.json(&json!({
                "zone": history.zone,
                "versions": found.iter().map(Told::to_json).collect::<Vec<_>>(),
            }))?,
            false => found.iter().try_for_each(|told| told.print(console))?,
        }
        Ok(Exit::CLEAN)
    }

    fn asked(&self) -> Asked<'_> {
        match &self.which {
            None => Asked::Versions,
            Some(word) => match word.parse() {
                Ok(serial) if word.bytes().all(|octet| octet.is_ascii_digit()) => {
                    Asked::Serial(rr::Serial(serial))
                }
                _ => Asked::Commit(word),
            },
        }
    }
}

struct History {
    repository: Repository,
    serials: ZoneSerials,
    zone: String,
    tip: CommitId,
}

impl History {
    fn newest(&self, limit: usize) -> Result<Vec<Told>, Failure> {
        let versions = self.serials.versions();
        if versions.is_empty() {
            return Err(self.no_zone());
        }
        let newest = versions.iter().rev().take(limit);
        newest.map(|version| self.told(version)).collect()
    }

    fn with_serial(&self, serial: rr::Serial) -> Result<Told, Failure> {
        let versions = self.serials.versions();
        if versions.is_empty() {
            return Err(self.no_zone());
        }
        let mut all = versions.iter().chain(self.serials.aside());
        let version = all.find(|version| version.was_served_with(serial));
        let told = version.map(|version| self.told(version)).transpose()?;
        match told {
            Some(told) if told.standing == Standing::Good => Ok(told),
            Some(told) => Err(self.never(serial).next(format!(
                "it would be that of commit {}, which is not right: zonetool check {}",
                told.commit.id.short(),
                told.commit.id.short()
            ))),
            None => Err(self.never(serial).next(self.nearest(serial)?)),
        }
    }

    fn served(&self) -> Result<Told, Failure> {
        match self.serials.served().map_err(|why| unread(&why))? {
            Some(version) => self.told(version),
            None if self.serials.versions().is_empty() => Err(self.no_zone()),
            None => Err(none(format!(
                "{} is not served at commit {}",
                self.zone,
                self.tip.short()
            ))
            .next(format!("list its versions: zonetool serial {}", self.zone))),
        }
    }

    fn told(&self, version: &ZoneVersion) -> Result<Told, Failure> {
        let serials = &self.serials;
        let read = || -> git_store::Result<Told> {
            let standing = match (serials.is_gone(version), serials.is_right(version)?) {
                (true, _) => Standing::Gone,
                (_, true) => Standing::Good,
                _ => Standing::Bad,
            };
            Ok(Told {
                commit: self.repository.store.commit(version.commit)?,
                serial: version.serial.filter(|_| standing == Standing::Good),
                until: version.until,
                stated: serials.stated(version)?,
                standing,
            })
        };
        read().map_err(|why| unread(&why))
    }

    fn no_zone(&self) -> Failure {
        let tip = self.tip.short();
        none(format!("no commit up to {tip} has the zone {}", self.zone))
            .next(format!("list the zones: git ls-tree -r --name-only {tip}"))
    }

    fn never(&self, serial: rr::Serial) -> Failure {
        none(format!(
            "{} was never served with serial {serial}",
            self.zone
        ))
    }

    /// The versions before and after a serial that were served, on the circle of RFC 1982.
    fn nearest(&self, serial: rr::Serial) -> Result<String, Failure> {
        let versions = self.serials.versions().iter();
        let mut around: Vec<_> = versions
            .filter_map(|version| Some((version.serial?.0.wrapping_sub(serial.0), version)))
            .collect();
        around.sort_by_key(|(ahead, _)| *ahead);
        let good = |version: &'_ ZoneVersion| match self.serials.is_right(version) {
            Ok(is_right) => is_right.then(|| Ok(version.clone())),
            Err(why) => Some(Err(unread(&why))),
        };
        let before = around.iter().rev().find_map(|(_, version)| good(version));
        let after = around.iter().find_map(|(_, version)| good(version));
        let mut words = Vec::new();
        for version in before.into_iter().chain(after) {
            let ZoneVersion { serial, commit, .. } = version?;
            let serial = serial.map_or(String::new(), |serial| serial.to_string());
            words.push(format!("{serial} (commit {})", commit.short()));
        }
        words.dedup();
        Ok(match words.is_empty() {
            true => format!(
                "no version was right; list them: zonetool serial {}",
                self.zone
            ),
            false => format!("ask for the nearest: {}", words.join(" or ")),
        })
    }

    /// On standard error: the result is told without them.
    fn print_notes(&self, console: &mut Console<'_>) -> io::Result<()> {
        let note = console.paint(YELLOW, "note").to_string();
        if self.serials.is_of_another_history() {
            writeln!(
                console.err,
                "{note}: the state directory is of another history, and was left out of account"
            )?;
        }
        if let Some(commit) = self.serials.cut() {
            writeln!(
                console.err,
                "{note}: the repository does not have what was before commit {}, so a server with all of it may have other serials\n  next: git fetch --unshallow",
                commit.short()
            )?;
        }
        Ok(())
    }
}

impl Told {
    /// `2026112102  7be878e66be1 2026-11-20T14:00:00Z Ada <ada@example.org>: Move www (the file says 5)`
    fn print(&self, console: &mut Console<'_>) -> io::Result<()> {
        let serial = self
            .serial
            .map_or("-".to_owned(), |serial| serial.to_string());
        let note = match (self.standing, self.stated) {
            (Standing::Gone, _) => " (without the zone)".to_owned(),
            (Standing::Bad, _) => " (not right, not served)".to_owned(),
            (Standing::Good, Some(stated)) if self.serial != Some(stated) => {
                format!(" (the file says {stated})")
            }
            _ => String::new(),
        };
        let until = self
            .until
            .map(|until| format!(" (to {until} with ephemeral records)"));
        let note = note + &until.unwrap_or_default();
        let commit = commit_line(&self.commit);
        writeln!(console.out, "{serial:>10}  {commit}{}", Plain(&note))
    }

    /// Fields are only ever added.
    fn to_json(&self) -> Value {
        let mut version = commit_json(&self.commit);
        version["serial"] = json!(self.serial.map(|serial| serial.0));
        version["until"] = json!(self.until.or(self.serial).map(|serial| serial.0));
        version["stated"] = json!(self.stated.map(|serial| serial.0));
        version["standing"] = json!(self.standing.word());
        version
    }
}

/// There is nothing of the kind; that is no fault of the repository.
fn none(what: String) -> Failure {
    Failure::unreadable(what).with_exit(Exit::FINDINGS)
}

fn unread(why: &dyn std::error::Error) -> Failure {
    Failure::unreadable("cannot tell the serials")
        .because(why)
        .next("look at the repository: git fsck")
}
