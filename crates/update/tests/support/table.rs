//! Cases as text: every file of `tests/tables` is a table, and an operator can write one.
//!
//! ```text
//! zone                                   the zone of all cases that follow; names are relative to its apex
//! @ 300 SOA ns mail 10 7200 900 1209600 300
//!
//! ; any comment
//! prereq yxdomain www                    an update in the words of `script`
//! update add new 60 A 192.0.2.9
//! ! NOERROR                              its response code, then what goes and what comes
//! + new 60 A 192.0.2.9
//! @knot SERVFAIL: it counts records      another server that answers otherwise, or with the same code does `other` things, or
//!                                        `ends`, so that it is not asked
//! ```

use std::fs;
use std::path::Path;

/// One update and what comes of it.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    /// File and line.
    pub(crate) place: String,
    /// Zone text, names relative.
    pub(crate) zone: String,
    pub(crate) script: Vec<String>,
    pub(crate) rcode: String,
    /// Lines that begin with `-` and `+`, sorted.
    pub(crate) changes: Vec<String>,
    /// Server and response code, or `other`.
    pub(crate) declared: Vec<(String, String)>,
}

impl Case {
    /// Whether a client would send it.
    pub(crate) fn is_plain(&self) -> bool {
        let is_plain = |line: &String| line.starts_with("prereq") || line.starts_with("update");
        self.script.iter().all(is_plain)
    }

    pub(crate) fn declared(&self, server: &str) -> Option<&str> {
        let mut mine = self.declared.iter().filter(|(who, _)| who == server);
        mine.next().map(|(_, said)| said.as_str())
    }
}

/// All cases of all tables.
pub(crate) fn cases() -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tables");
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    let read = |path: &std::path::PathBuf| {
        let text = fs::read_to_string(path).unwrap();
        of_table(&path.file_name().unwrap().to_string_lossy(), &text)
    };
    files.iter().flat_map(read).collect()
}

fn of_table(file: &str, text: &str) -> Vec<Case> {
    let (mut zone, mut cases, mut number) = (String::new(), Vec::new(), 1);
    for block in text.split("\n\n") {
        let lines: Vec<&str> = block
            .lines()
            .filter(|line| !line.starts_with(';'))
            .collect();
        match lines.as_slice() {
            [] => {}
            ["zone", records @ ..] => zone = records.join("\n") + "\n",
            lines => cases.push(of_block(format!("{file}:{number}"), &zone, lines)),
        }
        number += block.lines().count() + 1;
    }
    cases
}

fn of_block(place: String, zone: &str, lines: &[&str]) -> Case {
    let with = |mark: char| {
        let marked = lines.iter().filter(move |line| line.starts_with(mark));
        marked.map(|line| (*line).to_owned())
    };
    let rcodes: Vec<String> = with('!').map(|line| line[2..].to_owned()).collect();
    let [rcode] = rcodes.as_slice() else {
        panic!("{place}: one response code, not {rcodes:?}");
    };
    let mut changes: Vec<String> = with('-').chain(with('+')).collect();
    changes.sort();
    let declared = with('@').map(|line| {
        let (said, reason) = line[1..].split_once(": ").expect("a reason");
        assert!(!reason.is_empty(), "{place}");
        let (who, what) = said.split_once(' ').unwrap();
        (who.to_owned(), what.to_owned())
    });
    let is_script = |line: &&&str| !line.starts_with(['!', '-', '+', '@']);
    Case {
        zone: zone.to_owned(),
        script: lines
            .iter()
            .filter(is_script)
            .map(|line| (*line).to_owned())
            .collect(),
        rcode: rcode.clone(),
        changes,
        declared: declared.collect(),
        place,
    }
}
