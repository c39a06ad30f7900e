//! `dump` against BIND's named-compilezone.

use crate::desk::Desk;

const ZONE: &str = include_str!("dump.zone");

#[test]
fn dump_is_what_named_compilezone_writes() {
    let desk = Desk::new();
    desk.write("zone", ZONE);
    let ours = desk
        .zonetool("", &["dump", "zone", "--zone", "example.org"])
        .succeeded()
        .out;
    let words = "named-compilezone -i none -k ignore -s full -o theirs example.org zone";
    desk.shell("", &format!("PATH=$PATH:/usr/sbin {words}"))
        .succeeded();
    let theirs = joined(&desk.read("theirs"));
    for (ours, theirs) in ours.lines().zip(theirs.lines()) {
        assert_eq!(ours, theirs);
    }
    assert_eq!(ours.lines().count(), theirs.lines().count());
}

/// BIND lines up columns, notes when it would sign again, and cuts hexadecimal and base 64 into groups.
fn joined(theirs: &str) -> String {
    theirs
        .lines()
        .filter(|line| !line.starts_with(';'))
        .map(|line| joined_line(line) + "\n")
        .collect()
}

fn joined_line(line: &str) -> String {
    let words: Vec<&str> = line.split_whitespace().collect();
    let fixed = match words[3] {
        "DS" | "TLSA" | "SMIMEA" | "DNSKEY" | "ZONEMD" | "CERT" => 7,
        "SSHFP" => 6,
        "RRSIG" => 12,
        _ => return words.join(" "),
    };
    format!("{} {}", words[..fixed].join(" "), words[fixed..].concat())
}

#[test]
fn mistakes_go_to_standard_error_and_the_rest_is_dumped() {
    let desk = Desk::new();
    desk.write(
        "example.org",
        "$TTL 1h\na A 192.0.2\nb A 192.0.2.1\nB A 192.0.2.1\n",
    );
    let ran = desk.zonetool("", &["dump", "example.org"]).exited(1);
    assert_eq!(ran.out, "b.example.org. 3600 IN A 192.0.2.1\n");
    assert!(ran.err.starts_with("example.org:2:5: "), "{}", ran.err);
}
