//! Digests against those of RFC 8976 Appendix A, and everything that makes one worthless.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, reason = "a test")]

mod common;

use common::{name, zone, zone_of};
use rr::{Name, Rtype, Serial};
use transfer::zonemd::{Digest, DigestError, Hash, Verification, renew, verify};
use zone::check::{CheckOptions, Policy};
use zone::{Builder, Checked, Zone};

/// RFC 8976 Appendix A.1.
const SIMPLE: &str = "\
@ 86400 SOA ns1 admin 2018031900 1800 900 604800 86400
@ 86400 NS ns1
@ 86400 NS ns2
@ 86400 ZONEMD 2018031900 1 1 c68090d90a7aed716bc459f9340e3d7c1370d4d24b7e2fc3a1ddc0b9a87153b9a9713b3c9ae5cc27777f98b8e730044c
ns1 3600 A 203.0.113.63
ns2 3600 AAAA 2001:db8::63
";

/// RFC 8976 Appendix A.2, but for the record outside of the zone, which is no part of it.
const COMPLEX: &str = r#"
@ 86400 SOA ns1 admin 2018031900 1800 900 604800 86400
@ 86400 NS ns1
@ 86400 NS ns2
@ 86400 ZONEMD 2018031900 1 1 a3b69bad980a3504e1cffcb0fd6397f93848071c93151f552ae2f6b1711d4bd2d8b39808226d7b9db71e34b72077f8fe
ns1 3600 A 203.0.113.63
NS2 3600 AAAA 2001:db8::63
occluded.sub 7200 TXT "I'm occluded but must be digested"
sub 7200 NS ns1
duplicate 300 TXT "I must be digested just once"
duplicate 300 TXT "I must be digested just once"
UPPERCASE 3600 TXT "canonicalize uppercase owner names"
* 777 PTR dont-forget-about-wildcards
mail 3600 MX 20 MAIL1
mail 3600 MX 10 Mail2.Example.
sortme 3600 AAAA 2001:db8::5:61
sortme 3600 AAAA 2001:db8::3:62
sortme 3600 AAAA 2001:db8::4:63
sortme 3600 AAAA 2001:db8::1:65
sortme 3600 AAAA 2001:db8::2:64
non-apex 900 ZONEMD 2018031900 1 1 616c6c6f776564206275742069676e6f7265642e20616c6c6f776564206275742069676e6f7265642e20616c6c6f7765
"#;

/// RFC 8976 Appendix A.3: two known digests, an unknown hash, an unknown scheme.
const SEVERAL: &str = r#"
@ 86400 SOA ns1 admin 2018031900 1800 900 604800 86400
@ 86400 NS ns1
@ 86400 NS ns2
@ 86400 ZONEMD 2018031900 1 1 62e6cf51b02e54b9b5f967d547ce43136792901f9f88e637493daaf401c92c279dd10f0edb1c56f8080211f8480ee306
@ 86400 ZONEMD 2018031900 1 2 08cfa1115c7b948c4163a901270395ea226a930cd2cbcf2fa9a5e6eb85f37c8a4e114d884e66f176eab121cb02db7d652e0cc4827e7a3204f166b47e5613fd27
@ 86400 ZONEMD 2018031900 1 240 e2d523f654b9422a96c5a8f44607bbee
@ 86400 ZONEMD 2018031900 241 1 e1846540e33a9e4189792d18d5d131f605fc283e
ns1 3600 A 203.0.113.63
ns2 86400 TXT "This example has multiple digests"
NS2.EXAMPLE. 3600 AAAA 2001:db8::63
"#;

fn example() -> Name {
    name("example")
}

/// A zone that nobody has compared with its digests.
fn unproven(text: &str) -> Zone<zone::Unchecked> {
    let mut builder = Builder::new(example(), common::KEY);
    let (mut map, limits) = (zonefile::SourceMap::new(), zonefile::Limits::default());
    let errors = zonefile::read_zone(
        example().as_ref(),
        "zone",
        text.to_owned(),
        &mut zonefile::NoSources,
        &limits,
        &mut map,
        &mut builder,
    );
    assert!(errors.is_empty(), "{errors:?}");
    builder.finish()
}

fn digest(zone: &Zone<Checked>, hash: Hash) -> String {
    Digest::of(zone, hash).to_string()
}

#[test]
fn the_zones_of_the_rfc() {
    for text in [SIMPLE, COMPLEX, SEVERAL] {
        let verification = verify(&unproven(text));
        assert_eq!(
            verification,
            Ok(Verification::Verified(Hash::Sha384)),
            "{text}"
        );
    }
    let several = zone_of(&example(), SEVERAL);
    assert!(digest(&several, Hash::Sha384).starts_with("62e6cf51b02e54b9"));
    assert!(digest(&several, Hash::Sha512).starts_with("08cfa1115c7b948c"));
    assert!(digest(&several, Hash::Sha512).ends_with("f166b47e5613fd27"));
}

#[test]
fn the_second_digest_counts_when_the_first_does_not() {
    let text = SEVERAL.replace("62e6cf51", "62e6cf52");
    assert_eq!(
        verify(&unproven(&text)),
        Ok(Verification::Verified(Hash::Sha512))
    );
}

