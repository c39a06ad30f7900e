//! The repository on another machine.

use std::sync::Arc;

use crate::following::ByHand;
use crate::following::origin::Origin;
use crate::updating::{Means, PusherByHand, Word};

/// How it is looked at, and pushed to.
pub(super) struct There {
    looks: ByHand,
    pusher: PusherByHand,
}

impl There {
    /// None if the repository is on this machine.
    pub(super) fn of(origin: &mut Origin) -> Option<There> {
        let looks = origin.by_hand()?;
        let pusher = PusherByHand::new(Means {
            mirror: Arc::clone(origin.line.mirror()?),
            exchange: origin.exchange.clone()?,
            contact: looks.contact(),
            // Whoever has the steps learns of it, and looks when it is time.
            look: Box::new(|| {}),
            seed: 0,
        });
        let word = pusher.word();
        origin.line.tells(move || word.met());
        Some(There { looks, pusher })
    }

    pub(super) fn word(&self) -> Word {
        self.pusher.word()
    }

    pub(super) fn fetch(&mut self) {
        self.looks.look();
    }

    pub(super) fn take_in(&mut self) -> bool {
        self.looks.take_in()
    }

    pub(super) fn is_ahead(&self) -> bool {
        self.pusher.is_told()
    }

    pub(super) fn push(&mut self) -> bool {
        self.pusher.push()
    }
}
