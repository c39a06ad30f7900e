//! Keys as text: on command lines, in key files, in BIND's configuration, and as the DNSKEY records of MirageOS' ocaml-dns.

mod file;
mod lexer;
mod records;

use core::fmt::{self, Write};

use alloc::format;
use alloc::string::{String, ToString};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rr::{Name, NameError, NameRef, Secret, data::Dnskey};
use zeroize::Zeroizing;

use crate::algorithm::Algorithm;
use crate::key::{Dialect, Key, KeyError};
use crate::limits::SECRET_OCTETS;

pub use file::{Mistake, MistakeKind, read_keys};
pub use records::{RecordMistake, read_key_records, scope_of_records};

/// Why a text is no key. It never has the secret in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyTextError {
    /// Not three parts with a colon between them.
    Parts,
    /// The name is none.
    Name(NameError),
    /// An algorithm that nobody here knows.
    Algorithm(String),
    /// The secret is not base64 (RFC 4648 §4), or has more than [`SECRET_OCTETS`].
    Secret,
    /// An option that nobody here knows.
    Option(String),
    /// An option with a value that it cannot have.
    Value(String),
    /// The parts do not make a key.
    Key(KeyError),
    /// A DNSKEY record with other flags than 0, another protocol than 3, or an algorithm that is none of 161 to 165.
    Dnskey,
}

impl fmt::Display for KeyTextError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Parts => {
                f.write_str("a key is written NAME:ALGORITHM:SECRET, the secret in base64")
            }
            Self::Name(error) => write!(f, "the name of the key: {error}"),
            Self::Algorithm(text) => write!(
                f,
                "no algorithm `{}`: SHA1, SHA224, SHA256, SHA384 and SHA512 are known",
                text.escape_debug()
            ),
            Self::Secret => write!(
                f,
                "the secret is not base64, or has more than {SECRET_OCTETS} octets"
            ),
            Self::Option(text) => write!(
                f,
                "no option `{}`: mac-octets, fudge-secs and transfers are known",
                text.escape_debug()
            ),
            Self::Value(text) => write!(
                f,
                "`{}`: mac-octets and fudge-secs have a number, transfers `chained` or `each-alone`",
                text.escape_debug()
            ),
            Self::Key(error) => error.fmt(f),
            Self::Dnskey => f.write_str(
                "a DNSKEY record is a key with flags 0, protocol 3 and an algorithm of 161 to 165",
            ),
        }
    }
}

impl core::error::Error for KeyTextError {}

impl From<KeyError> for KeyTextError {
    fn from(error: KeyError) -> Self {
        Self::Key(error)
    }
}

/// Reads `NAME:ALGORITHM:SECRET`, such as `web._update.example.org:SHA256:AAEC…=`. The final dot of the name may be left out.
///
/// # Errors
/// The part that is wrong.
pub fn read_key(text: &str) -> Result<Key, KeyTextError> {
    // From the right: neither base64 nor algorithms have colons, names may.
    let mut parts = text.trim().rsplitn(3, ':');
    let (Some(secret), Some(algorithm), Some(name)) = (parts.next(), parts.next(), parts.next())
    else {
        return Err(KeyTextError::Parts);
    };
    let algorithm =
        Algorithm::from_text(algorithm).ok_or_else(|| KeyTextError::Algorithm(algorithm.into()))?;
    key_of(name, algorithm, secret)
}

/// Takes a key that is written as a DNSKEY record owned by its name: flags 0, protocol 3, algorithm 161 (SHA1) to 165 (SHA512).
///
/// # Errors
/// When it is a key of another kind, or none.
pub fn key_of_dnskey(owner: NameRef<'_>, dnskey: &Dnskey) -> Result<Key, KeyTextError> {
    if (dnskey.flags, dnskey.protocol) != (0, 3) {
        return Err(KeyTextError::Dnskey);
    }
    let algorithm =
        Algorithm::from_dnskey_number(dnskey.algorithm.0).ok_or(KeyTextError::Dnskey)?;
    Ok(Key::new(
        owner,
        algorithm,
        Secret::new(dnskey.public_key.0.clone()),
    )?)
}

/// Writes a key as a line of a key file, with its secret: `NAME:ALGORITHM:SECRET`, and the options that it has.
///
/// # Errors
/// Those of `out`.
pub fn write_key(key: &Key, out: &mut dyn Write) -> fmt::Result {
    out.write_str(&name_text(key))?;
    write!(out, ":{}:{}", key.algorithm(), secret_text(key).as_str())?;
    if key.mac_octets() != key.algorithm().output_octets() {
        write!(out, " mac-octets={}", key.mac_octets())?;
    }
    if key.fudge_secs() != crate::limits::FUDGE_SECS {
        write!(out, " fudge-secs={}", key.fudge_secs())?;
    }
    match key.dialect() {
        Dialect::Chained => Ok(()),
        Dialect::EachAlone => out.write_str(" transfers=each-alone"),
    }
}

