//! Where a branch is, as far as its own file says so: one is read, where to find a reference takes a dozen system calls.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use gix::ObjectId;

use crate::commit::CommitId;

/// What a file that names a commit or a branch has at most.
const OCTETS: usize = 1024;

/// The commit; `None` where it takes more to find out: a branch that is packed, not there, or the name of another one.
pub(super) fn tip([head_dir, common_dir]: [&Path; 2], branch: Option<&str>) -> Option<CommitId> {
    let text = match branch {
        Some(full) if full.starts_with("refs/") => read(&common_dir.join(full)),
        Some(short) => read(&common_dir.join("refs/heads").join(short)),
        None => {
            let head = read(&head_dir.join("HEAD"))?;
            let name = head.strip_prefix("ref: ")?;
            name.starts_with("refs/heads/")
                .then(|| read(&common_dir.join(name)))?
        }
    };
    ObjectId::from_hex(text?.as_bytes()).ok().map(CommitId)
}

/// A line.
fn read(path: &Path) -> Option<String> {
    let mut octets = [0; OCTETS];
    let length = File::open(path).ok()?.read(&mut octets).ok()?;
    let text = str::from_utf8(&octets[..length]).ok()?;
    Some(text.strip_suffix('\n')?.to_owned())
}
