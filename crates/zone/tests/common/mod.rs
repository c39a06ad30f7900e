//! Checks a zone text as a program does: read, built, checked.

#![allow(dead_code, reason = "each test file uses its part")]

use std::fs;
use std::path::{Path, PathBuf};

use rr::{Name, Serial};
use zone::check::{Before, CheckOptions, Finding, Policy};
use zone::{Builder, HashKey};
use zonefile::{Limits, Pos, SourceError, SourceMap, Sources, Text, read_zone};

/// The top of a zone that is good.
pub(crate) const TOP: &str =
    "$TTL 3600\n@ SOA ns1 hostmaster 1 7200 900 1209600 300\n@ NS ns1\nns1 A 192.0.2.1\n";

/// A zone after its check.
pub(crate) struct Checked {
    pub(crate) map: SourceMap,
    pub(crate) findings: Vec<Finding>,
    pub(crate) publishable: bool,
}

impl Checked {
    /// Checks a file.
    pub(crate) fn file(path: &Path) -> Checked {
        Checked::text(path, &fs::read(path).unwrap())
    }

    /// Checks a text as if it were the file.
    pub(crate) fn text(path: &Path, text: &[u8]) -> Checked {
        Checked::with(&Settings::read(text), path, text)
    }

    /// Checks octets as the zone example.org, whatever they say about settings.
    pub(crate) fn octets(text: &[u8]) -> Checked {
        Checked::with(&Settings::read(b""), Path::new("folder/octets"), text)
    }

    fn with(settings: &Settings, path: &Path, text: &[u8]) -> Checked {
        let mut map = SourceMap::new();
        let mut builder = Builder::new(settings.apex.clone(), HashKey::new([1, 2]));
        let (folder, name) = (
            path.parent().unwrap(),
            path.file_name().unwrap().to_str().unwrap(),
        );
        let syntax = read_zone(
            settings.apex.as_ref(),
            name,
            text,
            &mut Folder(folder),
            &Limits::default(),
            &mut map,
            &mut builder,
        );
        let options = CheckOptions {
            before: settings.before,
            now_secs: settings.now_secs,
            ..CheckOptions::new(&map, &syntax, &settings.policy)
        };
        let (outcome, findings) = builder.finish().check(&options);
        Checked {
            publishable: outcome.is_ok(),
            map,
            findings,
        }
    }
}

/// What the comments at the top of a text set.
struct Settings {
    apex: Name,
    before: Option<Before>,
    policy: Policy,
    now_secs: Option<u32>,
}

impl Settings {
    fn read(text: &[u8]) -> Settings {
        let text = String::from_utf8_lossy(text).replace('\u{feff}', "");
        let said = |key: &str| {
            let of = |line: &str| {
                Some(
                    line.strip_prefix(";! ")?
                        .strip_prefix(key)?
                        .trim()
                        .to_owned(),
                )
            };
            text.lines().filter_map(of).next_back()
        };
        let apex = Name::from_text(said("zone").as_deref().unwrap_or("example.org")).unwrap();
        let (policy, bad) = Policy::read(said("policy").unwrap_or_default().as_bytes(), Pos(0));
        assert_eq!(bad, []);
        Settings {
            apex,
            before: said("before").map(|words| before(&words)),
            policy,
            now_secs: said("now").map(|secs| secs.parse().unwrap()),
        }
    }
}

fn before(words: &str) -> Before {
    let (serial, changed) = words.split_once(' ').unwrap();
    Before {
        serial: Serial(serial.parse().unwrap()),
        changed: changed == "changed",
    }
}

/// Files of one folder and those below; a name is relative to the file it stands in.
struct Folder<'a>(&'a Path);

impl Sources for Folder<'_> {
    fn open(&mut self, including: &str, named: &str) -> Result<(String, Text), SourceError> {
        if named.starts_with('/') {
            return Err(SourceError::Refused(
                "it is outside of the repository".into(),
            ));
        }
        let path: PathBuf = Path::new(including).parent().unwrap().join(named);
        let text = fs::read(self.0.join(&path)).map_err(|_| SourceError::Missing)?;
        Ok((path.to_str().unwrap().to_owned(), text.into()))
    }
}

/// The folder of the mistakes.
pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mistakes")
}
