//! Questions and transfers over connections, and who has these: by default threads, one for each.

use std::thread;

use replication::{Event, Exchange, Failure, ZoneNumber};
use stack_os::outgoing::{AskOptions, Datagrams, Dialogue, DialogueLimits, Question, Trouble};

use super::conversation::{Errand, Job, Talk, Wanted};
use super::{Follower, Order, Orders};
use crate::edges::Reach;

impl Follower {
    /// By IXFR if changes are wanted, from the version that is held.
    pub(super) fn fetch(
        &mut self,
        zone: ZoneNumber,
        exchange: Exchange,
        primary: usize,
        wants_changes: bool,
    ) {
        let Some(followed) = self.zones.get_mut(&zone) else {
            return;
        };
        let Some(primary) = followed.spec.primaries.get(primary).cloned() else {
            return;
        };
        followed.asked = Some(primary.address);
        let key = self.start.key;
        let wanted = match followed.held.clone().filter(|_| wants_changes) {
            Some(held) => Wanted::Changes(Box::new(held), key),
            None => Wanted::Whole(key),
        };
        let name = followed.spec.name.clone();
        self.converse(Job {
            zone,
            exchange,
            name,
            primary,
            wanted,
            limits: self.start.transfer_limits,
        });
    }

    pub(super) fn converse(&mut self, job: Job) {
        let (zone, exchange) = (job.zone, job.exchange);
        match Errand::new(job, &self.start.edges, &self.start.orders) {
            Some(errand) => self.start.reach.converse(errand),
            None => self.happen(zone, Event::Failed(exchange, Failure::Broken)),
        }
    }
}

/// One thread asks over UDP, and each connection has one for as long as it lasts.
pub(crate) struct Threads(Datagrams);

impl Threads {
    pub(crate) fn start(orders: Orders) -> std::io::Result<Threads> {
        let on_end = move |ended| orders.send(Order::Ended(ended));
        let is_answer = replication::message::is_answer;
        Datagrams::start(AskOptions::default(), is_answer, on_end).map(Threads)
    }
}

impl Reach for Threads {
    fn ask(&mut self, question: Question) {
        self.0.ask(question);
    }

    fn converse(&mut self, errand: Errand) {
        let thread = thread::Builder::new().name("fetching".to_owned());
        // Without a thread the errand is dropped, which tells that nothing came of it.
        if let Err(why) = thread.spawn(move || perform(errand)) {
            tracing::error!(%why, "there is no thread for a transfer");
        }
    }
}

fn perform(errand: Errand) {
    let mut talk = Some(errand.talk);
    let spoken = Dialogue::open(&errand.peer, &DialogueLimits::default())
        .and_then(|dialogue| speak(dialogue, &errand.request, &mut talk));
    if let (Err(trouble), Some(talk)) = (spoken, talk) {
        talk.failed(&trouble);
    }
}

fn speak(mut dialogue: Dialogue, request: &[u8], talk: &mut Option<Talk>) -> Result<(), Trouble> {
    let cutter = dialogue.cutter()?;
    if let Some(talk) = talk {
        talk.cut_by(cutter);
    }
    dialogue.send(request)?;
    let mut message = Vec::new();
    while talk.is_some() {
        let is_there = dialogue.receive(&mut message)?;
        let Some(before) = talk.take() else { break };
        match is_there {
            true => *talk = before.heard(&message),
            false => before.ended(),
        }
    }
    Ok(())
}
