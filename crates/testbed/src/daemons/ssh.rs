//! OpenSSH's server, one process for each connection, as whoever runs the test.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use tempfile::TempDir;

use super::{Server, run_on};

/// Keys of a server (`host_ed25519`, `host_ecdsa`), of a user who may log in (`user`, and `locked` with the passphrase
/// `canary-passphrase`) and of one who may not (`stranger`).
#[derive(Debug)]
pub struct Keys {
    dir: TempDir,
}

impl Keys {
    /// Makes them, in a directory that goes away with this value.
    #[expect(clippy::new_without_default, reason = "it makes a directory")]
    pub fn new() -> Keys {
        let keys = Keys {
            dir: tempfile::tempdir().expect("a temporary directory"),
        };
        for kind in ["ed25519", "ecdsa"] {
            keys.generate(&format!("host_{kind}"), kind, "");
        }
        keys.generate("user", "ed25519", "");
        keys.generate("locked", "ed25519", "canary-passphrase");
        keys.generate("stranger", "ed25519", "");
        let may = ["user.pub", "locked.pub"]
            .map(|name| fs::read_to_string(keys.path(name)).expect("a key"));
        fs::write(keys.path("authorized_keys"), may.concat()).expect("written");
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

    /// The file of a key, or of anything beside them.
    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Writes a file beside the keys.
    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        fs::write(self.path(name), text).expect("written");
        self.path(name)
    }

    /// Kind and key of a public key file.
    pub fn public(&self, name: &str) -> String {
        let text = fs::read_to_string(self.path(&format!("{name}.pub"))).expect("a key");
        text.trim_end_matches(" test\n").to_owned()
    }

    /// As `ssh-keygen -l` prints it.
    pub fn fingerprint(&self, name: &str) -> String {
        let output = Command::new("ssh-keygen")
            .arg("-lf")
            .arg(self.path(name))
            .output()
            .expect("ssh-keygen runs");
        let text = String::from_utf8(output.stdout).expect("UTF-8");
        text.split(' ').nth(1).expect("a fingerprint").to_owned()
    }

    /// The server, which takes a login with the keys that may.
    pub fn server(&self) -> Server {
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
            format!(
                "SetEnv PATH={}",
                std::env::var("PATH").expect("PATH is set")
            ),
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

/// The name of whoever runs the test, who is the only one that the server can let in.
pub fn user() -> String {
    let output = Command::new("id").arg("-un").output().expect("id runs");
    let name = String::from_utf8(output.stdout).expect("UTF-8");
    name.trim().to_owned()
}
