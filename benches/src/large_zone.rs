//! A repository with one large zone.

use std::{
    error::Error,
    fs,
    net::Ipv4Addr,
    path::{Path, PathBuf},
};

use crate::{
    history::{Edited, History},
    sample::{APEX, Shape},
    servers::git,
};

/// Lines before the first host: origin, TTL, SOA and what belongs to the apex.
const HEAD_LINES: usize = 8;

/// One zone, in its own file or in parts.
pub(crate) struct LargeZone {
    work: PathBuf,
    /// The zone's own text, and that of its parts.
    own: String,
    parts: Vec<String>,
}

impl LargeZone {
    /// The zone in its own file and so many parts, in one commit.
    pub(crate) fn begin(
        dir: &Path,
        records: usize,
        parts: usize,
    ) -> Result<LargeZone, Box<dyn Error>> {
        let text = Shape::of(records).text();
        let head = text.match_indices('\n').nth(HEAD_LINES - 1);
        let (head, hosts) = text.split_at(head.map_or(0, |(feed, _)| feed + 1));
        let mut zone = LargeZone {
            work: dir.join("work"),
            own: head.into(),
            parts: cut(hosts, parts),
        };
        if parts == 0 {
            zone.own += hosts;
        }
        for number in 0..zone.parts.len() {
            zone.own += &format!("$INCLUDE {APEX}.d/{number}\n");
        }
        fs::create_dir_all(zone.work.join(format!("{APEX}.d")))?;
        git(&zone.work, &["init", "-q", "-b", "main"])?;
        // A server's repository has many small files too, and no process of Git beside the measurement.
        git(&zone.work, &["config", "gc.auto", "0"])?;
        zone.write(APEX, &zone.own)?;
        for (number, part) in zone.parts.iter().enumerate() {
            zone.write(&format!("{APEX}.d/{number}"), part)?;
        }
        git(&zone.work, &["add", "-A"])?;
        git(&zone.work, &["commit", "-qm", "Add a zone"])?;
        git(&zone.work, &["checkout", "-q", "-b", "next"])?;
        Ok(zone)
    }

    fn write(&self, path: &str, text: &str) -> std::io::Result<()> {
        fs::write(self.work.join(path), text)
    }
}

impl History for LargeZone {
    /// Of a working tree whose `HEAD` is at `next`.
    fn git_dir(&self) -> PathBuf {
        self.work.join(".git")
    }

    fn first(&self) -> Edited {
        Edited {
            name: format!("h1.{APEX}"),
            address: Ipv4Addr::new(10, 0, 0, 1),
            paths: Vec::new(),
        }
    }

    fn commit(&mut self, number: usize) -> Result<Edited, Box<dyn Error>> {
        let address = Ipv4Addr::new(10, 99, (number >> 8) as u8, number as u8);
        let serial = format!("hostmaster {} ", number + 1);
        self.own = self
            .own
            .replacen(&serial, &format!("hostmaster {} ", number + 2), 1);
        // Another part each time, of those with hosts.
        let place = number % (self.parts.len() / 4).max(1);
        let text = self.parts.get_mut(place).unwrap_or(&mut self.own);
        let is_new = number % 2 == 1;
        let host = edit(text, number, is_new, address).ok_or("no host to change")?;
        let mut paths = vec![APEX.to_owned()];
        if !self.parts.is_empty() {
            paths.push(format!("{APEX}.d/{place}"));
            self.write(&paths[1], &self.parts[place])?;
        }
        self.write(APEX, &self.own)?;
        git(&self.work, &["commit", "-qam", "Change a host"])?;
        Ok(Edited {
            name: format!("{host}.{APEX}"),
            address,
            paths,
        })
    }
}

/// Changes the address of a host, or adds a host before it; gives its name.
fn edit(text: &mut String, number: usize, is_new: bool, address: Ipv4Addr) -> Option<String> {
    // Hosts come first in the zone and take nearly half of it.
    let from = text.len() / 8 + number * 7_919 % (text.len() / 4);
    let found = from + text[from..].find(" IN A ")?;
    let line = text[..found].rfind('\n')? + 1;
    let end = found + text[found..].find('\n')? + 1;
    let known = text[line..found].to_owned();
    let (host, replaced) = match is_new {
        true => (format!("new{number}"), line..line),
        false => (known, line..end),
    };
    text.replace_range(replaced, &format!("{host} IN A {address}\n"));
    Some(host)
}

/// Cuts a text into so many parts at line ends.
fn cut(text: &str, parts: usize) -> Vec<String> {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let each = lines.len().div_ceil(parts.max(1));
    let parts = lines.chunks(each).take(parts);
    parts.map(<[_]>::concat).collect()
}
