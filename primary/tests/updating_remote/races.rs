//! A person pushes while updates are on their way.

use std::sync::Arc;

use super::*;

/// Updates while the line is cut, a push of a person, and the line again.
fn race(
    there: &There,
    running: &Running,
    updates: &dyn Fn(&Running),
    person: &dyn Fn(&There),
) -> String {
    there.cable.set(Line::Cut);
    updates(running);
    person(there);
    let theirs = there.tip();
    there.cable.set(Line::Whole);
    running.primary.look();
    poll(|| match there.tip() {
        tip if tip != theirs => Ok(()),
        _ => Err(format!("{:?}", running.primary.status())),
    });
    wait_until_pushed(there, running);
    is_sound(&there.repo);
    theirs
}

#[test]
fn both_keep_what_they_have_changed_with_every_comment() {
    let text = zone(7, "192.0.2.1") + "; hosts of Ann\nann A 192.0.2.5 ; rack 5\n";
    let there = There::with(&[("a.example", &text), ("b.example", &zone(7, "192.0.2.1"))]);
    let running = there.start();
    let updates = |running: &Running| {
        add(running, "u1 A 192.0.2.2");
        add(running, "u2 A 192.0.2.3");
        let change = Change::new()
            .remove("ann A 192.0.2.5")
            .add("ann A 192.0.2.6");
        assert!(is_acknowledged(&running.ask("a.example", change)));
        let answer = running.ask("b.example", Change::new().add("u3 A 192.0.2.4"));
        assert!(is_acknowledged(&answer));
    };
    let theirs = race(&there, &running, &updates, &|there| {
        there.person_adds("a.example", "; by hand\nhand A 192.0.2.7 ; rack 7");
    });
    there
        .has_once(
            "a.example",
            &[
                "; hosts of Ann\nann A 192.0.2.6 ; rack 5\n",
                "; by hand\nhand A 192.0.2.7 ; rack 7",
                "u1 ",
                "u2 ",
            ],
        )
        .expect("both");
    there.has_once("b.example", &["u3 "]).expect("alone");
    for (name, address) in [("u1", "2"), ("u2", "3"), ("ann", "6"), ("hand", "7")] {
        let name = format!("{name}.a.example");
        assert_eq!(addresses(&running, &name), [format!("192.0.2.{address}")]);
    }
    let parents = there
        .repo
        .git(&["log", "-1", "--format=%P %an: %s", "main"]);
    assert!(
        parents.contains(&format!(" {theirs} stemma-primary: Merge what was pushed")),
        "{parents}"
    );
    assert_eq!(there.repo.git(&["rev-list", "--count", "main"]), "7");
    // The serials are those of the history, for whoever reads it.
    let served = running.served();
    running.primary.stop();
    let fresh = there.start_pushing();
    assert_eq!(fresh.served(), served);
    fresh.primary.stop();
}

/// Both change the addresses of `www`.
fn dispute(files: &[(&str, &str)], wanted: &str, told: &str) {
    let there = There::with(files);
    let running = there.start();
    let updates = |running: &Running| {
        let change = Change::new()
            .remove("www A 192.0.2.1")
            .add("www A 192.0.2.2");
        assert!(is_acknowledged(&running.ask("a.example", change)));
        add(running, "other A 192.0.2.4");
    };
    let theirs = race(&there, &running, &updates, &|there| {
        there.person("a.example", |text| {
            text.replace("www A 192.0.2.1", "www A 192.0.2.3 ; moved")
        });
    });
    assert_eq!(addresses(&running, "www.a.example"), [wanted]);
    assert_eq!(addresses(&running, "other.a.example"), ["192.0.2.4"]);
    let trailer = "--format=%(trailers:key=Stemma-Lost,valueonly)";
    let lost = there.repo.git(&["log", "-1", trailer, "main"]);
    assert_eq!(lost, format!("a.example.: {told}"));
    // Neither is gone: both are parents.
    let parents = there.repo.git(&["log", "-1", "--format=%P", "main"]);
    let (ours, other) = parents.split_once(' ').expect("two");
    assert_eq!(other, theirs);
    let www = |commit: &str| {
        let text = there.repo.git(&["show", &format!("{commit}:a.example")]);
        text.lines()
            .find(|line| line.starts_with("www"))
            .map(str::to_owned)
    };
    assert_eq!(www(ours).as_deref(), Some("www A 192.0.2.2"));
    assert_eq!(www(other).as_deref(), Some("www A 192.0.2.3 ; moved"));
    running.primary.stop();
}

#[test]
fn where_both_change_the_same_the_person_is_right() {
    dispute(
        &[("a.example", &zone(7, "192.0.2.1"))],
        "192.0.2.3",
        "an update of A of www.a.example. is lost to a commit that changed it too",
    );
}

#[test]
fn or_the_update_where_the_policy_says_so() {
    dispute(
        &[
            ("a.example", &zone(7, "192.0.2.1")),
            (".zonepolicy", "winner update A www.a.example\n"),
        ],
        "192.0.2.2",
        "a commit of A of www.a.example. is lost to an update that changed it too",
    );
}

