//! Servers of other projects with zones of a test, each at its own port of loopback.

use std::fs;
use std::net::{SocketAddr, UdpSocket};
use std::path::Path;
use std::process::Command;
use std::time::Duration;
use testbed::peers::{self, Knot};
use testbed::process::{Process, free_address};

/// The secret of all keys here.
pub(crate) const SECRET: &str = "c2VjcmV0IG9mIHRoZSB0ZXN0cyBvZiB6b25ldG9vbCE=";
/// The key that the servers know, as `--key` takes it.
pub(crate) const KEY: &str = "web._update:SHA256:c2VjcmV0IG9mIHRoZSB0ZXN0cyBvZiB6b25ldG9vbCE=";

/// A zone with some records to change.
pub(crate) const ZONE: &str = "\
$TTL 300
@ SOA ns hostmaster 1 3600 600 86400 60
@ NS ns
ns A 127.0.0.1
www A 192.0.2.1
www A 192.0.2.2
mail A 192.0.2.3
gone A 192.0.2.4
gone TXT all-of-it
old TXT \"one\" \"two\"
";

/// A running server; its files go away with it.
pub(crate) struct Peer {
    pub(crate) address: SocketAddr,
    process: Process,
    folder: tempfile::TempDir,
}

impl Peer {
    /// `named` as the primary of these zones, which lets the key change them and everybody transfer them.
    pub(crate) fn bind(zones: &[&str]) -> Peer {
        let zone = |name: &str, file: &Path| {
            format!(
                "zone \"{name}\" {{ type primary; file \"{}\"; allow-update {{ key web._update; }}; }};\n",
                file.display()
            )
        };
        Peer::start(zones, |folder, address| {
            named(folder, address, &list(folder, zones, zone))
        })
    }

    /// `named` that has its zones transferred over TLS only, with a certificate for `ns.test` that is its own root.
    pub(crate) fn bind_over_tls(zones: &[&str]) -> (Peer, SocketAddr) {
        let secure = free_address();
        let peer = Peer::start(zones, |folder, address| {
            let certificate = certify(folder);
            let zone = |name: &str, file: &Path| {
                format!(
                    "zone \"{name}\" {{ type primary; file \"{}\"; allow-transfer port {} transport tls {{ any; }}; }};\n",
                    file.display(),
                    secure.port()
                )
            };
            let tls = format!(
                "tls own {{ cert-file \"{0}\"; key-file \"{0}\"; protocols {{ TLSv1.3; }}; }};\n",
                certificate.display()
            );
            let zones = list(folder, zones, zone);
            named_with(
                folder,
                address,
                &format!("{tls}{zones}"),
                &format!(
                    "listen-on port {} tls own {{ {}; }};",
                    secure.port(),
                    secure.ip()
                ),
            )
        });
        (peer, secure)
    }

