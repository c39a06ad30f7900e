//! `zonetool grant`: a key and what it may change, in one commit.

use super::commit::Commit;
use crate::args::Output;
use crate::console::{BOLD, Console, Plain};
use crate::failure::{Exit, Failure, Outcome};
use crate::files::Files;
use crate::key_file;
use crate::repository::quoted;
use crate::target::Repository;
use crate::worktree::WorkTree;
use clap::Args;
use rr::Name;
use std::fmt::Display;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use tsig::{Algorithm, KeyName, Operation};
use update::{Grant as Line, Pattern, Policy, Types};

/// Let a key change some records and no others, by a line of .zonepolicy in a commit
#[derive(Debug, Args)]
#[command(after_help = "\
A key without such a line may change all that its name says; with one it has what its lines say and nothing else. `*` as a label of \
NAMES stands for one or more labels. ACTIONS are add, delete, replace, all, make-zone \
and remove-zone.

The key is made where FILE has none of this name, after the commit, so that it never has more rights than these. Nothing else \
is in the commit, and it is not pushed.

Exit codes:
  0  granted, or it was before
  1  .zonepolicy or the file of keys has mistakes, or there are errors in the zones
  2  usage
  3  something could not be read or written

Examples:
  zonetool grant web._update.example.org --actions replace --types TLSA --names _443._tcp.www.example.org --file keys
  zonetool grant acme._update.example.org --types TXT --names '_acme-challenge.*' --until 2027-06-30")]
pub(crate) struct Grant {
    /// Let the key NAME do this
    #[arg(value_name = "NAME")]
    name: String,

    /// Let it do ACTIONS, words with commas between them
    #[arg(long, value_name = "ACTIONS", default_value = "all")]
    actions: String,

    /// Let it change records of TYPES, mnemonics with commas between them, or * for all
    #[arg(long, value_name = "TYPES", default_value = "*")]
    types: String,

    /// Let it change records at NAMES, names or patterns with commas between them
    #[arg(long, value_name = "NAMES", required = true)]
    names: String,

    /// Let it do so to the end of DATE, written YYYY-MM-DD
    #[arg(long, value_name = "DATE")]
    until: Option<String>,

    /// Add the key to FILE, with a new secret, where it is not there
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,

    /// Commit in the working copy that DIR lies in
    #[arg(long, value_name = "DIR", default_value = ".")]
    repo: PathBuf,

    #[command(flatten)]
    output: Output,
}

impl Grant {
    pub(crate) fn run(self, console: &mut Console<'_>) -> Outcome {
        console.machine = self.output.is_json();
        let line = self.line()?;
        let tree = WorkTree::around(&self.repo)?;
        let path = tree.top.join(Policy::FILE_NAME);
        let text = read(&path)?;
        refuse_mistakes(&path, &text)?;
        refuse_unsaved(&tree.top, &path, &text)?;
        let makes_key = self.lacks_key(&line)?;
        let has_it = Policy::read(&text)
            .0
            .grants(line.key.as_ref())
            .contains(&line);
        let outcome = match has_it {
            true => nothing_new(&line, console)?,
            false => self.commit(&path, &text, &line, console)?,
        };
        if outcome == Exit::CLEAN && makes_key {
            self.add_key(&line)?;
        }
        if outcome == Exit::CLEAN && !has_it && !console.machine {
            self.tell_next(&line, makes_key, console)?;
        }
        Ok(outcome)
    }

    /// The line, if the key can ever use it.
    fn line(&self) -> Result<Line, Failure> {
        let key: Name = word("NAME", &self.name, Name::from_text)?;
        let names = self.names.split(',');
        let line = Line {
            actions: word("--actions", &self.actions, FromStr::from_str)?,
            types: word("--types", &self.types, Types::from_str)?,
            names: names
                .map(|name| word("--names", name, Pattern::from_str))
                .collect::<Result<_, _>>()?,
            until: self
                .until
                .as_deref()
                .map(|date| word("--until", date, FromStr::from_str))
                .transpose()?,
            key,
        };
        let rights = KeyName::parse(line.key.as_ref()).ok().flatten();
        let rights = rights.filter(|rights| rights.operation == Operation::Update);
        let Some(rights) = rights else {
            return Err(
                Failure::usage(format!("a key called {} can change nothing", line.key))
                    .next("name it LABEL._update.ZONE, such as web._update.example.org"),
            );
        };
        let outside = |name: &&Pattern| name.is_outside(rights.scope.as_ref());
        match line.names.iter().find(outside) {
            None => Ok(line),
            Some(name) => Err(Failure::usage(format!(
                "{name} is not in {}, and that is all that the name of the key allows",
                rights.scope
            ))
            .next("name what is in it, or another key")),
        }
    }

