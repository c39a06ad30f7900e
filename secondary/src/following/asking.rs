//! Questions for SOA records.

use std::time::Duration;

use replication::message::{SoaAnswer, read_soa, soa_query};
use replication::{Event, Exchange, Failure, Way, ZoneNumber};
use rr::{Name, NameRef};
use stack_os::outgoing::{Ended, Question, Ticket, Trouble};
use tsig::{Awaited, Time, sign_request};

use super::conversation::{Job, Wanted};
use super::{Follower, doubt};
use crate::config::Primary;
use crate::edges::Edges;

/// A question over UDP that is under way.
pub(super) struct Asked {
    zone: ZoneNumber,
    exchange: Exchange,
    name: Name,
    awaited: Option<Awaited>,
}

impl Follower {
    pub(super) fn ask(&mut self, zone: ZoneNumber, exchange: Exchange, primary: usize, by: Way) {
        let Some(followed) = self.zones.get(&zone) else {
            return;
        };
        let Some(primary) = followed.spec.primaries.get(primary).cloned() else {
            return;
        };
        let name = followed.spec.name.clone();
        match by {
            Way::Datagrams => self.ask_by_datagram(zone, exchange, &name, &primary),
            Way::Connections => self.converse(Job {
                zone,
                exchange,
                name,
                primary,
                wanted: Wanted::Soa,
                limits: self.start.transfer_limits,
            }),
        }
    }

    fn ask_by_datagram(
        &mut self,
        zone: ZoneNumber,
        exchange: Exchange,
        name: &Name,
        primary: &Primary,
    ) {
        let Some((message, awaited)) = soa_question(name.as_ref(), primary, &self.start.edges)
        else {
            self.happen(zone, Event::Failed(exchange, Failure::Broken));
            return;
        };
        self.last_ticket += 1;
        let asked = Asked {
            zone,
            exchange,
            name: name.clone(),
            awaited,
        };
        self.asked.insert(self.last_ticket, asked);
        self.start.reach.ask(Question {
            ticket: Ticket(self.last_ticket),
            server: primary.address,
            from: primary.from,
            message,
            patience: Duration::from_millis(self.start.pace.datagram_millis),
        });
    }

    pub(super) fn question_ended(&mut self, ended: Ended) {
        let Some(asked) = self.asked.remove(&ended.ticket.0) else {
            return;
        };
        let Asked { zone, exchange, .. } = asked;
        let event = match ended.outcome {
            Ok(answer) => soa_event(
                exchange,
                &answer,
                asked.name.as_ref(),
                (asked.awaited.as_ref(), self.start.edges.time()),
            ),
            // The machine has a clock of its own, and asks again when it is time.
            Err(Trouble::TimedOut | Trouble::Cancelled) => return,
            // Nobody is there: the connection that is tried next tells for certain.
            Err(_) => Event::Truncated(exchange),
        };
        self.happen(zone, event);
    }
}

/// The message, and what verifies its answer; none if there is no chance or no room for a signature.
pub(super) fn soa_question(
    zone: NameRef<'_>,
    primary: &Primary,
    edges: &Edges,
) -> Option<(Vec<u8>, Option<Awaited>)> {
    let mut message = soa_query(edges.random_id()?, zone);
    let awaited = sign(&mut message, primary, edges)?;
    Some((message, awaited))
}

/// Signs a message if there is a key; none if that cannot be done.
pub(super) fn sign(
    message: &mut Vec<u8>,
    primary: &Primary,
    edges: &Edges,
) -> Option<Option<Awaited>> {
    match &primary.key {
        None => Some(None),
        Some(key) => sign_request(key, message, edges.time()).ok().map(Some),
    }
}

pub(super) fn soa_event(
    exchange: Exchange,
    answer: &[u8],
    zone: NameRef<'_>,
    (awaited, now): (Option<&Awaited>, Time),
) -> Event {
    if let Some(awaited) = awaited
        && let Err(error) = awaited.verify(answer, now)
    {
        tracing::warn!(zone = %zone, %error, "an answer is not believed");
        return Event::Failed(exchange, Failure::NotTrusted(doubt::of_answer(&error, now)));
    }
    match read_soa(answer, zone) {
        SoaAnswer::Heard(heard) => Event::Soa(exchange, heard),
        SoaAnswer::Truncated => Event::Truncated(exchange),
        SoaAnswer::Failed(failure) => Event::Failed(exchange, failure),
    }
}
