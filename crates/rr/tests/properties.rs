//! Record data of every type: text and wire there and back, and hickory-proto as an oracle.

#![allow(clippy::unwrap_used, reason = "a test that fails here has failed")]

use hickory_proto::rr::{RData as HickoryData, RecordType};
use hickory_proto::serialize::binary::{
    BinDecoder, BinEncodable, BinEncoder, NameEncoding, Restrict,
};
use proptest::collection::{btree_set, vec};
use proptest::prelude::*;
use rr::text::{Words, read_rdata, write_rdata};
use rr::wire::{canonical_rdata, check_rdata, embedded_names, expand_rdata};
use rr::{Name, NameRef, RData, Rtype, known};

/// A name of a few labels with any octets in them.
fn name() -> BoxedStrategy<Vec<u8>> {
    let label = prop_oneof![
        3 => vec(b'a'..=b'z', 1..8),
        1 => vec(any::<u8>(), 1..6),
        1 => Just(b"Aa".to_vec()),
    ];
    vec(label, 0..5)
        .prop_map(|labels| {
            let octets = labels
                .iter()
                .flat_map(|l| [&[u8::try_from(l.len()).unwrap()], l.as_slice()].concat());
            octets.chain([0]).collect()
        })
        .boxed()
}

fn string() -> BoxedStrategy<Vec<u8>> {
    vec(any::<u8>(), 0..20)
        .prop_map(|s| [&[u8::try_from(s.len()).unwrap()], s.as_slice()].concat())
        .boxed()
}

fn octets(count: usize) -> BoxedStrategy<Vec<u8>> {
    vec(any::<u8>(), count).boxed()
}

fn some() -> BoxedStrategy<Vec<u8>> {
    vec(any::<u8>(), 1..40).boxed()
}

fn types() -> BoxedStrategy<Vec<u8>> {
    btree_set(prop_oneof![1_u16..70, any::<u16>()], 0..8)
        .prop_map(|types| {
            use rr::field::{Field, TypeBitmap};
            let mut wire = Vec::new();
            types
                .into_iter()
                .map(Rtype)
                .collect::<TypeBitmap>()
                .emit(&mut wire);
            wire
        })
        .boxed()
}

fn loc() -> BoxedStrategy<Vec<u8>> {
    // Zero metres has ten forms on the wire and one in text.
    let size = (1_u8..10, 0_u8..10).prop_map(|(mantissa, power)| mantissa << 4 | power);
    let angle =
        |degrees: u32| (1_u32 << 31) - degrees * 3_600_000..=(1_u32 << 31) + degrees * 3_600_000;
    (
        [size.clone(), size.clone(), size],
        angle(90),
        angle(180),
        any::<u32>(),
    )
        .prop_map(|(sizes, latitude, longitude, altitude)| {
            let places = [latitude, longitude, altitude]
                .map(u32::to_be_bytes)
                .concat();
            [&[0], sizes.as_slice(), &places].concat()
        })
        .boxed()
}

fn apl() -> BoxedStrategy<Vec<u8>> {
    let item = (
        any::<bool>(),
        any::<bool>(),
        0_u8..33,
        vec(any::<u8>(), 0..4),
    )
        .prop_map(|(not, six, prefix, afd)| {
            let mut afd = afd;
            while afd.last() == Some(&0) {
                afd.pop();
            }
            let counted = u8::try_from(afd.len()).unwrap() | u8::from(not) << 7;
            [&[0, 1 + u8::from(six), prefix, counted], afd.as_slice()].concat()
        });
    vec(item, 0..4).prop_map(|items| items.concat()).boxed()
}

fn params() -> BoxedStrategy<Vec<u8>> {
    let alpn = vec(
        string().prop_filter("no empty protocol", |s| s.len() > 1),
        1..3,
    )
    .prop_map(|l| l.concat());
    let value = (
        proptest::option::of(alpn),
        proptest::option::of(octets(2)),
        proptest::option::of(octets(8)),
        proptest::option::of(octets(32)),
        proptest::option::of((9_u16..65_535, vec(any::<u8>(), 0..9))),
    );
    value
        .prop_map(|(alpn, port, v4, v6, other)| {
            let known = [(1, alpn), (3, port), (4, v4), (6, v6)];
            let known = known
                .into_iter()
                .filter_map(|(key, value)| value.map(|value| (key, value)));
            known
                .chain(other)
                .flat_map(|(key, value)| param(key, &value))
                .collect()
        })
        .boxed()
}

