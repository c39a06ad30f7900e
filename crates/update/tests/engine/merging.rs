//! Two changes of one zone come together.

use proptest::prelude::*;
use rr::{Rtype, Serial};
use update::{Lost, Merged, Outcome, Planned, Policy, Versions, Winner, merge};
use zone::{Checked, Zone};

use crate::model::{ZONE, step};
use crate::support::{lines, name, planned, script, zone};

/// The zone after an update.
fn after(zone: &Zone<Checked>, words: &[String]) -> Zone<Checked> {
    let message = script::message(&name("example.org"), words);
    match planned(zone, &message).unwrap() {
        Planned::Changes(changes) => built(&zone.patch(&changes.records()).unwrap()),
        _ => zone.clone(),
    }
}

/// A version as a checked zone: what a random update makes is not always fit to be served, and merged all the same.
fn built(zone: &Zone<zone::Unchecked>) -> Zone<Checked> {
    let (map, policy) = (zonefile::SourceMap::new(), lenient());
    let options = zone::check::CheckOptions::new(&map, &[], &policy);
    zone.clone()
        .check(&options)
        .0
        .unwrap_or_else(|_| panic!("{zone:?}"))
}

fn lenient() -> zone::check::Policy {
    zone::check::Policy::read(b"* * off\n", zonefile::Pos(0)).0
}

fn words(text: &str) -> Vec<String> {
    text.lines().map(str::to_owned).collect()
}

fn update_wins() -> Policy {
    Policy::read(b"winner update * *,example.org\n").0
}

fn merged(ours: &str, theirs: &str, policy: &Policy) -> Merged {
    let base = zone("example.org", ZONE);
    let (ours, theirs) = (after(&base, &words(ours)), after(&base, &words(theirs)));
    let versions = Versions {
        base: &base,
        ours: Some(&ours),
        theirs: Some(&theirs),
    };
    merge(&versions, policy)
}

/// What is to be done to their version.
fn told(merged: &Merged) -> Vec<String> {
    match &merged.outcome {
        Outcome::Changes(changes) => {
            lines(&Planned::Changes(changes.clone()), &name("example.org"))
        }
        Outcome::Nothing => Vec::new(),
        other => panic!("{other:?}"),
    }
}

fn lost(merged: &Merged) -> Vec<String> {
    merged.lost.iter().map(ToString::to_string).collect()
}

#[test]
fn different_records_are_both_kept() {
    let human = Policy::default();
    let both = merged(
        "update add new 60 A 192.0.2.9",
        "update add www 300 MX 10 ns",
        &human,
    );
    assert_eq!(
        (told(&both), lost(&both)),
        (words("+ new 60 A 192.0.2.9"), vec![])
    );
    let beside = merged(
        "update delete www TXT",
        "update delete www A 192.0.2.1",
        &human,
    );
    assert_eq!(
        (told(&beside), lost(&beside)),
        (words("- www 300 TXT \"x\""), vec![])
    );
}

#[test]
fn the_same_change_is_one() {
    let change = "update delete www A 192.0.2.1\nupdate add new 60 A 192.0.2.9";
    let same = merged(change, change, &Policy::default());
    assert_eq!((same.outcome, same.lost), (Outcome::Nothing, vec![]));
}

#[test]
fn where_both_changed_a_set_the_policy_decides() {
    let (ours, theirs) = ("update add www 300 A 192.0.2.8", "update delete www A");
    let human = merged(ours, theirs, &Policy::default());
    assert_eq!(told(&human), Vec::<String>::new());
    assert_eq!(
        lost(&human),
        ["an update of A of www.example.org. is lost to a commit that changed it too"]
    );
    let update = merged(ours, theirs, &update_wins());
    assert_eq!(
        told(&update),
        [
            "+ www 300 A 192.0.2.1",
            "+ www 300 A 192.0.2.2",
            "+ www 300 A 192.0.2.8"
        ]
    );
    assert_eq!(
        lost(&update),
        ["a commit of A of www.example.org. is lost to an update that changed it too"]
    );
}

/// RFC 2181 §10.1: an alias that comes of both is the alias of one.
#[test]
fn an_alias_and_data_do_not_meet() {
    let (alias, data) = (
        "update delete www\nupdate add www 300 CNAME ns",
        "update add www 300 MX 10 ns",
    );
    let human = merged(alias, data, &Policy::default());
    assert_eq!(told(&human), Vec::<String>::new());
    // A and TXT went with the alias that is lost.
    let types: Vec<Rtype> = human.lost.iter().map(|lost| lost.rtype).collect();
    assert_eq!(types, [Rtype::A, Rtype::CNAME, Rtype::TXT]);
    let update = merged(alias, data, &update_wins());
    assert_eq!(
        told(&update),
        [
            "+ www 300 CNAME ns",
            "- www 300 A 192.0.2.1",
            "- www 300 A 192.0.2.2",
            "- www 300 MX 10 ns",
            "- www 300 TXT \"x\""
        ]
    );
    let types: Vec<Rtype> = update.lost.iter().map(|lost| lost.rtype).collect();
    assert_eq!(types, [Rtype::MX]);
}

