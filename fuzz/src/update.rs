//! Updates as a server plans them, and policies.

use std::sync::{Arc, LazyLock};

use rr::{Name, Rtype, Serial};
use tsig::{Key, Keyring, ReplayGuard, Request, Time, text};
use update::{Message, Planned, Policy, Scene, Update, plan};
use zone::check::CheckOptions;
use zone::{Builder, Checked, HashKey, Revision, Zone, Zones};
use zonefile::{Limits, NoSources, SourceMap, read_zone};

const LINE: &str = "boss._update:SHA256:AAECAwQFBgcICQoLDA0ODw==";
const NOW: Time = Time::from_secs(1_800_000_000);
const HASH: HashKey = HashKey::new([1, 2]);
/// The zone that the messages of the corpus are about.
const ZONE: &str = "@ 300 SOA ns mail 10 7200 900 1209600 300\n@ 300 NS ns\n@ 300 NS ns2\nns 300 A 192.0.2.1\n\
    ns2 300 A 192.0.2.2\nwww 300 A 192.0.2.1\nwww 300 A 192.0.2.2\nwww 300 TXT \"x\"\nalias 300 CNAME www\na.ent 300 TXT \"y\"\n";

static KEY: LazyLock<Arc<Key>> = LazyLock::new(|| Arc::new(text::read_key(LINE).expect("a key")));
static KEYS: LazyLock<Keyring> =
    LazyLock::new(|| text::read_keys(LINE.as_bytes()).expect("a line is a file"));
static BEFORE: LazyLock<Zone<Checked>> = LazyLock::new(|| {
    let apex = Name::from_text("example.org").expect("a name");
    let (mut map, mut builder) = (SourceMap::new(), Builder::new(apex.clone(), HASH));
    let limits = Limits::default();
    let errors = read_zone(
        apex.as_ref(),
        "zone",
        ZONE,
        &mut NoSources,
        &limits,
        &mut map,
        &mut builder,
    );
    let policy = zone::check::Policy::default();
    let checked = builder
        .finish()
        .check(&CheckOptions::new(&map, &errors, &policy));
    checked.0.expect("a good zone")
});

/// A message without its signature: it is refused, or what it comes to fits the zone, which keeps what a zone must have.
pub fn update(octets: &[u8]) {
    if Message::parse(octets).is_err() {
        return;
    }
    let mut message = octets.to_vec();
    if tsig::sign_request(&KEY, &mut message, NOW).is_err() {
        return;
    }
    // A message with octets behind its last record, or a TSIG record of its own, cannot be signed like this.
    let Ok(Request::Signed(verified)) = KEYS.verify(&message, NOW) else {
        return;
    };
    let fresh = ReplayGuard::new()
        .admit(verified, NOW)
        .expect("nothing was seen before");
    let scene = Scene {
        zone: &*BEFORE,
        serial: Serial(10),
        zones: &Zones::new(HASH, Revision::new("beef")),
        policy: &Policy::default(),
        now: NOW,
    };
    let plan = Update::read(&fresh).and_then(|update| plan(&update, &scene));
    match plan.map(|plan| plan.planned) {
        Ok(Planned::Changes(changes)) => {
            assert_eq!(changes.lines().count(), changes.sets().len());
            let after = BEFORE
                .patch(&changes.records())
                .expect("made for this zone");
            assert_eq!(after.defects(), []);
            is_a_zone(&after);
        }
        Ok(planned) => assert_eq!(planned, Planned::Nothing),
        Err(refusal) => assert!(!refusal.to_string().is_empty()),
    }
}

fn is_a_zone<S>(zone: &Zone<S>) {
    let apex = zone.apex_node();
    assert!(zone.soa().is_some() && apex.rrset(Rtype::NS).is_some());
    for node in zone
        .nodes()
        .filter(|node| node.rrset(Rtype::CNAME).is_some())
    {
        assert_eq!(node.rrsets().count(), 1, "{node:?}");
    }
}

/// The text of a policy: mistakes within it, or lines that are written so that they read back.
pub fn update_policy(octets: &[u8]) {
    let (policy, mistakes) = Policy::read(octets);
    assert_eq!(policy.mistake(), mistakes.first());
    assert!(mistakes.len() <= update::limits::MISTAKES);
    let within = |range: &std::ops::Range<usize>| octets.get(range.clone()).is_some();
    assert!(mistakes.iter().all(|mistake| within(&mistake.range)));
    for grant in policy.all_grants() {
        let (back, mistakes) = Policy::read(grant.to_string().as_bytes());
        assert_eq!(mistakes, [], "{grant}");
        assert_eq!(back.grants(grant.key.as_ref()), std::slice::from_ref(grant));
    }
}
