//! Git's protocol, version 0 (`gitprotocol-common`, `gitprotocol-pack`), whatever carries it.

pub(crate) mod greeting;
pub(crate) mod packet;
pub(crate) mod report;
pub(crate) mod sideband;
