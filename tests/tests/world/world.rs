//! A primary, three secondaries, a client and a person, in one process: what happens to them, and what they do.

mod deeds;
mod network;
mod sight;
mod turns;

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use primary::Steps;
use rr::{Name, Serial};
use stack_os::outgoing::Trouble;
use stack_sim::{Connection, End, Happening, Side, Sim, Weather};
use zone::{Checked, Zone};

use crate::carriers::Way;
use crate::client::Client;
use crate::far::Far;
use crate::giving::Giving;
use crate::laws::Book;
use crate::mutation::Mutation;
use crate::primary_host::{Killed, PrimaryHost};
use crate::repository::{Repository, ZONE};
use crate::scenario::{Deed, Edit, Host, Scenario, Token};
use crate::secondary_host::{Order, SecondaryHost};

/// What is due at a host: one of these, or a number above.
mod due {
    /// The next deed; of nobody.
    pub(super) const DEED: u64 = 0;
    /// A host that was killed begins again.
    pub(super) const BEGIN: u64 = 1;
    /// The primary's loops.
    pub(super) const LOOK: u64 = 2;
    pub(super) const WRITE: u64 = 3;
    pub(super) const GIVE: u64 = 4;
    /// A secondary's machines.
    pub(super) const TURN: u64 = 5;
    /// The primary looks by itself.
    pub(super) const POLL: u64 = 6;
    /// What was fetched is taken in.
    pub(super) const FETCHED: u64 = 7;
    /// The primary pushes what the other machine has not.
    pub(super) const PUSH: u64 = 8;
    /// The time of a port is over.
    pub(super) const PORT: u64 = 1 << 20;
    /// The next message of a stream.
    pub(super) const STREAM: u64 = 1 << 21;
    /// A connection is given up.
    pub(super) const TALK: u64 = 1 << 22;
}

/// The branch is looked at so often where nobody tells of a push.
const POLL: Duration = Duration::from_secs(10);
/// The same where the repository is on another machine.
const FAR_POLL: Duration = Duration::from_secs(30);
/// From the end of all trouble until every server has to be where it should be: a few looks.
const CALM: Duration = Duration::from_secs(60);

pub(crate) struct World {
    scenario: Scenario,
    sim: Sim,
    next_deed: usize,
    repository: Repository,
    primary: PrimaryHost,
    secondaries: Vec<SecondaryHost>,
    client: Client,
    pub(crate) book: Book,
    is_killed: Arc<AtomicBool>,
    /// Who has opened a connection, and what a secondary had then.
    lines: BTreeMap<Connection, Line>,
    /// Of each server, the version that it was seen with.
    served: BTreeMap<Host, Serial>,
    zone: Name,
    last_talk: u64,
    numbers: BTreeMap<u64, Connection>,
    jumps: BTreeMap<IpAddr, i64>,
    questions: BTreeMap<u16, Host>,
    old_answer: Option<Vec<u8>>,
    /// A push is about to be begun.
    is_pushing: bool,
    /// What the branch was when the primary looked at it last.
    looked: Option<String>,
}

struct Line {
    from: SocketAddr,
    to: SocketAddr,
    /// The version from which it asks for changes, if it does.
    since: Option<u32>,
}

pub(crate) fn ip(host: Host) -> IpAddr {
    let last = match host {
        Host::Primary => 1,
        Host::Secondary(number) => 2 + number as u8,
        Host::Client => 9,
    };
    Ipv4Addr::new(10, 0, 0, last).into()
}

/// Nobody's: what the world itself has to do.
const FATE: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 0));

impl World {
    pub(crate) fn new(scenario: &Scenario, dir: &Path) -> World {
        let mut sim = Sim::new(scenario.seed);
        let repository = Repository::new(dir, scenario.hosts);
        let [update, transfer] = ["k._update.a.example", "s._transfer.a.example"].map(key);
        let keys = [Arc::clone(&update), Arc::clone(&transfer)];
        let edges = (sim.clock(ip(Host::Primary)), sim.random().fork());
        let lies = scenario.mutation == Some(Mutation::LosesPushes);
        let far = scenario.far.map(|durable| {
            let far = Far::new(&repository.path, sim.random().fork(), lies);
            (far, durable)
        });
        let primary = PrimaryHost::new((&repository.path, dir), far, &keys, edges);
        let all = scenario.secondaries.iter().enumerate();
        let secondaries = all.map(|(number, it)| {
            let host = ip(Host::Secondary(number));
            let state = it.keeps.then(|| SecondaryHost::state_dir(dir, number));
            let edges = (sim.clock(host), sim.random().fork());
            let source = SocketAddr::new(ip(it.source), 53);
            SecondaryHost::new((it.source, source, &transfer), state, edges)
        });
        let secondaries = secondaries.collect();
        let client = Client::new(&update, sim.clock(ip(Host::Client)));
        World {
            scenario: scenario.clone(),
            next_deed: 0,
            repository,
            primary,
            secondaries,
            client,
            book: Book::default(),
            is_killed: Arc::default(),
            lines: BTreeMap::new(),
            served: BTreeMap::new(),
            zone: Name::from_text(ZONE).expect("a name"),
            last_talk: 0,
            numbers: BTreeMap::new(),
            jumps: BTreeMap::new(),
            questions: BTreeMap::new(),
            old_answer: None,
            is_pushing: false,
            looked: None,
            sim,
        }
    }

