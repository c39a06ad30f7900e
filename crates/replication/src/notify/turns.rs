//! Whose turn it is: what is told again, what is new, and what waits.

use super::flight::Flight;
use super::told::Told;
use super::{
    Action, Announcer, MESSAGE, Notice, Outcome, RANKS, RETRANSMIT_SECS, Rank, Target, Zone,
};
use crate::Moment;
use rr::Serial;

impl Announcer {
    /// Whether there was credit for it.
    pub(super) fn overdue(&mut self, now: Moment, notice: Notice) -> bool {
        let Some(flight) = self.flights.get(notice).copied() else {
            return true;
        };
        let wait = RETRANSMIT_SECS.get(flight.attempt);
        match (wait, self.serials.get(&flight.zone).copied()) {
            _ if self.is_in_vain(notice, &flight) => self.put_off(notice, &flight),
            (Some(secs), Some(serial)) => {
                if !self.pay(now, Rank::Rest) {
                    return false;
                }
                self.tell_again((notice, &flight), serial, now.after_secs(*secs));
            }
            _ => self.give_up(notice, flight),
        }
        true
    }

    fn tell_again(&mut self, (notice, flight): (Notice, &Flight), serial: Serial, due: Moment) {
        // What was announced meanwhile is told with it.
        if let Some(told) = self.targets.get_mut(&flight.target) {
            told.clear(flight.zone);
        }
        self.flights.again(notice, due);
        self.actions.push_back(Action::Send {
            notice,
            target: flight.target,
            zone: flight.zone,
            serial,
        });
    }

    /// Whether the target has answered nothing since, and is told of another zone again and again already.
    fn is_in_vain(&mut self, notice: Notice, flight: &Flight) -> bool {
        let told = self.targets.get_mut(&flight.target);
        let silent = told.filter(|told| !told.has_heard_since(flight.begun));
        silent.is_some_and(|told| *told.tried.get_or_insert(notice) != notice)
    }

    /// Until the target answers anything. Of more than it may have in flight only the mark stays.
    fn put_off(&mut self, notice: Notice, flight: &Flight) {
        let Some(told) = self.targets.get_mut(&flight.target) else {
            return;
        };
        match told.flights.len() > self.pace.per_target {
            true => {
                told.flights.remove(&flight.zone);
                told.mark(flight.zone, Rank::Change);
                self.flights.remove(notice);
            }
            false => self.flights.later(notice, None),
        }
    }

    pub(super) fn hear(&mut self, now: Moment, target: Target) {
        if let Some(told) = self.targets.get_mut(&target) {
            told.hear(now);
            if told.tried.is_some() {
                self.wake(now, target);
            }
        }
    }

    /// Somebody who was away is back: what it was told in vain is told again, now.
    pub(super) fn wake(&mut self, now: Moment, target: Target) {
        if let Some(told) = self.targets.get_mut(&target) {
            told.tried = None;
            let all = told.flights.values();
            all.for_each(|notice| self.flights.hurry(*notice, now));
            self.line_up(target);
        }
    }

    /// Who has not answered anything for so long will not answer the rest either, and asks by itself once it is back. Who
    /// answers others, as some do who do not know a zone, is told on.
    fn give_up(&mut self, notice: Notice, flight: Flight) {
        let (target, zone) = (flight.target, flight.zone);
        let told = self.targets.get_mut(&target);
        let gone = told.filter(|told| !told.has_heard_since(flight.begun));
        let all = gone.map(Told::forget).unwrap_or_default();
        for (zone, notice) in all {
            self.flights.remove(notice);
            self.tell(target, zone, Outcome::Silent);
        }
        if self.flights.get(notice).is_some() {
            self.land(notice);
            self.tell(target, zone, Outcome::Silent);
        }
    }

    pub(super) fn tell(&mut self, target: Target, zone: Zone, outcome: Outcome) {
        self.actions.push_back(Action::Tell {
            target,
            zone,
            outcome,
        });
    }

    pub(super) fn land(&mut self, notice: Notice) {
        if let Some(flight) = self.flights.remove(notice) {
            if let Some(told) = self.targets.get_mut(&flight.target) {
                told.flights.remove(&flight.zone);
            }
            self.line_up(flight.target);
        }
    }

    /// Has the target wait for its turn, if there is anything to tell it and room.
    pub(super) fn line_up(&mut self, target: Target) {
        let told = self.targets.get_mut(&target);
        let Some(told) = told.filter(|told| told.has_room(&self.pace)) else {
            return;
        };
        for rank in RANKS {
            if !told.is_ready[rank as usize] && told.next(rank).is_some() {
                told.is_ready[rank as usize] = true;
                self.ready[rank as usize].push_back(target);
            }
        }
    }

