//! `knotd`.

use std::fs;
use std::process::Command;

use super::{CATALOG, KEY, PrimaryServer, SECRET, WIDE_KEY};

impl PrimaryServer {
    pub(super) fn knot(&self) -> Command {
        let folder = self.folder().display();
        let (port, notified, key) = (self.address.port(), self.notifies.port(), self.notify_key());
        let zones: String = self.zones.iter().map(|zone| self.knot_zone(zone)).collect();
        let catalog = match self.listed {
            Some(_) => format!("  - domain: {CATALOG}\n    catalog-role: generate\n"),
            None => String::new(),
        };
        let config = format!(
            "server:\n    listen: 127.0.0.1@{port}\n    rundir: \"{folder}\"\n    udp-workers: 1\n    tcp-workers: 1\n    background-workers: 1\n\
             log:\n  - target: stderr\n    any: info\n\
             database:\n    storage: \"{folder}\"\n\
             key:\n  - id: {KEY}\n    algorithm: hmac-sha256\n    secret: {SECRET}\n\
             \x20 - id: {WIDE_KEY}\n    algorithm: hmac-sha256\n    secret: {SECRET}\n\
             remote:\n  - id: ours\n    address: 127.0.0.1@{notified}\n    key: {key}\n\
             acl:\n  - id: signed\n    key: [{KEY}, {WIDE_KEY}]\n    action: transfer\n\
             template:\n  - id: default\n    storage: \"{folder}\"\n    notify: ours\n    acl: signed\n    zonefile-sync: -1\n    zonefile-load: difference\n    journal-content: changes\n\
             zone:\n{catalog}{zones}"
        );
        fs::write(self.path("knot.conf"), config).unwrap();
        let mut command = Command::new("/usr/sbin/knotd");
        command.arg("-c").arg(self.path("knot.conf"));
        command
    }

    fn knot_zone(&self, zone: &str) -> String {
        let path = self.zone_file(zone);
        let member = match self.is_listed(zone) {
            true => format!("    catalog-role: member\n    catalog-zone: {CATALOG}\n"),
            false => String::new(),
        };
        format!(
            "  - domain: {zone}\n    file: \"{}\"\n{member}",
            path.display()
        )
    }
}
