//! The names of records.

use alloc::format;

use rr::{NameRef, Rtype};

use super::Finding;
use super::context::Context;
use super::dot;
use crate::node::Node;
use crate::rules::Rule;

pub(super) fn check(context: &mut Context<'_>, node: Node<'_>) {
    let owner = node.owner();
    if dot::ends_in_apex_twice(owner, context.apex) {
        report_final_dot(context, node);
    }
    let address = node.rrset(Rtype::A).or_else(|| node.rrset(Rtype::AAAA));
    if let Some(address) = address.filter(|_| !may_be_host(owner)) {
        let written = context.first(address);
        let message = format!("a host cannot be called {owner}");
        let finding = Finding::new(Rule::BadHostName, written.owner(), message);
        context.report(written.at, finding.help("use letters, digits and hyphens"));
    }
    if let Some(soa) = node.rrset(Rtype::SOA).filter(|_| owner != context.apex) {
        let written = context.first(soa);
        let message = format!("{owner} is not the top of the zone {}", context.apex);
        context.report(
            written.at,
            Finding::new(Rule::SoaNotAtApex, written.owner(), message),
        );
    }
}

fn report_final_dot(context: &mut Context<'_>, node: Node<'_>) {
    let Some(written) = context
        .first_of(node)
        .filter(|written| context.has_text() && written.names_owner())
    else {
        return;
    };
    let place = written.owner();
    let message = format!("the owner lacks its final dot and means {}", node.owner());
    let finding = Finding::new(Rule::OwnerMissingFinalDot, place, message);
    let finding = match dot::is_apex_without_dot(written.text(place), context.apex) {
        true => dot::with_final_dot(finding, place),
        false => finding,
    };
    context.report(written.at, finding);
}

/// RFC 952, RFC 1123 §2.1: letters, digits and hyphens inside. A wildcard stands for any label (RFC 4592 §2.1.1);
/// names with labels such as `_msdcs` are not names of hosts (RFC 8552 §1.1), whatever is stored there.
fn may_be_host(owner: NameRef<'_>) -> bool {
    let fits =
        |(number, label): (usize, &[u8])| is_host_label(label) || (number == 0 && label == b"*");
    owner.labels().enumerate().all(fits) || owner.labels().any(|label| label.first() == Some(&b'_'))
}

fn is_host_label(label: &[u8]) -> bool {
    let inside = |octet: &u8| octet.is_ascii_alphanumeric() || *octet == b'-';
    label.iter().all(inside) && !label.starts_with(b"-") && !label.ends_with(b"-")
}

#[cfg(test)]
mod tests {
    use super::*;
    use rr::Name;

    #[test]
    fn hosts_are_letters_digits_and_hyphens() {
        let host = |name: &str| may_be_host(Name::from_text(name).unwrap().as_ref());
        assert!(
            host("www-1.example.org.") && host("*.example.org.") && host("3com.com.") && host(".")
        );
        assert!(host("gc._msdcs.example.org.") && host("a b._tcp."));
        assert!(
            !host("my_host.example.org.")
                && !host("-a.org.")
                && !host("a-.org.")
                && !host("a*.org.")
        );
    }
}
