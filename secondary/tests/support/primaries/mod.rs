//! Primaries of other projects, and our own.

mod bind;
mod knot;
mod nsd;
mod ours;
mod powerdns;

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use rr::Rtype;
use rustls::pki_types::CertificateDer;
use testbed::process::{Process, free_address};
use testbed::{clock, poll};
use wire::ResponseCode;

use super::{KEY, SECRET, WIDE_KEY, try_ask};

/// The catalog that [`PrimaryServer::list`] makes.
pub(crate) const CATALOG: &str = "catz.example";

/// One of the servers that we follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Bind,
    Knot,
    Nsd,
    PowerDns,
    /// Our own program.
    Ours,
}

/// A primary on a port of its own, in a folder of its own.
pub(crate) struct PrimaryServer {
    pub(crate) kind: Kind,
    pub(crate) address: SocketAddr,
    /// Where BIND and our own answer over TLS, as `localhost`.
    pub(crate) tls: SocketAddr,
    pub(crate) certificate: CertificateDer<'static>,
    folder: tempfile::TempDir,
    process: Option<Process>,
    notifies: SocketAddr,
    zones: Vec<String>,
    /// The zones that there were when it was started last.
    begun_with: Vec<String>,
    /// How far its clock is off, such as `+4000s`.
    pub(crate) clock_off: Option<&'static str>,
    /// What stands behind the keys of our own program.
    pub(crate) key_options: &'static str,
    /// What its catalog lists, if it makes one by itself.
    listed: Option<Vec<String>>,
}

impl PrimaryServer {
    /// Serves `example.org`, and tells `notifies` of changes.
    pub(crate) fn start(kind: Kind, text: &str, notifies: SocketAddr) -> PrimaryServer {
        let mut server = PrimaryServer::prepared(kind, notifies);
        server.write("example.org", text);
        server.begin();
        server
    }

    /// Not running yet.
    pub(crate) fn prepared(kind: Kind, notifies: SocketAddr) -> PrimaryServer {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("certificate.pem"), made.cert.pem()).unwrap();
        let key = made.signing_key.serialize_pem();
        fs::write(folder.path().join("key.pem"), key).unwrap();
        PrimaryServer {
            kind,
            address: free_address(),
            folder,
            tls: free_address(),
            certificate: made.cert.der().clone(),
            process: None,
            notifies,
            zones: Vec::new(),
            begun_with: Vec::new(),
            clock_off: None,
            key_options: "",
            listed: None,
        }
    }

    /// Writes a zone; it counts from the next reload on.
    pub(crate) fn write(&mut self, zone: &str, text: &str) {
        fs::write(self.zone_file(zone), text).unwrap();
        if !self.zones.iter().any(|known| known == zone) {
            self.zones.push(zone.to_owned());
        }
    }

    /// Has it make the catalog [`CATALOG`], of these zones from the next reload on; of ours all zones are listed.
    pub(crate) fn list(&mut self, members: &[&str]) {
        self.listed = Some(members.iter().map(|&zone| zone.to_owned()).collect());
    }

    /// From the next reload on there is no such zone any more.
    pub(crate) fn remove(&mut self, zone: &str) {
        fs::remove_file(self.zone_file(zone)).unwrap();
        self.zones.retain(|known| known != zone);
        if let Some(listed) = &mut self.listed {
            listed.retain(|known| known != zone);
        }
    }

    pub(crate) fn begin(&mut self) {
        let mut command = self.command();
        command.envs(self.clock_off.map(clock::off_by).unwrap_or_default());
        self.begun_with = self.zones.clone();
        self.process = Some(Process::start(&mut command, self.path("log")));
        let zone = self.zones[0].clone();
        poll(|| {
            let answer = try_ask(self.address, &zone, Rtype::SOA);
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
        let _ = self.command();
        match self.kind {
            // Its list of zones is read at the start only.
            Kind::Nsd if self.zones != self.begun_with => {
                self.end();
                self.begin();
            }
            Kind::Bind | Kind::Knot | Kind::Nsd => self.process.as_ref().unwrap().signal("HUP"),
            // They see for themselves.
            Kind::PowerDns | Kind::Ours => {}
        }
    }

    pub(crate) fn log(&self) -> String {
        self.process.as_ref().map_or_else(String::new, Process::log)
    }

    /// What runs it, with its configuration and zones as they are to be.
    fn command(&self) -> Command {
        match self.kind {
            Kind::Bind => self.bind(),
            Kind::Knot => self.knot(),
            Kind::Nsd => self.nsd(),
            Kind::PowerDns => self.powerdns(),
            Kind::Ours => self.ours(),
        }
    }

    fn folder(&self) -> &Path {
        self.folder.path()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder().join(name)
    }

    fn zone_file(&self, zone: &str) -> PathBuf {
        self.path(&format!("{zone}.zone"))
    }

    fn is_listed(&self, zone: &str) -> bool {
        let listed = self.listed.as_ref();
        listed.is_some_and(|listed| listed.iter().any(|member| member == zone))
    }

    /// The key for all zones, where there is more than one.
    fn notify_key(&self) -> &'static str {
        match (self.zones.len(), &self.listed) {
            (1, None) => KEY,
            _ => WIDE_KEY,
        }
    }
}
