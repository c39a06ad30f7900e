//! `zonetool check`: everything that is wrong with zones, where, and what to do about it.

mod disk;
mod repair;
pub(crate) mod revision;
mod taken_back;

pub(crate) use disk::upstream;

use crate::console::Console;
use crate::failure::{Exit, Failure, Outcome};
use crate::report::{self, Report, ReportFormat, Severity};
use crate::repository::quoted;
use crate::signed::SignersArg;
use crate::target::Repository;
use clap::Args;
use git_store::Range;
use std::path::{Path, PathBuf};

/// Check zones: a file, a folder, a commit, or what a range of commits brings in
#[derive(Debug, Args)]
#[command(after_help = "\
A path wins over a revision of the same name. A file or folder in a repository is also compared with \
what was pushed last (origin's branch, else HEAD), a commit with its parent, a range with its beginning: a changed zone needs a higher serial. Of a range only new \
findings are shown, with the commit that brought them in.

A comment allows one rule at one record: ; stemma: allow RULE: why
The file .zonecheck at the top of a repository sets severities: a line each of ZONE RULE SEVERITY
The file .zonepolicy beside it says who may change what by updates: zonetool explain bad-update-policy

Exit codes:
  0  nothing at or above --fail-on
  1  findings at or above --fail-on
  2  usage
  3  something could not be read

Examples:
  zonetool check
  zonetool check zones/example.org --fix
  zonetool check db.example --zone example.org
  zonetool check origin/main.. --format github
  zonetool check origin/main.. --allowed-signers /etc/stemma/signers")]
pub(crate) struct Check {
    /// Check the file or folder PATH, the commit COMMIT, or what the commits A..B bring in
    #[arg(value_name = "PATH|COMMIT|A..B", default_value = ".")]
    target: String,

    /// Take NAME as the zone's name, where the file is not named by it
    #[arg(long, value_name = "NAME")]
    zone: Option<String>,

    /// Apply the safe fixes, and touch no other octet
    #[arg(long)]
    fix: bool,

    /// Fail from SEVERITY on
    #[arg(long, value_name = "SEVERITY", value_enum, default_value_t = Severity::Error)]
    fail_on: Severity,

    #[command(flatten)]
    signers: SignersArg,

    /// Take commits from the repository that DIR lies in
    #[arg(long, value_name = "DIR", default_value = ".")]
    repo: PathBuf,

    /// Print findings as FORMAT
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    format: ReportFormat,
}

impl Check {
    pub(crate) fn run(self, console: &mut Console<'_>) -> Outcome {
        console.machine = self.format != ReportFormat::Human;
        let mut report = self.report(console)?;
        report.sort();
        report::print(&report, self.format, console)?;
        match report.reaches(self.fail_on) {
            true => Ok(Exit::FINDINGS),
            false => Ok(Exit::CLEAN),
        }
    }

    fn report(&self, console: &Console<'_>) -> Result<Report, Failure> {
        let path = Path::new(&self.target);
        // In a bare repository HEAD is a file too, but none that anybody means.
        if !path.exists() || (path.is_file() && is_bare_repository(&parent(path))) {
            return self.revision(console);
        }
        if path.is_dir() && self.zone.is_some() {
            let zone = self.zone.as_deref().unwrap_or("NAME");
            return Err(Failure::usage("--zone names the zone of one file")
                .next(format!("name the file: zonetool check FILE --zone {zone}")));
        }
        if self.signers.allowed_signers.is_some() {
            return Err(Failure::usage("files are not signed, commits are")
                .next("name a commit or a range: zonetool check A..B --allowed-signers FILE"));
        }
        match is_bare_repository(path) && !self.fix {
            true => self.newest(path, console),
            false => self.on_disk(path, console),
        }
    }

    /// A bare repository has no files but those of its commits.
    fn newest(&self, path: &Path, console: &Console<'_>) -> Result<Report, Failure> {
        let repository = Repository::around(path)?;
        revision::check_commit(&repository, repository.commit("HEAD")?, console)
    }

    fn on_disk(&self, path: &Path, console: &Console<'_>) -> Result<Report, Failure> {
        let disk = disk::Disk::open(path, self.zone.as_deref())?;
        match self.fix {
            true => repair::until_done(&disk, console),
            false => disk.check(console),
        }
    }

    fn revision(&self, console: &Console<'_>) -> Result<Report, Failure> {
        if self.fix {
            return Err(Failure::usage(format!(
                "`{}` is no file or folder, and a commit cannot be changed",
                self.target
            ))
            .next("check out the branch and fix its files: zonetool check --fix"));
        }
        let repository = Repository::around(&self.repo)?;
        let signatures = self.signers.open(&repository)?;
        let (mut report, range) = match self.target.contains("..") {
            true => {
                let range = repository.range(&self.target)?;
                (revision::check_range(&repository, range, console)?, range)
            }
            false => {
                let commit = repository
                    .commit(&self.target)
                    .map_err(|failure| self.neither(failure))?;
                let report = revision::check_commit(&repository, commit, console)?;
                (
                    report,
                    Range {
                        from: None,
                        to: commit,
                    },
                )
            }
        };
        if let Some(signatures) = &signatures {
            report.findings.extend(signatures.check(&range)?);
        }
        Ok(report)
    }

    fn neither(&self, failure: Failure) -> Failure {
        failure.next(format!(
            "`{}` is no file or folder either; look for it: ls {}",
            self.target,
            quoted(&parent(Path::new(&self.target)))
        ))
    }
}

/// As Git itself tells one: no work tree, and what a repository cannot be without.
fn is_bare_repository(path: &Path) -> bool {
    path.join("HEAD").is_file() && path.join("objects").is_dir() && path.join("refs").is_dir()
}

fn parent(path: &Path) -> PathBuf {
    path.parent()
        .filter(|parent| !parent.as_os_str().is_empty())
        .unwrap_or(Path::new("."))
        .to_owned()
}
