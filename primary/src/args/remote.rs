//! How to reach a repository on another machine: who we are, and whom we believe.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use clap::builder::TypedValueParser;
use clap::error::ErrorKind;
use clap::{Arg, Args, Command};
use git_remote::{HostKeys, Limits, Proof, RemoteError, RemoteOptions, Roots, SshKey, Token};
use git_store::Location;

/// The variable of the environment that a token is read from where no file is named.
pub const TOKEN_VARIABLE: &str = "STEMMA_TOKEN";

/// A fetch or push takes at most so many times what the server may be silent for: 10 minutes, as a rule.
const TURNS: u32 = 20;

const HEADING: &str = "Repositories on other machines";

/// Options for repositories on other machines, for any program. They name files, and so hold no secret.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub struct RemoteArgs {
    /// Private key to log in with over ssh: Ed25519 or ECDSA, as ssh-keygen writes it
    #[arg(long, value_name = "FILE", help_heading = HEADING)]
    pub ssh_key: Option<PathBuf>,

    /// File with the passphrase of that key, if it has one
    #[arg(long, value_name = "FILE", help_heading = HEADING, requires = "ssh_key")]
    pub ssh_passphrase: Option<PathBuf>,

    /// Key that the server may show over ssh: a known_hosts file, or a fingerprint; may be given several times
    #[arg(long, value_name = "FILE|SHA256:...", help_heading = HEADING)]
    pub host_key: Vec<HostKey>,

    /// File with the token for https: TOKEN, USER:TOKEN or Bearer TOKEN [default: the variable STEMMA_TOKEN, if it is set]
    #[arg(long, value_name = "FILE", help_heading = HEADING)]
    pub token: Option<PathBuf>,

    /// PEM file of the only certificate authorities to believe over https [default: those of the system]
    #[arg(long, value_name = "FILE", help_heading = HEADING)]
    pub roots: Option<PathBuf>,

    /// Seconds of silence until a server is given up [default: 30]
    #[arg(long, value_name = "SECONDS", help_heading = HEADING, value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub remote_timeout: Option<u64>,
}

/// Where a host key is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HostKey {
    /// A file as OpenSSH's `known_hosts`.
    File(PathBuf),
    /// `SHA256:...`, as `ssh-keygen -l` prints it.
    Fingerprint(String),
}

impl FromStr for HostKey {
    type Err = RemoteError;

    fn from_str(text: &str) -> Result<HostKey, RemoteError> {
        match text.starts_with("SHA256:") {
            false => Ok(HostKey::File(text.into())),
            // Checked here, so that a slip of the pen is an error of usage.
            true => HostKeys::default()
                .with_fingerprint(text)
                .map(|_| HostKey::Fingerprint(text.to_owned())),
        }
    }
}

impl RemoteArgs {
    /// What the files say now, and the limits.
    ///
    /// # Errors
    /// [`RemoteError::Credential`] names the file that cannot be used, and says why; never what is in it.
    pub fn options(&self) -> Result<RemoteOptions, RemoteError> {
        let key = self.ssh_key.as_deref();
        let key = key.map(|path| SshKey::from_file(path, self.ssh_passphrase.as_deref()));
        Ok(RemoteOptions {
            dial: None,
            token: self.token()?,
            key: key.transpose()?,
            host_keys: self.host_keys()?,
            roots: self.roots.clone().map_or(Roots::System, Roots::File),
            limits: self.limits(),
        })
    }

    /// All files that are named.
    pub(crate) fn files(&self) -> impl Iterator<Item = &Path> {
        let keys = self.host_key.iter().filter_map(|key| match key {
            HostKey::File(path) => Some(path),
            HostKey::Fingerprint(_) => None,
        });
        let others = [
            &self.ssh_key,
            &self.ssh_passphrase,
            &self.token,
            &self.roots,
        ];
        let others = others.into_iter().flatten();
        keys.chain(others).map(PathBuf::as_path)
    }

    fn limits(&self) -> Limits {
        let usual = Limits::default();
        let idle = self.remote_timeout.map(Duration::from_secs);
        let idle = idle.unwrap_or(usual.idle);
        Limits {
            idle,
            connect: usual.connect.min(idle),
            total: idle * TURNS,
            ..usual
        }
    }

