//! The secondaries, in this process: they follow all zones that the primary lists in its catalog.

use super::ground::{Ground, SECONDARIES, TRANSFER_KEY};
use crate::failure::Failure;
use crate::key_file;
use rr::Name;
use secondary::{Config, FollowedZone, Primary, Secondary};
use std::net::SocketAddr;
use std::sync::Arc;

/// The zone in which the primary lists its zones (RFC 9432).
pub(super) fn catalog() -> Name {
    Name::from_text("catalog.invalid").expect("a domain name")
}

/// The key that the primary tells them with, and they ask with.
pub(super) fn key() -> Name {
    Name::from_text(TRANSFER_KEY).expect("written beside it")
}

/// Starts them, each at its own address.
pub(super) fn start(
    ground: &Ground,
    primary: SocketAddr,
    addresses: [SocketAddr; SECONDARIES],
) -> Result<Vec<Secondary>, Failure> {
    let keys = key_file::read_right(&ground.secondary_keys)?;
    let key = keys.iter().find(|one| one.name() == key().as_ref());
    let primary = Primary {
        address: primary,
        from: None,
        key: key.map(Arc::clone),
        tls: None,
    };
    let start = |(address, state): (SocketAddr, &std::path::PathBuf)| {
        let mut config = Config::new([address]);
        config.server.keys.files = vec![ground.secondary_keys.clone()];
        // It is this machine that asks.
        config.server.rate_limit = None;
        config.state_dir = Some(state.clone());
        config.zones = vec![FollowedZone {
            name: catalog(),
            primaries: vec![primary.clone()],
            is_catalog: true,
        }];
        secondary::run(config).map_err(|why| {
            Failure::unreadable(format!("cannot start the secondary at {address}"))
                .because(&why)
                .next("look at what is in the way, or start afresh: zonetool up --dir DIR --port PORT")
        })
    };
    addresses
        .into_iter()
        .zip(&ground.secondary_states)
        .map(start)
        .collect()
}
