//! What programs that serve zones share, whatever their zones come from: `primary` has them from Git, `secondary` from
//! other servers.
//!
//! The way of a question from the sockets of `stack-os` to the engine of `authority` and back, with what is counted and copied
//! of it; requests that are signed, and transfers; certificates, cookies and keys, replaced while all goes on; the log, metrics,
//! health, the control socket; what the process gives up; and the options for all of that, in the same words everywhere.
//!
//! It deliberately knows nothing of where zones come from, and publishes none: a program replaces what is in the
//! [`ArcSwap`](arc_swap::ArcSwap) of its [`Engine`]. It decides nothing about DNS: engines do.
//!
//! The central types are [`Front`], what answers, and [`Program`], what a program adds to it. [`Entrance`] binds, [`Desk`] takes
//! requests that are no plain questions, [`Doors`] lets in who watches.
//!
//! ```no_run
//! use server::{Config, Entrance, Inherited};
//!
//! let config = Config::new("example", ["127.0.0.1:5300".parse()?]);
//! let entrance = Entrance::bind(&config, Inherited::default())?;
//! let making = entrance.making(&config, server::entropy_of_the_system()?)?;
//! # let zones = todo!();
//! let engine = making.engine(&zones);
//! let (front, doors) = entrance.serve(config, engine, making, (None, None))?;
//! println!("answering on {:?}", front.server.addresses());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The order matters: addresses are bound while the process may do that, then it becomes another user, then it is confined
//! ([`restraint`]), and only then there are threads.
#![forbid(unsafe_code)]

mod announcing;
pub mod args;
mod config;
mod cookies;
mod failure;
mod front;
pub mod http;
mod keys;
mod program;
mod requests;
mod secret_file;
mod service;
mod system;
mod telling;
mod tls;
mod transferring;

use std::time::{SystemTime, UNIX_EPOCH};

pub use announcing::{
    Announcing, HearerList, HearerReport, Herald, Notified, NotifyConfig, Report, Told,
};
pub use config::{Config, ControlSocket, Entropy, TlsConfig, entropy_of_the_system};
pub use failure::Failure;
pub use front::{ByHand, Doors, Entrance, Front, Making, Watchers, words};
pub use keys::{Keys, KeysConfig};
pub use program::Program;
pub use requests::{Asked, Clerk, Desk, not_done, plain, prohibited};
pub use secret_file::{read_text as read_secret_text, warn_if_open};
pub use service::{Answerer, Answering};
pub use system::activation::Inherited;
pub use system::manager::ServiceManager;
pub use system::restraint::{self, Restraint};
pub use telling::dnstap::Dnstap;
pub use telling::health::{Engine, NotWell};
pub use telling::late::{Arrived, LaterAnswer};
pub use telling::{control, log, metrics, status};
pub use transferring::{Archive, Giver, Older, Transfers};

/// Seconds since 1970.
#[must_use]
pub fn now_secs() -> u64 {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH);
    since_1970.unwrap_or_default().as_secs()
}