#[test]
fn what_makes_a_digest_worthless() {
    let other_record = SIMPLE.replace("203.0.113.63", "203.0.113.64");
    let other_serial = SIMPLE.replace("2018031900 1 1", "2018031901 1 1");
    let short = SIMPLE.replace("e730044c", "e73004");
    let another = SIMPLE.replace("c68090", "c68091");
    let again = SIMPLE.lines().find(|line| line.contains("ZONEMD")).unwrap();
    let twice = format!("{SIMPLE}{}\n", again.replace("c68090", "c68091"));
    for (text, error) in [
        (other_record, DigestError::Differs(Hash::Sha384)),
        (other_serial, DigestError::Serial(Serial(2_018_031_901))),
        (short, DigestError::Length),
        (another, DigestError::Differs(Hash::Sha384)),
        (twice, DigestError::Twice(Hash::Sha384)),
    ] {
        assert_eq!(verify(&unproven(&text)), Err(error), "{text}");
        let refused = transfer::accept(unproven(&text)).unwrap_err();
        assert_eq!(refused, transfer::Refused::Digest(error));
    }
}

#[test]
fn nothing_is_said_where_nothing_is_known() {
    let without: String = SIMPLE
        .lines()
        .filter(|line| !line.contains("ZONEMD"))
        .map(|line| format!("{line}\n"))
        .collect();
    assert_eq!(verify(&unproven(&without)), Ok(Verification::Absent));
    for numbers in [" 1 3 ", " 2 1 ", " 0 0 "] {
        let text = SIMPLE.replace(" 1 1 ", numbers);
        assert_eq!(
            verify(&unproven(&text)),
            Ok(Verification::Unknown),
            "{numbers}"
        );
    }
}

#[test]
fn a_record_that_is_made_verifies() {
    let zone = zone(
        "@ SOA ns mail 7 2h 1h 2w 300\n@ NS ns\nns A 192.0.2.1\nx RRSIG NSEC 13 3 300 20300101000000 20200101000000 1 example.org. AAAA\nx TXT a\nx NSEC y A\n",
    );
    for hash in [Hash::Sha384, Hash::Sha512] {
        let rdata = Digest::of(&zone, hash).rdata(zone.serial().unwrap());
        let record = zone::RecordRef {
            owner: zone.apex(),
            rtype: Rtype::ZONEMD,
            ttl: rr::Ttl::from_secs(300),
            rdata: &rdata,
            at: None,
        };
        let sealed = zone.patch(&[zone::Change::Added(record)]).unwrap();
        assert_eq!(verify(&sealed), Ok(Verification::Verified(hash)));
        assert_eq!(Digest::of(&sealed, hash), Digest::of(&zone, hash));
    }
}

/// What is served has the digest of what is served, whatever the text says.
#[test]
fn digests_are_made_anew() {
    for text in [SIMPLE, COMPLEX, SEVERAL] {
        let zone = zone_of(&example(), text);
        let same = renew(&zone);
        assert_eq!(digest(&same, Hash::Sha384), digest(&zone, Hash::Sha384));
        let newer = zone.with_serial(Serial(2_018_031_907)).unwrap();
        assert!(verify(&newer).is_err(), "{text}");
        let renewed = renew(&newer);
        assert_eq!(
            verify(&renewed),
            Ok(Verification::Verified(Hash::Sha384)),
            "{text}"
        );
        assert_eq!(renewed.record_count(), zone.record_count());
        assert_eq!(renew(&renewed).nodes().count(), renewed.nodes().count());
    }
    // All that are known are right, not only the first.
    let zone = zone_of(&example(), SEVERAL);
    let renewed = renew(&zone.with_serial(Serial(2_018_031_907)).unwrap());
    let set = renewed.apex_node().rrset(Rtype::ZONEMD).unwrap();
    let known = set
        .rdatas()
        .filter_map(Digest::of_record)
        .collect::<Vec<_>>();
    assert_eq!(known.len(), 2);
    for told in known {
        assert_eq!(told, Digest::of(&renewed, told.hash()));
    }
}

#[test]
fn what_nobody_here_can_make_stays() {
    let twice = SIMPLE.lines().find(|line| line.contains("ZONEMD")).unwrap();
    let twice = format!("{SIMPLE}{}\n", twice.replace("c68090", "c68091"));
    let unknown = SIMPLE.replace(" 1 1 ", " 1 3 ");
    for text in [twice, unknown] {
        let (map, policy) = (
            zonefile::SourceMap::new(),
            Policy::read(b"", zonefile::Pos(0)).0,
        );
        let options = CheckOptions::new(&map, &[], &policy);
        let zone = unproven(&text).check(&options).0.unwrap();
        let zone = zone.with_serial(Serial(2_018_031_907)).unwrap();
        let data = |zone: &Zone<Checked>| {
            let set = zone.apex_node().rrset(Rtype::ZONEMD).unwrap();
            set.rdatas().map(<[u8]>::to_vec).collect::<Vec<_>>()
        };
        assert_eq!(data(&renew(&zone)), data(&zone), "{text}");
    }
}
