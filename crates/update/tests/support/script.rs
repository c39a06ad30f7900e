//! Updates in the words of nsupdate, as octets; and records that no client would send.

use rr::text::{Words, read_rdata};
use rr::{Class, Name, Rtype};

/// An UPDATE message without signature, of lines such as
///
/// ```text
/// prereq yxrrset www A 192.0.2.1       and nxrrset, yxdomain, nxdomain
/// update add www 60 A 192.0.2.1        and `update delete www`, `... www A`, `... www A 192.0.2.1`
/// raw update www 60 ANY A \# 0         section, owner, TTL, class, type, and data if there are any
/// section ANY SOA                      another class and type of the zone section
/// ```
/// All names without a final dot are relative to the zone.
pub(crate) fn message(apex: &Name, script: &[String]) -> Vec<u8> {
    let mut built = Built {
        apex: apex.clone(),
        section: (Class::IN, Rtype::SOA),
        counts: [0; 2],
        prerequisites: Vec::new(),
        updates: Vec::new(),
    };
    script.iter().for_each(|line| built.take(line));
    built.octets()
}

struct Built {
    apex: Name,
    section: (Class, Rtype),
    counts: [u16; 2],
    prerequisites: Vec<u8>,
    updates: Vec<u8>,
}

impl Built {
    fn take(&mut self, line: &str) {
        let mut words = line.splitn(4, ' ');
        let mut word = || words.next().unwrap_or("");
        match (word(), word(), word(), word()) {
            ("section", class, rtype, _) => {
                self.section = (class.parse().unwrap(), rtype.parse().unwrap());
            }
            ("raw", section, owner, rest) => self.raw(section, owner, rest),
            ("prereq", kind, owner, rest) => self.prerequisite(kind, owner, rest),
            ("update", "add", owner, rest) => {
                let (ttl, rest) = rest.split_once(' ').unwrap();
                let (rtype, data) = rest.split_once(' ').unwrap();
                let data = self.data(rtype, data);
                self.record(
                    "update",
                    owner,
                    ttl.parse().unwrap(),
                    Class::IN,
                    rtype,
                    &data,
                );
            }
            ("update", "delete", owner, rest) => self.deletion(owner, rest),
            _ => panic!("{line}"),
        }
    }

    fn prerequisite(&mut self, kind: &str, owner: &str, rest: &str) {
        let (rtype, data) = rest.split_once(' ').unwrap_or((rest, ""));
        match (kind, data) {
            ("yxdomain", _) => self.record("prereq", owner, 0, Class::ANY, "ANY", &[]),
            ("nxdomain", _) => self.record("prereq", owner, 0, Class::NONE, "ANY", &[]),
            ("yxrrset", "") => self.record("prereq", owner, 0, Class::ANY, rtype, &[]),
            ("nxrrset", "") => self.record("prereq", owner, 0, Class::NONE, rtype, &[]),
            ("yxrrset", data) => {
                let data = self.data(rtype, data);
                self.record("prereq", owner, 0, Class::IN, rtype, &data);
            }
            _ => panic!("prereq {kind}"),
        }
    }

    fn deletion(&mut self, owner: &str, rest: &str) {
        match rest.split_once(' ') {
            Some((rtype, data)) => {
                let data = self.data(rtype, data);
                self.record("update", owner, 0, Class::NONE, rtype, &data);
            }
            None if rest.is_empty() => self.record("update", owner, 0, Class::ANY, "ANY", &[]),
            None => self.record("update", owner, 0, Class::ANY, rest, &[]),
        }
    }

    fn raw(&mut self, section: &str, owner: &str, rest: &str) {
        let words: Vec<&str> = rest.splitn(4, ' ').collect();
        let [ttl, class, rtype, data] = [0, 1, 2, 3].map(|at| words.get(at).copied().unwrap_or(""));
        let data = match data.strip_prefix("\\# ") {
            Some(generic) => generic
                .split_once(' ')
                .map_or_else(Vec::new, |(_, digits)| hex(digits)),
            None if data.is_empty() => Vec::new(),
            None => self.data(rtype, data),
        };
        self.record(
            section,
            owner,
            ttl.parse().unwrap(),
            class.parse().unwrap(),
            rtype,
            &data,
        );
    }

    fn data(&self, rtype: &str, text: &str) -> Vec<u8> {
        let mut data = Vec::new();
        let rtype = rtype.parse().unwrap();
        read_rdata(rtype, &mut Words::new(text), self.apex.as_ref(), &mut data)
            .unwrap_or_else(|error| panic!("{rtype} {text}: {error:?}"));
        data
    }

    fn record(
        &mut self,
        section: &str,
        owner: &str,
        ttl: u32,
        class: Class,
        rtype: &str,
        data: &[u8],
    ) {
        let owner = Name::read(owner.as_bytes(), Some(self.apex.as_ref())).unwrap();
        let (place, out) = match section {
            "prereq" => (0, &mut self.prerequisites),
            _ => (1, &mut self.updates),
        };
        self.counts[place] += 1;
        append(out, &owner, ttl, class, rtype.parse().unwrap(), data);
    }

    fn octets(&self) -> Vec<u8> {
        let mut out = vec![0x12, 0x34, 0x28, 0, 0, 1];
        self.counts
            .iter()
            .for_each(|count| out.extend(count.to_be_bytes()));
        out.extend([0, 0]);
        out.extend_from_slice(self.apex.as_wire());
        out.extend(self.section.1.0.to_be_bytes());
        out.extend(self.section.0.0.to_be_bytes());
        out.extend_from_slice(&self.prerequisites);
        out.extend_from_slice(&self.updates);
        out
    }
}

/// Appends a record as it stands in a message.
pub(crate) fn append(
    out: &mut Vec<u8>,
    owner: &Name,
    ttl: u32,
    class: Class,
    rtype: Rtype,
    data: &[u8],
) {
    out.extend_from_slice(owner.as_wire());
    out.extend(rtype.0.to_be_bytes());
    out.extend(class.0.to_be_bytes());
    out.extend(ttl.to_be_bytes());
    out.extend((data.len() as u16).to_be_bytes());
    out.extend_from_slice(data);
}

fn hex(digits: &str) -> Vec<u8> {
    let digits = digits.replace(' ', "");
    let pairs = (0..digits.len()).step_by(2);
    pairs
        .map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap())
        .collect()
}