    /// All that happens, and the look at the end; gives a digest of it.
    pub(crate) fn run(&mut self) -> u64 {
        let hosts = self.hosts();
        hosts.iter().for_each(|host| self.begin(*host));
        self.plan_deed();
        self.go_on(self.scenario.troubled + Duration::from_secs(1));
        self.ask(Host::Primary);
        self.calm_down();
        self.go_on(self.scenario.troubled + CALM);
        self.ask(Host::Primary);
        self.go_on(self.scenario.troubled + CALM + Duration::from_secs(1));
        let served: Vec<_> = self
            .hosts()
            .into_iter()
            .map(|host| (host, self.zone_of(host).and_then(|zone| zone.serial())))
            .collect();
        self.book.all_end_alike(&served);
        let mutation = self.scenario.mutation;
        self.book.look_at_git(&mut self.repository, mutation);
        self.book.seen.acknowledged = self.book.acknowledged.len();
        self.sim.trace()
    }

    fn hosts(&self) -> Vec<Host> {
        let secondaries = (0..self.secondaries.len()).map(Host::Secondary);
        std::iter::once(Host::Primary).chain(secondaries).collect()
    }

    fn go_on(&mut self, until: Duration) {
        while self.book.broken.is_none()
            && let Some(happening) = self.sim.next_until(until)
        {
            self.happen(happening);
        }
    }

    fn happen(&mut self, happening: Happening) {
        let hosts = self.concerned(&happening);
        match happening {
            Happening::Datagram { from, to, octets } => self.datagram(from, to, &octets),
            Happening::Opened {
                connection,
                from,
                to,
            } => self.opened(connection, (from, to)),
            Happening::Heard {
                connection,
                by,
                octets,
            } => self.heard(connection, by, &octets),
            Happening::Ended {
                connection,
                by,
                end,
            } => self.ended(connection, by, end),
            Happening::Due { host, what } => self.due(host, what),
        }
        if self.is_killed.swap(false, Ordering::Relaxed) {
            self.kill(Host::Primary);
        }
        hosts.into_iter().for_each(|host| self.look_at(host));
    }

    /// Who may serve something else after it.
    fn concerned(&self, happening: &Happening) -> Vec<Host> {
        let host = match happening {
            Happening::Datagram { to, .. } | Happening::Opened { to, .. } => to.ip(),
            Happening::Due { host, .. } => *host,
            Happening::Heard { connection, by, .. } | Happening::Ended { connection, by, .. } => {
                match (by, self.who_talks(*connection)) {
                    (Side::Opener, Some(number)) => ip(Host::Secondary(number)),
                    (Side::Opener | Side::Called, _) => {
                        let line = self.lines.get(connection);
                        line.map_or(FATE, |line| line.to.ip())
                    }
                }
            }
        };
        match host == FATE {
            true => self.hosts(),
            false => host_of(host).into_iter().collect(),
        }
    }

    /// What a server sends later.
    fn giving(&mut self, host: Host) -> Option<&mut Giving> {
        match host {
            Host::Primary => Some(&mut self.primary.giving),
            Host::Secondary(number) => Some(&mut self.secondaries.get_mut(number)?.giving),
            Host::Client => None,
        }
    }

    fn is_running(&self, host: Host) -> bool {
        match host {
            Host::Primary => {
                self.primary.steps.is_some() && !self.is_killed.load(Ordering::Relaxed)
            }
            Host::Secondary(number) => {
                let secondary = self.secondaries.get(number);
                secondary.is_some_and(|it| it.steps.is_some())
            }
            Host::Client => false,
        }
    }
}

fn number_of(host: Host) -> u8 {
    match ip(host) {
        IpAddr::V4(ip) => ip.octets()[3],
        IpAddr::V6(_) => 0,
    }
}

fn host_of(ip: IpAddr) -> Option<Host> {
    let IpAddr::V4(ip) = ip else { return None };
    match ip.octets()[3] {
        1 => Some(Host::Primary),
        number @ 2..=4 => Some(Host::Secondary(usize::from(number) - 2)),
        9 => Some(Host::Client),
        _ => None,
    }
}

/// RFC 1995 §3: the serial in the authority section of a request.
fn ixfr_since(octets: &[u8]) -> Option<u32> {
    let message = wire::message::Message::read(octets).ok()?;
    let soa = message.authority.first()?.data.to_wire();
    let serial = soa.get(soa.len().checked_sub(20)?..)?.first_chunk::<4>()?;
    Some(u32::from_be_bytes(*serial))
}

fn key(name: &str) -> Arc<tsig::Key> {
    let key = tsig::text::read_key(&format!(
        "{name}:SHA256:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
    ));
    Arc::new(key.expect("a key"))
}
