//! What arrives at hosts.

use super::*;

use primary::Durability;

impl World {
    pub(super) fn datagram(&mut self, from: SocketAddr, to: SocketAddr, octets: &[u8]) {
        match host_of(to.ip()) {
            Some(Host::Primary) if to.port() == 53 => {
                let way = Way::Datagram { from: to, to: from };
                self.primary.hear(octets, (from, to), way);
                self.after(Host::Primary);
            }
            Some(Host::Secondary(number)) => {
                match to.port() {
                    53 => {
                        let way = Way::Datagram { from: to, to: from };
                        self.secondaries[number].hear(octets, (from, to), way);
                        self.after(Host::Secondary(number));
                    }
                    port => self.secondaries[number].hear_answer(port, octets),
                }
                self.turn(number);
            }
            Some(Host::Client) => match self.questions.get(&to.port()).copied() {
                Some(host) => self.answered(host, octets),
                None => {
                    let done = self.client.hear(to.port(), octets);
                    self.book.acknowledged.extend(done);
                    if let (Some(Durability::Pushed), Some((token, true))) =
                        (self.scenario.far, done)
                    {
                        self.repository.look_again();
                        self.book
                            .what_is_pushed_is_there(&mut self.repository, token);
                    }
                }
            },
            Some(Host::Primary) | None => {}
        }
    }

    pub(super) fn answered(&mut self, host: Host, octets: &[u8]) {
        let mut answer = octets.to_vec();
        if self.scenario.mutation == Some(Mutation::MixesVersions)
            && let Some(old) = self.old_answer.replace(answer.clone())
            && old.len() == answer.len()
        {
            let at = answer.len() - 4;
            answer[at..].copy_from_slice(&old[at..]);
        }
        self.book.answers_do_not_mix(host, &answer);
    }

    pub(super) fn opened(&mut self, connection: Connection, (from, to): (SocketAddr, SocketAddr)) {
        let is_heard = host_of(to.ip()).is_some_and(|host| self.is_running(host));
        if !is_heard || self.scenario.mutation == Some(Mutation::KeepsToItself) && !is_primary(to) {
            return self.sim.cut(connection);
        }
        let line = Line {
            from,
            to,
            since: None,
        };
        self.lines.insert(connection, line);
    }

    pub(super) fn heard(&mut self, connection: Connection, by: Side, octets: &[u8]) {
        match by {
            Side::Called => {
                let Some(line) = self.lines.get_mut(&connection) else {
                    return;
                };
                line.since = ixfr_since(octets);
                let (addresses, way) = ((line.from, line.to), Way::Connection(connection));
                let host = host_of(line.to.ip()).expect("a host");
                match host {
                    Host::Secondary(number) => {
                        self.secondaries[number].hear(octets, addresses, way);
                    }
                    Host::Primary | Host::Client => self.primary.hear(octets, addresses, way),
                }
                self.after(host);
            }
            Side::Opener => {
                let Some(number) = self.who_talks(connection) else {
                    return;
                };
                let talk = self.secondaries[number].talks.remove(&connection);
                match talk.and_then(|talk| talk.heard(octets)) {
                    Some(talk) => {
                        self.secondaries[number].talks.insert(connection, talk);
                    }
                    None => self.sim.close(connection, Side::Opener),
                }
                self.turn(number);
            }
        }
    }

    pub(super) fn ended(&mut self, connection: Connection, by: Side, end: End) {
        if by == Side::Called {
            let line = self.lines.remove(&connection);
            let host = line.and_then(|line| host_of(line.to.ip()));
            if let Some(giving) = host.and_then(|host| self.giving(host)) {
                giving.ended(connection);
            }
            return;
        }
        let Some(number) = self.who_talks(connection) else {
            return;
        };
        if let Some(talk) = self.secondaries[number].talks.remove(&connection) {
            match end {
                End::Closed => talk.ended(),
                End::Broken => talk.failed(&Trouble::CutShort),
            }
        }
        self.turn(number);
    }

    pub(super) fn who_talks(&self, connection: Connection) -> Option<usize> {
        let talks = |host: &SecondaryHost| host.talks.contains_key(&connection);
        self.secondaries.iter().position(talks)
    }
}

fn is_primary(address: SocketAddr) -> bool {
    host_of(address.ip()) == Some(Host::Primary)
}
