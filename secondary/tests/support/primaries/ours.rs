//! Our own program, `primary`.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use testbed::git::git_output;
use testbed::process::our_program;

use super::{CATALOG, KEY, PrimaryServer, SECRET, WIDE_KEY};

/// What a zone of a test may look like.
const CHECKS: &str = "* * note\n";

impl PrimaryServer {
    /// Commits the zones, if they have changed.
    pub(super) fn ours(&self) -> Command {
        let repository = self.path("zones");
        if !repository.exists() {
            fs::create_dir(&repository).unwrap();
            git_output(&repository, &["init", "-q", "-b", "main"]);
        }
        self.commit(&repository);
        let keys = self.path("keys");
        let line = |key| format!("{key}:SHA256:{SECRET} {}\n", self.key_options);
        fs::write(&keys, [KEY, WIDE_KEY].map(line).concat()).unwrap();
        fs::set_permissions(&keys, fs::Permissions::from_mode(0o600)).unwrap();
        let mut command = our_program("primary");
        command
            .arg("--repo")
            .arg(&repository)
            .arg("--keys")
            .arg(keys);
        command.args([
            "--listen",
            &self.address.to_string(),
            "--poll",
            "1",
            "--rate-limit",
            "off",
        ]);
        command.arg("--control").arg(self.path("control"));
        command.arg("--state-dir").arg(self.path("state"));
        command.args(["--listen-tls", &self.tls.to_string()]);
        command
            .arg("--tls-certificate")
            .arg(self.path("certificate.pem"));
        command.arg("--tls-key").arg(self.path("key.pem"));
        let told = format!("{},{}", self.notifies, self.notify_key());
        command.args(["--notify", &told, "--notify-ns", "off"]);
        if self.listed.is_some() {
            command.args(["--catalog", CATALOG]);
        }
        command
    }

    fn commit(&self, repository: &Path) {
        for name in fs::read_dir(repository)
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
        {
            let is_ours = name.to_str().is_some_and(|name| !name.starts_with('.'));
            let is_gone = !self.zones.iter().any(|zone| name == zone.as_str());
            if is_ours && is_gone {
                fs::remove_file(repository.join(name)).unwrap();
            }
        }
        for zone in &self.zones {
            fs::copy(self.zone_file(zone), repository.join(zone)).unwrap();
        }
        fs::write(repository.join(".zonecheck"), CHECKS).unwrap();
        git_output(repository, &["add", "-A"]);
        git_output(
            repository,
            &["commit", "-q", "--allow-empty", "-m", "Zones of a test"],
        );
    }
}
