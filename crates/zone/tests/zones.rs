//! The published set against a map from apex to zone.

mod model;

use model::{KEY, path, published, said};
use proptest::prelude::*;
use rr::Name;
use std::collections::BTreeMap;
use zone::{HashKey, Lookup, Revision, Zones};

fn name(text: &str) -> Name {
    Name::from_text(text).expect("a name")
}

fn apex() -> impl Strategy<Value = String> {
    prop::collection::vec(prop_oneof![Just("a"), Just("B"), Just("c")], 0..4)
        .prop_map(|labels| labels.join(".") + ".")
}

proptest! {
    #[test]
    fn the_closest_zone_is_found(
        steps in prop::collection::vec((apex(), any::<bool>()), 1..12),
        questions in prop::collection::vec(apex(), 1..12),
        key in prop_oneof![Just(KEY), Just(HashKey::new([5, 8]))],
    ) {
        let mut zones = Zones::new(key, Revision::new("none"));
        let mut model = BTreeMap::new();
        for (at, (apex, add)) in steps.iter().enumerate() {
            let before = zones.clone();
            let known = before.iter().count();
            if *add {
                zones = zones.with(published(apex, &at.to_string()));
                model.insert(path(name(apex).as_ref()), at.to_string());
            } else {
                zones = zones.without(name(apex).as_ref());
                model.remove(&path(name(apex).as_ref()));
            }
            prop_assert_eq!(before.iter().count(), known);
            prop_assert_eq!(zones.len(), model.len());
        }
        prop_assert_eq!(zones.iter().count(), model.len());
        for question in questions.iter().map(|question| name(question)) {
            let question = question.as_ref();
            let above = |labels: usize| (0..labels).rev().find_map(|labels| model.get(&path(question)[..labels])).cloned();
            let labels = question.label_count();
            let revision = |found: Option<&zone::Published>| found.map(|found| found.revision.as_str().to_owned());
            prop_assert_eq!(revision(zones.find(question)), above(labels + 1));
            prop_assert_eq!(revision(zones.find_above(question)), above(labels));
            prop_assert_eq!(revision(zones.zone(question)), model.get(&path(question)).cloned());
            let both = zones.lookup(question).map(|(found, lookup)| (found.revision.as_str().to_owned(), said(lookup)));
            let apart = zones.find(question).map(|found| (found.revision.as_str().to_owned(), said(found.zone.lookup(question))));
            prop_assert_eq!(both, apart);
        }
    }
}

#[test]
fn a_zone_inside_another_answers_for_itself() {
    let none = Zones::new(KEY, Revision::new("b"));
    let zones = none
        .with(published("example.", "a"))
        .with(published("sub.example.", "b"));
    let asked = name("www.sub.example");
    let (found, lookup) = zones.lookup(asked.as_ref()).expect("both zones are above");
    assert_eq!(found.revision.as_str(), "b");
    assert!(matches!(lookup, Lookup::Missing { .. }));
    let parent = zones
        .find_above(name("sub.example").as_ref())
        .expect("DS is asked there");
    assert_eq!(parent.revision.as_str(), "a");
    assert_eq!(
        zones.at_revision(Revision::new("c")).revision().as_str(),
        "c"
    );
}

#[test]
fn thousands_of_zones_are_all_found() {
    let mut zones = Zones::new(KEY, Revision::new("none"));
    let apex = |number: usize| format!("zone{number}.example.");
    zones.extend((0..20_000).map(|number| published(&apex(number), "first")));
    for number in (0..20_000).step_by(3) {
        zones = zones.without(name(&apex(number)).as_ref());
    }
    for number in 0..20_000 {
        let found = zones.find(name(&format!("www.zone{number}.example")).as_ref());
        assert_eq!(found.is_some(), number % 3 != 0, "zone {number}");
    }
}
