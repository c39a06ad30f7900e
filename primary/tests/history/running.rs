//! The server inside the test.

use std::collections::BTreeMap;
use std::sync::mpsc::{self, Receiver};

use primary::{CommitEvent, Config, Edges, Event, Primary, Standing};

use crate::support::{PATIENCE, Repo};

/// A server inside the test, and what it tells.
pub(crate) struct Running {
    pub(crate) primary: Primary,
    pub(crate) told: Receiver<Event>,
}

impl Running {
    pub(crate) fn start(repo: &Repo) -> Running {
        Running::start_with(repo, |config| config)
    }

    pub(crate) fn start_with(repo: &Repo, change: impl FnOnce(Config) -> Config) -> Running {
        let (sender, told) = mpsc::channel();
        let edges = Edges::of_the_system()
            .expect("entropy")
            .on_event(move |event| {
                // After the test has ended nobody listens.
                let _ = sender.send(event.clone());
            });
        let location =
            git_store::Location::parse(repo.path().to_str().expect("UTF-8")).expect("a path");
        let config = change(Config::new(
            location,
            ["127.0.0.1:0".parse().expect("an address")],
        ));
        let primary = primary::run(config, edges).expect("it starts");
        Running { primary, told }
    }

    /// The next commit that is told of.
    pub(crate) fn commit(&self) -> CommitEvent {
        match self.told.recv_timeout(PATIENCE).expect("told in time") {
            Event::Commit(event) => *event,
            other => panic!("{other}"),
        }
    }

    /// Zone, standing and serial of all zones.
    pub(crate) fn zones(&self) -> BTreeMap<String, (Standing, Option<u32>)> {
        let zones = self.primary.status().zones.into_iter();
        zones
            .map(|zone| (zone.zone, (zone.standing, zone.serial)))
            .collect()
    }
}

/// Stops and starts anew: everything must be served as before, from the same commits.
pub(crate) fn restarted(running: Running, repo: &Repo) -> Running {
    let before = running.primary.status().zones;
    running.primary.stop();
    let again = Running::start(repo);
    again.commit();
    assert_eq!(told_of(&again.primary.status().zones), told_of(&before));
    again
}

pub(crate) type ToldOf = Vec<(
    String,
    Standing,
    Option<u32>,
    Option<String>,
    Vec<primary::Report>,
)>;

/// What of a status must survive a restart: not the commit of a zone that is right, which is the one
/// it was read from, and so the newest after a restart.
pub(crate) fn told_of(zones: &[primary::ZoneStatus]) -> ToldOf {
    let blamed =
        |zone: &primary::ZoneStatus| zone.brought_by.as_ref().map(|commit| commit.id.clone());
    let zones = zones.iter();
    zones
        .map(|zone| {
            (
                zone.zone.clone(),
                zone.standing,
                zone.serial,
                blamed(zone),
                zone.findings.clone(),
            )
        })
        .collect()
}
