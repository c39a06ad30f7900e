//! `check` of files and folders: places, exit codes, repairs, formats.

use crate::desk::{Desk, rules};

const BROKEN: &str = "\
$TTL 1h
@   SOA ns1 host 1 1h 15m 2w 5m
@   NS ns1
ns1 A 192.0.2.1
@   MX 10 mail.example.org
mail A 192.0.2.25
www A 192.0.2.80
www CNAME ns1
";

#[test]
fn findings_have_an_excerpt_with_a_caret_both_places_and_the_fix() {
    let desk = Desk::new();
    desk.write("example.org", BROKEN);
    insta::assert_snapshot!(desk.zonetool("", &["check", "example.org"]).exited(1).out);
}

#[test]
fn a_mistake_in_a_part_is_shown_with_the_way_in_outermost_first() {
    let desk = Desk::new();
    desk.write(
        "example.org",
        "$TTL 1h\n@ SOA ns1 h 1 1h 15m 2w 5m\n@ NS ns1\n$INCLUDE x.d/one\n",
    );
    desk.write("x.d/one", "ns1 A 192.0.2.1\n$INCLUDE two\n");
    desk.write("x.d/two", "bad A 192.0.2\n");
    insta::assert_snapshot!(desk.zonetool("", &["check", "example.org"]).exited(1).out);
    desk.write("x.d/two", "$INCLUDE none\n");
    insta::assert_snapshot!(desk.zonetool("", &["check", "example.org"]).exited(1).out);
}

#[test]
fn exit_codes() {
    let desk = Desk::with_repository();
    desk.zonetool("dns", &["check"]).succeeded();
    desk.append("dns/zones/example.org", "my_host A 192.0.2.1\n");
    desk.replace("dns/zones/example.org", "1       ; serial", "2 ; serial");
    let warned = desk
        .zonetool("dns", &["check", "--format", "json"])
        .succeeded()
        .json();
    assert_eq!(rules(&warned), ["bad-host-name"]);
    desk.zonetool("dns", &["check", "--fail-on", "warning"])
        .exited(1);
    desk.zonetool("dns", &["check", "--no-such-option"])
        .exited(2);
    desk.zonetool("dns", &["check", "no-such-thing"]).exited(2);
    desk.zonetool("dns", &["check", "HEAD", "--fix"]).exited(2);
    desk.zonetool("dns", &["check", "zones", "--zone", "example.org"])
        .exited(2);
    desk.zonetool("", &["check", "a..b"]).exited(3);
}

#[test]
fn repairs_touch_no_other_octet() {
    let desk = Desk::new();
    let crlf = format!(
        "\u{feff}{}",
        BROKEN
            .replace('\n', "\r\n")
            .replace("www CNAME ns1\r\n", "; \t end")
    );
    desk.write("zone", &crlf);
    let words = [
        "check",
        "zone",
        "--zone",
        "example.org",
        "--fix",
        "--format",
        "json",
    ];
    let report = desk.zonetool("", &words).succeeded().json();
    assert_eq!(report["fixed"][0]["rule"], "missing-final-dot");
    assert_eq!(
        desk.read("zone"),
        crlf.replace("mail.example.org", "mail.example.org.")
    );
}

#[test]
fn in_a_repository_the_serial_is_compared_with_head_and_raised() {
    let desk = Desk::with_repository();
    desk.append("dns/zones/example.org", "; only a comment\n");
    desk.zonetool("dns", &["check"]).succeeded();
    desk.append("dns/zones/example.org", "new A 192.0.2.9\n");
    let report = desk
        .zonetool("dns/zones", &["check", "--format", "json"])
        .exited(1)
        .json();
    assert_eq!(rules(&report), ["serial-not-raised"]);
    desk.zonetool("dns", &["check", "zones/example.org", "--fix"])
        .succeeded();
    assert!(
        desk.read("dns/zones/example.org")
            .contains("2       ; serial")
    );
}

#[test]
fn in_a_clone_the_serial_is_compared_with_what_was_pushed() {
    let desk = Desk::with_repository();
    desk.shell("", "git clone -q dns clone").succeeded();
    let commit = [
        "-c",
        "user.name=A",
        "-c",
        "user.email=a@example.org",
        "commit",
        "-qam",
        "Change",
    ];
    desk.append("clone/zones/example.org", "new A 192.0.2.9\n");
    desk.git("clone", &commit).succeeded();
    let report = desk
        .zonetool("clone", &["check", "--format", "json"])
        .exited(1)
        .json();
    assert_eq!(rules(&report), ["serial-not-raised"]);
    desk.zonetool("clone", &["check", "--fix"]).succeeded();
    desk.git("clone", &commit).succeeded();
    // The serial that is not pushed yet is high enough for more changes.
    desk.append("clone/zones/example.org", "newer A 192.0.2.10\n");
    desk.zonetool("clone", &["check"]).succeeded();
}

