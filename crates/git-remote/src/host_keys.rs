//! Whose keys are believed over ssh: a `known_hosts` file as OpenSSH has it, and fingerprints.
//!
//! Read are names and addresses, `[host]:port`, the wildcards `*` and `?`, `!` before what is not
//! meant, hashed names (`|1|...`) and `@revoked`. Lines of `@cert-authority` are passed over.

use std::fs;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha1::{Digest, Sha1};

use crate::error::RemoteError;

/// The keys that servers may have.
#[derive(Debug, Clone, Default)]
pub struct HostKeys {
    lines: Vec<Line>,
    fingerprints: Vec<String>,
}

/// A line of `known_hosts`.
#[derive(Debug, Clone)]
struct Line {
    patterns: String,
    is_revoked: bool,
    /// `ssh-ed25519` ...
    kind: String,
    /// The key in base64, as OpenSSH writes it.
    key: String,
}

impl HostKeys {
    /// Reads a `known_hosts` file.
    ///
    /// # Errors
    /// [`RemoteError::Credential`] if it cannot be read or holds no key.
    pub fn from_file(path: &Path) -> Result<HostKeys, RemoteError> {
        HostKeys::default().with_file(path)
    }

    /// Believes what another `known_hosts` file says as well.
    ///
    /// # Errors
    /// As [`Self::from_file`].
    pub fn with_file(mut self, path: &Path) -> Result<HostKeys, RemoteError> {
        let unusable = |why: String| RemoteError::Credential {
            named: path.display().to_string(),
            why,
        };
        let text = fs::read_to_string(path).map_err(|why| unusable(why.to_string()))?;
        let before = self.lines.len();
        self.lines.extend(text.lines().filter_map(Line::read));
        match self.lines.len() == before {
            true => Err(unusable("it has no line HOST KIND KEY".into())),
            false => Ok(self),
        }
    }

    /// Believes a key with this fingerprint as well, whatever host shows it: `SHA256:...`, as `ssh-keygen -l` prints it.
    ///
    /// # Errors
    /// [`RemoteError::Credential`] if it is none.
    pub fn with_fingerprint(mut self, text: &str) -> Result<HostKeys, RemoteError> {
        let digest = text.strip_prefix("SHA256:").unwrap_or_default();
        let digest = digest.trim_end_matches('=');
        let is_one = digest.len() == 43
            && digest
                .bytes()
                .all(|octet| octet.is_ascii_alphanumeric() || b"+/".contains(&octet));
        if !is_one {
            return Err(RemoteError::Credential {
                named: text.to_owned(),
                why: "not a fingerprint as `ssh-keygen -l` prints it: SHA256: and 43 characters"
                    .into(),
            });
        }
        self.fingerprints.push(format!("SHA256:{digest}"));
        Ok(self)
    }

    /// Whether this host may have this key: its base64 and its fingerprint.
    pub(crate) fn know(&self, host: &Host, key: &str, fingerprint: &str) -> bool {
        let is_revoked =
            |line: &&Line| line.is_revoked && line.key == key && host.is_in(&line.patterns);
        if self.lines.iter().any(|line| is_revoked(&line)) {
            return false;
        }
        self.fingerprints.iter().any(|known| known == fingerprint)
            || self.of(host).any(|line| line.key == key)
    }

    /// The kinds of keys that this host has, to ask it for one of them.
    pub(crate) fn kinds(&self, host: &Host) -> Vec<&str> {
        self.of(host).map(|line| line.kind.as_str()).collect()
    }

    /// What is known for this host, for a message.
    pub(crate) fn shown(&self, host: &Host) -> Vec<String> {
        let lines = self
            .of(host)
            .map(|line| format!("{} {}", line.kind, line.key));
        lines.chain(self.fingerprints.iter().cloned()).collect()
    }

    fn of(&self, host: &Host) -> impl Iterator<Item = &Line> {
        self.lines
            .iter()
            .filter(move |line| !line.is_revoked && host.is_in(&line.patterns))
    }
}

impl Line {
    fn read(text: &str) -> Option<Line> {
        let mut words = text.split_whitespace().peekable();
        let marker = words.next_if(|word| word.starts_with('@'));
        let patterns = words.next().filter(|word| !word.starts_with('#'))?;
        let line = Line {
            patterns: patterns.to_owned(),
            is_revoked: marker == Some("@revoked"),
            kind: words.next()?.to_owned(),
            key: words.next()?.to_owned(),
        };
        (marker != Some("@cert-authority")).then_some(line)
    }
}

/// A host as `known_hosts` names it: the port only where it is not 22.
#[derive(Debug)]
pub(crate) struct Host(String);

