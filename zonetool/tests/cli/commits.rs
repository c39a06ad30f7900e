//! `check` of commits and ranges, `diff`, `show`.

use crate::desk::{Desk, rules};

const ZONE: &str = "dns/zones/example.org";

fn raise(desk: &Desk, from: u32) {
    let text = desk.read(ZONE);
    let line = text.lines().find(|line| line.contains("; serial")).unwrap();
    desk.replace(
        ZONE,
        line,
        &line.replace(&from.to_string(), &(from + 1).to_string()),
    );
}

#[test]
fn a_range_shows_only_what_it_brings_in_and_who_did_it() {
    let desk = Desk::with_repository();
    desk.append(ZONE, "www CNAME ns1\n");
    raise(&desk, 1);
    desk.commit("Break www");
    desk.replace(
        ZONE,
        "$TTL 1h\n",
        "$TTL 1h\n; a line above moves everything\n",
    );
    desk.append(ZONE, "@ MX 20 mail2.example.org\n");
    desk.git("dns", &["config", "user.name", "Grace\u{1b}[2J"])
        .succeeded();
    raise(&desk, 2);
    desk.commit("Add mail2");
    desk.append(ZONE, "x A 192.0.2.1\n");
    desk.commit("Add x");

    let report = desk
        .zonetool("dns", &["check", "HEAD~2..", "--format", "json"])
        .exited(1)
        .json();
    assert_eq!(rules(&report), ["missing-final-dot"]);
    assert_eq!(report["findings"][0]["origin"]["subject"], "Add mail2");
    let author = report["findings"][0]["origin"]["author"].as_str().unwrap();
    assert!(
        author.starts_with("Grace") && !author.contains('\u{1b}'),
        "{author}"
    );

    let report = desk
        .zonetool("dns", &["check", "HEAD~1..", "--format", "json"])
        .exited(1)
        .json();
    assert_eq!(rules(&report), ["serial-not-raised"]);
    assert_eq!(report["findings"][0]["origin"]["subject"], "Add x");

    let report = desk
        .zonetool("dns", &["check", "HEAD", "--format", "json"])
        .exited(1)
        .json();
    assert_eq!(
        rules(&report),
        [
            "serial-not-raised",
            "cname-and-other-data",
            "missing-final-dot"
        ]
    );
    desk.zonetool("dns", &["check", "HEAD..HEAD"]).succeeded();
}

#[test]
fn a_zone_is_touched_by_a_change_of_a_part_it_includes() {
    let desk = Desk::with_repository();
    desk.append(ZONE, "$INCLUDE example.org.d/hosts\n");
    desk.write("dns/zones/example.org.d/hosts", "a A 192.0.2.1\n");
    raise(&desk, 1);
    desk.commit("Include hosts");
    desk.write("dns/zones/example.org.d/hosts", "a A 192.0.2.2\n");
    let report = desk
        .zonetool("dns", &["check", "--format", "json"])
        .exited(1)
        .json();
    assert_eq!(rules(&report), ["serial-not-raised"]);
    desk.commit("Move a");
    let report = desk
        .zonetool("dns", &["check", "HEAD~1..", "--format", "json"])
        .exited(1)
        .json();
    assert_eq!(rules(&report), ["serial-not-raised"]);
    let diff = desk
        .zonetool("dns", &["diff", "HEAD~1..", "--format", "json"])
        .exited(2)
        .json();
    assert_eq!(diff["summary"]["added"], 1);
}

#[test]
fn a_range_that_changes_the_policy_judges_all_zones_anew() {
    let desk = Desk::with_repository();
    desk.append(ZONE, "my_host A 192.0.2.1\n");
    raise(&desk, 1);
    desk.commit("Add a host");
    desk.write("dns/.zonecheck", "example.org bad-host-name error\n");
    desk.commit("Be strict");
    desk.write("dns/README", "nothing about zones");
    desk.commit("Explain");
    let report = desk
        .zonetool("dns", &["check", "HEAD~2..", "--format", "json"])
        .exited(1)
        .json();
    assert_eq!(rules(&report), ["bad-host-name"]);
    assert_eq!(report["findings"][0]["origin"]["subject"], "Be strict");
    desk.write("dns/.zonecheck", "example.org bad-host-name note\n");
    desk.commit("Be lenient");
    let report = desk
        .zonetool("dns", &["check", "HEAD~1..", "--format", "json"])
        .succeeded()
        .json();
    assert!(rules(&report).is_empty(), "known, and worse, before");
}

