//! Lookups and order of the served form against the model.

mod model;

use model::{Entry, Model, apex, build, contents, entries, name_below, path, said};
use proptest::prelude::*;
use rr::{Name, NameRef};

proptest! {
    #[test]
    fn lookups_are_those_of_the_model(
        (apex, entries, questions) in apex().prop_flat_map(|apex| (
            Just(apex.clone()),
            entries(apex.clone(), 24),
            prop::collection::vec(name_below(apex), 1..40),
        ))
    ) {
        let zone = build(&apex, &entries);
        let model = Model::new(apex.as_ref(), &entries);
        for question in questions {
            let qname = NameRef::from_wire(&question).expect("a name");
            prop_assert_eq!(said(zone.lookup(qname)), model.lookup(qname), "{:?}", qname);
        }
    }

    #[test]
    fn nodes_are_those_of_the_model_in_canonical_order(
        (apex, entries) in apex().prop_flat_map(|apex| (Just(apex.clone()), entries(apex, 40)))
    ) {
        let zone = build(&apex, &entries);
        let model = Model::new(apex.as_ref(), &entries);
        let nodes: Vec<_> = zone.nodes().map(|node| path(node.owner())).collect();
        prop_assert_eq!(nodes, model.nodes().into_iter().collect::<Vec<_>>());
        for node in zone.nodes() {
            prop_assert_eq!(zone.node(node.owner()).map(|found| path(found.owner())), Some(path(node.owner())));
            prop_assert_eq!(node.is_empty_non_terminal(), !model.names.contains_key(&path(node.owner())));
        }
    }

    #[test]
    fn records_are_those_of_the_model(
        (apex, entries) in apex().prop_flat_map(|apex| (Just(apex.clone()), entries(apex, 40)))
    ) {
        let zone = build(&apex, &entries);
        let model = Model::new(apex.as_ref(), &entries);
        let mut expected = Vec::new();
        for (name, sets) in &model.names {
            for (rtype, set) in sets {
                expected.extend(set.iter().map(|rdata| (name.clone(), *rtype, model::TTL, rdata.clone())));
            }
        }
        expected.sort();
        prop_assert_eq!(zone.record_count(), expected.len());
        prop_assert_eq!(contents(&zone), expected);
    }

    #[test]
    fn predecessors_are_those_of_the_model(
        (apex, entries, questions) in apex().prop_flat_map(|apex| (
            Just(apex.clone()),
            entries(apex.clone(), 40),
            prop::collection::vec(name_below(apex), 1..10),
        ))
    ) {
        let zone = build(&apex, &entries);
        let model = Model::new(apex.as_ref(), &entries);
        for question in questions {
            let qname = NameRef::from_wire(&question).expect("a name");
            let visible = |name: &Vec<Vec<u8>>| {
                let above = (model.apex.len()..name.len()).map(|labels| &name[..labels]);
                let hidden = |above: &[Vec<u8>]| {
                    model.has(above, rr::Rtype::DNAME) || above.len() > model.apex.len() && model.has(above, rr::Rtype::NS)
                };
                model.has(name, rr::Rtype(47)) && !above.into_iter().any(hidden)
            };
            let expected = model.names.keys().rfind(|name| visible(name) && **name <= path(qname));
            let found = zone.predecessor(qname).map(|node| path(node.owner()));
            prop_assert_eq!(found.as_ref(), expected);
        }
    }
}

#[test]
fn a_name_of_another_zone_is_outside() {
    let apex = Name::from_text("example.").unwrap();
    let zone = build(&apex, &[]);
    for name in ["example.net.", ".", "notexample.", "net."] {
        let name = Name::from_text(name).expect("a name");
        assert_eq!(said(zone.lookup(name.as_ref())), model::Expected::Outside);
    }
}

#[test]
fn the_deepest_names_are_found_at_every_depth() {
    let apex = Name::from_text("example.").expect("a name");
    let owner = |labels: usize| [&b"\x01x".repeat(labels)[..], apex.as_wire()].concat();
    let deep = |labels, rtype, rdata: &[u8]| Entry {
        owner: owner(labels),
        rtype,
        rdata: rdata.to_vec(),
    };
    for cut in [None, Some(3), Some(60)] {
        let mut entries = vec![deep(123, 1, &[192, 0, 2, 1])];
        entries.extend(cut.map(|labels| deep(labels, 2, b"\x02ns\x00")));
        let zone = build(&apex, &entries);
        let model = Model::new(apex.as_ref(), &entries);
        for labels in 0..=123 {
            let name = owner(labels);
            for first in [b'x', b'y'] {
                let name = [&[1, first], &name[2..]].concat();
                let name = NameRef::from_wire(if labels == 0 { apex.as_wire() } else { &name });
                let name = name.expect("a name");
                assert_eq!(
                    said(zone.lookup(name)),
                    model.lookup(name),
                    "{labels} labels"
                );
            }
        }
    }
}
