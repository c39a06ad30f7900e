//! Zones that are made and removed by updates, with `nsupdate`.

use std::process::Output;

use crate::sent::{play, start};
use crate::support::{NOERROR, NXDOMAIN, REFUSED, Repo, Server, ask_serial, ask_udp, zone};

/// What the key of `sent` may, beyond its name.
const MAY: &str = "allow web._update.a.example all,make-zone,remove-zone * a.example,*.a.example\n";
const MAKE: &str = "zone new.a.example\nprereq nxdomain new.a.example\n\
    update add new.a.example 300 SOA ns.new.a.example. mail.a.example. 5 7200 3600 1209600 300\n\
    update add new.a.example 300 NS ns.new.a.example.\nupdate add ns.new.a.example 60 A 192.0.2.1";
const REMOVE: &str = "zone new.a.example\nupdate delete new.a.example SOA";

fn nsupdate(server: &Server, script: &str) -> Output {
    play(&["nsupdate"], server.addresses[0], script)
}

fn is_done(output: &Output) -> bool {
    output.status.success()
}

fn is_refused_with(output: &Output, code: &str) -> bool {
    let told = String::from_utf8_lossy(&output.stderr);
    !output.status.success() && told.contains(code)
}

fn rcode(server: &Server, name: &str) -> u8 {
    ask_udp(server.addresses[0], name).rcode
}

fn files(repo: &Repo) -> Vec<String> {
    let files = repo.git(&["ls-tree", "-r", "--name-only", "main"]);
    files.lines().map(str::to_owned).collect()
}

#[test]
fn a_zone_is_made_and_removed_and_a_restart_knows_both() {
    let repo = Repo::new();
    repo.commit(&[
        ("customers/a.example", &zone(7, "192.0.2.1")),
        (".zonepolicy", MAY),
    ]);
    let server = start(&repo, &[]);
    assert!(is_done(&nsupdate(&server, MAKE)));
    assert_eq!(ask_serial(server.addresses[0], "new.a.example"), Some(5));
    assert_eq!(
        files(&repo),
        [
            ".zonepolicy",
            "customers/a.example",
            "customers/new.a.example"
        ]
    );
    insta::assert_snapshot!(repo.git(&["show", "main:customers/new.a.example"]), @r"
    ; made by an update with key web._update.a.example.
    $TTL 300
    @          IN SOA     ns.new.a.example. mail.a.example. 5 7200 3600 1209600 300
    @          IN NS      ns.new.a.example.
    ns      60 IN A       192.0.2.1
    ");
    let said = repo.git(&["log", "-1", "--format=%an|%s", "main"]);
    let wanted = "web._update.a.example|new.a.example.: make the zone; add ";
    assert!(said.starts_with(wanted), "{said}");
    // It is there now, and is changed as any other.
    assert!(is_refused_with(&nsupdate(&server, MAKE), "YXDOMAIN"));
    let more = "zone new.a.example\nupdate add www.new.a.example 60 A 192.0.2.2";
    assert!(is_done(&nsupdate(&server, more)));
    assert_eq!(ask_serial(server.addresses[0], "new.a.example"), Some(6));
    server.stop();

    let server = start(&repo, &[]);
    assert_eq!(ask_serial(server.addresses[0], "new.a.example"), Some(6));
    assert!(is_done(&nsupdate(&server, REMOVE)));
    assert_eq!(
        rcode(&server, "www.new.a.example"),
        NXDOMAIN,
        "of the zone above"
    );
    assert_eq!(files(&repo), [".zonepolicy", "customers/a.example"]);
    assert!(is_refused_with(&nsupdate(&server, REMOVE), "NOTAUTH"));
    server.stop();

    let server = start(&repo, &[]);
    assert_eq!(rcode(&server, "www.new.a.example"), NXDOMAIN);
    // Who had it before must not take the new one for an older one.
    assert!(is_done(&nsupdate(&server, MAKE)));
    assert!(ask_serial(server.addresses[0], "new.a.example").is_some_and(|serial| serial > 6));
    assert_eq!(repo.fsck(), "");
    server.stop();
}

#[test]
fn only_who_has_a_line_for_it_makes_and_removes_zones_that_can_be_served() {
    let repo = Repo::new();
    repo.commit(&[("a.example", &zone(7, "192.0.2.1"))]);
    let server = start(&repo, &[]);
    assert!(is_refused_with(&nsupdate(&server, MAKE), "NOTAUTH"));
    let remove = "update delete a.example SOA";
    assert!(
        is_done(&nsupdate(&server, remove)),
        "RFC 2136 §3.4.2.3: ignored"
    );
    assert_eq!(ask_serial(server.addresses[0], "a.example"), Some(7));
    let id = repo.commit(&[("a.example", &zone(7, "192.0.2.1")), (".zonepolicy", MAY)]);
    server.wait_for_commit(&id);
    // No name server; another's zone; nothing of a zone.
    let soa = MAKE.lines().take(3).collect::<Vec<_>>().join("\n");
    assert!(is_refused_with(&nsupdate(&server, &soa), "REFUSED"));
    let elsewhere = MAKE.replace("a.example", "b.example");
    assert!(is_refused_with(&nsupdate(&server, &elsewhere), "REFUSED"));
    let no_soa = "zone new.a.example\nupdate add new.a.example 300 TXT x";
    assert!(is_refused_with(&nsupdate(&server, no_soa), "NOTAUTH"));
    // The file would be one that the layout ignores.
    let ignored = MAKE.replace("new.a.example", "x.a.example.md");
    assert!(!is_done(&nsupdate(&server, &ignored)));
    assert_eq!(files(&repo), [".zonepolicy", "a.example"]);
    server.stop();
}

#[test]
fn a_zone_that_goes_takes_along_the_parts_that_no_other_has() {
    let repo = Repo::new();
    let a = zone(7, "192.0.2.1") + "$INCLUDE a.d/hosts\n$INCLUDE common.d/mail\n";
    let b = zone(7, "192.0.2.1") + "$INCLUDE common.d/mail\n";
    repo.commit(&[
        ("a.example", &a),
        ("b.example", &b),
        ("a.d/hosts", "h1 A 192.0.2.1\n"),
        ("common.d/mail", "mail A 192.0.2.1\n"),
        (".zonepolicy", MAY),
    ]);
    let server = start(&repo, &[]);
    assert!(is_done(&nsupdate(&server, "update delete a.example SOA")));
    assert_eq!(files(&repo), [".zonepolicy", "b.example", "common.d/mail"]);
    assert_eq!(rcode(&server, "www.a.example"), REFUSED);
    assert_eq!(rcode(&server, "mail.b.example"), NOERROR);
    server.stop();
}
