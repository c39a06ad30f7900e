//! What hosts do when it is time, and what they send.

use super::*;

/// What could not be pushed is tried again after so long at least.
const AGAIN: Duration = Duration::from_secs(1);

impl World {
    pub(super) fn due(&mut self, host: IpAddr, what: u64) {
        match (host_of(host), what) {
            (None, due::DEED) => self.next_deed(),
            (None, what) => {
                let number = (what >> 32) as u8;
                let host = host_of(Ipv4Addr::new(10, 0, 0, number).into());
                self.begin(host.expect("a host"));
            }
            (Some(Host::Primary), what) => self.due_at_the_primary(what),
            (Some(Host::Secondary(number)), what) => self.due_at_a_secondary(number, what),
            (Some(Host::Client), what) => {
                if let Some(again) = self.client.give_up((what - due::PORT) as u16) {
                    self.send_update(again, None);
                }
            }
        }
    }

    pub(super) fn due_at_the_primary(&mut self, what: u64) {
        match what {
            due::LOOK => self.look(),
            due::POLL => {
                self.look();
                let pause = match self.primary.far {
                    Some(_) => FAR_POLL,
                    None => POLL,
                };
                let next = self.sim.now() + pause;
                self.sim.wake(ip(Host::Primary), next, due::POLL);
            }
            due::FETCHED => {
                if let Some(steps) = &mut self.primary.steps
                    && steps.take_in()
                {
                    steps.look();
                }
            }
            due::PUSH => self.push(),
            due::WRITE => {
                self.primary.steps.as_mut().map(Steps::write);
            }
            due::GIVE => {
                self.primary.steps.as_mut().map(Steps::give);
            }
            what => return self.pull(Host::Primary, what - due::STREAM),
        }
        self.after(Host::Primary);
    }

    /// Has what is served pushed. What cannot be now is tried again, when it was looked what is there.
    fn push(&mut self) {
        self.is_pushing = false;
        let Some(steps) = &mut self.primary.steps else {
            return;
        };
        if !steps.push() {
            self.is_pushing = true;
            let (soon, later) = (self.soon(500), self.soon(2_000));
            let host = ip(Host::Primary);
            self.sim.wake(host, soon, due::LOOK);
            self.sim.wake(host, later + AGAIN, due::PUSH);
        }
    }

    /// As the watch does: what has not moved costs one small file. What is far is fetched, and taken in a little later.
    pub(super) fn look(&mut self) {
        if self.primary.far.is_some() {
            self.primary.steps.iter_mut().for_each(Steps::fetch);
            let soon = self.soon(300);
            return self.sim.wake(ip(Host::Primary), soon, due::FETCHED);
        }
        let branch = self.repository.branch();
        if let Some(steps) = &mut self.primary.steps
            && self.looked.replace(branch.clone()) != Some(branch)
        {
            steps.look();
        }
    }

    pub(super) fn due_at_a_secondary(&mut self, number: usize, what: u64) {
        if what >= due::TALK {
            if let Some(connection) = self.numbers.remove(&what) {
                self.sim.cut(connection);
            }
        } else if what >= due::STREAM {
            return self.pull(Host::Secondary(number), what - due::STREAM);
        } else if what == due::GIVE {
            if let Some(steps) = &mut self.secondaries[number].steps {
                steps.give();
            }
            return self.after(Host::Secondary(number));
        } else if what >= due::PORT {
            let port = (what - due::PORT) as u16;
            self.secondaries[number].question_ended(port, Err(Trouble::TimedOut));
        }
        self.turn(number);
    }

    /// What a server wants to do next is done a little later, so that other things come between.
    pub(super) fn after(&mut self, host: Host) {
        if !self.is_running(host) {
            return;
        }
        let Some(giving) = self.giving(host) else {
            return;
        };
        let (messages, begun) = giving.parcels();
        let gives = std::mem::take(&mut giving.is_asked);
        let writes = host == Host::Primary && std::mem::take(&mut self.primary.is_asked);
        let pushes = host == Host::Primary && self.is_to_push();
        for (way, octets) in messages {
            self.post(way, &octets);
        }
        let streams = begun.into_iter().map(|stream| due::STREAM + stream);
        let asked = [
            (writes, due::WRITE),
            (gives, due::GIVE),
            (pushes, due::PUSH),
        ];
        let asked = asked.into_iter().filter(|(is_asked, _)| *is_asked);
        for what in streams.chain(asked.map(|(_, what)| what)) {
            let soon = self.soon(5);
            self.sim.wake(ip(host), soon, what);
        }
    }

