//! Files of keys, which nobody but their owner may read.

use crate::failure::{Exit, Failure};
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;
use tsig::Keyring;
use tsig::limits::KEY_FILE_OCTETS;
use tsig::text::{Mistake, read_keys};
use zeroize::Zeroizing;

/// Reading and writing by the owner.
const MODE: u32 = 0o600;

/// The keys of a file, or its mistakes.
fn read(path: &Path) -> Result<Result<Keyring, Vec<Mistake>>, Failure> {
    let file = File::open(path).map_err(|why| unread(path, &why))?;
    let text = contents(&file).map_err(|why| unread(path, &why))?;
    Ok(read_keys(&text))
}

/// The keys of a file that has to be without mistakes.
pub(crate) fn read_right(path: &Path) -> Result<Keyring, Failure> {
    read(path)?.map_err(|mistakes| mistaken(path, &mistakes))
}

/// All mistakes of a file.
fn mistaken(path: &Path, mistakes: &[Mistake]) -> Failure {
    let what = format!("{} has {} mistakes", path.display(), mistakes.len());
    let failure = Failure::unreadable(what).with_exit(Exit::FINDINGS);
    let failure = mistakes
        .iter()
        .fold(failure, |failure, mistake| failure.because(mistake));
    failure.next("mend these lines; nothing was changed")
}

/// Puts a line behind what is in the file, which is made where it is not there, and waits until it is on the disk.
pub(crate) fn append(path: &Path, line: &str) -> Result<(), Failure> {
    let open = OpenOptions::new()
        .read(true)
        .append(true)
        .create(true)
        .mode(MODE)
        .open(path);
    let file = open.map_err(|why| unwritten(path, &why))?;
    let write = || -> io::Result<()> {
        let before = contents(&file)?;
        let gap = if before.is_empty() || before.ends_with(b"\n") {
            ""
        } else {
            "\n"
        };
        // One write, so that a line is there or not.
        let added = Zeroizing::new(format!("{gap}{line}\n"));
        (&file).write_all(added.as_bytes())?;
        file.sync_all()
    };
    write().map_err(|why| unwritten(path, &why))
}

/// Refuses a file that others than its owner may read or write.
pub(crate) fn check_mode(path: &Path) -> Result<(), Failure> {
    match std::fs::metadata(path) {
        Ok(metadata) if metadata.permissions().mode() & 0o077 != 0 => {
            let mode = metadata.permissions().mode() & 0o777;
            let what = format!(
                "{} may be read or written by others (mode {mode:o})",
                path.display()
            );
            Err(Failure::unreadable(what).next(format!(
                "chmod 600 {}; and make new keys in place of those that are in it",
                path.display()
            )))
        }
        Ok(_) => Ok(()),
        Err(why) if why.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(why) => Err(unread(path, &why)),
    }
}

/// At most one octet more than a key file may have.
fn contents(file: &File) -> io::Result<Zeroizing<Vec<u8>>> {
    let mut text = Zeroizing::new(Vec::with_capacity(KEY_FILE_OCTETS + 2));
    file.take(KEY_FILE_OCTETS as u64 + 1)
        .read_to_end(&mut text)?;
    Ok(text)
}

fn unread(path: &Path, why: &io::Error) -> Failure {
    Failure::unreadable(format!("cannot read {}", path.display()))
        .because(why)
        .next("check the path, and who may read it")
}

fn unwritten(path: &Path, why: &io::Error) -> Failure {
    Failure::unreadable(format!("cannot write {}", path.display()))
        .because(why)
        .next("check that its folder is there, and who may write there")
}
