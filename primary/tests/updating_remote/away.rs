//! The other machine is away, or the line to it is bad.

use super::*;

#[test]
fn what_is_acknowledged_is_pushed_when_it_is_back() {
    let there = There::new();
    let running = there.start();
    let before = there.tip();
    for line in [Line::Cut, Line::Pulled] {
        there.cable.set(line);
        let name = if line == Line::Cut { "cut" } else { "pulled" };
        for number in 0..3 {
            add(&running, &format!("{name}{number} A 192.0.2.2"));
        }
        assert_eq!(
            addresses(&running, &format!("{name}0.a.example")),
            ["192.0.2.2"]
        );
        let status = poll(|| match remote(&running) {
            status if status.push_trouble.is_some() && status.backlog == 3 => Ok(status),
            status => Err(format!("{status:?}")),
        });
        assert!(status.backlog_oldest_secs.is_some());
        let text = status.to_string();
        assert!(
            text.contains("to push     3 commits of updates, the oldest")
                && text.contains("not pushed  127.0.0.1"),
            "{text}"
        );
        assert!(!running.primary.status().is_good());
        there.cable.set(Line::Whole);
        wait_until_pushed(&there, &running);
        there
            .has_once("a.example", &[&format!("{name}0 "), &format!("{name}2 ")])
            .expect("once");
        let status = remote(&running);
        assert_eq!(
            (status.push_trouble, status.backlog_oldest_secs),
            (None, None)
        );
    }
    let range = format!("{before}..main");
    let count = there.repo.git(&["rev-list", "--count", &range]);
    assert_eq!(
        count, "6",
        "each update is one commit, and nothing is between"
    );
    assert_eq!(there.repo.git(&["rev-list", "--merges", "main"]), "");
    is_sound(&there.repo);
    running.primary.stop();
}

#[test]
fn after_a_restart_what_is_left_is_pushed_once() {
    let there = There::new();
    let running = there.start();
    there.cable.set(Line::Cut);
    for number in 0..3 {
        add(&running, &format!("h{number} A 192.0.2.2"));
    }
    let served = running.served();
    running.primary.stop();
    // It is served while nothing can be reached.
    let running = there.start();
    assert_eq!(running.served(), served);
    assert_eq!(addresses(&running, "h2.a.example"), ["192.0.2.2"]);
    add(&running, "h3 A 192.0.2.2");
    poll(|| match remote(&running).backlog {
        4 => Ok(()),
        other => Err(other.to_string()),
    });
    running.primary.stop();
    there.cable.set(Line::Whole);
    // Who takes no updates any more still owes what others were promised.
    let state = there.state();
    let running = there.start_with(|config| Config {
        state_dir: Some(state),
        ..config
    });
    wait_until_pushed(&there, &running);
    there
        .has_once("a.example", &["h0 ", "h1 ", "h2 ", "h3 "])
        .expect("once");
    assert_eq!(there.repo.git(&["rev-list", "--count", "main"]), "5");
    running.primary.stop();
}

#[test]
fn who_stops_tries_once_more_and_does_not_wait_for_long() {
    let there = There::new();
    let running = there.start();
    there.cable.set(Line::Cut);
    add(&running, "h1 A 192.0.2.2");
    poll(|| match remote(&running).push_trouble {
        Some(_) => Ok(()),
        None => Err("not tried yet".into()),
    });
    there.cable.set(Line::Whole);
    running.primary.stop();
    there.has_once("a.example", &["h1 "]).expect("pushed");
    let running = there.start();
    there.cable.set(Line::Pulled);
    add(&running, "h2 A 192.0.2.2");
    running.primary.stop();
    let running = there.start();
    assert_eq!(addresses(&running, "h2.a.example"), ["192.0.2.2"]);
    running.primary.stop();
}

#[test]
fn who_wants_it_pushed_is_told_that_it_cannot_be() {
    let there = There::new();
    let running = there.start_pushing();
    let before = running.served();
    for line in [Line::Cut, Line::Pulled] {
        there.cable.set(line);
        let answer = running.ask("a.example", Change::new().add("h1 A 192.0.2.2"));
        let (code, text) = refused(&answer);
        assert_eq!(code, ResponseCode::ServFail);
        assert!(text.contains("127.0.0.1"), "{text}");
        assert_eq!(running.served(), before);
        assert_eq!(addresses(&running, "h1.a.example"), Vec::<String>::new());
        assert!(!there.text("a.example").contains("h1"));
    }
    there.cable.set(Line::Whole);
    add(&running, "h1 A 192.0.2.2");
    there
        .has_once("a.example", &["h1 "])
        .expect("there at once");
    assert_eq!(addresses(&running, "h1.a.example"), ["192.0.2.2"]);
    wait_until_pushed(&there, &running);
    running.primary.stop();
}

/// The line is cut behind so many octets of what the other machine says: before its list of references is whole, in it,
/// before it says what became of the push, and behind that.
#[test]
fn what_nobody_knows_is_found_out_or_is_no_yes() {
    let there = There::new();
    let running = there.start_pushing();
    let (mut yes, mut no) = (0, 0);
    for number in 0..24_usize {
        there.cable.set(Line::CutAfter(8 + number * 24));
        let record = format!("h{number} A 192.0.2.2");
        let answer = running.ask("a.example", Change::new().add(&record));
        let is_there = there.text("a.example").contains(&format!("h{number} "));
        match is_acknowledged(&answer) {
            true => {
                assert!(is_there, "{number}");
                yes += 1;
            }
            false => {
                assert_eq!(refused(&answer).0, ResponseCode::ServFail);
                no += 1;
            }
        }
        there.cable.set(Line::Whole);
        // What arrived without a yes is taken in as any commit, and asking again makes it no second time.
        let again = running.ask("a.example", Change::new().add(&record));
        assert!(
            is_acknowledged(&again) || again == Answer::Unchanged,
            "{again:?}"
        );
        there
            .has_once("a.example", &[&format!("h{number} ")])
            .expect("once");
        assert_eq!(
            addresses(&running, &format!("h{number}.a.example")),
            ["192.0.2.2"]
        );
    }
    assert!(yes > 0 && no > 0, "{yes} {no}");
    is_sound(&there.repo);
    running.primary.stop();
}
