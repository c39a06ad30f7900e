//! A repository with many small zones.

use std::{
    collections::BTreeMap,
    error::Error,
    fmt::Write as _,
    fs,
    io::Write as _,
    net::Ipv4Addr,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use git_store::{CommitId, Draft, Edit, Person, Store, TreePath};

use crate::{
    history::{Edited, History},
    servers::git,
};

/// Zones in one folder.
const FOLDER: usize = 256;

/// So many zones, each a file of some records.
pub(crate) struct ManyZones {
    store: Store,
    dir: PathBuf,
    count: usize,
    tip: CommitId,
}

impl ManyZones {
    /// All zones, in one commit.
    pub(crate) fn begin(dir: &Path, count: usize) -> Result<ManyZones, Box<dyn Error>> {
        let repository = dir.join("zones.git");
        fs::create_dir_all(&repository)?;
        git(&repository, &["init", "-q", "--bare", "-b", "main"])?;
        import(&repository, count)?;
        let store = Store::open_path(&repository)?;
        let tip = store.tip(Some("next"))?.ok_or("nothing was imported")?;
        let zones = ManyZones {
            store,
            dir: repository,
            count,
            tip,
        };
        zones.publish()?;
        Ok(zones)
    }

    /// What is answered of the zone of this number before anything was changed; none if there is no such zone.
    pub(crate) fn zone(&self, number: usize) -> Option<Edited> {
        (number < self.count).then(|| edited(number, FIRST))
    }
}

impl History for ManyZones {
    fn git_dir(&self) -> PathBuf {
        self.dir.clone()
    }

    fn first(&self) -> Edited {
        edited(0, FIRST)
    }

    fn commit(&mut self, number: usize) -> Result<Edited, Box<dyn Error>> {
        // Never the first zone, which others ask for; elsewhere in the repository each time.
        let zone = 1 + number * 7_919 % (self.count - 1).max(1);
        let address = Ipv4Addr::new(10, 99, (number >> 8) as u8, number as u8);
        let path = TreePath::new(path(zone));
        let text = text(zone, number + 2, address).into_bytes();
        let person = Person {
            name: "bench".into(),
            email: "bench@example.org".into(),
            time_secs: 0,
            offset_secs: 0,
        };
        let draft = Draft {
            parent: Some(self.tip),
            merged: None,
            changes: BTreeMap::from([(path, Edit::Put(text))]),
            author: person.clone(),
            committer: person,
            message: "Change a host".into(),
            trailers: Vec::new(),
        };
        self.tip = self.store.write("next", &draft)?.commit();
        Ok(edited(zone, address))
    }
}

/// Where the host of each zone is at first.
const FIRST: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 1);

fn edited(zone: usize, address: Ipv4Addr) -> Edited {
    Edited {
        name: format!("www.{}", apex(zone)),
        address,
        paths: vec![path(zone)],
    }
}

fn apex(zone: usize) -> String {
    format!("z{zone}.example")
}

fn path(zone: usize) -> String {
    format!("{:03}/{}", zone / FOLDER, apex(zone))
}

fn text(zone: usize, serial: usize, www: Ipv4Addr) -> String {
    format!(
        "$TTL 3600\n@ SOA ns1 hostmaster {serial} 7200 3600 1209600 300\n NS ns1\n NS ns2\n MX 10 mail\n\
         ns1 A 192.0.2.1\nns2 A 192.0.2.2\nmail A 192.0.2.3\nwww A {www}\nz{zone} TXT \"number {zone}\"\n"
    )
}

/// One commit on `next` by `git fast-import`, which takes a hundred thousand files in seconds.
fn import(repository: &Path, count: usize) -> Result<(), Box<dyn Error>> {
    let mut stream = String::from(
        "commit refs/heads/next\ncommitter bench <bench@example.org> 0 +0000\ndata 9\nAdd zones\n",
    );
    for zone in 0..count {
        let (path, text) = (path(zone), text(zone, 1, FIRST));
        write!(
            stream,
            "M 100644 inline {path}\ndata {}\n{text}\n",
            text.len()
        )?;
    }
    let mut child = Command::new("git")
        .current_dir(repository)
        .args(["fast-import", "--quiet"])
        .stdin(Stdio::piped())
        .spawn()?;
    let mut input = child.stdin.take().ok_or("no input")?;
    input.write_all(stream.as_bytes())?;
    drop(input);
    match child.wait()?.success() {
        true => Ok(()),
        false => Err("git fast-import failed".into()),
    }
}
