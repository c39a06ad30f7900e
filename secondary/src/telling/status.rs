//! What `secondary --status` shows.

use std::fmt;

use serde::{Deserialize, Serialize};
use server::status::{Counters, KeysStatus, Span, TlsStatus};
use server::{HearerList, HearerReport};

use super::View;

/// Zones that fare well and are listed one by one; of more only the number is told.
const GOOD_LISTED: usize = 40;

/// The state of a running server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// The version of the program.
    pub version: String,
    /// What the process has given up; none if it was not to give up anything.
    pub confined: Option<String>,
    /// Seconds since it began to answer.
    pub up_secs: u64,
    /// Addresses and ports.
    pub listen: Vec<String>,
    /// DNS over TLS, where it is spoken.
    pub tls: Option<TlsStatus>,
    /// Where metrics are told, if anywhere.
    pub metrics: Option<String>,
    /// Threads for each address.
    pub workers: usize,
    /// The keys of signed messages, where there are any.
    pub keys: Option<KeysStatus>,
    /// All zones that are followed, by name; none if it is too busy to say.
    pub zones: Option<Vec<ZoneStatus>>,
    /// Those who were told of changes.
    pub secondaries: Vec<HearerReport>,
    /// What was answered so far.
    pub counters: Counters,
}

/// A zone that is followed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ZoneStatus {
    /// The zone.
    pub zone: String,
    /// How it fares.
    pub standing: Standing,
    /// The SOA serial that is held.
    pub serial: Option<u32>,
    /// How many records are held.
    pub records: Option<usize>,
    /// Octets of memory they take.
    pub octets: Option<usize>,
    /// The primary that this version came from; none if it was kept over a restart.
    pub primary: Option<String>,
    /// All its primaries, in the order in which they are asked.
    pub primaries: Vec<String>,
    /// Why it is followed.
    pub by: By,
    /// Seconds since a primary confirmed this version, or gave it; none if none has since the start.
    pub confirmed_secs_ago: Option<u64>,
    /// Seconds until it is no longer answered from, unless a primary confirms it.
    pub expires_in_secs: Option<u32>,
    /// What is being done.
    pub doing: Doing,
    /// Seconds until the next step; none if that waits for something else.
    pub next_in_secs: Option<u64>,
    /// What a primary failed in since one was last of help.
    pub last_failure: Option<LastFailure>,
}

/// How a zone fares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// It is answered from.
    Served,
    /// No primary has confirmed it for too long: SERVFAIL.
    Expired,
    /// It was never transferred: SERVFAIL.
    Missing,
}

/// Why a zone is followed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum By {
    /// A key or the file of zones names it.
    Configuration,
    /// Its primary announced it.
    Announcement,
    /// The catalog of this name lists it.
    Catalog(String),
}

/// What is being done for a zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Doing {
    /// Its time has not come.
    Waiting,
    /// It waits for others to end.
    Queued,
    /// A primary is asked for its serial.
    Asking,
    /// It is being transferred.
    Transferring,
}

/// A primary was of no help.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastFailure {
    /// Its address.
    pub primary: String,
    /// Why.
    pub why: String,
    /// How long ago, in seconds.
    pub secs_ago: u64,
}

impl Status {
    pub(super) fn new(view: &View, zones: Option<Vec<ZoneStatus>>) -> Status {
        let front = &view.front;
        let listen = front.server.addresses().iter();
        let told = view.told.as_ref().map(|told| told.report().hearers);
        Status {
            version: env!("CARGO_PKG_VERSION").into(),
            confined: front.restrained.as_ref().map(ToString::to_string),
            up_secs: front.up_secs(),
            listen: listen.map(ToString::to_string).collect(),
            tls: front.tls_status(),
            metrics: front.metrics().map(|address| address.to_string()),
            workers: front.config.worker_count(),
            keys: view.keys.as_ref().map(|keys| keys.status()),
            zones,
            secondaries: told.unwrap_or_default(),
            counters: front.counters(),
        }
    }

    /// Whether every zone that is followed is served, and no primary was of no help since.
    #[must_use]
    pub fn is_good(&self) -> bool {
        let zones = self.zones.as_ref();
        zones.is_some_and(|zones| zones.iter().all(ZoneStatus::is_good))
    }
}

impl server::control::Shown for Status {
    fn is_good(&self) -> bool {
        self.is_good()
    }
}

impl ZoneStatus {
    fn is_good(&self) -> bool {
        self.standing == Standing::Served && self.last_failure.is_none()
    }
}

impl fmt::Display for Status {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (version, workers) = (&self.version, self.workers);
        let up = Span(self.up_secs);
        writeln!(out, "secondary   {version}, up {up}, {workers} workers")?;
        writeln!(out, "listening   {}", self.listen.join(" "))?;
        if let Some(tls) = &self.tls {
            writeln!(out, "over TLS    {tls}")?;
        }
        if let Some(confined) = &self.confined {
            writeln!(out, "confined    {confined}")?;
        }
        if let Some(keys) = &self.keys {
            writeln!(out, "{keys}")?;
        }
        self.counters.write_rows(out, self.tls.is_some())?;
        match &self.zones {
            Some(zones) => write_zones(out, zones)?,
            None => writeln!(out, "zones       too busy to say; ask again")?,
        }
        HearerList(&self.secondaries).fmt(out)
    }
}

fn write_zones(out: &mut fmt::Formatter<'_>, zones: &[ZoneStatus]) -> fmt::Result {
    let (good, others): (Vec<_>, Vec<_>) = zones.iter().partition(|zone| zone.is_good());
    writeln!(out, "zones       {} good, {} not", good.len(), others.len())?;
    let listed = match good.len() {
        0..=GOOD_LISTED => &good[..],
        _ => &[],
    };
    let all = || listed.iter().chain(&others);
    let width = all().map(|zone| zone.zone.len()).max().unwrap_or(0);
    all().try_for_each(|zone| zone.write_row(out, width))
}

impl ZoneStatus {
    fn write_row(&self, out: &mut fmt::Formatter<'_>, width: usize) -> fmt::Result {
        let dash = || "-".to_owned();
        let serial = self.serial.map_or_else(dash, |serial| serial.to_string());
        let from = self.primary.as_ref().or(self.primaries.first());
        let from = from.map_or("nowhere", String::as_str);
        let (zone, standing, doing) = (&self.zone, self.standing, self.doing);
        write!(
            out,
            "  {zone:width$}  {standing:8}  {serial:>10}  from {from}, {doing}"
        )?;
        if let (Doing::Waiting, Some(secs)) = (doing, self.next_in_secs) {
            write!(out, " {}", Span(secs))?;
        }
        if let Some(secs) = self.confirmed_secs_ago {
            write!(out, ", confirmed {} ago", Span(secs))?;
        }
        if let (Standing::Served, Some(secs)) = (standing, self.expires_in_secs) {
            write!(out, ", expires in {}", Span(secs.into()))?;
        }
        writeln!(out)?;
        match &self.last_failure {
            None => Ok(()),
            Some(LastFailure {
                primary,
                why,
                secs_ago,
            }) => {
                let ago = Span(*secs_ago);
                writeln!(out, "    {primary}: {why} ({ago} ago)")
            }
        }
    }
}

impl fmt::Display for Standing {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(match self {
            Standing::Served => "served",
            Standing::Expired => "expired",
            Standing::Missing => "missing",
        })
    }
}

impl fmt::Display for Doing {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Doing::Waiting => "asks in",
            Doing::Queued => "in line",
            Doing::Asking => "asking",
            Doing::Transferring => "transferring",
        })
    }
}
