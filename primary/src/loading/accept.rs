//! Accepting a commit that was refused.

use std::sync::{Arc, Mutex};

use git_store::{CommitId, Store, Waker};
use kernel_calls::Peer;

use crate::event::Distrust;
use crate::loading::loader::lock;
use crate::telling::board::Board;

/// Where an operator may let a refused commit in.
#[derive(Debug)]
pub(crate) struct Gate {
    pub(crate) store: Store,
    pub(crate) board: Arc<Mutex<Board>>,
    pub(crate) waker: Waker,
}

impl Gate {
    /// Has the refused commit taken in if it is this one or was made on it. All digits of the id are wanted, or the
    /// first ones. `by` is who asks over the control socket.
    ///
    /// # Errors
    /// Why not, for the operator.
    pub(crate) fn accept(&self, digits: &str, by: Option<Peer>) -> Result<CommitId, String> {
        let id = accept(&self.store, &self.board, digits)?;
        crate::telling::log::accepted(id, by);
        self.waker.look();
        Ok(id)
    }
}

/// The next look takes the commit in.
pub(crate) fn accept(
    store: &Store,
    board: &Mutex<Board>,
    digits: &str,
) -> Result<CommitId, String> {
    let store = store.reopened().map_err(|why| why.to_string())?;
    let id = find(&store, digits)?;
    let Some(refused) = lock(board).refused.clone() else {
        return Err("no commit is refused: the newest one is served".into());
    };
    if let Distrust::Unsigned { .. } = refused.why {
        return Err(format!("that cannot be accepted: {refused}"));
    }
    let leads_there = store.is_ancestor(id, refused.tip);
    if !leads_there.map_err(|why| why.to_string())? {
        return Err(format!(
            "commit {} is refused, and was not made on {id}; look at it: git log {}",
            refused.tip, refused.tip
        ));
    }
    lock(board).accepted = Some(id);
    Ok(id)
}

/// No branch or tag is taken: it may be elsewhere by now.
fn find(store: &Store, digits: &str) -> Result<CommitId, String> {
    let id = store.resolve(digits).map_err(|why| why.to_string())?;
    match id.to_string().starts_with(&digits.to_ascii_lowercase()) {
        true => Ok(id),
        false => Err(format!("write the commit's id: {id}")),
    }
}
