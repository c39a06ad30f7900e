//! Going through a zone in canonical order without holding on to it.

use crate::Zone;
use crate::node::Node;

/// A place in the canonical order of one version of a zone; at first that of the apex.
///
/// It borrows nothing, so that whoever sends a zone can go on from it when there is room. In another version it may be
/// the place of another name, and never a panic.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Step {
    run: usize,
    at: usize,
}

impl<State> Zone<State> {
    /// The node at a place, and the place after it; `None` behind the last node.
    #[must_use]
    pub fn step(&self, step: Step) -> Option<(Node<'_>, Step)> {
        let Step { run, at } = step;
        let places = self.form.order.runs().get(run)?;
        let node = self.form.node(*places.get(at)?);
        let next = match at + 1 < places.len() {
            true => Step { run, at: at + 1 },
            false => Step {
                run: run + 1,
                at: 0,
            },
        };
        Some((node, next))
    }
}
