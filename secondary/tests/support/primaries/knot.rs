//! `knotd`.

use std::process::Command;

use testbed::peers::Knot;

use super::{CATALOG, KEY, PrimaryServer, SECRET, WIDE_KEY};

impl PrimaryServer {
    pub(super) fn knot(&self) -> Command {
        let (notified, key) = (self.notifies.port(), self.notify_key());
        let zones: String = self.zones.iter().map(|zone| self.knot_zone(zone)).collect();
        let catalog = match self.listed {
            Some(_) => format!("  - domain: {CATALOG}\n    catalog-role: generate\n"),
            None => String::new(),
        };
        let before = format!(
            "key:\n  - id: {KEY}\n    algorithm: hmac-sha256\n    secret: {SECRET}\n\
             \x20 - id: {WIDE_KEY}\n    algorithm: hmac-sha256\n    secret: {SECRET}\n\
             remote:\n  - id: ours\n    address: 127.0.0.1@{notified}\n    key: {key}\n\
             acl:\n  - id: signed\n    key: [{KEY}, {WIDE_KEY}]\n    action: transfer\n"
        );
        let knot = Knot {
            server: "",
            before: &before,
            template: "    notify: ours\n    acl: signed\n    zonefile-load: difference\n    journal-content: changes\n",
            zones: &format!("{catalog}{zones}"),
        };
        knot.command(self.folder(), self.address)
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
