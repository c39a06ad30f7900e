//! `grant`: a line of the policy and a key, together or not at all.

use crate::desk::Desk;
use rr::{Name, Rtype};
use update::Policy;

const NAME: &str = "web._update.example.org";

fn name(text: &str) -> Name {
    Name::from_text(text).unwrap()
}

#[test]
fn a_line_and_a_key_and_nothing_else() {
    let desk = Desk::with_repository();
    desk.append("dns/zones/example.org", "; somebody is at this\n");
    let words = [
        "grant",
        NAME,
        "--actions",
        "replace",
        "--types",
        "TLSA,A",
        "--names",
        "_443._tcp.www.example.org,*.dyn.example.org",
        "--until",
        "2027-06-30",
        "--file",
        "../keys",
    ];
    let ran = desk.zonetool("dns", &words).succeeded();
    assert!(ran.out.contains("next: zonetool push; "), "{}", ran.out);
    let line = "allow web._update.example.org replace TLSA,A _443._tcp.www.example.org,*.dyn.example.org until 2027-06-30\n";
    assert_eq!(desk.read("dns/.zonepolicy"), line);
    let changed = desk
        .git("dns", &["show", "--format=%s", "--name-only"])
        .succeeded()
        .out;
    assert_eq!(changed, format!("Grant {NAME}.\n\n.zonepolicy\n"));
    // What a server makes of it.
    let (policy, mistakes) = Policy::read(desk.read("dns/.zonepolicy").as_bytes());
    assert_eq!(mistakes, []);
    let grants = policy.grants(name(NAME).as_ref());
    assert!(grants[0].is_about(name("a.b.dyn.example.org").as_ref(), Rtype::A));
    assert!(!grants[0].is_about(name("www.example.org").as_ref(), Rtype::A));
    let keys = desk.read("keys");
    assert!(
        keys.starts_with(NAME)
            && !ran
                .out
                .contains(keys.trim_end().rsplit(':').next().unwrap())
    );
    // Again it is there; another line leaves the key as it is.
    let again = desk.zonetool("dns", &words).succeeded();
    assert!(
        again.out.starts_with("nothing to commit: "),
        "{}",
        again.out
    );
    let json = desk.zonetool(
        "dns",
        &[
            "grant", NAME, "--names", "*", "--file", "../keys", "--format", "json",
        ],
    );
    assert!(!json.succeeded().json()["commit"].is_null());
    assert_eq!(
        desk.read("dns/.zonepolicy"),
        format!("{line}allow {NAME} all * *\n")
    );
    assert_eq!(desk.read("keys"), keys);
    assert_eq!(
        desk.git("dns", &["status", "--short"]).succeeded().out,
        " M zones/example.org\n"
    );
}

#[test]
fn what_would_be_of_no_use_is_refused_and_leaves_nothing() {
    let desk = Desk::with_repository();
    let grant = |name: &str, more: &[&str]| {
        desk.zonetool(
            "dns",
            &[&["grant", name, "--file", "../keys", "--names"], more].concat(),
        )
    };
    for (key, more, said) in [
        (
            "web._transfer.example.org",
            &["*"][..],
            "can change nothing",
        ),
        (NAME, &["www.example.net"], "is not in example.org."),
        (NAME, &["a.*.*.example.org"], "--names: `a.*.*.example.org`"),
        (NAME, &["*", "--types", "AAAAA"], "--types: `AAAAA`"),
        (NAME, &["*", "--actions", "change"], "--actions: `change`"),
        (NAME, &["*", "--until", "tomorrow"], "--until: `tomorrow`"),
    ] {
        let ran = grant(key, more).exited(2);
        assert!(
            ran.err.contains(said) && ran.err.contains("next: "),
            "{}",
            ran.err
        );
    }
    assert!(!desk.path("dns/.zonepolicy").exists());
    desk.write("dns/.zonepolicy", "winner human * *\n");
    let ran = grant(NAME, &["*"]).exited(2);
    assert!(
        ran.err.contains("changes that are not committed"),
        "{}",
        ran.err
    );
    desk.write("dns/.zonepolicy", "alow nobody\n");
    desk.commit("A mistake");
    let ran = grant(NAME, &["*"]).exited(1);
    assert!(ran.err.contains(".zonepolicy:1:1: "), "{}", ran.err);
    assert_eq!(desk.read("dns/.zonepolicy"), "alow nobody\n");
    assert!(!desk.path("keys").exists());
}
