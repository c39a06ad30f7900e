//! Changes whose effect is not at the changed name, one by one.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test: a panic and a print are its output"
)]

mod version;

use version::{Version, amend};
use zone::check::Policy;
use zonefile::Pos;

const TOP: &str =
    "$TTL 3600\n@ SOA ns1 hostmaster 1 7200 900 1209600 300\n@ NS ns1\nns1 A 192.0.2.1\n";

/// What the zone has at first, what is removed from it (lines of it), what is added, and what comes of it.
/// Each line is in all three lists behind `|`.
const CASES: &[(&str, &str, &str, &str)] = &[
    // One name and nothing else.
    ("h A 192.0.2.2", "h A 192.0.2.2", "h A 192.0.2.3", "Amended"),
    (
        "h A 192.0.2.2",
        "h A 192.0.2.2",
        "h 60 A 192.0.2.2",
        "Amended",
    ),
    (
        "h A 192.0.2.2",
        "",
        "h AAAA 2001:db8::1|i A 192.0.2.3",
        "Amended",
    ),
    ("h A 192.0.2.2", "h A 192.0.2.2", "", "Amended"),
    (
        "h TXT \"v=spf1 -all\"",
        "",
        "h TXT \"v=spf1 +all\"",
        "Refused(Error(SeveralSpf))",
    ),
    (
        "h A 192.0.2.2",
        "",
        "h CNAME ns1",
        "Refused(Error(CnameAndOtherData))",
    ),
    // The top.
    (
        "",
        "@ SOA ns1 hostmaster 1 7200 900 1209600 300",
        "@ SOA ns1 hostmaster 2 7200 900 1209600 300",
        "Amended",
    ),
    (
        "",
        "@ SOA ns1 hostmaster 1 7200 900 1209600 300",
        "",
        "Refused(Error(NoSoa))",
    ),
    ("", "@ NS ns1", "", "Refused(Error(NoApexNs))"),
    (
        "",
        "ns1 A 192.0.2.1",
        "",
        "Refused(Error(NsWithoutAddress))",
    ),
    // What the text said, and the zone does not hold.
    ("h A 192.0.2.2", "", "h A 192.0.2.2", "Doubted(Defect)"),
    ("h A 192.0.2.2", "", "h 60 A 192.0.2.3", "Refused(Defect)"),
    ("h A 192.0.2.2", "", "H A 192.0.2.3", "Doubted(Spelling)"),
    (
        "h A 192.0.2.2",
        "h A 192.0.2.2",
        "H A 192.0.2.2",
        "Doubted(Spelling)",
    ),
    (
        "h A 192.0.2.2",
        "",
        "I A 192.0.2.3|i AAAA 2001:db8::1",
        "Doubted(Spelling)",
    ),
    (
        "h A 192.0.2.2|H A 192.0.2.3",
        "",
        "i A 192.0.2.3",
        "Doubted(NotPlain)",
    ),
    (
        "h A 192.0.2.2|h A 192.0.2.2",
        "",
        "i A 192.0.2.3",
        "Doubted(NotPlain)",
    ),
    // Who points here.
    (
        "h A 192.0.2.2|@ MX 10 h",
        "h A 192.0.2.2",
        "h AAAA 2001:db8::1",
        "Amended",
    ),
    ("h A 192.0.2.2|@ MX 10 h", "h A 192.0.2.2", "", "Amended"),
    (
        "h A 192.0.2.2|@ MX 10 h",
        "h A 192.0.2.2",
        "h TXT x",
        "Amended",
    ),
    (
        "h A 192.0.2.2|@ NS h",
        "h A 192.0.2.2",
        "h TXT x",
        "Refused(Error(NsWithoutAddress))",
    ),
    (
        "h A 192.0.2.2|@ MX 10 h",
        "h A 192.0.2.2",
        "h CNAME ns1",
        "Refused(Error(MxToCname))",
    ),
    ("@ MX 10 h", "", "h CNAME ns1", "Refused(Error(MxToCname))"),
    (
        "a.com A 192.0.2.2|@ NS a.com|@ MX 10 b.com|b.com A 192.0.2.3",
        "b.com A 192.0.2.3",
        "",
        "Amended",
    ),
    (
        "a.com A 192.0.2.2|@ MX 10 b.com",
        "a.com A 192.0.2.2",
        "",
        "Refused(Text)",
    ),
    // Wildcards.
    (
        "*.w A 192.0.2.2|@ NS x.w",
        "*.w A 192.0.2.2",
        "",
        "Refused(Error(NsWithoutAddress))",
    ),
    (
        "*.w A 192.0.2.2|@ NS x.w",
        "*.w A 192.0.2.2",
        "*.w TXT x",
        "Refused(Error(NsWithoutAddress))",
    ),
    (
        "*.w A 192.0.2.2|@ NS x.w",
        "",
        "y.x.w A 192.0.2.3",
        "Refused(Error(NsWithoutAddress))",
    ),
    (
        "*.w A 192.0.2.2|@ NS x.y.w",
        "",
        "y.w A 192.0.2.3",
        "Refused(Error(NsWithoutAddress))",
    ),
    ("*.w A 192.0.2.2|@ NS x.w", "", "y.w A 192.0.2.3", "Amended"),
    ("*.w A 192.0.2.2|@ NS x.w", "", "x.w A 192.0.2.3", "Amended"),
    ("x.w A 192.0.2.2|@ NS x.w", "", "*.w A 192.0.2.3", "Amended"),
    (
        "x.w TXT x|@ MX 10 z.y.w",
        "",
        "*.w CNAME ns1",
        "Refused(Error(MxToCname))",
    ),
    ("@ MX 10 x", "", "* CNAME ns1", "Refused(Error(MxToCname))"),
    // Aliases of aliases.
    (
        "a CNAME b|b CNAME c|c A 192.0.2.2",
        "c A 192.0.2.2",
        "c CNAME d|d A 192.0.2.2",
        "Amended",
    ),
    (
        "a CNAME b|b CNAME c|c A 192.0.2.2",
        "c A 192.0.2.2",
        "c CNAME a",
        "Refused(LongChain)",
    ),
    (
        "a CNAME b.w|*.w A 192.0.2.2",
        "*.w A 192.0.2.2",
        "*.w CNAME a",
        "Refused(LongChain)",
    ),
    (
        "a CNAME b|b CNAME c|c CNAME ns1",
        "b CNAME c",
        "b CNAME a",
        "Refused(LongChain)",
    ),
    // Delegations.
    (
        "d NS ns.d|ns.d A 192.0.2.2",
        "ns.d A 192.0.2.2",
        "ns.d A 192.0.2.3",
        "Amended",
    ),
    (
        "d NS ns.d|ns.d A 192.0.2.2",
        "ns.d A 192.0.2.2",
        "",
        "Refused(Error(DelegationWithoutGlue))",
    ),
    (
        "d NS ns.d|ns.d A 192.0.2.2",
        "ns.d A 192.0.2.2|d NS ns.d",
        "",
        "Amended",
    ),
    ("x.d A 192.0.2.2|@ MX 10 x.d", "", "d NS ns1", "Amended"),
    (
        "x.d A 192.0.2.2|x.d CNAME ns1|d NS ns1",
        "d NS ns1",
        "",
        "Refused(Error(CnameAndOtherData))",
    ),
    ("d NS ns1|@ MX 10 x.d", "d NS ns1", "", "Amended"),
    (
        "d NS ns1|@ NS x.d",
        "d NS ns1",
        "",
        "Refused(Error(NsWithoutAddress))",
    ),
    (
        "d NS ns1|@ MX 10 x.d|x.d CNAME ns1",
        "d NS ns1",
        "",
        "Refused(Error(MxToCname))",
    ),
    (
        "d NS ns1|d DS 1 13 1 0123456789012345678901234567890123456789",
        "d NS ns1",
        "",
        "Refused(Error(DsWithoutNs))",
    ),
    ("d NS ns1|e NS ns.d", "", "ns.d A 192.0.2.2", "Amended"),
    // DNAME.
    (
        "x.d A 192.0.2.2",
        "",
        "d DNAME example.net.",
        "Refused(Error(BelowDname))",
    ),
    (
        "d DNAME example.net.",
        "",
        "x.d A 192.0.2.2",
        "Refused(Error(BelowDname))",
    ),
    (
        "d DNAME example.net.",
        "d DNAME example.net.",
        "x.d A 192.0.2.2",
        "Amended",
    ),
    (
        "@ NS x.d",
        "",
        "d DNAME example.net.|d A 192.0.2.2",
        "NoStart",
    ),
    (
        "@ MX 10 x.d",
        "",
        "d DNAME example.net.",
        "Refused(Error(MxToCname))",
    ),
    (
        "d NS ns1",
        "",
        "d DNAME example.net.",
        "Refused(Error(DnameBesideNs))",
    ),
    // Signatures.
    (SIGNED, "", "h A 192.0.2.2", "Refused(Error(UnsignedRrset))"),
    (SIGNED, "", "d NS ns1", "Amended"),
    (
        SIGNED,
        "ns1 RRSIG A 13 3 3600 20400101000000 20200101000000 1 @ AAAA",
        "",
        "Refused(Error(UnsignedRrset))",
    ),
    (
        SIGNED,
        "@ RRSIG SOA 13 2 3600 20400101000000 20200101000000 1 @ AAAA",
        "",
        "Doubted(Signed)",
    ),
    // Comments.
    (
        "h A 192.0.2.2|@ MX 10 a ; stemma: allow mx-to-cname: for now|a CNAME h",
        "h A 192.0.2.2",
        "h A 192.0.2.3",
        "Amended",
    ),
    (EXCUSED, "", "h A 192.0.2.2", "Doubted(NotPlain)"),
    (
        EXCUSED,
        "d NS none ; stemma: allow ns-without-address: for now",
        "",
        "Refused(NotPlain)",
    ),
];

