//! The zone that is measured, and questions about it. The same numbers give the same octets on any machine.

use std::fmt::{self, Write};

/// The apex of the zone.
pub(crate) const APEX: &str = "bench.example";

/// A zone with the shape of a large hosting zone: hosts with two addresses and some text, delegations with glue, mail,
/// aliases, wildcards.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shape {
    hosts: usize,
    cuts: usize,
    mail: usize,
    aliases: usize,
    wildcards: usize,
}

impl Shape {
    /// The shape with about `records` records.
    pub(crate) fn of(records: usize) -> Shape {
        let part = |percent: usize| (records * percent / 100).max(1);
        Shape {
            hosts: part(20),
            cuts: part(8),
            mail: part(5),
            aliases: part(5),
            wildcards: part(2),
        }
    }

    /// The zone as a master file.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        self.write(&mut text).expect("a String takes all");
        text
    }

    fn write(&self, text: &mut String) -> fmt::Result {
        text.write_str(
            "$ORIGIN bench.example.\n$TTL 3600\n@ IN SOA ns1 hostmaster 1 7200 3600 1209600 300\n@ IN NS ns1\n@ IN NS ns2\n\
             ns1 IN A 192.0.2.1\nns2 IN A 192.0.2.2\nns1 IN AAAA 2001:db8::1\n",
        )?;
        (0..self.hosts).try_for_each(|i| write_host(text, i))?;
        (0..self.cuts).try_for_each(|i| write_cut(text, i))?;
        (0..self.mail).try_for_each(|i| writeln!(text, "m{i} IN MX 10 h{i}"))?;
        (0..self.aliases).try_for_each(|i| writeln!(text, "c{i} IN CNAME h{i}"))?;
        (0..self.wildcards)
            .try_for_each(|i| writeln!(text, "*.w{i} IN A 10.202.{}.{}", i >> 8 & 255, i & 255))
    }

    /// Questions as dnsperf reads them, `NAME TYPE` on each line, of all kinds mixed.
    pub(crate) fn questions(&self, count: usize) -> String {
        self.questions_by(count, |random| {
            let percent = random.below(100);
            let mut below = 0;
            let kind = Kind::ALL.into_iter().find(|kind| {
                below += kind.percent();
                percent < below
            });
            kind.expect("the percents sum up to 100")
        })
    }

    /// Questions of one kind.
    pub(crate) fn questions_of(&self, kind: Kind, count: usize) -> String {
        self.questions_by(count, |_| kind)
    }

    fn questions_by(&self, count: usize, kind: impl Fn(&mut Random) -> Kind) -> String {
        let (mut random, mut text) = (Random(42), String::new());
        for _ in 0..count {
            let kind = kind(&mut random);
            self.write_question(kind, &mut random, &mut text)
                .expect("a String takes all");
        }
        text
    }

    fn write_question(&self, kind: Kind, random: &mut Random, text: &mut String) -> fmt::Result {
        match kind {
            Kind::Address => writeln!(text, "h{}.{APEX} A", random.below(self.hosts)),
            Kind::Address6 => writeln!(text, "h{}.{APEX} AAAA", random.below(self.hosts)),
            Kind::Referral => writeln!(text, "www.d{}.{APEX} A", random.below(self.cuts)),
            Kind::Mail => writeln!(text, "m{}.{APEX} MX", random.below(self.mail)),
            Kind::Alias => writeln!(text, "c{}.{APEX} A", random.below(self.aliases)),
            Kind::Wildcard => writeln!(
                text,
                "x{}.w{}.{APEX} A",
                random.below(99_999),
                random.below(self.wildcards)
            ),
            Kind::NoName => writeln!(text, "nx{}.{APEX} A", random.below(9_999_999)),
            Kind::NoType => writeln!(text, "h{}.{APEX} MX", random.below(self.hosts)),
        }
    }
}

/// What a question meets in the zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Address,
    Address6,
    Referral,
    Mail,
    Alias,
    Wildcard,
    NoName,
    NoType,
}

impl Kind {
    pub(crate) const ALL: [Kind; 8] = [
        Kind::Address,
        Kind::Address6,
        Kind::Referral,
        Kind::Mail,
        Kind::Alias,
        Kind::Wildcard,
        Kind::NoName,
        Kind::NoType,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Kind::Address => "A",
            Kind::Address6 => "AAAA",
            Kind::Referral => "referral",
            Kind::Mail => "MX",
            Kind::Alias => "alias",
            Kind::Wildcard => "wildcard",
            Kind::NoName => "no such name",
            Kind::NoType => "no such type",
        }
    }

    /// Of mixed questions, how many are of this kind.
    fn percent(self) -> usize {
        match self {
            Kind::Address => 45,
            Kind::Address6 => 15,
            Kind::Referral => 12,
            Kind::Mail => 8,
            Kind::Alias | Kind::NoName => 6,
            Kind::Wildcard | Kind::NoType => 4,
        }
    }
}

fn write_host(text: &mut String, i: usize) -> fmt::Result {
    writeln!(
        text,
        "h{i} IN A 10.{}.{}.{}",
        i >> 16 & 255,
        i >> 8 & 255,
        i & 255
    )?;
    writeln!(
        text,
        "h{i} IN AAAA 2001:db8:1::{:x}:{:x}",
        i >> 16,
        i & 65535
    )?;
    if i.is_multiple_of(4) {
        writeln!(text, "h{i} 300 IN TXT \"v=host id={i}\"")?;
    }
    Ok(())
}

fn write_cut(text: &mut String, i: usize) -> fmt::Result {
    let (b, c) = (i >> 8 & 255, i & 255);
    writeln!(text, "d{i} IN NS ns1.d{i}\nd{i} IN NS ns2.d{i}")?;
    writeln!(
        text,
        "ns1.d{i} IN A 10.200.{b}.{c}\nns2.d{i} IN A 10.201.{b}.{c}"
    )
}

/// The splitmix64 sequence.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ mixed >> 31) % limit as u64) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zone_has_the_records_it_should_and_questions_are_the_same_each_time() {
        let shape = Shape::of(10_000);
        let records = shape.text().lines().count() - 2;
        assert!((8_900..9_100).contains(&records), "{records}");
        assert_eq!(shape.questions(100), shape.questions(100));
        assert_eq!(shape.questions(100).lines().count(), 100);
    }
}
