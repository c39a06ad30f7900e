#![allow(clippy::unwrap_used, reason = "a test: a panic is its output")]
//! Catalogs (RFC 9432), read and made.

mod support;

use replication::catalog::{Broken, Catalog, Catalogs, Effect, Limits, amended, produce};
use rr::{Name, NameRef, Serial};
use support::{KEY, checked, name, zone};

const HEAD: &str = "@ 0 SOA invalid. invalid. 1 3600 600 2147483646 0\n@ 0 NS invalid.\n";

fn read(text: &str) -> Result<Catalog, Broken> {
    let zone = zone("catz.example", &format!("{HEAD}{text}"));
    Catalog::read(&zone, &Limits::default())
}

fn catalog(apex: &str, members: &[&str]) -> Catalog {
    let mut text = format!("{HEAD}version 0 TXT 2\n");
    for (number, member) in members.iter().enumerate() {
        let (label, member) = member.split_once('=').unwrap_or(("", member));
        let label = match label {
            "" => format!("n{number}-{}", member.replace('.', "-")),
            label => label.to_owned(),
        };
        text += &format!("{label}.zones 0 PTR {member}.\n");
    }
    Catalog::read(&zone(apex, &text), &Limits::default()).unwrap()
}

fn names(catalog: &Catalog) -> Vec<String> {
    catalog.members.keys().map(Name::to_string).collect()
}

#[test]
fn members_and_their_properties_are_read() {
    let lines = [
        "version 0 TXT 2",
        "a.zones 0 PTR Example.ORG.",
        "group.A.zones 0 TXT gold",
        "group.a.zones 0 TXT silver",
        "coo.a.zones 0 PTR other.example.",
        "b.zones 0 PTR example.net.",
        "group.missing.zones 0 TXT nobody",
        "x.ext.b.zones 0 TXT whatever",
        "ext 0 TXT passed-over",
        "deep.er.b.zones 0 PTR not.a.member.",
        "self.zones 0 PTR catz.example.",
        "empty.zones 0 TXT none",
    ];
    let read = read(&lines.join("\n"));
    let read = read.unwrap();
    assert_eq!(names(&read), ["example.net.", "example.org."]);
    let member = &read.members[&name("example.org")];
    assert_eq!(member.label, b"a");
    assert_eq!(member.groups, [b"gold".to_vec(), b"silver".to_vec()]);
    assert_eq!(member.moves_to, Some(name("other.example")));
}

/// RFC 9432 §5.1: nothing of a broken catalog counts.
#[test]
fn broken_catalogs_are_none() {
    for (text, reason) in [
        ("a.zones 0 PTR example.org.", Broken::Version),
        ("version 0 TXT 1", Broken::Version),
        ("version 0 TXT 2 2", Broken::Version),
        ("version 0 TXT 2\nversion 0 TXT 3", Broken::Version),
        ("version 0 A 192.0.2.2", Broken::Version),
        (
            "version 0 TXT 2\na.zones 0 PTR x.example.\na.zones 0 PTR y.example.",
            Broken::Member(name("a.zones.catz.example")),
        ),
        (
            "version 0 TXT 2\na.zones 0 PTR X.example.\nb.zones 0 PTR x.Example.",
            Broken::Twice(name("x.example")),
        ),
        (
            "version 0 TXT 2\na.zones 0 PTR x.example.\ncoo.a.zones 0 PTR c.\ncoo.a.zones 0 PTR d.",
            Broken::ChangeOfOwnership(name("coo.a.zones.catz.example")),
        ),
    ] {
        assert_eq!(read(text), Err(reason.clone()), "{text}");
        assert!(!reason.to_string().is_empty());
    }
}

#[test]
fn long_and_odd_names_are_members_like_others() {
    let long = "a".repeat(63);
    let longest = format!("{long}.{long}.{long}.{}", "b".repeat(61));
    let odd = "\\000\\255.\\*.\\\".\\@";
    let text = format!(
        "version 0 TXT 2\n\\*.zones 0 PTR {longest}.\n\\000\\046.zones 0 PTR {odd}.\nroot.zones 0 PTR .\n"
    );
    let read = read(&text).unwrap();
    assert_eq!(read.members.len(), 3);
    assert!(read.members.contains_key(&name(&longest)));
    assert!(read.members.contains_key(&name(odd)));
    assert!(read.members.contains_key(&Name::root()));
}

/// A bomb has no effect at all.
#[test]
fn more_members_than_the_limit_are_none() {
    let members: Vec<Name> = (0..101).map(|it| name(&format!("z{it}.example"))).collect();
    let apex = name("catz.example");
    let made = produce(&apex, Serial(1), members.iter().map(Name::as_ref), KEY).unwrap();
    let made = checked(made);
    let limits = |members| Limits { members };
    assert_eq!(
        Catalog::read(&made, &limits(100)),
        Err(Broken::TooMany(100))
    );
    assert_eq!(
        Catalog::read(&made, &limits(101)).unwrap().members.len(),
        101
    );
    assert_eq!(Limits::default().members, 100_000);
}

