//! Transfers without threads and sockets, and their limits.

use std::sync::Mutex;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use rr::Serial;
use stack_os::{Carrier, Carriers, Message, Next, Pull};
use zone::{HashKey, Published, Revision};

use super::older::{MOST_KEPT, MOST_OCTETS, MOST_WAITING};
use super::*;
use crate::telling::late::LateTelling;

fn version(apex: &str, serial: u32, more: &str) -> Zone<Checked> {
    let apex = Name::from_text(apex).expect("a name");
    let mut builder = zone::Builder::new(apex.clone(), HashKey::new([1, 2]));
    let text = format!(
        "$TTL 300\n@ SOA ns mail {serial} 2h 1h 2w 300\n@ NS ns\nns A 192.0.2.1\nx TXT {serial}\n\
         a TXT a\nb TXT b\nc TXT c\n{more}"
    );
    let (mut map, limits) = (zonefile::SourceMap::new(), zonefile::Limits::default());
    let mut none = zonefile::NoSources;
    let (apex, out) = (apex.as_ref(), &mut builder);
    zonefile::read_zone(apex, "x", text, &mut none, &limits, &mut map, out);
    transfer::accept(builder.finish()).expect("a good zone").0
}

fn serving(zone: &Zone<Checked>) -> Zones {
    let (zone, revision) = (zone.clone(), Revision::new("x"));
    Zones::new(HashKey::new([1, 2]), Revision::new("x")).with(Published { zone, revision })
}

/// Where answers arrive: of how many records each is.
#[derive(Debug, Clone)]
struct Arrivals(Sender<u16>);

impl Carriers for Arrivals {
    fn carrier(&self) -> Option<Box<dyn Carrier>> {
        Some(Box::new(self.clone()))
    }
}

impl Carrier for Arrivals {
    fn answer(self: Box<Self>, octets: &[u8]) {
        let count = u16::from_be_bytes([octets[6], octets[7]]);
        self.0.send(count).expect("somebody looks");
    }

    fn stream(self: Box<Self>, mut next: Pull) {
        let mut message = Vec::new();
        assert_eq!(next(&mut message), Next::Last, "it is one message");
        self.answer(&message);
    }
}

/// Everybody may have one zone, of which serial 9 is served.
struct Stage {
    transfers: Transfers,
    giver: Giver,
    zones: Zones,
    arrivals: Arrivals,
    arrived: Receiver<u16>,
}

impl Stage {
    fn new(older: Reader) -> Stage {
        let all = "0.0.0.0/0".parse().expect("a network");
        let clock = Clock::default();
        let (transfers, archive, giver) = Transfers::made(vec![all], Some(older), clock);
        drop(archive);
        let (sender, arrived) = channel();
        Stage {
            transfers,
            giver,
            zones: serving(&version("a.example", 9, "")),
            arrivals: Arrivals(sender),
            arrived,
        }
    }

    /// For what changed since a version.
    fn ask(&mut self, since: u32) {
        let have = version("a.example", since, "");
        let octets = transfer::ask_changes(1, &have).expect("it has an SOA record");
        let (peer, local) = ("192.0.2.7:5353", "192.0.2.1:53");
        let [peer, local] = [peer, local].map(|it| it.parse().expect("an address"));
        let message = Message::new(&octets, peer, local, Transport::Tcp).carried(&self.arrivals);
        let telling = Arc::new(LateTelling {
            ledger: Arc::default(),
            copies: None,
            clock: Clock::default(),
        });
        let arrived = Arrived {
            message,
            telling: &telling,
            at: Duration::ZERO,
            is_copied: false,
        };
        let asking = Asking {
            arrived: &arrived,
            zones: &self.zones,
            room: 1232,
        };
        assert!(matches!(self.transfers.give(&asking, None), Given::Later));
        self.giver.give_all();
    }

    fn records(&self) -> u16 {
        let wait = Duration::from_secs(30);
        self.arrived.recv_timeout(wait).expect("an answer")
    }
}

/// The zone in seven records and once more its SOA record; what changed is one that goes and one that comes, among four SOA records.
const WHOLE: u16 = 8;
const CHANGED: u16 = 6;

fn older() -> Older {
    Box::new(|_, serial| (serial.0 < 9).then(|| version("a.example", serial.0, "")))
}

