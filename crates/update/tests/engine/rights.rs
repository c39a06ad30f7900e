//! Who may do what: names of keys, and the policy.

use rr::Rtype;
use tsig::Time;
use update::{Actions, Grant, Layer, Pattern, Planned, Policy, Refusal, Types, Winner, limits};
use wire::{Ede, ResponseCode};

use crate::support::{HASH, NOW, lines, name, no_zones, planned_with, script, update, zone};

const ZONE: &str = "@ 300 SOA ns mail 10 7200 900 1209600 300\n@ 300 NS ns\nns 300 A 192.0.2.1\n\
    www 300 A 192.0.2.2\n_443._tcp.www 300 TLSA 3 1 1 AA\n_25._tcp.www 300 TLSA 3 1 1 AA\n_25._tcp.www 300 TLSA 3 1 1 BB\n";
const TLSA: &str = "update delete _443._tcp.www TLSA\nupdate add _443._tcp.www 300 TLSA 3 1 1 BB";

fn read(policy: &str) -> Policy {
    let (policy, mistakes) = Policy::read(policy.as_bytes());
    assert_eq!(mistakes, []);
    policy
}

fn attempt(policy: &Policy, key: &str, words: &str, now: Time) -> Result<Planned, Refusal> {
    let words: Vec<String> = words.lines().map(str::to_owned).collect();
    let message = script::message(&name("example.org"), &words);
    planned_with(&zone("example.org", ZONE), &message, key, policy, now)
}

fn is_refused(policy: &Policy, key: &str, words: &str) -> bool {
    match attempt(policy, key, words, NOW) {
        Ok(_) => false,
        Err(refusal) => {
            assert_eq!(
                refusal.verdict(),
                (ResponseCode::Refused, Ede::PROHIBITED),
                "{refusal}"
            );
            true
        }
    }
}

#[test]
fn the_name_of_a_key_says_what_it_may() {
    let policy = Policy::default();
    for key in ["k._update.example.org", "k._update.org", "k._update"] {
        assert!(!is_refused(&policy, key, TLSA), "{key}");
    }
    for key in [
        "k._update.example.net",
        "k._update.www.example.org",
        "k._transfer.example.org",
        "k._notify.example.org",
        "k.example.org",
    ] {
        assert!(is_refused(&policy, key, TLSA), "{key}");
    }
    let refusal = attempt(&policy, "k.example.org", TLSA, NOW).expect_err("no key for updates");
    assert_eq!(
        refusal.to_string(),
        "the key k.example.org. is not for updates of example.org.; that takes one named LABEL._update.example.org."
    );
}

/// A web host replaces one TLSA record and nothing else.
#[test]
fn a_key_with_a_line_may_that_and_nothing_else() {
    let policy = read("allow web._update.example.org replace TLSA _443._tcp.www.example.org\n");
    let key = "web._update.example.org";
    assert!(!is_refused(&policy, key, TLSA));
    assert!(
        !is_refused(&policy, key, "update add _443._tcp.www 60 TLSA 3 1 1 AA"),
        "a TTL"
    );
    for refused in [
        "update delete _443._tcp.www TLSA",
        "update add _443._tcp.www 300 TLSA 3 1 1 BB",
        &format!("{TLSA}\nupdate add _443._tcp.www 300 TLSA 3 1 1 CC"),
        &format!("{TLSA}\nupdate add _443._tcp.www 300 TXT \"x\""),
        &format!("{TLSA}\nupdate delete www A"),
        "update delete _25._tcp.www TLSA\nupdate add _25._tcp.www 300 TLSA 3 1 1 CC",
        "update add www 300 A 192.0.2.9",
        "update delete @",
    ] {
        assert!(is_refused(&policy, key, refused), "{refused}");
    }
    assert!(
        !is_refused(&policy, "other._update.example.org", "update delete www A"),
        "no line, so all"
    );
}

/// What counts is what an update comes to: nothing takes no right, but the names have to be the key's.
#[test]
fn what_it_comes_to_is_what_counts() {
    let policy = read("allow web._update.example.org add A *.example.org\n");
    let key = "web._update.example.org";
    let again = "update delete www A\nupdate add www 300 A 192.0.2.2";
    assert_eq!(attempt(&policy, key, again, NOW), Ok(Planned::Nothing));
    assert_eq!(
        attempt(&policy, key, "update delete new A", NOW),
        Ok(Planned::Nothing)
    );
    assert!(is_refused(&policy, key, "update delete new AAAA"));
    let refusal = attempt(&policy, key, "update delete www A", NOW).expect_err("to delete");
    assert_eq!(
        refusal.to_string(),
        "the policy does not allow web._update.example.org. to delete A of www.example.org."
    );
    let refusal = attempt(&policy, key, "update delete www AAAA", NOW).expect_err("no line");
    assert_eq!(
        refusal.to_string(),
        "the policy has no line for web._update.example.org. and AAAA of www.example.org."
    );
}

