//! What is edited, how it is written, and who did it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

/// How many commits there are.
pub(super) const EDITS: usize = 1_000;

/// Owner below the zone (`@` for itself), type and data, as they are printed.
pub(super) type Key = (String, &'static str, String);

/// What the generator knows of a record: its TTL, and the edits that brought it in and set the TTL.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Known {
    pub(super) ttl: u32,
    pub(super) brought_by: usize,
    pub(super) ttl_by: usize,
}

/// Sign, owner, TTL, type, data.
pub(super) type Line = (&'static str, String, u32, &'static str, String);

/// Records and how they are written, each with a life of its own.
pub(super) struct Generator {
    dice: u64,
    pub(super) records: BTreeMap<Key, Known>,
    pub(super) log: BTreeMap<usize, Vec<Line>>,
    style: Style,
    /// The zone is not there for this one edit, or one record of it cannot be read.
    is_gone: bool,
    is_broken: bool,
}

/// What no record depends on.
#[derive(Clone)]
struct Style {
    folder: &'static str,
    parts: usize,
    shuffle: u64,
    origin: usize,
    default_ttl: usize,
    is_formatted: bool,
}

const FOLDERS: [&str; 4] = ["zones/", "zones/org/", "zones/a/b/", ""];
const TTLS: [(u32, &str); 4] = [(300, "300"), (300, "5m"), (3600, "1h"), (3600, "60m")];

impl Generator {
    pub(super) fn new(seed: u64) -> Generator {
        let soa = "ns1.example.org. mail.example.org. 1 3600 900 1209600 300";
        let key = ("@".to_owned(), "SOA", soa.to_owned());
        let mut made = Generator {
            dice: seed | 1,
            records: BTreeMap::new(),
            log: BTreeMap::new(),
            style: Style {
                folder: FOLDERS[0],
                parts: 0,
                shuffle: 0,
                origin: 0,
                default_ttl: 2,
                is_formatted: false,
            },
            is_gone: false,
            is_broken: false,
        };
        made.bring(key, 3600, 0);
        made
    }

    fn below(&mut self, end: usize) -> usize {
        self.dice ^= self.dice << 13;
        self.dice ^= self.dice >> 7;
        self.dice ^= self.dice << 17;
        (self.dice >> 11) as usize % end
    }

    /// One or two records change, or only the way they are written does.
    pub(super) fn edit(&mut self, edit: usize) {
        if std::mem::take(&mut self.is_gone) {
            return self.come_back(edit);
        }
        self.is_broken = false;
        match self.below(40) {
            _ if edit == 0 || edit + 1 == EDITS => {}
            0..8 => self.add(edit),
            8..12 => self.remove(edit),
            12..15 => {
                self.remove(edit);
                self.add(edit);
            }
            15..18 => self.change_ttl(edit),
            18..21 => self.style.is_formatted = !self.style.is_formatted,
            21..24 => self.style.folder = FOLDERS[self.below(FOLDERS.len())],
            24..27 => self.style.parts = self.below(4),
            27..30 => self.style.origin = self.below(4),
            30..33 => self.style.default_ttl = self.below(TTLS.len()),
            33..37 => self.style.shuffle = self.dice,
            37 if edit.is_multiple_of(9) => self.go(edit),
            // All but the first and the last edit.
            _ => self.is_broken = true,
        }
    }

    fn add(&mut self, edit: usize) {
        let (number, octet) = (self.below(40), self.below(250));
        let owner = match self.below(3) {
            0 => format!("h{number}.sub"),
            _ => format!("h{number}"),
        };
        let key = match self.below(4) {
            0 => (owner, "TXT", format!("\"a;( {octet}\" \"b\"")),
            1 => (owner, "MX", format!("{octet} h{number}.example.org.")),
            _ => (owner, "A", format!("192.0.2.{octet}")),
        };
        if !self.records.contains_key(&key) {
            // The TTL of a set is one.
            let twin = self
                .records
                .iter()
                .find(|(other, _)| (&other.0, other.1) == (&key.0, key.1));
            let ttl = twin.map_or(TTLS[self.style.default_ttl].0, |(_, known)| known.ttl);
            self.bring(key, ttl, edit);
        }
    }

    fn remove(&mut self, edit: usize) {
        let keys: Vec<Key> = self
            .records
            .keys()
            .filter(|key| key.1 != "SOA")
            .cloned()
            .collect();
        if !keys.is_empty() {
            let key = keys[self.below(keys.len())].clone();
            self.take(&key, edit);
        }
    }