impl Host {
    pub(crate) fn new(host: &str, port: u16) -> Host {
        let host = host.to_ascii_lowercase();
        match port {
            22 => Host(host),
            _ => Host(format!("[{host}]:{port}")),
        }
    }

    /// `!` rules out whatever else matches.
    fn is_in(&self, patterns: &str) -> bool {
        let all = || patterns.split(',');
        let is_ruled_out = all()
            .filter_map(|pattern| pattern.strip_prefix('!'))
            .any(|pattern| self.matches(pattern));
        !is_ruled_out && all().any(|pattern| self.matches(pattern))
    }

    fn matches(&self, pattern: &str) -> bool {
        match pattern.strip_prefix("|1|") {
            Some(hashed) => self.is_hashed_as(hashed).unwrap_or(false),
            None => like(self.0.as_bytes(), pattern.to_ascii_lowercase().as_bytes()),
        }
    }

    /// `SALT|HMAC-SHA1(SALT, host)`, both in base64.
    fn is_hashed_as(&self, text: &str) -> Option<bool> {
        let (salt, hash) = text.split_once('|')?;
        let salt = STANDARD.decode(salt).ok()?;
        let hash = STANDARD.decode(hash).ok()?;
        Some(hmac_sha1(&salt, self.0.as_bytes()) == hash)
    }
}

/// RFC 2104, for salts of at most a block. It hides names from readers of the file; nothing rests on it.
fn hmac_sha1(key: &[u8], text: &[u8]) -> Vec<u8> {
    let mut block = [0_u8; 64];
    let length = key.len().min(block.len());
    block[..length].copy_from_slice(&key[..length]);
    let padded = |with: u8| block.map(|octet| octet ^ with);
    let inner = Sha1::new_with_prefix(padded(0x36))
        .chain_update(text)
        .finalize();
    let outer = Sha1::new_with_prefix(padded(0x5c)).chain_update(inner);
    outer.finalize().to_vec()
}

fn like(text: &[u8], pattern: &[u8]) -> bool {
    match (text, pattern) {
        ([], []) => true,
        (_, [b'*', rest @ ..]) => (0..=text.len()).any(|at| like(&text[at..], rest)),
        ([_, text @ ..], [b'?', rest @ ..]) => like(text, rest),
        ([a, text @ ..], [b, rest @ ..]) if a == b => like(text, rest),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn which_host_a_line_is_for() {
        // The last was made by: ssh-keygen -H
        for (host, port, patterns, wanted) in [
            ("git.example.org", 22, "git.example.org,192.0.2.1", true),
            ("GIT.example.org", 22, "git.Example.org", true),
            ("git.example.org", 2222, "git.example.org", false),
            ("git.example.org", 2222, "[git.example.org]:2222", true),
            ("git.example.org", 22, "*.example.org", true),
            ("git.example.org", 22, "*.example.org,!git.*", false),
            ("git.example.org", 22, "gi?.example.org", true),
            ("git.example.org", 22, "example.org", false),
            ("git.example.org", 22, "|1|c2FsdA==|bm90IGl0", false),
            ("git.example.org", 22, "|1|nonsense", false),
        ] {
            let host = Host::new(host, port);
            assert_eq!(host.is_in(patterns), wanted, "{host:?} {patterns}");
        }
    }

    #[test]
    fn lines() {
        assert!(Line::read("# comment").is_none());
        assert!(Line::read("").is_none());
        assert!(Line::read("host ssh-ed25519").is_none());
        assert!(Line::read("@cert-authority * ssh-ed25519 AAAA").is_none());
        let line = Line::read("@revoked * ssh-ed25519 AAAA comment").unwrap();
        assert!(line.is_revoked && line.key == "AAAA");
    }

    #[test]
    fn fingerprints() {
        let keys = HostKeys::default();
        let good = "SHA256:7KMZvJiI21NXKjFMmZfMyHBzN8Zg7lSd+KYsOLxZhvU";
        assert!(keys.clone().with_fingerprint(good).is_ok());
        for bad in [
            "",
            "SHA256:",
            "MD5:00:11",
            &good[..49],
            "SHA256:../../../etc",
        ] {
            assert!(keys.clone().with_fingerprint(bad).is_err(), "{bad}");
        }
    }

    /// RFC 2202 §3, test case 2.
    #[test]
    fn the_hash_of_names() {
        let hash = hmac_sha1(b"Jefe", b"what do ya want for nothing?");
        assert_eq!(hash[..4], [0xef, 0xfc, 0xdf, 0x6a]);
    }
}
