#![forbid(unsafe_code)]
//! Fetching commits from repositories on other machines, and pushing them there.
//!
//! Everything is in this process: no `git`, no `ssh` and no credential helper is started, and no
//! configuration of the user or the system is read. It deliberately does not write references: a
//! fetch takes objects into a [`git_store::Store`] and gives one commit id, and whether that is to
//! be trusted is for others to decide.
//!
//! The central types are [`Remote`], a repository that can be asked ([`Remote::tip`]), fetched from
//! ([`Remote::fetch`]) and pushed to ([`Remote::push`]), and [`RemoteError`], which tells apart what a
//! caller does different things about. [`RemoteOptions`] hold who we are and whom we believe, and who stands in for the network
//! ([`Dial`]) where a test has none.
//!
//! ```no_run
//! use git_remote::{Remote, RemoteOptions, Token};
//! use git_store::{Location, Place, Store};
//!
//! let location = Location::parse("https://git.example.org/zones.git#main")?;
//! let Place::Remote(url) = &location.repository else { return Ok(()) };
//! let options = RemoteOptions {
//!     token: Some(Token::from_file("/run/credentials/token".as_ref())?),
//!     ..RemoteOptions::default()
//! };
//! let mirror = Store::open(&Location::parse("/var/lib/zones/mirror.git")?)?;
//! let remote = Remote::open(url, options)?;
//! if let Some(found) = remote.fetch(&mirror, location.branch.as_deref(), None)? {
//!     println!("{} is at {}", found.branch, found.commit);
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The protocol is version 0 of Git's (`gitprotocol-pack`): fetching and pushing begin alike, every
//! server speaks it, and a look that finds nothing new is one round trip. Its price is that a server
//! lists all its references each time; version 2 would ask for one.
//!
//! Limits are in [`Limits`]: 10 s to connect, 30 s of silence and 10 min in all, 1 GiB of a pack,
//! 16 MiB of references. ssh is RFC 4251 to 4254 with Ed25519 and ECDSA keys; http is 1.1 (RFC 9112),
//! TLS 1.2 and 1.3 with ring. The feature `ssh` (default) can be left out: it takes as long to compile as all else that
//! a program with zones in Git needs.

mod credentials;
mod deadline;
mod error;
mod fetch;
#[cfg_attr(
    not(feature = "ssh"),
    expect(
        dead_code,
        reason = "keys of hosts are read, and asked about by ssh only"
    )
)]
mod host_keys;
mod options;
mod push;
mod remote;
#[cfg(feature = "ssh")]
mod ssh_key;
mod transport;
mod wire;
#[cfg(any(test, not(feature = "ssh")))]
#[cfg_attr(
    feature = "ssh",
    allow(
        dead_code,
        unreachable_pub,
        reason = "a test looks at what it says; nothing else is used"
    )
)]
mod without_ssh;

pub use credentials::Token;
pub use error::{Proof, RemoteError};
pub use fetch::Fetched;
pub use host_keys::HostKeys;
pub use options::{Limits, RemoteOptions, Roots};
pub use push::Pushed;
pub use remote::{Remote, Tip};
#[cfg(feature = "ssh")]
pub use ssh_key::SshKey;
pub use transport::{Dial, Peer, Service};
#[cfg(not(feature = "ssh"))]
pub use without_ssh::SshKey;