#[test]
fn a_folder_is_laid_out_like_a_repository() {
    let desk = Desk::with_repository();
    desk.write("dns/zones/org/Example.org", "");
    desk.write("dns/zones/my zone", "");
    std::os::unix::fs::symlink("/etc/hostname", desk.path("dns/zones/example.net")).unwrap();
    let report = desk
        .zonetool("dns", &["check", "--format", "json"])
        .exited(1)
        .json();
    let mut found = rules(&report);
    found.sort_unstable();
    assert_eq!(
        found,
        [
            "layout-not-a-zone-name",
            "layout-several-files",
            "layout-symlink"
        ]
    );
}

#[test]
fn files_that_git_ignores_are_passed_over_unless_it_knows_them() {
    let desk = Desk::with_repository();
    desk.write("dns/zones/known.bak", "garbage\n");
    desk.commit("Keep a backup");
    for path in [
        "example.org~",
        "_keys",
        "mine.bak",
        "own/example.net",
        "new.example",
    ] {
        desk.write(&format!("dns/zones/{path}"), "garbage\n");
    }
    let looked_at = || {
        let report = desk
            .zonetool("dns", &["check", "--format", "json"])
            .exited(1);
        let report = report.json();
        let findings = report["findings"].as_array().unwrap().iter();
        let paths = findings.map(|finding| finding["path"].as_str().unwrap().to_owned());
        paths.collect::<std::collections::BTreeSet<_>>()
    };
    assert_eq!(looked_at().len(), 6);
    desk.write("dns/.gitignore", "*~\n*.bak\n/zones/own/\n");
    desk.write("dns/zones/.gitignore", "_keys\n");
    let all = ["zones/known.bak", "zones/new.example"];
    assert_eq!(looked_at(), all.map(str::to_owned).into());
    // A file that is named is meant.
    desk.zonetool("dns", &["check", "zones/own/example.net"])
        .exited(1);
}

#[test]
fn the_policy_and_comments_of_the_repository_count() {
    let desk = Desk::with_repository();
    desk.append(
        "dns/zones/example.org",
        "my_host A 192.0.2.1\nits_host A 192.0.2.1 ; stemma: allow bad-host-name: old printer\n",
    );
    desk.replace("dns/zones/example.org", "1       ; serial", "2 ; serial");
    desk.write("dns/.zonecheck", "example.org bad-host-name error\n");
    let report = desk
        .zonetool("dns", &["check", "--format", "json"])
        .exited(1)
        .json();
    assert_eq!(rules(&report), ["bad-host-name"]);
    assert_eq!(report["findings"][0]["severity"], "error");
    desk.write("dns/.zonecheck", "example.org bad-host-mane error\n");
    let report = desk
        .zonetool("dns", &["check", "--format", "json"])
        .exited(1)
        .json();
    assert_eq!(rules(&report), ["bad-policy", "bad-host-name"]);
}

/// As long as it has a mistake nobody may update anything, so it is told before it is pushed.
#[test]
fn the_policy_of_updates_is_checked() {
    let desk = Desk::with_repository();
    let good = "allow web._update.example.org replace TLSA _443._tcp.www.example.org\n";
    desk.write("dns/.zonepolicy", good);
    desk.zonetool("dns", &["check"]).exited(0);
    desk.write(
        "dns/.zonepolicy",
        format!("{good}allow web._update.example.org repalce A www.example.org\n"),
    );
    let check = desk.zonetool("dns", &["check", "--format", "json"]);
    let report = check.exited(1).json();
    assert_eq!(rules(&report), ["bad-update-policy"]);
    let finding = &report["findings"][0];
    assert_eq!(
        (&finding["line"], &finding["column"]),
        (&2.into(), &31.into())
    );
    desk.zonetool("dns", &["explain", "bad-update-policy"])
        .exited(0);
}