const SIGNED: &str = "@ RRSIG SOA 13 2 3600 20400101000000 20200101000000 1 @ AAAA\
    |@ RRSIG NS 13 2 3600 20400101000000 20200101000000 1 @ AAAA\
    |ns1 RRSIG A 13 3 3600 20400101000000 20200101000000 1 @ AAAA";

/// One error of two records, allowed at the first.
const EXCUSED: &str = "d NS none ; stemma: allow ns-without-address: for now|e NS none";

#[test]
fn each_change_has_its_outcome() {
    let mut wrong = 0;
    for (lines, removed, added, expected) in CASES {
        let before = TOP.lines().chain(split(lines));
        let before: Vec<&str> = before.collect();
        let mut after = before.clone();
        for line in split(removed) {
            let at = after.iter().position(|other| *other == line);
            after.remove(at.unwrap_or_else(|| panic!("no line `{line}`")));
        }
        after.extend(split(added));
        let read = |lines: &[&str]| Version::read("example.org", &(lines.join("\n") + "\n"));
        let outcome = amend(&read(&before), &read(&after), &Policy::default());
        let case = format!("{lines}, without {removed}, with {added}");
        if format!("{outcome:?}") != *expected {
            println!("{case}: {outcome:?} and not {expected}");
            wrong += 1;
        }
    }
    assert_eq!(wrong, 0);
}