    fn token(&self) -> Result<Option<Token>, RemoteError> {
        let is_set = || std::env::var_os(TOKEN_VARIABLE).is_some_and(|text| !text.is_empty());
        match &self.token {
            Some(path) => Token::from_file(path).map(Some),
            None if is_set() => Token::from_env(TOKEN_VARIABLE).map(Some),
            None => Ok(None),
        }
    }

    fn host_keys(&self) -> Result<HostKeys, RemoteError> {
        let mut keys = HostKeys::default();
        for key in &self.host_key {
            keys = match key {
                HostKey::File(path) => keys.with_file(path)?,
                HostKey::Fingerprint(text) => keys.with_fingerprint(text)?,
            };
        }
        Ok(keys)
    }
}

/// Reads a [`Location`], and does not say the text again that is none: there may be a password in it.
#[derive(Debug, Clone, Copy)]
pub struct LocationParser;

impl TypedValueParser for LocationParser {
    type Value = Location;

    fn parse_ref(
        &self,
        command: &Command,
        _: Option<&Arg>,
        text: &OsStr,
    ) -> Result<Location, clap::Error> {
        let read = text.to_str().ok_or_else(|| "it is not UTF-8".to_owned());
        let read = read.and_then(|text| Location::parse(text).map_err(|why| why.to_string()));
        read.map_err(|why| {
            let why = format!("this is no repository: {why}");
            command.clone().error(ErrorKind::ValueValidation, why)
        })
    }
}

/// What to do about an error, in terms of these options; `None` where the error says so itself, or nothing need be done.
#[must_use]
pub fn next_step(error: &RemoteError) -> Option<&'static str> {
    match error {
        RemoteError::Unauthorized { wants, .. } => Some(match wants {
            Proof::Key => "name a key that is let in there with --ssh-key FILE",
            Proof::Token => "name a token that is good there with --token FILE",
        }),
        RemoteError::HostKey { .. } => {
            Some("a key that is right is named with --host-key FILE or SHA256:...")
        }
        RemoteError::Refused { .. } => Some("see whether the URL is right, and who may read there"),
        RemoteError::NoSuchBranch { .. } => Some("name one of them behind the URL: #BRANCH"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        remote: RemoteArgs,
    }

    fn read(arguments: &[&str]) -> Result<RemoteArgs, clap::Error> {
        let line = ["program"].iter().chain(arguments);
        Line::try_parse_from(line).map(|line| line.remote)
    }

    #[test]
    fn host_keys_are_files_or_fingerprints() {
        let print = "SHA256:7KMZvJiI21NXKjFMmZfMyHBzN8Zg7lSd+KYsOLxZhvU";
        let args = read(&["--host-key", "known", "--host-key", print]).expect("parsed");
        let wanted = [
            HostKey::File("known".into()),
            HostKey::Fingerprint(print.into()),
        ];
        assert_eq!(args.host_key, wanted);
        let wrong = read(&["--host-key", "SHA256:short"]).expect_err("too short");
        assert!(wrong.to_string().contains("ssh-keygen -l"), "{wrong}");
        assert!(read(&["--ssh-passphrase", "x"]).is_err(), "of which key?");
    }

    #[test]
    fn silence_bounds_the_whole() {
        let limits = |arguments: &[&str]| read(arguments).expect("parsed").limits();
        assert_eq!(limits(&[]), Limits::default());
        let seconds = |count| Duration::from_secs(count);
        let short = limits(&["--remote-timeout", "2"]);
        let all = (short.connect, short.idle, short.total);
        assert_eq!(all, (seconds(2), seconds(2), seconds(40)));
        assert!(read(&["--remote-timeout", "0"]).is_err());
    }

    #[test]
    fn files_that_are_not_there_are_named() {
        for option in ["--ssh-key", "--host-key", "--token"] {
            let args = read(&[option, "/nonexistent/it"]).expect("parsed");
            let why = args.options().expect_err("not there").to_string();
            assert!(why.contains("/nonexistent/it"), "{why}");
        }
    }
}
