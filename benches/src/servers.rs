//! How each server is told to serve one zone with one worker on one port, without anything that the others do not do.

use std::{
    env,
    error::Error,
    fs, io,
    net::{Ipv4Addr, SocketAddr, TcpListener, UdpSocket},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::atomic::{AtomicU16, Ordering},
};

use crate::sample::APEX;

/// A server that can be measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Server {
    /// No server: what the kernel costs
    Echo,
    /// Ours, from a bare Git repository
    Primary,
    /// Ours without Git: the stack and the engine
    Serve,
    /// NSD
    Nsd,
    /// Knot DNS
    Knot,
    /// BIND
    Bind,
    /// PowerDNS with its BIND backend
    Powerdns,
}

/// Where a server finds its zone and may write.
#[derive(Debug)]
pub(crate) struct Place<'p> {
    /// The folder with the zone file.
    pub(crate) zones: &'p Path,
    /// An empty folder for configuration and state.
    pub(crate) dir: &'p Path,
    pub(crate) port: u16,
    /// For TLS as well, where that is measured.
    pub(crate) tls: Option<&'p Tls>,
}

/// Where TLS is spoken, and by whom.
#[derive(Debug)]
pub(crate) struct Tls {
    pub(crate) port: u16,
    pub(crate) certificate: PathBuf,
    pub(crate) key: PathBuf,
}

impl Server {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Server::Echo => "echo",
            Server::Primary => "primary",
            Server::Serve => "primary without Git",
            Server::Nsd => "NSD",
            Server::Knot => "Knot",
            Server::Bind => "BIND",
            Server::Powerdns => "PowerDNS",
        }
    }

    /// The command that serves, its configuration written.
    pub(crate) fn command(self, place: &Place<'_>) -> Result<Command, Box<dyn Error>> {
        let address = format!("127.0.0.1:{}", place.port);
        let zone = place.zones.join(APEX);
        Ok(match self {
            Server::Echo => command(env::current_exe()?, &["echo".into(), address]),
            Server::Serve => command(env::current_exe()?, &["serve".into(), text(&zone), address]),
            Server::Primary => {
                let repository = repository(&zone, place.dir)?;
                let mut options = vec![
                    "--repo".into(),
                    text(&repository),
                    "--listen".into(),
                    address,
                    "--workers".into(),
                    "1".into(),
                    "--rate-limit".into(),
                    "off".into(),
                ];
                if let Some(tls) = place.tls {
                    options.extend(tls.options());
                }
                command(ours("primary")?, &options)
            }
            Server::Nsd => command(
                "nsd",
                &[
                    "-d".into(),
                    "-c".into(),
                    configured(place, &nsd(place, &zone))?,
                ],
            ),
            Server::Knot => command(
                "knotd",
                &["-c".into(), configured(place, &knot(place, &zone))?],
            ),
            Server::Bind => {
                let configuration = configured(place, &bind(place, &zone))?;
                command(
                    "named",
                    &[
                        "-g".into(),
                        "-n".into(),
                        "1".into(),
                        "-c".into(),
                        configuration,
                    ],
                )
            }
            Server::Powerdns => powerdns(place, &zone)?,
        })
    }
}

impl Tls {
    /// As our primary is told.
    fn options(&self) -> [String; 6] {
        [
            "--listen-tls".into(),
            format!("127.0.0.1:{}", self.port),
            "--tls-certificate".into(),
            text(&self.certificate),
            "--tls-key".into(),
            text(&self.key),
        ]
    }

    fn nsd(&self) -> String {
        let (port, certificate, key) = (self.port, text(&self.certificate), text(&self.key));
        format!(
            " ip-address: 127.0.0.1@{port}\n tls-port: {port}\n tls-service-pem: \"{certificate}\"\n tls-service-key: \"{key}\"\n"
        )
    }

    fn bind(&self) -> (String, String) {
        let (port, certificate, key) = (self.port, text(&self.certificate), text(&self.key));
        (
            format!("tls own {{ cert-file \"{certificate}\"; key-file \"{key}\"; }};\n"),
            format!("listen-on port {port} tls own {{ 127.0.0.1; }};"),
        )
    }
}

pub(crate) fn command(program: impl Into<PathBuf>, arguments: &[String]) -> Command {
    let mut command = Command::new(program.into());
    // Debian keeps servers where only root looks.
    let path = env::var("PATH").unwrap_or_default() + ":/usr/sbin:/sbin";
    command.args(arguments).env("PATH", path);
    command
}

pub(crate) fn text(path: &Path) -> String {
    path.display().to_string()
}

/// A program of this workspace, built like this one.
pub(crate) fn ours(name: &str) -> Result<PathBuf, Box<dyn Error>> {
    let path = env::current_exe()?.with_file_name(name);
    match path.exists() {
        true => Ok(path),
        false => Err(format!(
            "{} is not built; run `cargo build --release -p {name}`",
            path.display()
        )
        .into()),
    }
}

fn configured(place: &Place<'_>, configuration: &str) -> io::Result<String> {
    let path = place.dir.join("configuration");
    fs::write(&path, configuration)?;
    Ok(text(&path))
}