#[test]
fn differences_are_of_records_not_of_lines() {
    let desk = Desk::with_repository();
    desk.replace(ZONE, "$TTL 1h", "$TTL 3600 ; the same");
    desk.commit("Say it otherwise");
    desk.zonetool("dns", &["diff", "HEAD~1.."]).succeeded();
    desk.replace(
        ZONE,
        "www     IN A       192.0.2.80",
        "www 300 IN A 192.0.2.80\nold\\`s TXT \"```\"",
    );
    desk.write("dns/zones/example.net", desk.read(ZONE));
    raise(&desk, 1);
    desk.commit("Change www");
    insta::assert_snapshot!(
        "diff-human",
        desk.zonetool("dns", &["diff", "HEAD~1.."]).exited(2).out
    );
    insta::assert_snapshot!(
        "diff-markdown",
        desk.zonetool("dns", &["diff", "HEAD~1..", "--format", "markdown"])
            .exited(2)
            .out
    );
    let diff = desk
        .zonetool("dns", &["diff", "HEAD~1..", "--format", "json"])
        .exited(2)
        .json();
    assert_eq!(diff["zones"][0]["status"], "added");
    assert_eq!(diff["zones"][1]["serial"]["after"], 2);
    desk.zonetool("dns", &["diff", "nope.."]).exited(1);
    desk.zonetool("dns", &["diff"]).exited(1);
    desk.zonetool("", &["diff", "HEAD~1.."]).exited(1);
}

#[test]
fn show_reads_a_commit_and_names_the_line() {
    let desk = Desk::with_repository();
    desk.replace(ZONE, "192.0.2.80", "192.0.2.81");
    desk.commit("Move www");
    let now = desk
        .zonetool("dns", &["show", "WWW.example.org", "A"])
        .succeeded()
        .out;
    assert_eq!(
        now,
        "www.example.org. 3600 IN A 192.0.2.81 ; zones/example.org:22\n"
    );
    let before = desk
        .zonetool("dns", &["show", "www.example.org.", "a", "--at", "HEAD~1"])
        .succeeded()
        .out;
    assert!(before.contains("192.0.2.80"), "{before}");
    let all = desk
        .zonetool(
            "",
            &[
                "show",
                "www.example.org",
                "--repo",
                "dns",
                "--format",
                "json",
            ],
        )
        .succeeded()
        .json();
    assert_eq!(all["records"].as_array().unwrap().len(), 2);
    desk.zonetool("dns", &["show", "nix.example.org"]).exited(1);
    desk.zonetool("dns", &["show", "example.net"]).exited(2);
    desk.zonetool("dns", &["show", "example.org", "NOPE"])
        .exited(2);
}

#[test]
fn a_commit_before_the_first_zone_is_empty() {
    let desk = Desk::with_repository();
    let report = desk
        .zonetool("dns", &["check", "HEAD", "--format", "json"])
        .succeeded()
        .json();
    assert_eq!(report["summary"]["zones"], 1);
    let all = format!("{}..HEAD", "0".repeat(40));
    assert_eq!(
        desk.zonetool("dns", &["diff", &all, "--format", "json"])
            .exited(2)
            .json()["zones"][0]["status"],
        "added"
    );
}

#[test]
fn a_file_that_is_never_taken_is_a_finding_and_the_rest_is_checked() {
    let desk = Desk::with_repository();
    desk.write("dns/zones/binary.example", "a A 192.0.2.1\0\n");
    desk.write("dns/zones/broken.example", "");
    desk.commit("Add a picture");
    for target in [".", "HEAD", "HEAD~1.."] {
        let report = desk
            .zonetool("dns", &["check", target, "--format", "json"])
            .exited(1)
            .json();
        assert_eq!(
            rules(&report),
            ["layout-binary", "no-apex-ns", "no-soa"],
            "{target}"
        );
    }
    let ran = desk
        .zonetool("dns", &["dump", "zones/binary.example"])
        .exited(3);
    assert!(
        ran.err.contains("next: store the zone as text"),
        "{}",
        ran.err
    );
    desk.write(
        "dns/zones/binary.example",
        desk.read("dns/zones/example.org"),
    );
    desk.commit("Replace it");
    desk.zonetool("dns", &["check", "HEAD~1.."]).succeeded();
}
