//! `nsd`, which makes differences of the files that it reads.

use std::fs;
use std::process::Command;

use super::{KEY, PrimaryServer, SECRET, WIDE_KEY};

impl PrimaryServer {
    pub(super) fn nsd(&self) -> Command {
        assert!(self.listed.is_none(), "NSD 4.6 knows no catalogs");
        let (folder, port) = (self.folder().display(), self.address.port());
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
        let config = format!(
            "server:\n  ip-address: 127.0.0.1@{port}\n  do-ip6: no\n  server-count: 1\n  username: \"\"\n  chroot: \"\"\n\
             \x20 zonesdir: \"{folder}\"\n  database: \"\"\n  pidfile: \"{folder}/nsd.pid\"\n  xfrdfile: \"{folder}/xfrd.state\"\n\
             \x20 xfrdir: \"{folder}\"\n  zonelistfile: \"{folder}/zone.list\"\n  cookie-secret-file: \"\"\n  rrl-ratelimit: 0\n\
             \x20 verbosity: 2\n  xfrd-reload-timeout: 0\n\
             remote-control:\n  control-enable: no\n{}{}",
            keys.concat(),
            zones.collect::<String>()
        );
        fs::write(self.path("nsd.conf"), config).unwrap();
        let mut command = Command::new("/usr/sbin/nsd");
        command.args(["-d", "-c"]).arg(self.path("nsd.conf"));
        command
    }
}
