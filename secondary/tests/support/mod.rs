//! Primaries of other projects, a secondary of ours, and who asks it.
#![allow(dead_code, reason = "each test takes what it needs")]

use std::fs;
use std::net::{SocketAddr, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use rr::{Name, RData, Rtype};
use rustls::ClientConfig;
use rustls::pki_types::CertificateDer;
use secondary::{Config, Secondary, read_zones, run};
use testbed::poll;
use testbed::process::{Process, free_address};
use tsig::Keyring;
use wire::ResponseCode;
use wire::message::{Message, query};

pub(crate) const SECRET: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

/// The key that says all that a secondary has to know: for `example.org`, from 127.0.0.1 to 127.0.0.1.
pub(crate) const KEY: &str = "127.0.0.1.127.0.0.1._transfer.example.org";

pub(crate) fn name(text: &str) -> Name {
    Name::from_text(text).unwrap()
}

/// A zone whose `www` says which version it is.
pub(crate) fn zone_text(serial: u32, soa_times: &str) -> String {
    let mut text = format!(
        "$ORIGIN example.org.\n@ 300 IN SOA ns.example.org. mail.example.org. {serial} {soa_times} 300\n\
         @ 300 IN NS ns.example.org.\nns 300 IN A 127.0.0.1\nwww 300 IN TXT \"version {serial}\"\n"
    );
    for number in 0..2_000 {
        text += &format!("host-{number} 300 IN A 192.0.2.1\n");
    }
    text
}

/// One of the servers that we follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Bind,
    Knot,
}

/// A primary on a port of its own, in a folder of its own.
pub(crate) struct PrimaryServer {
    pub(crate) kind: Kind,
    pub(crate) address: SocketAddr,
    folder: tempfile::TempDir,
    process: Option<Process>,
    notifies: SocketAddr,
    zones: Vec<String>,
    /// Where BIND answers over TLS, as `localhost`.
    pub(crate) tls: SocketAddr,
    pub(crate) certificate: CertificateDer<'static>,
}