#[test]
fn lines_of_a_key_add_up() {
    let policy = read(
        "allow k._update.example.org add A,AAAA www.example.org,new.example.org\n\
         allow k._update.example.org delete A www.example.org # both: to replace\n",
    );
    let key = "k._update.example.org";
    assert!(!is_refused(
        &policy,
        key,
        "update delete www A\nupdate add www 60 A 192.0.2.7"
    ));
    assert!(!is_refused(
        &policy,
        key,
        "update add new 60 AAAA 2001:db8::1"
    ));
    assert!(is_refused(&policy, key, "update add other 60 A 192.0.2.1"));
}

#[test]
fn a_right_ends_with_its_day() {
    let policy = read("allow k._update all * * until 2027-01-15\n");
    let attempt = |secs: u64| attempt(&policy, "k._update", TLSA, Time::from_secs(secs));
    // 2027-01-16 begins at 1800057600.
    assert!(attempt(1_800_057_599).is_ok());
    let refusal = attempt(1_800_057_600).expect_err("over");
    assert!(
        refusal
            .to_string()
            .starts_with("the policy has no line for k._update."),
        "{refusal}"
    );
}

/// MirageOS' ocaml-dns removes the zone; RFC 2136 §3.4.2.3 ignores it.
#[test]
fn deleting_the_soa_record_removes_the_zone_for_whom_a_line_says_so() {
    let delete = "update delete @ SOA";
    let none = Policy::default();
    assert_eq!(
        attempt(&none, "k._update", delete, NOW),
        Ok(Planned::Nothing)
    );
    let all = read("allow k._update all * *,example.org\n");
    assert_eq!(
        attempt(&all, "k._update", delete, NOW),
        Ok(Planned::Nothing)
    );
    let may = read("allow k._update remove-zone SOA example.org\n");
    assert_eq!(
        attempt(&may, "k._update", delete, NOW),
        Ok(Planned::Removal)
    );
    assert!(is_refused(&may, "k._update", "update delete @ NS"));
    let record = "update delete @ SOA ns mail 10 7200 900 1209600 300";
    assert_eq!(
        attempt(&may, "k._update", record, NOW),
        Ok(Planned::Nothing),
        "the record is another matter"
    );
}

/// MirageOS' ocaml-dns makes the zone; RFC 2136 §3.1.2 knows none but those that are there.
#[test]
fn adding_the_soa_record_makes_the_zone_for_whom_a_line_says_so() {
    let apex = name("new.example.org");
    let nothing = zone::Builder::new(apex.clone(), HASH).finish();
    let attempt = |policy: &Policy, words: &str| {
        let words: Vec<String> = words.lines().map(str::to_owned).collect();
        let message = script::message(&apex, &words);
        let scene = update::Scene {
            zone: &nothing,
            serial: rr::Serial(0),
            zones: &no_zones(),
            policy,
            now: NOW,
        };
        let plan = update::plan(&update(message, "k._update").expect("read"), &scene);
        plan.map(|plan| plan.planned)
    };
    let make = "prereq nxdomain @\nupdate add @ 300 SOA ns mail 10 7200 900 1209600 300\n\
        update add @ 300 NS ns\nupdate add ns 300 A 192.0.2.1\n\
        update add @ 300 SOA ns mail 9 7200 900 1209600 300";
    let all = read("allow k._update all,make-zone * new.example.org,*.new.example.org\n");
    let made = attempt(&all, make).expect("may");
    assert_eq!(
        lines(&made, &apex),
        [
            "+ @ 300 NS ns",
            "+ @ 300 SOA ns mail 10 7200 900 1209600 300",
            "+ ns 300 A 192.0.2.1"
        ]
    );
    for (policy, words) in [
        ("", make),
        ("allow k._update all * *,new.example.org\n", make),
        (
            "allow k._update all,make-zone * new.example.org\n",
            "update add @ 300 NS ns",
        ),
        (
            "allow k._update all,make-zone * new.example.org\n",
            "update delete @ SOA",
        ),
    ] {
        let refusal = attempt(&read(policy), words).expect_err(policy);
        assert_eq!(refusal, Refusal::NoSuchZone(apex.clone()), "{policy}");
    }
    // Who may make it may not do all else.
    let only = read("allow k._update make-zone SOA new.example.org\n");
    let refusal = attempt(&only, make).expect_err("no NS");
    assert_eq!(refusal.verdict(), (ResponseCode::Refused, Ede::PROHIBITED));
}

