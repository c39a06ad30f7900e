//! What `wait` and `verify` have in common: which versions of which zones, and at which servers.

use super::asked::Branch;
use crate::client;
use crate::failure::Failure;
use crate::name_servers::{self, NameServer};
use crate::records::Records;
use crate::target::{self, Repository};
use crate::touched::{self, Side};
use clap::Args;
use git_store::{CommitId, ZoneName};
use primary::ZoneSerials;
use rr::{Name, Serial};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The versions and the servers that are meant.
#[derive(Debug, Args)]
pub(super) struct Versions {
    /// Take the versions of COMMIT
    #[arg(value_name = "COMMIT", default_value = "HEAD")]
    commit: String,

    /// Take ZONE
    #[arg(long, value_name = "ZONE")]
    pub(super) zone: Vec<String>,

    /// Ask ADDRESS, or a name, with an optional port; or all name servers of the zone
    #[arg(long, value_name = "ADDRESS", default_value = "all")]
    ns: Vec<String>,

    /// Ask all name servers of the zone, as without --ns
    #[arg(long, conflicts_with = "ns")]
    all_ns: bool,

    /// Ask name servers at PORT
    #[arg(long, value_name = "PORT", default_value_t = 53)]
    port: u16,

    /// Take into account what a primary with this --state-dir has written down
    #[arg(long, value_name = "DIR")]
    state_dir: Option<PathBuf>,

    #[command(flatten)]
    branch: Branch,
}

/// For the help of commands with [`Versions`].
pub(super) const SERVERS: &str = "\
Without --zone these are the zones that COMMIT changed. Name servers are those of the zone's own NS records, at each of their \
addresses; names outside the zone are looked up by the system's resolver.";

/// A zone as a commit has it.
pub(super) struct Version {
    pub(super) zone: ZoneName,
    pub(super) serial: Serial,
    /// The newest serial that it was served with, if that is another one.
    pub(super) until: Option<Serial>,
    /// The primary whose state directory is asked has not taken it in yet.
    pub(super) is_awaited: bool,
    pub(super) servers: BTreeSet<NameServer>,
}

impl Version {
    pub(super) fn apex(&self) -> Name {
        apex(&self.zone)
    }
}

fn apex(zone: &ZoneName) -> Name {
    Name::from_text(zone.as_str()).expect("names of zones are domain names")
}

impl Versions {
    /// The zones, with the files that they are in. A `serial` goes before the one that the commit is served with.
    pub(super) fn read(&self, serial: Option<Serial>) -> Result<(Side, Vec<Version>), Failure> {
        let given = self.given()?;
        let (repository, _) = self.branch.open()?;
        let commit = repository.commit(&self.commit)?;
        let side = Side::new(Some(repository.files(commit)?))?;
        let mut versions = Vec::new();
        for zone in self.zones(&repository, &side, commit)? {
            let served = match serial {
                Some(serial) => Served::given(serial),
                None => self.served(&repository, commit, &zone)?,
            };
            let servers = match &given {
                Some(given) => given.clone(),
                None => name_servers::of(&records(&side, &zone)?, self.port)?,
            };
            versions.push(served.version(zone, servers));
        }
        Ok((side, versions))
    }

    /// The same without a repository, where nothing has to be read from one.
    pub(super) fn without_commit(&self, serial: Serial) -> Result<Option<Vec<Version>>, Failure> {
        let Some(servers) = self.given()? else {
            return Ok(None);
        };
        let version = |zone: &String| {
            Ok(Served::given(serial).version(target::zone_name(zone)?, servers.clone()))
        };
        self.zone
            .iter()
            .map(version)
            .collect::<Result<_, _>>()
            .map(Some)
    }

    pub(super) fn state_dir(&self) -> Option<&Path> {
        self.state_dir.as_deref()
    }

    /// The servers that were named; none for all of the zone.
    fn given(&self) -> Result<Option<BTreeSet<NameServer>>, Failure> {
        if self.all_ns || self.ns.iter().any(|word| word == "all") {
            return Ok(None);
        }
        let server = |word: &String| {
            let address = client::address(word)?;
            let name = None;
            Ok(NameServer { address, name })
        };
        let given = self.ns.iter().map(server).collect::<Result<_, _>>();
        given.map(Some)
    }

    fn zones(
        &self,
        repository: &Repository,
        side: &Side,
        commit: CommitId,
    ) -> Result<BTreeSet<ZoneName>, Failure> {
        if !self.zone.is_empty() {
            let names = self.zone.iter().map(|zone| target::zone_name(zone));
            return names.collect();
        }
        let read = repository.store.commit(commit);
        let read = read.map_err(|why| damaged(format!("cannot read commit {commit}"), &why))?;
        let parent = read.parents.first();
        let older = parent.map(|parent| repository.files(*parent)).transpose()?;
        let mut zones = touched::between(&Side::new(older)?, side)?;
        zones.retain(|zone| side.zone(zone).is_some());
        match zones.is_empty() {
            true => Err(
                Failure::usage(format!("commit {} changes no zone", commit.short()))
                    .next("name one: --zone ZONE"),
            ),
            false => Ok(zones),
        }
    }

    fn served(
        &self,
        repository: &Repository,
        commit: CommitId,
        zone: &ZoneName,
    ) -> Result<Served, Failure> {
        let unread = |why: &dyn std::error::Error| damaged("cannot tell the serials".into(), why);
        let state_dir = self.state_dir.as_deref();
        let serials = ZoneSerials::read(&repository.store, commit, zone, state_dir);
        let serials = serials.map_err(|why| unread(&why))?;
        let served = serials.served().map_err(|why| unread(&why))?;
        let served = served.and_then(|version| {
            Some(Served {
                serial: version.serial?,
                until: version.until,
                is_awaited: serials.is_awaited(),
            })
        });
        served.ok_or_else(|| {
            let (zone, commit) = (zone.as_str(), commit.short());
            Failure::usage(format!("{zone} is not served at commit {commit}"))
                .next(format!("zonetool serial {zone}"))
        })
    }
}

/// With which serials a version is served.
struct Served {
    serial: Serial,
    until: Option<Serial>,
    is_awaited: bool,
}

impl Served {
    fn given(serial: Serial) -> Served {
        Served {
            serial,
            until: None,
            is_awaited: false,
        }
    }

    fn version(self, zone: ZoneName, servers: BTreeSet<NameServer>) -> Version {
        let Served {
            serial,
            until,
            is_awaited,
        } = self;
        Version {
            zone,
            serial,
            until,
            is_awaited,
            servers,
        }
    }
}

fn damaged(what: String, why: &dyn std::error::Error) -> Failure {
    Failure::unreadable(what)
        .because(why)
        .next("look at the repository: git fsck")
}

fn records(side: &Side, zone: &ZoneName) -> Result<Records, Failure> {
    let (files, at) = side.zone(zone).ok_or_else(|| no_zone(zone))?;
    Records::read(files, &at)
}

/// The commit does not have it.
pub(super) fn no_zone(zone: &ZoneName) -> Failure {
    Failure::usage(format!("the commit has no zone {}", zone.as_str()))
        .next("list the zones: git ls-tree -r --name-only HEAD")
}
