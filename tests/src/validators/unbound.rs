//! `unbound`, which asks one server for everything and says with AD, or with the reason for SERVFAIL, what it thinks.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;

use super::{Anchor, Verdict};
use crate::name::Name;
use crate::peers::{Client, Server, temporary, write};
use crate::process::{Process, free_address};
use crate::question::{Edns, Question};
use crate::reply::Reply;
use testbed::wait_until;

const START: Duration = Duration::from_secs(30);
const SERVFAIL: u16 = 2;
/// RFC 8914 §4.7 to §4.13: DNSSEC Bogus, Signature Expired and so on to NSEC Missing.
const BOGUS: std::ops::RangeInclusive<u16> = 6..=12;

/// A running validator.
#[derive(Debug)]
pub struct Unbound {
    client: Client,
    process: Process,
    _folder: TempDir,
}

impl Unbound {
    /// Starts it; it asks `upstream` and nobody else.
    pub fn start(upstream: SocketAddr, anchors: &[Anchor]) -> Unbound {
        let (folder, address) = (temporary(), free_address());
        let path = folder.path().join("unbound.conf");
        write(&path, &config(folder.path(), address, upstream, anchors));
        let mut command = Command::new("/usr/sbin/unbound");
        command.args(["-d", "-c"]).arg(path);
        let mut unbound = Unbound {
            client: Client::of(address),
            process: Process::start(&mut command, folder.path().join("log")),
            _folder: folder,
        };
        unbound.wait();
        unbound
    }

    /// Its verdict on a question, and the whole answer.
    pub fn judge(&self, name: &Name, rtype: u16) -> (Verdict, Reply) {
        let question = Question {
            rd: true,
            ..Question::plain(name.clone(), rtype).with_edns(Edns::sized(4096, true))
        };
        let reply = self.ask(&question);
        let verdict = match reply.rcode {
            SERVFAIL if said(&reply).any(|code| BOGUS.contains(&code)) => Verdict::Bogus,
            SERVFAIL => Verdict::Indeterminate,
            _ if reply.ad => Verdict::Secure,
            _ => Verdict::Insecure,
        };
        (verdict, reply)
    }

    /// It answers questions about itself as soon as it answers at all.
    fn wait(&mut self) {
        let question = Question {
            class: 3,
            ..Question::plain(Name::plain("version.bind"), 16)
        };
        let message = question.to_wire(0);
        let ready = wait_until(START, || {
            let answers = || self.client.udp_once(&message, Duration::from_millis(50));
            !self.process.is_running() || answers().is_some()
        });
        let log = self.process.log();
        assert!(ready && self.process.is_running(), "no answer:\n{log}");
    }
}

impl Server for Unbound {
    fn name(&self) -> String {
        "Unbound".to_owned()
    }

    fn udp(&self, message: &[u8]) -> Option<Vec<u8>> {
        self.client.udp(message)
    }

    fn tcp(&self, message: &[u8]) -> Option<Vec<u8>> {
        self.client.tcp(message)
    }
}

/// The extended errors (RFC 8914 §2: option 15, then two octets).
fn said(reply: &Reply) -> impl Iterator<Item = u16> {
    let options = reply.opt.iter().flat_map(|opt| &opt.options);
    options
        .filter(|(code, content)| *code == 15 && content.len() >= 2)
        .map(|(_, content)| u16::from_be_bytes([content[0], content[1]]))
}

/// Nothing may be made from what it knows already: every question is to bring an answer of ours.
fn config(folder: &Path, address: SocketAddr, upstream: SocketAddr, anchors: &[Anchor]) -> String {
    let trusted = |anchor: &Anchor| {
        let (apex, ds) = (&anchor.apex, &anchor.ds);
        format!("  trust-anchor: \"{apex} DS {ds}\"\n")
    };
    let anchors: String = anchors.iter().map(trusted).collect();
    let (ip, port, folder) = (address.ip(), address.port(), folder.display());
    let (up_ip, up_port) = (upstream.ip(), upstream.port());
    format!(
        "server:
  interface: {ip}@{port}
  do-ip6: no
  num-threads: 1
  use-syslog: no
  username: \"\"
  chroot: \"\"
  directory: \"{folder}\"
  pidfile: \"\"
  do-not-query-localhost: no
  module-config: \"validator iterator\"
  ede: yes
  trust-anchor-signaling: no
  aggressive-nsec: no
  harden-below-nxdomain: no
  qname-minimisation: no
{anchors}remote-control:
  control-enable: no
forward-zone:
  name: \".\"
  forward-addr: {up_ip}@{up_port}
"
    )
}