impl PrimaryServer {
    /// Serves `example.org`, and tells `notifies` of changes.
    pub(crate) fn start(kind: Kind, text: &str, notifies: SocketAddr) -> PrimaryServer {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("certificate.pem"), made.cert.pem()).unwrap();
        fs::write(
            folder.path().join("key.pem"),
            made.signing_key.serialize_pem(),
        )
        .unwrap();
        let mut server = PrimaryServer {
            kind,
            address: free_address(),
            folder,
            tls: free_address(),
            certificate: made.cert.der().clone(),
            process: None,
            notifies,
            zones: Vec::new(),
        };
        server.write("example.org", text);
        server.begin();
        server
    }

    /// Writes a zone; it counts from the next reload on.
    pub(crate) fn write(&mut self, zone: &str, text: &str) {
        fs::write(self.folder.path().join(format!("{zone}.zone")), text).unwrap();
        if !self.zones.iter().any(|known| known == zone) {
            self.zones.push(zone.to_owned());
        }
    }

    pub(crate) fn begin(&mut self) {
        let mut command = match self.kind {
            Kind::Bind => self.bind(),
            Kind::Knot => self.knot(),
        };
        let log = self.folder.path().join("log");
        self.process = Some(Process::start(&mut command, log));
        poll(|| {
            let answer = try_ask(self.address, "example.org", Rtype::SOA);
            let is_up = answer.is_some_and(|it| it.rcode == ResponseCode::NoError);
            is_up.then_some(()).ok_or_else(|| self.log())
        });
    }

    pub(crate) fn end(&mut self) {
        self.process = None;
    }

    /// Has it read its files again.
    pub(crate) fn reload(&mut self) {
        // What was written is newer than what it has, by its clock for files, whose steps are coarse.
        match self.kind {
            Kind::Bind => _ = self.bind(),
            Kind::Knot => _ = self.knot(),
        }
        self.process.as_ref().unwrap().signal("HUP");
    }

    pub(crate) fn log(&self) -> String {
        self.process.as_ref().map_or_else(String::new, Process::log)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn bind(&self) -> Command {
        let (folder, port) = (self.folder.path().display(), self.address.port());
        let (notified, tls) = (self.notifies.port(), self.tls.port());
        let zones: String = self.zones.iter().map(|zone| {
            format!("zone \"{zone}\" {{ type primary; file \"{zone}.zone\"; ixfr-from-differences yes; }};\n")
        }).collect();
        let config = format!(
            "key \"{KEY}\" {{ algorithm hmac-sha256; secret \"{SECRET}\"; }};
            key \"x.127.0.0.1._transfer\" {{ algorithm hmac-sha256; secret \"{SECRET}\"; }};
            options {{ directory \"{folder}\"; pid-file \"named.pid\"; session-keyfile \"session.key\"; lock-file none;
              listen-on port {port} {{ 127.0.0.1; }}; listen-on-v6 {{ none; }}; recursion no; dnssec-validation no;
              empty-zones-enable no; notify explicit; notify-delay 0; serial-query-rate 1000; notify-rate 1000; startup-notify-rate 1000;
              listen-on port {tls} tls ours {{ 127.0.0.1; }};
              also-notify {{ 127.0.0.1 port {notified} key \"{}\"; }};
              allow-transfer {{ key \"{KEY}\"; key \"x.127.0.0.1._transfer\"; }}; check-integrity no; }};
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

    /// The key for all zones, where there is more than one.
    fn notify_key(&self) -> &'static str {
        match self.zones.len() {
            1 => KEY,
            _ => "x.127.0.0.1._transfer",
        }
    }

    fn knot(&self) -> Command {
        let folder = self.folder.path().display();
        let (port, notified) = (self.address.port(), self.notifies.port());
        let zones: String = self
            .zones
            .iter()
            .map(|zone| format!("  - domain: {zone}\n    file: \"{folder}/{zone}.zone\"\n"))
            .collect();
        let config = format!(
            "server:\n    listen: 127.0.0.1@{port}\n    rundir: \"{folder}\"\n    udp-workers: 1\n    tcp-workers: 1\n    background-workers: 1\n\
             log:\n  - target: stderr\n    any: info\n\
             database:\n    storage: \"{folder}\"\n\
             key:\n  - id: {KEY}\n    algorithm: hmac-sha256\n    secret: {SECRET}\n\
             remote:\n  - id: ours\n    address: 127.0.0.1@{notified}\n    key: {KEY}\n\
             acl:\n  - id: signed\n    key: {KEY}\n    action: transfer\n\
             template:\n  - id: default\n    storage: \"{folder}\"\n    notify: ours\n    acl: signed\n    zonefile-sync: -1\n    zonefile-load: difference\n    journal-content: changes\n\
             zone:\n{zones}"
        );
        fs::write(self.path("knot.conf"), config).unwrap();
        let mut command = Command::new("/usr/sbin/knotd");
        command.arg("-c").arg(self.path("knot.conf"));
        command
    }
}

/// A secondary at this address that knows a key, and nothing else.
pub(crate) fn config(listen: SocketAddr, primary: SocketAddr, key: &str) -> Config {
    let mut config = Config::new([listen]);
    config.server.workers = Some(1);
    let key = tsig::text::read_key(&format!("{key}:SHA256:{SECRET}")).unwrap();
    config.server.keys.said.push(Arc::new(key));
    config.primary_port = primary.port();
    config
}

/// Has it follow these lines of a file of zones, and nothing that its keys say.
pub(crate) fn follow(config: &mut Config, lines: &str, tls: Option<&Arc<ClientConfig>>) {
    let mut keys = Keyring::default();
    for key in &config.server.keys.said {
        keys.share(Arc::clone(key)).unwrap();
    }
    config.follows_keys = false;
    config.zones = read_zones(lines, &keys, tls).unwrap();
}

pub(crate) fn start(config: &Config) -> Secondary {
    run(config.clone()).unwrap()
}

pub(crate) fn in_dir(mut config: Config, dir: &Path) -> Config {
    config.state_dir = Some(dir.to_owned());
    config
}

/// The answer, if one comes soon.
pub(crate) fn try_ask(server: SocketAddr, qname: &str, rtype: Rtype) -> Option<Message> {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket
        .set_read_timeout(Some(Duration::from_millis(500)))
        .unwrap();
    let question = query(7, name(qname).as_ref(), rtype);
    socket.send_to(&question, server).ok()?;
    let mut octets = [0; 4096];
    let length = socket.recv(&mut octets).ok()?;
    Message::read(&octets[..length]).ok()
}

/// What `www` says, or the code of the answer.
pub(crate) fn seen(server: SocketAddr, zone: &str) -> String {
    let Some(answer) = try_ask(server, &format!("www.{zone}"), Rtype::TXT) else {
        return "silence".to_owned();
    };
    match answer.answer.first().map(|record| &record.data) {
        Some(RData::TXT(_)) => answer.answer[0].data.to_string(),
        _ => answer.rcode.to_string(),
    }
}

/// Waits until the secondary says this.
#[track_caller]
pub(crate) fn await_seen(server: SocketAddr, zone: &str, expected: &str) {
    poll(|| {
        let seen = seen(server, zone);
        (seen == expected)
            .then_some(())
            .ok_or_else(|| format!("{seen}, not {expected}"))
    });
}

pub(crate) fn version(serial: u32) -> String {
    format!("\"version {serial}\"")
}
