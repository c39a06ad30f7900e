//! What the file of a zone says before anybody reads all of it: its serial, and the parts it asks for.

use rr::data::Soa;
use rr::{Class, Data, Name, NameRef, Rtype, Serial, Ttl};
use zonefile::{Limits, NoSources, Sink, SourceMap, Span, read_zone};

/// The SOA record is the first by custom; behind so many others, or as many mistakes, it is not looked for.
const RECORDS: usize = 64;

/// The serial that a text states for the zone `apex`; none if its SOA record is not among the first records, or cannot
/// be read.
pub(super) fn stated_serial(apex: &Name, text: Vec<u8>) -> Option<Serial> {
    let (mut map, mut found) = (SourceMap::new(), Found::default());
    let limits = Limits {
        records: RECORDS,
        errors: RECORDS,
        ..Limits::default()
    };
    read_zone(
        apex.as_ref(),
        "",
        text,
        &mut NoSources,
        &limits,
        &mut map,
        &mut found,
    );
    found.0
}

/// The first serial that comes along.
#[derive(Default)]
struct Found(Option<Serial>);

impl Sink for Found {
    fn record(&mut self, _: NameRef<'_>, _: Class, _: Ttl, rtype: Rtype, rdata: &[u8], _: Span) {
        if rtype == Rtype::SOA && self.0.is_none() {
            self.0 = Soa::from_wire(rdata).ok().map(|soa| soa.serial);
        }
    }
}

/// What the `$INCLUDE` lines of a text name. A line that only looks like one, inside of a string over several lines,
/// is taken for one.
pub(super) fn included(text: &[u8]) -> impl Iterator<Item = &str> {
    const DIRECTIVE: &[u8] = b"$INCLUDE";
    text.split(|octet| *octet == b'\n').filter_map(|line| {
        let (word, rest) = line.split_at_checked(DIRECTIVE.len())?;
        let named = rest.first().is_some_and(u8::is_ascii_whitespace);
        let rest = Some(rest).filter(|_| named && word.eq_ignore_ascii_case(DIRECTIVE))?;
        let name = str::from_utf8(rest).ok()?.split([' ', '\t', '\r', ';']);
        let name = name.map(|word| word.trim_matches('"'));
        name.into_iter().find(|word| !word.is_empty())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn serial(text: &str) -> Option<u32> {
        let apex = Name::from_text("example.org").unwrap();
        stated_serial(&apex, text.into()).map(|serial| serial.0)
    }

    #[test]
    fn the_serial_is_found_near_the_top() {
        assert_eq!(
            serial("@ 300 SOA ns mail ( 7 ; serial\n 1 2 3 4 )\n"),
            Some(7)
        );
        assert_eq!(
            serial("$INCLUDE x.d/y\n$INCLUDE x.d/z\n@ 300 SOA a b 9 1 1 1 1\n"),
            Some(9)
        );
        assert_eq!(
            serial("ns 300 A 192.0.2.1\n@ 300 SOA a b 9 1 1 1 1\n"),
            Some(9)
        );
        assert_eq!(serial("@ 300 SOA ns mail seven 1 2 3 4\n"), None);
        let far = "ns 300 A 192.0.2.1\n".repeat(RECORDS + 1) + "@ 300 SOA a b 9 1 1 1 1\n";
        assert_eq!(serial(&far), None);
    }

    #[test]
    fn includes_are_lines() {
        let text = b"$INCLUDE a.d/x\n$include\t\"b.d/y\" sub ; why\r\n ; $INCLUDE c\n$INCLUDED d\n$INCLUDE\n";
        assert_eq!(included(text).collect::<Vec<_>>(), ["a.d/x", "b.d/y"]);
    }
}
