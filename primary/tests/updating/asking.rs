//! The server inside the test, and updates that are handed in to it.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, mpsc};

use primary::{Answer, Config, Edges, Failure, Plan, Planned, Primary, Update, UpdateRefusal};
use rr::{Class, Name, Rtype, Ttl, text::Words};
use update::Scene;
use wire::ResponseCode;
use zone::{Checked, Zone};
use zonefile::Written;

use crate::support::{PATIENCE, Repo, ask_udp, poll};

/// A server that takes updates.
pub(crate) struct Running {
    pub(crate) primary: Primary,
}

impl Running {
    pub(crate) fn start(repo: &Repo) -> Running {
        Running::start_with(repo, |config| config)
    }

    pub(crate) fn start_with(repo: &Repo, change: impl FnOnce(Config) -> Config) -> Running {
        let path = repo.path();
        Running::start_at(path.to_str().expect("UTF-8"), change)
    }

    /// On a repository that may be on another machine.
    pub(crate) fn start_at(place: &str, change: impl FnOnce(Config) -> Config) -> Running {
        let location = git_store::Location::parse(place).expect("a place");
        let listen = ["127.0.0.1:0".parse().expect("an address")];
        let mut config = change(Config::new(location, listen));
        config.takes_updates = true;
        // A program that another test starts may have our lock for as long as it is not that program yet.
        let primary = poll(|| {
            let edges = Edges::of_the_system().expect("entropy");
            match primary::run(config.clone(), edges) {
                Err(why @ Failure::State { .. }) => Err(why.to_string()),
                started => Ok(started.expect("it starts")),
            }
        });
        Running { primary }
    }

    /// Hands an update in; its answer comes later.
    pub(crate) fn send(&self, zone: &str, change: Change) -> mpsc::Receiver<Answer> {
        self.send_long(zone, change, 100)
    }

    /// In a message of so many octets.
    pub(crate) fn send_long(
        &self,
        zone: &str,
        change: Change,
        octets: usize,
    ) -> mpsc::Receiver<Answer> {
        let (sender, answer) = mpsc::channel();
        let name = |text: &str| Name::from_text(text).expect("a name");
        let update = Update {
            zone: name(zone),
            key: name(&format!("web._update.{zone}")),
            from: "192.0.2.99".into(),
            id: 17,
            octets,
            plan: Box::new(change.of(zone)),
            // A test that has failed does not listen any more.
            answer: Box::new(move |answered| drop(sender.send(answered.answer))),
        };
        self.primary
            .updates()
            .expect("it takes updates")
            .ask(update);
        answer
    }

    /// Hands an update in and waits until it is at work, which it goes on with when it is told to. Others gather meanwhile.
    pub(crate) fn hold(
        &self,
        zone: &str,
        change: Change,
    ) -> (mpsc::Sender<()>, mpsc::Receiver<Answer>) {
        let ((go_on, held), (planned, is_planned)) = (mpsc::channel(), mpsc::channel());
        // Whoever waited has gone on the second time.
        let tell = move |_| _ = planned.send(());
        let answer = self.send(zone, change.held_by(held).meanwhile(tell));
        is_planned.recv_timeout(PATIENCE).expect("it is at work");
        (go_on, answer)
    }

    pub(crate) fn ask(&self, zone: &str, change: Change) -> Answer {
        wait(&self.send(zone, change))
    }

    /// All zones with their serials.
    pub(crate) fn served(&self) -> Vec<(String, Option<u32>)> {
        let zones = self.primary.status().zones.into_iter();
        zones.map(|zone| (zone.zone, zone.serial)).collect()
    }
}

pub(crate) fn wait(answer: &mpsc::Receiver<Answer>) -> Answer {
    answer.recv_timeout(PATIENCE).expect("answered in time")
}

/// What an update changes: records that go if they are there, and records that come if they are not.
#[derive(Default)]
pub(crate) struct Change {
    removed: Vec<String>,
    added: Vec<String>,
    /// A name that must have records.
    wanted: Option<String>,
    held: Option<Mutex<mpsc::Receiver<()>>>,
    meanwhile: Option<Box<dyn Fn(usize) + Send>>,
}