#[test]
fn a_policy_with_a_mistake_lets_nobody_do_anything() {
    let (policy, mistakes) =
        Policy::read(b"allow web._update.example.org replace TLSA *\nalow x\n");
    assert_eq!(mistakes.len(), 1);
    for key in ["web._update.example.org", "other._update.example.org"] {
        let refusal = attempt(&policy, key, TLSA, NOW).expect_err("refused");
        assert_eq!(refusal, Refusal::BadPolicy { line: 2, column: 1 });
        assert_eq!(refusal.verdict(), (ResponseCode::Refused, Ede::PROHIBITED));
    }
}

#[test]
fn mistakes_are_told_with_their_place() {
    let text = "allow web._update.example.org replace TLSA a.example.org\n\
        # a comment\n\
        allow web._update.example.org repalce TLSA a.example.org\n\
        allow web._update.example.org all TSLA a.example.org\n\
        allow web._update.example.org all TXT a.example.org,b.example.com\n\
        allow web._transfer.example.org all TXT a.example.org\n\
        allow web._update.example.org all TXT a.example.org until tomorrow\n\
        allow web._update.example.org all TXT\n\
        \x20 ephemeral TXT web*.example.org\n\
        winner me TXT *\n\
        permit everything\n\
        allow web._update.example.org all AXFR *\n";
    let (policy, mistakes) = Policy::read(text.as_bytes());
    let told: Vec<String> = mistakes.iter().map(ToString::to_string).collect();
    let wanted = [
        "3:31: actions are add, delete, replace, all, make-zone and remove-zone, with commas between them",
        "4:35: no known mnemonic; an unknown one is written TYPE or CLASS with its number (RFC 3597 §5)",
        "5:53: the name of the key says it is for example.org. only",
        "6:7: this key is not for updates, and the policy only narrows what the name of a key says: LABEL._update.ZONE",
        "7:59: a day is written YYYY-MM-DD, such as 2027-06-30",
        "8:35: a line is `allow KEY ACTIONS TYPES NAMES [until YYYY-MM-DD]`, such as `allow web._update.example.org replace TLSA _443._tcp.www.example.org`",
        "9:17: `*` is a label of its own and stands for one or more; write `\\*` for the owner of a wildcard",
        "10:8: the winner is `human` or `update`",
        "11:1: no line begins with `permit`; they begin with allow, ephemeral, durable or winner",
        "12:35: no known mnemonic; an unknown one is written TYPE or CLASS with its number (RFC 3597 §5)",
    ];
    assert_eq!(told, wanted);
    assert_eq!(policy.mistake(), mistakes.first());
    for mistake in &mistakes {
        let before = &text[..mistake.range.start];
        assert_eq!(before.matches('\n').count() + 1, mistake.line);
    }
}

#[test]
fn challenges_are_ephemeral_unless_it_says_otherwise() {
    let layer = |policy: &Policy, text: &str, rtype| policy.layer(name(text).as_ref(), rtype);
    let none = Policy::default();
    assert_eq!(
        layer(&none, "_ACME-challenge.www.example.org", Rtype::TXT),
        Layer::Ephemeral
    );
    assert_eq!(
        layer(&none, "_acme-challenge.www.example.org", Rtype::CNAME),
        Layer::Durable
    );
    assert_eq!(layer(&none, "www.example.org", Rtype::TXT), Layer::Durable);
    let said = read(
        "durable TXT _acme-challenge.*\nephemeral A,AAAA *.dyn.example.org\nephemeral TXT _acme-challenge.b.org\n",
    );
    assert_eq!(
        layer(&said, "_acme-challenge.www.example.org", Rtype::TXT),
        Layer::Durable
    );
    assert_eq!(
        layer(&said, "_acme-challenge.b.org", Rtype::TXT),
        Layer::Ephemeral,
        "the last line that fits"
    );
    assert_eq!(
        layer(&said, "a.dyn.example.org", Rtype::AAAA),
        Layer::Ephemeral
    );
}

