//! Zones from a seed that hold what DNS makes difficult: cuts with, without and with foreign glue, wildcards at depth,
//! empty non-terminals, CNAME chains and loops, DNAMEs that grow too long, occluded data, odd labels, odd types.

mod questions;
mod rare;
mod rdata;

use std::collections::BTreeMap;
use std::fmt::Write;

pub use questions::questions;
pub use rare::rare;

use crate::name::Name;
use crate::peers::ZoneText;
use crate::random::Random;

/// A zone that was made up.
#[derive(Debug)]
pub struct Generated {
    /// As text for a server.
    pub zone: ZoneText,
    /// Every owner, in the case of the text.
    pub owners: Vec<Name>,
}

/// What a name is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Apex,
    Host,
    Data,
    Alias,
    Dname,
    Cut,
}

/// Names and their roles, before there is any data.
struct Plan {
    apex: Name,
    roles: BTreeMap<Name, (Name, Role)>,
}

/// Makes the zone `apex` with about `size` owners. All of BIND, NSD and Knot load what comes out.
pub fn zone(random: &mut Random, apex: &str, size: usize) -> Generated {
    let plan = Plan::new(random, &Name::plain(apex), size);
    let mut text = format!("$ORIGIN {}\n$TTL 300\n", plan.apex);
    for (owner, role) in plan.roles.values() {
        for (owner, line) in plan.records(random, owner, *role) {
            writeln!(text, "{owner} {line}").expect("a String takes all");
        }
    }
    let owners = plan
        .roles
        .values()
        .map(|(owner, _)| owner.clone())
        .collect();
    Generated {
        zone: ZoneText {
            apex: plan.apex,
            text,
        },
        owners,
    }
}

impl Plan {
    fn new(random: &mut Random, apex: &Name, size: usize) -> Plan {
        let mut plan = Plan {
            apex: apex.clone(),
            roles: BTreeMap::new(),
        };
        plan.add(apex.clone(), Role::Apex);
        for host in [&b"ns1"[..], b"ns2", b"MAIL"] {
            plan.add(apex.child(host).expect("the apex is short"), Role::Host);
        }
        for _ in 0..size {
            let parent = plan.some_owner(random);
            let owner = descend(random, parent);
            let role = role(random, &owner);
            plan.add(owner, role);
        }
        plan.drop_names_below_dnames();
        plan
    }

    /// The first role of a name stays.
    fn add(&mut self, owner: Name, role: Role) {
        self.roles.entry(owner.lowercase()).or_insert((owner, role));
    }

    /// RFC 6672 §2.4: nothing may stand below a DNAME; servers refuse the zone.
    fn drop_names_below_dnames(&mut self) {
        let dnames: Vec<Name> = self.of_role(Role::Dname).cloned().collect();
        self.roles.retain(|name, _| {
            !dnames
                .iter()
                .any(|dname| name.is_at_or_below(dname) && *name != dname.lowercase())
        });
    }

    fn of_role(&self, wanted: Role) -> impl Iterator<Item = &Name> {
        self.roles
            .values()
            .filter(move |(_, role)| *role == wanted)
            .map(|(owner, _)| owner)
    }

    fn some_owner(&self, random: &mut Random) -> Name {
        if random.chance(40) {
            return self.apex.clone();
        }
        let at = random.below(self.roles.len());
        self.roles
            .values()
            .nth(at)
            .expect("it is below the length")
            .0
            .clone()
    }

    /// A name in or out of the zone that data may point to: existing, missing, looping, below a cut or a DNAME.
    fn some_target(&self, random: &mut Random) -> Name {
        let owner = self.some_owner(random);
        match random.below(10) {
            0..5 => owner,
            5 | 6 => descend(random, owner),
            7 => descend(random, self.apex.clone()),
            8 => Name::plain("www.elsewhere.example"),
            _ => Name::plain("Mixed.Case.Elsewhere.example"),
        }
    }

    /// Owners with the rest of their lines; a cut brings its glue.
    fn records(&self, random: &mut Random, owner: &Name, role: Role) -> Vec<(Name, String)> {
        let lines = match role {
            Role::Apex => self.apex_lines(random),
            Role::Host => rdata::addresses(random),
            Role::Data => rdata::some(random, &mut |random| self.some_target(random)),
            Role::Alias => vec![format!(
                "{} CNAME {}",
                rdata::ttl(random),
                self.some_target(random)
            )],
            Role::Dname => self.dname_lines(random, owner),
            Role::Cut => self.cut_lines(random, owner),
        };
        let own = lines.into_iter().map(|line| (owner.clone(), line));
        // One cut in five has none of the glue it needs.
        let glue = (role == Role::Cut && random.chance(80)).then(|| glue(random, owner));
        own.chain(glue.into_iter().flatten()).collect()
    }

