//! Zones that came, in a repository: one file each, and a commit.

use crate::checking::Checker;
use crate::failure::Failure;
use crate::report::Report;
use crate::repository::{self, Kind, Seed, quoted};
use crate::steps::{Did, Steps};
use crate::target;
use rr::NameRef;
use std::path::Path;

/// A file to be written, with the name of its zone.
pub(super) struct ZoneFile {
    pub(super) zone: String,
    pub(super) text: String,
}

/// Writes the files below `dir`, commits them where there is no commit yet, and checks each.
pub(super) fn write(
    dir: &Path,
    zones: &[ZoneFile],
    message: String,
    steps: &mut Steps,
) -> Result<Report, Failure> {
    let files: Vec<(String, String)> = zones
        .iter()
        .map(|zone| (format!("{}{}", place(dir), zone.zone), zone.text.clone()))
        .collect();
    refuse_what_is_there(dir, &files)?;
    let repository = repository::make(dir, Kind::Working, steps)?;
    let seed = Seed { message, files };
    repository::write_files(dir, &seed, steps)?;
    let committed = repository::commit_first(&repository, &seed)?;
    let dir_word = quoted(dir);
    match committed {
        Some(_) => {
            let branch = format!("refs/heads/{}", repository::BRANCH);
            steps.add("commit", &repository.git_dir().join(branch), Did::Made);
            steps.next(format!("zonetool check {dir_word}"));
        }
        None => steps.next(format!("cd {dir_word} && zonetool commit zones")),
    }
    findings(dir, zones, &seed)
}

/// Files of zones lie in `zones`; without that folder, in a repository that has zones, at its top.
fn place(dir: &Path) -> &'static str {
    match dir.join(".git").exists() && !dir.join("zones").exists() {
        true => "",
        false => "zones/",
    }
}

/// Nothing is overwritten, and nothing is done by halves.
fn refuse_what_is_there(dir: &Path, files: &[(String, String)]) -> Result<(), Failure> {
    match files.iter().find(|(path, _)| dir.join(path).exists()) {
        None => Ok(()),
        Some((path, _)) => Err(Failure::usage(format!(
            "{} is there already",
            dir.join(path).display()
        ))
        .next("name another DIR; or print the zone, and compare: leave out --into")),
    }
}

/// What is wrong with the zones as they are now.
fn findings(dir: &Path, zones: &[ZoneFile], seed: &Seed) -> Result<Report, Failure> {
    let mut report = Report::default();
    for (zone, (path, _)) in zones.iter().zip(&seed.files) {
        let name = if zone.zone == "@" { "." } else { &zone.zone };
        let name = name.replace("%2f", "/");
        let (folder, at) = target::file(&dir.join(path), Some(&name))?;
        let (checker, _) = Checker::new(&folder);
        report.add(checker.check(&folder, &at, None)?);
    }
    report.sort();
    Ok(report)
}

/// The name of a zone's file: `@` for the root, `%2f` for a slash.
pub(super) fn file_name(zone: NameRef<'_>) -> String {
    let text = zone.to_lowercase().to_string();
    match text.trim_end_matches('.') {
        "" => "@".to_owned(),
        text => text.replace('/', "%2f"),
    }
}