/// A top-level domain at the end is not the only sign of a name without its dot.
#[test]
fn a_target_that_may_lack_its_dot_is_in_doubt() {
    let read = |more: &str| Version::read("zone.example", &[TOP, more].concat());
    let [old, new] = [
        "h.zone.example A 192.0.2.2\n@ MX 10 h.zone.example\n",
        "@ MX 10 h.zone.example\n",
    ];
    let outcome = |new| format!("{:?}", amend(&read(old), &read(new), &Policy::default()));
    assert_eq!(outcome(new), "Refused(Text)");
    let full = "@ MX 10 h.zone.example.zone.example.\n";
    assert_eq!(outcome(full), "Doubted(Text)", "the same name in full");
}

fn split(lines: &str) -> impl Iterator<Item = &str> {
    lines.split('|').filter(|line| !line.is_empty())
}

fn policy(text: &str) -> Policy {
    let (policy, bad) = Policy::read(text.as_bytes(), Pos(0));
    assert_eq!(bad, []);
    policy
}

fn read(more: &str) -> Version {
    Version::read("example.org", &[TOP, more].concat())
}

#[test]
fn a_policy_that_asks_for_more_is_in_doubt() {
    let outcome = |text: &str| {
        let outcome = amend(&read(""), &read("h A 192.0.2.2\n"), &policy(text));
        format!("{outcome:?}")
    };
    assert_eq!(outcome("* mx-to-cname warning\n"), "Amended");
    assert_eq!(outcome("* below-zone-cut error\n"), "Doubted(Policy)");
    assert_eq!(outcome("* unused-allowance error\n"), "Doubted(Policy)");
}

