//! Random updates against a naive model, written straight from the pseudocode of RFC 2136 §3 over a list of lines; and
//! messages that nobody would send.

use proptest::prelude::*;
use proptest::sample::select;
use update::{Message, Planned};
use wire::Records;

use crate::support::{lines, name, planned, script, zone};
use crate::tables::rcode;

pub(crate) const ZONE: &str = "@ 300 SOA ns mail 10 7200 900 1209600 300\n@ 300 NS ns\n@ 300 NS ns2\nns 300 A 192.0.2.1\n\
    ns2 300 A 192.0.2.2\nwww 300 A 192.0.2.1\nwww 300 A 192.0.2.2\nwww 300 TXT \"x\"\nalias 300 CNAME www\na.ent 300 TXT \"y\"\n";

const OWNERS: &[&str] = &["@", "ns", "www", "WWW", "alias", "ent", "a.ent", "new"];
const DATA: &[(&str, &str)] = &[
    ("A", "192.0.2.1"),
    ("A", "192.0.2.2"),
    ("A", "192.0.2.3"),
    ("TXT", "\"x\""),
    ("TXT", "\"y\""),
    ("NS", "ns"),
    ("NS", "ns2"),
    ("CNAME", "www"),
    ("CNAME", "ns"),
    ("SOA", "ns mail 9 7200 900 1209600 300"),
    ("SOA", "ns mail 10 7200 900 1209600 301"),
    ("SOA", "ns mail 11 7200 900 1209600 300"),
    ("SOA", "ns mail 12 7200 900 1209600 300"),
];

/// A record of the model: owner in small letters, type, TTL, data.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Line {
    owner: String,
    rtype: String,
    ttl: u32,
    data: String,
}

#[derive(Clone, Debug)]
struct Model(Vec<Line>);

impl Model {
    fn of(zone: &str) -> Model {
        let line = |line: &str| {
            let words: Vec<&str> = line.splitn(4, ' ').collect();
            Line {
                owner: words[0].into(),
                ttl: words[1].parse().unwrap(),
                rtype: words[2].into(),
                data: words[3].into(),
            }
        };
        Model(zone.lines().map(line).collect())
    }

    fn has(&self, owner: &str, rtype: &str) -> bool {
        self.0
            .iter()
            .any(|line| line.owner == owner && line.rtype == rtype)
    }

    fn datas(&self, owner: &str, rtype: &str) -> Vec<&str> {
        let of_set = self
            .0
            .iter()
            .filter(|line| line.owner == owner && line.rtype == rtype);
        let mut datas: Vec<&str> = of_set.map(|line| line.data.as_str()).collect();
        datas.sort_unstable();
        datas
    }

    /// §3.2.5, but for what is malformed.
    fn prerequisites(&self, script: &[String]) -> Result<(), &'static str> {
        let mut exact: Vec<(String, String, String)> = Vec::new();
        for line in script {
            let words: Vec<&str> = line.splitn(5, ' ').collect();
            let ["prereq", kind, owner, rest @ ..] = words.as_slice() else {
                continue;
            };
            let owner = owner.to_lowercase();
            let in_use = self.0.iter().any(|line| line.owner == owner);
            match (*kind, rest) {
                ("yxdomain", _) if !in_use => return Err("NXDOMAIN"),
                ("nxdomain", _) if in_use => return Err("YXDOMAIN"),
                ("yxrrset", [rtype]) if !self.has(&owner, rtype) => return Err("NXRRSET"),
                ("nxrrset", [rtype]) if self.has(&owner, rtype) => return Err("YXRRSET"),
                ("yxrrset", [rtype, data]) => {
                    exact.push((owner, (*rtype).to_owned(), (*data).to_owned()));
                }
                _ => {}
            }
        }
        exact.sort();
        exact.dedup();
        for set in exact.chunk_by(|a, b| (&a.0, &a.1) == (&b.0, &b.1)) {
            let wanted: Vec<&str> = set.iter().map(|(_, _, data)| data.as_str()).collect();
            if self.datas(&set[0].0, &set[0].1) != wanted {
                return Err("NXRRSET");
            }
        }
        Ok(())
    }

    /// §3.4.2.7.
    fn update(&mut self, script: &[String]) {
        for line in script {
            let words: Vec<&str> = line.splitn(6, ' ').collect();
            match words.as_slice() {
                ["update", "add", owner, ttl, rtype, data] => {
                    self.add(&owner.to_lowercase(), ttl.parse().unwrap(), rtype, data);
                }
                ["update", "delete", owner, rest @ ..] => self.delete(&owner.to_lowercase(), rest),
                _ => {}
            }
        }
    }

    fn add(&mut self, owner: &str, ttl: u32, rtype: &str, data: &str) {
        let is_other = |line: &Line| line.owner == owner && line.rtype != "CNAME";
        if rtype == "CNAME" && self.0.iter().any(is_other)
            || rtype != "CNAME" && self.has(owner, "CNAME")
        {
            return;
        }
        let serial = |data: &str| data.split(' ').nth(2).unwrap().parse::<u32>().unwrap();
        if rtype == "SOA"
            && self
                .datas(owner, "SOA")
                .first()
                .is_none_or(|old| serial(old) >= serial(data))
        {
            return;
        }
        let is_same = |line: &Line| {
            line.owner == owner
                && line.rtype == rtype
                && (matches!(rtype, "CNAME" | "SOA") || line.data == data)
        };
        self.0.retain(|line| !is_same(line));
        self.0.push(Line {
            owner: owner.into(),
            rtype: rtype.into(),
            ttl,
            data: data.into(),
        });
        let of_set = self
            .0
            .iter_mut()
            .filter(|line| line.owner == owner && line.rtype == rtype);
        of_set.for_each(|line| line.ttl = ttl);
    }

    fn delete(&mut self, owner: &str, rest: &[&str]) {
        let kept = |rtype: &str| owner == "@" && matches!(rtype, "SOA" | "NS");
        match *rest {
            [] => self
                .0
                .retain(|line| line.owner != owner || kept(&line.rtype)),
            [rtype] if kept(rtype) => {}
            [rtype] => self
                .0
                .retain(|line| line.owner != owner || line.rtype != rtype),
            [rtype, ref data @ ..] => {
                let data = data.join(" ");
                if rtype == "SOA" || kept(rtype) && self.datas(owner, rtype) == [data.as_str()] {
                    return;
                }
                self.0
                    .retain(|line| line.owner != owner || line.rtype != rtype || line.data != data);
            }
        }
    }

    /// The lines that only one side has.
    fn difference(before: &Model, after: &Model) -> Vec<String> {
        let shown = |sign: &str, line: &Line| {
            format!(
                "{sign} {} {} {} {}",
                line.owner, line.ttl, line.rtype, line.data
            )
        };
        let gone = before
            .0
            .iter()
            .filter(|line| !after.0.contains(line))
            .map(|line| shown("-", line));
        let come = after
            .0
            .iter()
            .filter(|line| !before.0.contains(line))
            .map(|line| shown("+", line));
        let mut lines: Vec<String> = gone.chain(come).collect();
        lines.sort();
        lines
    }
}

