//! Files and connections: Landlock.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use landlock::{
    ABI, Access, AccessFs, AccessNet, BitFlags, LandlockStatus, NetPort, PathBeneath, PathFd,
    PathFdError, Ruleset, RulesetAttr, RulesetCreated, RulesetCreatedAttr, RulesetError,
    RulesetStatus, Scope, make_bitflags,
};

use crate::needs::Needs;

/// The newest version whose rights are all thought of here. What a later one adds is not restricted.
const KNOWN: ABI = ABI::V6;

/// Nothing that is written here is run, read from a device, or found through a link.
const NEVER: BitFlags<AccessFs> = make_bitflags!(AccessFs::{
    Execute | MakeChar | MakeBlock | MakeFifo | MakeSock | MakeSym | IoctlDev
});

/// What the C library reads to divide memory between threads; it tells nothing of anybody.
const SYSTEM: [&str; 2] = [
    "/sys/devices/system/cpu/online",
    "/proc/sys/vm/overcommit_memory",
];

/// Restricts the calling thread and those it starts. Gives the version that is in force, or why none is.
pub(crate) fn restrict(needs: &Needs) -> Result<i32, String> {
    let rules = rules(needs)?;
    let status = rules.restrict_self().map_err(|why| why.to_string())?;
    match (status.ruleset, status.landlock) {
        (RulesetStatus::NotEnforced, _) => Err("this kernel has none that is of use".into()),
        (
            _,
            LandlockStatus::Available {
                effective_abi,
                kernel_abi,
            },
        ) => Ok(kernel_abi.unwrap_or(effective_abi as i32)),
        (_, status) => Err(format!("{status:?}")),
    }
}

fn rules(needs: &Needs) -> Result<RulesetCreated, String> {
    let mut rules = ruleset(needs).map_err(|why| why.to_string())?;
    let read = make_bitflags!(AccessFs::{ReadFile | ReadDir});
    let system = SYSTEM.iter().map(Path::new);
    for path in needs.read.iter().map(PathBuf::as_path).chain(system) {
        rules = allow(rules, path, read, true)?;
    }
    for path in &needs.write {
        rules = allow(rules, path, AccessFs::from_all(KNOWN) & !NEVER, false)?;
    }
    for path in &needs.remove {
        rules = allow(rules, path, AccessFs::RemoveFile.into(), true)?;
    }
    for path in &needs.remove_empty {
        rules = allow(rules, path, AccessFs::RemoveDir.into(), true)?;
    }
    for port in &needs.connect {
        let rule = NetPort::new(*port, AccessNet::ConnectTcp);
        rules = rules.add_rule(rule).map_err(|why| why.to_string())?;
    }
    if needs.chooses_addresses {
        // Port 0 stands for those that the kernel chooses.
        let rule = NetPort::new(0, AccessNet::BindTcp);
        rules = rules.add_rule(rule).map_err(|why| why.to_string())?;
    }
    Ok(rules)
}

fn ruleset(needs: &Needs) -> Result<RulesetCreated, RulesetError> {
    let rules = Ruleset::default()
        .handle_access(AccessFs::from_all(KNOWN))?
        .handle_access(AccessNet::from_all(KNOWN))?
        .scope(Scope::Signal)?;
    match needs.reaches_abstract_sockets {
        true => rules,
        false => rules.scope(Scope::AbstractUnixSocket)?,
    }
    .create()
}

/// What is not there is not read, and nothing removed from it.
fn allow(
    rules: RulesetCreated,
    path: &Path,
    access: BitFlags<AccessFs>,
    may_be_missing: bool,
) -> Result<RulesetCreated, String> {
    let opened = match PathFd::new(path) {
        Ok(opened) => opened,
        Err(PathFdError::OpenCall { source, .. })
            if may_be_missing && source.kind() == ErrorKind::NotFound =>
        {
            return Ok(rules);
        }
        Err(why) => return Err(why.to_string()),
    };
    // Of a plain file only what can be done with one.
    let access = match path.is_dir() {
        true => access,
        false => access & AccessFs::from_file(KNOWN),
    };
    let rule = PathBeneath::new(opened, access);
    rules.add_rule(rule).map_err(|why| why.to_string())
}