#[test]
fn another_policy_than_before_is_in_doubt() {
    let (old, new) = (read(""), read("h_ A 192.0.2.2\n"));
    let zone = old.check(&Policy::default()).unwrap();
    let amended = |policy: &Policy| zone.amend(&old.changes(&new), policy).err();
    assert_eq!(amended(&Policy::default()), None);
    assert_eq!(
        amended(&policy("* bad-host-name error\n")),
        Some(zone::Doubt::Policy)
    );
    assert_eq!(amended(&policy("example.net bad-host-name error\n")), None);
}

#[test]
fn more_names_than_are_looked_at_are_in_doubt() {
    let below = |number: u32| format!("h{number}.d A 192.0.2.2\n");
    let outcome = |count: u32| {
        let text: String = (0..count).map(below).collect();
        let cut = text.clone() + "d NS ns1\n";
        format!("{:?}", amend(&read(&text), &read(&cut), &Policy::default()))
    };
    assert_eq!(outcome(9_000), "Amended");
    assert_eq!(outcome(11_000), "Doubted(TooMany)");
}

#[test]
fn changes_of_another_version_are_in_doubt() {
    let (old, new) = (read("h A 192.0.2.2\n"), read(""));
    let zone = new.check(&Policy::default()).unwrap();
    let doubt = zone.amend(&old.changes(&new), &Policy::default()).err();
    assert_eq!(
        doubt,
        Some(zone::Doubt::Patch(zone::PatchError::NotThere(0)))
    );
}

#[test]
fn a_zone_near_its_limit_is_in_doubt() {
    let policy = Policy::default();
    let versions: Vec<Version> = (0..40)
        .map(|count| {
            read(
                &(0..count)
                    .map(|n| format!("h{n} A 192.0.2.2\n"))
                    .collect::<String>(),
            )
        })
        .collect();
    let many = zone::Limits::default();
    for limits in [
        zone::Limits {
            records: 30,
            ..many
        },
        zone::Limits {
            octets: 1 << 12,
            ..many
        },
    ] {
        let mut zone = versions[0].check_within(limits, &policy).unwrap();
        let mut amended = 0;
        for pair in versions.windows(2) {
            match zone.amend(&pair[0].changes(&pair[1]), &policy) {
                Ok(next) => zone = next,
                Err(doubt) => {
                    assert_eq!(doubt, zone::Doubt::TooLarge);
                    break;
                }
            }
            amended += 1;
            assert!(pair[1].check_within(limits, &policy).is_ok());
        }
        assert!((5..39).contains(&amended), "{amended}");
    }
}
