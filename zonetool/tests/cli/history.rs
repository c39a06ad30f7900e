//! `log`, `blame` and `show --at` with a time: what they print, and what they follow.

use crate::desk::{Desk, Ran};

const ZONE: &str = "dns/zones/example.org";
const TEXT: &str = "\
$TTL 1h
@    SOA ns1 hostmaster 1 1h 15m 2w 5m
@    NS  ns1
ns1  A   192.0.2.53
www  A   192.0.2.80
www  A   192.0.2.81
";

/// Commits everything at noon of a day of November 2026 (UTC), so that its id is always the same.
fn commit(desk: &Desk, day: u32, message: &str) {
    let date = format!("2026-11-{day:02}T12:00:00Z");
    let words = format!(
        "git add -A && GIT_AUTHOR_DATE={date} GIT_COMMITTER_DATE={date} git commit -qm '{message}'"
    );
    desk.shell("dns", &words).succeeded();
}

/// A zone that is moved, laid out anew, split, broken and mended.
fn with_history() -> Desk {
    let desk = Desk::new();
    desk.git("", &["init", "-q", "-b", "main", "dns"])
        .succeeded();
    desk.write(ZONE, TEXT);
    commit(&desk, 1, "Begin");
    desk.replace(ZONE, "192.0.2.81", "192.0.2.82");
    desk.git("dns", &["config", "user.name", "Grace\u{1b}[2J"])
        .succeeded();
    commit(&desk, 2, "Move the second www");
    desk.write(
        "dns/zones/org/example.org",
        "$ORIGIN org.\n$TTL 3600\n$INCLUDE example.org.d/all example.org.\n",
    );
    desk.write("dns/zones/org/example.org.d/all", desk.read(ZONE));
    std::fs::remove_file(desk.path(ZONE)).unwrap();
    desk.zonetool("dns", &["fmt"]).succeeded();
    commit(&desk, 3, "Tidy up");
    desk.replace("dns/zones/org/example.org.d/all", "192.0.2.80", "192.0.2");
    commit(&desk, 4, "Slip");
    desk.replace(
        "dns/zones/org/example.org.d/all",
        "192.0.2\n",
        "192.0.2.80\n",
    );
    desk.replace("dns/zones/org/example.org.d/all", "$TTL 1h", "$TTL 2h");
    commit(&desk, 5, "Mend it and raise the TTL");
    desk
}

#[test]
fn records_are_followed_through_everything_that_is_not_theirs() {
    let desk = with_history();
    let blame = desk
        .zonetool("dns", &["blame", "WWW.example.org", "a"])
        .succeeded();
    insta::assert_snapshot!("history-blame", both(&blame));
    let log = desk
        .zonetool("dns", &["log", "www.example.org"])
        .succeeded();
    insta::assert_snapshot!("history-log", both(&log));
    let one = desk
        .zonetool("dns", &["log", "www.example.org", "--limit", "1"])
        .succeeded();
    assert_eq!(one.out.lines().count(), 5, "{}", one.out);
}

fn both(ran: &Ran) -> String {
    format!("{}----\n{}", ran.out, ran.err)
}

#[test]
fn documents_for_programs() {
    let desk = with_history();
    let json = |words: &[&str]| {
        let words = [words, &["--format", "json"]].concat();
        desk.zonetool("dns", &words).succeeded().out
    };
    insta::assert_snapshot!("history-blame-json", json(&["blame", "www.example.org"]));
    insta::assert_snapshot!("history-log-json", json(&["log", "www.example.org"]));
}

#[test]
fn what_was_there_at_a_time() {
    let desk = with_history();
    let shown = |at: &str| {
        let ran = desk.zonetool("dns", &["show", "www.example.org", "--at", at]);
        ran.succeeded().out
    };
    assert!(shown("2026-11-01").contains("192.0.2.81 ; zones/example.org:6\n"));
    assert!(shown("2026-11-02T11:59:59Z").contains("192.0.2.81"));
    assert!(shown("2026-11-02T13:00:00+01:00").contains("192.0.2.82"));
    assert!(shown("2026-11-02").contains("192.0.2.82"));
    desk.git("dns", &["tag", "2026-11-02", "HEAD~4"])
        .succeeded();
    assert!(shown("2026-11-02").contains("192.0.2.81"), "a tag wins");
    let early = desk.zonetool("dns", &["show", "www.example.org", "--at", "2026-10-31"]);
    insta::assert_snapshot!("history-too-early", early.exited(2).err);
    let never = desk.zonetool("dns", &["log", "www.example.org", "--at", "last week"]);
    insta::assert_snapshot!("history-no-time", never.exited(2).err);
    desk.git("dns", &["commit", "--allow-empty", "-qm", "Now"])
        .succeeded();
    assert!(shown("1 hour ago").contains(" 7200 IN A"));
}

