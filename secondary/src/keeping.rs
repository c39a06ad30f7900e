//! Zones that outlive the process.
//!
//! # What is promised
//! A zone that was served is there after a restart, as a whole, with the time until which it may be answered from; that goes on
//! counting while nothing runs. A zone that cannot be written is served all the same, and told.
//!
//! # How it is stored
//! `DIR/LABEL.zone` is zone text, written aside, synced and renamed, with the directory synced after it; its first line says until
//! when it is good. `DIR/LABEL.until` has a later time, once a primary has confirmed the zone; it is replaced by renaming and
//! not synced: what is lost of it makes the time shorter, not longer. `DIR/announced` has a line for each zone that a primary
//! announced, and from where. LABEL follows from the zone's name, which may be longer
//! than a file's.
//!
//! # What is read after a crash
//! A file is whole or not there. One that cannot be read is told and left alone; the zone is fetched.
//!
//! # What is deliberately not done
//! No journal of changes: a zone is written as a whole. Times are those of the clock on the wall, as nothing else goes on over a
//! restart: one that was set back makes a zone live longer, but never longer than its SOA record says.

use std::fmt::Write as _;
use std::fs::{self, File, TryLockError};
use std::io::{self, BufWriter, Write};
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use rr::{Name, NameRef};
use stack_os::Clock;
use zone::{Builder, Checked, HashKey, RrsetRef, Zone};
use zonefile::{Limits, NoSources, SourceMap, read_zone};

use crate::failure::Failure;

/// The file with the zones that were announced.
const ANNOUNCED: &str = "announced";
/// How the first line begins.
const HEAD: &str = "; kept by secondary, good until ";

/// A directory that is this process's alone for as long as it lives.
#[derive(Debug)]
pub(crate) struct Keeper {
    dir: PathBuf,
    _lock: File,
    clock: Clock,
}

impl Keeper {
    /// Opens the directory, or makes it.
    pub(crate) fn open(dir: &Path, clock: &Clock) -> Result<Keeper, Failure> {
        let lock = lock(dir).map_err(|why| Failure::State {
            path: dir.to_owned(),
            why: format!("{why}; name another directory with --state-dir DIR"),
        })?;
        Ok(Keeper {
            dir: dir.to_owned(),
            _lock: lock,
            clock: clock.clone(),
        })
    }

    /// Keeps a zone in place of the version before.
    pub(crate) fn keep(&self, zone: &Zone<Checked>, left_secs: u32) -> io::Result<()> {
        let path = self.path(zone.apex(), "zone");
        let aside = path.with_extension("new");
        let mut out = BufWriter::new(File::create(&aside)?);
        writeln!(out, "{HEAD}{}", self.now_secs() + u64::from(left_secs))?;
        write_zone(zone, &mut out)?;
        out.into_inner()?.sync_all()?;
        remove(&path.with_extension("until"))?;
        fs::rename(&aside, &path)?;
        File::open(&self.dir)?.sync_all()
    }

    /// A primary has confirmed the version that is kept.
    pub(crate) fn confirm(&self, zone: NameRef<'_>, left_secs: u32) -> io::Result<()> {
        let path = self.path(zone, "until");
        let aside = path.with_extension("until-new");
        fs::write(&aside, (self.now_secs() + u64::from(left_secs)).to_string())?;
        fs::rename(&aside, &path)
    }

    /// Forgets a zone.
    pub(crate) fn forget(&self, zone: NameRef<'_>) -> io::Result<()> {
        remove(&self.path(zone, "until"))?;
        remove(&self.path(zone, "zone"))
    }

