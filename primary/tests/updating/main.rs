//! Updates become commits, and what is served is what is in them.
#![allow(clippy::print_stdout, reason = "a test says what it could not do")]

#[path = "../support/mod.rs"]
mod support;

mod acme;
mod asking;
mod batches;
mod digests;
mod ephemeral;
mod followed;
mod full;
mod hostile;
mod killed;
mod nowhere;
mod sent;
mod together;
mod turns;
mod whole;

use std::sync::Arc;

use asking::{Change, Running, data_of, wait};
use primary::Answer;
use support::{Repo, ask_serial, zone};
use wire::ResponseCode;

/// Who may sign; the key itself is gone.
const SIGNER: &str = "ann@example.org ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAICoFJJJmf9mwd01l7/dXcu48od7r28BIOdoQMOZ/k1Nu\n";

fn refused(answer: &Answer) -> (ResponseCode, String) {
    match answer {
        Answer::Refused(why) => (why.code, why.text.clone()),
        other => panic!("not refused: {other:?}"),
    }
}

fn is_acknowledged(answer: &Answer) -> bool {
    matches!(answer, Answer::Acknowledged(_))
}

fn commits(repo: &Repo) -> usize {
    let count = repo.git(&["rev-list", "--count", "main"]);
    count.parse().expect("a number")
}

