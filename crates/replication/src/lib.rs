//! When a secondary asks, when a primary tells, and which zones there are: refresh, NOTIFY and catalogs.
//!
//! Machines without a socket, a clock or chance of their own: what happens goes in together with the time and a random
//! number, what is to be done comes out. They know zones, servers and exchanges as numbers; addresses, keys and messages in
//! flight are their caller's.
//!
//! - [`Refresh`] keeps one zone of a secondary; a [`Fleet`] keeps all, and bounds what goes on at a time.
//! - [`Announcer`] tells secondaries that zones have changed, and tells again until they answer.
//! - [`catalog`] reads which zones a catalog lists, and writes one.
//! - [`message`] makes and reads the few messages that these need.
//!
//! Not here: transfers themselves (what a message of AXFR says), signatures, sockets.
//!
//! ```
//! use replication::{Action, Event, Heard, Moment, Pace, Refresh, Step, Version, Way};
//! use rr::Serial;
//!
//! let now = Moment::from_secs(0);
//! let mut zone = Refresh::missing(Pace::default(), vec![Way::Datagrams], now);
//! zone.handle(now, Event::Timeout, 0);
//! assert_eq!(zone.wants(), Some(Step::Ask));
//! zone.handle(now, Event::Permit, 0);
//! let Some(Action::Ask { exchange, .. }) = zone.poll_action() else { panic!() };
//!
//! let version = Version { serial: Serial(7), refresh_secs: 7200, retry_secs: 900, expire_secs: 1_209_600 };
//! zone.handle(now, Event::Soa(exchange, Heard::of(version)), 0);
//! zone.handle(now, Event::Permit, 0);
//! let Some(Action::Transfer { exchange, from: None, .. }) = zone.poll_action() else { panic!() };
//! zone.handle(now, Event::Transferred(exchange, Heard::of(version)), 0);
//! assert_eq!(zone.poll_action(), Some(Action::Publish(exchange)));
//! assert_eq!(zone.next_timeout(), Some(Moment::from_secs(7200)));
//! ```
//!
//! Limits: [`Pace`], [`FleetLimits`], [`notify::Pace`], [`catalog::Limits`]; each has a default.
//!
//! RFCs: 1034 §4.3.5 and 1035 §3.3.13 (refresh, retry, expire), 1982 (serials), 1995 (IXFR), 1996 (NOTIFY), 7314 (EXPIRE),
//! 9103 (over TLS), 9432 (catalogs).
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

pub mod catalog;
mod fleet;
pub mod message;
mod moment;
pub mod notify;
mod pace;
mod refresh;

pub use fleet::{Fleet, FleetLimits, ZoneNumber};
pub use moment::Moment;
pub use notify::Announcer;
pub use pace::{Pace, Version};
pub use refresh::{
    Action, Doubt, Event, Exchange, Failure, Heard, News, Refresh, Standing, Step, Told, Way,
};
