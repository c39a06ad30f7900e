//! A repository with a large zone, and commits that change little of it.

use std::{
    error::Error,
    fs,
    net::Ipv4Addr,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use git_store::{CommitId, Snapshot, Store, TreePath};

use crate::{
    sample::{APEX, Shape},
    servers::git,
};

/// Lines before the first host: origin, TTL, SOA and what belongs to the apex.
const HEAD_LINES: usize = 8;

/// A repository whose branch `main` is behind its branch `next`.
pub(crate) struct History {
    work: PathBuf,
    /// The zone's own text, and that of its parts.
    own: String,
    parts: Vec<String>,
}

/// What a commit changes.
pub(crate) struct Edited {
    pub(crate) host: String,
    pub(crate) address: Ipv4Addr,
    /// The files it changes.
    paths: Vec<String>,
}

impl Edited {
    pub(crate) fn nothing() -> Edited {
        Edited {
            host: "h1".into(),
            address: Ipv4Addr::new(10, 0, 0, 1),
            paths: Vec::new(),
        }
    }
}

impl History {
    /// The zone in its own file and so many parts, in one commit.
    pub(crate) fn begin(
        dir: &Path,
        records: usize,
        parts: usize,
    ) -> Result<History, Box<dyn Error>> {
        let text = Shape::of(records).text();
        let head = text.match_indices('\n').nth(HEAD_LINES - 1);
        let (head, hosts) = text.split_at(head.map_or(0, |(feed, _)| feed + 1));
        let mut history = History {
            work: dir.join("work"),
            own: head.into(),
            parts: cut(hosts, parts),
        };
        if parts == 0 {
            history.own += hosts;
        }
        for number in 0..history.parts.len() {
            history.own += &format!("$INCLUDE {APEX}.d/{number}\n");
        }
        fs::create_dir_all(history.work.join(format!("{APEX}.d")))?;
        git(&history.work, &["init", "-q", "-b", "main"])?;
        // A server's repository has many small files too, and no process of Git beside the measurement.
        git(&history.work, &["config", "gc.auto", "0"])?;
        history.write(APEX, &history.own)?;
        for (number, part) in history.parts.iter().enumerate() {
            history.write(&format!("{APEX}.d/{number}"), part)?;
        }
        git(&history.work, &["add", "-A"])?;
        git(&history.work, &["commit", "-qm", "Add a zone"])?;
        git(&history.work, &["checkout", "-q", "-b", "next"])?;
        Ok(history)
    }

    /// What to serve: `HEAD` is at `next`.
    pub(crate) fn location(&self) -> String {
        format!("{}#main", self.work.display())
    }

    /// Raises the serial and changes a host, or adds one; `next` has the commit then, and `main` not yet.
    pub(crate) fn commit(&mut self, number: usize) -> Result<Edited, Box<dyn Error>> {
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
            host,
            address,
            paths,
        })
    }

    /// Moves `main` to `next`, as Git does: a file is renamed.
    pub(crate) fn publish(&self) -> Result<(), Box<dyn Error>> {
        let heads = self.work.join(".git/refs/heads");
        let lock = heads.join("main.lock");
        fs::copy(heads.join("next"), &lock)?;
        Ok(fs::rename(lock, heads.join("main"))?)
    }

    /// How long it takes to read the files that differ, each once, and nothing else.
    pub(crate) fn read_changed(&self, edited: &Edited) -> Result<Duration, Box<dyn Error>> {
        let store = Store::open_path(&self.work)?;
        let tip: Option<CommitId> = store.tip(Some("next"))?;
        let snapshot = store.snapshot(tip.ok_or("no commit")?)?;
        let start = Instant::now();
        for path in &edited.paths {
            read(&snapshot, path)?;
        }
        Ok(start.elapsed())
    }

    fn write(&self, path: &str, text: &str) -> std::io::Result<()> {
        fs::write(self.work.join(path), text)
    }
}

fn read(snapshot: &Snapshot, path: &str) -> Result<Vec<u8>, Box<dyn Error>> {
    let blob = snapshot.find(path)?.ok_or("no such file")?;
    Ok(snapshot.file(&TreePath::new(path), blob)?)
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
