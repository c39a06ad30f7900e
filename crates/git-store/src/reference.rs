//! A branch as it mostly is, and is looked at with every commit: a file of its own that has an id.

use std::fs;
use std::path::Path;

use gix::ObjectId;
use gix::objs::bstr::ByteSlice;

/// Folders whose references belong to no working tree alone.
const SHARED: [&str; 2] = ["refs/heads/", "refs/stemma/"];

/// What the reference points to, where it is such a file in this directory. All else is left to gix: those that are packed, those
/// that name others, and whatever is wrong.
pub(crate) fn plain(dir: &Path, name: &str, hash: gix::hash::Kind) -> Option<ObjectId> {
    let is_shared = SHARED.iter().any(|folder| name.starts_with(folder));
    // Nothing outside of the folder has a name of this kind.
    if !is_shared || gix::validate::reference::name(name.as_bytes().as_bstr()).is_err() {
        return None;
    }
    let octets = fs::read(dir.join(name)).ok()?;
    let id = ObjectId::from_hex(octets.strip_suffix(b"\n")?).ok()?;
    (id.kind() == hash).then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_one_is_read_and_all_else_is_left_to_others() {
        let dir = tempfile::tempdir().expect("a directory");
        let digits = "0123456789abcdef0123456789abcdef01234567";
        fs::create_dir_all(dir.path().join("refs/heads")).expect("made");
        fs::write(dir.path().join("secret"), format!("{digits}\n")).expect("written");
        let plain = |name: &str| plain(dir.path(), name, gix::hash::Kind::Sha1);
        for (text, is_read) in [
            (format!("{digits}\n"), true),
            (digits.to_owned(), false),
            (format!("{digits}{}\n", &digits[..24]), false),
            ("ref: refs/heads/other\n".to_owned(), false),
            (String::new(), false),
        ] {
            fs::write(dir.path().join("refs/heads/main"), &text).expect("written");
            let wanted = is_read.then(|| ObjectId::from_hex(digits.as_bytes()).expect("an id"));
            assert_eq!(plain("refs/heads/main"), wanted, "{text}");
        }
        for name in [
            "refs/heads/../../secret",
            "refs/heads/none",
            "secret",
            "HEAD",
        ] {
            assert_eq!(plain(name), None, "{name}");
        }
    }
}
