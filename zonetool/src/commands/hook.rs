//! `zonetool hook`: the check that Git runs before it takes a commit or a push.

mod pre_commit;
mod pre_receive;

use crate::args::Output;
use crate::console::Console;
use crate::failure::{Exit, Failure, Outcome};
use crate::repository;
use crate::signed::{self, SignersArg};
use crate::steps::{Did, Steps};
use clap::{Args, Subcommand};
use pre_commit::PreCommit;
use pre_receive::PreReceive;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Install or run the check that Git makes before it takes a change
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  zonetool hook install /srv/dns.git")]
pub(crate) struct Hook {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    Install(Install),
    PreReceive(PreReceive),
    PreCommit(PreCommit),
}

impl Hook {
    pub(crate) fn run(self, console: &mut Console<'_>) -> Outcome {
        match self.action {
            Action::Install(install) => install.run(console),
            Action::PreReceive(hook) => hook.run(console),
            Action::PreCommit(hook) => hook.run(console),
        }
    }
}

/// Install the hook: pre-receive in a bare repository, pre-commit in a working one
#[derive(Debug, Args)]
#[command(after_help = "\
A hook that somebody else wrote is never overwritten. The script calls this zonetool by its absolute path.

Exit codes:
  0  the hook is in place
  2  usage
  3  there is a foreign hook, or something could not be read or written

Examples:
  zonetool hook install
  zonetool hook install /srv/dns.git
  zonetool hook install /srv/dns.git --allowed-signers /etc/stemma/signers")]
struct Install {
    /// Install into the repository that DIR lies in
    #[arg(value_name = "DIR", default_value = ".")]
    dir: PathBuf,

    #[command(flatten)]
    signers: SignersArg,

    #[command(flatten)]
    output: Output,
}

impl Install {
    fn run(self, console: &mut Console<'_>) -> Outcome {
        console.machine = self.output.is_json();
        let repository = repository::discover(&self.dir)?;
        let mut steps = Steps::default();
        install_with(&repository, self.options(&repository)?, &mut steps)?;
        steps.print(self.output.is_json(), console)?;
        Ok(Exit::CLEAN)
    }
}

impl Install {
    /// What the hook is called with. Git runs it elsewhere, so paths are whole ones.
    fn options(&self, repository: &gix::Repository) -> Result<Option<String>, Failure> {
        let Some(path) = &self.signers.allowed_signers else {
            return Ok(None);
        };
        if !repository.is_bare() {
            return Err(
                Failure::usage("a commit is signed after the hook pre-commit was run")
                    .next("install it into the bare repository that is pushed to"),
            );
        }
        primary::read_signers(path).map_err(|why| signed::unread_list(&why))?;
        let path = fs::canonicalize(path).map_err(|error| {
            Failure::unreadable(format!("cannot find {}", path.display())).because(&error)
        })?;
        Ok(Some(format!(" --allowed-signers {}", in_quotes(&path))))
    }
}

/// The second line of a script that is ours to replace.
const MARK: &str = "# Installed by `zonetool hook install`";

/// Puts the hook into `repository`, or refreshes ours where it calls a zonetool that has moved.
pub(crate) fn install(repository: &gix::Repository, steps: &mut Steps) -> Result<(), Failure> {
    install_with(repository, None, steps)
}

/// Without options it keeps those that it has: a check must not become less strict by being installed again.
fn install_with(
    repository: &gix::Repository,
    options: Option<String>,
    steps: &mut Steps,
) -> Result<(), Failure> {
    let kind = if repository.is_bare() {
        "pre-receive"
    } else {
        "pre-commit"
    };
    let path = repository::hooks_dir(repository).join(kind);
    let there = fs::read_to_string(&path);
    let options = options.or_else(|| options_of(there.as_deref().ok()?, kind));
    let wanted = script(kind, &own_path()?, options.as_deref().unwrap_or_default());
    let did = match there {
        Ok(there) if there == wanted => Did::Kept,
        Ok(there) if !there.contains(MARK) => return Err(foreign(&path, kind)),
        Err(error) if error.kind() == io::ErrorKind::InvalidData => {
            return Err(foreign(&path, kind));
        }
        _ => write_script(&path, &wanted)
            .map(|()| Did::Made)
            .map_err(|error| {
                Failure::unreadable(format!("cannot write {}", path.display()))
                    .because(&error)
                    .next("look at the permissions of the folder")
            })?,
    };
    steps.add("hook", &path, did);
    Ok(())
}

/// How a hook ends; the last line a person sees says what became of the change.
fn refusal(is_refused: bool, what: &str, console: &mut Console<'_>) -> Outcome {
    if !is_refused {
        return Ok(Exit::CLEAN);
    }
    if !console.machine {
        writeln!(console.out, "{what}")?;
    }
    Ok(Exit::FINDINGS)
}

fn own_path() -> Result<PathBuf, Failure> {
    std::env::current_exe()
        .map_err(|error| Failure::unreadable("cannot find this program's own path").because(&error))
}

fn foreign(path: &Path, kind: &str) -> Failure {
    Failure::unreadable(format!(
        "{} was written by somebody else and stays as it is",
        path.display()
    ))
    .next(format!(
        "add this line to it: zonetool hook {kind} || exit 1"
    ))
}

/// A missing zonetool refuses the change: a check that silently stopped is worse than none.
fn script(kind: &str, zonetool: &Path, options: &str) -> String {
    let zonetool = in_quotes(zonetool);
    format!(
        "#!/bin/sh
{MARK}: refuses a change that breaks a zone.
zonetool={zonetool}
if [ ! -x \"$zonetool\" ]; then
    echo \"$zonetool is gone; run 'zonetool hook install' again, or delete $0\" >&2
    exit 1
fi
{}{options}
",
        call(kind)
    )
}

/// What an installed hook is called with.
fn options_of(script: &str, kind: &str) -> Option<String> {
    let call = call(kind);
    let mut lines = script.lines();
    lines.find_map(|line| line.strip_prefix(&call).map(str::to_owned))
}

fn call(kind: &str) -> String {
    format!("exec \"$zonetool\" hook {kind}")
}

/// As a shell reads it.
fn in_quotes(path: &Path) -> String {
    format!("'{}'", path.display().to_string().replace('\'', r"'\''"))
}

/// Through a second file, so that Git never runs half a hook.
fn write_script(path: &Path, script: &str) -> io::Result<()> {
    let folder = path.parent().expect("a hook lies in the hooks folder");
    fs::create_dir_all(folder)?;
    let fresh = path.with_extension("new");
    fs::write(&fresh, script)?;
    make_executable(&fresh)?;
    fs::rename(&fresh, path)
}

#[cfg(unix)]
fn make_executable(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755))
}

#[cfg(not(unix))]
fn make_executable(_: &Path) -> io::Result<()> {
    Ok(())
}
