//! A zone as a map from names to records, and the lookup of the RFCs written out as a walk: slow
//! and obviously right. The served form is compared with it.

#![allow(dead_code, reason = "each test uses its part of the model")]

use proptest::prelude::*;
use rr::{Class, Name, NameRef, Rtype, Ttl};
use std::collections::{BTreeMap, BTreeSet};
use zone::check::{CheckOptions, Policy};
use zone::{Builder, HashKey, Lookup, Node, Published, Revision, Unchecked, Zone};
use zonefile::{NoSources, Pos, SourceMap, read_zone};

pub(crate) const KEY: HashKey = HashKey::new([0x243f_6a88_85a3_08d3, 0x1319_8a2e_0370_7344]);
pub(crate) const TTL: u32 = 300;

/// Labels from the root downwards, in lower case: comparing these is canonical order.
pub(crate) type Path = Vec<Vec<u8>>;

/// One record: owner in wire form, type, rdata.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Entry {
    pub(crate) owner: Vec<u8>,
    pub(crate) rtype: u16,
    pub(crate) rdata: Vec<u8>,
}

impl Entry {
    pub(crate) fn owner(&self) -> NameRef<'_> {
        NameRef::from_wire(&self.owner).expect("a name")
    }

    pub(crate) fn rtype(&self) -> Rtype {
        Rtype(self.rtype)
    }
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Model {
    pub(crate) apex: Path,
    pub(crate) names: BTreeMap<Path, BTreeMap<u16, BTreeSet<Vec<u8>>>>,
}

/// What [`Lookup`] says, with names instead of nodes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Expected {
    Exact(Path),
    Delegation(Path),
    Dname(Path),
    Wildcard { encloser: Path },
    Missing { encloser: Path },
    Outside,
}

impl Model {
    pub(crate) fn new(apex: NameRef<'_>, entries: &[Entry]) -> Self {
        let mut model = Model {
            apex: path(apex),
            ..Model::default()
        };
        for entry in entries {
            let sets = model.names.entry(path(entry.owner())).or_default();
            let set = sets.entry(entry.rtype).or_default();
            let single = [Rtype::SOA, Rtype::CNAME, Rtype::DNAME].contains(&entry.rtype());
            if set.is_empty() || !single {
                set.insert(entry.rdata.clone());
            }
        }
        model
    }

    /// RFC 1034 §4.3.2, from the apex downwards, one label at a time.
    pub(crate) fn lookup(&self, qname: NameRef<'_>) -> Expected {
        let qname = path(qname);
        if !qname.starts_with(&self.apex) {
            return Expected::Outside;
        }
        for labels in self.apex.len()..=qname.len() {
            let name = &qname[..labels];
            if !self.exists(name) {
                let encloser = qname[..labels - 1].to_vec();
                let wildcard = [&encloser[..], &[b"*".to_vec()]].concat();
                return match self.exists(&wildcard) {
                    true => Expected::Wildcard { encloser },
                    false => Expected::Missing { encloser },
                };
            }
            if labels > self.apex.len() && self.has(name, Rtype::NS) {
                return Expected::Delegation(name.to_vec());
            }
            if labels < qname.len() && self.has(name, Rtype::DNAME) {
                return Expected::Dname(name.to_vec());
            }
        }
        Expected::Exact(qname)
    }

    /// RFC 4592 §2.2: a name exists if it or a name below it has records; RFC 5155 §7.2.8 takes
    /// out names that are there for an NSEC3 alone.
    pub(crate) fn exists(&self, name: &[Vec<u8>]) -> bool {
        let for_nsec3 = |path: &Path| {
            path.len() == self.apex.len() + 1
                && path.last().is_some_and(|label| label != b"*")
                && self.names[path].iter().all(|(rtype, set)| {
                    *rtype == 50
                        || *rtype == 46 && set.iter().all(|rdata| rdata.starts_with(&[0, 50]))
                })
                && self.names[path].contains_key(&50)
        };
        name == self.apex
            || self
                .names
                .keys()
                .any(|path| path.starts_with(name) && !(path == name && for_nsec3(path)))
    }

    pub(crate) fn has(&self, name: &[Vec<u8>], rtype: Rtype) -> bool {
        self.names
            .get(name)
            .is_some_and(|sets| sets.contains_key(&rtype.0))
    }

    /// Every name that has a node, in canonical order.
    pub(crate) fn nodes(&self) -> BTreeSet<Path> {
        let lengths = |path: &Path| self.apex.len()..=path.len();
        let all = self
            .names
            .keys()
            .flat_map(|path| lengths(path).map(|labels| path[..labels].to_vec()));
        all.chain([self.apex.clone()]).collect()
    }
}

/// What the served form says, in the words of the model. Checks on the way that the wildcard is
/// the one below the encloser.
pub(crate) fn said(lookup: Lookup<'_>) -> Expected {
    let path = |node: Node<'_>| path(node.owner());
    match lookup {
        Lookup::Exact(node) => Expected::Exact(path(node)),
        Lookup::Delegation { cut } => Expected::Delegation(path(cut)),
        Lookup::Dname(node) => Expected::Dname(path(node)),
        Lookup::Wildcard { node, encloser } => {
            assert_eq!(path(node), [path(encloser), vec![b"*".to_vec()]].concat());
            Expected::Wildcard {
                encloser: path(encloser),
            }
        }
        Lookup::Missing { encloser } => Expected::Missing {
            encloser: path(encloser),
        },
        Lookup::Outside => Expected::Outside,
    }
}

