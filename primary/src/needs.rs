//! What this program opens after the start, beyond what all programs do: whoever adds to that adds it here.

use std::path::Path;

use confine::Needs;
use git_store::Place;
use server::ServiceManager;
use server::restraint::Belongings;

use crate::config::Config;
use crate::failure::Failure;
use crate::following::origin::Origin;

/// What another user has to be able to read, and where it writes.
pub(crate) fn belongings(config: &Config) -> Belongings<'_> {
    let local = match &config.location.repository {
        Place::Local(path) => Some(path.as_path()),
        Place::Remote(_) => None,
    };
    Belongings {
        read: read_again(config).chain(local).collect(),
        dir: config.state_dir.as_deref(),
    }
}

/// Files that may be replaced while the server runs, and are read again then.
fn read_again(config: &Config) -> impl Iterator<Item = &Path> {
    let remote = match &config.location.repository {
        Place::Local(_) => None,
        Place::Remote(_) => Some(config.remote.files()),
    };
    let signers = config.allowed_signers.as_deref().into_iter();
    let webhook = config.webhook.iter().map(|it| it.secret.as_path());
    signers.chain(webhook).chain(remote.into_iter().flatten())
}

/// Whatever is opened after the start, and where.
pub(crate) fn add(
    needs: &mut Needs,
    config: &Config,
    origin: &Origin,
    manager: Option<&ServiceManager>,
) -> Result<(), Failure> {
    for place in origin.store.places()? {
        match config.takes_updates {
            true => needs.write(place),
            false => needs.read(place),
        };
    }
    if let Some(dir) = origin.temporary() {
        needs.write(dir).remove_empty(dir);
    }
    if let Place::Remote(url) = &config.location.repository {
        needs.connect(url.port());
    }
    if let Some(dir) = &config.state_dir {
        needs.write(dir);
    }
    for file in read_again(config) {
        needs.read_again(file);
    }
    if manager.is_some_and(ServiceManager::is_abstract) {
        needs.reach_abstract_sockets();
    }
    Ok(())
}
