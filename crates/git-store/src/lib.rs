#![forbid(unsafe_code)]
//! Zones read from the commits of a Git repository, and commits written to it durably.
//!
//! Everything is read from one commit id, never from a moving branch, and from the object database
//! only: nothing is checked out; no configuration of the user or the system, no hook and no program
//! is used. It deliberately does not read zone text, touch the files of a working tree, or reach another machine; packs
//! that somebody else carries are taken in ([`Store::take_pack`]) and made ([`Store::pack`]).
//!
//! The central types are [`Store`], an open repository, and [`Snapshot`], the files of one commit.
//! A [`Layout`] says which zones a commit has ([`Role`] tells how a path becomes a zone) and follows
//! from commit to commit by [`Snapshot::changes_since`], which walks only what differs. [`Watch`]
//! tells when a branch moves. [`Store::write`] makes a commit of a [`Draft`] and gives a [`Receipt`] when it
//! would survive a power loss; the essay in `src/write/mod.rs` says how.
//!
//! ```no_run
//! use git_store::{Location, Store};
//!
//! let location = Location::parse("/srv/zones.git#main")?;
//! let store = Store::open(&location)?;
//! if let Some(tip) = store.tip(location.branch.as_deref())? {
//!     let snapshot = store.snapshot(tip)?;
//!     for (zone, file) in snapshot.layout()?.zones() {
//!         match file {
//!             Ok(file) => println!("{zone}: {} octets", snapshot.file(&file.path, file.blob)?.len()),
//!             Err(finding) => println!("{zone} is not taken: {finding}"),
//!         }
//!     }
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Limits are in [`limits`]: 64 MiB a file (looked at before it is inflated), 100,000 entries a
//! folder, 8 folders deep, 1,000,000 files. References in the `files` format; the `reftable`
//! format gives a clear error. Names of zones follow RFC 1035 §2.3.4 and §5.1; RFC 2317 slashes
//! are written `%2f`.

mod alike;
mod ancestry;
mod changes;
mod commit;
mod entries;
mod error;
mod finding;
mod include;
mod layout;
pub mod limits;
mod location;
mod objects;
mod opened;
mod path;
mod pulse;
mod recent;
mod reference;
mod revision;
mod role;
mod small;
mod snapshot;
mod store;
mod transfer;
mod unpacked;
mod watch;
mod write;
mod zone_name;

pub use changes::{Change, Found};
pub use commit::{BlobId, Commit, CommitId, FirstParents, Person};
pub use error::{Error, Result};
pub use finding::{Finding, Problem};
pub use include::{IncludeError, Part, include_path};
pub use layout::{Layout, Touched, ZoneFile};
pub use location::{Location, LocationError, Place, RemoteUrl, Transport};
pub use path::{Printable, TreePath};
pub use pulse::Pulse;
pub use revision::Range;
pub use role::{Role, ZONE_ROOT};
pub use snapshot::{ReadError, Snapshot};
pub use store::Store;
pub use watch::{Heard, Known, Waker, Watch, WatchOptions};
pub use write::{
    Draft, Durable, Edit, GRACE, IndexLock, NewIndex, ObjectFormat, Receipt, Refusal, Settler,
    Superseded, Trailer, Underway, Untidy, WriteError,
};
pub use zone_name::{NameProblem, ZoneName};