pub(crate) fn path(name: NameRef<'_>) -> Path {
    let mut labels: Path = name.labels().map(<[u8]>::to_ascii_lowercase).collect();
    labels.reverse();
    labels
}

pub(crate) fn build(apex: &Name, entries: &[Entry]) -> Zone<Unchecked> {
    let mut builder = Builder::new(apex.clone(), KEY);
    for (at, entry) in (0..).zip(entries) {
        builder.add(
            entry.owner(),
            Class::IN,
            Ttl::from_secs(TTL),
            entry.rtype(),
            &entry.rdata,
            Pos(at),
        );
    }
    builder.finish()
}

/// All records of a zone: owner in lower case, type, rdata.
pub(crate) fn contents<S>(zone: &Zone<S>) -> Vec<(Path, u16, u32, Vec<u8>)> {
    let records = |node: Node<'_>| {
        let sets: Vec<_> = node.rrsets().chain(node.signatures()).collect();
        let all = sets.into_iter().flat_map(|set| {
            set.rdatas()
                .map(move |rdata| (set.rtype().0, set.ttl().as_secs(), rdata.to_vec()))
        });
        all.map(|(rtype, ttl, rdata)| (path(node.owner()), rtype, ttl, rdata))
            .collect::<Vec<_>>()
    };
    let mut all: Vec<_> = zone.nodes().flat_map(records).collect();
    all.sort();
    all
}

pub(crate) fn wire(labels: &[&[u8]]) -> Vec<u8> {
    let mut octets: Vec<u8> = labels
        .iter()
        .flat_map(|label| [&[label.len() as u8], *label].concat())
        .collect();
    octets.push(0);
    octets
}

/// Few labels, so that names meet; odd ones, so that order is put to the test.
fn label() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        4 => Just(b"a".to_vec()),
        2 => Just(b"B".to_vec()),
        1 => Just(b"b".to_vec()),
        3 => Just(b"*".to_vec()),
        1 => Just(b"\x00".to_vec()),
        1 => Just(b"\x00\x01".to_vec()),
        1 => Just(b"\x01".to_vec()),
        1 => Just(b"!".to_vec()),
        1 => Just(b"a\x00".to_vec()),
        1 => Just(b"a-long-label-of-more-than-eight-octets".to_vec()),
        1 => Just(b"a-long-label-of-more-than-eight-octetz".to_vec()),
        1 => Just(b"\xc3\xa4".to_vec()),
    ]
}

/// A name at or below the apex.
pub(crate) fn name_below(apex: Name) -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(label(), 0..5).prop_map(move |labels| {
        let mut octets: Vec<u8> = labels
            .iter()
            .flat_map(|label| [&[label.len() as u8], &label[..]].concat())
            .collect();
        octets.extend_from_slice(apex.as_ref().as_wire());
        octets
    })
}

pub(crate) fn entry(apex: Name) -> impl Strategy<Value = Entry> {
    let data = prop_oneof![
        6 => any::<[u8; 2]>().prop_map(|tail| (1, vec![192, 0, tail[0] % 3, tail[1] % 3])),
        2 => Just((2, wire(&[b"ns", b"a", b"example"]))),
        1 => Just((2, wire(&[b"ns", b"example", b"net"]))),
        1 => Just((39, wire(&[b"target", b"example"]))),
        1 => Just((16, b"\x01t".to_vec())),
        1 => Just((50, vec![1, 0, 0, 0, 0, 1, 0, 0])),
        1 => Just((46, vec![0, 1, 8, 1])),
        1 => Just((46, vec![0, 50, 8, 1])),
        1 => Just((47, vec![0])),
    ];
    (name_below(apex), data).prop_map(|(owner, (rtype, rdata))| Entry {
        owner,
        rtype,
        rdata,
    })
}

pub(crate) fn apex() -> impl Strategy<Value = Name> {
    prop_oneof![Just("example."), Just("."), Just("a.Example.")]
        .prop_map(|text| Name::from_text(text).expect("a name"))
}

pub(crate) fn entries(apex: Name, most: usize) -> impl Strategy<Value = Vec<Entry>> {
    prop::collection::vec(entry(apex), 0..most)
}

/// A small zone without faults, ready to be served.
pub(crate) fn published(apex: &str, revision: &str) -> Published {
    published_with(apex, revision, "")
}

/// The same, with more records: lines of zone text.
pub(crate) fn published_with(apex: &str, revision: &str, more: &str) -> Published {
    let apex = Name::from_text(apex).expect("a name");
    let text = "@ 300 SOA ns mail 1 7200 3600 1209600 300\n@ 300 NS ns\nns 300 A 192.0.2.1\n";
    let text = text.to_owned() + more;
    let (mut map, mut builder) = (SourceMap::new(), Builder::new(apex.clone(), KEY));
    let limits = zonefile::Limits::default();
    let errors = read_zone(
        apex.as_ref(),
        "zone",
        text,
        &mut NoSources,
        &limits,
        &mut map,
        &mut builder,
    );
    let policy = Policy::default();
    let (outcome, findings) = builder
        .finish()
        .check(&CheckOptions::new(&map, &errors, &policy));
    let zone = outcome.unwrap_or_else(|_| panic!("{findings:?}"));
    Published {
        zone,
        revision: Revision::new(revision),
    }
}