#[test]
fn the_human_is_right_unless_it_says_otherwise() {
    let said = read("winner update * *.dyn.example.org\nwinner human MX mail.dyn.example.org\n");
    let winner = |text: &str, rtype| said.winner(name(text).as_ref(), rtype);
    assert_eq!(winner("www.example.org", Rtype::A), Winner::Human);
    assert_eq!(winner("a.dyn.example.org", Rtype::A), Winner::Update);
    assert_eq!(winner("mail.dyn.example.org", Rtype::MX), Winner::Human);
}

/// A line is read as it is written, for whoever grants.
#[test]
fn lines_are_written_as_they_are_read() {
    let grant = Grant {
        key: name("web._update.example.org"),
        actions: Actions::ADD.and(Actions::DELETE),
        types: Types::Some(vec![Rtype::TXT, Rtype::TLSA]),
        names: vec![
            "_acme-challenge.*".parse().unwrap(),
            Pattern::one(name("*.example.org")),
        ],
        until: Some("2027-06-30".parse().unwrap()),
    };
    let line = grant.to_string();
    assert_eq!(
        line,
        r"allow web._update.example.org add,delete TXT,TLSA _acme-challenge.*,\*.example.org until 2027-06-30"
    );
    assert_eq!(read(&line).grants(grant.key.as_ref()), [grant]);
    for actions in [
        "add",
        "delete",
        "replace",
        "all",
        "add,delete",
        "all,remove-zone",
        "all,make-zone,remove-zone",
        "replace,remove-zone",
    ] {
        let line = format!("allow k._update {actions} * *");
        assert_eq!(
            read(&line).grants(name("k._update").as_ref())[0].to_string(),
            line
        );
    }
}

#[test]
fn limits_of_a_policy() {
    for line in ["allow k._update all * *", "durable * *", "winner human * *"] {
        let full = format!("{line}\n").repeat(limits::NAMES_OF_A_KIND);
        assert_eq!(Policy::read(full.as_bytes()).1, []);
        let (_, mistakes) = Policy::read(format!("{full}{line}\n").as_bytes());
        assert_eq!(
            (mistakes.len(), mistakes[0].line),
            (1, limits::NAMES_OF_A_KIND + 1)
        );
        let (_, mistakes) =
            Policy::read(format!("{line}{}\n", ",*".repeat(limits::NAMES_OF_A_KIND)).as_bytes());
        assert_eq!(mistakes.len(), 1, "in one line");
    }
    assert_eq!(
        Policy::read("x\n".repeat(100).as_bytes()).1.len(),
        limits::MISTAKES
    );
    let blank = " ".repeat(limits::POLICY_OCTETS);
    assert_eq!(Policy::read(blank.as_bytes()).1, []);
    let (policy, mistakes) = Policy::read(format!("{blank} ").as_bytes());
    assert_eq!((mistakes.len(), policy.mistake()), (1, mistakes.first()));
}

/// Any octets are a policy, or mistakes within it.
#[test]
fn any_octets_as_a_policy() {
    proptest::proptest!(|(octets in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..200))| {
        let (policy, mistakes) = Policy::read(&octets);
        assert_eq!(policy.mistake(), mistakes.first());
        assert!(mistakes.iter().all(|mistake| mistake.range.end <= octets.len() && mistake.column > 0));
    });
    proptest::proptest!(|(text in "(allow|winner|durable|k._update|all|human|TXT|\\*|a\\.\\*| |,|\\.|#|\n|until|é){0,30}")| {
        let (policy, mistakes) = Policy::read(text.as_bytes());
        assert_eq!(policy.mistake(), mistakes.first());
        assert!(mistakes.iter().all(|mistake| text.as_bytes().get(mistake.range.clone()).is_some()));
    });
}

/// `lines` is used by others; here it shows that a permitted change is the one that was asked for.
#[test]
fn a_permitted_change_is_made() {
    let policy = read("allow web._update.example.org replace TLSA _443._tcp.www.example.org\n");
    let planned = attempt(&policy, "web._update.example.org", TLSA, NOW).unwrap();
    assert_eq!(
        lines(&planned, &name("example.org")),
        [
            "+ _443._tcp.www 300 TLSA 3 1 1 BB",
            "- _443._tcp.www 300 TLSA 3 1 1 AA"
        ]
    );
}