    /// Whether the key is to be made.
    fn lacks_key(&self, line: &Line) -> Result<bool, Failure> {
        let Some(file) = &self.file else {
            return Ok(false);
        };
        key_file::check_mode(file)?;
        match file.exists() {
            false => Ok(true),
            true => {
                let keys = key_file::read_right(file)?;
                Ok(keys.by_name(line.key.as_ref()).is_none())
            }
        }
    }

    fn commit(&self, path: &Path, text: &[u8], line: &Line, console: &mut Console<'_>) -> Outcome {
        let gap = if text.is_empty() || text.ends_with(b"\n") {
            ""
        } else {
            "\n"
        };
        let with = [text, format!("{gap}{line}\n").as_bytes()].concat();
        // What is written is read again: a line that no server understands would take all rights from everybody.
        refuse_mistakes(path, &with)?;
        fs::write(path, with).map_err(|why| {
            Failure::unreadable(format!("cannot write {}", path.display()))
                .because(&why)
                .next("look at the permissions of the folder")
        })?;
        let message = format!("Grant {}\n\n{line}\n", line.key);
        let output = Output {
            format: self.output.format,
        };
        Commit::only(path.to_owned(), message, output).run(console)
    }

    fn add_key(&self, line: &Line) -> Result<(), Failure> {
        let Some(file) = &self.file else {
            return Ok(());
        };
        let algorithm = Algorithm::Sha256;
        let secret = super::key::secret(algorithm)?;
        let key = super::key::made(line.key.as_ref(), algorithm, secret)?;
        key_file::append(file, &super::key::line_of(&key))
    }

    fn tell_next(
        &self,
        line: &Line,
        makes_key: bool,
        console: &mut Console<'_>,
    ) -> std::io::Result<()> {
        if let Some(file) = self.file.as_deref().filter(|_| makes_key) {
            writeln!(console.out, "{}: {}", file.display(), line.key)?;
        }
        let next = console.paint(BOLD, "next");
        let file = self
            .file
            .as_deref()
            .map_or_else(|| "its file of keys".to_owned(), quoted);
        writeln!(
            console.out,
            "{next}: zonetool push; when it is served, have the servers know the key: {file} (they read theirs again at SIGHUP)"
        )
    }
}

fn word<T, E: std::error::Error>(
    what: &str,
    text: &str,
    read: impl FnOnce(&str) -> Result<T, E>,
) -> Result<T, Failure> {
    read(text).map_err(|why| {
        Failure::usage(format!("{what}: `{}` makes no sense", Plain(text)))
            .because(&why)
            .next("zonetool grant --help has examples")
    })
}

/// A policy that is not there is empty.
fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    match fs::read(path) {
        Err(why) if why.kind() == ErrorKind::NotFound => Ok(Vec::new()),
        read => read.map_err(|why| {
            Failure::unreadable(format!("cannot read {}", path.display()))
                .because(&why)
                .next("check who may read it")
        }),
    }
}

fn refuse_mistakes(path: &Path, text: &[u8]) -> Result<(), Failure> {
    let (_, mistakes) = Policy::read(text);
    let Some(mistake) = mistakes.first() else {
        return Ok(());
    };
    let place = format!("{}:{}:{}", path.display(), mistake.line, mistake.column);
    Err(Failure::unreadable(format!("{place}: {}", mistake.message))
        .with_exit(Exit::FINDINGS)
        .next("mend it: with a mistake in it, nobody may update anything"))
}

/// What somebody else is at is not for this commit.
fn refuse_unsaved(top: &Path, path: &Path, text: &[u8]) -> Result<(), Failure> {
    let repository = Repository::around(top)?;
    let committed = match repository.store.resolve("HEAD") {
        Ok(head) => repository.files(head)?.read_optional(Policy::FILE_NAME),
        Err(_) => None,
    };
    match committed.unwrap_or_default() == text {
        true => Ok(()),
        false => Err(Failure::usage(format!(
            "{} has changes that are not committed",
            path.display()
        ))
        .next(format!(
            "commit them first: zonetool commit {}",
            quoted(path)
        ))),
    }
}

fn nothing_new(line: &Line, console: &mut Console<'_>) -> Outcome {
    match console.machine {
        true => console.json(&serde_json::json!({ "commit": null, "line": line.to_string() }))?,
        false => writeln!(
            console.out,
            "nothing to commit: {} has this already",
            shown(&line.key)
        )?,
    }
    Ok(Exit::CLEAN)
}

fn shown(name: impl Display) -> String {
    Plain(&name.to_string()).to_string()
}
