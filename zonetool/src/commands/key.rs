//! `zonetool key`: keys of signed messages, and the files they are kept in.

mod new;
mod rotate;

pub(super) use new::{made, secret};

use crate::args::Output;
use crate::console::{Console, Plain};
use crate::failure::{Exit, Outcome};
use crate::key_file;
use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Value, json};
use std::path::PathBuf;
use tsig::{Addresses, Key, Operation, text};
use zeroize::Zeroizing;

/// Make keys for signed messages (TSIG), and look at files of keys
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  zonetool key new web._update.example.org --file /etc/stemma/keys
  zonetool key rotate web._update.example.org --file /etc/stemma/keys
  zonetool key list /etc/stemma/keys")]
pub(crate) struct KeyCommand {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    New(new::New),
    Rotate(rotate::Rotate),
    List(List),
}

impl KeyCommand {
    pub(crate) fn run(self, console: &mut Console<'_>) -> Outcome {
        match self.action {
            Action::New(new) => new.run(console),
            Action::Rotate(rotate) => rotate.run(console),
            Action::List(list) => list.run(console),
        }
    }
}

/// How a key is written, with its secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// NAME:ALGORITHM:SECRET, as key files and command lines of Stemma have it
    Line,
    /// A key statement of BIND, as nsupdate -k and dig -k read it
    Bind,
}

impl Form {
    fn of(self, key: &Key) -> Zeroizing<String> {
        let mut out = Zeroizing::new(String::with_capacity(2048));
        let written = match self {
            Form::Line => text::write_key(key, &mut *out),
            Form::Bind => text::write_bind_key(key, &mut *out),
        };
        written.expect("a string takes all");
        out
    }
}

/// A key as a line of a file.
pub(super) fn line_of(key: &Key) -> Zeroizing<String> {
    Form::Line.of(key)
}

/// Tell which keys are in a file, and what each may
#[derive(Debug, Args)]
#[command(after_help = "\
Secrets are shown with --secrets only.

Exit codes:
  0  listed
  1  the file has mistakes
  2  usage
  3  the file could not be read

Examples:
  zonetool key list /etc/stemma/keys
  zonetool key list /etc/stemma/keys --secrets bind > nsupdate.key")]
struct List {
    /// Read FILE: a key on a line, or the key statements of BIND
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// Print the keys with their secrets, each as FORM
    #[arg(long, value_name = "FORM", value_enum)]
    secrets: Option<Form>,

    #[command(flatten)]
    output: Output,
}

impl List {
    fn run(self, console: &mut Console<'_>) -> Outcome {
        console.machine = self.output.is_json();
        let keys = key_file::read_right(&self.file)?;
        if self.output.is_json() {
            let keys: Vec<Value> = keys.iter().map(|key| to_json(key, self.secrets)).collect();
            console.json(&json!({ "keys": keys }))?;
            return Ok(Exit::CLEAN);
        }
        for key in keys.iter() {
            match self.secrets {
                Some(form) => writeln!(console.out, "{}", form.of(key).trim_end())?,
                None => writeln!(
                    console.out,
                    "{} {}: {}",
                    key.name(),
                    key.algorithm(),
                    Plain(&rights(key))
                )?,
            }
        }
        Ok(Exit::CLEAN)
    }
}

/// Fields are only ever added.
fn to_json(key: &Key, secrets: Option<Form>) -> Value {
    let mut value = json!({
        "name": key.name().to_string(),
        "algorithm": key.algorithm().mnemonic(),
        "operation": key.rights().map(|rights| &rights.operation.label()[1..]),
        "scope": key.rights().map(|rights| rights.scope.to_string()),
        "weak": key.is_weak(),
    });
    if let Some(form) = secrets {
        value["text"] = json!(form.of(key).trim_end());
    }
    value
}

/// What a key may, in words.
fn rights(key: &Key) -> String {
    let Some(name) = key.rights() else {
        return "nothing, as its name has no operation".to_owned();
    };
    let verb = match name.operation {
        Operation::Update => "change",
        Operation::Transfer => "transfer",
        Operation::Notify => "notify of",
    };
    let mut told = match name.scope.as_ref().is_root() {
        true => format!("{verb} every zone"),
        false => format!("{verb} {} and all below", name.scope),
    };
    for (what, addresses) in [("primary", name.primary), ("secondary", name.secondary)] {
        told += &at(what, addresses);
    }
    if key.is_weak() {
        told += ", but it is weak: make a new one";
    }
    told
}

fn at(what: &str, Addresses { v4, v6 }: Addresses) -> String {
    let v4 = v4.map(|address| format!(", {what} {address}"));
    let v6 = v6.map(|address| format!(", {what} {address}"));
    v4.unwrap_or_default() + &v6.unwrap_or_default()
}