/// One line of an update.
pub(crate) fn step() -> impl Strategy<Value = String> {
    let owner = || select(OWNERS);
    let add = (owner(), select(&[60, 300][..]), select(DATA))
        .prop_map(|(owner, ttl, (rtype, data))| format!("update add {owner} {ttl} {rtype} {data}"));
    let delete =
        (owner(), select(DATA), 0..3).prop_map(|(owner, (rtype, data), what)| match what {
            0 => format!("update delete {owner}"),
            1 => format!("update delete {owner} {rtype}"),
            _ => format!("update delete {owner} {rtype} {data}"),
        });
    prop_oneof![3 => add, 2 => delete]
}

fn prerequisite() -> impl Strategy<Value = String> {
    (select(OWNERS), select(DATA), 0..5).prop_map(|(owner, (rtype, data), what)| match what {
        0 => format!("prereq yxdomain {owner}"),
        1 => format!("prereq nxdomain {owner}"),
        2 => format!("prereq yxrrset {owner} {rtype}"),
        3 => format!("prereq nxrrset {owner} {rtype}"),
        _ => format!("prereq yxrrset {owner} {rtype} {data}"),
    })
}

fn any_script() -> impl Strategy<Value = Vec<String>> {
    let prerequisites = prop_oneof![3 => Just(0_usize), 1 => 1..3_usize]
        .prop_flat_map(|count| prop::collection::vec(prerequisite(), count));
    let steps = prop::collection::vec(step(), 0..8);
    (prerequisites, steps).prop_map(|(mut script, steps)| {
        script.extend(steps);
        script
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// Response code and result are the model's.
    #[test]
    fn random_updates_do_what_the_pseudocode_does(script in any_script()) {
        let (apex, zone, before) = (name("example.org"), zone("example.org", ZONE), Model::of(ZONE));
        let mut after = before.clone();
        let wanted = before.prerequisites(&script).map(|()| {
            after.update(&script);
            Model::difference(&before, &after)
        });
        let given = planned(&zone, &script::message(&apex, &script));
        let given = given.map(|planned| lines(&planned, &apex)).map_err(|refusal| rcode(&refusal));
        let given = given.map(|lines| {
            // The model does not know how names are spelt.
            lines.into_iter().map(|line| line.replace("WWW", "www")).collect::<Vec<_>>()
        });
        prop_assert_eq!(given, wanted.map_err(str::to_owned));
    }

    /// Any change of octets gives a plan or a refusal, and what is planned fits the zone.
    #[test]
    fn changed_messages_are_planned_or_refused(
        script in any_script(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let (apex, zone) = (name("example.org"), zone("example.org", ZONE));
        let mut octets = script::message(&apex, &script);
        for (at, octet) in changes {
            let at = at.index(octets.len());
            octets[at] = octet;
        }
        // What is no query at all is never signed, and a signature behind octets of no record is never found.
        if Message::parse(&octets).is_ok()
            && ends_with_a_record(&octets)
            && let Ok(Planned::Changes(changes)) = planned(&zone, &octets)
        {
            prop_assert!(zone.patch(&changes.records()).is_ok());
        }
    }
}

/// Whether nothing stands behind the records that the header counts.
fn ends_with_a_record(octets: &[u8]) -> bool {
    let Ok(mut records) = Records::of(octets) else {
        return false;
    };
    let is_readable = records.by_ref().all(|record| record.is_ok());
    is_readable && records.at() == octets.len()
}
