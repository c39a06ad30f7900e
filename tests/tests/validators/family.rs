//! A signed zone with a secure and an insecure child, and what validators are to say about it.

use tests::name::Name;
use tests::peers::{Kind, Peer, ZoneText};
use tests::rtype::Rtype;
use tests::sign::{Signer, ds, sign};
use tests::validators::{Anchor, Verdict};

/// With two children, `secure` and `insecure`, served beside it; `far` and `near` stand elsewhere.
const PARENT: &str = "\
@ SOA ns host 1 7200 3600 1209600 300
@ NS ns
ns A 192.0.2.53
www A 192.0.2.1
alias CNAME www
chain CNAME alias
dangling CNAME missing
*.wild A 192.0.2.2
*.aliases CNAME www
a.b.*.deep TXT \"the asterisk is empty\"
into-wild CNAME x.wild
d DNAME tree
a.tree A 192.0.2.3
long DNAME d
a.empty TXT \"what is above is empty\"
to-secure CNAME www.secure
to-insecure CNAME www.insecure
d-secure DNAME secure
d-insecure DNAME insecure
secure NS ns
insecure NS ns
far NS ns.elsewhere.test.
far DS 12345 13 2 0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF
near NS ns.elsewhere.test.
cut.under NS ns.elsewhere.test.
";

const CHILD: &str = "\
@ SOA ns.elsewhere.test. host.elsewhere.test. 1 7200 3600 1209600 300
@ NS ns.elsewhere.test.
www A 192.0.2.4
*.wild A 192.0.2.5
a.empty TXT \"below an empty name\"
";

/// Question, type, and the verdict: of both on zones that prove everything, then with opt-out that of Unbound and that
/// of delv, where they differ from it. RFC 5155 §9.2: what rests on a span with opt-out is not secure; delv applies that
/// to answers and not to denials.
const TABLE: &str = "\
www                 A      secure
www                 AAAA   secure
@                   SOA    secure
@                   NS     secure
@                   MX     secure
missing             A      secure    insecure secure
a.b.c.missing       A      secure    insecure secure
alias               A      secure
alias               CNAME  secure
chain               A      secure
chain               TXT    secure
dangling            A      secure    insecure secure
x.wild              A      secure    insecure insecure
x.y.wild            A      secure    insecure insecure
x.wild              TXT    secure    insecure secure
*.wild              A      secure
*.wild              TXT    secure
wild                A      secure
x.aliases           A      secure    insecure insecure
into-wild           A      secure    insecure insecure
x.deep              A      secure    insecure secure
d                   DNAME  secure
a.d                 A      secure
a.d                 TXT    secure
b.d                 A      secure    insecure secure
a.long              A      secure
empty               A      secure
x.empty             A      secure    insecure secure
secure              DS     secure
www.secure          A      secure
www.secure          TXT    secure
missing.secure      A      secure    insecure secure
x.wild.secure       A      secure    insecure insecure
empty.secure        A      secure
to-secure           A      secure
www.d-secure        A      secure
insecure            DS     secure    insecure secure
www.insecure        A      insecure
missing.insecure    A      insecure
to-insecure         A      insecure
www.d-insecure      A      insecure
far                 DS     secure
near                DS     secure    insecure secure
cut.under           DS     secure    insecure secure
under               A      secure    insecure secure
";

/// A signed parent with its children.
pub(crate) struct Family {
    /// The parent first.
    pub(crate) zones: [ZoneText; 3],
    pub(crate) signer: Signer,
}

impl Family {
    pub(crate) fn signed(label: &str, signer: Signer) -> Family {
        let apex = Name::plain(&format!("{label}.example"));
        let child = |label: &[u8]| text(apex.child(label).unwrap(), CHILD);
        let secure = sign(&child(b"secure"), signer);
        let parent = text(
            apex.clone(),
            &format!("{PARENT}secure DS {}\n", ds(&secure)),
        );
        Family {
            zones: [sign(&parent, signer), secure, child(b"insecure")],
            signer,
        }
    }

    pub(crate) fn name(&self, relative: &str) -> Name {
        let labels = relative.split('.').filter(|label| *label != "@").rev();
        labels.fold(self.zones[0].apex.clone(), |name, label| {
            name.child(label.as_bytes()).unwrap()
        })
    }
}

fn text(apex: Name, records: &str) -> ZoneText {
    ZoneText {
        text: format!("$ORIGIN {apex}\n$TTL 300\n{records}"),
        apex,
    }
}

pub(crate) fn serve(families: &[Family]) -> (Peer, Vec<Anchor>) {
    let zones: Vec<_> = families
        .iter()
        .flat_map(|family| family.zones.clone())
        .collect();
    let anchors = families.iter().map(|family| Anchor::of(&family.zones[0]));
    (Peer::start(Kind::Primary, &zones), anchors.collect())
}

/// One line of the table for one family.
pub(crate) struct Row {
    pub(crate) name: Name,
    pub(crate) rtype: u16,
    pub(crate) unbound: Verdict,
    pub(crate) delv: Verdict,
}

impl std::fmt::Display for Row {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.name, Rtype(self.rtype))
    }
}

pub(crate) fn rows(family: &Family) -> impl Iterator<Item = Row> {
    TABLE.lines().map(|line| {
        let words: Vec<&str> = line.split_ascii_whitespace().collect();
        let verdict = |at: usize| {
            let said = words
                .get(at)
                .filter(|_| family.signer == Signer::OptOut)
                .unwrap_or(&words[2]);
            Verdict::ALL
                .into_iter()
                .find(|verdict| verdict.to_string() == **said)
                .unwrap()
        };
        Row {
            name: family.name(words[0]),
            rtype: Rtype::of(words[1]).unwrap().0,
            unbound: verdict(3),
            delv: verdict(4),
        }
    })
}
