//! The primary and its secondaries, in this process, and what the first tells of.

use super::bind;
use super::followers;
use super::ground::{Ground, SECONDARIES};
use crate::console::{Console, GREEN, Plain, RED, YELLOW};
use crate::failure::Failure;
use crate::repository::BRANCH;
use clap::builder::styling::Style;
use git_store::{Location, Place};
use primary::{CommitEvent, Config, Edges, Event, Outcome, Primary, ZoneEvent};
use secondary::Secondary;
use serde_json::{Value, json};
use server::{ControlSocket, Notified, NotifyConfig};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use std::io::{self, IsTerminal};
use std::net::SocketAddr;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

/// Where who answers.
#[derive(Debug, Clone, Copy)]
pub(super) struct Addresses {
    pub(super) primary: SocketAddr,
    pub(super) metrics: SocketAddr,
    pub(super) secondaries: [SocketAddr; SECONDARIES],
    /// Where BIND can answer, if somebody starts it.
    pub(super) bind: SocketAddr,
}

/// Servers that run until somebody asks them to stop.
pub(super) struct Running {
    primary: Primary,
    secondaries: Vec<Secondary>,
    news: Receiver<News>,
}

/// What the foreground waits for.
enum News {
    Event(Event),
    /// Files are to be read again.
    Look,
    Stop,
}

/// Starts the primary on the bare repository, and the secondaries.
pub(super) fn start(ground: &Ground, addresses: &Addresses) -> Result<Running, Failure> {
    let (tell, news) = channel();
    tell_of_signals(tell.clone())?;
    let location = Location {
        repository: Place::Local(ground.bare.clone()),
        branch: Some(BRANCH.to_owned()),
    };
    let edges = Edges::of_the_system().map_err(|error| cannot(&error))?;
    // Nobody listens any more when the foreground has stopped, and then it does not matter.
    let edges = edges.on_event(move |event| drop(tell.send(News::Event(event.clone()))));
    let config = config(ground, location, addresses);
    let primary = primary::run(config, edges).map_err(|error| cannot(&error))?;
    bind::configure(ground, addresses)?;
    let secondaries = followers::start(ground, addresses.primary, addresses.secondaries)?;
    Ok(Running {
        primary,
        secondaries,
        news,
    })
}

fn config(ground: &Ground, location: Location, addresses: &Addresses) -> Config {
    let mut config = Config {
        state_dir: Some(ground.state.clone()),
        catalog: Some(followers::catalog()),
        takes_updates: true,
        ..Config::new(location, [addresses.primary])
    };
    // It is this machine that asks.
    config.server.rate_limit = None;
    config.server.metrics = Some(addresses.metrics);
    config.server.control = Some(ControlSocket {
        path: ground.control.clone(),
        is_required: false,
    });
    config.server.keys.files = vec![ground.keys.clone(), ground.secondary_keys.clone()];
    let told = addresses.secondaries.into_iter().chain([addresses.bind]);
    let signed = |address| Notified {
        address,
        key: Some(followers::key()),
    };
    config.server.notify = Some(NotifyConfig {
        notified: told.map(signed).collect(),
        // Those of the zone are names and addresses of an example.
        tells_name_servers: false,
        ..NotifyConfig::default()
    });
    config
}

fn cannot(error: &primary::Failure) -> Failure {
    let next = match error {
        primary::Failure::State { .. } => {
            "if another `zonetool up` serves this folder, use that one, or end it with Ctrl-C; else start afresh: zonetool up --dir DIR"
        }
        _ => "look at what is in the way, or start afresh: zonetool up --dir DIR --port PORT",
    };
    Failure::unreadable("cannot start the primary")
        .because(error)
        .next(next)
}

