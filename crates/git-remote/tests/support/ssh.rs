//! OpenSSH's server, one process for each connection, as whoever runs the test.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use tempfile::TempDir;

use super::{Server, run_on};

/// Keys of a server and of a user who may log in.
pub(crate) struct Keys {
    dir: TempDir,
}

impl Keys {
    pub(crate) fn new() -> Keys {
        let keys = Keys {
            dir: tempfile::tempdir().unwrap(),
        };
        for kind in ["ed25519", "ecdsa"] {
            keys.generate(&format!("host_{kind}"), kind, "");
        }
        keys.generate("user", "ed25519", "");
        keys.generate("locked", "ed25519", "canary-passphrase");
        keys.generate("stranger", "ed25519", "");
        let may =
            ["user.pub", "locked.pub"].map(|name| fs::read_to_string(keys.path(name)).unwrap());
        fs::write(keys.path("authorized_keys"), may.concat()).unwrap();
        keys
    }

    fn generate(&self, name: &str, kind: &str, passphrase: &str) {
        let made = Command::new("ssh-keygen")
            .args(["-q", "-t", kind, "-N", passphrase, "-C", "test", "-f"])
            .arg(self.path(name))
            .status();
        assert!(
            made.expect("ssh-keygen (Debian package openssh-client)")
                .success()
        );
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        fs::write(self.path(name), text).unwrap();
        self.path(name)
    }

    /// Kind and key of a public key file.
    pub(crate) fn public(&self, name: &str) -> String {
        let text = fs::read_to_string(self.path(&format!("{name}.pub"))).unwrap();
        text.trim_end_matches(" test\n").to_owned()
    }

    /// As `ssh-keygen -l` prints it.
    pub(crate) fn fingerprint(&self, name: &str) -> String {
        let output = Command::new("ssh-keygen")
            .arg("-lf")
            .arg(self.path(name))
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        text.split(' ').nth(1).unwrap().to_owned()
    }

    pub(crate) fn server(&self) -> Server {
        let shown = |name: &str| self.path(name).display().to_string();
        let config = [
            format!("HostKey {}", shown("host_ed25519")),
            format!("HostKey {}", shown("host_ecdsa")),
            format!("AuthorizedKeysFile {}", shown("authorized_keys")),
            "StrictModes no".into(),
            "UsePAM no".into(),
            "PasswordAuthentication no".into(),
            "KbdInteractiveAuthentication no".into(),
            "PermitRootLogin yes".into(),
            "PidFile none".into(),
            format!("SetEnv PATH={}", std::env::var("PATH").unwrap()),
        ];
        let config = self.write("sshd_config", &(config.join("\n") + "\n"));
        // Where the system's own server has never been started, this directory is missing; only root wants it.
        let _ = fs::create_dir_all("/run/sshd");
        Server::start(move |stream| {
            run_on(
                Command::new("/usr/sbin/sshd")
                    .arg("-i")
                    .arg("-f")
                    .arg(&config),
                stream,
            );
        })
    }
}

pub(crate) fn user() -> String {
    let output = Command::new("id").arg("-un").output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}