fn param(key: u16, value: &[u8]) -> Vec<u8> {
    let length = u16::try_from(value.len()).unwrap();
    [&key.to_be_bytes(), &length.to_be_bytes(), value].concat()
}

fn tag() -> BoxedStrategy<Vec<u8>> {
    "[a-zA-Z0-9]{1,15}"
        .prop_map(|t| [&[u8::try_from(t.len()).unwrap()], t.as_bytes()].concat())
        .boxed()
}

fn counted_some() -> BoxedStrategy<Vec<u8>> {
    string().prop_filter("not empty", |s| s.len() > 1).boxed()
}

/// The fields of each type, written out apart from the library's table so that the two can disagree.
fn fields(rtype: Rtype) -> Vec<BoxedStrategy<Vec<u8>>> {
    match rtype {
        Rtype::A => vec![octets(4)],
        Rtype::NS | Rtype::CNAME | Rtype::PTR | Rtype::DNAME => vec![name()],
        Rtype::SOA => vec![name(), name(), octets(20)],
        Rtype::HINFO => vec![string(), string()],
        Rtype::MX | Rtype::AFSDB => vec![octets(2), name()],
        Rtype::TXT => vec![vec(string(), 1..4).prop_map(|s| s.concat()).boxed()],
        Rtype::RP => vec![name(), name()],
        Rtype::AAAA => vec![octets(16)],
        Rtype::LOC => vec![loc()],
        Rtype::SRV => vec![octets(6), name()],
        Rtype::NAPTR => vec![octets(4), string(), string(), string(), name()],
        Rtype::CERT => vec![octets(5), some()],
        Rtype::APL => vec![apl()],
        Rtype::DS | Rtype::CDS | Rtype::DNSKEY | Rtype::CDNSKEY => vec![octets(4), some()],
        Rtype::SSHFP => vec![octets(2), some()],
        Rtype::RRSIG => vec![octets(18), name(), some()],
        Rtype::NSEC => vec![name(), types()],
        Rtype::DHCID | Rtype::OPENPGPKEY => vec![some()],
        Rtype::NSEC3 => vec![octets(4), string(), counted_some(), types()],
        Rtype::NSEC3PARAM => vec![octets(4), string()],
        Rtype::TLSA | Rtype::SMIMEA => vec![octets(3), some()],
        Rtype::CSYNC => vec![octets(6), types()],
        Rtype::ZONEMD => vec![octets(6), some()],
        Rtype::SVCB | Rtype::HTTPS => vec![octets(2), name(), params()],
        Rtype::EUI48 => vec![octets(6)],
        Rtype::EUI64 => vec![octets(8)],
        Rtype::URI => vec![octets(4), some()],
        Rtype::CAA => vec![octets(1), tag(), vec(any::<u8>(), 0..30).boxed()],
        _ => vec![vec(any::<u8>(), 0..30).boxed()],
    }
}

fn rdata(rtype: Rtype) -> BoxedStrategy<Vec<u8>> {
    let start = Just(Vec::new()).boxed();
    fields(rtype).into_iter().fold(start, |front, field| {
        (front, field)
            .prop_map(|(front, field)| [front, field].concat())
            .boxed()
    })
}

fn rtype() -> impl Strategy<Value = Rtype> {
    let known: Vec<Rtype> = known().map(|(rtype, _)| rtype).collect();
    prop_oneof![20 => proptest::sample::select(known), 1 => Just(Rtype(65_280))]
}

fn record() -> impl Strategy<Value = (Rtype, Vec<u8>)> {
    rtype().prop_flat_map(|rtype| (Just(rtype), rdata(rtype)))
}