impl Change {
    pub(crate) fn new() -> Change {
        Change::default()
    }

    /// `owner type data`, relative to the zone.
    pub(crate) fn remove(mut self, record: &str) -> Change {
        self.removed.push(record.into());
        self
    }

    pub(crate) fn add(mut self, record: &str) -> Change {
        self.added.push(record.into());
        self
    }

    pub(crate) fn only_if(mut self, owner: &str) -> Change {
        self.wanted = Some(owner.into());
        self
    }

    /// Planning waits for a word.
    fn held_by(mut self, held: mpsc::Receiver<()>) -> Change {
        self.held = Some(Mutex::new(held));
        self
    }

    /// What happens while it is planned for the nth time.
    pub(crate) fn meanwhile(mut self, then: impl Fn(usize) + Send + 'static) -> Change {
        self.meanwhile = Some(Box::new(then));
        self
    }

    fn of(self, zone: &str) -> InZone {
        InZone {
            apex: Name::from_text(zone).expect("a name"),
            change: self,
            times: AtomicUsize::new(0),
        }
    }
}

struct InZone {
    apex: Name,
    change: Change,
    times: AtomicUsize,
}

impl Plan for InZone {
    fn plan(&self, scene: &Scene<'_, Checked>) -> Result<Planned, UpdateRefusal> {
        let zone = scene.zone;
        let Change {
            removed,
            added,
            wanted,
            held,
            meanwhile,
        } = &self.change;
        let time = self.times.fetch_add(1, Ordering::Relaxed);
        meanwhile.iter().for_each(|then| then(time));
        if let Some(held) = held.as_ref().filter(|_| time == 0) {
            let held = held.lock().expect("nobody else has it");
            held.recv_timeout(PATIENCE).expect("let go in time");
        }
        if let Some(owner) = wanted {
            let owner = Name::read(owner.as_bytes(), Some(self.apex.as_ref())).expect("a name");
            if zone.node(owner.as_ref()).is_none() {
                return Err(UpdateRefusal {
                    code: ResponseCode::NXDomain,
                    info: 0,
                    text: "a prerequisite".into(),
                });
            }
        }
        let records = |texts: &[String], is_there: bool| -> Vec<Written> {
            let records = texts.iter().map(|text| self.record(text));
            records
                .filter(|record| has(zone, record) == is_there)
                .collect()
        };
        Ok(Planned {
            removed: records(removed, true),
            added: records(added, false),
            summary: "a change".into(),
            ignored: String::new(),
            is_removal: false,
        })
    }
}

impl InZone {
    fn record(&self, text: &str) -> Written {
        let words: Vec<&str> = text.splitn(3, ' ').collect();
        let [owner, rtype, data] = words[..] else {
            panic!("owner type data, not {text}")
        };
        let (origin, rtype) = (self.apex.as_ref(), rtype.as_bytes());
        let rtype = Rtype::from_mnemonic(rtype).expect("a type");
        let mut rdata = Vec::new();
        rr::text::read_rdata(rtype, &mut Words::new(data), origin, &mut rdata).expect("its data");
        Written {
            owner: Name::read(owner.as_bytes(), Some(origin)).expect("a name"),
            class: Class::IN,
            ttl: Ttl::from_secs(3600),
            rtype,
            rdata,
        }
    }
}

fn has(zone: &Zone<Checked>, record: &Written) -> bool {
    let set = zone.node(record.owner.as_ref());
    let set = set.and_then(|node| node.rrset(record.rtype));
    set.is_some_and(|set| set.rdatas().any(|rdata| rdata == record.rdata))
}

/// The addresses of a name.
pub(crate) fn data_of(server: SocketAddr, name: &str) -> Vec<String> {
    let answer = ask_udp(server, name);
    answer.addresses.iter().map(ToString::to_string).collect()
}

/// What a person does: one more line in a file.
pub(crate) fn commit_line(repo: &Repo, path: &str, line: &str) -> String {
    let text = repo.git(&["show", &format!("main:{path}")]);
    repo.commit_file("main", path, &format!("{text}\n{line}\n"))
}
