//! Loading, looking up, patching and publishing: `cargo bench -p zone [-- RECORDS [PART ...]]`.
//!
//! The zone has the shape of a large hosting zone: hosts with two addresses and some text,
//! delegations with glue, mail and alias names, wildcards. Times are CPU time of the one thread;
//! for figures that can be compared run a part under `valgrind --tool=callgrind`.

#![allow(clippy::print_stdout, reason = "a benchmark prints what it measured")]

use std::fmt::Write;
use std::hint::black_box;
use std::time::Duration;

use rr::{Name, NameRef, Rtype, Ttl};
use zone::check::{CheckOptions, Policy};
use zone::{
    Builder, Change, Checked, HashKey, Lookup, Published, RecordRef, Revision, Unchecked, Zone,
    Zones, difference,
};
use zonefile::{Limits, NoSources, SourceMap, read_zone};

const KEY: HashKey = HashKey::new([0x243f_6a88_85a3_08d3, 0x1319_8a2e_0370_7344]);

fn main() {
    let arguments: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| !word.starts_with('-'))
        .collect();
    let records = arguments
        .first()
        .and_then(|word| word.parse().ok())
        .unwrap_or(1_000_000);
    let wanted = |part: &str| arguments.len() < 2 || arguments[1..].iter().any(|word| word == part);
    let shape = Shape::of(records);
    let (zone, checked) = load(&shape);
    lookups(&zone, &shape, wanted);
    if wanted("patch") {
        patches(&zone);
    }
    if wanted("amend") {
        amendments(&checked);
    }
    if wanted("amends") {
        many_amendments(checked);
    }
    if wanted("zones") {
        many_zones();
    }
}

/// How many names of each kind.
struct Shape {
    hosts: usize,
    cuts: usize,
    mail: usize,
    aliases: usize,
    wildcards: usize,
}

impl Shape {
    fn of(records: usize) -> Self {
        Shape {
            hosts: records / 5,
            cuts: records * 8 / 100,
            mail: records / 20,
            aliases: records / 20,
            wildcards: records / 50,
        }
    }

    fn text(&self) -> String {
        let mut text = String::from(
            "$ORIGIN bench.example.\n$TTL 3600\n@ IN SOA ns1 hostmaster 1 7200 3600 1209600 300\n\
             @ IN NS ns1\n@ IN NS ns2\nns1 IN A 192.0.2.1\nns2 IN A 192.0.2.2\nns1 IN AAAA 2001:db8::1\n",
        );
        self.write_hosts(&mut text).expect("a String takes all");
        self.write_others(&mut text).expect("a String takes all");
        text
    }

    fn write_hosts(&self, text: &mut String) -> std::fmt::Result {
        for i in 0..self.hosts {
            let (a, b, c) = (i >> 16 & 255, i >> 8 & 255, i & 255);
            writeln!(text, "h{i} IN A 10.{a}.{b}.{c}")?;
            writeln!(
                text,
                "h{i} IN AAAA 2001:db8:1::{:x}:{:x}",
                i >> 16,
                i & 65535
            )?;
            if i % 4 == 0 {
                writeln!(text, "h{i} 300 IN TXT \"v=host id={i}\"")?;
            }
        }
        Ok(())
    }

    fn write_others(&self, text: &mut String) -> std::fmt::Result {
        for i in 0..self.cuts {
            let (b, c) = (i >> 8 & 255, i & 255);
            writeln!(text, "d{i} IN NS ns1.d{i}\nd{i} IN NS ns2.d{i}")?;
            writeln!(
                text,
                "ns1.d{i} IN A 10.200.{b}.{c}\nns2.d{i} IN A 10.201.{b}.{c}"
            )?;
        }
        for i in 0..self.mail {
            writeln!(text, "m{i} IN MX 10 h{i}")?;
        }
        for i in 0..self.aliases {
            writeln!(text, "c{i} IN CNAME h{i}")?;
        }
        for i in 0..self.wildcards {
            writeln!(text, "*.w{i} IN A 10.202.{}.{}", i >> 8 & 255, i & 255)?;
        }
        Ok(())
    }
}

