//! Everything that can be wrong with a zone, found in one walk over its nodes.
//!
//! The walk looks at each node once and follows the names in its data with the same lookup that answers questions, so
//! "missing" means here what a resolver would be told. It allocates for what it finds and not for what is right.
//! One mistake gives one finding: what follows from another finding, or from a line that could not be read, is kept
//! back.
//!
//! | file | looks at |
//! |---|---|
//! | [`defect`] | what the text said twice, or about another zone |
//! | `syntax` | what could not be read, and which names are unknown for it |
//! | `apex` | SOA and NS at the top |
//! | `owner` | the names of records |
//! | `cut` | delegations, glue, DS; what a delegation or a DNAME hides |
//! | `target` | the names that records point to; `dot`: those that say other than was meant |
//! | `alias` | CNAMEs beside other data and in circles |
//! | `data` | the data of single types |
//! | `signed` | signatures, as far as they can be judged without a key |
//! | `history` | the serial against that of the commit before |
//! | [`Policy`], `allowance` | what this repository, and this record, may do |

mod alias;
mod allowance;
mod apex;
mod context;
mod cut;
mod data;
pub mod defect;
mod dot;
mod entry;
mod finding;
mod history;
mod near;
mod owner;
mod policy;
mod report;
mod signed;
mod syntax;
mod target;

use alloc::vec::Vec;

use zonefile::{SourceMap, SyntaxError};

pub use allowance::may_allow;
pub use finding::{Finding, Fix, Printable, apply_fixes};
pub use history::Before;
pub use policy::Policy;

use crate::node::Node;
use crate::rules::Severity;
use crate::{Checked, Unchecked, Zone};
use context::Context;
use cut::Cuts;
use report::Reported;
use signed::Signatures;
use target::Targets;

pub(crate) use near::Near;
pub(crate) use policy::Severities;
pub(crate) use target::names;

/// What a check is told besides the zone.
#[derive(Debug, Clone, Copy)]
pub struct CheckOptions<'a> {
    /// The text that the zone was read from.
    pub map: &'a SourceMap,
    /// What could not be read of it.
    pub syntax: &'a [SyntaxError],
    /// What the repository thinks of the rules.
    pub policy: &'a Policy,
    /// The version before this one, if there is one: its serial must be lower.
    pub before: Option<Before>,
    /// Seconds since 1970, to find expired signatures; none leaves that out.
    pub now_secs: Option<u32>,
}

impl<'a> CheckOptions<'a> {
    /// To check a zone on its own, without a clock and without a version before.
    pub fn new(
        map: &'a SourceMap,
        syntax: &'a [SyntaxError],
        policy: &'a Policy,
    ) -> CheckOptions<'a> {
        CheckOptions {
            map,
            syntax,
            policy,
            before: None,
            now_secs: None,
        }
    }
}

impl Zone<Unchecked> {
    /// Finds everything that is wrong with the zone, in the order of the text.
    ///
    /// The zone can be published unless one of the findings is an [error](Severity::Error).
    ///
    /// # Errors
    /// The zone as it was, if it cannot be published.
    pub fn check(
        self,
        options: &CheckOptions<'_>,
    ) -> (Result<Zone<Checked>, Zone<Unchecked>>, Vec<Finding>) {
        let Reported { findings, excused } = find(&self, options);
        let refused = findings
            .iter()
            .any(|finding| finding.severity == Severity::Error);
        let outcome = if refused {
            Err(self)
        } else {
            let severities = options.policy.in_zone(self.apex());
            Ok(self.into_checked(severities, excused))
        };
        (outcome, findings)
    }
}

fn find(zone: &Zone<Unchecked>, options: &CheckOptions<'_>) -> Reported {
    let mut context = Context::new(zone, options);
    syntax::check(&mut context, options.syntax);
    defect::check(&mut context);
    apex::check(&mut context);
    let mut walk = Walk::new(&context);
    zone.nodes().for_each(|node| walk.visit(&mut context, node));
    walk.finish(&mut context);
    options
        .before
        .iter()
        .for_each(|before| history::check(&mut context, before));
    context.finish()
}

/// Looks at nodes in canonical order, at each once.
struct Walk<'z> {
    cuts: Cuts<'z>,
    targets: Targets,
    signatures: Signatures<'z>,
}

impl<'z> Walk<'z> {
    fn new(context: &Context<'z>) -> Walk<'z> {
        Walk {
            cuts: Cuts::default(),
            targets: Targets::default(),
            signatures: Signatures::new(context),
        }
    }

    fn visit(&mut self, context: &mut Context<'z>, node: Node<'z>) {
        owner::check(context, node);
        self.cuts.enter(context, node);
        if node.is_occluded() {
            return;
        }
        alias::check_beside(context, node);
        self.signatures.visit(context, node);
        for rrset in node.rrsets() {
            self.targets.check(context, rrset);
            data::check(context, rrset);
        }
    }

    fn finish(mut self, context: &mut Context<'z>) {
        self.cuts.leave(context);
        self.targets.finish(context);
        self.signatures.finish(context);
    }
}
