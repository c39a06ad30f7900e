//! Another machine, which has the repository, and the way to it: as little of a Git server as is asked of one, with faults.

use std::io::{Cursor, Read};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use git_remote::{Dial, Peer, RemoteError, Service};
use git_store::{CommitId, Settler, Store};
use stack_sim::Random;

use crate::repository::push_at;
use crate::scenario::Edit;

/// Where it seems to be.
pub(crate) const URL: &str = "git://far.example/zones.git#main";
const BRANCH: &str = "refs/heads/main";

/// The machine. Clones are the same one.
#[derive(Clone)]
pub(crate) struct Far(Arc<Mutex<State>>);

struct State {
    store: Store,
    random: Random,
    /// It cannot be reached at all.
    is_away: bool,
    /// Of 100 conversations, how many break somewhere.
    breaks: u8,
    /// What a person pushes while somebody else is about to.
    race: Option<Edit>,
    /// A mistake: it says that it has taken what it has not.
    lies: bool,
}

/// Where a conversation breaks.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fault {
    /// Before anything is said.
    NoWay,
    /// In what it says first.
    Greeting,
    /// What was asked for has not come.
    Lost,
    /// It has, and nobody learns what came of it.
    Unheard,
}

const FAULTS: [Fault; 4] = [Fault::NoWay, Fault::Greeting, Fault::Lost, Fault::Unheard];

impl Far {
    pub(crate) fn new(path: &Path, random: Random, lies: bool) -> Far {
        Far(Arc::new(Mutex::new(State {
            store: Store::open_path(path).expect("a repository"),
            random,
            is_away: false,
            breaks: 0,
            race: None,
            lies,
        })))
    }

    /// It cannot be reached from now on, or can.
    pub(crate) fn set_away(&self, is_away: bool) {
        self.state().is_away = is_away;
    }

    pub(crate) fn set_breaks(&self, percent: u8) {
        self.state().breaks = percent;
    }

    /// The next who pushes finds that somebody was faster by a moment.
    pub(crate) fn race(&self, edit: Edit) {
        self.state().race = Some(edit);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Dial for Far {
    fn connect(&self, service: Service) -> Result<Box<dyn Peer>, RemoteError> {
        let mut state = self.state();
        let breaks = state.breaks;
        let fault = match state.random.chance(breaks) {
            true => state.random.pick(&FAULTS).copied(),
            false => None,
        };
        if state.is_away || fault == Some(Fault::NoWay) {
            return Err(unreachable());
        }
        Ok(Box::new(Conversation {
            far: self.clone(),
            store: state.store.reopened().expect("it is still there"),
            service,
            fault,
        }))
    }
}

struct Conversation {
    far: Far,
    store: Store,
    service: Service,
    fault: Option<Fault>,
}

impl Peer for Conversation {
    fn greeting(&mut self) -> Result<Box<dyn Read + '_>, RemoteError> {
        let tip = self.tip();
        let can = match self.service {
            Service::UploadPack => "side-band-64k ofs-delta thin-pack no-progress",
            Service::ReceivePack => "report-status",
        };
        let mut said = Vec::new();
        let about = format!("{can} symref=HEAD:{BRANCH} object-format=sha1");
        packet(&mut said, format!("{tip} HEAD\0{about}\n").as_bytes());
        packet(&mut said, format!("{tip} {BRANCH}\n").as_bytes());
        said.extend(b"0000");
        if self.fault == Some(Fault::Greeting) {
            said.truncate(said.len() / 2);
        }
        Ok(Box::new(Cursor::new(said)))
    }

    fn ask(&mut self, request: &[u8]) -> Result<Box<dyn Read + '_>, RemoteError> {
        if self.fault == Some(Fault::Lost) {
            return Err(unreachable());
        }
        let mut said = match self.service {
            Service::UploadPack => self.send(request),
            Service::ReceivePack => self.take(request),
        };
        if self.fault == Some(Fault::Unheard) {
            said.truncate(said.len() / 2);
        }
        Ok(Box::new(Cursor::new(said)))
    }
}

impl Conversation {
    fn tip(&self) -> CommitId {
        let tip = self.store.tip(Some("main")).expect("it can be read");
        tip.expect("there is a first commit")
    }

    /// What is wanted and not there yet, in a pack.
    fn send(&self, request: &[u8]) -> Vec<u8> {
        let (lines, behind) = packets(request);
        let (behind, _) = packets(behind);
        let id =
            |line: &String, word: &str| CommitId::from_hex(line.strip_prefix(word)?.get(..40)?);
        let wanted = lines.first().and_then(|line| id(line, "want "));
        let haves = behind.iter().filter_map(|line| id(line, "have "));
        let known: Vec<CommitId> = haves.filter(|it| self.store.commit(*it).is_ok()).collect();
        let pack = self
            .store
            .pack(wanted.expect("a commit"), &known)
            .expect("a pack");
        let mut said = Vec::new();
        packet(&mut said, b"NAK\n");
        for piece in pack.chunks(60_000) {
            packet(&mut said, &[&[1], piece].concat());
        }
        said.extend(b"0000");
        said
    }

    /// Moves the branch, if it is where it is thought to be.
    fn take(&self, request: &[u8]) -> Vec<u8> {
        let (lines, mut pack) = packets(request);
        let ids = lines.first().map(|line| (line.get(..40), line.get(41..81)));
        let id = |digits: Option<&str>| CommitId::from_hex(digits.expect("digits")).expect("an id");
        let (old, new) = ids.map(|(old, new)| (id(old), id(new))).expect("a line");
        let mut state = self.far.state();
        if let Some(edit) = state.race.take() {
            push_at(&state.store, edit);
        }
        let outcome = match (self.tip() == old, state.lies) {
            (false, _) => "ng refs/heads/main somebody was faster\n",
            (true, true) => "ok refs/heads/main\n",
            (true, false) => {
                let taken = self.store.take_pack(&mut pack, new, Some(old));
                taken.expect("a pack that is whole");
                let store = self.store.reopened().expect("it is still there");
                let durable = Settler::new().settle(&store, new, Some(old));
                let moved = store.advance(BRANCH, Some(old), &durable.expect("settled"));
                moved.expect("nobody is in the way");
                "ok refs/heads/main\n"
            }
        };
        let mut said = Vec::new();
        packet(&mut said, b"unpack ok\n");
        packet(&mut said, outcome.as_bytes());
        said.extend(b"0000");
        said
    }
}

impl std::fmt::Debug for Far {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Far")
    }
}

fn unreachable() -> RemoteError {
    RemoteError::Unreachable {
        server: "far.example".into(),
        why: "the line is cut".into(),
    }
}

/// `gitprotocol-common`: four digits for the length of all, then the rest.
fn packet(to: &mut Vec<u8>, octets: &[u8]) {
    to.extend(format!("{:04x}", octets.len() + 4).into_bytes());
    to.extend(octets);
}

/// Lines up to the end of a section or of all, and what is behind.
fn packets(mut from: &[u8]) -> (Vec<String>, &[u8]) {
    let mut lines = Vec::new();
    while let Some((digits, rest)) = from.split_at_checked(4) {
        let digits = std::str::from_utf8(digits).expect("digits");
        let length = usize::from_str_radix(digits, 16).expect("digits");
        if length < 4 {
            return (lines, rest);
        }
        let (line, rest) = rest.split_at(length - 4);
        lines.push(String::from_utf8_lossy(line).trim_end().to_owned());
        from = rest;
    }
    (lines, from)
}
