#![forbid(unsafe_code)]
//! What the tests of several crates need: repositories made by Git itself, real servers that programs of Git and OpenSSH
//! stand behind, name servers of other projects, programs that end with their test, and waiting for what nothing tells of.
//!
//! It deliberately knows none of our own crates, so that each of them can be tested with it, and has no mocks: what it
//! starts is what operators run. Only `[dev-dependencies]` name it. Whatever goes wrong is a panic: it is the output of a
//! test.
//!
//! The central types are [`Repo`], a bare repository that goes away with its value, and [`Server`], a listener on a port of
//! 127.0.0.1 that does.
//!
//! ```
//! use testbed::{Repo, Server};
//!
//! let repo = Repo::new();
//! let commit = repo.commit(&[("zones/example.org", "@ A 192.0.2.1\n")]);
//! let daemon = Server::git_daemon(repo.base());
//! let url = format!("git://127.0.0.1:{}/zones.git", daemon.port);
//! assert!(repo.git(&["ls-remote", &url, "main"]).starts_with(&commit));
//! ```
//!
//! # Limits
//! Nothing is waited for longer than [`PATIENCE`]; all servers are on loopback; only processes started here are ended, by
//! their id.

pub mod clock;
pub mod daemons;
pub mod disk;
pub mod dnstap;
pub mod faults;
pub mod git;
pub mod peers;
pub mod process;
pub mod random;
pub mod units;
mod wait;

pub use daemons::Server;
pub use git::{Repo, git};
pub use random::Random;
pub use wait::{PATIENCE, poll, wait_until};
