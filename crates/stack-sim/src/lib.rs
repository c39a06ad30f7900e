//! A network between hosts, their clocks and their chance, all of which follow from one number.
//!
//! The crate deliberately knows no message and no server: it carries octets, says what happens next, and at what time. There is
//! no thread, no socket and no real time in it, so the same seed and the same calls give the same run, octet by octet
//! ([`Sim::trace`] is a digest of it), and an hour costs what happens in it.
//!
//! - [`Sim`] is asked what happens [next](Sim::next_until): one [`Happening`] after the other, in an order that is total.
//! - [`Weather`] says how bad the network is: loss, doubles, delays that differ (so that datagrams overtake each other), and
//!   connections that are cut. Hosts can be [parted](Sim::part) and [killed](Sim::kill).
//! - [`HostClock`] is what a host thinks of the time: a steady clock that all share, and one on the wall that may
//!   [jump](Sim::jump).
//! - [`Random`] is where chance comes from; whoever needs some of his own takes a [fork](Random::fork).
//!
//! ```
//! use stack_sim::{Happening, Sim};
//! use std::net::SocketAddr;
//!
//! let mut sim = Sim::new(42);
//! let (asks, answers): (SocketAddr, SocketAddr) = ("192.0.2.1:1024".parse()?, "192.0.2.2:53".parse()?);
//! sim.send(asks, answers, b"question");
//! let arrived = sim.next_ever();
//! assert!(matches!(arrived, Some(Happening::Datagram { octets, .. }) if octets == b"question"));
//! assert_eq!(sim.next_ever(), None);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Connections
//! What is said on a connection arrives in order, piece by piece as it was said, or the connection is broken, which both sides
//! are told. Where a real one would be retried for minutes (a partition, a killed host), it is broken at once.
//!
//! # Limits
//! One datagram or piece has no limit of octets, and the queue none of happenings: what is simulated has its own.
#![forbid(unsafe_code)]

mod clock;
mod happening;
mod random;
mod sim;
mod trace;
mod weather;

pub use clock::HostClock;
pub use happening::{Connection, End, Happening, Side};
pub use random::Random;
pub use sim::Sim;
pub use weather::Weather;
