#![forbid(unsafe_code)]
//! An authoritative DNS server whose zones are the files of the newest good commit of a Git branch.
//!
//! [`run`] wires the rooms of the house: `git-store` tells which zones a commit has, `zonefile` and
//! `zone` turn each into its checked served form, `authority` answers, `stack-os` has the sockets.
//! `tsig` knows who signed, `transfer` makes transfers. It deliberately decides nothing about DNS.
//! [`Updates`] become commits, which are pushed where the repository is on another machine.
//!
//! The central types are [`Config`], what the operator chose, and [`Primary`], a running server.
//!
//! ```no_run
//! use primary::{Config, Edges};
//!
//! let location = git_store::Location::parse("/srv/zones.git#main")?;
//! let edges = Edges::of_the_system()?.on_event(|event| println!("{event}"));
//! let running = primary::run(Config::new(location, ["127.0.0.1:5300".parse()?]), edges)?;
//! println!("serving on {:?}", running.addresses());
//! running.stop();
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What is served
//! Each zone is served as it is in the newest commit, going back along first parents from the tip
//! of the branch, in which it is right. So a mistake in one zone holds back that zone alone, and a
//! restart serves what was served before it. A zone that the tip does not have is not served
//! (REFUSED); one that was never right is answered SERVFAIL. Whether a zone is right depends on its
//! commit and nothing else: not on the clock, not on what was served before.
//!
//! A repository on another machine is served from a copy on this one, which [`Config::remote`] says how to bring up to
//! date; while that machine is away, the copy is served on.
//!
//! [`Config::look_back`] bounds how many commits are gone back for a zone that is not right. Zones in a
//! folder that is not looked into (too deep, too large) are served on as they were, but not found
//! after a restart.

pub mod args;
mod branch;
mod clerk;
mod config;
mod event;
mod failure;
mod following;
mod layers;
mod loading;
mod milestone;
mod needs;
mod past;
mod running;
mod serials;
mod state;
mod steps;
mod telling;
mod updating;
mod webhook;

pub use config::{Config, Edges};
pub use event::{CommitEvent, Distrust, Event, Outcome, Refusal, Report, ZoneEvent};
pub use failure::Failure;
pub use following::RemoteStatus;
pub use loading::signers::read_signers;
pub use milestone::{Milestone, OnMilestone};
pub use running::{Primary, run};
pub use serials::{ZoneSerials, ZoneVersion};
pub use state::journal::Journaled;
pub use steps::{Steps, StepsEdges};
pub use telling::control;
pub use telling::status::{
    CommitStatus, SignersStatus, Standing, Status, UpdatesStatus, ZoneStatus,
};
pub use updating::{
    Acknowledged, Answer, Answered, Durability, Plan, Planned, Refusal as UpdateRefusal, Update,
    Updates,
};
pub use webhook::WebhookConfig;
