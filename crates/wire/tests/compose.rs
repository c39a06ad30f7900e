//! Responses of any size, read back by hickory-proto.
#![allow(clippy::unwrap_used, reason = "a test: a panic is its output")]

use hickory_proto::op::{Message, ResponseCode};
use proptest::prelude::*;
use rr::{Class, Name, NameRef, Rtype};
use wire::message::query;
use wire::{
    Composer, Data, Ede, Flags, Full, Opt, OptionCode, Owner, Query, Rrset, Section, ZoneVersion,
};

fn name(text: &str) -> Name {
    Name::from_text(text).unwrap()
}

/// The records of an RRset to be written.
#[derive(Clone, Debug)]
struct Set {
    section: Section,
    owner: Name,
    rtype: Rtype,
    ttl_secs: u32,
    data: Vec<Vec<u8>>,
}

impl Set {
    /// Writes the set into a response whose apex is `apex`, in the way a zone would.
    fn write(&self, composer: &mut Composer<'_>, apex: NameRef<'_>) -> Result<(), Full> {
        let owner = self.owner.as_ref();
        let owner = if owner.is_at_or_below(apex) {
            Owner::InZone(owner)
        } else {
            Owner::Name(owner)
        };
        let (rtype, ttl_secs) = (self.rtype, self.ttl_secs);
        let head = Rrset {
            owner,
            rtype,
            class: Class::IN,
            ttl_secs,
        };
        let data = |octets: &'_ Vec<u8>| apex_at(rtype, octets, apex);
        let data = self.data.iter().map(|octets| Data {
            octets,
            apex_at: data(octets),
        });
        composer.rrset(self.section, &head, data)
    }
}

/// Where the apex begins in data that end in a name of the zone, for the types of which a zone knows it.
fn apex_at(rtype: Rtype, octets: &[u8], apex: NameRef<'_>) -> Option<usize> {
    let before = match rtype {
        Rtype::NS | Rtype::CNAME => 0,
        Rtype::MX => 2,
        _ => return None,
    };
    let name = NameRef::from_wire(&octets[before..]).unwrap();
    name.prefix_of(apex).map(|prefix| before + prefix.len())
}

/// Names that share suffixes, so that there is something to point to.
fn any_name() -> impl Strategy<Value = Name> {
    let shared =
        prop::sample::select(vec!["a", "B", "example", "ORG", "org"]).prop_map(String::from);
    let label = prop_oneof![shared, "[a-z0-9]{1,30}"];
    prop::collection::vec(label, 0..5).prop_map(|labels| {
        let text: String = labels.iter().map(|label| format!("{label}.")).collect();
        name(if text.is_empty() { "." } else { &text })
    })
}

/// hickory refuses data of no octets, so there is none here.
fn any_data() -> impl Strategy<Value = (Rtype, Vec<Vec<u8>>)> {
    let one = prop_oneof![
        any_name().prop_map(|n| (Rtype::NS, n.as_wire().to_vec())),
        any_name().prop_map(|n| (Rtype::CNAME, n.as_wire().to_vec())),
        any_name().prop_map(|n| (Rtype::DNAME, n.as_wire().to_vec())),
        any_name().prop_map(|n| (Rtype::MX, [&[0, 10], n.as_wire()].concat())),
        any_name().prop_map(|n| (Rtype::SRV, [&[0, 1, 0, 2, 0, 3], n.as_wire()].concat())),
        (any_name(), any_name())
            .prop_map(|(m, r)| (Rtype::SOA, [m.as_wire(), r.as_wire(), &[7; 20]].concat())),
        any::<[u8; 4]>().prop_map(|a| (Rtype::A, a.to_vec())),
        prop::collection::vec(any::<u8>(), 1..90).prop_map(|d| (Rtype(65280), d)),
    ];
    (one, 1..4_usize).prop_map(|((rtype, data), count)| (rtype, vec![data; count]))
}

fn any_set(section: Section) -> impl Strategy<Value = Set> {
    (any_name(), any_data(), 0..0x7FFF_FFFF_u32).prop_map(
        move |(owner, (rtype, data), ttl_secs)| Set {
            section,
            owner,
            rtype,
            ttl_secs,
            data,
        },
    )
}

fn any_sets() -> impl Strategy<Value = Vec<Set>> {
    let sets = |section| prop::collection::vec(any_set(section), 0..7);
    (
        sets(Section::Answer),
        sets(Section::Authority),
        sets(Section::Additional),
    )
        .prop_map(|(answer, authority, additional)| [answer, authority, additional].concat())
}

/// One record as text, whatever it is compared with.
fn spelled(owner: &Name, rtype: u16, ttl_secs: u32, data: &[u8]) -> String {
    format!(
        "{} {ttl_secs} {rtype} {data:02x?}",
        owner.as_ref().to_lowercase()
    )
}