/// A bare repository whose branch `main` has one commit with the zone file.
pub(crate) fn repository(zone: &Path, dir: &Path) -> Result<PathBuf, Box<dyn Error>> {
    let (work, bare) = (dir.join("work"), dir.join("zones.git"));
    fs::create_dir(&work)?;
    fs::copy(zone, work.join(APEX))?;
    git(&work, &["init", "-q", "-b", "main"])?;
    git(&work, &["add", "-A"])?;
    git(&work, &["commit", "-qm", "Add a zone"])?;
    git(&work, &["clone", "-q", "--bare", ".", &text(&bare)])?;
    Ok(bare)
}

pub(crate) fn git(dir: &Path, arguments: &[&str]) -> Result<(), Box<dyn Error>> {
    let identity = [
        "-c",
        "user.name=bench",
        "-c",
        "user.email=bench@example.org",
    ];
    let done = Command::new("git")
        .current_dir(dir)
        .args(identity)
        .args(arguments)
        .stdout(Stdio::null())
        .status()?;
    if done.success() {
        Ok(())
    } else {
        Err(format!("git {} failed", arguments.join(" ")).into())
    }
}

fn nsd(place: &Place<'_>, zone: &Path) -> String {
    let (port, dir, zone) = (place.port, place.dir.display(), zone.display());
    let tls = place.tls.map(Tls::nsd).unwrap_or_default();
    format!(
        "server:\n ip-address: 127.0.0.1@{port}\n{tls} server-count: 1\n username: \"\"\n chroot: \"\"\n zonesdir: \"{dir}\"\n \
         database: \"\"\n pidfile: \"{dir}/pid\"\n xfrdfile: \"{dir}/xfrd\"\n zonelistfile: \"{dir}/list\"\n \
         rrl-ratelimit: 0\n hide-version: yes\nremote-control:\n control-enable: no\nzone:\n name: {APEX}\n zonefile: \"{zone}\"\n"
    )
}

fn knot(place: &Place<'_>, zone: &Path) -> String {
    let (port, dir, zone) = (place.port, place.dir.display(), zone.display());
    format!(
        "server:\n  listen: 127.0.0.1@{port}\n  udp-workers: 1\n  tcp-workers: 1\n  background-workers: 1\n  rundir: {dir}\n\
         database:\n  storage: {dir}\n  journal-db-max-size: 500M\nlog:\n  - target: stderr\n    any: warning\n\
         template:\n  - id: default\n    zonefile-load: whole\n    journal-content: none\n\
         zone:\n  - domain: {APEX}\n    file: {zone}\n"
    )
}

fn bind(place: &Place<'_>, zone: &Path) -> String {
    let (port, dir, zone) = (place.port, place.dir.display(), zone.display());
    let (pair, listen) = place.tls.map(Tls::bind).unwrap_or_default();
    format!(
        "{pair}options {{ directory \"{dir}\"; listen-on port {port} {{ 127.0.0.1; }}; {listen} listen-on-v6 {{ none; }}; recursion no; \
         pid-file \"{dir}/pid\"; session-keyfile \"{dir}/key\"; minimal-responses no-auth-recursive; querylog no; \
         dnssec-validation no; }};\ncontrols {{ }};\nzone \"{APEX}\" {{ type primary; file \"{zone}\"; }};\n"
    )
}

fn powerdns(place: &Place<'_>, zone: &Path) -> Result<Command, Box<dyn Error>> {
    let zones = configured(
        place,
        &format!(
            "zone \"{APEX}\" {{ type master; file \"{}\"; }};\n",
            zone.display()
        ),
    )?;
    let options = [
        "--no-config".into(),
        "--daemon=no".into(),
        "--guardian=no".into(),
        "--launch=bind".into(),
        format!("--bind-config={zones}"),
        "--local-address=127.0.0.1".into(),
        format!("--local-port={}", place.port),
        "--receiver-threads=1".into(),
        "--distributor-threads=1".into(),
        format!("--socket-dir={}", place.dir.display()),
        "--loglevel=3".into(),
        "--disable-syslog".into(),
    ];
    Ok(command("pdns_server", &options))
}

/// An address where nobody listens over UDP or TCP. Ports that the kernel gives to whoever wants any are above these, so no
/// connection of a server that is measured takes one.
pub(crate) fn free_address() -> Result<SocketAddr, Box<dyn Error>> {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let candidates = || {
        let count = u32::from(NEXT.fetch_add(1, Ordering::Relaxed)) + std::process::id();
        SocketAddr::from((Ipv4Addr::LOCALHOST, 10_000 + (count % PORTS) as u16))
    };
    let is_free = |it: &SocketAddr| UdpSocket::bind(it).is_ok() && TcpListener::bind(it).is_ok();
    let mut tried = std::iter::repeat_with(candidates).take(PORTS as usize);
    tried
        .find(is_free)
        .ok_or_else(|| "no port of 127.0.0.1 is free".into())
}

/// How many of them there are.
const PORTS: u32 = 22_000;
