//! Where a question leads (RFC 1034 §4.3.2, RFC 4592 §3.3, RFC 6672 §3.2).
//!
//! Names form a tree in which every ancestor of a node is a node too, so the deepest node on the
//! way to a name is found by halving, and the one node found carries all that the walk from the
//! apex would have seen: the topmost cut or DNAME above it, and whether a wildcard is below it.

use crate::form::Form;
use crate::hash::Path;
use crate::node::{Flags, NOTHING, Node};

/// Where a name leads in a zone.
#[derive(Clone, Copy, Debug)]
pub enum Lookup<'z> {
    /// The name is there. It may be an empty non-terminal: the answer is then "no data".
    Exact(Node<'z>),
    /// The name is at or below a zone cut (RFC 1034 §4.3.2 step 3b).
    Delegation {
        /// Where the child zone begins: the node with its NS and DS.
        cut: Node<'z>,
    },
    /// The name is below the owner of a DNAME, never at it (RFC 6672 §2.3).
    Dname(Node<'z>),
    /// The name is not there, and a wildcard stands in for it (RFC 4592 §3.3.1).
    Wildcard {
        /// The source of synthesis. It may be an empty non-terminal.
        node: Node<'z>,
        /// The closest encloser, right above the wildcard.
        encloser: Node<'z>,
    },
    /// The name is not there.
    Missing {
        /// The longest existing ancestor.
        encloser: Node<'z>,
    },
    /// The name is not in this zone at all.
    Outside,
}

pub(crate) fn lookup<'z>(form: &'z Form, path: &Path) -> Lookup<'z> {
    match form.contains(path) {
        true => lookup_inside(form, path),
        false => Lookup::Outside,
    }
}

/// The same for a name that is known to be at the apex or below it.
pub(crate) fn lookup_inside<'z>(form: &'z Form, path: &Path) -> Lookup<'z> {
    let node = deepest(form, path);
    if node.occluder() != NOTHING {
        return occluded(form, path, node);
    }
    // RFC 1034 §4.3.2 step 3b comes before 3a's data: NS below the apex is a referral even at the name itself.
    if node.flags().has(Flags::CUT) {
        return Lookup::Delegation { cut: node };
    }
    if node.label_count() == path.labels() {
        return Lookup::Exact(node);
    }
    below(form, path, node)
}

/// The name is below a cut or a DNAME, and a node there was found.
fn occluded<'z>(form: &'z Form, path: &Path, node: Node<'z>) -> Lookup<'z> {
    let occluder = form.find(path, usize::from(node.occluder()));
    let occluder = occluder.expect("an occluder is an ancestor in the same zone");
    // RFC 6672 §2.3 allows NS beside DNAME at the apex only; elsewhere the cut hides the DNAME.
    match occluder.flags().has(Flags::CUT) {
        true => Lookup::Delegation { cut: occluder },
        false => Lookup::Dname(occluder),
    }
}

/// The name is below its closest encloser, which nothing occludes and which is no cut.
fn below<'z>(form: &'z Form, path: &Path, encloser: Node<'z>) -> Lookup<'z> {
    if encloser.flags().has(Flags::DNAME) {
        return Lookup::Dname(encloser);
    }
    if encloser.flags().has(Flags::WILDCARD_BELOW) {
        // RFC 4592 §3.3.1: only the wildcard right below the closest encloser counts.
        let node = form
            .wildcard_of(encloser, path)
            .expect("the flag says that it is there");
        return Lookup::Wildcard { node, encloser };
    }
    Lookup::Missing { encloser }
}

/// The node of the name or of its longest ancestor that has one.
#[inline]
fn deepest<'z>(form: &'z Form, path: &Path) -> Node<'z> {
    let mut most = path.labels().min(form.max_labels);
    let mut least = form.apex_labels;
    let mut found = form.apex_node();
    let mut guess = most;
    // Most names are there, or their parent is: those are tried first.
    while least < most {
        match form.find(path, guess) {
            Some(node) => (least, found) = (guess, node),
            None => most = guess - 1,
        }
        guess = if guess == path.labels() {
            most
        } else {
            least + (most - least).div_ceil(2)
        };
    }
    // RFC 5155 §7.2.8: the owner of an NSEC3 is not a name that exists for a question.
    if found.flags().has(Flags::NSEC3_ONLY) {
        form.apex_node()
    } else {
        found
    }
}
