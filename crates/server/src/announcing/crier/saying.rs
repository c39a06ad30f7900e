//! What is said, to whom and how, and what comes of it.

use std::sync::Arc;
use std::time::Duration;

use replication::notify::{Action, Notice, Outcome, Target, Zone};
use rr::NameRef;
use stack_os::outgoing::{Ended, Question, Trouble};
use tsig::Operation;
use wire::ResponseCode;

use super::super::hearers::Hearer;
use super::Crier;

/// How long an answer to a datagram is waited for, if the message is not sent again sooner.
const PATIENCE: Duration = Duration::from_secs(5);

impl Crier {
    pub(super) fn act(&mut self, action: Action) {
        match action {
            Action::Send {
                notice,
                target,
                zone,
                ..
            } => self.send(notice, target, zone),
            Action::Tell {
                target,
                zone,
                outcome,
            } => self.tell(target, zone, outcome),
        }
    }

    fn send(&mut self, notice: Notice, target: Target, number: Zone) {
        let zones = self.zones.load();
        let published = self
            .names
            .get(&number)
            .and_then(|name| zones.zone(name.as_ref()));
        let (Some(hearer), Some(published)) = (self.hearers.get(target), published) else {
            return;
        };
        let key = match hearer.key() {
            None => None,
            Some(name) => match self.key(hearer, name, published.zone.apex()) {
                Some(key) => Some(key),
                None => return self.without_key(target),
            },
        };
        if let Hearer::Connection(kept) = hearer
            && !kept.is_quiet(self.now())
        {
            // Its turn comes again as if nobody had answered.
            return;
        }
        let place = (notice, target, number);
        let Some((letter, before)) = self.letters.write(place, &published.zone, key.as_ref())
        else {
            return;
        };
        before
            .into_iter()
            .for_each(|before| self.datagrams.cancel(before));
        self.told.sent(target, hearer);
        match hearer {
            Hearer::Address((server, _)) => self.datagrams.ask(Question {
                ticket: letter.ticket,
                server: *server,
                from: None,
                message: letter.message.clone(),
                patience: PATIENCE,
            }),
            Hearer::Connection(kept) => {
                if kept.connection.send(&letter.message).is_err() {
                    self.remove(target);
                }
            }
        }
    }

    /// The key as it is now. Who is told on a connection may be told of the zone still.
    fn key(&self, hearer: &Hearer, name: NameRef<'_>, zone: NameRef<'_>) -> Option<Arc<tsig::Key>> {
        let key = self.whom.key(name)?;
        let is_connection = matches!(hearer, Hearer::Connection(_));
        (!is_connection || key.may(Operation::Notify, zone)).then(|| Arc::clone(key))
    }

    /// Who came with a key that is taken away is told no more; who was configured is, once it is there again.
    fn without_key(&mut self, target: Target) {
        match self.hearers.get(target) {
            Some(Hearer::Connection(_)) => self.remove(target),
            _ => {
                let why = "the key that it is told with is not there";
                if self.told.trouble(target, why) {
                    tracing::warn!(server = ?self.address(target), "{why}");
                }
            }
        }
    }

    pub(super) fn ended(&mut self, ended: Ended) {
        let Some((target, zone)) = self.letters.place(ended.ticket) else {
            return;
        };
        match ended.outcome {
            Ok(answer) => self.answered(target, zone, &answer),
            // The machine tells again.
            Err(Trouble::TimedOut | Trouble::Cancelled) => {}
            Err(trouble) => {
                tracing::debug!(server = ?self.address(target), %trouble, "a NOTIFY is not answered");
            }
        }
    }

    pub(super) fn answered(&mut self, target: Target, zone: Zone, answer: &[u8]) {
        let Some(letter) = self.letters.get((target, zone)) else {
            return;
        };
        let notice = letter.notice;
        match letter.read(answer) {
            Ok(code) => {
                if code == ResponseCode::NoError {
                    self.told.answered(target);
                }
                if code != ResponseCode::ServFail {
                    self.letters.remove((target, zone));
                }
                self.announcer.handle_answer(self.now(), notice, code);
            }
            // Anybody may have said so: it is told again.
            Err(why) => {
                if self.told.trouble(target, &why.to_string()) {
                    tracing::warn!(server = ?self.address(target), zone = ?self.names.get(&zone), "an answer to NOTIFY is not believed: {why}");
                }
            }
        }
    }

    fn tell(&mut self, target: Target, zone: Zone, outcome: Outcome) {
        let (server, name) = (self.address(target), self.names.get(&zone).cloned());
        let name = name.as_ref().map(tracing::field::display);
        match outcome {
            Outcome::Refused(code) => {
                let why =
                    format!("answers {code} to NOTIFY; let it take them from us, or leave it out");
                if self.told.refused(target, &why) {
                    tracing::warn!(server, zone = name, "{why}");
                }
            }
            Outcome::Silent => {
                let why = "does not answer NOTIFY; it learns of changes when it asks";
                if self.told.silent(target, why) {
                    tracing::warn!(server, zone = name, "{why}");
                }
            }
        }
        self.letters.remove((target, zone));
    }
}