/// Writes a key as the configuration of BIND has it, and as `nsupdate -k` and `dig -k` read it, with its secret.
///
/// # Errors
/// Those of `out`.
pub fn write_bind_key(key: &Key, out: &mut dyn Write) -> fmt::Result {
    let algorithm = key.algorithm();
    write!(
        out,
        "key \"{}\" {{\n\talgorithm {}",
        key.name(),
        algorithm.configuration_name()
    )?;
    if key.mac_octets() != algorithm.output_octets() {
        write!(out, "-{}", 8 * key.mac_octets())?;
    }
    writeln!(out, ";\n\tsecret \"{}\";\n}};", secret_text(key).as_str())
}

/// The name as zone files have it, and what is more than a letter in a key file as an escape.
fn name_text(key: &Key) -> String {
    let name = key.name().to_string();
    let name = name.replace('{', "\\123").replace('}', "\\125");
    match name.as_bytes() {
        [first @ (b'#' | b'/'), ..] => format!("\\{first:03}{}", &name[1..]),
        _ => name,
    }
}

fn secret_text(key: &Key) -> Zeroizing<String> {
    Zeroizing::new(STANDARD.encode(key.secret().expose()))
}

fn key_of(name: &str, algorithm: Algorithm, secret: &str) -> Result<Key, KeyTextError> {
    let name = Name::from_text(name).map_err(KeyTextError::Name)?;
    Ok(Key::new(name.as_ref(), algorithm, read_secret(secret)?)?)
}

/// The octets of base64 text. They are nowhere but in the secret and in a buffer that is overwritten.
fn read_secret(text: &str) -> Result<Secret, KeyTextError> {
    let mut buffer = Zeroizing::new([0; SECRET_OCTETS + 2]);
    let length = STANDARD
        .decode_slice(text, buffer.as_mut_slice())
        .map_err(|_| KeyTextError::Secret)?;
    Ok(Secret::new(&buffer[..length]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::boxed::Box;
    use rr::field::Base64;

    fn written(key: &Key) -> String {
        let mut text = String::new();
        write_key(key, &mut text).unwrap();
        text
    }

    #[test]
    fn the_form_of_the_command_line() {
        let text = "Web._update.example.org:SHA256:AAECAwQFBgcICQoLDA0ODw==";
        let key = read_key(text).unwrap();
        assert_eq!(
            key.secret().expose(),
            core::array::from_fn::<u8, 16, _>(|i| i as u8)
        );
        assert_eq!(
            written(&key),
            "web._update.example.org.:SHA256:AAECAwQFBgcICQoLDA0ODw=="
        );
        assert_eq!(written(&read_key(&written(&key)).unwrap()), written(&key));
        let colon = read_key("a:b.example:hmac-sha1:AAEC").unwrap();
        assert_eq!(colon.name().to_string(), "a:b.example.");
        assert_eq!(colon.algorithm(), Algorithm::Sha1);
    }

    #[test]
    fn what_is_wrong_is_said_and_the_secret_is_not() {
        for (text, error) in [
            ("a._update.example.org", KeyTextError::Parts),
            ("SHA256:AAEC", KeyTextError::Parts),
            (
                "a..b:SHA256:AAEC",
                KeyTextError::Name(NameError::EmptyLabel),
            ),
            // The order of `dig -y`.
            ("hmac-sha256:a:AAEC", KeyTextError::Algorithm("a".into())),
            ("a:MD5:AAEC", KeyTextError::Algorithm("MD5".into())),
            ("a:SHA256:AAEC=", KeyTextError::Secret),
            ("a:SHA256:AA\u{e9}C", KeyTextError::Secret),
            ("a:SHA256:", KeyTextError::Key(KeyError::SecretLength(0))),
        ] {
            let refused = read_key(text).unwrap_err();
            assert_eq!(refused, error, "{text}");
            assert!(!refused.to_string().contains("AAEC"), "{refused}");
        }
        let octets = |count| format!("a:SHA256:{}", STANDARD.encode(alloc::vec![7; count]));
        assert!(read_key(&octets(SECRET_OCTETS)).is_ok());
        assert!(matches!(
            read_key(&octets(SECRET_OCTETS + 1)),
            Err(KeyTextError::Key(_) | KeyTextError::Secret)
        ));
        assert_eq!(read_key(&octets(9999)).unwrap_err(), KeyTextError::Secret);
    }

    #[test]
    fn dnskey_records_of_the_reference() {
        let owner = Name::from_text("a._update.example.org").unwrap();
        let dnskey = |flags, protocol, algorithm| Dnskey {
            flags,
            protocol,
            algorithm: rr::field::Algorithm(algorithm),
            public_key: Base64(Box::from(*b"0123456789abcdef")),
        };
        for (number, algorithm) in (161..).zip(Algorithm::ALL) {
            let key = key_of_dnskey(owner.as_ref(), &dnskey(0, 3, number)).unwrap();
            assert_eq!((key.algorithm(), key.name()), (algorithm, owner.as_ref()));
            assert_eq!(key.secret().expose(), b"0123456789abcdef");
        }
        for other in [
            dnskey(256, 3, 163),
            dnskey(0, 2, 163),
            dnskey(0, 3, 13),
            dnskey(0, 3, 160),
            dnskey(0, 3, 166),
        ] {
            assert_eq!(
                key_of_dnskey(owner.as_ref(), &other).unwrap_err(),
                KeyTextError::Dnskey
            );
        }
    }
}
