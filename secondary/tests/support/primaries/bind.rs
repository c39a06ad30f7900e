//! `named`.

use std::process::Command;

use testbed::peers;

use super::{KEY, PrimaryServer, SECRET, WIDE_KEY};

impl PrimaryServer {
    pub(super) fn bind(&self) -> Command {
        assert!(self.listed.is_none(), "BIND makes no catalogs by itself");
        let folder = self.folder().display();
        let (notified, tls) = (self.notifies.port(), self.tls.port());
        let zones: String = self.zones.iter().map(|zone| {
            format!("zone \"{zone}\" {{ type primary; file \"{zone}.zone\"; ixfr-from-differences yes; }};\n")
        }).collect();
        let options = format!(
            "notify explicit; notify-delay 0; serial-query-rate 1000; notify-rate 1000; startup-notify-rate 1000;
            listen-on port {tls} tls ours {{ 127.0.0.1; }};
            also-notify {{ 127.0.0.1 port {notified} key \"{}\"; }};
            allow-transfer {{ key \"{KEY}\"; key \"{WIDE_KEY}\"; }};",
            self.notify_key(),
        );
        let rest = format!(
            "key \"{KEY}\" {{ algorithm hmac-sha256; secret \"{SECRET}\"; }};
            key \"{WIDE_KEY}\" {{ algorithm hmac-sha256; secret \"{SECRET}\"; }};
            tls ours {{ cert-file \"{folder}/certificate.pem\"; key-file \"{folder}/key.pem\"; }};\n{zones}"
        );
        peers::named(self.folder(), self.address, options, rest)
    }
}
