//! What leads from the versions that were served to the newest ones.

use std::collections::BTreeMap;
use std::sync::Arc;

use rr::Name;
use transfer::{Difference, History, Request};
use zone::{Checked, Zone};

/// Octets of differences that are kept of all zones together. Of more, those of the zone that has gone longest without a
/// change are forgotten.
const MOST_OCTETS: usize = 64 << 20;

/// The differences of all zones that have changed since the start.
#[derive(Debug)]
pub(super) struct Versions {
    zones: BTreeMap<Name, Kept>,
    octets: usize,
    most_octets: usize,
    /// How many changes there were.
    changes: u64,
}

#[derive(Debug)]
struct Kept {
    newest: Zone<Checked>,
    history: History,
    /// The number of its last change.
    changed: u64,
}

impl Default for Versions {
    fn default() -> Self {
        Versions {
            zones: BTreeMap::new(),
            octets: 0,
            most_octets: MOST_OCTETS,
            changes: 0,
        }
    }
}

impl Versions {
    /// Takes in that `new` is served in place of `old`.
    pub(super) fn go_on(&mut self, old: &Zone<Checked>, new: Zone<Checked>) {
        let apex = new.apex().to_owned();
        let mut history = self.take(&apex);
        // A difference of more records than the zone has is never sent (RFC 1995 §4).
        let step =
            Difference::between(old, &new).filter(|step| step.record_count() <= new.record_count());
        match step {
            Some(step) => history.push(Arc::new(step)),
            None => history.forget(),
        }
        self.changes += 1;
        self.octets += history.octets();
        let kept = Kept {
            newest: new,
            history,
            changed: self.changes,
        };
        self.zones.insert(apex, kept);
        while self.octets > self.most_octets {
            self.forget_oldest();
        }
    }

    /// Forgets a zone.
    pub(super) fn forget(&mut self, apex: &Name) {
        self.take(apex);
    }

    /// The newest version, and what leads to it from the one that the client has; `None` if that is not known.
    pub(super) fn lead(
        &self,
        request: &Request,
        served: &Zone<Checked>,
    ) -> Option<(Zone<Checked>, Vec<Arc<Difference>>)> {
        let since = request.needs_changes_since(served)?;
        let kept = self.zones.get(&request.zone().to_owned())?;
        let steps = kept.history.since(since)?;
        Some((kept.newest.clone(), steps))
    }

    fn take(&mut self, apex: &Name) -> History {
        let history = self
            .zones
            .remove(apex)
            .map_or_else(History::default, |kept| kept.history);
        self.octets -= history.octets();
        history
    }

    fn forget_oldest(&mut self) {
        let oldest = self.zones.iter().min_by_key(|(_, kept)| kept.changed);
        if let Some(apex) = oldest.map(|(apex, _)| apex.clone()) {
            self.forget(&apex);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use zone::HashKey;

    fn version(apex: &str, serial: u32, last: usize) -> Zone<Checked> {
        let apex = Name::from_text(apex).expect("a name");
        let mut builder = zone::Builder::new(apex.clone(), HashKey::new([1, 2]));
        let text = format!(
            "$TTL 300\n@ SOA ns mail {serial} 2h 1h 2w 300\n@ NS ns\nns A 192.0.2.1\nx TXT {last}\n\
             a TXT a\nb TXT b\nc TXT c\n"
        );
        let (mut map, limits) = (zonefile::SourceMap::new(), zonefile::Limits::default());
        let mut none = zonefile::NoSources;
        zonefile::read_zone(
            apex.as_ref(),
            "x",
            text,
            &mut none,
            &limits,
            &mut map,
            &mut builder,
        );
        transfer::accept(builder.finish()).expect("a good zone").0
    }

    fn steps(versions: &Versions, have: &Zone<Checked>, served: &Zone<Checked>) -> Option<usize> {
        let asked = transfer::ask_changes(1, have).expect("it has an SOA record");
        let request = Request::read(&asked).expect("a request");
        versions
            .lead(&request, served)
            .map(|(_, steps)| steps.len())
    }

    #[test]
    fn each_version_leads_to_the_newest_one() {
        let zones: Vec<_> = (1..=4)
            .map(|serial| version("a.example", serial, serial as usize))
            .collect();
        let mut versions = Versions::default();
        zones
            .windows(2)
            .for_each(|pair| versions.go_on(&pair[0], pair[1].clone()));
        for have in 0..3 {
            assert_eq!(steps(&versions, &zones[have], &zones[3]), Some(3 - have));
        }
        let unknown = version("a.example", 0, 0);
        assert_eq!(steps(&versions, &unknown, &zones[3]), None);
        versions.forget(&zones[0].apex().to_owned());
        assert_eq!(
            (steps(&versions, &zones[2], &zones[3]), versions.octets),
            (None, 0)
        );
    }

    #[test]
    fn the_zone_that_has_not_changed_for_longest_goes_first() {
        let mut versions = Versions::default();
        let names = ["a.example", "b.example", "c.example"];
        let change = |versions: &mut Versions, name: &str, serial: u32| {
            let (old, new) = (version(name, serial, 1), version(name, serial + 1, 2));
            versions.go_on(&old, new);
        };
        names.iter().for_each(|name| change(&mut versions, name, 1));
        versions.most_octets = versions.octets;
        change(&mut versions, "a.example", 2);
        let knows = |name: &str| {
            let served = version(name, 9, 9);
            steps(&versions, &version(name, 1, 1), &served).is_some()
        };
        assert!(versions.octets <= versions.most_octets);
        assert_eq!(names.map(knows), [true, false, true]);
    }
}
