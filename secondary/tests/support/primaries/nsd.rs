//! `nsd`, which makes differences of the files that it reads.

use std::process::Command;

use testbed::peers;

use super::{KEY, PrimaryServer, SECRET, WIDE_KEY};

impl PrimaryServer {
    pub(super) fn nsd(&self) -> Command {
        assert!(self.listed.is_none(), "NSD 4.6 knows no catalogs");
        let (notified, key) = (self.notifies.port(), self.notify_key());
        let given: String = [KEY, WIDE_KEY]
            .map(|key| format!("  provide-xfr: 127.0.0.1 {key}\n"))
            .concat();
        let keys = [KEY, WIDE_KEY].map(|key| {
            format!("key:\n  name: \"{key}\"\n  algorithm: hmac-sha256\n  secret: \"{SECRET}\"\n")
        });
        let zones = self.zones.iter().map(|zone| {
            format!(
                "zone:\n  name: \"{zone}\"\n  zonefile: \"{zone}.zone\"\n  notify: 127.0.0.1@{notified} {key}\n\
                 {given}  store-ixfr: yes\n  create-ixfr: yes\n"
            )
        });
        let rest = keys.concat() + &zones.collect::<String>();
        peers::nsd(self.folder(), self.address, "  verbosity: 2\n", rest)
    }
}