#[test]
fn what_is_made_is_read_and_changes_by_what_comes_and_goes() {
    let apex = name("catz.example");
    let [one, two, three] = ["one.example", "Two.example", "three.example"].map(name);
    let members = [&one, &two].map(Name::as_ref);
    let first = checked(produce(&apex, Serial(5), members, KEY).unwrap());
    assert_eq!(first.serial(), Some(Serial(5)));
    let before = Catalog::read(&first, &Limits::default()).unwrap();
    assert_eq!(names(&before), ["one.example.", "two.example."]);
    let second = amended(
        &first,
        Serial(6),
        std::slice::from_ref(&three),
        std::slice::from_ref(&one),
    )
    .unwrap();
    let second = checked(second);
    assert_eq!(second.serial(), Some(Serial(6)));
    let after = Catalog::read(&second, &Limits::default()).unwrap();
    assert_eq!(names(&after), ["three.example.", "two.example."]);
    assert_eq!(after.members[&two], before.members[&two], "the label stays");
    // The same list is the same catalog, however it came about.
    let whole = checked(produce(&apex, Serial(6), [&two, &three].map(Name::as_ref), KEY).unwrap());
    assert_eq!(zone::difference(&second, &whole).count(), 0);
    assert!(
        amended(&first, Serial(7), &[], &[three]).is_err(),
        "it is not there"
    );
}

#[test]
fn what_a_new_version_of_a_catalog_means() {
    let mut catalogs = Catalogs::new();
    let none = |_: &Name| false;
    let effects = catalogs.update(
        catalog("a.example", &["x=one.example", "y=two.example"]),
        none,
    );
    assert_eq!(
        effects,
        [
            Effect::Added(name("one.example")),
            Effect::Added(name("two.example"))
        ]
    );
    assert_eq!(
        catalogs.update(
            catalog("a.example", &["x=one.example", "y=two.example"]),
            none
        ),
        []
    );
    // RFC 9432 §5.4: another label is another zone.
    let effects = catalogs.update(catalog("a.example", &["z=one.example"]), none);
    assert_eq!(
        effects,
        [
            Effect::Removed(name("two.example")),
            Effect::Reset(name("one.example"))
        ]
    );
    let configured = |zone: &Name| *zone == name("mine.example");
    let effects = catalogs.update(
        catalog("a.example", &["z=one.example", "mine.example"]),
        configured,
    );
    assert_eq!(effects, [Effect::Clash(name("mine.example"))]);
    assert_eq!(
        catalogs.remove(&name("a.example")),
        [Effect::Removed(name("one.example"))]
    );
    assert!(catalogs.is_empty());
}

/// RFC 9432 §4.4.1 and §5.2.
#[test]
fn a_zone_moves_to_another_catalog_only_if_its_own_says_so() {
    let none = |_: &Name| false;
    let zone_of = |catalogs: &Catalogs| {
        let (owner, _) = catalogs.owner(&name("one.example")).unwrap();
        NameRef::to_owned(owner)
    };
    let mut catalogs = Catalogs::new();
    catalogs.update(catalog("a.example", &["x=one.example"]), none);
    let stolen = catalogs.update(catalog("b.example", &["x=one.example"]), none);
    assert_eq!(stolen, [Effect::Clash(name("one.example"))]);
    assert_eq!(zone_of(&catalogs), name("a.example"));

    let mut giving = catalog("a.example", &["x=one.example"]);
    giving
        .members
        .get_mut(&name("one.example"))
        .unwrap()
        .moves_to = Some(name("b.example"));
    assert_eq!(catalogs.update(giving, none), []);
    let moved = catalogs.update(catalog("b.example", &["x=one.example"]), none);
    assert_eq!(moved, [Effect::Moved(name("one.example"))]);
    assert_eq!(
        catalogs.update(catalog("a.example", &[]), none),
        [],
        "it has gone already"
    );
    assert_eq!(zone_of(&catalogs), name("b.example"));
}

#[test]
fn a_zone_that_its_catalog_drops_goes_to_another_that_lists_it() {
    let none = |_: &Name| false;
    let mut catalogs = Catalogs::new();
    catalogs.update(catalog("a.example", &["x=one.example"]), none);
    catalogs.update(catalog("b.example", &["x=one.example"]), none);
    let effects = catalogs.update(catalog("a.example", &[]), none);
    assert_eq!(effects, [Effect::Reset(name("one.example"))]);
    assert_eq!(catalogs.len(), 1);
}
