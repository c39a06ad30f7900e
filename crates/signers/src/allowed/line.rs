//! One line: who, options, and an SSH key.

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::options::Options;
use crate::ssh::SshKey;

/// An SSH key that may sign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AllowedKey {
    /// Whose it is: the first word of the line.
    pub(crate) principals: String,
    /// The key as the signature has it.
    pub(crate) octets: Vec<u8>,
    pub(crate) options: Options,
}

impl AllowedKey {
    /// `PRINCIPALS [OPTIONS] TYPE BASE64 [COMMENT]`.
    pub(crate) fn read(line: &str) -> Result<AllowedKey, String> {
        let (principals, rest) = principals(line)?;
        let (options, rest) = match is_key_type(word(rest).0) {
            true => (Options::default(), rest),
            false => (Options::read(rest)?, after_options(rest)),
        };
        let (kind, rest) = word(rest);
        if !is_key_type(kind) {
            return Err(SHAPE.to_owned());
        }
        let octets = STANDARD.decode(word(rest).0);
        let octets = octets.map_err(|_| "the key is not in base64".to_owned())?;
        SshKey::read(&octets)?;
        match octets.starts_with(&named(kind)) {
            true => Ok(AllowedKey {
                principals: principals.to_owned(),
                octets,
                options,
            }),
            false => Err(alloc::format!("the key is not of the type {kind}")),
        }
    }
}

/// The type as a key begins with it: its length in four octets, and then itself (RFC 4253 §6.6).
fn named(kind: &str) -> Vec<u8> {
    let length = u32::try_from(kind.len()).unwrap_or(u32::MAX);
    [&length.to_be_bytes(), kind.as_bytes()].concat()
}

const SHAPE: &str = "a line is PRINCIPALS [OPTIONS] TYPE KEY, such as ann@example.org namespaces=\"git\" ssh-ed25519 AAAA...";

/// What a file of `ssh-keygen` with a public key looks like.
const NAMELESS: &str = "it begins with a key, and nobody's name stands before it, such as ann@example.org namespaces=\"git\" ssh-ed25519 AAAA...";

/// All types of OpenSSH, also those that are not supported: no option is called so.
fn is_key_type(word: &str) -> bool {
    ["ssh-", "ecdsa-", "sk-"]
        .iter()
        .any(|start| word.starts_with(start))
}

fn principals(line: &str) -> Result<(&str, &str), String> {
    let parts = match line.strip_prefix('"') {
        Some(quoted) => quoted.split_once('"'),
        None => Some(word(line)),
    };
    let (principals, rest) = parts.ok_or_else(|| "a quotation mark is not closed".to_owned())?;
    if is_key_type(principals) {
        return Err(NAMELESS.to_owned());
    }
    match principals.is_empty() || rest.trim().is_empty() {
        true => Err(SHAPE.to_owned()),
        false => Ok((principals, rest.trim_start())),
    }
}

/// The first word, and what follows the space after it.
fn word(text: &str) -> (&str, &str) {
    let end = text.find([' ', '\t']).unwrap_or(text.len());
    (&text[..end], text[end..].trim_start())
}

fn after_options(text: &str) -> &str {
    let mut is_quoted = false;
    let mut is_escaped = false;
    let end = text.char_indices().find(|(_, letter)| {
        is_quoted ^= *letter == '"' && !is_escaped;
        is_escaped = *letter == '\\';
        !is_quoted && matches!(letter, ' ' | '\t')
    });
    end.map_or("", |(end, _)| text[end..].trim_start())
}