#[test]
fn what_nobody_remembers_is_read_again_by_who_asks_where_there_is_no_thread() {
    let mut stage = Stage::new(Reader::by_hand(older()));
    stage.ask(7);
    assert_eq!(stage.arrived.try_recv(), Ok(CHANGED));
    stage.ask(9);
    assert_eq!(stage.arrived.try_recv(), Ok(1), "nothing is newer");
    stage.ask(8);
    assert_eq!(stage.arrived.try_recv(), Ok(CHANGED));
}

/// While one version is read so many wait; one more gets the whole zone, at once.
#[test]
fn so_many_wait_for_versions_that_are_read_again() {
    let (reading, is_reading) = channel();
    let (go_on, is_to_go_on) = channel::<()>();
    let (older, is_to_go_on) = (older(), Mutex::new(is_to_go_on));
    let waiting: Older = Box::new(move |apex, serial| {
        reading.send(()).expect("somebody looks");
        // Until there is no need to wait any more.
        let _ = is_to_go_on.lock().expect("one thread").recv();
        older(apex, serial)
    });
    let mut stage = Stage::new(Reader::start(waiting).expect("a thread"));
    stage.ask(1);
    is_reading.recv().expect("it is read");
    (0..MOST_WAITING).for_each(|_| stage.ask(1));
    assert!(stage.arrived.try_recv().is_err(), "all of them wait");
    stage.ask(1);
    assert_eq!(stage.arrived.try_recv(), Ok(WHOLE));
    drop((go_on, is_reading));
    let answers = (0..=MOST_WAITING).map(|_| stage.records());
    assert_eq!(
        answers.filter(|count| *count == CHANGED).count(),
        MOST_WAITING + 1
    );
}

#[test]
fn so_many_differences_are_kept_and_so_many_octets_of_them() {
    let apex = |number: usize| Name::from_text(&format!("z{number}.example")).expect("a name");
    let mut kept = older::Kept::default();
    let keep = |kept: &mut older::Kept, number: usize, step: &Arc<Difference>| {
        kept.keep(apex(number), Arc::clone(step));
    };
    let step = |more: &str| {
        let (old, new) = (version("a.example", 1, ""), version("a.example", 2, more));
        Arc::new(Difference::between(&old, &new).expect("it changed"))
    };
    let small = step("");
    (0..MOST_KEPT).for_each(|number| keep(&mut kept, number, &small));
    assert_eq!((kept.len(), kept.has(&apex(0))), (MOST_KEPT, true));
    keep(&mut kept, MOST_KEPT, &small);
    assert_eq!(
        (kept.len(), kept.has(&apex(0)), kept.has(&apex(1))),
        (MOST_KEPT, false, true)
    );
    // Some that are large: as many as fit, and one more takes the place of the oldest.
    let text = "x".repeat(250);
    let records = (0..4_200).map(|number| format!("t{number} TXT {text}\n"));
    let large = step(&records.collect::<String>());
    let fitting = MOST_OCTETS / large.octets();
    assert!((2..MOST_KEPT).contains(&fitting), "{fitting}");
    let mut kept = older::Kept::default();
    (0..fitting).for_each(|number| keep(&mut kept, number, &large));
    assert_eq!((kept.len(), kept.has(&apex(0))), (fitting, true));
    keep(&mut kept, fitting, &large);
    assert_eq!((kept.len(), kept.has(&apex(0))), (fitting, false));
}

/// What is published is told to the archive first, so whoever has seen a version finds its difference made.
#[test]
fn a_version_that_was_served_leads_to_the_next_one_without_being_read_again() {
    let all = "0.0.0.0/0".parse().expect("a network");
    let none: Older = Box::new(|_, serial: Serial| panic!("{serial:?} is remembered"));
    let clock = Clock::default();
    let (transfers, archive, giver) = Transfers::by_hand(vec![all], Some(none), clock);
    let (sender, arrived) = channel();
    let (old, new) = (version("a.example", 8, ""), version("a.example", 9, ""));
    archive.note(&serving(&old), &serving(&new), new.apex());
    let mut stage = Stage {
        transfers,
        giver,
        zones: serving(&new),
        arrivals: Arrivals(sender),
        arrived,
    };
    stage.ask(8);
    assert_eq!(stage.arrived.try_recv(), Ok(CHANGED));
}
