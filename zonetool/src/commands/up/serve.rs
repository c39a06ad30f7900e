//! The primary, in this process, and what it tells of.

use super::ground::Ground;
use crate::console::{Console, GREEN, Plain, RED, YELLOW};
use crate::failure::Failure;
use crate::repository::BRANCH;
use clap::builder::styling::Style;
use git_store::{Location, Place};
use primary::{CommitEvent, Config, Edges, Event, Outcome, Primary, ZoneEvent};
use serde_json::{Value, json};
use server::ControlSocket;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use std::io;
use std::net::SocketAddr;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

/// A primary that runs until somebody asks it to stop.
pub(super) struct Running {
    primary: Primary,
    news: Receiver<News>,
}

/// What the foreground waits for.
enum News {
    Event(Event),
    Stop,
}

/// Starts the primary on the bare repository.
pub(super) fn start(
    ground: &Ground,
    listen: SocketAddr,
    metrics: SocketAddr,
) -> Result<Running, Failure> {
    let (tell, news) = channel();
    stop_on_signals(tell.clone())?;
    let location = Location {
        repository: Place::Local(ground.bare.clone()),
        branch: Some(BRANCH.to_owned()),
    };
    let edges = Edges::of_the_system().map_err(|error| cannot(&error))?;
    // Nobody listens any more when the foreground has stopped, and then it does not matter.
    let edges = edges.on_event(move |event| drop(tell.send(News::Event(event.clone()))));
    let mut config = Config {
        state_dir: Some(ground.state.clone()),
        ..Config::new(location, [listen])
    };
    // It is this machine that asks.
    config.server.rate_limit = None;
    config.server.metrics = Some(metrics);
    config.server.control = Some(ControlSocket {
        path: ground.control.clone(),
        is_required: false,
    });
    let primary = primary::run(config, edges).map_err(|error| cannot(&error))?;
    Ok(Running { primary, news })
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

fn stop_on_signals(tell: Sender<News>) -> Result<(), Failure> {
    let signals = Signals::new([SIGINT, SIGTERM]);
    let mut signals =
        signals.map_err(|error| Failure::unreadable("cannot wait for Ctrl-C").because(&error))?;
    thread::spawn(move || signals.forever().try_for_each(|_| tell.send(News::Stop)));
    Ok(())
}

impl Running {
    /// Shows each commit as it is served, until Ctrl-C.
    pub(super) fn follow(self, console: &mut Console<'_>) -> io::Result<()> {
        while let Ok(News::Event(event)) = self.news.recv() {
            match console.machine {
                true => console.line(&to_json(&event))?,
                false => print(&event, console)?,
            }
        }
        self.primary.stop();
        match console.machine {
            true => console.line(&json!({ "event": "stopped" })),
            false => writeln!(console.out, "stopped"),
        }
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
