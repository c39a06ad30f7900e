//! Record data of every type, on the wire and as text.

use rr::text::{Words, read_rdata, write_rdata};
use rr::wire::{canonical_rdata, check_rdata, embedded_names, expand_rdata};
use rr::{Name, NameRef, RData, Rtype};

/// Two octets of type, then record data.
pub fn rdata_wire(octets: &[u8]) {
    let Some((rtype, rdata)) = octets.split_first_chunk() else {
        return;
    };
    let rtype = Rtype(u16::from_be_bytes(*rtype));
    // A message of nothing but this data; pointers may lead anywhere.
    let mut expanded = Vec::new();
    match expand_rdata(rtype, rdata, 0, rdata.len(), &mut expanded) {
        Ok(()) => accepted(rtype, &expanded),
        Err(_) => assert!(expanded.is_empty(), "an error leaves the output as it was"),
    }
    if check_rdata(rtype, rdata).is_ok() {
        accepted(rtype, rdata);
    } else {
        assert!(RData::from_wire(rtype, rdata).is_err());
    }
}

/// A type's mnemonic or `TYPEnnn`, then a record's text.
pub fn rdata_text(octets: &[u8]) {
    let Ok(text) = str::from_utf8(octets) else {
        return;
    };
    let (rtype, text) = text.split_once(' ').unwrap_or((text, ""));
    let Some(rtype) = Rtype::from_mnemonic(rtype.as_bytes()) else {
        return;
    };
    let origin = Name::from_text("Origin.example").expect("it is a name");
    let mut rdata = Vec::new();
    match read_rdata(rtype, &mut Words::new(text), origin.as_ref(), &mut rdata) {
        Ok(()) => accepted(rtype, &rdata),
        Err(error) => {
            assert!(rdata.is_empty(), "an error leaves the output as it was");
            assert!(
                error.start <= error.end && error.start <= text.len(),
                "{error:?}"
            );
        }
    }
}

/// RFC 3597 §5, RFC 4034 §6.2: what was accepted once is accepted in every form.
fn accepted(rtype: Rtype, rdata: &[u8]) {
    // Only questions and messages have these (RFC 6895 §3.1); as text they are refused.
    if rtype.is_meta() {
        return;
    }
    check_rdata(rtype, rdata).expect("it was accepted");
    reads_back(rtype, rdata);
    let mut canonical = Vec::new();
    canonical_rdata(rtype, rdata, &mut canonical);
    check_rdata(rtype, &canonical).expect("its canonical form is of the same shape");
    assert!(
        canonical.eq_ignore_ascii_case(rdata),
        "only the case of names may change"
    );
    for name in embedded_names(rtype, rdata) {
        NameRef::from_wire(&rdata[name.start..name.end])
            .expect("a name is where one is said to be");
    }
    typed(rtype, rdata);
}

fn reads_back(rtype: Rtype, rdata: &[u8]) {
    let mut text = String::new();
    write_rdata(rtype, rdata, &mut text).expect("a String takes all");
    let mut again = Vec::new();
    let read = read_rdata(
        rtype,
        &mut Words::new(&text),
        Name::root().as_ref(),
        &mut again,
    );
    assert_eq!(read, Ok(()), "{rtype} {text}");
    assert_eq!(again, rdata, "{rtype} {text}");
}

fn typed(rtype: Rtype, rdata: &[u8]) {
    // Types that only questions and messages have are no data.
    if let Ok(value) = RData::from_wire(rtype, rdata) {
        let mut emitted = Vec::new();
        value.emit(&mut emitted);
        assert_eq!((value.rtype(), emitted.as_slice()), (rtype, rdata));
    }
}
