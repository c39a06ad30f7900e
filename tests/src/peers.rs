//! BIND, NSD, Knot and our primary as servers of the same zones, each on its own loopback port.

mod bind;
mod client;
mod keys;
mod knot;
mod nsd;
mod powerdns;
mod primary;
mod secondary;

use std::fmt;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;

pub(crate) use client::Client;
pub use keys::{ALGORITHMS, AsksWith, TRANSFER_KEY, UPDATE_KEY, key_lines};

use crate::name::Name;
use crate::process::{Process, free_address};
use crate::question::Question;
use crate::reply::Reply;
use testbed::wait_until;

/// Loading a test zone takes milliseconds; a loaded machine may take its time.
const START: Duration = Duration::from_secs(30);
/// How long one try waits for a server that is starting.
const TRY: Duration = Duration::from_millis(200);

/// Which program answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// `named`
    Bind,
    /// `nsd`
    Nsd,
    /// `knotd`
    Knot,
    /// `pdns_server`, as a secondary only.
    PowerDns,
    /// Ours.
    Primary,
    /// Ours, too.
    Secondary,
}

impl Kind {
    /// Those that are not ours.
    pub const OTHERS: [Kind; 3] = [Kind::Bind, Kind::Nsd, Kind::Knot];
    /// Those that can be secondaries of ours.
    pub const SECONDARIES: [Kind; 4] = [Kind::Bind, Kind::Nsd, Kind::Knot, Kind::PowerDns];
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Kind::Bind => "BIND",
            Kind::Nsd => "NSD",
            Kind::Knot => "Knot",
            Kind::PowerDns => "PowerDNS",
            Kind::Primary => "primary",
            Kind::Secondary => "secondary",
        })
    }
}

/// Whoever answers questions.
pub trait Server {
    /// For messages.
    fn name(&self) -> String;

    /// The answer to any octets over UDP; `None` for silence.
    fn udp(&self, message: &[u8]) -> Option<Vec<u8>>;

    /// The answer to any octets over TCP; `None` if the connection is closed without one.
    fn tcp(&self, message: &[u8]) -> Option<Vec<u8>>;

    /// Asks over UDP; silence and malformed answers end the test.
    fn ask(&self, question: &Question) -> Reply {
        decode(
            &self.name(),
            question,
            self.udp(&question.to_wire(id_of(question))),
        )
    }

    /// Asks over TCP.
    fn ask_tcp(&self, question: &Question) -> Reply {
        decode(
            &self.name(),
            question,
            self.tcp(&question.to_wire(id_of(question))),
        )
    }
}

/// Every question has its own id, so that a late second answer to the one before is told apart.
fn id_of(question: &Question) -> u16 {
    let wire = question.to_wire(0);
    wire.iter().fold(0, |id: u16, octet| {
        id.rotate_left(5).wrapping_mul(31) ^ u16::from(*octet)
    })
}

fn decode(server: &str, question: &Question, answer: Option<Vec<u8>>) -> Reply {
    let octets = answer.unwrap_or_else(|| panic!("{server} is silent on {question}"));
    Reply::decode(&octets)
        .unwrap_or_else(|e| panic!("{server} on {question}: {e:?} in {octets:02x?}"))
}

/// What a peer is there for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// It answers questions.
    Answers,
    /// It also takes updates and gives transfers, signed with [`UPDATE_KEY`] and [`TRANSFER_KEY`] or not at all.
    Gives,
    /// It is a secondary of the server there, which it asks each second, signed as [`AsksWith`] says, and gives transfers to
    /// whoever asks.
    Follows(SocketAddr),
    /// The same, but it asks only when it is told (NOTIFY), signed with the same key or not, or as the SOA record has it.
    IsTold(SocketAddr),
    /// The same; the zone is a catalog (RFC 9432), and it follows all that is listed there.
    Consumes(SocketAddr),
}

impl Role {
    /// The primary, if it is a secondary.
    fn primary(self) -> Option<SocketAddr> {
        match self {
            Role::Answers | Role::Gives => None,
            Role::Follows(primary) | Role::IsTold(primary) | Role::Consumes(primary) => {
                Some(primary)
            }
        }
    }
}

/// A zone as text.
#[derive(Debug, Clone)]
pub struct ZoneText {
    /// Its name, absolute.
    pub apex: Name,
    /// A whole master file.
    pub text: String,
}

/// A running server.
#[derive(Debug)]
pub struct Peer {
    /// Which program it is.
    pub kind: Kind,
    /// Where it answers, UDP and TCP.
    pub address: SocketAddr,
    /// Ends with us.
    pub process: Process,
    /// Its files; goes away with us.
    pub folder: TempDir,
    client: Client,
}

impl Peer {
    /// Starts the program with these zones and waits until it answers for each.
    pub fn start(kind: Kind, zones: &[ZoneText]) -> Peer {
        Peer::start_as(Role::Answers, kind, zones)
    }

    /// Starts the program, which is not ours, so that it gives transfers and takes updates, signed with
    /// [`TRANSFER_KEY`] or not at all.
    pub fn giving(kind: Kind, zones: &[ZoneText]) -> Peer {
        Peer::start_as(Role::Gives, kind, zones)
    }

