//! The list of those who may sign.

mod line;
mod options;
mod time;

use alloc::borrow::ToOwned;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use line::AllowedKey;

use crate::armor::{self, Block};
use crate::commit::{self, Signed};
use crate::limits;
use crate::openpgp::{self, Certificate};
use crate::refusal::{Mistake, Refusal};
use crate::ssh;

/// Those who may sign, and with which keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllowedSigners {
    keys: Vec<AllowedKey>,
    certificates: Vec<Certificate>,
}

/// Who has signed. Displayed as `ann@example.org (SHA256:...)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signer {
    /// The principals of the line, or the name in the OpenPGP key.
    pub name: String,
    /// The fingerprint of the key that was used: `SHA256:` and base64 of an SSH key, hexadecimal digits of an OpenPGP one.
    pub key: String,
}

impl AllowedSigners {
    /// Reads lines as `allowed_signers` has them (ssh-keygen(1)), and between them blocks of OpenPGP public keys. Empty
    /// lines and those that begin with `#` say nothing; all else is either understood or a mistake.
    ///
    /// # Errors
    /// All mistakes, at most [`limits::MISTAKES`]; also a list without any key, for it would refuse everything.
    pub fn read(text: &[u8]) -> Result<AllowedSigners, Vec<Mistake>> {
        let mut reading = Reading::default();
        if text.len() > limits::LIST_OCTETS {
            reading.mistake(
                1,
                alloc::format!("the list is larger than {} octets", limits::LIST_OCTETS),
            );
            return Err(reading.mistakes);
        }
        let mut lines = (1..).zip(text.split(|octet| *octet == b'\n'));
        while let Some((number, line)) = lines.next() {
            match armor::begins(line) {
                true => reading.block(number, line, &mut lines),
                false => reading.line(number, line),
            }
        }
        reading.finish()
    }

    /// How many keys are in it, subkeys counted with theirs.
    #[must_use]
    pub fn count(&self) -> usize {
        self.keys.len() + self.certificates.len()
    }

    /// Who has signed a commit, given as the octets of the object. Keys are judged by the time of the signature (OpenPGP)
    /// or of the commit (SSH), as the signer wrote it, and by no clock.
    ///
    /// # Errors
    /// Why it is nobody who may.
    pub fn judge(&self, commit: &[u8]) -> Result<Signer, Refusal> {
        let signed = commit::split(commit)?;
        let begins = |words: &[u8]| signed.signature.starts_with(words);
        if begins(b"-----BEGIN SSH SIGNATURE-----") {
            return self.judge_ssh(&signed);
        }
        if begins(b"-----BEGIN PGP SIGNATURE-----") {
            let (certificate, key) =
                openpgp::verify(&self.certificates, &signed.signature, &signed.payload)?;
            return Ok(Signer {
                name: certificate.name.clone(),
                key: key.key.fingerprint(),
            });
        }
        Err(match begins(b"-----BEGIN SIGNED MESSAGE-----") {
            true => Refusal::Unsupported {
                what: "X.509 (gpgsm)",
            },
            false => Refusal::unreadable("it is neither of SSH nor of OpenPGP"),
        })
    }

    fn judge_ssh(&self, signed: &Signed) -> Result<Signer, Refusal> {
        let octets = ssh::verify(&signed.signature, &signed.payload)?;
        let key = ssh::fingerprint(&octets);
        let mut why = Refusal::Foreign { key: key.clone() };
        for allowed in self.keys.iter().filter(|allowed| allowed.octets == octets) {
            match allowed.check(signed.committed_secs, &key) {
                Ok(()) => {
                    let name = allowed.principals.clone();
                    return Ok(Signer { name, key });
                }
                Err(refusal) => why = refusal,
            }
        }
        Err(why)
    }
}

impl AllowedKey {
    /// Whether the line allows a signature of this time, in seconds since 1970.
    fn check(&self, at_secs: i64, key: &str) -> Result<(), Refusal> {
        let key = || key.to_owned();
        let options = &self.options;
        if !options.is_for(ssh::NAMESPACE) {
            return Err(Refusal::OtherNamespaces { key: key() });
        }
        if options.valid_after.is_some_and(|after| at_secs < after) {
            return Err(Refusal::NotYetValid { key: key() });
        }
        match options.valid_before.is_some_and(|before| at_secs > before) {
            true => Err(Refusal::Expired { key: key() }),
            false => Ok(()),
        }
    }
}

/// What was read so far.
#[derive(Default)]
struct Reading {
    keys: Vec<AllowedKey>,
    certificates: Vec<Certificate>,
    mistakes: Vec<Mistake>,
}

impl Reading {
    fn line(&mut self, number: usize, line: &[u8]) {
        let line = line.trim_ascii();
        if line.is_empty() || line.starts_with(b"#") {
            return;
        }
        let text = str::from_utf8(line).map_err(|_| "it is not UTF-8".to_owned());
        match text.and_then(AllowedKey::read) {
            Ok(key) => self.keys.push(key),
            Err(why) => self.mistake(number, why),
        }
    }

    fn block<'a>(
        &mut self,
        number: usize,
        first: &[u8],
        lines: &mut impl Iterator<Item = (usize, &'a [u8])>,
    ) {
        let (mut text, mut is_whole) = (first.to_vec(), false);
        for (_, line) in lines {
            text.push(b'\n');
            text.extend_from_slice(line);
            is_whole = armor::ends(line);
            if is_whole {
                break;
            }
        }
        match (Block::PgpPublicKey.begins(first), is_whole) {
            (false, _) => self.mistake(
                number,
                "of blocks only OpenPGP public keys are known here: gpg --armor --export"
                    .to_string(),
            ),
            (_, false) => self.mistake(number, "the block has no END line".to_string()),
            (true, true) => match openpgp::read_keys(&text) {
                Ok(certificates) => self.certificates.extend(certificates),
                Err(why) => self.mistake(number, why),
            },
        }
    }

    fn mistake(&mut self, line: usize, why: String) {
        if self.mistakes.len() < limits::MISTAKES {
            self.mistakes.push(Mistake { line, why });
        }
    }

    fn finish(mut self) -> Result<AllowedSigners, Vec<Mistake>> {
        if self.mistakes.is_empty() && self.keys.is_empty() && self.certificates.is_empty() {
            self.mistake(
                1,
                "there is no key in it: every commit would be refused".to_string(),
            );
        }
        match self.mistakes.is_empty() {
            true => Ok(AllowedSigners {
                keys: self.keys,
                certificates: self.certificates,
            }),
            false => Err(self.mistakes),
        }
    }
}

impl fmt::Display for Signer {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} ({})", self.name, self.key)
    }
}
