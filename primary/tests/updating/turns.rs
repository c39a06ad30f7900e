//! The server whose turns are taken by whoever has it: nothing happens in between.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use git_store::Location;
use primary::{Config, Milestone, OnMilestone, Steps, StepsEdges};
use rr::{Name, Rtype};
use server::KeysConfig;
use stack_os::{Carrier, Carriers, Clock, Message, Next, Pull, Transport};
use testbed::Server;
use wire::message::query;

use crate::sent::{key, sign, signed};
use crate::support::{NOERROR, Repo, zone};

/// Where answers go that come later.
#[derive(Clone, Default)]
struct Outbox {
    answers: Arc<Mutex<Vec<Vec<u8>>>>,
    streams: Arc<Mutex<Vec<Pull>>>,
}

impl Carriers for Outbox {
    fn carrier(&self) -> Option<Box<dyn Carrier>> {
        Some(Box::new(self.clone()))
    }
}

impl Carrier for Outbox {
    fn answer(self: Box<Self>, octets: &[u8]) {
        self.answers.lock().expect("whole").push(octets.to_vec());
    }

    fn stream(self: Box<Self>, next: Pull) {
        self.streams.lock().expect("whole").push(next);
    }
}

impl std::fmt::Debug for Outbox {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Outbox")
    }
}

/// A server by hand, and what it has said.
struct Turned {
    steps: Steps,
    outbox: Outbox,
}

impl Turned {
    fn open(repo: &Repo, place: &str, on_milestone: OnMilestone) -> Turned {
        let location = Location::parse(place).expect("a place");
        let mut config = Config::new(location, Vec::new());
        config.state_dir = Some(repo.beside("state"));
        config.takes_updates = true;
        config.server.keys = KeysConfig {
            said: vec![key()],
            ..KeysConfig::default()
        };
        let edges = StepsEdges {
            clock: Clock::of_the_system(),
            entropy: server::entropy_of_the_system().expect("entropy"),
            on_milestone,
            dial: None,
        };
        Turned {
            steps: Steps::open(&config, edges).expect("it starts"),
            outbox: Outbox::default(),
        }
    }

    /// The answer, if there is one at once.
    fn hear(&mut self, octets: &[u8], transport: Transport) -> Option<Vec<u8>> {
        let [peer, local] = ["192.0.2.9:5353", "192.0.2.53:53"].map(str::parse);
        let (peer, local) = (peer.expect("an address"), local.expect("an address"));
        let message = Message::new(octets, peer, local, transport).carried(&self.outbox);
        let mut answer = vec![0; 4096];
        let length = self.steps.handle_message(message, &mut answer)?;
        answer.truncate(length);
        Some(answer)
    }

    /// The codes of the answers that came later.
    fn codes(&self) -> Vec<u8> {
        let answers = std::mem::take(&mut *self.outbox.answers.lock().expect("whole"));
        answers.iter().map(|answer| answer[3] & 15).collect()
    }

    /// Whether a name below `a.example` is answered from.
    fn has(&mut self, name: &str, rtype: Rtype) -> bool {
        let name = Name::from_text(&format!("{name}.a.example")).expect("a name");
        let answer = self.hear(&query(7, name.as_ref(), rtype), Transport::Udp);
        answer.expect("at once")[7] > 0
    }
}

fn here(repo: &Repo) -> Turned {
    let place = format!("{}#main", repo.path().display());
    Turned::open(repo, &place, Box::new(|_| {}))
}

fn zones() -> Repo {
    let repo = Repo::new();
    repo.commit(&[("a.example", &zone(7, "192.0.2.1"))]);
    repo
}

