//! Zone text: read, cut into entries, laid out, checked, served.

use authority::{Authority, Transport};
use rr::wire::check_rdata;
use rr::{Name, Rtype};
use zonefile::{entries, format};

use crate::reading::{ask, publish, read};

/// RFC 1035 §5.1, whatever the octets.
pub fn zone_text(text: &[u8]) {
    let apex = Name::from_text("example").expect("it is a name");
    let joined: Vec<u8> = entries(text)
        .flat_map(|entry| entry.octets().to_vec())
        .collect();
    assert!(joined == text, "the entries are the text");

    let reading = read(apex.as_ref(), text);
    for row in &reading.rows {
        check_rdata(Rtype(row.rtype), &row.rdata).expect("what is read has the shape of its type");
    }
    for error in &reading.errors {
        assert!(error.span.start <= error.span.end, "{error:?}");
        assert!(reading.map.place(error.span.start).line > 0);
    }
    laid_out(
        &apex,
        text,
        reading.errors.is_empty().then_some(&reading.rows),
    );

    let (zone, findings, map) = reading.check();
    findings
        .iter()
        .for_each(|finding| assert!(!finding.one_line(&map).to_string().is_empty()));
    if let Some(zone) = zone {
        served(zone);
    }
}

/// Layout changes no record, and nothing the second time.
fn laid_out(apex: &Name, text: &[u8], rows: Option<&Vec<crate::reading::Row>>) {
    let once = format(text);
    assert!(
        format(&once) == once,
        "laid out twice: {:?}",
        once.escape_ascii().to_string()
    );
    // A text that includes itself was read as it stood before.
    let includes = text
        .windows(8)
        .any(|word| word.eq_ignore_ascii_case(b"$include"));
    if let Some(rows) = rows.filter(|_| !includes) {
        let again = read(apex.as_ref(), &once);
        assert!(
            again.errors.is_empty() && again.rows == *rows,
            "{:?}",
            once.escape_ascii().to_string()
        );
    }
}

fn served(zone: zone::Zone<zone::Checked>) {
    const ASKED: [Rtype; 5] = [Rtype::A, Rtype::SOA, Rtype::DS, Rtype::SVCB, Rtype::ANY];
    let names: Vec<Name> = zone
        .nodes()
        .take(50)
        .map(|node| node.owner().to_owned())
        .collect();
    let (authority, zones) = (Authority::default(), publish(zone));
    for name in &names {
        let below = Name::below(b"x", name.as_ref()).unwrap_or_else(|_| name.clone());
        for (name, rtype) in ASKED
            .into_iter()
            .flat_map(|rtype| [(name, rtype), (&below, rtype)])
        {
            let message = wire::message::query(7, name.as_ref(), rtype);
            let answer = ask(&authority, &zones, &message, Transport::Tcp);
            assert!(answer.is_some(), "silence about {name}");
        }
    }
}
