//! `zonetool init`: a repository to begin with.

use crate::args::Output;
use crate::commands::hook;
use crate::console::Console;
use crate::failure::{Exit, Failure, Outcome};
use crate::repository::{self, Kind, Seed};
use crate::steps::{Did, Steps};
use clap::Args;
use rr::Name;
use std::path::{Path, PathBuf};

/// Make a repository with a first zone, a README and the check hook
#[derive(Debug, Args)]
#[command(after_help = "\
Nothing that exists is overwritten: a second run adds what is missing and says what it kept.

Exit codes:
  0  the repository is complete
  2  usage
  3  something could not be read or written

Examples:
  zonetool init dns
  zonetool init dns --zone example.net
  zonetool init /srv/dns.git --bare")]
pub(crate) struct Init {
    /// Make the repository in DIR
    #[arg(value_name = "DIR")]
    dir: PathBuf,

    /// Name the first zone NAME
    #[arg(long, value_name = "NAME", default_value = "example.org")]
    zone: String,

    /// Make a bare repository to push to, with README and zone in its first commit
    #[arg(long)]
    bare: bool,

    #[command(flatten)]
    output: Output,
}

impl Init {
    pub(crate) fn run(self, console: &mut Console<'_>) -> Outcome {
        console.machine = self.output.is_json();
        let seed = first_files(&self.zone)?;
        let mut steps = Steps::default();
        let kind = if self.bare { Kind::Bare } else { Kind::Working };
        let repository = repository::make(&self.dir, kind, &mut steps)?;
        if !self.bare {
            repository::write_files(&self.dir, &seed, &mut steps)?;
        }
        hook::install(&repository, &mut steps)?;
        let committed = repository::commit_first(&repository, &seed)?;
        if committed.is_some() {
            let branch = format!("refs/heads/{}", repository::BRANCH);
            steps.add("commit", &repository.git_dir().join(branch), Did::Made);
        }
        self.suggest(&seed, committed.is_some(), &mut steps);
        steps.print(self.output.is_json(), console)?;
        Ok(Exit::CLEAN)
    }

    fn suggest(&self, seed: &Seed, is_new: bool, steps: &mut Steps) {
        let dir = repository::quoted(&self.dir);
        if self.bare {
            return steps.next(format!("git clone {dir}"));
        }
        if !is_new && steps.made_something() {
            steps.next(format!("git -C {dir} status"));
        }
        let zone_file = self.dir.join(&seed.files[1].0);
        steps.next(format!("zonetool check {dir}"));
        steps.next(format!(
            "edit {}, raise the serial, commit",
            repository::quoted(&zone_file)
        ));
    }
}

/// The README and the first zone of a new repository.
pub(crate) fn first_files(zone: &str) -> Result<Seed, Failure> {
    let apex = apex(zone)?;
    let file = apex.trim_end_matches('.');
    Ok(Seed {
        message: format!("Begin with {file}\n"),
        files: vec![
            ("README.md".to_owned(), readme(file)),
            (format!("zones/{file}"), first_zone(file)),
        ],
    })
}

/// The zone's name in lower case, if it can also be the name of a file.
fn apex(zone: &str) -> Result<String, Failure> {
    let name = Name::from_text(zone).map_err(|error| {
        Failure::usage(format!("`{zone}` is no domain name"))
            .because(&error)
            .next("name the zone like example.org")
    })?;
    let text = name.as_ref().to_lowercase().to_string();
    let fits =
        Path::new(&text).components().count() == 1 && text.len() > 1 && !text.starts_with('.');
    match fits && !text.contains('\\') {
        true => Ok(text),
        false => Err(Failure::usage(format!(
            "a zone named `{text}` cannot have a file of that name"
        ))
        .next("give the file another name and check it with --zone")),
    }
}

/// A zone that passes every check, with addresses set aside for documentation (RFC 5737, RFC 3849).
fn first_zone(apex: &str) -> String {
    format!(
        "\
; {apex}: one record a line, the owner's name first.
; A name without a final dot is below {apex}.
; Raise the serial with every change: secondaries look at nothing else.
$TTL 1h
@       IN SOA     ns1 hostmaster (
                1       ; serial
                1h      ; refresh
                15m     ; retry
                2w      ; expire
                5m )    ; how long \"there is no such name\" is remembered
@       IN NS      ns1
@       IN NS      ns2
ns1     IN A       192.0.2.1
ns1     IN AAAA    2001:db8::1
ns2     IN A       192.0.2.2
ns2     IN AAAA    2001:db8::2

@       IN MX      10 mail
mail    IN A       192.0.2.25
@       IN TXT     \"v=spf1 mx -all\"

www     IN A       192.0.2.80
www     IN AAAA    2001:db8::80
"
    )
}

fn readme(apex: &str) -> String {
    format!(
        "\
# Zones

Each file in `zones/` is one zone, named by the zone: `zones/{apex}` holds {apex}.
Any depth will do (`zones/org/{apex}`). A very large zone can be kept in parts that its file brings in by `$INCLUDE`.

    zonetool check          look at every zone
    zonetool check --fix    repair what can be repaired safely
    zonetool diff HEAD~1..  what the last commit changed, record by record
    zonetool explain        every rule, and why it is one

A commit that breaks a zone is refused by the hook, with the place and the fix.
"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zone_is_named_like_its_file() {
        assert_eq!(
            first_files("Example.NET").unwrap().files[1].0,
            "zones/example.net"
        );
        for bad in [".", "a/b", "..", "x\\046y"] {
            assert!(first_files(bad).is_err(), "{bad}");
        }
    }
}
