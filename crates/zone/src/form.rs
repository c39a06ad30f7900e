//! The served form itself: pages of nodes, the index by hash, the canonical order.

use crate::chains::Chains;
use crate::hash::{HashKey, Path, equals_lower};
use crate::index::Index;
use crate::node::Node;
use crate::order::Order;
use crate::pages::{Location, Pages};
use crate::rrsets::same_name;
use alloc::sync::Arc;
use rr::{Name, NameRef};

/// Everything about a zone that questions and transfers need. Cheap to clone: all parts are shared.
#[derive(Clone, Debug)]
pub(crate) struct Form {
    pub(crate) key: HashKey,
    pub(crate) apex: Arc<Name>,
    pub(crate) apex_place: Location,
    pub(crate) apex_labels: usize,
    /// No name has more labels.
    pub(crate) max_labels: usize,
    pub(crate) records: usize,
    /// Whether the pages hold the nodes in canonical order and nothing else, as they do until a patch.
    pub(crate) in_order: bool,
    pub(crate) pages: Pages,
    pub(crate) index: Index,
    pub(crate) order: Order,
    pub(crate) chains: Chains,
}

/// Nodes looked at behind a cut before the index is asked.
const NEAR: usize = 8;

/// What the nodes behind a cut say about a name below it.
pub(crate) enum Behind<'z> {
    Found(Node<'z>),
    Missing,
    Unknown,
}

impl Form {
    #[inline]
    pub(crate) fn node(&self, place: Location) -> Node<'_> {
        Node::new(self.pages.at(place), place)
    }

    #[inline]
    pub(crate) fn apex_node(&self) -> Node<'_> {
        self.node(self.apex_place)
    }

    /// The node of the ancestor of `path` that has `labels` labels, occluded or not.
    #[inline]
    pub(crate) fn find(&self, path: &Path, labels: usize) -> Option<Node<'_>> {
        let suffix = path.suffix(labels);
        self.index.find(path.hash_at(labels), |place| {
            let node = self.node(place);
            equals_lower(node.owner_octets(), suffix).then_some(node)
        })
    }

    /// The node of `name` if it is below `cut`, as far as that can be told from the nodes behind `cut` in
    /// its page: names below a cut are few and follow it, so no other part of the form is touched.
    pub(crate) fn find_behind<'z>(&self, cut: Node<'z>, name: NameRef<'_>) -> Behind<'z> {
        if !self.in_order {
            return Behind::Unknown;
        }
        let mut behind = core::iter::successors(cut.next_in_page(), |node| node.next_in_page());
        let found = behind.by_ref().take(NEAR).find_map(|node| {
            let left = node.label_count() <= cut.label_count();
            let is = || same_name(node.owner_octets(), name.as_wire());
            if left {
                Some(Behind::Missing)
            } else {
                is().then_some(Behind::Found(node))
            }
        });
        found.unwrap_or(Behind::Unknown)
    }

    /// The node of the wildcard right below `encloser`.
    pub(crate) fn wildcard_of(&self, encloser: Node<'_>, path: &Path) -> Option<Node<'_>> {
        let labels = encloser.label_count();
        let hash = self.key.below(path.hash_at(labels), b"\x01*");
        let suffix = path.suffix(labels);
        self.index.find(hash, |place| {
            let node = self.node(place);
            let parent = node.owner_octets().strip_prefix(b"\x01*")?;
            equals_lower(parent, suffix).then_some(node)
        })
    }

    /// Whether `path` is at the apex or below it. Reads the node of the apex, which a lookup in a
    /// small zone needs anyway, rather than the name.
    #[inline]
    pub(crate) fn contains(&self, path: &Path) -> bool {
        path.labels() >= self.apex_labels && self.has_apex(path.suffix(self.apex_labels))
    }

    /// Whether `name`, in lower case, is the apex.
    #[inline]
    pub(crate) fn has_apex(&self, name: &[u8]) -> bool {
        equals_lower(self.apex_node().owner_octets(), name)
    }

    /// All nodes in canonical order.
    pub(crate) fn nodes(&self) -> impl Iterator<Item = Node<'_>> {
        self.order.iter().map(|place| self.node(place))
    }
}
