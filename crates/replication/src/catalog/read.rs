//! From a zone to what it lists.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use rr::{Name, NameRef, Rtype};
use zone::{Checked, Node, RrsetRef, Zone};

use super::{Broken, Catalog, Limits, Member};

/// TXT data of the one version there is (RFC 9432 §4.2.1).
const VERSION: &[u8] = b"\x012";

impl Catalog {
    /// Reads a zone as a catalog.
    ///
    /// # Errors
    /// Why it is broken; then nothing of it counts.
    pub fn read(zone: &Zone<Checked>, limits: &Limits) -> Result<Self, Broken> {
        check_version(zone)?;
        let apex = zone.apex().to_lowercase();
        let Ok(list) = Name::below(b"zones", apex.as_ref()) else {
            // A name as long as that has no room for members either.
            return Ok(Self {
                apex,
                members: BTreeMap::new(),
            });
        };
        let mut nodes = BTreeMap::new();
        let below = zone
            .nodes()
            .filter(|node| node.owner().is_below(list.as_ref()));
        for node in below {
            note(&mut nodes, node, list.as_ref())?;
            if nodes.len() > limits.members {
                return Err(Broken::TooMany(limits.members));
            }
        }
        let members = by_name(nodes, &apex)?;
        Ok(Self { apex, members })
    }
}

fn check_version(zone: &Zone<Checked>) -> Result<(), Broken> {
    let name = Name::below(b"version", zone.apex()).map_err(|_| Broken::Version)?;
    let set = zone
        .node(name.as_ref())
        .and_then(|node| node.rrset(Rtype::TXT));
    let mut rdatas = set.into_iter().flat_map(RrsetRef::rdatas);
    match (rdatas.next(), rdatas.next()) {
        (Some(VERSION), None) => Ok(()),
        _ => Err(Broken::Version),
    }
}

/// Members by the labels of their nodes, with the names that they list.
type Nodes = BTreeMap<Vec<u8>, (Name, Member)>;

/// Canonical order brings a member's node before what is below it. Properties of no member are passed over, as is all that
/// is further below.
fn note(nodes: &mut Nodes, node: Node<'_>, list: NameRef<'_>) -> Result<(), Broken> {
    let owner = node.owner();
    let (Some(label), Some(parent)) = (owner.first_label(), owner.parent()) else {
        return Ok(());
    };
    if parent == list {
        let Some(set) = node.rrset(Rtype::PTR) else {
            return Ok(());
        };
        let name = one_name(set).ok_or_else(|| Broken::Member(owner.to_owned()))?;
        let member = Member {
            label: label.to_ascii_lowercase(),
            ..Member::default()
        };
        nodes.insert(member.label.clone(), (name, member));
    } else if parent.parent() == Some(list)
        && let Some(of) = parent.first_label()
        && let Some((_, member)) = nodes.get_mut(&of.to_ascii_lowercase())
    {
        note_property(member, node, label)?;
    }
    Ok(())
}

fn note_property(member: &mut Member, node: Node<'_>, label: &[u8]) -> Result<(), Broken> {
    if label.eq_ignore_ascii_case(b"coo")
        && let Some(set) = node.rrset(Rtype::PTR)
    {
        let owner = || Broken::ChangeOfOwnership(node.owner().to_owned());
        member.moves_to = Some(one_name(set).ok_or_else(owner)?);
    }
    if label.eq_ignore_ascii_case(b"group")
        && let Some(set) = node.rrset(Rtype::TXT)
    {
        // §4.4.2: each record is one group, of one string.
        let groups = set.rdatas().filter_map(one_string);
        member.groups = groups.map(<[u8]>::to_vec).collect();
    }
    Ok(())
}

fn by_name(nodes: Nodes, apex: &Name) -> Result<BTreeMap<Name, Member>, Broken> {
    let mut members = BTreeMap::new();
    for (name, member) in nodes.into_values().filter(|(name, _)| name != apex) {
        if members.insert(name.clone(), member).is_some() {
            return Err(Broken::Twice(name));
        }
    }
    Ok(members)
}

/// The name that a set of one PTR record has, in lower case.
fn one_name(set: RrsetRef<'_>) -> Option<Name> {
    let mut rdatas = set.rdatas();
    let name = NameRef::from_wire(rdatas.next()?).ok()?;
    rdatas.next().is_none().then(|| name.to_lowercase())
}

fn one_string(rdata: &[u8]) -> Option<&[u8]> {
    let (length, text) = rdata.split_first()?;
    (text.len() == usize::from(*length)).then_some(text)
}
