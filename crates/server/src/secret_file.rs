//! The files with secrets that several servers share: that of server cookies, and that of TLS tickets.
//!
//! ```text
//! 32 hexadecimal digits: cookies are made with this secret (tickets: 64 digits)
//! 32 hexadecimal digits: cookies of this one are good as well (may be left out)
//! ```
//! Empty lines, and lines that begin with `#`, say nothing. No message repeats what the file says.

use std::fs::{self, File};
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::failure::Failure;

/// Octets that a file may have; two secrets take 66.
const MOST: u64 = 4096;

/// The path of the file for cookies.
#[derive(Debug, Clone)]
pub(crate) struct SecretFile(pub(crate) PathBuf);

/// The secret to make things with, and another one that is good.
pub(crate) type Shared<const OCTETS: usize> = ([u8; OCTETS], Option<[u8; OCTETS]>);

impl SecretFile {
    /// Reads it; warns if others can as well.
    pub(crate) fn read(&self) -> Result<Shared<16>, Failure> {
        read(&self.0, "the cookie secret").map_err(|why| Failure::CookieSecret {
            path: self.0.clone(),
            why,
        })
    }
}

/// Reads a file with secrets; warns if others can as well. The error says why it is of no use.
pub(crate) fn read<const OCTETS: usize>(path: &Path, what: &str) -> Result<Shared<OCTETS>, String> {
    warn_if_open(path, what);
    let mut text = String::new();
    File::open(path)
        .and_then(|file| file.take(MOST).read_to_string(&mut text))
        .map_err(|why| why.to_string())?;
    parse(&text)
}

/// Reads the text of a file with a secret in it; warns if others can as well.
///
/// # Errors
/// Why it cannot be read; never what it says.
pub fn read_text(path: &Path, what: &str) -> Result<Zeroizing<Vec<u8>>, String> {
    warn_if_open(path, what);
    // One octet more than is taken, and room for it from the start: what grows leaves copies behind.
    let mut text = Zeroizing::new(Vec::with_capacity(MOST as usize + 32));
    File::open(path)
        .and_then(|file| file.take(MOST + 1).read_to_end(&mut text))
        .map_err(|why| why.to_string())?;
    match text.len() as u64 > MOST {
        true => Err(format!("it has more than {MOST} octets")),
        false => Ok(text),
    }
}

/// Warns if others than its owner can do anything with the file.
pub fn warn_if_open(path: &Path, what: &str) {
    let is_open = fs::metadata(path)
        .is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o077 != 0);
    if is_open {
        tracing::warn!(path = %path.display(), "others can read {what}: chmod 600 it");
    }
}

fn parse<const OCTETS: usize>(text: &str) -> Result<Shared<OCTETS>, String> {
    let lines = (1..).zip(text.lines().map(str::trim));
    let said = lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
    let secrets: Result<Vec<_>, _> = said
        .map(|(number, line)| {
            let digits = 2 * OCTETS;
            secret(line).ok_or_else(|| format!("line {number} is not {digits} hexadecimal digits"))
        })
        .collect();
    match secrets?[..] {
        [secret] => Ok((secret, None)),
        [secret, other] => Ok((secret, Some(other))),
        [] => Err("there is no secret in it".into()),
        _ => Err("there are more than two secrets in it".into()),
    }
}

fn secret<const OCTETS: usize>(line: &str) -> Option<[u8; OCTETS]> {
    let digits: Option<Vec<u32>> = line.chars().map(|digit| digit.to_digit(16)).collect();
    let digits = digits.filter(|digits| digits.len() == 2 * OCTETS)?;
    let mut octets = [0; OCTETS];
    for (octet, pair) in octets.iter_mut().zip(digits.chunks(2)) {
        *octet = (pair[0] << 4 | pair[1]) as u8;
    }
    Some(octets)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_so_long_at_most() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        let read = |octets: u64| {
            let text = "x".repeat(octets as usize);
            fs::write(file.path(), &text).expect("written");
            read_text(file.path(), "it").map(|read| *read == *text.as_bytes())
        };
        assert_eq!((read(0), read(MOST)), (Ok(true), Ok(true)));
        assert!(read(MOST + 1).is_err_and(|why| why.contains("4096") && !why.contains("xx")));
    }

    #[test]
    fn one_or_two_secrets() {
        let one = "e5e973e5a6b2a43f48e7dc849e37bfcf";
        let other = "000102030405060708090A0B0C0D0E0F";
        let octets: [u8; 16] = std::array::from_fn(|n| n as u8);
        assert_eq!(parse(other), Ok((octets, None)));
        let (first, second) = parse(&format!("# new\n{one}\n\n  {other}\r\n")).expect("two");
        assert_eq!((first[0], first[15], second), (0xe5, 0xcf, Some(octets)));
        for (wrong, said) in [
            ("", "no secret"),
            ("# only this", "no secret"),
            ("e5e973", "line 1 "),
            (&format!("\n+{}", &one[1..]), "line 2 "),
            (&format!("{one}\n{one}0"), "line 2 "),
            (&format!("{one}\n{one}\n{one}"), "more than two"),
        ] {
            let why = parse::<16>(wrong).expect_err(wrong);
            assert!(why.contains(said) && !why.contains("e973"), "{why}");
        }
    }
}