#[test]
fn updates_commits_and_transfers_wait_for_their_turns() {
    let repo = zones();
    let mut turned = here(&repo);
    assert_eq!(turned.hear(&signed(&key(), "x"), Transport::Udp), None);
    assert_eq!(
        (turned.has("x", Rtype::TXT), turned.codes()),
        (false, vec![])
    );
    assert_eq!((turned.steps.write(), turned.codes()), (1, vec![NOERROR]));
    assert!(turned.has("x", Rtype::TXT) && repo.git(&["show", "main:a.example"]).contains("TXT"));
    assert_eq!(turned.steps.write(), 0, "nobody waits");

    let text = repo.git(&["show", "main:a.example"]) + "\npushed A 192.0.2.7\n";
    repo.commit_file("main", "a.example", &text);
    assert!(!turned.has("pushed", Rtype::A), "nobody has looked");
    turned.steps.look();
    assert!(turned.has("pushed", Rtype::A));

    let apex = Name::from_text("a.example").expect("a name");
    let notify = sign(&key(), replication::message::notify(7, apex.as_ref(), None));
    assert!(!turned.steps.is_notified());
    assert!(turned.hear(&notify, Transport::Udp).is_some());
    let rung = [turned.steps.is_notified(), turned.steps.is_notified()];
    assert_eq!(rung, [true, false], "it is told once");

    let transfer = sign(&key(), transfer::ask_whole(7, apex.as_ref()));
    assert_eq!(turned.hear(&transfer, Transport::Tcp), None);
    assert_eq!(turned.outbox.streams.lock().expect("whole").len(), 0);
    turned.steps.give();
    let mut streams = turned.outbox.streams.lock().expect("whole");
    let (mut message, next) = (Vec::new(), streams.first_mut().expect("one has begun"));
    assert_eq!((next(&mut message), message[3] & 15), (Next::Last, NOERROR));
}

#[test]
fn what_was_rewritten_is_served_when_somebody_accepts_it() {
    let repo = zones();
    let mut turned = here(&repo);
    let tree = repo.git(&["rev-parse", "main^{tree}"]);
    let other = repo.git(&["commit-tree", &tree, "-m", "Another history"]);
    repo.set("main", &other);
    let revision = |turned: &Turned| turned.steps.zones().revision().clone();
    let before = revision(&turned);
    turned.steps.look();
    assert_eq!(revision(&turned), before);
    assert!(turned.steps.accept("0000000").is_err());
    turned.steps.accept(&other).expect("it was refused");
    turned.steps.look();
    assert_ne!(revision(&turned), before);
}

/// A mistake of ours in the middle of a merge costs that try: the next look finds a loader that is whole, and all of both sides.
#[test]
fn a_merge_that_panics_is_made_again() {
    for at in [Milestone::Promised, Milestone::Published] {
        let repo = zones();
        let daemon = Server::git_daemon(repo.base());
        let is_armed = Arc::<AtomicBool>::default();
        let armed = Arc::clone(&is_armed);
        let on_milestone = move |milestone| {
            let fails = milestone == at && armed.swap(false, Ordering::SeqCst);
            assert!(!fails, "a mistake on purpose");
        };
        let place = format!("git://127.0.0.1:{}/zones.git#main", daemon.port);
        let mut turned = Turned::open(&repo, &place, Box::new(on_milestone));
        turned.steps.fetch();
        assert!(turned.steps.take_in());
        turned.steps.look();
        assert_eq!(turned.hear(&signed(&key(), "x"), Transport::Udp), None);
        assert_eq!((turned.steps.write(), turned.codes()), (1, vec![NOERROR]));
        assert!(turned.steps.is_ahead());

        let text = zone(7, "192.0.2.1") + "pushed A 192.0.2.7\n";
        repo.commit_file("main", "a.example", &text);
        turned.steps.fetch();
        assert!(turned.steps.take_in());
        is_armed.store(true, Ordering::SeqCst);
        turned.steps.look();
        assert!(!is_armed.load(Ordering::SeqCst), "it came to {at:?}");
        turned.steps.look();
        let has = [("x", Rtype::TXT), ("pushed", Rtype::A)].map(|(name, it)| turned.has(name, it));
        assert_eq!(has, [true, true], "{at:?}");
        assert!(turned.steps.push());
        let text = repo.git(&["show", "main:a.example"]);
        assert!(text.contains("TXT") && text.contains("pushed"), "{text}");
        assert_eq!(turned.hear(&signed(&key(), "y"), Transport::Udp), None);
        assert_eq!((turned.steps.write(), turned.codes()), (1, vec![NOERROR]));
        assert!(turned.has("y", Rtype::TXT));
    }
}
