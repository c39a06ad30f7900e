//! The octets of a commit: what is signed, and the signature.

use alloc::vec::Vec;

use crate::limits;
use crate::refusal::Refusal;

/// A commit that says that it is signed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Signed {
    /// The commit without its signatures.
    pub(crate) payload: Vec<u8>,
    /// The text of the signature.
    pub(crate) signature: Vec<u8>,
    /// When it was committed, as it claims, in seconds since 1970.
    pub(crate) committed_secs: i64,
}

/// The header of a signature that is over a commit whose ids are SHA-1, and over one whose ids are SHA-256. A commit may
/// carry both, each over the commit without either.
const HEADERS: [&[u8]; 2] = [b"gpgsig", b"gpgsig-sha256"];

/// Takes the signature out, as Git does before it checks one: headers end at the first empty line, and a line that begins
/// with a space goes on with the header before it.
pub(crate) fn split(commit: &[u8]) -> Result<Signed, Refusal> {
    let head = head_length(commit);
    let (head, message) = commit.split_at(head);
    let own = own_header(head)?;
    let mut split = Signed {
        payload: Vec::with_capacity(commit.len()),
        signature: Vec::new(),
        committed_secs: committed_secs(head)?,
    };
    let mut current: Option<&[u8]> = None;
    for line in head.split_inclusive(|octet| *octet == b'\n') {
        let continued = line.strip_prefix(b" ");
        if continued.is_none() {
            current = signature_header(line);
            if current == Some(own) && !split.signature.is_empty() {
                return Err(Refusal::TwoSignatures);
            }
        }
        match (current, continued) {
            (None, _) => split.payload.extend_from_slice(line),
            (Some(name), _) if name != own => {}
            (Some(_), Some(more)) => split.signature.extend_from_slice(more),
            (Some(name), None) => split.signature.extend_from_slice(&line[name.len() + 1..]),
        }
    }
    split.payload.extend_from_slice(message);
    match split.signature.len() {
        0 => Err(Refusal::Unsigned),
        octets if octets > limits::SIGNATURE_OCTETS => Err(Refusal::TooLarge { octets }),
        _ => Ok(split),
    }
}

/// Up to the empty line before the message.
fn head_length(commit: &[u8]) -> usize {
    let end = commit.windows(2).position(|two| two == b"\n\n");
    end.map_or(commit.len(), |end| end + 1)
}

/// The first line names the tree, and by that tells the hash.
fn own_header(head: &[u8]) -> Result<&'static [u8], Refusal> {
    let tree = head.strip_prefix(b"tree ");
    let digits = tree.map(|tree| tree.iter().take_while(|octet| octet.is_ascii_hexdigit()));
    match digits.map(Iterator::count) {
        Some(40) => Ok(HEADERS[0]),
        Some(64) => Ok(HEADERS[1]),
        _ => Err(Refusal::unreadable(
            "the commit does not begin with its tree",
        )),
    }
}

fn signature_header(line: &[u8]) -> Option<&'static [u8]> {
    let name = line.split(|octet| *octet == b' ').next()?;
    let is_alone = line.len() == name.len();
    HEADERS
        .into_iter()
        .find(|header| *header == name && !is_alone)
}

/// `committer NAME <ADDRESS> SECONDS ZONE`.
fn committed_secs(head: &[u8]) -> Result<i64, Refusal> {
    let mut lines = head.split(|octet| *octet == b'\n');
    let line = lines.find_map(|line| line.strip_prefix(b"committer "));
    let after = line.and_then(|line| line.rsplit(|octet| *octet == b'>').next());
    let secs = after.and_then(|after| {
        let word = after
            .split(|octet| *octet == b' ')
            .find(|word| !word.is_empty())?;
        str::from_utf8(word).ok()?.parse().ok()
    });
    secs.ok_or(Refusal::unreadable(
        "the commit does not say when it was made",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TREE: &str = "tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n";
    const PEOPLE: &str = "author A <a> 1 +0000\ncommitter B <b@c> 1700000000 +0100\n";

    #[test]
    fn the_signature_is_taken_out() {
        let commit = alloc::format!(
            "{TREE}{PEOPLE}gpgsig one\n two\n \n three\ngpgsig-sha256 other\n one\nencoding x\n\nmessage\ngpgsig no\n"
        );
        let split = split(commit.as_bytes()).expect("signed");
        assert_eq!(split.signature, b"one\ntwo\n\nthree\n");
        let payload = alloc::format!("{TREE}{PEOPLE}encoding x\n\nmessage\ngpgsig no\n");
        assert_eq!(split.payload, payload.as_bytes());
        assert_eq!(split.committed_secs, 1_700_000_000);
    }

    #[test]
    fn a_commit_with_ids_of_sha_256() {
        let tree = alloc::format!("tree {}\n", "1".repeat(64));
        let commit = alloc::format!("{tree}{PEOPLE}gpgsig one\ngpgsig-sha256 two\n\nx");
        assert_eq!(
            split(commit.as_bytes()).expect("signed").signature,
            b"two\n"
        );
    }

    #[test]
    fn what_is_refused() {
        let refused = |headers: &str| split(headers.as_bytes()).expect_err("refused");
        assert_eq!(
            refused(&alloc::format!("{TREE}{PEOPLE}\nx")),
            Refusal::Unsigned
        );
        // Only in the message.
        let told = alloc::format!("{TREE}{PEOPLE}\ngpgsig one\n");
        assert_eq!(refused(&told), Refusal::Unsigned);
        let twice = alloc::format!("{TREE}{PEOPLE}gpgsig one\ngpgsig two\n\nx");
        assert_eq!(refused(&twice), Refusal::TwoSignatures);
        let long = "x".repeat(limits::SIGNATURE_OCTETS);
        let huge = alloc::format!("{TREE}{PEOPLE}gpgsig {long}\n\nx");
        let octets = limits::SIGNATURE_OCTETS + 1;
        assert_eq!(refused(&huge), Refusal::TooLarge { octets });
        for garbage in ["", "\n\n", "tree 1\n\n", TREE] {
            assert!(matches!(refused(garbage), Refusal::Unreadable { .. }));
        }
    }
}