    fn apex_lines(&self, random: &mut Random) -> Vec<String> {
        let apex = &self.apex;
        let minimum = random.pick(&[60, 300, 86_400]);
        let mut lines = vec![
            format!(
                "3600 SOA ns1.{apex} Host\\.Master.{apex} 2026112101 7200 3600 1209600 {minimum}"
            ),
            format!("3600 NS ns1.{apex}"),
            "3600 NS ns.elsewhere.example.".to_owned(),
        ];
        lines.extend(rdata::some(random, &mut |random| self.some_target(random)));
        lines
    }

    fn dname_lines(&self, random: &mut Random, owner: &Name) -> Vec<String> {
        let long = [b"l".repeat(60), b"m".repeat(60), b"n".repeat(60)];
        let far = long.iter().fold(Name::plain("far.example"), |name, label| {
            name.child(label).expect("it is 192 octets")
        });
        let target = match random.below(8) {
            0 => far,
            // RFC 6672 §3.1: the chain ends when the name has grown too long.
            1 => owner.child(b"deeper").unwrap_or(far),
            _ => self.some_target(random),
        };
        let mut lines = vec![format!("{} DNAME {target}", rdata::ttl(random))];
        if random.chance(50) {
            lines.extend(rdata::addresses(random));
        }
        lines
    }

    /// RFC 1034 §4.2.1: a cut names servers below itself, beside itself, below another cut and elsewhere.
    fn cut_lines(&self, random: &mut Random, owner: &Name) -> Vec<String> {
        let ttl = rdata::ttl(random);
        let mut lines = Vec::new();
        let others: Vec<&Name> = self.of_role(Role::Cut).collect();
        for at in 0..=random.below(3) {
            let server = match random.below(6) {
                0..3 => glue_name(owner, at),
                3 => Name::plain(&format!("ns2.{}", self.apex)),
                4 => glue_name(others[random.below(others.len())], 0),
                _ => Name::plain("ns.elsewhere.example"),
            };
            lines.push(format!("{ttl} NS {server}"));
        }
        if random.chance(40) {
            lines.push(format!(
                "{ttl} DS {} 13 2 {}",
                random.below(65_536),
                "0123456789ABCDEF".repeat(4)
            ));
        }
        lines.sort();
        lines.dedup();
        lines
    }
}

fn glue(random: &mut Random, cut: &Name) -> Vec<(Name, String)> {
    let name = glue_name(cut, 0);
    rdata::addresses(random)
        .into_iter()
        .map(|line| (name.clone(), line))
        .collect()
}

fn glue_name(cut: &Name, at: usize) -> Name {
    cut.child(format!("Ns{at}").as_bytes())
        .unwrap_or_else(|| Name::plain("ns.elsewhere.example"))
}

/// RFC 4592 §4: wildcards own data and aliases; NS and DNAME there have no agreed meaning.
fn role(random: &mut Random, owner: &Name) -> Role {
    let wildcard = owner.first_label() == b"*";
    match random.below(100) {
        0..55 => Role::Data,
        55..75 => Role::Alias,
        75..83 if !wildcard => Role::Dname,
        83..100 if !wildcard => Role::Cut,
        _ => Role::Data,
    }
}

/// One to three labels further down; the labels between become empty non-terminals.
fn descend(random: &mut Random, from: Name) -> Name {
    let depth = 1 + random.below(10) / 6 + random.below(10) / 8;
    (0..depth).fold(from, |name, _| {
        let label = some_label(random);
        name.child(&label).unwrap_or(name)
    })
}

fn some_label(random: &mut Random) -> Vec<u8> {
    const PLAIN: &[&[u8]] = &[
        b"a", b"b", b"c", b"d", b"e", b"WWW", b"Mixed", b"_tcp", b"_443", b"1", b"x-y",
    ];
    const ODD: &[&[u8]] = &[
        b"with.dot",
        b"back\\slash",
        b"sp ace",
        b"nul\0",
        b"\xc3\xa9",
        b"\"quoted\"",
        b"a;b",
        b"$",
        b"@",
        b"(",
        b"\xff\xfe",
        b"**",
    ];
    match random.below(100) {
        0..12 => b"*".to_vec(),
        12..20 => random.pick(ODD).to_vec(),
        20..22 => vec![b'z'; 63],
        _ => random.pick(PLAIN).to_vec(),
    }
}
