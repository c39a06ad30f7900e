#![forbid(unsafe_code)]
//! Secondary DNS server: follows any primary by NOTIFY, IXFR and AXFR, and answers as the primary would.
//!
//! [`run`] wires the rooms of the house: `replication` decides when a zone is asked for and which zones there are, `stack-os`
//! carries messages both ways, `tsig` signs and verifies them, `transfer` makes zones of what comes, `authority` answers. It
//! decides nothing about DNS itself.
//!
//! The central types are [`Config`], what the operator chose, and [`Secondary`], a running server.
//!
//! ```no_run
//! use secondary::{Config, run};
//!
//! let mut config = Config::new(["127.0.0.1:5300".parse()?]);
//! config.zones = secondary::read_zones("example.org 192.0.2.1@5353\n", &tsig::Keyring::default(), None)?;
//! let running = run(config)?;
//! println!("answering on {:?}", running.addresses());
//! running.stop();
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Threads
//! Those of the stack answer; one (`following`) owns all that is decided, and takes turns of it from a queue; one asks over
//! UDP; a transfer has one for as long as it lasts, and there are as many as `replication` permits. [`Steps`] is the same server
//! without any of them, whose turns are taken by whoever has it: a simulation, or a machine that has no threads.

pub mod args;
mod clerk;
mod config;
mod edges;
mod failure;
mod following;
mod keeping;
mod plan;
mod running;
mod steps;
mod telling;
mod zones_file;

pub use config::{Config, FollowedZone, Primary};
pub use edges::{Edges, Entropy, Reach};
pub use failure::Failure;
pub use following::{Errand, Talk};
pub use running::{Secondary, run, run_with};
pub use steps::Steps;
pub use telling::status::{By, Doing, LastFailure, Standing, Status, ZoneStatus};
pub use zones_file::{ZonesError, read_zones};