    fn change_ttl(&mut self, edit: usize) {
        let keys: Vec<Key> = self.records.keys().cloned().collect();
        let chosen = &keys[self.below(keys.len())];
        let ttl = [60, 300, 3600, 7200][self.below(4)];
        for key in keys
            .iter()
            .filter(|key| (&key.0, key.1) == (&chosen.0, chosen.1))
        {
            let known = self.records[key];
            if known.ttl != ttl {
                self.note(edit, "-", key, known.ttl);
                self.note(edit, "+", key, ttl);
                self.records.insert(
                    key.clone(),
                    Known {
                        ttl,
                        ttl_by: edit,
                        ..known
                    },
                );
            }
        }
    }

    fn go(&mut self, edit: usize) {
        self.is_gone = true;
        for (key, known) in self.records.clone() {
            self.note(edit, "-", &key, known.ttl);
        }
    }

    fn come_back(&mut self, edit: usize) {
        for (key, known) in std::mem::take(&mut self.records) {
            self.bring(key, known.ttl, edit);
        }
    }

    fn bring(&mut self, key: Key, ttl: u32, edit: usize) {
        self.note(edit, "+", &key, ttl);
        self.records.insert(
            key,
            Known {
                ttl,
                brought_by: edit,
                ttl_by: edit,
            },
        );
    }

    fn take(&mut self, key: &Key, edit: usize) {
        let known = self.records.remove(key).unwrap();
        self.note(edit, "-", key, known.ttl);
    }

    fn note(&mut self, edit: usize, sign: &'static str, key: &Key, ttl: u32) {
        let lines = self.log.entry(edit).or_default();
        lines.push((sign, key.0.clone(), ttl, key.1, key.2.clone()));
        lines.sort();
    }

    /// As a stream for `git fast-import`.
    pub(super) fn write_commit(&mut self, edit: usize, stream: &mut String) {
        let subject = edit.to_string();
        let time = 1_700_000_000 + 60 * edit;
        let author = format!("A{} <a@example.org> {time} +0100", edit % 7);
        write!(
            stream,
            "commit refs/heads/main\nauthor {author}\ncommitter {author}\n"
        )
        .unwrap();
        write!(stream, "data {}\n{subject}\ndeleteall\n", subject.len()).unwrap();
        if self.is_gone {
            stream.push_str("M 100644 inline README.md\ndata 1\nx\n");
            return;
        }
        for (path, text) in self.texts() {
            writeln!(
                stream,
                "M 100644 inline {path}\ndata {}\n{text}",
                text.len()
            )
            .unwrap();
        }
    }

    fn texts(&mut self) -> Vec<(String, String)> {
        let mut keys: Vec<(Key, u32)> = self
            .records
            .iter()
            .map(|(key, known)| (key.clone(), known.ttl))
            .collect();
        let mut order = self.style.shuffle | 1;
        keys.sort_by_cached_key(|(key, _)| {
            order = order
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            (
                key.1 != "SOA",
                if self.style.shuffle == 0 {
                    0
                } else {
                    order >> 33
                },
            )
        });
        let hidden = self.is_broken.then(|| self.below(keys.len()));
        let (style, count) = (self.style.clone(), self.style.parts + 1);
        let path = |part: usize| match part {
            0 => format!("{}example.org", style.folder),
            _ => format!("{}example.org.d/part{part}", style.folder),
        };
        let text = |part: usize| {
            let mut text = style.text(
                keys.iter().enumerate().filter(|(at, _)| at % count == part),
                hidden,
            );
            for number in (1..count).filter(|_| part == 0) {
                writeln!(text, "$INCLUDE example.org.d/part{number} example.org.").unwrap();
            }
            match style.is_formatted {
                true => String::from_utf8(zonefile::format(text.as_bytes())).unwrap(),
                false => text,
            }
        };
        (0..count).map(|part| (path(part), text(part))).collect()
    }
}

impl Style {
    fn text<'k>(
        &self,
        keys: impl Iterator<Item = (usize, &'k (Key, u32))>,
        hidden: Option<usize>,
    ) -> String {
        let (default, spelt) = TTLS[self.default_ttl];
        let origin = ["example.org.", "org.", ".", "sub.example.org."][self.origin];
        let mut text = format!("$ORIGIN {origin}\n$TTL {spelt}\n; edited with care\n");
        for (at, ((owner, rtype, data), ttl)) in keys {
            let owner = match (self.origin, owner.as_str()) {
                (0, owner) => owner.to_owned(),
                (_, "@") => "example.org.".to_owned(),
                (1, owner) => format!("{owner}.example"),
                (2, owner) => format!("{owner}.example.org"),
                (_, owner) => match owner.strip_suffix(".sub") {
                    Some(below) => below.to_owned(),
                    None => format!("{owner}.EXAMPLE.org."),
                },
            };
            let mistake = if hidden == Some(at) { "IN IN" } else { "IN" };
            match *ttl == default {
                true => writeln!(text, "{owner}  {mistake} {rtype} {data}").unwrap(),
                false => {
                    writeln!(text, "{owner} {ttl} {mistake} {rtype} ( {data} ) ; own").unwrap();
                }
            }
        }
        text
    }
}