/// RFC 1982 §3.2: of two serials the newer; the rest of the record is a matter like others.
#[test]
fn serials_are_no_dispute() {
    let soa =
        |serial: u32, refresh: u32| format!("@ 300 SOA ns mail {serial} {refresh} 900 1209600 300");
    let add = |serial, refresh| format!("update add {}", soa(serial, refresh));
    let told = |ours: &str, theirs: &str| {
        let merged = merged(ours, theirs, &Policy::default());
        (told(&merged), merged.lost.len())
    };
    let change = |from: String, to: String| vec![format!("+ {to}"), format!("- {from}")];
    let sorted = |mut lines: Vec<String>| {
        lines.sort();
        lines
    };
    assert_eq!(
        told(&add(12, 7200), &add(11, 7200)),
        (sorted(change(soa(11, 7200), soa(12, 7200))), 0)
    );
    assert_eq!(told(&add(11, 7200), &add(12, 7200)), (vec![], 0));
    // Only one of them has changed the rest.
    assert_eq!(
        told(&add(12, 7200), &add(11, 1)),
        (sorted(change(soa(11, 1), soa(12, 1))), 0)
    );
    assert_eq!(
        told(&add(11, 1), &add(12, 7200)),
        (sorted(change(soa(12, 7200), soa(12, 1))), 0)
    );
    // Both have.
    assert_eq!(
        told(&add(12, 1), &add(11, 2)),
        (sorted(change(soa(11, 2), soa(12, 2))), 1)
    );
}

#[test]
fn a_zone_that_one_side_removed() {
    let base = zone("example.org", ZONE);
    let changed = after(&base, &words("update delete www"));
    let merge = |ours: Option<&Zone<Checked>>, theirs: Option<&Zone<Checked>>, policy: &Policy| {
        let versions = Versions {
            base: &base,
            ours,
            theirs,
        };
        let merged = merge(&versions, policy);
        (merged.outcome, merged.lost)
    };
    let lost = |winner| {
        let (owner, rtype) = (name("example.org"), Rtype::ANY);
        vec![Lost {
            owner,
            rtype,
            winner,
        }]
    };
    let (human, update) = (Policy::default(), update_wins());
    assert_eq!(merge(None, Some(&base), &human), (Outcome::Removal, vec![]));
    assert_eq!(
        merge(None, Some(&changed), &human),
        (Outcome::Nothing, lost(Winner::Human))
    );
    assert_eq!(
        merge(None, Some(&changed), &update),
        (Outcome::Removal, lost(Winner::Update))
    );
    assert_eq!(
        merge(Some(&base), None, &update),
        (Outcome::Nothing, vec![])
    );
    assert_eq!(
        merge(Some(&changed), None, &human),
        (Outcome::Nothing, lost(Winner::Human))
    );
    assert_eq!(
        merge(Some(&changed), None, &update),
        (Outcome::Return, lost(Winner::Update))
    );
    assert_eq!(merge(None, None, &human), (Outcome::Nothing, vec![]));
}

/// The result as lines, sorted.
fn result(
    base: &Zone<Checked>,
    ours: &Zone<Checked>,
    theirs: &Zone<Checked>,
    policy: &Policy,
) -> Vec<String> {
    let versions = Versions {
        base,
        ours: Some(ours),
        theirs: Some(theirs),
    };
    let all = match merge(&versions, policy).outcome {
        Outcome::Nothing => all_lines(theirs),
        Outcome::Changes(changes) => all_lines(&theirs.patch(&changes.records()).unwrap()),
        other => panic!("{other:?}"),
    };
    for line in all.iter().filter(|line| line.contains(" CNAME ")) {
        let owner = line.split(' ').next().unwrap().to_owned() + " ";
        assert_eq!(
            all.iter().filter(|other| other.starts_with(&owner)).count(),
            1,
            "{all:#?}"
        );
    }
    assert_eq!(all.iter().filter(|line| line.contains(" SOA ")).count(), 1);
    assert!(
        all.iter()
            .any(|line| line.starts_with("@ ") && line.contains(" NS ")),
        "{all:#?}"
    );
    all
}

/// All records as lines in small letters, sorted.
fn all_lines<S>(zone: &Zone<S>) -> Vec<String> {
    let apex = name("example.org");
    let sets = zone.nodes().flat_map(zone::Node::rrsets);
    let line = |set: zone::RrsetRef<'_>, rdata: &[u8]| {
        crate::support::line(
            &apex,
            set.node().owner(),
            set.ttl().as_secs(),
            set.rtype(),
            rdata,
        )
    };
    let mut lines: Vec<String> = sets
        .flat_map(|set| set.rdatas().map(move |rdata| (set, rdata)))
        .map(|(set, rdata)| line(set, rdata).replace("WWW", "www"))
        .collect();
    lines.sort();
    lines
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn merges_are_fair(
        ours in prop::collection::vec(step(), 0..6),
        theirs in prop::collection::vec(step(), 0..6),
    ) {
        let base = zone("example.org", ZONE);
        let (ours, theirs) = (after(&base, &ours), after(&base, &theirs));
        let (human, update) = (Policy::default(), update_wins());
        // Who is alone is right.
        prop_assert_eq!(result(&base, &base, &theirs, &human), all_lines(&theirs));
        prop_assert_eq!(result(&base, &ours, &base, &human), all_lines(&ours));
        prop_assert_eq!(result(&base, &ours, &ours, &update), all_lines(&ours));
        // It matters who wins, and not who is called what.
        prop_assert_eq!(result(&base, &ours, &theirs, &human), result(&base, &theirs, &ours, &update));
        // Without a dispute it matters to nobody.
        let versions = Versions { base: &base, ours: Some(&ours), theirs: Some(&theirs) };
        if merge(&versions, &human).lost.is_empty() {
            prop_assert_eq!(result(&base, &ours, &theirs, &human), result(&base, &ours, &theirs, &update));
        }
        let serial = |zone: &Zone<Checked>| zone.serial().unwrap_or(Serial(0));
        let newer = std::cmp::max_by_key(serial(&ours), serial(&theirs), |serial| serial.0);
        let soa = result(&base, &ours, &theirs, &human).into_iter().find(|line| line.contains(" SOA ")).unwrap();
        prop_assert!(soa.contains(&format!(" {newer} ")), "{soa}");
    }
}