/// SIGHUP is also what is left of a terminal that was closed.
fn tell_of_signals(tell: Sender<News>) -> Result<(), Failure> {
    let signals = Signals::new([SIGINT, SIGTERM, SIGHUP]);
    let mut signals =
        signals.map_err(|error| Failure::unreadable("cannot wait for Ctrl-C").because(&error))?;
    let has_terminal = || io::stdin().is_terminal();
    let had_terminal = has_terminal();
    let mut news = move |signal| match signal {
        SIGHUP if !had_terminal || has_terminal() => tell.send(News::Look),
        _ => tell.send(News::Stop),
    };
    thread::spawn(move || signals.forever().try_for_each(&mut news));
    Ok(())
}

impl Running {
    /// Shows each commit as it is served, until Ctrl-C.
    pub(super) fn follow(self, console: &mut Console<'_>) -> io::Result<()> {
        loop {
            match self.news.recv() {
                Ok(News::Event(event)) if console.machine => console.line(&to_json(&event))?,
                Ok(News::Event(event)) => print(&event, console)?,
                Ok(News::Look) => self.look(),
                Ok(News::Stop) | Err(_) => break,
            }
        }
        self.secondaries.into_iter().for_each(Secondary::stop);
        self.primary.stop();
        match console.machine {
            true => console.line(&json!({ "event": "stopped" })),
            false => writeln!(console.out, "stopped"),
        }
    }

    fn look(&self) {
        self.primary.look();
        self.secondaries.iter().for_each(Secondary::reload);
    }
}

fn print(event: &Event, console: &mut Console<'_>) -> io::Result<()> {
    match event {
        Event::Commit(event) => print_commit(event, console)?,
        other => writeln!(console.out, "  {}", Plain(&other.to_string()))?,
    }
    console.out.flush()
}

fn print_commit(event: &CommitEvent, console: &mut Console<'_>) -> io::Result<()> {
    let commit = &event.commit;
    let id = console.paint(YELLOW, commit.id.short());
    let author = commit.author.to_string();
    let (summary, took) = (Plain(commit.summary()), event.took.as_millis());
    writeln!(
        console.out,
        "  {id} {summary} ({}, {took} ms)",
        Plain(&author)
    )?;
    event
        .zones
        .iter()
        .try_for_each(|zone| print_zone(zone, console))?;
    for finding in &event.layout {
        writeln!(console.out, "      {}", Plain(&finding.to_string()))?;
    }
    Ok(())
}

fn print_zone(zone: &ZoneEvent, console: &mut Console<'_>) -> io::Result<()> {
    let outcome = zone.outcome.to_string();
    let outcome = console.paint(style(&zone.outcome), Plain(&outcome));
    writeln!(console.out, "    {} {outcome}", Plain(zone.zone.as_str()))?;
    for report in &zone.reports {
        writeln!(console.out, "      {}", Plain(&report.to_string()))?;
    }
    Ok(())
}

fn style(outcome: &Outcome) -> Style {
    match outcome {
        Outcome::Served { .. } => GREEN,
        Outcome::Kept { .. } | Outcome::NotServed => RED,
        Outcome::Removed => YELLOW,
    }
}

fn to_json(event: &Event) -> Value {
    match event {
        Event::Commit(event) => json!({
            "event": "served",
            "commit": event.commit.id.to_string(),
            "author": event.commit.author.to_string(),
            "summary": event.commit.summary(),
            "took_ms": event.took.as_secs_f64() * 1e3,
            "zones": event.zones.iter().map(zone_json).collect::<Vec<_>>(),
            "layout": event.layout.iter().map(ToString::to_string).collect::<Vec<_>>(),
        }),
        other => json!({ "event": "not served", "why": other.to_string() }),
    }
}

fn zone_json(zone: &ZoneEvent) -> Value {
    let (state, serial) = match zone.outcome {
        Outcome::Served { serial, .. } => ("served", Some(serial)),
        Outcome::Kept { serial, .. } => ("kept", Some(serial)),
        Outcome::NotServed => ("not served", None),
        Outcome::Removed => ("removed", None),
    };
    let stated = match zone.outcome {
        Outcome::Served { stated, .. } => stated,
        _ => None,
    };
    json!({
        "zone": zone.zone.as_str(),
        "state": state,
        "serial": serial,
        "stated": stated,
        "reports": zone.reports,
    })
}