    /// Starts the program, which is not ours, as a secondary of `primary` and waits until it serves the zones. It asks each
    /// second, signed as [`AsksWith`] says.
    pub fn following(kind: Kind, primary: SocketAddr, apexes: &[Name]) -> Peer {
        let zones: Vec<ZoneText> = apexes.iter().map(without_text).collect();
        Peer::start_as(Role::Follows(primary), kind, &zones)
    }

    /// Starts the program, which is not ours, at this address as a secondary of `primary` that does not ask before it is told,
    /// and waits until it serves the zone.
    pub fn told(kind: Kind, address: SocketAddr, primary: SocketAddr, apex: &Name) -> Peer {
        Peer::start_at(address, Role::IsTold(primary), kind, &[without_text(apex)])
    }

    /// Starts BIND, Knot, PowerDNS or our secondary at this address as a secondary of all zones that a catalog of `primary` lists, and waits for nothing.
    /// It does not ask before it is told.
    pub fn consuming(kind: Kind, address: SocketAddr, primary: SocketAddr, catalog: &Name) -> Peer {
        Peer::start_at(
            address,
            Role::Consumes(primary),
            kind,
            &[without_text(catalog)],
        )
    }

    fn start_as(role: Role, kind: Kind, zones: &[ZoneText]) -> Peer {
        Peer::start_at(free_address(), role, kind, zones)
    }

    fn start_at(address: SocketAddr, role: Role, kind: Kind, zones: &[ZoneText]) -> Peer {
        let folder = temporary();
        let mut command = command(role, kind, folder.path(), address, zones);
        let mut peer = Peer::run(kind, &mut command, folder, address);
        // Catalogs are told to nobody.
        let is_answered = !matches!(role, Role::Consumes(_));
        for zone in zones.iter().filter(|_| is_answered) {
            peer.wait_for(&zone.apex);
        }
        peer
    }

    /// Starts our primary on a repository and waits until it serves `apex` from it.
    pub fn primary(repository: &Path, apex: &Name) -> Peer {
        Peer::primary_with(repository, apex, &[])
    }

    /// [`Peer::primary`] with further options.
    pub fn primary_with(repository: &Path, apex: &Name, options: &[&str]) -> Peer {
        let (folder, address) = (temporary(), free_address());
        let mut command = primary::serving(repository, folder.path(), address);
        command.args(options);
        let mut peer = Peer::run(Kind::Primary, &mut command, folder, address);
        peer.wait_for(apex);
        peer
    }

    fn run(kind: Kind, command: &mut Command, folder: TempDir, address: SocketAddr) -> Peer {
        let process = Process::start(command, folder.path().join("log"));
        Peer {
            kind,
            address,
            process,
            folder,
            client: Client::of(address),
        }
    }

    fn wait_for(&mut self, apex: &Name) {
        let question = Question::plain(apex.clone(), 6);
        let ready = wait_until(START, || {
            !self.process.is_running() || self.serves(&question)
        });
        let (kind, log) = (self.kind, self.process.log());
        assert!(
            ready && self.process.is_running(),
            "{kind} does not serve {apex}:\n{log}"
        );
    }

    fn serves(&self, question: &Question) -> bool {
        let reply = self.client.udp_once(&question.to_wire(0), TRY);
        reply
            .and_then(|octets| Reply::decode(&octets).ok())
            .is_some_and(|reply| reply.rcode == 0 && reply.aa)
    }
}

impl Server for Peer {
    fn name(&self) -> String {
        self.kind.to_string()
    }

    fn udp(&self, message: &[u8]) -> Option<Vec<u8>> {
        self.client.udp(message)
    }

    fn tcp(&self, message: &[u8]) -> Option<Vec<u8>> {
        self.client.tcp(message)
    }
}

pub(crate) fn temporary() -> TempDir {
    tempfile::Builder::new()
        .prefix("stemma-peer-")
        .tempdir()
        .expect("a temporary folder can be made")
}

fn command(
    role: Role,
    kind: Kind,
    folder: &Path,
    address: SocketAddr,
    zones: &[ZoneText],
) -> Command {
    match kind {
        Kind::Bind => bind::command(role, folder, address, zones),
        Kind::Nsd => nsd::command(role, folder, address, zones),
        Kind::Knot => knot::command(role, folder, address, zones),
        Kind::PowerDns => powerdns::command(role, folder, address, zones),
        Kind::Primary => primary::command(folder, address, zones),
        Kind::Secondary => secondary::command(role, folder, address, zones),
    }
}

/// What a secondary begins with.
fn without_text(apex: &Name) -> ZoneText {
    ZoneText {
        apex: apex.clone(),
        text: String::new(),
    }
}

/// Writes each zone to a file of its own and calls `line` with its name and path for the configuration.
fn write_zones(folder: &Path, zones: &[ZoneText], line: impl Fn(&Name, &Path) -> String) -> String {
    let write = |(at, zone): (usize, &ZoneText)| {
        let path = folder.join(format!("{at}.zone"));
        // A secondary has none yet.
        if !zone.text.is_empty() {
            write(&path, &zone.text);
        }
        line(&zone.apex, &path)
    };
    zones.iter().enumerate().map(write).collect()
}

pub(crate) fn write(path: &Path, text: &str) {
    std::fs::write(path, text).expect("the folder is ours");
}
