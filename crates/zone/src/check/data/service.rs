//! Service bindings (RFC 9460).

use crate::check::Finding;
use crate::check::context::Context;
use crate::node::RrsetRef;
use crate::rules::Rule;

/// RFC 9460 §2.4.1: with an AliasMode record in the set, those in ServiceMode are ignored.
pub(super) fn check_modes(context: &mut Context<'_>, rrset: RrsetRef<'_>) {
    let number_of = |alias: bool| {
        rrset
            .rdatas()
            .position(|rdata| rdata.starts_with(&[0, 0]) == alias)
    };
    let Some((alias, service)) = number_of(true).zip(number_of(false)) else {
        return;
    };
    let (alias, service) = (context.nth(rrset, alias), context.nth(rrset, service));
    let message = "this record is in AliasMode; those in ServiceMode beside it are ignored";
    let finding = Finding::new(Rule::SvcbAliasBesideService, alias.data(0), message);
    context.report(alias.at, finding.related(service.data(0), "in ServiceMode"));
}
