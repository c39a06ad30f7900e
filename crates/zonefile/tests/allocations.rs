//! Reading allocates for a zone, not for its records.

use rr::{Class, Name, NameRef, Rtype, Ttl};
use zonefile::{Limits, NoSources, Sink, SourceMap, Span, Text, read_zone};

struct Count(usize);

impl Sink for Count {
    fn record(&mut self, _: NameRef<'_>, _: Class, _: Ttl, _: Rtype, _: &[u8], _: Span) {
        self.0 += 1;
    }
}

const HEAD: &str = "$TTL 1h\n@ SOA ns admin ( 1 ; serial\n 2 3 4 5 )\n";
const SIX: &str = "www A 192.0.2.1 ; comment\n\tAAAA 2001:db8::1\nmail 300 IN MX 10 www\n\n\
    a.b.example.org. CNAME www\nt TXT \"one; two\" three\n_s._tcp SRV 0 5 (\n 53 ns )\n";

fn allocations(records: usize) -> u64 {
    let text: Text = [HEAD, &SIX.repeat(records / 6)].concat().into();
    let apex = Name::from_text("example.org").expect("a name");
    let counted = allocation_counter::measure(|| {
        let (mut map, mut count) = (SourceMap::new(), Count(0));
        let limits = Limits::default();
        let errors = read_zone(
            apex.as_ref(),
            "zone",
            text.clone(),
            &mut NoSources,
            &limits,
            &mut map,
            &mut count,
        );
        assert_eq!((count.0, errors.len()), (records + 1, 0));
    });
    counted.count_total
}

#[test]
fn none_for_a_record() {
    let few = allocations(6);
    assert_eq!(allocations(60_000), few);
    assert!(few < 20, "{few}");
}
