//! `zonetool key rotate`: a new secret for the same purpose, beside the old one.

use super::new::{made, secret};
use super::to_json;
use crate::args::Output;
use crate::console::{BOLD, Console, Plain};
use crate::failure::{Exit, Failure, Outcome};
use crate::key_file;
use crate::repository::quoted;
use clap::Args;
use rr::{Name, NameRef};
use serde_json::json;
use std::path::PathBuf;
use tsig::{Key, KeyName, Keyring};

/// Make a key that may do what another one may, beside it in its file
#[derive(Debug, Args)]
#[command(after_help = "\
The new key has another name, so that both hold until nobody uses the old one any more: web._update.example.org is followed by \
web-2._update.example.org. Nothing is removed, and what to do next is told in its order.

Exit codes:
  0  made
  1  the file has no such key, or mistakes
  2  usage
  3  the file could not be read or written, or others may read it

Examples:
  zonetool key rotate web._update.example.org --file /etc/stemma/keys")]
pub(super) struct Rotate {
    /// Follow up the key NAME
    #[arg(value_name = "NAME")]
    name: String,

    /// Take it from FILE, and add the new one there
    #[arg(long, value_name = "FILE")]
    file: PathBuf,

    /// Sign with ALGORITHM from now on; as before if there is none
    #[arg(long, value_name = "ALGORITHM")]
    algorithm: Option<String>,

    #[command(flatten)]
    output: Output,
}

impl Rotate {
    pub(super) fn run(self, console: &mut Console<'_>) -> Outcome {
        console.machine = self.output.is_json();
        key_file::check_mode(&self.file)?;
        let keys = key_file::read_right(&self.file)?;
        let old = self.old(&keys)?;
        let new = self.follow(old, &keys)?;
        key_file::append(&self.file, &super::Form::Line.of(&new))?;
        let steps = self.steps(old, &new);
        if self.output.is_json() {
            console.json(&json!({
                "old": to_json(old, None),
                "new": to_json(&new, None),
                "steps": steps,
            }))?;
            return Ok(Exit::CLEAN);
        }
        writeln!(console.out, "{}: {}", self.file.display(), new.name())?;
        for (number, step) in (1..).zip(&steps) {
            let number = console.paint(BOLD, number);
            writeln!(console.out, "  {number}. {}", Plain(step))?;
        }
        Ok(Exit::CLEAN)
    }

    fn old<'k>(&self, keys: &'k Keyring) -> Result<&'k Key, Failure> {
        let name = Name::from_text(&self.name).map_err(|why| {
            Failure::usage(format!("{} is no name of a key", Plain(&self.name)))
                .because(&why)
                .next("such as web._update.example.org")
        })?;
        let key = keys.by_name(name.as_ref());
        key.map(AsRef::as_ref).ok_or_else(|| {
            let file = quoted(&self.file);
            Failure::unreadable(format!("{} has no key {name}", self.file.display()))
                .with_exit(Exit::FINDINGS)
                .next(format!(
                    "see which keys there are: zonetool key list {file}"
                ))
        })
    }

    /// The same in all but name, secret and, if that is wanted, algorithm.
    fn follow(&self, old: &Key, keys: &Keyring) -> Result<Key, Failure> {
        let algorithm = match &self.algorithm {
            Some(text) => super::new::algorithm(text)?,
            None => old.algorithm(),
        };
        let name = next_name(old, keys).ok_or_else(|| {
            Failure::usage(format!("there is no name to follow {}", old.name()))
                .next("make a key with another name: zonetool key new")
        })?;
        let key = made(name.as_ref(), algorithm, secret(algorithm)?)?;
        let key = key.with_dialect(old.dialect());
        let whole = old.mac_octets() == old.algorithm().output_octets();
        let key = match whole || algorithm != old.algorithm() {
            true => Ok(key),
            false => key.with_mac_octets(old.mac_octets()),
        };
        let key = key.and_then(|key| key.with_fudge_secs(old.fudge_secs()));
        Ok(key.expect("the old key has these as well"))
    }

    fn steps(&self, old: &Key, new: &Key) -> Vec<String> {
        let (file, old, new) = (quoted(&self.file), name(old), name(new));
        vec![
            format!("if .zonepolicy has lines `allow {old}`, add the same for {new}, and push"),
            format!(
                "have each server that knows {old} know {new}, too: {file} (they read theirs again at SIGHUP)"
            ),
            format!("have each client that uses {old} use {new}"),
            format!(
                "when no server sees {old} any more, remove its line from {file} and from .zonepolicy"
            ),
        ]
    }
}

/// As policies have it.
fn name(key: &Key) -> String {
    let name = key.name().to_string();
    name.trim_end_matches('.').to_owned()
}

/// The first free name that says the same: its first label counts up, or gets a new one before it where it is part of an
/// address or says what the key may.
fn next_name(old: &Key, keys: &Keyring) -> Option<Name> {
    let numbers = || 2..=keys.iter().count() + 2;
    let counted_up = numbers().map(|number| counted_up(old.name(), number));
    let mut names = counted_up.chain(numbers().map(|number| before(old.name(), number)));
    names.find_map(|name| {
        let name = name?;
        let rights = KeyName::parse(name.as_ref()).ok()?;
        let says_the_same = rights.as_ref() == old.rights();
        (says_the_same && keys.by_name(name.as_ref()).is_none()).then_some(name)
    })
}

/// `web` and `web-2` become `web-3`.
fn counted_up(name: NameRef<'_>, number: usize) -> Option<Name> {
    let label = name.first_label()?;
    let end = label.iter().rposition(|octet| *octet == b'-');
    let stem = match end {
        Some(end) if end + 1 < label.len() && label[end + 1..].iter().all(u8::is_ascii_digit) => {
            &label[..end]
        }
        _ => label,
    };
    let counted = [stem, format!("-{number}").as_bytes()].concat();
    Name::below(&counted, name.parent()?).ok()
}

fn before(name: NameRef<'_>, number: usize) -> Option<Name> {
    Name::below(format!("key-{number}").as_bytes(), name).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rr::Secret;
    use tsig::Algorithm;

    #[test]
    fn names_count_up_and_say_the_same() {
        for (old, others, new) in [
            (
                "web._update.example.org",
                &[][..],
                "web-2._update.example.org.",
            ),
            (
                "web-2._update.example.org",
                &[],
                "web-3._update.example.org.",
            ),
            ("web._update", &["web-2._update"], "web-3._update."),
            ("_transfer.example.org", &[], "key-2._transfer.example.org."),
            (
                "192.0.2.1.192.0.2.2._transfer",
                &[],
                "key-2.192.0.2.1.192.0.2.2._transfer.",
            ),
            ("plain", &[], "plain-2."),
        ] {
            let key = |name: &str| {
                let name = Name::from_text(name).unwrap();
                Key::new(name.as_ref(), Algorithm::Sha256, Secret::new([7; 32])).unwrap()
            };
            let mut keys = Keyring::default();
            for name in others.iter().chain([&old]) {
                keys.insert(key(name)).map_err(|_| ()).unwrap();
            }
            let next = next_name(&key(old), &keys).unwrap();
            assert_eq!(next.to_string(), new);
        }
    }
}