fn load(shape: &Shape) -> (Zone<Unchecked>, Zone<Checked>) {
    let text = shape.text();
    println!("text {:.1} MB", text.len() as f64 / 1e6);
    let before = resident();
    let apex = Name::from_text("bench.example").expect("a name");
    let (mut map, mut builder) = (SourceMap::new(), Builder::new(apex.clone(), KEY));
    let clock = Clock::start();
    let limits = Limits::default();
    let errors = read_zone(
        apex.as_ref(),
        "bench.example",
        text,
        &mut NoSources,
        &limits,
        &mut map,
        &mut builder,
    );
    let read = clock.elapsed();
    let zone = builder.finish();
    println!(
        "read into builder {read:.0?}, finish {:.0?}, {zone:?}",
        clock.elapsed() - read
    );
    let clock = Clock::start();
    let policy = Policy::default();
    let (checked, findings) = zone
        .clone()
        .check(&CheckOptions::new(&map, &errors, &policy));
    println!(
        "check {:.0?}, {} findings, publishable {}",
        clock.elapsed(),
        findings.len(),
        checked.is_ok()
    );
    drop(map);
    println!(
        "form {:.1} MiB, resident before {before} now {} peak {} MiB",
        mib(zone.octets()),
        resident(),
        peak()
    );
    (zone, checked.expect("a good zone"))
}

fn lookups(zone: &Zone<Unchecked>, shape: &Shape, wanted: impl Fn(&str) -> bool) {
    let mut random = Random(7);
    let mut row = |what: &str, make: &dyn Fn(&mut Random) -> String| {
        if wanted(what) {
            let text = core::iter::repeat_with(|| make(&mut random) + ".bench.example");
            let names = text
                .take(200_000)
                .map(|text| Name::from_text(&text).expect("a name"));
            time_lookups(what, zone, &names.collect::<Vec<_>>());
        }
    };
    row("host", &|random| format!("h{}", random.below(shape.hosts)));
    row("cut", &|random| {
        format!("www.d{}", random.below(shape.cuts))
    });
    row("wildcard", &|random| {
        format!(
            "x{}.w{}",
            random.below(99_999),
            random.below(shape.wildcards)
        )
    });
    row("missing", &|random| {
        format!("nx{}", random.below(9_999_999))
    });
    row("deep", &|random| {
        format!("{}h{}", "a.".repeat(60), random.below(shape.hosts))
    });
    row("same", &|_| String::from("h1"));
}

fn time_lookups(what: &str, zone: &Zone<Unchecked>, names: &[Name]) {
    let run = || {
        let start = Clock::start();
        let found = names
            .iter()
            .filter(|name| first_octet(zone, name.as_ref()) != 0)
            .count();
        assert_eq!(found, names.len());
        start.elapsed().as_nanos() / names.len() as u128
    };
    println!(
        "lookup {what}: {} ns",
        (0..5).map(|_| run()).min().unwrap_or(0)
    );
}

/// Looks up and reads as far as an answer would: the first record of the first set.
fn first_octet(zone: &Zone<Unchecked>, name: NameRef<'_>) -> u8 {
    let node = match black_box(zone.lookup(name)) {
        Lookup::Exact(node) | Lookup::Dname(node) | Lookup::Delegation { cut: node } => node,
        Lookup::Wildcard { node, .. } | Lookup::Missing { encloser: node } => node,
        Lookup::Outside => return 0,
    };
    let set = node.rrset(Rtype::A).or_else(|| node.rrsets().next());
    set.and_then(|set| set.rdatas().next())
        .map_or(1, |rdata| black_box(rdata[0]) | 1)
}

