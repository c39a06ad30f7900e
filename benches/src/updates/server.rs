//! How each server is told to take updates of all zones, and to have them on the disk before it says so.

use std::{
    error::Error,
    fmt::Write,
    fs,
    net::SocketAddr,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
};

use super::scene::{KEY, SECRET, Scene};
use crate::servers::{command, git, ours, text};

/// A server that takes updates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Server {
    /// Ours, with a bare repository on this machine
    Primary,
    /// The same with a state directory
    PrimaryState,
    /// BIND, which syncs its journal
    Bind,
    /// Knot DNS, which syncs its journal; the zone file is not written
    Knot,
}

impl Server {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Server::Primary => "primary",
            Server::PrimaryState => "primary, --state-dir",
            Server::Bind => "BIND",
            Server::Knot => "Knot",
        }
    }

    /// The command that serves, its configuration and zones written in `dir`.
    pub(crate) fn command(
        self,
        scene: &Scene,
        dir: &Path,
        address: SocketAddr,
    ) -> Result<Command, Box<dyn Error>> {
        match self {
            Server::Primary | Server::PrimaryState => {
                let work = dir.join("work");
                scene.copy_to(&work)?;
                let repository = repository(&work, dir)?;
                self.primary(&text(&repository), dir, address)
            }
            Server::Bind => {
                scene.copy_to(&dir.join("zones"))?;
                let configuration = configured(dir, &bind(scene, dir, address)?)?;
                Ok(command("named", &["-g".into(), "-c".into(), configuration]))
            }
            Server::Knot => {
                scene.copy_to(&dir.join("zones"))?;
                let configuration = configured(dir, &knot(scene, dir, address)?)?;
                Ok(command("knotd", &["-c".into(), configuration]))
            }
        }
    }

    /// Ours, with what is to be served.
    pub(crate) fn primary(
        self,
        location: &str,
        dir: &Path,
        address: SocketAddr,
    ) -> Result<Command, Box<dyn Error>> {
        let (keys, state) = (dir.join("keys"), dir.join("state"));
        fs::write(&keys, format!("{KEY}:SHA256:{SECRET}\n"))?;
        fs::set_permissions(&keys, fs::Permissions::from_mode(0o600))?;
        let mut options = vec![
            "--repo".into(),
            location.into(),
            "--listen".into(),
            address.to_string(),
        ];
        options.extend([
            "--keys".into(),
            text(&keys),
            "--rate-limit".into(),
            "off".into(),
        ]);
        if self == Server::PrimaryState {
            fs::create_dir(&state)?;
            options.extend(["--state-dir".into(), text(&state)]);
        }
        Ok(command(ours("primary")?, &options))
    }
}

/// A bare repository whose branch `main` has one commit, packed as after a push.
fn repository(work: &Path, dir: &Path) -> Result<PathBuf, Box<dyn Error>> {
    let bare = dir.join("zones.git");
    git(work, &["init", "-q", "-b", "main"])?;
    git(work, &["add", "-A"])?;
    git(work, &["commit", "-qm", "Add zones"])?;
    git(work, &["gc", "-q"])?;
    git(work, &["clone", "-q", "--bare", ".", &text(&bare)])?;
    Ok(bare)
}

fn configured(dir: &Path, configuration: &str) -> std::io::Result<String> {
    let path = dir.join("configuration");
    fs::write(&path, configuration)?;
    Ok(text(&path))
}

fn bind(scene: &Scene, dir: &Path, address: SocketAddr) -> Result<String, std::fmt::Error> {
    let (port, dir) = (address.port(), dir.display());
    let mut all = format!(
        "options {{ directory \"{dir}\"; listen-on port {port} {{ 127.0.0.1; }}; listen-on-v6 {{ none; }}; recursion no; \
         pid-file \"{dir}/pid\"; session-keyfile \"{dir}/key\"; dnssec-validation no; notify no; }};\ncontrols {{ }};\n\
         key \"{KEY}\" {{ algorithm hmac-sha256; secret \"{SECRET}\"; }};\n"
    );
    for zone in &scene.zones {
        writeln!(
            all,
            "zone \"{zone}\" {{ type primary; file \"{dir}/zones/{zone}\"; allow-update {{ key \"{KEY}\"; }}; }};"
        )?;
    }
    Ok(all)
}

fn knot(scene: &Scene, dir: &Path, address: SocketAddr) -> Result<String, std::fmt::Error> {
    let (port, dir) = (address.port(), dir.display());
    let mut all = format!(
        "server:\n  listen: 127.0.0.1@{port}\n  rundir: {dir}\ndatabase:\n  storage: {dir}\nlog:\n  - target: stderr\n    \
         any: warning\nkey:\n  - id: {KEY}\n    algorithm: hmac-sha256\n    secret: {SECRET}\nacl:\n  - id: update\n    \
         key: {KEY}\n    action: update\ntemplate:\n  - id: default\n    storage: {dir}/zones\n    file: \"%s\"\n    \
         acl: update\n    zonefile-sync: -1\n    journal-content: changes\nzone:\n"
    );
    for zone in &scene.zones {
        writeln!(all, "  - domain: {zone}")?;
    }
    Ok(all)
}