/// Whoever shows what is wrong with it shows it to others, in a pull request for instance.
#[test]
fn keys_are_checked_and_not_shown() {
    let desk = Desk::with_repository();
    let key = "$ORIGIN example.org.\nweb._update DNSKEY 0 3 163 AAECAwQFBgcICQoLDA0ODw==\n";
    desk.write("dns/zones/example.org._keys", key);
    let report = desk.zonetool("dns", &["check", "--format", "json"]);
    assert_eq!(rules(&report.exited(0).json()), ["layout-key-file"]);
    desk.write("dns/zones/example.org._keys", key.replace("163", "13"));
    let check = desk.zonetool("dns", &["check", "--format", "json"]);
    let report = check.exited(1).json();
    let findings = report["findings"].as_array().expect("findings");
    let finding = findings.iter().find(|finding| finding["rule"] == "bad-key");
    let finding = finding.expect("a finding");
    assert_eq!(
        (&finding["line"], &finding["column"]),
        (&2.into(), &1.into())
    );
    assert!(!report.to_string().contains("AAEC"), "{report}");
    let shown = desk.zonetool("dns", &["check"]).exited(1).out;
    assert!(
        shown.contains("bad-key") && !shown.contains("AAEC"),
        "{shown}"
    );
    desk.zonetool("dns", &["explain", "bad-key"]).exited(0);
}

#[test]
fn machine_formats() {
    let desk = Desk::new();
    desk.write("example.org", BROKEN);
    insta::assert_snapshot!(
        desk.zonetool("", &["check", "example.org", "--format", "github"])
            .exited(1)
            .out
    );
    let sarif = desk
        .zonetool("", &["check", "example.org", "--format", "sarif"])
        .exited(1)
        .json();
    assert_eq!(sarif["version"], "2.1.0");
    let run = &sarif["runs"][0];
    assert_eq!(run["results"][0]["ruleId"], "missing-final-dot");
    assert_eq!(
        run["results"][0]["locations"][0]["physicalLocation"]["region"]["startLine"],
        5
    );
    assert!(
        run["tool"]["driver"]["rules"][0]["help"]["text"]
            .as_str()
            .unwrap()
            .len()
            > 100
    );
}

#[test]
fn text_from_a_zone_cannot_drive_the_terminal() {
    let desk = Desk::new();
    desk.write("example.org", "$TTL 1h\n@ SOA ns1 h 1 1h 15m 2w 5m\n@ NS ns1\nns1 A \u{1b}]0;owned\u{7}\u{9b}31m\u{202e}\n");
    for format in ["human", "json", "sarif", "github"] {
        let ran = desk
            .zonetool("", &["check", "example.org", "--format", format])
            .exited(1);
        let bad = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
        assert!(
            !ran.out.contains(bad) && !ran.err.contains(bad),
            "{format}: {:?}",
            ran.out
        );
    }
}

#[test]
fn fmt_changes_columns_and_no_record() {
    let desk = Desk::with_repository();
    let zone = "dns/zones/example.org";
    desk.append(
        zone,
        "a A 192.0.2.7 ; here\nlonger.name   A 192.0.2.8\n$INCLUDE x.d/p\n",
    );
    desk.write(
        "dns/zones/x.d/p",
        "p1 A 192.0.2.9\np22222222222 A 192.0.2.9\n",
    );
    desk.zonetool("dns", &["check", "--fix"]).succeeded();
    desk.commit("Add names");
    let before = desk
        .zonetool("dns", &["dump", "zones/example.org"])
        .succeeded()
        .out;
    let wanted = desk.zonetool("dns", &["fmt", "--check"]).exited(1).out;
    assert!(
        wanted.contains("would change zones/example.org\n") && wanted.contains("zones/x.d/p\n"),
        "{wanted}"
    );
    assert_eq!(
        desk.git("dns", &["status", "--porcelain"]).succeeded().out,
        ""
    );
    desk.zonetool("dns", &["fmt"]).succeeded();
    assert_ne!(
        desk.git("dns", &["status", "--porcelain"]).succeeded().out,
        ""
    );
    assert_eq!(
        desk.zonetool("dns", &["dump", "zones/example.org"])
            .succeeded()
            .out,
        before
    );
    desk.zonetool("dns", &["check"]).succeeded();
    let again = desk
        .zonetool(
            "dns",
            &["fmt", "--check", ".", "zones/x.d/p", "--format", "json"],
        )
        .succeeded()
        .json();
    assert_eq!(again["files"], 3);
}

#[test]
fn the_first_zone_is_laid_out_as_fmt_would() {
    let desk = Desk::with_repository();
    desk.zonetool("dns", &["fmt", "--check"]).succeeded();
}

#[test]
fn fmt_takes_a_file_that_is_in_no_repository() {
    let desk = Desk::new();
    desk.write("any.name", "a A 192.0.2.1\nlonger.name TXT \"x  y\"\n");
    desk.zonetool("", &["fmt", "any.name"]).succeeded();
    assert!(desk.read("any.name").contains("\"x  y\""));
    desk.zonetool("", &["fmt", "--check", "any.name"])
        .succeeded();
    desk.zonetool("", &["fmt", "none"]).exited(3);
}
