//! History is rewritten at the other machine while there are updates that it has not yet.

use super::*;

/// Three commits there, and two updates that are not pushed yet; the last commit there is taken back and another made.
fn rewritten() -> (There, Running, String) {
    let there = There::new();
    let first = there.tip();
    there.person_adds("a.example", "gone A 192.0.2.5");
    let running = there.start();
    assert_eq!(addresses(&running, "gone.a.example"), ["192.0.2.5"]);
    there.cable.set(Line::Cut);
    add(&running, "u1 A 192.0.2.2");
    add(&running, "u2 A 192.0.2.2");
    there.repo.set("main", first);
    let other = there.person_adds("b.example", "other A 192.0.2.6");
    there.cable.set(Line::Whole);
    running.primary.look();
    poll(|| match running.primary.status().refused {
        Some(refused) if refused == other => Ok(()),
        _ => Err(format!("{:?}", running.primary.status())),
    });
    (there, running, other)
}

fn wait_until_merged(there: &There, running: &Running, other: &str) {
    poll(|| match there.tip() == other {
        true => Err(format!("{:?}", running.primary.status())),
        false => Ok(()),
    });
    wait_until_pushed(there, running);
    for (name, wanted) in [
        ("u1.a.example", &["192.0.2.2"][..]),
        ("u2.a.example", &["192.0.2.2"]),
        ("other.b.example", &["192.0.2.6"]),
        // It was taken back, and no update brings it again.
        ("gone.a.example", &[]),
    ] {
        assert_eq!(addresses(running, name), wanted, "{name}");
    }
    there
        .repo
        .git(&["merge-base", "--is-ancestor", other, "main"]);
    let trailers = "--format=%(trailers:key=Stemma-Update,valueonly)";
    let named = there.repo.git(&["log", trailers, "main"]);
    assert!(named.lines().filter(|line| !line.is_empty()).count() >= 2);
    is_sound(&there.repo);
}

#[test]
fn it_is_refused_until_accepted_and_then_the_updates_are_on_it() {
    let (there, running, other) = rewritten();
    // Until then all is served as it was, and goes on.
    assert_eq!(addresses(&running, "gone.a.example"), ["192.0.2.5"]);
    add(&running, "u3 A 192.0.2.2");
    assert_eq!(there.tip(), other, "nothing is pushed over it");
    assert_eq!(running.primary.status().refused.as_ref(), Some(&other));
    let serials = running.served();
    running.primary.accept(&other).expect("accepted");
    wait_until_merged(&there, &running, &other);
    assert_eq!(addresses(&running, "u3.a.example"), ["192.0.2.2"]);
    for (now, before) in running.served().iter().zip(&serials) {
        assert!(now.1 > before.1, "{now:?} {before:?}");
    }
    running.primary.stop();
}

#[test]
fn a_restart_changes_nothing_about_that() {
    let (there, running, other) = rewritten();
    running.primary.stop();
    assert_eq!(there.tip(), other);
    let running = there.start();
    assert_eq!(addresses(&running, "u2.a.example"), ["192.0.2.2"]);
    poll(|| match running.primary.status().refused {
        Some(_) => Ok(()),
        None => Err("not refused yet".into()),
    });
    running.primary.accept(&other).expect("accepted");
    wait_until_merged(&there, &running, &other);
    running.primary.stop();
}

#[test]
fn what_was_pushed_and_is_taken_back_there_is_not_pushed_again_by_itself() {
    let there = There::new();
    let before = there.tip();
    let running = there.start();
    add(&running, "u1 A 192.0.2.2");
    wait_until_pushed(&there, &running);
    there.repo.set("main", &before);
    running.primary.look();
    poll(|| match running.primary.status().refused {
        Some(refused) if refused == before => Ok(()),
        _ => Err(format!("{:?}", running.primary.status())),
    });
    assert_eq!(there.tip(), before);
    running.primary.accept(&before).expect("accepted");
    poll(|| match addresses(&running, "u1.a.example").is_empty() {
        true => Ok(()),
        false => Err(format!("{:?}", running.primary.status())),
    });
    add(&running, "u2 A 192.0.2.2");
    wait_until_pushed(&there, &running);
    running.primary.stop();
}
