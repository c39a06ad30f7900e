//! Files below a folder, never reached through a link.

use super::Boxed;
use gix::bstr::{BStr, ByteSlice};
use gix::index::entry::{Mode, Stat};
use gix::index::fs::Metadata;
use std::ffi::OsStr;
use std::fs;
use std::io::{self, ErrorKind};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

/// What is at a path.
pub(crate) enum OnDisk {
    /// Nothing, or nothing that is below the top without a link in between.
    Nothing,
    /// A file, with its mode as Git knows it and what tells whether it has changed since.
    File(Mode, Stat),
    /// A folder, a device and the like.
    Other,
}

/// A path of a commit as a path below the top.
pub(crate) fn below(top: &Path, path: &BStr) -> PathBuf {
    top.join(OsStr::from_bytes(path.as_bytes()))
}

/// What is there.
pub(crate) fn look(top: &Path, path: &BStr) -> Result<OnDisk, Boxed> {
    if !has_plain_folders(top, path)? {
        return Ok(OnDisk::Nothing);
    }
    let seen = match Metadata::from_path_no_follow(&below(top, path)) {
        Ok(seen) => seen,
        Err(why) if is_absent(why.kind()) => return Ok(OnDisk::Nothing),
        Err(why) => return Err(why.into()),
    };
    let mode = match (seen.is_symlink(), seen.is_file(), seen.is_executable()) {
        (true, ..) => Mode::SYMLINK,
        (_, true, true) => Mode::FILE_EXECUTABLE,
        (_, true, false) => Mode::FILE,
        _ => return Ok(OnDisk::Other),
    };
    Ok(OnDisk::File(mode, Stat::from_fs(&seen)?))
}

/// Whether all folders on the way are there and are none but folders.
fn has_plain_folders(top: &Path, path: &BStr) -> io::Result<bool> {
    for at in path.find_iter("/") {
        match fs::symlink_metadata(below(top, path[..at].as_bstr())) {
            Ok(seen) if seen.is_dir() => {}
            Ok(_) => return Ok(false),
            Err(why) if is_absent(why.kind()) => return Ok(false),
            Err(why) => return Err(why),
        }
    }
    Ok(true)
}

fn is_absent(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::NotFound | ErrorKind::NotADirectory)
}

/// What Git keeps of a file that was looked at: its octets, or where a link leads.
pub(crate) fn read(top: &Path, path: &BStr, mode: Mode) -> io::Result<Vec<u8>> {
    let path = below(top, path);
    match mode == Mode::SYMLINK {
        true => Ok(fs::read_link(path)?.into_os_string().as_bytes().to_vec()),
        false => fs::read(path),
    }
}

/// Makes the folders that a path is to be in, none of them through a link.
pub(crate) fn make_folders(top: &Path, path: &BStr) -> io::Result<()> {
    for at in path.find_iter("/") {
        let folder = below(top, path[..at].as_bstr());
        match fs::symlink_metadata(&folder) {
            Ok(seen) if seen.is_dir() => {}
            Ok(_) => return Err(ErrorKind::NotADirectory.into()),
            Err(why) if why.kind() == ErrorKind::NotFound => fs::create_dir(&folder)?,
            Err(why) => return Err(why),
        }
    }
    Ok(())
}

/// Writes what an entry of a commit holds where nothing is.
pub(crate) fn write_entry(path: &Path, mode: Mode, octets: &[u8]) -> Result<(), Boxed> {
    fs::create_dir_all(path.parent().ok_or("a file without a folder")?)?;
    if mode == Mode::SYMLINK {
        return Ok(symlink(OsStr::from_bytes(octets), path)?);
    }
    // Of two entries of one name, which a repository should not have, none is overwritten.
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(path)?;
    io::Write::write_all(&mut file, octets)?;
    if mode == Mode::FILE_EXECUTABLE {
        fs::set_permissions(path, fs::Permissions::from_mode(0o755))?;
    }
    Ok(())
}
