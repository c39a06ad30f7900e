//! What `primary --status` shows.

mod human;
mod updates;

use git_store::{Printable, ZoneName};
use serde::{Deserialize, Serialize};
use server::HearerReport;
use server::status::{Counters, KeysStatus, TlsStatus};

use crate::event::Report;
use crate::following::RemoteStatus;
use crate::loading::signers::Told;
use crate::running::View;
use crate::telling::board::{Board, Held};
pub use updates::UpdatesStatus;

/// The state of a running server. Texts from a repository are escaped already.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// The version of the program.
    pub version: String,
    /// The repository and branch.
    pub repository: String,
    /// What the process has given up; none if it was not to give up anything.
    #[serde(default)]
    pub confined: Option<String>,
    /// Seconds since it began to answer.
    pub up_secs: u64,
    /// Addresses and ports.
    pub listen: Vec<String>,
    /// DNS over TLS, where it is spoken.
    #[serde(default)]
    pub tls: Option<TlsStatus>,
    /// Where metrics are told, if anywhere.
    #[serde(default)]
    pub metrics: Option<String>,
    /// Where forges tell of pushes, if anywhere.
    #[serde(default)]
    pub webhook: Option<String>,
    /// Threads for each address.
    pub workers: usize,
    /// How the repository on another machine fares, if it is one.
    #[serde(default)]
    pub remote: Option<RemoteStatus>,
    /// The newest commit that was read; none while the branch is empty.
    pub commit: Option<CommitStatus>,
    /// Why a newer commit cannot be read, if there is one.
    pub trouble: Option<String>,
    /// The commit that the branch is at, if it is not trusted: it was not made on the one served, or is not signed.
    pub refused: Option<String>,
    /// Those who may sign commits, if commits must be signed.
    #[serde(default)]
    pub allowed_signers: Option<SignersStatus>,
    /// The keys of signed messages, where there are any.
    #[serde(default)]
    pub keys: Option<KeysStatus>,
    /// What became of updates, where they are taken.
    #[serde(default)]
    pub updates: Option<UpdatesStatus>,
    /// All zones, by name.
    pub zones: Vec<ZoneStatus>,
    /// What is wrong with files and folders that are not a zone's.
    pub layout: Vec<Report>,
    /// Those who were told of changes.
    #[serde(default)]
    pub secondaries: Vec<HearerReport>,
    /// What was answered so far.
    pub counters: Counters,
}

/// A commit, for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommitStatus {
    /// Its id.
    pub id: String,
    /// Who wrote it.
    pub author: String,
    /// When, in seconds since 1970.
    pub time_secs: i64,
    /// The first line of its message.
    pub summary: String,
}

/// The list of those who may sign commits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignersStatus {
    /// Its file.
    pub path: String,
    /// How many keys are in it.
    pub keys: usize,
    /// Why the file makes no sense now, if it does not; what it said before holds.
    pub trouble: Option<String>,
}

/// A zone of the newest commit, or one that is served still.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ZoneStatus {
    /// Its name.
    pub zone: String,
    /// How it fares.
    pub standing: Standing,
    /// The SOA serial that is served.
    pub serial: Option<u32>,
    /// The one in the file, if that is another.
    pub stated: Option<u32>,
    /// The commit that the served version was read from.
    pub commit: Option<String>,
    /// Its file in that commit.
    pub path: Option<String>,
    /// How many records are served.
    pub records: Option<usize>,
    /// Octets of memory they take.
    pub octets: Option<usize>,
    /// How many of the records are ephemeral: served, and in no commit.
    #[serde(default)]
    pub ephemeral: usize,
    /// The commit that brought in what is not right.
    pub brought_by: Option<CommitStatus>,
    /// Why the newest version is not served.
    pub findings: Vec<Report>,
}

/// How a zone fares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// Served as it is in the newest commit.
    Good,
    /// The newest version is not right; the last good one is served.
    Kept,
    /// The newest version is not right, and there is no other.
    NotServed,
}

impl Status {
    pub(crate) fn new(view: &View, board: &Board) -> Status {
        let config = &view.config;
        Status {
            version: env!("CARGO_PKG_VERSION").into(),
            repository: printable(&config.location.to_string()),
            confined: view.front.restrained.as_ref().map(ToString::to_string),
            up_secs: view.front.up_secs(),
            listen: view
                .front
                .server
                .addresses()
                .iter()
                .map(ToString::to_string)
                .collect(),
            tls: view.front.tls_status(),
            metrics: view.front.metrics().map(|address| address.to_string()),
            webhook: view.webhook.map(|address| address.to_string()),
            workers: config.server.worker_count(),
            remote: view
                .remote
                .as_ref()
                .map(|contact| RemoteStatus::new(&contact.known())),
            commit: board.commit.as_ref().map(CommitStatus::new),
            trouble: board.trouble.clone(),
            refused: board
                .refused
                .as_ref()
                .map(|refusal| refusal.tip.to_string()),
            allowed_signers: view
                .signers
                .as_ref()
                .map(|file| SignersStatus::new(&file.told())),
            keys: view.keys.as_ref().map(|keys| keys.status()),
            updates: view.updates.as_deref().map(UpdatesStatus::new),
            zones: board
                .zones
                .iter()
                .map(|(name, held)| ZoneStatus::new(name, held))
                .collect(),
            secondaries: view
                .announced
                .as_ref()
                .map_or_else(Vec::new, |told| told.report().hearers),
            layout: {
                let files = board.layout.iter().map(Report::of_layout);
                files.chain(board.key_files.iter().cloned()).collect()
            },
            counters: view.front.counters(),
        }
    }

    /// Whether every zone is served as it is in the newest commit, there is one, and that is the newest there is.
    #[must_use]
    pub fn is_good(&self) -> bool {
        let is_at_odds = self
            .remote
            .as_ref()
            .is_some_and(|remote| remote.stale || remote.push_trouble.is_some());
        !is_at_odds
            && self.commit.is_some()
            && self.trouble.is_none()
            && self
                .zones
                .iter()
                .all(|zone| zone.standing == Standing::Good)
    }
}

impl CommitStatus {
    fn new(commit: &git_store::Commit) -> CommitStatus {
        CommitStatus {
            id: commit.id.to_string(),
            author: commit.author.to_string(),
            time_secs: commit.author.time_secs,
            summary: printable(commit.summary()),
        }
    }
}

impl SignersStatus {
    fn new(told: &Told) -> SignersStatus {
        SignersStatus {
            path: printable(&told.path),
            keys: told.keys,
            trouble: told.trouble.as_deref().map(printable),
        }
    }
}

impl ZoneStatus {
    fn new(name: &ZoneName, held: &Held) -> ZoneStatus {
        let (served, broken) = (held.served.as_ref(), held.broken.as_ref());
        ZoneStatus {
            zone: name.to_string(),
            standing: held.standing(),
            serial: served.map(|served| served.serial),
            stated: served.and_then(|served| served.stated),
            commit: served.map(|served| served.commit.to_string()),
            path: served.map(|served| served.path.to_string()),
            records: served.map(|served| served.records),
            octets: served.map(|served| served.octets),
            ephemeral: served.map_or(0, |served| served.ephemeral),
            brought_by: broken
                .and_then(|broken| broken.brought_by.as_deref())
                .map(CommitStatus::new),
            findings: broken.map_or_else(Vec::new, |broken| broken.reports.clone()),
        }
    }
}

fn printable(text: &str) -> String {
    Printable(text.as_bytes()).to_string()
}
