//! The data of single types.

mod caa;
mod digest;
mod mail;
mod service;
mod signing;

use alloc::string::String;

use rr::Rtype;

use super::Finding;
use super::context::{Context, Written};
use crate::node::RrsetRef;
use crate::rules::Rule;

pub(super) fn check(context: &mut Context<'_>, rrset: RrsetRef<'_>) {
    match rrset.rtype() {
        Rtype::A | Rtype::AAAA | Rtype::NS | Rtype::CNAME => {}
        Rtype::TXT => mail::check_policies(context, rrset),
        Rtype::MX => mail::check_null_mx(context, rrset),
        Rtype::CAA => each(context, rrset, caa::problem),
        Rtype::TLSA | Rtype::SMIMEA | Rtype::SSHFP | Rtype::ZONEMD => {
            each(context, rrset, digest::problem);
        }
        Rtype::DS | Rtype::CDS => each(context, rrset, |rtype, rdata| {
            digest::problem(rtype, rdata)
                .or_else(|| signing::weak_algorithm(rtype, rdata))
                .or_else(|| signing::weak_digest(rrset, rdata))
        }),
        Rtype::DNSKEY | Rtype::CDNSKEY => each(context, rrset, signing::weak_algorithm),
        Rtype::NSEC3PARAM => each(context, rrset, signing::iterations),
        Rtype::SVCB | Rtype::HTTPS => service::check_modes(context, rrset),
        _ => {}
    }
}

/// What is wrong with the data of one record, and in which field.
struct Problem {
    rule: Rule,
    field: usize,
    message: String,
    help: Option<String>,
}

fn each(
    context: &mut Context<'_>,
    rrset: RrsetRef<'_>,
    look: impl Fn(Rtype, &[u8]) -> Option<Problem>,
) {
    for (number, rdata) in rrset.rdatas().enumerate() {
        if let Some(problem) = look(rrset.rtype(), rdata) {
            let written = context.nth(rrset, number);
            context.report(written.at, problem.at(written));
        }
    }
}

impl Problem {
    fn at(self, written: Written<'_>) -> Finding {
        // A digest may be written in several words, all of which are it.
        let place = match self.rule {
            Rule::DigestLength => written.data_from(self.field),
            _ => written.data(self.field),
        };
        Finding {
            help: self.help,
            ..Finding::new(self.rule, place, self.message)
        }
    }
}
