//! What the process gives up between binding its addresses and answering: root, and all that a running server does not
//! need. From then on there are threads.
//!
//! ```text
//! addresses, control socket are bound                      root's, or whoever has the right to
//!   become_user   another user, no capabilities            --user
//! cookie secret, state directory, repository are opened    that user's, so that they can be later as well
//!   confine       Landlock, seccomp                        --confine
//! threads start, commits are read
//!   narrow        a shorter list of system calls           each thread that answers, as it begins
//! questions are answered
//! ```

mod narrowing;
mod refusals;

use std::fmt;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::lchown;
use std::path::Path;
use std::sync::Arc;

use confine::{Account, Confinement, Needs};

use crate::config::Config;
use crate::failure::Failure;
use crate::telling::log;
pub use narrowing::Narrowing;

/// What the process is to give up once its addresses are bound.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Restraint {
    /// Root, to become the user of this name.
    pub user: Option<String>,
    /// Files, connections and system calls that it does not need, as far as the kernel can refuse them.
    pub is_confined: bool,
}

/// What it has given up.
#[derive(Debug)]
pub struct Restrained {
    user: Option<String>,
    confinement: Option<Confinement>,
    /// What threads that answer give up beyond that; none without a filter of system calls.
    pub narrowing: Option<Arc<Narrowing>>,
    /// Whether it is root's still.
    pub is_root: bool,
    /// Whether the kernel can do all that is wanted of it.
    pub is_whole: bool,
}

impl Restrained {
    /// Whether it has given up files, connections and system calls.
    #[must_use]
    pub fn is_confined(&self) -> bool {
        self.confinement.is_some()
    }
}

/// What a program has beyond what all programs have, for the user that it becomes.
#[derive(Debug, Default)]
pub struct Belongings<'p> {
    /// Files and directories that are read from then on.
    pub read: Vec<&'p Path>,
    /// A directory that is made if it is not there.
    pub dir: Option<&'p Path>,
}

/// Becomes the user that the operator wants, if any. `control` is the socket that was made.
///
/// # Errors
/// [`Failure::User`] if that cannot be done, or the user may not read what it has to.
pub fn become_user(
    config: &Config,
    control: Option<&Path>,
    own: &Belongings<'_>,
) -> Result<(), Failure> {
    let wanted = config.restraint.as_ref().and_then(|it| it.user.as_ref());
    let Some(name) = wanted else {
        return Ok(());
    };
    let failure = |why: String| Failure::User {
        name: name.clone(),
        why,
    };
    let account = Account::of(name).map_err(|why| failure(why.to_string()))?;
    let account = account.ok_or_else(|| failure("there is no such user".into()))?;
    hand_over(control, own.dir, &account).map_err(|(path, why)| {
        failure(format!("{} cannot be given to it: {why}", path.display()))
    })?;
    confine::become_user(&account).map_err(|why| failure(advised(&why)))?;
    let mut read = config.files().chain(own.read.iter().copied());
    read.try_for_each(readable).map_err(failure)
}

/// Whatever else may be wrong with a file or a repository is said when it is opened.
fn readable(path: &Path) -> Result<(), String> {
    let (opened, all) = match path.is_dir() {
        true => (fs::read_dir(path).map(drop), ", and all below"),
        false => (File::open(path).map(drop), ""),
    };
    match opened {
        Err(why) if why.kind() == io::ErrorKind::PermissionDenied => {
            let path = path.display();
            Err(format!("{path}: {why}; let it read that{all}"))
        }
        _ => Ok(()),
    }
}

fn advised(why: &io::Error) -> String {
    match why.kind() {
        io::ErrorKind::PermissionDenied => format!("{why}; start as root, or leave --user out"),
        _ => why.to_string(),
    }
}

/// What root has made, and what it makes as the user may not: the control socket, the state directory if there is none.
fn hand_over<'p>(
    control: Option<&'p Path>,
    dir: Option<&'p Path>,
    to: &Account,
) -> Result<(), (&'p Path, io::Error)> {
    let give = |path| lchown(path, Some(to.uid), Some(to.gid));
    if let Some(path) = control {
        give(path).map_err(|why| (path, why))?;
    }
    if let Some(dir) = dir.filter(|dir| !dir.exists()) {
        let made = fs::create_dir_all(dir).and_then(|()| give(dir));
        made.map_err(|why| (dir, why))?;
    }
    Ok(())
}

/// Holds the process to what it needs, if the operator wants so, and then has the log written. The first threads. Whatever the
/// program itself opens after the start, `own` adds.
///
/// # Errors
/// [`Failure::System`] if the kernel refuses what every kernel allows, and what `own` says.
pub fn confine<E: From<Failure>>(
    config: &Config,
    own: impl FnOnce(&mut Needs) -> Result<(), E>,
) -> Result<Option<Restrained>, E> {
    let restrained = restrained(config, own)?;
    log::write()?;
    restrained.iter().for_each(log::restrained);
    if restrained.as_ref().is_some_and(|it| it.narrowing.is_some()) {
        refusals::tell()?;
    }
    Ok(restrained)
}

fn restrained<E: From<Failure>>(
    config: &Config,
    own: impl FnOnce(&mut Needs) -> Result<(), E>,
) -> Result<Option<Restrained>, E> {
    let Some(wanted) = &config.restraint else {
        return Ok(None);
    };
    let mut confinement = None;
    if wanted.is_confined {
        let mut needs = needs(config);
        own(&mut needs)?;
        confinement = Some(confine::confine(&needs).map_err(Failure::system)?);
    }
    Ok(Some(Restrained {
        user: wanted.user.clone(),
        is_root: kernel_calls::is_root(),
        is_whole: confinement.as_ref().is_none_or(Confinement::is_whole),
        narrowing: confinement
            .as_ref()
            .filter(|it| it.calls.is_ok())
            .map(|_| Arc::default()),
        confinement,
    }))
}

/// Whatever all programs open after the start.
fn needs(config: &Config) -> Needs {
    let mut needs = Needs::default();
    if config.told().is_some() {
        needs.send_datagrams();
    }
    for file in config.files() {
        needs.read_again(file);
    }
    if let Some(control) = &config.control {
        needs.remove(&control.path);
    }
    needs
}

impl fmt::Display for Restrained {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(user) = &self.user {
            write!(out, "user {user}, ")?;
        }
        match &self.confinement {
            Some(confinement) => confinement.fmt(out)?,
            None => out.write_str("no Landlock, no seccomp (--confine off)")?,
        }
        self.narrowing.iter().try_for_each(|it| it.fmt(out))
    }
}
