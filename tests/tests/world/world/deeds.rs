//! What happens to the world.

use super::*;

use git_store::CommitId;

impl World {
    pub(super) fn plan_deed(&mut self) {
        if let Some((at, _)) = self.scenario.deeds.get(self.next_deed) {
            self.sim.wake(FATE, *at, due::DEED);
        }
    }

    pub(super) fn next_deed(&mut self) {
        let deed = self.scenario.deeds.get(self.next_deed).copied();
        self.next_deed += 1;
        if let Some((_, deed)) = deed {
            self.perform(deed);
        }
        self.plan_deed();
    }

    pub(super) fn perform(&mut self, deed: Deed) {
        match deed {
            Deed::Push(edit, None) => {
                self.repository.look_again();
                self.repository.push(edit);
                self.pushed();
            }
            Deed::Push(edit, Some(milestone)) => {
                // On a repository of the person's own eyes, while the server is in the middle of its work.
                let store = self.repository.store.clone();
                let push = move || crate::repository::push_at(&store, edit);
                self.primary.arm(milestone, Box::new(push));
            }
            Deed::Race(edit) => {
                self.primary.far.iter().for_each(|far| far.race(edit));
            }
            Deed::Revert(back) => {
                self.repository.look_again();
                self.repository.revert(back);
                self.pushed();
            }
            Deed::Force => self.force(),
            Deed::Update { token, is_added } => {
                if !is_added {
                    self.book.removed.insert(token);
                }
                let sent = self.client.update(token, is_added);
                self.send_update(sent, Some((token, is_added)));
            }
            Deed::Kill(Host::Primary, Some(milestone)) => {
                let is_killed = Arc::clone(&self.is_killed);
                let kill = move || {
                    is_killed.store(true, Ordering::Relaxed);
                    std::panic::resume_unwind(Box::new(Killed));
                };
                self.primary.arm(milestone, Box::new(kill));
            }
            Deed::Kill(host, _) => self.kill(host),
            Deed::Part(one, other) => {
                let other = if one == other { Host::Client } else { other };
                self.sim.part(ip(one), ip(other));
            }
            Deed::Away => self.set_away(true),
            Deed::Join => {
                self.sim.join();
                self.set_away(false);
            }
            Deed::Weather(weather) => self.set_weather(weather),
            Deed::Jump(host, secs) => {
                *self.jumps.entry(ip(host)).or_default() += secs;
                self.sim.jump(ip(host), secs);
            }
            Deed::Ask(host) => self.ask(host),
        }
    }

    /// Somebody may tell the server of it, or nobody does until it looks by itself.
    pub(super) fn pushed(&mut self) {
        if self.sim.random().chance(70) {
            let soon = self.soon(20);
            self.sim.wake(ip(Host::Primary), soon, due::LOOK);
        }
    }

    pub(super) fn force(&mut self) {
        self.repository.look_again();
        let Some(commit) = self.repository.force() else {
            return;
        };
        self.have_accepted(commit);
    }

    /// The operator has a commit let in, whatever was before it.
    fn have_accepted(&mut self, commit: CommitId) {
        let Some(steps) = &mut self.primary.steps else {
            return;
        };
        steps.fetch();
        steps.take_in();
        steps.look();
        // Where what it was forced away from was not served yet there is nothing to accept.
        let _ = steps.accept(&commit.to_string());
        steps.look();
    }

    fn set_away(&self, is_away: bool) {
        self.primary
            .far
            .iter()
            .for_each(|far| far.set_away(is_away));
    }

    fn set_weather(&mut self, weather: Weather) {
        self.sim.weather = weather;
        let far = self.primary.far.iter();
        far.for_each(|far| far.set_breaks(weather.cuts));
    }

    pub(super) fn kill(&mut self, host: Host) {
        self.book.seen.kills += 1;
        self.sim.kill(ip(host));
        self.served.remove(&host);
        match host {
            Host::Primary => {
                self.primary.kill();
                (self.looked, self.is_pushing) = (None, false);
                if self.scenario.mutation == Some(Mutation::LosesCommits) {
                    self.repository.lose_one();
                }
            }
            Host::Secondary(number) => {
                self.secondaries[number].kill();
                self.book.forgets(host, self.secondaries[number].keeps);
            }
            Host::Client => return,
        }
        let again = self.soon(8_000);
        self.sim
            .wake(FATE, again, due::BEGIN + (u64::from(number_of(host)) << 32));
    }

    pub(super) fn begin(&mut self, host: Host) {
        match host {
            Host::Primary if self.primary.steps.is_none() => {
                self.primary.begin(self.scenario.mutation);
                let first = match self.primary.far {
                    Some(_) => Duration::ZERO,
                    None => POLL,
                };
                let now = self.sim.now();
                self.sim.wake(ip(host), now + first, due::POLL);
                self.after(host);
            }
            Host::Secondary(number) if self.secondaries[number].steps.is_none() => {
                self.secondaries[number].begin();
                self.turn(number);
            }
            _ => {}
        }
        self.look_at(host);
    }

    /// No more trouble: what is down begins again, clocks are right, and the last commit has no mistake.
    pub(super) fn calm_down(&mut self) {
        self.sim.join();
        self.set_away(false);
        self.set_weather(Weather::default());
        for (host, secs) in std::mem::take(&mut self.jumps) {
            self.sim.jump(host, -secs);
        }
        for host in self.hosts() {
            self.begin(host);
        }
        self.repository.look_again();
        // What a person put in place of something else while nobody could be asked.
        if self.primary.far.is_some() {
            self.have_accepted(self.repository.tip());
        }
        self.repository.push(Edit::Number(7));
    }

    pub(super) fn ask(&mut self, host: Host) {
        let name = Name::from_text("v.a.example").expect("a name");
        let id = self.sim.random().bits() as u16;
        let port = 40_000 + self.questions.len() as u16;
        self.questions.insert(port, host);
        let question = wire::message::query(id, name.as_ref(), rr::Rtype::MX);
        let from = SocketAddr::new(ip(Host::Client), port);
        self.sim
            .send(from, SocketAddr::new(ip(host), 53), &question);
    }

    pub(super) fn send_update(
        &mut self,
        (port, message): (u16, Vec<u8>),
        what: Option<(Token, bool)>,
    ) {
        if self.scenario.mutation == Some(Mutation::AcknowledgesEarly) {
            self.book.acknowledged.extend(what);
        }
        let client = ip(Host::Client);
        let to = SocketAddr::new(ip(Host::Primary), 53);
        self.sim.send(SocketAddr::new(client, port), to, &message);
        let over = self.sim.now() + Duration::from_secs(3);
        self.sim.wake(client, over, due::PORT + u64::from(port));
    }

    pub(super) fn soon(&mut self, most_millis: u64) -> Duration {
        let millis = self.sim.random().below(most_millis);
        self.sim.now() + Duration::from_millis(millis)
    }
}
