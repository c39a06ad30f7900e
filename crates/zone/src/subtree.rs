//! A name of a zone and all below it.

use crate::form::Form;
use crate::node::Node;
use rr::NameRef;

/// The node of a name and those below it, in canonical order; none if the name has no node.
pub(crate) fn at_and_below<'z>(
    form: &'z Form,
    name: NameRef<'_>,
) -> impl Iterator<Item = Node<'z>> {
    let labels = name.label_count();
    let rank = form.order.find(|place| form.node(place).owner().cmp(&name));
    let from = rank.into_iter().flat_map(|rank| form.order.from(rank));
    let nodes = from.map(|place| form.node(place)).enumerate();
    // Every ancestor is a node, so labels alone tell where those below end.
    nodes
        .take_while(move |(number, node)| *number == 0 || node.label_count() > labels)
        .map(|(_, node)| node)
}
