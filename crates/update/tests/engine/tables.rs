//! Every case of `tests/tables`.

use crate::support::table::{Case, cases};
use crate::support::{lines, name, planned, script, zone};

#[test]
fn tables_are_true() {
    let cases = cases();
    assert!(cases.len() > 90, "{} cases were read", cases.len());
    let untrue: Vec<String> = cases.iter().filter_map(untrue).collect();
    assert!(
        untrue.is_empty(),
        "{} cases are not as the tables say:\n{}",
        untrue.len(),
        untrue.join("\n")
    );
}

/// What is wrong with a case.
fn untrue(case: &Case) -> Option<String> {
    let apex = name("example.org");
    let zone = zone("example.org", &case.zone);
    let (rcode, changes) = match planned(&zone, &script::message(&apex, &case.script)) {
        Ok(planned) => ("NOERROR".to_owned(), lines(&planned, &apex)),
        Err(refusal) => (rcode(&refusal), Vec::new()),
    };
    let is_true = rcode == case.rcode && changes == case.changes;
    (!is_true).then(|| format!("{}: {rcode}\n{}", case.place, changes.join("\n")))
}

/// What is planned fits the zone it was planned for, and what comes of it is what was said.
#[test]
fn plans_can_be_patched() {
    for case in cases().iter().filter(|case| case.rcode == "NOERROR") {
        let apex = name("example.org");
        let zone = zone("example.org", &case.zone);
        let planned = planned(&zone, &script::message(&apex, &case.script)).unwrap();
        let update::Planned::Changes(changes) = planned else {
            continue;
        };
        let next = zone
            .patch(&changes.records())
            .unwrap_or_else(|error| panic!("{}: {error}", case.place));
        assert_eq!(next.defects(), [], "{}", case.place);
        let mut told: Vec<String> = zone::difference(&zone, &next)
            .map(|change| crate::support::shown(&apex, &change))
            .collect();
        told.sort();
        assert_eq!(told, case.changes, "{}", case.place);
    }
}

pub(crate) fn rcode(refusal: &update::Refusal) -> String {
    use wire::ResponseCode as Code;
    match refusal.verdict().0 {
        Code::FormErr => "FORMERR",
        Code::Refused => "REFUSED",
        Code::NXDomain => "NXDOMAIN",
        Code::YXDomain => "YXDOMAIN",
        Code::YXRRSet => "YXRRSET",
        Code::NXRRSet => "NXRRSET",
        Code::NotAuth => "NOTAUTH",
        Code::NotZone => "NOTZONE",
        other => panic!("{other}"),
    }
    .to_owned()
}
