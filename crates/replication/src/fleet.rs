//! All zones of a secondary: what is due, and how much of it goes on at a time.

use alloc::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::{Action, Event, Moment, Refresh, Step};

/// How much goes on at a time, of all zones together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FleetLimits {
    /// Questions for SOA records. Default 100.
    pub questions: usize,
    /// Transfers. Default 10.
    pub transfers: usize,
}

impl Default for FleetLimits {
    fn default() -> Self {
        Self {
            questions: 100,
            transfers: 10,
        }
    }
}

/// A zone of a [`Fleet`]; never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ZoneNumber(u64);

/// The zones of a secondary. One that is not due costs nothing but its memory, however many there are.
#[derive(Debug)]
pub struct Fleet {
    limits: FleetLimits,
    zones: BTreeMap<u64, Member>,
    due: BTreeSet<(Moment, u64)>,
    asking: Line,
    transferring: Line,
    actions: VecDeque<(ZoneNumber, Action)>,
    last: u64,
    last_turn: u64,
}

#[derive(Debug)]
struct Member {
    refresh: Refresh,
    due: Option<Moment>,
    /// Where it waits for a permit, and since which turn.
    in_line: Option<(Step, u64)>,
    at: Option<Step>,
}

/// Those who wait for a permit, by their turn, and how many have one.
#[derive(Debug, Default)]
struct Line {
    waiting: BTreeMap<u64, u64>,
    busy: usize,
}

impl Fleet {
    /// No zones.
    #[must_use]
    pub fn new(limits: FleetLimits) -> Self {
        Self {
            limits,
            zones: BTreeMap::new(),
            due: BTreeSet::new(),
            asking: Line::default(),
            transferring: Line::default(),
            actions: VecDeque::new(),
            last: 0,
            last_turn: 0,
        }
    }

    /// Takes a zone in.
    pub fn insert(&mut self, now: Moment, refresh: Refresh) -> ZoneNumber {
        self.last += 1;
        let number = self.last;
        let member = Member {
            refresh,
            due: None,
            in_line: None,
            at: None,
        };
        self.zones.insert(number, member);
        self.settle(number);
        self.permit(now);
        ZoneNumber(number)
    }

    /// Forgets a zone. Actions that it has left are still to be done; what is under way for it should be cancelled.
    pub fn remove(&mut self, now: Moment, zone: ZoneNumber) -> Option<Refresh> {
        let member = self.zones.remove(&zone.0)?;
        if let Some(due) = member.due {
            self.due.remove(&(due, zone.0));
        }
        if let Some((step, turn)) = member.in_line {
            self.line(step).waiting.remove(&turn);
        }
        if let Some(step) = member.at {
            self.line(step).busy -= 1;
        }
        self.permit(now);
        Some(member.refresh)
    }

    /// A zone; none if it was removed.
    #[must_use]
    pub fn zone(&self, zone: ZoneNumber) -> Option<&Refresh> {
        self.zones.get(&zone.0).map(|member| &member.refresh)
    }

    /// How many zones there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.zones.len()
    }

    /// Whether there is no zone.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.zones.is_empty()
    }

    /// How many zones are asked for and transferred right now.
    #[must_use]
    pub fn busy(&self) -> (usize, usize) {
        (self.asking.busy, self.transferring.busy)
    }

    /// When [`handle_timeout`](Fleet::handle_timeout) is due.
    #[must_use]
    pub fn next_timeout(&self) -> Option<Moment> {
        self.due.first().map(|(due, _)| *due)
    }

    /// Deals with all that is due. `chance` is any number.
    pub fn handle_timeout(&mut self, now: Moment, chance: u32) {
        let until = (Moment::from_millis(now.as_millis().saturating_add(1)), 0);
        let due: alloc::vec::Vec<u64> = self.due.range(..until).map(|(_, zone)| *zone).collect();
        for (turn, zone) in (0..).zip(due) {
            self.pass_on(now, zone, Event::Timeout, mixed(chance, turn));
        }
        self.permit(now);
    }

    /// Passes an event on to its zone. Events of zones that were removed are of no effect.
    pub fn handle(&mut self, now: Moment, zone: ZoneNumber, event: Event, chance: u32) {
        self.pass_on(now, zone.0, event, chance);
        self.permit(now);
    }

    /// What is to be done next, for which zone.
    pub fn poll_action(&mut self) -> Option<(ZoneNumber, Action)> {
        self.actions.pop_front()
    }

    fn pass_on(&mut self, now: Moment, zone: u64, event: Event, chance: u32) {
        if let Some(member) = self.zones.get_mut(&zone) {
            member.refresh.handle(now, event, chance);
            self.settle(zone);
        }
    }

    /// Brings the books up to date after a zone has changed.
    fn settle(&mut self, zone: u64) {
        let Some(member) = self.zones.get_mut(&zone) else {
            return;
        };
        while let Some(action) = member.refresh.poll_action() {
            self.actions.push_back((ZoneNumber(zone), action));
        }
        let due = member.refresh.next_timeout();
        let before = core::mem::replace(&mut member.due, due);
        let (was_at, at) = (member.at, member.refresh.is_at());
        member.at = at;
        let left = member.in_line;
        let turn = self.last_turn + 1;
        member.in_line = match member.refresh.wants() {
            None => None,
            Some(step) => left.filter(|left| left.0 == step).or(Some((step, turn))),
        };
        let joined = member.in_line;
        if before != due {
            before.map(|before| self.due.remove(&(before, zone)));
            due.map(|due| self.due.insert((due, zone)));
        }
        if was_at != at {
            was_at
                .into_iter()
                .for_each(|step| self.line(step).busy -= 1);
            at.into_iter().for_each(|step| self.line(step).busy += 1);
        }
        if left != joined {
            self.last_turn = turn;
            left.map(|(step, turn)| self.line(step).waiting.remove(&turn));
            joined.map(|(step, turn)| self.line(step).waiting.insert(turn, zone));
        }
    }

    /// Lets in as many as there is room for.
    fn permit(&mut self, now: Moment) {
        for step in [Step::Ask, Step::Transfer] {
            let most = match step {
                Step::Ask => self.limits.questions,
                Step::Transfer => self.limits.transfers,
            };
            while self.line(step).busy < most
                && let Some((_, zone)) = self.line(step).waiting.pop_first()
            {
                self.pass_on(now, zone, Event::Permit, 0);
            }
        }
    }

    fn line(&mut self, step: Step) -> &mut Line {
        match step {
            Step::Ask => &mut self.asking,
            Step::Transfer => &mut self.transferring,
        }
    }
}

/// Another number for each of those who are due together.
fn mixed(chance: u32, turn: u32) -> u32 {
    let mixed = (chance ^ turn.wrapping_mul(0x9E37_79B9)).wrapping_mul(0x85EB_CA6B);
    mixed ^ mixed >> 15
}