#[test]
fn a_branch_of_another_repository() {
    let desk = with_history();
    desk.git("dns", &["branch", "old", "HEAD~3"]).succeeded();
    let log = |repo: &str| desk.zonetool("", &["log", "www.example.org", "--repo", repo]);
    assert_eq!(log("dns#old").succeeded().out.lines().count(), 7);
    log("dns#none").exited(2);
    log("nowhere").exited(3);
    desk.shell("", "cp -r dns 'dns#old'").succeeded();
    assert!(
        log("dns#old").succeeded().out.lines().count() > 7,
        "a folder of that name wins"
    );
}

#[test]
fn nothing_to_tell_is_said() {
    let desk = with_history();
    for (words, code) in [
        (["log", "nix.example.org", "A"], 1),
        (["log", "example.net", "ANY"], 1),
        (["blame", "nix.example.org", "A"], 1),
        (["blame", "example.net", "ANY"], 2),
        (["blame", "a..b", "ANY"], 2),
        (["log", "example.org", "NOPE"], 2),
    ] {
        let ran = desk.zonetool("dns", &words).exited(code);
        assert!(ran.out.is_empty() && !ran.err.is_empty(), "{words:?}");
    }
}

#[test]
fn a_zone_that_goes_and_comes_again_and_one_that_is_cut_out() {
    let desk = with_history();
    let text = desk.read("dns/zones/org/example.org.d/all");
    desk.git("dns", &["rm", "-qr", "zones"]).succeeded();
    desk.write("dns/README.md", "none for a day\n");
    commit(&desk, 6, "Give up");
    desk.write(ZONE, text.clone() + "a.sub A 192.0.2.1\n");
    commit(&desk, 7, "Begin again");
    desk.write(ZONE, text + "sub NS ns1\n");
    desk.write(
        "dns/zones/sub.example.org",
        "$TTL 2h\n@ SOA ns1.example.org. h 1 1 1 1 1\n@ NS ns1.example.org.\na A 192.0.2.1\n",
    );
    commit(&desk, 8, "Cut sub out");
    let subject = |name: &str| {
        let words = ["blame", name, "A", "--format", "json"];
        let blame = desk.zonetool("dns", &words).succeeded().json();
        blame["records"][0]["brought_by"]["subject"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    assert_eq!(subject("www.example.org"), "Begin again");
    assert_eq!(subject("a.sub.example.org"), "Begin again");
    let log = desk
        .zonetool("dns", &["log", "a.sub.example.org"])
        .succeeded()
        .out;
    assert_eq!(log.lines().count(), 2, "{log}");
    let log = desk
        .zonetool("dns", &["log", "www.example.org", "--format", "json"])
        .succeeded();
    assert_eq!(log.json()["commits"][1]["subject"], "Give up");
}

#[test]
fn a_record_of_a_merge_is_that_of_the_side_that_brought_it() {
    let desk = with_history();
    desk.git("dns", &["checkout", "-qb", "topic"]).succeeded();
    desk.write(
        "dns/zones/org/example.org.d/all",
        desk.read("dns/zones/org/example.org.d/all") + "new A 192.0.2.9\n",
    );
    commit(&desk, 6, "Add new");
    desk.git("dns", &["checkout", "-q", "main"]).succeeded();
    desk.git(
        "dns",
        &["merge", "-q", "--no-ff", "-m", "Merge topic", "topic"],
    )
    .succeeded();
    let blame = desk
        .zonetool("dns", &["blame", "new.example.org"])
        .succeeded()
        .out;
    assert!(blame.contains(": Add new\n"), "{blame}");
    let log = desk
        .zonetool("dns", &["log", "new.example.org"])
        .succeeded()
        .out;
    let lines: Vec<&str> = log.lines().collect();
    assert!(lines[0].ends_with(": Merge topic"), "{log}");
    assert_eq!(lines[1], "  + new.example.org. 7200 IN A 192.0.2.9");
    assert!(
        lines[2].starts_with("    ") && lines[2].ends_with(": Add new"),
        "{log}"
    );
    assert_eq!(lines[3..], ["      + new.example.org. 7200 IN A 192.0.2.9"]);
}

#[test]
fn a_shallow_clone_says_where_its_history_ends() {
    let desk = with_history();
    desk.shell("", "git clone -q --depth 2 \"file://$PWD/dns\" shallow")
        .succeeded();
    let blame = desk
        .zonetool("shallow", &["blame", "ns1.example.org"])
        .succeeded();
    insta::assert_snapshot!("history-shallow", both(&blame));
}
