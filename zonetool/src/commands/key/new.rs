//! `zonetool key new`: a key with a secret of the kernel's.

use super::{Form, rights, to_json};
use crate::args::Output;
use crate::console::{Console, Plain, YELLOW};
use crate::failure::{Exit, Failure, Outcome};
use crate::key_file;
use clap::Args;
use rr::{Name, NameRef, Secret};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use tsig::{Algorithm, Key};
use zeroize::Zeroizing;

/// Make a key with a new secret, and print it or add it to a file of keys
#[derive(Debug, Args)]
#[command(after_help = "\
What a key may is in its name, LABELS._OPERATION.ZONE: _update includes _transfer, which includes _notify, and ZONE is meant \
with all below it; without ZONE it is every zone. The name of a key for transfers can have the addresses of primary and \
secondary before the operation.

Exit codes:
  0  made
  1  the file has a key of this name, or mistakes
  2  usage
  3  the file could not be read or written, or others may read it

Examples:
  zonetool key new web._update.example.org --file /etc/stemma/keys
  zonetool key new 192.0.2.1.192.0.2.2._transfer.example.org --algorithm SHA512
  zonetool key new web._update.example.org --form bind")]
pub(super) struct New {
    /// Call the key NAME
    #[arg(value_name = "NAME")]
    name: String,

    /// Sign with ALGORITHM: SHA256, SHA384, SHA512; SHA1 and SHA224 for who has no other
    #[arg(long, value_name = "ALGORITHM", default_value = "SHA256")]
    algorithm: String,

    /// Add the key to FILE, which is made readable for its owner only, and print no secret
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,

    /// Print the key as FORM
    #[arg(
        long,
        value_name = "FORM",
        value_enum,
        default_value = "line",
        conflicts_with = "file"
    )]
    form: Form,

    #[command(flatten)]
    output: Output,
}

impl New {
    pub(super) fn run(self, console: &mut Console<'_>) -> Outcome {
        console.machine = self.output.is_json();
        let key = self.key()?;
        if let Some(path) = &self.file {
            add(path, &key)?;
        }
        let shown = self.file.is_none().then_some(self.form);
        if self.output.is_json() {
            console.json(&to_json(&key, shown))?;
            return Ok(Exit::CLEAN);
        }
        match (shown, &self.file) {
            (Some(form), _) => writeln!(console.out, "{}", form.of(&key).trim_end())?,
            (None, Some(path)) => writeln!(console.out, "{}: {}", path.display(), key.name())?,
            (None, None) => {}
        }
        // On standard error: the key is printed without it.
        let note = console.paint(YELLOW, "may").to_string();
        writeln!(console.err, "{note}: {}", Plain(&rights(&key)))?;
        Ok(Exit::CLEAN)
    }

    fn key(&self) -> Result<Key, Failure> {
        let algorithm = algorithm(&self.algorithm)?;
        let name = Name::from_text(&self.name).map_err(|why| not_a_name(&self.name, &why))?;
        made(name.as_ref(), algorithm, secret(algorithm)?)
    }
}

/// An algorithm by its name.
pub(super) fn algorithm(text: &str) -> Result<Algorithm, Failure> {
    Algorithm::from_text(text).ok_or_else(|| {
        Failure::usage(format!("there is no algorithm {}", Plain(text)))
            .next("SHA256, SHA384, SHA512, SHA224 or SHA1")
    })
}

/// A key, if its name can be one.
pub(in crate::commands) fn made(
    name: NameRef<'_>,
    algorithm: Algorithm,
    secret: Secret,
) -> Result<Key, Failure> {
    Key::new(name, algorithm, secret).map_err(|why| not_a_name(&name.to_string(), &why))
}

fn not_a_name(name: &str, why: &dyn std::error::Error) -> Failure {
    Failure::usage(format!("{} is no name of a key", Plain(name)))
        .because(why)
        .next("such as web._update.example.org")
}

/// RFC 8945 §8: as long as the hash, from the kernel.
pub(in crate::commands) fn secret(algorithm: Algorithm) -> Result<Secret, Failure> {
    let mut octets = Zeroizing::new(vec![0; algorithm.output_octets()]);
    let read = File::open("/dev/urandom").and_then(|mut source| source.read_exact(&mut octets));
    read.map_err(|why| {
        Failure::unreadable("cannot have chance from the kernel")
            .because(&why)
            .next("look at /dev/urandom")
    })?;
    Ok(Secret::new(octets.as_slice()))
}

/// Adds the key to a file that has no other of its name.
fn add(path: &Path, key: &Key) -> Result<(), Failure> {
    key_file::check_mode(path)?;
    if path.exists() {
        let keys = key_file::read_right(path)?;
        if keys.by_name(key.name()).is_some() {
            let what = format!("{} has a key {} already", path.display(), key.name());
            return Err(Failure::unreadable(what).with_exit(Exit::FINDINGS).next(
                "take another label, so that the old key goes on until the new one is everywhere",
            ));
        }
    }
    key_file::append(path, &Form::Line.of(key))
}
