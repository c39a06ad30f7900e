//! `named`.

use std::fs;
use std::process::Command;

use super::{KEY, PrimaryServer, SECRET, WIDE_KEY};

impl PrimaryServer {
    pub(super) fn bind(&self) -> Command {
        assert!(self.listed.is_none(), "BIND makes no catalogs by itself");
        let (folder, port) = (self.folder().display(), self.address.port());
        let (notified, tls) = (self.notifies.port(), self.tls.port());
        let zones: String = self.zones.iter().map(|zone| {
            format!("zone \"{zone}\" {{ type primary; file \"{zone}.zone\"; ixfr-from-differences yes; }};\n")
        }).collect();
        let config = format!(
            "key \"{KEY}\" {{ algorithm hmac-sha256; secret \"{SECRET}\"; }};
            key \"{WIDE_KEY}\" {{ algorithm hmac-sha256; secret \"{SECRET}\"; }};
            options {{ directory \"{folder}\"; pid-file \"named.pid\"; session-keyfile \"session.key\"; lock-file none;
              listen-on port {port} {{ 127.0.0.1; }}; listen-on-v6 {{ none; }}; recursion no; dnssec-validation no;
              empty-zones-enable no; notify explicit; notify-delay 0; serial-query-rate 1000; notify-rate 1000; startup-notify-rate 1000;
              listen-on port {tls} tls ours {{ 127.0.0.1; }};
              also-notify {{ 127.0.0.1 port {notified} key \"{}\"; }};
              allow-transfer {{ key \"{KEY}\"; key \"{WIDE_KEY}\"; }}; check-integrity no; }};
            tls ours {{ cert-file \"{folder}/certificate.pem\"; key-file \"{folder}/key.pem\"; }};
            controls {{ }};\n{zones}",
            self.notify_key(),
        );
        fs::write(self.path("named.conf"), config).unwrap();
        let mut command = Command::new("/usr/sbin/named");
        command
            .args(["-g", "-n", "1", "-c"])
            .arg(self.path("named.conf"));
        command
    }
}
