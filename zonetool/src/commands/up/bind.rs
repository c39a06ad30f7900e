//! A configuration with which BIND follows all zones of the primary, for who has BIND.

use super::followers;
use super::ground::Ground;
use super::serve::Addresses;
use crate::failure::Failure;
use crate::key_file;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use tsig::text;
use zeroize::Zeroizing;

/// The file, which has a secret in it and is made anew at each start, as ports change.
pub(super) fn configuration(ground: &Ground) -> PathBuf {
    ground.bind.join("named.conf")
}

/// Writes it.
pub(super) fn configure(ground: &Ground, addresses: &Addresses) -> Result<(), Failure> {
    let path = configuration(ground);
    let keys = key_file::read_right(&ground.secondary_keys)?;
    // Large enough from the start, so that no copy of the secret is left behind.
    let mut config = Zeroizing::new(String::with_capacity(8 * 1024));
    for key in keys.iter() {
        text::write_bind_key(key, &mut *config).expect("a string takes all");
    }
    config.push_str(&statements(&ground.bind, addresses.primary, addresses.bind));
    write(&path, &config).map_err(|why| {
        Failure::unreadable(format!("cannot write {}", path.display()))
            .because(&why)
            .next("look at the folder, or start afresh with another --dir")
    })
}

/// RFC 9432: the zones come from the catalog, and with them all else.
fn statements(folder: &Path, primary: SocketAddr, own: SocketAddr) -> String {
    let (catalog, key) = (followers::catalog(), followers::key());
    let (ip, port) = (primary.ip(), primary.port());
    let from = format!("{{ {ip} port {port} key \"{key}\"; }}");
    format!(
        "options {{
    directory \"{folder}\";
    pid-file \"named.pid\"; session-keyfile \"session.key\"; lock-file none;
    listen-on port {own_port} {{ {own_ip}; }}; listen-on-v6 {{ none; }};
    recursion no; notify no; dnssec-validation no; minimal-responses yes;
    catalog-zones {{ zone \"{catalog}\" default-primaries {from} in-memory yes; }};
}};
controls {{ }};
zone \"{catalog}\" {{ type secondary; primaries {from}; file \"catalog\"; }};
",
        folder = folder.display(),
        own_ip = own.ip(),
        own_port = own.port(),
    )
}

fn write(path: &Path, text: &str) -> io::Result<()> {
    fs::create_dir_all(path.parent().unwrap_or(path))?;
    let mut open = OpenOptions::new();
    open.write(true).create(true).truncate(true).mode(0o600);
    open.open(path)?.write_all(text.as_bytes())
}
