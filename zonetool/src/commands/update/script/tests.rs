//! What a script means, and what is wrong with it.

use super::*;
use crate::client::Said;

fn steps(text: &str) -> Result<Vec<String>, Vec<String>> {
    let ground = Ground {
        origin: Name::root(),
        class: Class::IN,
        ttl: None,
    };
    let said = |entry: &Entry, is_prerequisite| {
        Said {
            entry,
            is_prerequisite,
        }
        .to_string()
    };
    match read("s", text, ground) {
        Ok(steps) => Ok(steps
            .iter()
            .map(|step| match step {
                Step::Require(entry) => said(entry, true),
                Step::Change(entry) => said(entry, false),
                Step::Server(server) => format!("server {server}"),
                Step::Zone(zone) => format!("zone {zone}"),
                other => format!("{other:?}").to_lowercase(),
            })
            .collect()),
        Err(wrong) => Err(wrong.iter().map(ToString::to_string).collect()),
    }
}

#[test]
fn all_commands_and_what_they_mean() {
    let text = "\
; a comment sends nothing
  # nor does this
server 2001:db8::1 5353
zone example.org
prereq nxdomain a.example.org
PREREQ yxdomain a.example.org.
nxrrset a.example.org IN A
prereq yxrrset a.example.org A
prereq yxrrset a.example.org TXT a;b (c ; in parentheses
   ; on lines of their own
   d) e;

ttl 1h
update add a.example.org MX 10 mail.example.org
add a.example.org 300 IN TYPE65280 \\# 1 ab
update delete a.example.org
update del a.example.org 300 IN A
delete a.example.org ANY
del a.example.org A 192.0.2.1
show
send
answer
debug
quit
this is not read
";
    let expected = "\
server [2001:db8::1]:5353
zone example.org.
prereq nxdomain a.example.org.
prereq yxdomain a.example.org.
prereq nxrrset a.example.org. A
prereq yxrrset a.example.org. A
prereq yxrrset a.example.org. TXT \"a;b\" \"c\" \"d\" \"e;\"
send
add a.example.org. 3600 IN MX 10 mail.example.org.
add a.example.org. 300 IN TYPE65280 \\# 1 AB
delete a.example.org.
delete a.example.org. A
delete a.example.org.
delete a.example.org. A 192.0.2.1
show
send
answer
debug";
    assert_eq!(steps(text).expect("no mistakes").join("\n"), expected);
}

#[test]
fn every_mistake_of_a_script_has_its_place_and_a_way_out() {
    let text = "\
zone a..b
update add www.example.org A 192.0.2.1
update add www.example.org 300 A 192.0.2
update add www.example.org 99999999999 A 192.0.2.1
update ad www.example.org
prereq yxrrset www.example.org
prereq nxdomain www.example.org A
add www.example.org 300 CH A 192.0.2.1
add www.example.org 300 AAAAA ::1
add www.example.org 300 TXT \"open
key hmac-md5:k c2VjcmV0
local 192.0.2.1
send now
add www.example.org 300 A 192.0.2.7";
    let wrong = steps(text).expect_err("mistakes");
    let places: Vec<&str> = wrong
        .iter()
        .map(|text| text.split(": ").next().expect("a place"))
        .collect();
    let expected = [
        "s:1:6", "s:2:27", "s:3:34", "s:4:28", "s:5:8", "s:6:31", "s:7:33", "s:8:25", "s:9:25",
        "s:10:29", "s:11:5", "s:12:1", "s:13:6", "s:14:1",
    ];
    assert_eq!(places, expected, "{wrong:#?}");
    assert!(wrong.iter().all(|text| text.contains("; ")), "{wrong:#?}");
    assert!(
        !wrong.concat().contains("c2VjcmV0"),
        "secrets are not repeated"
    );
    for (text, place) in [("add a (300 A\n192.0.2.1", "s:1:7"), ("add a )", "s:1:7")] {
        let wrong = steps(text).expect_err("a mistake");
        assert!(wrong[0].starts_with(place), "{wrong:?}");
    }
}