fn records_of(message: &Message) -> Vec<String> {
    let sections = [&message.answers, &message.authorities, &message.additionals];
    let records = sections.into_iter().flatten();
    records
        .map(|record| {
            use hickory_proto::serialize::binary::{BinEncodable, BinEncoder, NameEncoding};
            let mut owner = Vec::new();
            record.name.emit(&mut BinEncoder::new(&mut owner)).unwrap();
            let mut data = Vec::new();
            let mut encoder = BinEncoder::new(&mut data);
            encoder.set_name_encoding(NameEncoding::Uncompressed);
            record.data.emit(&mut encoder).unwrap();
            data.make_ascii_lowercase();
            let owner = Name::from_wire(&owner).unwrap();
            spelled(&owner, record.record_type().into(), record.ttl, &data)
        })
        .collect()
}

fn records_read(message: &wire::message::Message) -> Vec<String> {
    let records = [&message.answer, &message.authority, &message.additional]
        .into_iter()
        .flatten();
    records
        .map(|record| {
            let data = record.data.to_wire().to_ascii_lowercase();
            spelled(
                &record.owner,
                record.data.rtype().0,
                record.ttl.as_secs(),
                &data,
            )
        })
        .collect()
}

fn records_written(sets: &[Set]) -> Vec<String> {
    let records = sets
        .iter()
        .flat_map(|set| set.data.iter().map(move |data| (set, data)));
    records
        .map(|(set, data)| {
            spelled(
                &set.owner,
                set.rtype.0,
                set.ttl_secs,
                &data.to_ascii_lowercase(),
            )
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_fits_is_read_back_whole(
        qname in any_name(),
        sets in any_sets(),
        size in 600..4000_usize,
        nsid in prop::option::of(prop::collection::vec(any::<u8>(), 0..20)),
        version in prop::option::of((any::<u8>(), any::<u32>())),
        padding in prop::option::of(0..200_u16),
        depth in 0..5_usize,
    ) {
        let apex = qname.as_ref().ancestors().nth(depth).unwrap_or(NameRef::ROOT);
        let asked = query(7, qname.as_ref(), Rtype::A);
        let mut out = vec![0xAA; size];
        let mut composer = Composer::reply(&Query::parse(&asked).unwrap(), &mut out).unwrap();
        composer.set_apex(apex.as_wire().len());
        let zone_version = version.map(|(labels, serial)| ZoneVersion { labels, serial });
        let ede = Some(Ede::new(20, "no"));
        let opt = Opt { payload_size: 1232, nsid: nsid.as_deref(), ede, zone_version, padding, ..Opt::default() };
        composer.reserve(opt.size()).unwrap();
        let fitting: Vec<Set> = sets.into_iter().filter(|set| set.write(&mut composer, apex).is_ok()).collect();
        composer.set(Flags::AA);
        composer.set_rcode(ResponseCode::NXDomain);
        composer.opt(&opt).unwrap();
        let length = composer.finish();
        prop_assert!(length <= size);
        let message = Message::from_vec(&out[..length]).unwrap();
        prop_assert_eq!(records_of(&message), records_written(&fitting));
        let ours = wire::message::Message::read(&out[..length]).unwrap();
        prop_assert_eq!(records_read(&ours), records_written(&fitting));
        prop_assert_eq!(ours.rcode, ResponseCode::NXDomain);
        let options = ours.edns.map(|edns| edns.options).unwrap_or_default();
        let told = options.iter().find(|(code, _)| *code == OptionCode::ZONEVERSION);
        // RFC 9660 §4: six octets, of which the second is the type.
        let told = told.map(|(_, data)| (data[0], data[1], <[u8; 4]>::try_from(&data[2..]).unwrap()));
        prop_assert_eq!(told, version.map(|(labels, serial)| (labels, 0, serial.to_be_bytes())));
        // RFC 7830 §3: zeros, so many; the last option of all.
        let zeros = padding.map(|octets| (OptionCode::PADDING, vec![0; octets.into()]));
        let last = options.last().filter(|(code, _)| *code == OptionCode::PADDING);
        prop_assert_eq!(last, zeros.as_ref());
        prop_assert_eq!(message.metadata.response_code, ResponseCode::NXDomain);
        prop_assert!(message.metadata.authoritative && message.edns.is_some());
        prop_assert_eq!(&out[12..asked.len()], &asked[12..]);
    }
}

#[test]
fn truncation_leaves_the_question_alone() {
    let asked = query(7, name("www.example.org.").as_ref(), Rtype::A);
    let mut out = [0; 64];
    let mut composer = Composer::reply(&Query::parse(&asked).unwrap(), &mut out).unwrap();
    let address = Rrset {
        owner: Owner::Question,
        rtype: Rtype::A,
        class: Class::IN,
        ttl_secs: 1,
    };
    let four = [
        [192, 0, 2, 1],
        [192, 0, 2, 2],
        [192, 0, 2, 3],
        [192, 0, 2, 4],
    ];
    composer
        .rrset(Section::Answer, &address, four[..1].iter().map(|a| &a[..]))
        .unwrap();
    assert_eq!(
        composer.rrset(Section::Answer, &address, four.iter().map(|a| &a[..])),
        Err(Full)
    );
    assert_eq!(
        composer.count(Section::Answer),
        1,
        "the set that did not fit left nothing"
    );
    composer.truncate();
    let length = composer.finish();
    assert_eq!(length, asked.len());
    let message = Message::from_vec(&out[..length]).unwrap();
    assert!(message.metadata.truncation && message.answers.is_empty());
}

#[test]
fn a_question_that_does_not_fit_is_not_answered() {
    let asked = query(7, name("www.example.org.").as_ref(), Rtype::A);
    let parsed = Query::parse(&asked).unwrap();
    assert!(Composer::reply(&parsed, &mut [0; 32]).is_none());
    let mut out = [0; 33];
    assert_eq!(
        Composer::reply(&parsed, &mut out).unwrap().reserve(1),
        Err(Full)
    );
}

#[test]
fn ten_thousand_names_are_written_in_bounded_work() {
    let asked = query(7, name("example.org.").as_ref(), Rtype::NS);
    let mut out = vec![0; 65_535];
    let mut composer = Composer::reply(&Query::parse(&asked).unwrap(), &mut out).unwrap();
    let targets: Vec<Name> = (0..2500)
        .map(|i| name(&format!("ns{i}.example.org.")))
        .collect();
    let head = Rrset {
        owner: Owner::Question,
        rtype: Rtype::NS,
        class: Class::IN,
        ttl_secs: 1,
    };
    composer
        .rrset(Section::Answer, &head, targets.iter().map(Name::as_wire))
        .unwrap();
    let length = composer.finish();
    assert!(
        length < 2500 * 22,
        "{length} octets: each target ends in a pointer"
    );
    assert_eq!(
        Message::from_vec(&out[..length]).unwrap().answers.len(),
        2500
    );
}

/// RFC 3597 §4: the types we compress are those that the table of types says may be.
#[test]
fn only_known_types_are_compressed() {
    let target = name("ns.example.org.");
    for (rtype, size) in [(Rtype::NS, 5), (Rtype::SRV, 16), (Rtype::DNAME, 16)] {
        let asked = query(7, name("example.org.").as_ref(), rtype);
        let mut out = [0; 512];
        let mut composer = Composer::reply(&Query::parse(&asked).unwrap(), &mut out).unwrap();
        let head = Rrset {
            owner: Owner::Question,
            rtype,
            class: Class::IN,
            ttl_secs: 1,
        };
        composer
            .rrset(Section::Answer, &head, [target.as_wire()])
            .unwrap();
        assert_eq!(composer.finish(), asked.len() + 12 + size, "{rtype}");
    }
}

/// However deep the apex is, names in the zone stay the names they are.
#[test]
fn names_are_compressed_from_the_apex_on() {
    for labels in [0, 1, 2, 23, 24, 25, 60] {
        let text = "a.".repeat(labels);
        let apex = name(if labels == 0 { "." } else { &text });
        let below = |label: &str| Name::below(label.as_bytes(), apex.as_ref()).unwrap();
        let (asked, server) = (below("www"), below("ns"));
        let message = query(7, asked.as_ref(), Rtype::NS);
        let mut out = [0; 2048];
        let mut composer = Composer::reply(&Query::parse(&message).unwrap(), &mut out).unwrap();
        composer.set_apex(apex.as_wire().len());
        let data = Data {
            octets: server.as_wire(),
            apex_at: Some(3),
        };
        let (rtype, class, ttl_secs) = (Rtype::NS, Class::IN, 1);
        let owners = [
            Owner::Question,
            Owner::InZone(asked.as_ref()),
            Owner::InZone(server.as_ref()),
            Owner::InZone(apex.as_ref()),
        ];
        for owner in owners {
            let head = Rrset {
                owner,
                rtype,
                class,
                ttl_secs,
            };
            composer.rrset(Section::Answer, &head, [data]).unwrap();
        }
        let length = composer.finish();
        let message = wire::message::Message::read(&out[..length]).unwrap();
        let owners: Vec<&Name> = message.answer.iter().map(|record| &record.owner).collect();
        assert_eq!(owners, [&asked, &asked, &server, &apex], "{labels} labels");
        assert!(
            message
                .answer
                .iter()
                .all(|record| record.data.to_wire() == server.as_wire())
        );
    }
}
