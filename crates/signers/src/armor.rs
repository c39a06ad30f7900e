//! Blocks between a `BEGIN` and an `END` line.

use alloc::vec::Vec;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::octets::Read;

/// A kind of block, by the words of its first and last line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Block {
    SshSignature,
    PgpSignature,
    PgpPublicKey,
}

impl Block {
    fn words(self) -> &'static [u8] {
        match self {
            Block::SshSignature => b"SSH SIGNATURE",
            Block::PgpSignature => b"PGP SIGNATURE",
            Block::PgpPublicKey => b"PGP PUBLIC KEY BLOCK",
        }
    }

    /// Whether the block begins with this line.
    pub(crate) fn begins(self, line: &[u8]) -> bool {
        dashed(line, b"-----BEGIN ") == Some(self.words())
    }

    fn ends(self, line: &[u8]) -> bool {
        dashed(line, b"-----END ") == Some(self.words())
    }

    /// The octets in a text that is one such block and nothing else.
    pub(crate) fn read(self, text: &[u8]) -> Read<Vec<u8>> {
        let mut lines = text.trim_ascii().split(|octet| *octet == b'\n');
        let (first, last) = (lines.next(), lines.next_back());
        if !first.is_some_and(|line| self.begins(line)) || !last.is_some_and(|line| self.ends(line))
        {
            return Err("it is not one block from its BEGIN to its END line");
        }
        let lines = lines.map(<[u8]>::trim_ascii);
        match self {
            Block::SshSignature => decode(lines),
            Block::PgpSignature | Block::PgpPublicKey => decode(pgp_body(lines)?.into_iter()),
        }
    }
}

/// RFC 9580 §6.2: headers up to an empty line; the checksum may be there and means nothing.
fn pgp_body<'a>(mut lines: impl Iterator<Item = &'a [u8]>) -> Read<Vec<&'a [u8]>> {
    let mut head = lines.by_ref().take_while(|line| !line.is_empty());
    if head.any(|line| !line.contains(&b':')) {
        return Err("a line before the empty one is no header");
    }
    Ok(lines.filter(|line| !line.starts_with(b"=")).collect())
}

fn decode<'a>(lines: impl Iterator<Item = &'a [u8]>) -> Read<Vec<u8>> {
    let text = lines.fold(Vec::new(), |mut text, line| {
        text.extend_from_slice(line);
        text
    });
    STANDARD.decode(text).map_err(|_| "it is not in base64")
}

/// Whether a block of any kind begins with this line.
pub(crate) fn begins(line: &[u8]) -> bool {
    dashed(line, b"-----BEGIN ").is_some()
}

/// Whether a block of any kind ends with this line.
pub(crate) fn ends(line: &[u8]) -> bool {
    dashed(line, b"-----END ").is_some()
}

fn dashed<'a>(line: &'a [u8], start: &[u8]) -> Option<&'a [u8]> {
    line.trim_ascii_end()
        .strip_prefix(start)?
        .strip_suffix(b"-----")
}
