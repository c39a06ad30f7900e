//! What is seen of servers, whenever something has happened to them.

use super::*;

impl World {
    pub(super) fn look_at(&mut self, host: Host) {
        let Some(zone) = self.zone_of(host) else {
            return;
        };
        let Some(serial) = zone.serial() else { return };
        let before = self.served.insert(host, serial);
        if before == Some(serial) {
            return;
        }
        let zone = self.seen(host, zone);
        self.book.steps_to(host, &zone);
        self.book.serials_go_forward(host, serial);
        self.book.a_serial_is_one_version(host, &zone);
        if host == Host::Primary {
            let is_wrong = self.scenario.mutation == Some(Mutation::ForgetsBriefs);
            let forgetful = is_wrong.then(|| self.book.without_briefs(&zone)).flatten();
            self.book
                .briefs_are_served(host, forgetful.as_ref().unwrap_or(&zone));
        }
        self.sim.witness(&serial.0.to_be_bytes());
        self.notify(host, &zone);
    }

    pub(super) fn zone_of(&self, host: Host) -> Option<Zone<Checked>> {
        let zones = match host {
            Host::Primary => self.primary.steps.as_ref()?.zones(),
            Host::Secondary(number) => self.secondaries[number].steps.as_ref()?.zones(),
            Host::Client => return None,
        };
        Some(zones.zone(self.zone.as_ref())?.zone.clone())
    }

    /// As the world sees it: a mistake may be among it.
    fn seen(&self, host: Host, zone: Zone<Checked>) -> Zone<Checked> {
        let wrong = self.scenario.mutation == Some(Mutation::KeepsWhatWasDeleted);
        let (true, Host::Secondary(_), Some(serial)) = (wrong, host, zone.serial()) else {
            return zone;
        };
        self.book
            .with_a_deleted_record(serial, &zone)
            .unwrap_or(zone)
    }

    /// Who follows a server is told of each version that it serves.
    fn notify(&mut self, host: Host, zone: &Zone<Checked>) {
        let is_silent = match host {
            Host::Primary => Mutation::StaysBehind,
            Host::Secondary(_) | Host::Client => Mutation::KeepsToItself,
        };
        if self.scenario.mutation == Some(is_silent) {
            return;
        }
        let from = SocketAddr::new(ip(host), 53);
        for number in 0..self.secondaries.len() {
            if self.secondaries[number].source == host {
                let id = self.sim.random().bits() as u16;
                let message = replication::message::notify(id, zone.apex(), None);
                let to = SocketAddr::new(ip(Host::Secondary(number)), 53);
                self.sim.send(from, to, &message);
            }
        }
    }
}
