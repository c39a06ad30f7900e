//! A disk that can be filled.

use std::ffi::OsStr;
use std::path::Path;
use std::process::Command;

/// A command that runs `program`, to which arguments can be added, where `dir` is an empty disk of so many KiB: in a mount
/// namespace of its own, which nobody else sees. `None`, with a line on the output, where that may not be had.
#[expect(clippy::print_stdout, reason = "the output of a test")]
pub fn on_small_disk(dir: &Path, size_kib: u32, program: &OsStr) -> Option<Command> {
    let may = namespace(dir, size_kib, OsStr::new("true")).status();
    if !may.is_ok_and(|status| status.success()) {
        println!("NOT TESTED: no mount namespaces here, so no disk is filled");
        return None;
    }
    Some(namespace(dir, size_kib, program))
}

fn namespace(dir: &Path, size_kib: u32, program: &OsStr) -> Command {
    let mount = format!("mount -t tmpfs -o size={size_kib}k tmpfs \"$0\" && exec \"$@\"");
    let mut unshare = Command::new("unshare");
    unshare.args(["-Urm", "sh", "-c", &mount]);
    unshare.arg(dir).arg(program);
    unshare
}