/// Hickory's reading of the same octets, written out again without compression.
fn through_hickory(rtype: Rtype, rdata: &[u8]) -> Option<Vec<u8>> {
    let length = Restrict::new(u16::try_from(rdata.len()).unwrap());
    let data = HickoryData::read(
        &mut BinDecoder::new(rdata),
        RecordType::from(rtype.0),
        length,
    )
    .ok()?;
    let mut out = Vec::new();
    let mut encoder = BinEncoder::new(&mut out);
    encoder.set_name_encoding(NameEncoding::Uncompressed);
    data.emit(&mut encoder).ok()?;
    Some(out)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn text_there_and_back((rtype, rdata) in record()) {
        prop_assert_eq!(check_rdata(rtype, &rdata), Ok(()));
        let mut text = String::new();
        write_rdata(rtype, &rdata, &mut text).unwrap();
        let mut back = Vec::new();
        let read = read_rdata(rtype, &mut Words::new(&text), NameRef::ROOT, &mut back);
        prop_assert!(read.is_ok(), "{} {}: {:?}", rtype, text, read);
        prop_assert_eq!(back, rdata, "{} {}", rtype, text);
    }

    #[test]
    fn values_there_and_back((rtype, rdata) in record()) {
        let value = RData::from_wire(rtype, &rdata).unwrap();
        prop_assert_eq!(value.rtype(), rtype);
        prop_assert_eq!(value.to_wire(), rdata);
    }

    #[test]
    fn hickory_reads_the_same((rtype, rdata) in record()) {
        // Hickory knows fewer types and refuses some values; what it takes it must give back as it was.
        if let Some(theirs) = through_hickory(rtype, &rdata) {
            prop_assert_eq!(theirs, rdata, "{}", rtype);
        }
    }

    #[test]
    fn any_octets_are_data_or_refused(rtype in rtype(), octets in vec(any::<u8>(), 0..60)) {
        if let Ok(value) = RData::from_wire(rtype, &octets) {
            prop_assert_eq!(value.to_wire(), octets);
        }
    }

    #[test]
    fn compressed_names_expand((rtype, rdata) in record(), at in 0_usize..20) {
        // The same data behind a name that its names could point to; they do not, so it must come out as it went in.
        let message = [&vec![0; at], rdata.as_slice(), b"behind"].concat();
        let mut out = Vec::new();
        prop_assert_eq!(expand_rdata(rtype, &message, at, at + rdata.len(), &mut out), Ok(()));
        prop_assert_eq!(out, rdata);
    }

    #[test]
    fn any_message_expands_or_is_refused(rtype in rtype(), message in vec(any::<u8>(), 0..80), a in 0_usize..90, b in 0_usize..90) {
        let mut out = b"before".to_vec();
        if expand_rdata(rtype, &message, a.min(b), a.max(b), &mut out).is_err() {
            prop_assert_eq!(out, b"before");
        }
    }

    #[test]
    fn canonical_form_only_folds_names((rtype, rdata) in record()) {
        let mut canonical = Vec::new();
        canonical_rdata(rtype, &rdata, &mut canonical);
        let mut expected = rdata.clone();
        if !matches!(rtype, Rtype::NSEC | Rtype::SVCB | Rtype::HTTPS) {
            embedded_names(rtype, &rdata).for_each(|name| expected[name.start..name.end].make_ascii_lowercase());
        }
        prop_assert_eq!(canonical, expected);
    }

    #[test]
    fn names_there_and_back(wire in name()) {
        let name = Name::from_wire(&wire).unwrap();
        let back = Name::from_text(&name.to_string()).unwrap();
        prop_assert_eq!(back.as_wire(), wire.as_slice());
    }

    #[test]
    fn order_is_that_of_reversed_lower_case_labels(a in name(), b in name()) {
        let (a, b) = (Name::from_wire(&a).unwrap(), Name::from_wire(&b).unwrap());
        let key = |name: &Name| {
            let mut labels: Vec<_> = name.as_ref().labels().map(<[u8]>::to_ascii_lowercase).collect();
            labels.reverse();
            labels
        };
        prop_assert_eq!(a.cmp(&b), key(&a).cmp(&key(&b)));
        prop_assert_eq!(a == b, key(&a) == key(&b));
    }

    #[test]
    fn any_text_is_a_name_or_refused(text in vec(any::<u8>(), 0..300)) {
        if let Ok(name) = Name::read(&text, Some(NameRef::ROOT)) {
            prop_assert!(Name::from_wire(name.as_wire()).is_ok());
        }
    }
}