fn patches(zone: &Zone<Unchecked>) {
    let owner = Name::from_text("h77.bench.example").expect("a name");
    let record = |rdata| RecordRef {
        owner: owner.as_ref(),
        rtype: Rtype::A,
        ttl: Ttl::from_secs(60),
        rdata,
        at: None,
    };
    let changes = [
        Change::Removed(record(&[10, 0, 0, 77])),
        Change::Added(record(&[192, 0, 2, 1])),
    ];
    let patch = || zone.patch(&changes).expect("h77 is there");
    println!("patch of one record: {:.0?}", average(1000, patch));
    let new = |i| Name::from_text(&format!("new{i}.h{i}.bench.example")).expect("a name");
    let names: Vec<Name> = (0..10_000).map(new).collect();
    let owners = names.iter().map(Name::as_ref);
    let added = owners.map(|owner| RecordRef {
        owner,
        ..record(&[192, 0, 2, 2])
    });
    let many: Vec<Change<'_>> = added.map(Change::Added).collect();
    let patch_many = || zone.patch(&many).expect("new names");
    println!("patch of 10,000 records: {:.0?}", average(10, patch_many));
    let patched = patch();
    println!(
        "difference of a patched zone: {:.0?}",
        average(1000, || difference(zone, &patched).count())
    );
}

/// Amendments of one name each.
fn amendments(zone: &Zone<Checked>) {
    let names = ["h77", "new", "a.new.branch", "h78", "www.d3", "*.h5"];
    let names =
        names.map(|name| Name::from_text(&format!("{name}.bench.example")).expect("a name"));
    let [host, new, branch, other, inside, wildcard] = &names;
    let aaaa = {
        let node = zone.node(other.as_ref()).expect("a host");
        node.rrset(Rtype::AAAA).expect("two addresses")
    };
    let aaaa = aaaa.rdatas().next().expect("a record");
    let address = [
        Change::Removed(a(host, &[10, 0, 0, 77])),
        Change::Added(a(host, &[192, 0, 2, 1])),
    ];
    let gone = [
        Change::Removed(a(other, &[10, 0, 0, 78])),
        Change::Removed(RecordRef {
            rtype: Rtype::AAAA,
            ..a(other, aaaa)
        }),
    ];
    time_amend(zone, "an address", &address);
    time_amend(
        zone,
        "a new host",
        &[Change::Added(a(new, &[192, 0, 2, 2]))],
    );
    time_amend(
        zone,
        "a new branch",
        &[Change::Added(a(branch, &[192, 0, 2, 3]))],
    );
    time_amend(zone, "a host gone", &gone);
    time_amend(
        zone,
        "below a cut",
        &[Change::Added(a(inside, &[192, 0, 2, 4]))],
    );
    time_amend(
        zone,
        "a wildcard",
        &[Change::Added(a(wildcard, &[192, 0, 2, 5]))],
    );
}

/// One version after another, each with another address of a host: the mean and the worst of them, which clears the
/// pages of what is no longer in the zone.
fn many_amendments(mut zone: Zone<Checked>) {
    let (policy, mut worst, mut address) = (Policy::default(), Duration::ZERO, [10, 0, 0, 77]);
    let owner = Name::from_text("h77.bench.example").expect("a name");
    let (turns, clock) = (300_000_u32, Clock::start());
    for turn in 0..turns {
        let next = turn.to_be_bytes();
        let changes = [
            Change::Removed(a(&owner, &address)),
            Change::Added(a(&owner, &next)),
        ];
        let turn = Clock::start();
        zone = zone.amend(&changes, &policy).expect("an address");
        (worst, address) = (worst.max(turn.elapsed()), next);
    }
    println!(
        "{turns} amendments: {:.0?} on average, {worst:.0?} at most, {:.1} MiB in the end",
        clock.elapsed() / turns,
        mib(zone.octets())
    );
}

