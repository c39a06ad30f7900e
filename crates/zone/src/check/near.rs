//! The check of some names of a zone, without its text: enough to say that a zone has no error, if its version before
//! had none and all names are looked at of which that could have changed.
//!
//! | rule | what an error turns on | so |
//! |---|---|---|
//! | `defect` | the text | a patch that leaves one is in doubt |
//! | `syntax`, `history`, `allowance` | the text, the version before | not looked at here |
//! | `apex` | the apex | looked at always |
//! | `owner`, `data`, `alias` beside others | one name | looked at where something changed |
//! | `cut` | a cut or DNAME and all below it | looked at as a whole |
//! | `target`, `alias` | where names lead that records point to | whoever points to where that changed is looked at too |
//! | an alias that leads back to itself | a chain of aliases | followed from each alias that is looked at |
//! | `dot` | the text of a target that leads nowhere | in doubt if there is such a text |
//! | `signed` | one name, and whether the zone is signed | that does not change, or it is in doubt |
//! | a rule that a [`Policy`](super::Policy) made an error, and that looks further | all names | in doubt |

use zonefile::SourceMap;

use super::context::Context;
use super::cut::Cuts;
use super::{CheckOptions, Policy, Severities, Walk, apex, names};
use crate::node::Node;
use crate::rules::{Rule, Severity};
use crate::{Doubt, Lookup, Unchecked, Zone};
use rr::Rtype;

/// A check of some names under way.
pub(crate) struct Near<'z> {
    context: Context<'z>,
    walk: Walk<'z>,
}

/// Aliases followed from one that is looked at: more than any resolver follows.
const LONGEST_CHAIN: usize = 32;

impl<'z> Near<'z> {
    /// Begins with the apex. `map` is empty.
    pub(crate) fn new(
        zone: &'z Zone<Unchecked>,
        policy: &'z Policy,
        map: &'z SourceMap,
    ) -> Near<'z> {
        let mut context = Context::without_text(zone, &CheckOptions::new(map, &[], policy));
        apex::check(&mut context);
        let walk = Walk {
            cuts: Cuts::alone(),
            ..Walk::new(&context)
        };
        Near { context, walk }
    }

    /// Whether these severities make an error of something that is not seen from near: an address below a cut may be
    /// glue for any other, and a comment may have allowed what is no longer there.
    pub(crate) fn is_too_near(severities: &Severities) -> bool {
        let far = [Rule::BelowZoneCut, Rule::UnusedAllowance];
        far.iter()
            .any(|rule| severities.of(*rule) == Severity::Error)
    }

    /// Looks at a name. Those below a cut come behind it, in canonical order.
    pub(crate) fn visit(&mut self, node: Node<'z>) -> Result<(), Doubt> {
        self.walk.visit(&mut self.context, node);
        follow(self.context.zone, node)?;
        self.settled()
    }

    /// Says that what comes next is elsewhere in the zone.
    pub(crate) fn leave(&mut self) {
        self.walk.cuts.leave(&mut self.context);
    }

    /// Ends the check.
    pub(crate) fn finish(mut self) -> Result<(), Doubt> {
        self.walk.finish(&mut self.context);
        match self.context.first_error() {
            Some(rule) => Err(Doubt::Error(rule)),
            None if self.context.missed_text() => Err(Doubt::Text),
            None => Ok(()),
        }
    }

    fn settled(&self) -> Result<(), Doubt> {
        match self.context.missed_text() {
            true => Err(Doubt::Text),
            false => Ok(()),
        }
    }
}

/// Follows the aliases from a name to their end.
fn follow(zone: &Zone<Unchecked>, node: Node<'_>) -> Result<(), Doubt> {
    let next = |node: &Node<'_>| {
        let target = names(node.rrset(Rtype::CNAME)?).next()?;
        match zone.lookup(target) {
            Lookup::Exact(node) | Lookup::Wildcard { node, .. } => Some(node),
            _ => None,
        }
    };
    let start = Some(node).filter(|node| !node.is_occluded());
    let chain = core::iter::successors(start, next);
    match chain.take(LONGEST_CHAIN).count() {
        LONGEST_CHAIN => Err(Doubt::LongChain),
        _ => Ok(()),
    }
}