    /// The version of a zone that is kept, and for how many seconds it is still good; none if there is none.
    pub(crate) fn read(
        &self,
        zone: &Name,
        key: HashKey,
    ) -> Result<Option<(Zone<Checked>, u32)>, String> {
        let path = self.path(zone.as_ref(), "zone");
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(why) if why.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(why) => return Err(why.to_string()),
        };
        let head = text.lines().next().and_then(|line| line.strip_prefix(HEAD));
        let written: u64 = head
            .and_then(|word| word.parse().ok())
            .ok_or("its first line is not ours")?;
        let later = fs::read_to_string(path.with_extension("until"));
        let later = later.ok().and_then(|word| word.parse().ok());
        let until = later.unwrap_or(written).max(written);
        let left = u32::try_from(until.saturating_sub(self.now_secs())).unwrap_or(u32::MAX);
        let zone = parse(zone, &text, key)?;
        Ok(Some((zone, left)))
    }

    /// Keeps which zones were announced, and from where.
    pub(crate) fn keep_announced<'z>(
        &self,
        zones: impl Iterator<Item = (&'z Name, IpAddr)>,
    ) -> io::Result<()> {
        let mut text = String::new();
        zones.for_each(|(zone, from)| text += &format!("{zone} {from}\n"));
        let (path, aside) = (self.dir.join(ANNOUNCED), self.dir.join("announced-new"));
        let mut file = File::create(&aside)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&aside, &path)?;
        File::open(&self.dir)?.sync_all()
    }

    /// The zones that were announced; lines that make no sense are passed over.
    pub(crate) fn announced(&self) -> Vec<(Name, IpAddr)> {
        let text = fs::read_to_string(self.dir.join(ANNOUNCED)).unwrap_or_default();
        let read = |line: &str| {
            let (zone, from) = line.split_once(' ')?;
            Some((Name::from_text(zone).ok()?, from.parse().ok()?))
        };
        text.lines().filter_map(read).collect()
    }

    /// Seconds since 1970.
    fn now_secs(&self) -> u64 {
        self.clock.wall().as_secs()
    }

    fn path(&self, zone: NameRef<'_>, extension: &str) -> PathBuf {
        let label = replication::catalog::unique_label(zone);
        self.dir.join(format!("{label}.{extension}"))
    }
}

fn lock(dir: &Path) -> io::Result<File> {
    fs::create_dir_all(dir)?;
    let file = File::create(dir.join("lock"))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(io::Error::other("another secondary uses it")),
        Err(TryLockError::Error(why)) => Err(why),
    }
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(why) if why.kind() != io::ErrorKind::NotFound => Err(why),
        _ => Ok(()),
    }
}

/// Each record in a line of its own, the SOA record first, whole names everywhere.
fn write_zone(zone: &Zone<Checked>, out: &mut impl Write) -> io::Result<()> {
    let mut line = String::new();
    for node in zone.nodes() {
        for set in node.rrsets().chain(node.signatures()) {
            for rdata in set.rdatas() {
                line.clear();
                record(set, rdata, &mut line).map_err(io::Error::other)?;
                out.write_all(line.as_bytes())?;
            }
        }
    }
    Ok(())
}

fn record(set: RrsetRef<'_>, rdata: &[u8], line: &mut String) -> std::fmt::Result {
    let (owner, ttl, rtype) = (set.node().owner(), set.ttl().as_secs(), set.rtype());
    write!(line, "{owner} {ttl} IN {rtype} ")?;
    rr::text::write_rdata(rtype, rdata, line)?;
    line.write_char('\n')
}

fn parse(apex: &Name, text: &str, key: HashKey) -> Result<Zone<Checked>, String> {
    let (mut map, mut builder) = (SourceMap::new(), Builder::new(apex.clone(), key));
    let errors = read_zone(
        apex.as_ref(),
        "kept",
        text,
        &mut NoSources,
        &Limits::default(),
        &mut map,
        &mut builder,
    );
    if !errors.is_empty() {
        return Err(format!("it has {} lines that cannot be read", errors.len()));
    }
    let accepted = transfer::accept(builder.finish());
    accepted
        .map(|(zone, _)| zone)
        .map_err(|why| why.to_string())
}