fn a<'r>(owner: &'r Name, rdata: &'r [u8]) -> RecordRef<'r> {
    RecordRef {
        owner: owner.as_ref(),
        rtype: Rtype::A,
        ttl: Ttl::from_secs(3600),
        rdata,
        at: None,
    }
}

fn time_amend(zone: &Zone<Checked>, what: &str, changes: &[Change<'_>]) {
    let policy = Policy::default();
    let amend = || zone.amend(changes, &policy);
    let outcome = match amend() {
        Ok(_) => "done".into(),
        Err(doubt) => format!("in doubt: {doubt}"),
    };
    let turns = if what == "an address" { 1000 } else { 20 };
    println!("amend {what}: {:.0?}, {outcome}", average(turns, amend));
}

/// The CPU time of one turn among many.
fn average<T>(turns: u32, mut turn: impl FnMut() -> T) -> Duration {
    let clock = Clock::start();
    (0..turns).for_each(|_| drop(black_box(turn())));
    clock.elapsed() / turns
}

fn many_zones() {
    let revision = Revision::new("none");
    let mut zones = Zones::new(KEY, revision.clone());
    let before = resident();
    let clock = Clock::start();
    zones
        .extend((0..100_000).map(|number| small_zone(&format!("zone{number}.example"), &revision)));
    println!(
        "100,000 zones read and published: {:.0?}, {} MiB",
        clock.elapsed(),
        resident() - before
    );
    let another = small_zone("zone77.example", &revision);
    let replace = || zones.clone().with(another.clone());
    println!("one of them replaced: {:.0?}", average(1000, replace));
    let changed = replace();
    let mut random = Random(7);
    let name = |number| Name::from_text(&format!("www.zone{number}.example")).expect("a name");
    let names: Vec<Name> = (0..200_000).map(|_| name(random.below(100_000))).collect();
    let clock = Clock::start();
    let found = names
        .iter()
        .filter(|name| changed.lookup(name.as_ref()).is_some())
        .count();
    println!(
        "lookup among them: {} ns",
        clock.elapsed().as_nanos() / found as u128
    );
}

fn small_zone(apex: &str, revision: &Revision) -> Published {
    let text = "@ 300 SOA ns mail 1 7200 3600 1209600 300\n@ 300 NS ns\nns 300 A 192.0.2.1\n\
                ns 300 AAAA 2001:db8::1\nwww 300 A 192.0.2.2\n@ 300 MX 10 www\n";
    let apex = Name::from_text(apex).expect("a name");
    let (mut map, mut builder) = (SourceMap::new(), Builder::new(apex.clone(), KEY));
    let limits = Limits::default();
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
    let (zone, _) = builder
        .finish()
        .check(&CheckOptions::new(&map, &errors, &policy));
    Published {
        zone: zone.expect("a good zone"),
        revision: revision.clone(),
    }
}

/// The CPU time of this thread.
struct Clock(Duration);

impl Clock {
    fn start() -> Self {
        Clock(cpu_time())
    }

    fn elapsed(&self) -> Duration {
        cpu_time() - self.0
    }
}

fn cpu_time() -> Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanoseconds = text
        .split_ascii_whitespace()
        .next()
        .and_then(|word| word.parse().ok());
    Duration::from_nanos(nanoseconds.unwrap_or(0))
}

/// Numbers that are the same in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % end.max(1)
    }
}

fn mib(octets: usize) -> f64 {
    octets as f64 / f64::from(1 << 20)
}

fn resident() -> u64 {
    status("VmRSS:")
}

fn peak() -> u64 {
    status("VmHWM:")
}

/// A line of the kernel's account of this process, in MiB.
fn status(line: &str) -> u64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let found = text.lines().find_map(|text| text.strip_prefix(line));
    found
        .and_then(|rest| rest.trim().strip_suffix(" kB")?.parse::<u64>().ok())
        .unwrap_or(0)
        / 1024
}