    fn is_to_push(&mut self) -> bool {
        let steps = self.primary.steps.as_ref();
        let is_new = steps.is_some_and(Steps::is_ahead) && !self.is_pushing;
        self.is_pushing |= is_new;
        is_new
    }

    pub(super) fn post(&mut self, way: Way, octets: &[u8]) {
        match way {
            Way::Datagram { from, to } => self.sim.send(from, to, octets),
            Way::Connection(connection) => self.sim.say(connection, Side::Called, octets),
        }
    }

    pub(super) fn pull(&mut self, host: Host, stream: u64) {
        let Some(giving) = self.giving(host) else {
            return;
        };
        let Some(way) = giving.way(stream) else {
            return;
        };
        match (giving.pull(stream), way) {
            (Some((octets, is_more)), _) => {
                self.first_of_a_transfer(way, &octets);
                self.post(way, &octets);
                if is_more {
                    let soon = self.soon(5);
                    self.sim.wake(ip(host), soon, due::STREAM + stream);
                }
            }
            (None, Way::Connection(connection)) => self.sim.cut(connection),
            (None, Way::Datagram { .. }) => {}
        }
    }

    pub(super) fn first_of_a_transfer(&mut self, way: Way, octets: &[u8]) {
        let Way::Connection(connection) = way else {
            return;
        };
        let line = self.lines.get_mut(&connection);
        let Some((line, since)) = line.and_then(|line| {
            let since = line.since.take()?;
            Some((line, since))
        }) else {
            return;
        };
        let [giver, host] = [line.to, line.from].map(|it| host_of(it.ip()));
        let ends = (giver.unwrap_or(Host::Primary), host.unwrap_or(Host::Client));
        let Ok(message) = wire::message::Message::read(octets) else {
            return;
        };
        let is_soa = |at: usize| {
            let record = message.answer.get(at);
            record.is_some_and(|record| record.data.rtype() == rr::Rtype::SOA)
        };
        // RFC 1995 §4: one record says that there is nothing newer, two SOA records begin a list of changes.
        if message.answer.len() > 1 {
            let is_whole = !is_soa(1) || self.scenario.mutation == Some(Mutation::SendsAll);
            self.book.changes_are_enough(ends, since, is_whole);
        }
    }

    pub(super) fn turn(&mut self, number: usize) {
        let host = ip(Host::Secondary(number));
        for order in self.secondaries[number].turn() {
            match order {
                Order::Send(port, to, message, patience) => {
                    let from = SocketAddr::new(host, port);
                    if self.scenario.mutation != Some(Mutation::StaysBehind) {
                        self.sim.send(from, to, &message);
                    }
                    let over = self.sim.now() + patience;
                    self.sim.wake(host, over, due::PORT + u64::from(port));
                }
                Order::Open(..) if self.scenario.mutation == Some(Mutation::StaysBehind) => {}
                Order::Open(to, request, talk) => {
                    let connection = self.sim.connect(SocketAddr::new(host, 1023), to);
                    self.sim.say(connection, Side::Opener, &request);
                    self.secondaries[number].talks.insert(connection, talk);
                    self.last_talk += 1;
                    let what = due::TALK + self.last_talk;
                    self.numbers.insert(what, connection);
                    let over = self.sim.now() + Duration::from_secs(30);
                    self.sim.wake(host, over, what);
                }
            }
        }
        let wait = self.secondaries[number]
            .steps
            .as_ref()
            .and_then(secondary::Steps::wait);
        if let Some(wait) = wait {
            let at = self.sim.now() + wait.max(Duration::from_millis(1));
            if self.secondaries[number].wakes_at(at) {
                self.sim.wake(host, at, due::TURN);
            }
        }
    }
}