    pub(super) fn send(&mut self, now: Moment) {
        self.send_newest(now);
        for rank in RANKS {
            while let Some((target, zone)) = self.first_ready(rank)
                && self.may_send(now, rank)
            {
                self.leave_line(target, rank);
                self.begin(now, target, zone);
                self.line_up(target);
            }
        }
    }

    /// Whose turn it is. Who has no room, or was told of all meanwhile, has none.
    fn first_ready(&mut self, rank: Rank) -> Option<(Target, Zone)> {
        loop {
            let target = *self.ready[rank as usize].front()?;
            let told = self.targets.get(&target);
            let told = told.filter(|told| told.has_room(&self.pace));
            match told.and_then(|told| told.next(rank)) {
                Some(zone) => return Some((target, zone)),
                None => self.leave_line(target, rank),
            }
        }
    }

    fn leave_line(&mut self, first: Target, rank: Rank) {
        self.ready[rank as usize].pop_front();
        if let Some(told) = self.targets.get_mut(&first) {
            told.is_ready[rank as usize] = false;
        }
    }

    /// Of what waits to be told for the first time.
    pub(super) fn first_rank(&self) -> Option<Rank> {
        let waits = |rank: &Rank| !self.ready[*rank as usize].is_empty();
        match self.newest.is_empty() {
            true => RANKS.into_iter().find(waits),
            false => Some(Rank::Change),
        }
    }

    pub(super) fn send_newest(&mut self, now: Moment) {
        while let Some((target, zone)) = self.newest.front().copied() {
            let told = self.targets.get(&target);
            // What it was told of meanwhile is nothing new.
            let is_new = told.is_some_and(|told| told.is_marked(zone));
            if is_new && !self.may_send(now, Rank::Change) {
                return;
            }
            self.newest.pop_front();
            if is_new {
                self.begin_newest(now, target, zone);
            }
        }
    }

    fn may_send(&mut self, now: Moment, rank: Rank) -> bool {
        self.flights.young() < self.pace.in_all && self.pay(now, rank)
    }

    /// Tells of a zone whatever else is in flight, an older message about it too.
    fn begin_newest(&mut self, now: Moment, target: Target, zone: Zone) {
        let older = |told: &Told| told.flights.get(&zone).copied();
        let older = self.targets.get(&target).and_then(older);
        older.map(|notice| self.flights.remove(notice));
        let newer = self.begin(now, target, zone);
        if let Some(told) = self.targets.get_mut(&target)
            && told.tried.is_some()
            && told.tried == older
        {
            told.tried = newer;
        }
    }

    fn begin(&mut self, now: Moment, target: Target, zone: Zone) -> Option<Notice> {
        let told = self.targets.get_mut(&target)?;
        told.clear(zone);
        let serial = *self.serials.get(&zone)?;
        let until = now.after_secs(RETRANSMIT_SECS[0]);
        let notice = self.flights.begin(target, zone, now, until);
        told.flights.insert(zone, notice);
        self.actions.push_back(Action::Send {
            notice,
            target,
            zone,
            serial,
        });
        Some(notice)
    }

    /// Takes the credit of a message, if there is that much.
    fn pay(&mut self, now: Moment, rank: Rank) -> bool {
        let earned = now.millis_since(self.credited) * u64::from(self.pace.per_second);
        let most = u64::from(self.pace.burst.max(1)) * MESSAGE;
        self.credit = self.credit.saturating_add(earned).min(most);
        self.credited = self.credited.max(now);
        let pays = self.has_credit(rank);
        self.credit -= if pays { MESSAGE } else { 0 };
        pays
    }

    pub(super) fn has_credit(&self, rank: Rank) -> bool {
        self.credit >= self.wanted(rank)
    }

    pub(super) fn next_credit(&self, rank: Rank) -> Moment {
        let missing = self.wanted(rank).saturating_sub(self.credit);
        let millis = missing.div_ceil(u64::from(self.pace.per_second.max(1)));
        self.credited.after_millis(millis.max(1))
    }

    /// The credit with which a message may be sent: half of a burst is left for what changes next.
    fn wanted(&self, rank: Rank) -> u64 {
        let left = match rank {
            Rank::Change => 0,
            Rank::Rest => self.pace.burst / 2,
        };
        MESSAGE * (1 + u64::from(left))
    }
}