    /// The file of a peer by its name.
    pub(crate) fn file(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    /// `named` that has these zones from a primary, for whose notifications it waits.
    pub(crate) fn bind_secondary(zones: &[&str], primary: SocketAddr) -> Peer {
        let zone = |name: &str, file: &Path| {
            format!(
                "zone \"{name}\" {{ type secondary; file \"{}.copy\"; primaries port {} {{ {}; }}; allow-notify {{ key web._update; }}; }};\n",
                file.display(),
                primary.port(),
                primary.ip()
            )
        };
        Peer::start(zones, |folder, address| {
            named(folder, address, &list(folder, zones, zone))
        })
    }

    /// `knotd` as the primary of these zones, with the same rights as [`Peer::bind`].
    pub(crate) fn knot(zones: &[&str]) -> Peer {
        let zone =
            |name: &str, file: &Path| format!("  - domain: {name}\n    file: {}\n", file.display());
        Peer::start(zones, |folder, address| {
            knotd(folder, address, &list(folder, zones, zone))
        })
    }

    /// `nsd` as the primary of these zones; it takes no updates.
    pub(crate) fn nsd(zones: &[&str]) -> Peer {
        let zone = |name: &str, file: &Path| {
            format!(
                "zone:\n  name: {name}\n  zonefile: {}\n  provide-xfr: 127.0.0.1 NOKEY\n",
                file.display()
            )
        };
        Peer::start(zones, |folder, address| {
            peers::nsd(folder, address, "", list(folder, zones, zone))
        })
    }

    /// PowerDNS as the primary of these zones; it reads them as BIND has them.
    pub(crate) fn powerdns(zones: &[&str]) -> Peer {
        let zone = |name: &str, file: &Path| {
            format!(
                "zone \"{name}\" {{ type master; file \"{}\"; }};\n",
                file.display()
            )
        };
        Peer::start(zones, |folder, address| {
            pdns(folder, address, &list(folder, zones, zone))
        })
    }

    /// `nsd` that lets nobody transfer.
    pub(crate) fn nsd_for_nobody(zones: &[&str]) -> Peer {
        let zone = |name: &str, file: &Path| {
            format!("zone:\n  name: {name}\n  zonefile: {}\n", file.display())
        };
        Peer::start(zones, |folder, address| {
            peers::nsd(folder, address, "", list(folder, zones, zone))
        })
    }

    /// Gives a zone another text and has the server read it.
    pub(crate) fn rewrite(&self, zone: &str, text: &str) {
        fs::write(self.folder.path().join(zone), text).unwrap();
        self.process.signal("HUP");
    }

    fn start(zones: &[&str], command: impl FnOnce(&Path, SocketAddr) -> Command) -> Peer {
        let (folder, address) = (tempfile::tempdir().unwrap(), free_address());
        let mut command = command(folder.path(), address);
        let process = Process::start(&mut command, folder.path().join("log"));
        let peer = Peer {
            address,
            process,
            folder,
        };
        for zone in zones {
            testbed::poll(|| {
                peer.serial(zone)
                    .map(drop)
                    .ok_or_else(|| peer.process.log())
            });
        }
        peer
    }

    pub(crate) fn at(&self) -> String {
        format!("@{}", self.address)
    }

    /// The serial that is served of a zone.
    pub(crate) fn serial(&self, zone: &str) -> Option<u32> {
        let name = rr::Name::from_text(zone).unwrap();
        let question = wire::message::query(7, name.as_ref(), rr::Rtype::SOA);
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket
            .set_read_timeout(Some(Duration::from_millis(200)))
            .unwrap();
        socket.send_to(&question, self.address).ok()?;
        let mut buffer = [0; 4096];
        let octets = socket.recv(&mut buffer).ok()?;
        let answer = wire::message::Message::read(&buffer[..octets]).ok()?;
        match &answer.answer.first()?.data {
            rr::RData::SOA(soa) => Some(soa.serial.0),
            _ => None,
        }
    }

    /// All records of a zone, sorted, its name written as `@`.
    pub(crate) fn transferred(&self, zone: &str) -> Vec<String> {
        let (ip, port) = (self.address.ip(), self.address.port());
        let mut dig = Command::new("dig");
        dig.args([&format!("@{ip}"), "-p", &port.to_string(), zone, "AXFR"]);
        let said =
            testbed::process::must_run(dig.args(["+noall", "+answer", "+onesoa", "+nocrypto"]));
        let line = |line: &str| {
            let words: Vec<&str> = line.split_whitespace().collect();
            words.join(" ").replace(&format!("{zone}."), "@")
        };
        let mut lines: Vec<String> = said.lines().map(line).collect();
        lines.sort();
        lines
    }
}

fn list(folder: &Path, zones: &[&str], zone: impl Fn(&str, &Path) -> String) -> String {
    let entry = |name: &&str| {
        let file = folder.join(name);
        fs::write(&file, ZONE).unwrap();
        zone(name, &file)
    };
    zones.iter().map(entry).collect()
}

/// A certificate for `ns.test` and its key in one file.
fn certify(folder: &Path) -> std::path::PathBuf {
    let file = folder.join("certificate.pem");
    let mut openssl = Command::new("openssl");
    openssl.args([
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
    ]);
    openssl.args([
        "-days",
        "3650",
        "-subj",
        "/CN=ns.test",
        "-addext",
        "subjectAltName=DNS:ns.test",
    ]);
    openssl.args(["-addext", "basicConstraints=critical,CA:FALSE", "-keyout"]);
    testbed::process::must_run(openssl.arg(&file).arg("-out").arg(folder.join("root.pem")));
    let both = [
        fs::read(&file).unwrap(),
        fs::read(folder.join("root.pem")).unwrap(),
    ];
    fs::write(&file, both.concat()).unwrap();
    file
}

fn named(folder: &Path, address: SocketAddr, zones: &str) -> Command {
    named_with(folder, address, zones, "allow-transfer { any; };")
}

fn named_with(folder: &Path, address: SocketAddr, zones: &str, more: &str) -> Command {
    let options = format!("notify no; max-ixfr-ratio unlimited; {more}");
    let key = format!("key web._update {{ algorithm hmac-sha256; secret \"{SECRET}\"; }};\n");
    peers::named(folder, address, options, key + zones)
}

fn knotd(folder: &Path, address: SocketAddr, zones: &str) -> Command {
    let before = format!(
        "key:\n  - id: web._update\n    algorithm: hmac-sha256\n    secret: {SECRET}\n\
         acl:\n  - id: change\n    key: web._update\n    action: [update, transfer]\n\
         \x20 - id: look\n    address: 127.0.0.1\n    action: transfer\n"
    );
    let knot = Knot {
        before: &before,
        template: "    acl: [change, look]\n",
        zones,
        ..Knot::default()
    };
    knot.command(folder, address)
}

fn pdns(folder: &Path, address: SocketAddr, zones: &str) -> Command {
    let list = folder.join("zones.conf");
    fs::write(&list, zones).unwrap();
    let rest = format!(
        "launch=bind\nbind-config={}\nallow-axfr-ips=127.0.0.1\nversion-string=anonymous\n",
        list.display()
    );
    peers::powerdns(folder, address, rest)
}