#[test]
fn who_waits_for_the_push_is_planned_anew_on_what_came_between() {
    let there = Arc::new(There::new());
    let running = there.start_pushing();
    let person = Arc::clone(&there);
    let pushes = move |time: usize| {
        if time < 3 {
            person.person_adds("a.example", &format!("person{time} A 192.0.2.{time}"));
        }
    };
    let change = Change::new().add("x A 192.0.2.9").meanwhile(pushes);
    let answer = running.ask("a.example", change);
    assert!(is_acknowledged(&answer), "{answer:?}");
    there
        .has_once("a.example", &["person0 ", "person1 ", "person2 ", "x "])
        .expect("all");
    assert_eq!(there.repo.git(&["rev-list", "--merges", "main"]), "");
    wait_until_pushed(&there, &running);
    assert_eq!(running.served()[0].1, Some(11));
    running.primary.stop();
}

#[test]
fn a_mistake_of_a_person_holds_back_neither_updates_nor_other_zones() {
    let there = There::new();
    let running = there.start();
    let updates = |running: &Running| add(running, "u1 A 192.0.2.2");
    race(&there, &running, &updates, &|there| {
        // An alias beside an address: every line can be read, and the zone is wrong.
        there.person_adds("a.example", "www CNAME ns1 ; oops");
        there.person_adds("b.example", "hand A 192.0.2.7");
    });
    let check = |running: &Running| {
        assert_eq!(addresses(running, "u1.a.example"), ["192.0.2.2"]);
        assert_eq!(addresses(running, "www.a.example"), ["192.0.2.1"]);
        assert_eq!(addresses(running, "hand.b.example"), ["192.0.2.7"]);
    };
    check(&running);
    there
        .has_once("a.example", &["u1 ", "www CNAME ns1 ; oops"])
        .expect("it is theirs to mend, with the update in it");
    running.primary.stop();
    let running = there.start();
    check(&running);
    there.person("a.example", |text| {
        text.replace("www CNAME ns1 ; oops", "; well")
    });
    running.primary.look();
    wait_until_pushed(&there, &running);
    check(&running);
    add(&running, "u2 A 192.0.2.2");
    wait_until_pushed(&there, &running);
    running.primary.stop();
}

#[test]
fn a_text_that_cannot_be_read_is_put_aside_with_a_word() {
    let there = There::new();
    let running = there.start();
    let updates = |running: &Running| add(running, "u1 A 192.0.2.2");
    let theirs = race(&there, &running, &updates, &|there| {
        there.person_adds("a.example", "hand A 192.0.2.999");
    });
    assert_eq!(addresses(&running, "u1.a.example"), ["192.0.2.2"]);
    assert!(!there.text("a.example").contains("hand"));
    let message = there.repo.git(&["log", "-1", "--format=%B", "main"]);
    assert!(
        message.contains("a commit is lost to updates: it has mistakes"),
        "{message}"
    );
    there
        .repo
        .git(&["merge-base", "--is-ancestor", &theirs, "main"]);
    running.primary.stop();
}

#[test]
fn together_they_are_wrong_and_the_person_is_right() {
    let there = There::new();
    let running = there.start();
    // RFC 2181 §10.3: what an MX names is no alias.
    let updates = |running: &Running| {
        add(running, "m MX 10 host");
        add(running, "host A 192.0.2.2");
        add(running, "u1 A 192.0.2.2");
    };
    race(&there, &running, &updates, &|there| {
        there.person_adds("a.example", "host CNAME ns1");
    });
    let status = running.primary.status();
    assert_eq!(status.zones.len(), 2);
    assert_eq!(status.trouble, None);
    let text = there.text("a.example");
    assert!(
        text.contains("host CNAME ns1") && !text.contains("MX"),
        "{text}"
    );
    // What has nothing to do with that is there.
    assert_eq!(addresses(&running, "u1.a.example"), ["192.0.2.2"]);
    let message = there.repo.git(&["log", "-1", "--format=%B", "main"]);
    for told in ["A of host.a.example. is lost", "MX of m.a.example. is lost"] {
        assert!(message.contains(told), "{told}: {message}");
    }
    running.primary.stop();
}

#[test]
fn many_races_one_after_the_other_lose_nothing() {
    let there = There::new();
    let running = there.start();
    for number in 0..12 {
        add(&running, &format!("u{number} A 192.0.2.2"));
        // Sometimes before the push, sometimes after it, sometimes into the middle.
        there.person_adds("b.example", &format!("p{number} A 192.0.2.3"));
        running.primary.look();
    }
    wait_until_pushed(&there, &running);
    let wanted: Vec<String> = (0..12).map(|number| format!("\nu{number} ")).collect();
    let wanted: Vec<&str> = wanted.iter().map(String::as_str).collect();
    there.has_once("a.example", &wanted).expect("all updates");
    is_sound(&there.repo);
    running.primary.stop();
}