#[test]
fn an_update_is_a_commit_with_one_changed_line() {
    let repo = Repo::new();
    let text = zone(7, "192.0.2.1").replace("www A", "; the web\nwww A");
    repo.commit(&[("a.example", &text), ("b.example", &text)]);
    let running = Running::start(&repo);
    let answer = running.ask(
        "a.example",
        Change::new()
            .remove("www A 192.0.2.1")
            .add("www A 192.0.2.7"),
    );
    let Answer::Acknowledged(made) = answer else {
        panic!("{answer:?}")
    };
    // It is served before the answer, and it is in the repository.
    let address = running.primary.addresses()[0];
    assert_eq!(data_of(address, "www.a.example"), ["192.0.2.7"]);
    assert_eq!(ask_serial(address, "a.example"), Some(8));
    assert_eq!(ask_serial(address, "b.example"), Some(7));
    assert_eq!(made.commit().to_string(), repo.git(&["rev-parse", "main"]));
    let changed = repo.git(&["diff", "--unified=0", "main~", "main"]);
    let changed: Vec<&str> = changed
        .lines()
        .filter(|line| line.starts_with(['-', '+']))
        .collect();
    assert_eq!(
        changed,
        [
            "--- a/a.example",
            "+++ b/a.example",
            "-www A 192.0.2.1",
            "+www A 192.0.2.7"
        ]
    );
    let shown = repo.git(&["log", "-1", "--format=%an|%cn|%B", "main"]);
    insta::assert_snapshot!(shown, @r"
    web._update.a.example|stemma-primary|a.example.: a change

    Update from 192.0.2.99 with key web._update.a.example.

    Stemma-Update: key=web._update.a.example. zone=a.example. from=192.0.2.99 id=17
    ");
    repo.git(&["fsck", "--strict", "--no-dangling"]);
    running.primary.stop();
}

#[test]
fn after_a_restart_the_same_is_served_with_the_same_serials() {
    let repo = Repo::new();
    repo.commit(&[("a.example", &zone(7, "192.0.2.1"))]);
    let running = Running::start(&repo);
    for number in 2..6 {
        let answer = running.ask(
            "a.example",
            Change::new().add(&format!("h{number} A 192.0.2.{number}")),
        );
        assert!(is_acknowledged(&answer), "{answer:?}");
    }
    // One that states a serial: the law goes on from it.
    let stated = |serial: u32| format!("@ SOA ns1 hostmaster {serial} 7200 3600 1209600 300");
    let change = Change::new().remove(&stated(11)).add(&stated(40));
    assert!(is_acknowledged(&running.ask("a.example", change)));
    asking::commit_line(&repo, "a.example", "p A 192.0.2.99");
    let answer = running.ask("a.example", Change::new().add("last A 192.0.2.9"));
    assert!(is_acknowledged(&answer), "{answer:?}");
    let before = running.served();
    assert_eq!(before[0].1, Some(42));
    running.primary.stop();
    let again = Running::start(&repo);
    assert_eq!(again.served(), before);
    let address = again.primary.addresses()[0];
    for (name, data) in [
        ("h3", "192.0.2.3"),
        ("p", "192.0.2.99"),
        ("last", "192.0.2.9"),
    ] {
        assert_eq!(data_of(address, &format!("{name}.a.example")), [data]);
    }
    again.primary.stop();
}

#[test]
fn those_who_wait_together_share_a_commit_and_each_is_answered_by_itself() {
    let repo = Repo::new();
    repo.commit(&[
        ("a.example", &zone(7, "192.0.2.1")),
        ("b.example", &zone(3, "192.0.2.1")),
    ]);
    let running = Running::start(&repo);
    // While the first is planned, the others gather.
    let (go_on, first) = running.hold("a.example", Change::new().add("first A 192.0.2.2"));
    let mut answers = vec![first];
    for number in 0..10 {
        let zone = ["a.example", "b.example"][number % 2];
        answers.push(running.send(
            zone,
            Change::new().add(&format!("h{number} A 192.0.2.{number}")),
        ));
    }
    // Of what one before it in the batch has made.
    answers.push(running.send(
        "a.example",
        Change::new().only_if("h0").add("next A 192.0.2.3"),
    ));
    answers.push(running.send("a.example", Change::new().add("h0 A 192.0.2.0")));
    let unmet = running.send(
        "a.example",
        Change::new().only_if("nobody").add("x A 192.0.2.3"),
    );
    let nowhere = running.send("c.example", Change::new().add("x A 192.0.2.3"));
    go_on.send(()).expect("the first waits");
    let answers: Vec<Answer> = answers.iter().map(wait).collect();
    assert!(answers[..12].iter().all(is_acknowledged), "{answers:?}");
    assert_eq!(answers[12], Answer::Unchanged);
    assert_eq!(refused(&wait(&unmet)).0, ResponseCode::NXDomain);
    assert_eq!(refused(&wait(&nowhere)).0, ResponseCode::NotAuth);
    assert_eq!(
        commits(&repo),
        3,
        "the first, the one that was held, and all others"
    );
    let trailers = "--format=%(trailers:key=Stemma-Update,valueonly)";
    let named = repo.git(&["log", "-1", trailers, "main"]);
    assert_eq!(named.lines().filter(|line| !line.is_empty()).count(), 11);
    let served: Vec<Option<u32>> = running
        .served()
        .into_iter()
        .map(|(_, serial)| serial)
        .collect();
    assert_eq!(served, [Some(9), Some(4)]);
    running.primary.stop();
}

#[test]
fn what_changes_nothing_makes_no_commit() {
    let repo = Repo::new();
    repo.commit(&[("a.example", &zone(7, "192.0.2.1"))]);
    let running = Running::start(&repo);
    let answer = running.ask("a.example", Change::new().add("www A 192.0.2.1"));
    assert_eq!(answer, Answer::Unchanged);
    // Nor do two of which one takes back what the other does.
    let (go_on, first) = running.hold("a.example", Change::new());
    let one = running.send("a.example", Change::new().add("x A 192.0.2.2"));
    let other = running.send("a.example", Change::new().remove("x A 192.0.2.2"));
    go_on.send(()).expect("the first waits");
    for answer in [first, one, other] {
        assert_eq!(wait(&answer), Answer::Unchanged);
    }
    assert_eq!(commits(&repo), 1);
    running.primary.stop();
}

#[test]
fn an_update_that_would_make_an_error_is_refused_alone() {
    let repo = Repo::new();
    let text = zone(7, "192.0.2.1") + "$GENERATE 1-3 g$ A 192.0.2.$\n";
    repo.commit(&[("a.example", &text)]);
    let running = Running::start(&repo);
    let (go_on, first) = running.hold("a.example", Change::new().add("h1 A 192.0.2.2"));
    let mut good = vec![first];
    let alias = running.send("a.example", Change::new().add("www CNAME ns1"));
    good.push(running.send("a.example", Change::new().add("h2 A 192.0.2.2")));
    let generated = running.send("a.example", Change::new().remove("g2 A 192.0.2.2"));
    good.push(running.send("a.example", Change::new().add("h3 A 192.0.2.2")));
    // Only the whole text tells how the name is spelt.
    good.push(running.send("a.example", Change::new().add("WWW A 192.0.2.2")));
    go_on.send(()).expect("the first waits");
    for answer in &good {
        let answer = wait(answer);
        assert!(is_acknowledged(&answer), "{answer:?}");
    }
    let (code, text) = refused(&wait(&alias));
    assert_eq!(code, ResponseCode::Refused);
    assert!(
        text.starts_with("a.example:8:5: www.a.example. is an alias"),
        "{text}"
    );
    let (code, text) = refused(&wait(&generated));
    assert_eq!(code, ResponseCode::Refused);
    assert!(
        text.starts_with("a.example:8 makes the record with $GENERATE"),
        "{text}"
    );
    let address = running.primary.addresses()[0];
    assert_eq!(data_of(address, "h3.a.example"), ["192.0.2.2"]);
    assert_eq!(data_of(address, "g2.a.example"), ["192.0.2.2"]);
    assert_eq!(running.primary.status().trouble, None);
    running.primary.stop();
}

/// An update, while which is planned a person pushes a line, so many times.
fn beside_a_person(repo: &Arc<Repo>, times: usize) -> Change {
    let theirs = Arc::clone(repo);
    let pushes = move |time: usize| {
        if time < times {
            let line = format!("person{time} A 192.0.2.{time}");
            asking::commit_line(&theirs, "a.example", &line);
        }
    };
    Change::new().add("x A 192.0.2.9").meanwhile(pushes)
}

#[test]
fn who_pushes_in_between_loses_nothing_and_neither_does_the_update() {
    let repo = Arc::new(Repo::new());
    repo.commit(&[("a.example", &zone(7, "192.0.2.1"))]);
    let running = Running::start(&repo);
    let answer = running.ask("a.example", beside_a_person(&repo, 3));
    assert!(is_acknowledged(&answer), "{answer:?}");
    let text = repo.git(&["show", "main:a.example"]);
    for line in ["person0 A", "person1 A", "person2 A", "x   A 192.0.2.9"] {
        assert_eq!(text.matches(line).count(), 1, "{line}: {text}");
    }
    assert_eq!(commits(&repo), 5);
    assert_eq!(running.served()[0].1, Some(11));
    running.primary.stop();
}

#[test]
fn who_always_pushes_in_between_does_not_hold_the_server() {
    let repo = Arc::new(Repo::new());
    repo.commit(&[("a.example", &zone(7, "192.0.2.1"))]);
    let running = Running::start(&repo);
    let answer = running.ask("a.example", beside_a_person(&repo, usize::MAX));
    assert_eq!(refused(&answer).0, ResponseCode::ServFail);
    let text = repo.git(&["show", "main:a.example"]);
    assert!(text.contains("person7") && !text.contains("person8") && !text.contains("192.0.2.9"));
    let answer = running.ask("a.example", Change::new().add("x A 192.0.2.9"));
    assert!(is_acknowledged(&answer), "{answer:?}");
    running.primary.stop();
}

#[test]
fn more_than_the_limit_do_not_wait() {
    let repo = Repo::new();
    repo.commit(&[("a.example", &zone(7, "192.0.2.1"))]);
    let running = Running::start(&repo);
    let (go_on, first) = running.hold("a.example", Change::new());
    let waiting: Vec<_> = (0..1024)
        .map(|_| running.send("a.example", Change::new()))
        .collect();
    let one_more = running.send("a.example", Change::new());
    let (code, text) = refused(&wait(&one_more));
    assert_eq!(code, ResponseCode::ServFail);
    assert!(text.contains("too many"), "{text}");
    go_on.send(()).expect("the first waits");
    assert_eq!(wait(&first), Answer::Unchanged);
    for answer in &waiting {
        assert_eq!(wait(answer), Answer::Unchanged);
    }
    running.primary.stop();
}

#[test]
fn a_part_changes_where_one_zone_has_it_and_is_left_where_two_do() {
    let repo = Repo::new();
    let a = zone(7, "192.0.2.1") + "$INCLUDE a.d/hosts\n$INCLUDE common.d/mail\n";
    let b = zone(7, "192.0.2.1") + "$INCLUDE common.d/mail\n";
    repo.commit(&[
        ("a.example", &a),
        ("b.example", &b),
        ("a.d/hosts", "h1 A 192.0.2.1 ; rack 1\n"),
        ("common.d/mail", "mail A 192.0.2.1\n"),
    ]);
    let running = Running::start(&repo);
    let change = Change::new().remove("h1 A 192.0.2.1").add("h1 A 192.0.2.2");
    assert!(is_acknowledged(&running.ask("a.example", change)));
    let text = repo.git(&["show", "main:a.d/hosts"]);
    assert_eq!(text, "h1 A 192.0.2.2 ; rack 1");
    let (code, text) = refused(&running.ask("a.example", Change::new().remove("mail A 192.0.2.1")));
    assert_eq!(code, ResponseCode::Refused);
    assert!(text.contains("common.d/mail"), "{text}");
    running.primary.stop();
}

#[test]
fn where_commits_must_be_signed_updates_are_refused() {
    let repo = Repo::new();
    repo.commit(&[("a.example", &zone(7, "192.0.2.1"))]);
    let signers = repo.beside("signers");
    std::fs::write(&signers, SIGNER).expect("written");
    let running = Running::start_with(&repo, |config| primary::Config {
        allowed_signers: Some(signers),
        ..config
    });
    let (code, text) = refused(&running.ask("a.example", Change::new().add("x A 192.0.2.9")));
    assert_eq!(code, ResponseCode::Refused);
    assert!(text.contains("signed"), "{text}");
    running.primary.stop();
}
