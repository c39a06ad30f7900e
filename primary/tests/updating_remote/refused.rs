//! The other machine answers, and does not want it.

use super::*;

/// Refuses what has this word in it, or everything.
fn hook(there: &There, word: &str) {
    let script = format!(
        "while read old new ref; do\n\
         git diff $old $new | grep -q '{word}' && {{ echo 'no {word} here' >&2; exit 1; }}\n\
         done\nexit 0"
    );
    there.repo.hook("pre-receive", &script);
}

#[test]
fn who_waits_for_the_push_is_told_the_words_and_nothing_is_served() {
    let there = There::new();
    let running = there.start_pushing();
    let before = running.served();
    hook(&there, "forbidden");
    let answer = running.ask("a.example", Change::new().add("forbidden A 192.0.2.2"));
    let (code, text) = refused(&answer);
    assert_eq!(code, ResponseCode::Refused);
    assert!(text.contains("no forbidden here"), "{text}");
    assert_eq!(running.served(), before);
    assert_eq!(
        addresses(&running, "forbidden.a.example"),
        Vec::<String>::new()
    );
    // Those who wait with it have nothing to do with that.
    let (go_on, first) = running.hold("a.example", Change::new().add("h0 A 192.0.2.2"));
    let names = ["h1", "forbidden", "h2", "h3"];
    let answers = names.map(|name| {
        running.send(
            "a.example",
            Change::new().add(&format!("{name} A 192.0.2.2")),
        )
    });
    go_on.send(()).expect("the first waits");
    assert!(is_acknowledged(&asking::wait(&first)));
    for (name, answer) in names.iter().zip(&answers) {
        let answer = asking::wait(answer);
        assert_eq!(
            is_acknowledged(&answer),
            *name != "forbidden",
            "{name} {answer:?}"
        );
    }
    there
        .has_once("a.example", &["h0 ", "h1 ", "h2 ", "h3 "])
        .expect("the others");
    wait_until_pushed(&there, &running);
    running.primary.stop();
}

#[test]
fn who_wants_nothing_is_not_asked_for_each() {
    let there = There::new();
    let running = there.start_pushing();
    let log = there.repo.beside("asked");
    let script = format!("echo x >> {}; echo 'closed' >&2; exit 1", log.display());
    there.repo.hook("pre-receive", &script);
    let (go_on, first) = running.hold("a.example", Change::new().add("h0 A 192.0.2.2"));
    let answers: Vec<_> = (1..20)
        .map(|n| running.send("a.example", Change::new().add(&format!("h{n} A 192.0.2.2"))))
        .collect();
    go_on.send(()).expect("the first waits");
    for answer in answers.iter().chain([&first]) {
        let (code, text) = refused(&asking::wait(answer));
        assert_eq!(code, ResponseCode::Refused);
        assert!(text.contains("closed"), "{text}");
    }
    let asked = std::fs::read_to_string(&log)
        .expect("asked")
        .lines()
        .count();
    assert!(asked <= 6, "{asked}");
    running.primary.stop();
}

#[test]
fn what_was_acknowledged_is_served_told_and_pushed_when_it_may() {
    let there = There::new();
    let state = there.state();
    let running = there.start_with(|config| {
        let mut config = config;
        config.state_dir = Some(state);
        config.server.metrics = Some("127.0.0.1:0".parse().expect("an address"));
        config
    });
    hook(&there, "forbidden");
    add(&running, "forbidden A 192.0.2.2");
    assert_eq!(addresses(&running, "forbidden.a.example"), ["192.0.2.2"]);
    let status = poll(|| match remote(&running) {
        status if status.push_trouble.is_some() => Ok(status),
        status => Err(format!("{status:?}")),
    });
    let trouble = status.push_trouble.as_ref().expect("why");
    assert!(
        trouble.contains("no forbidden here") && trouble.contains("let it be pushed there"),
        "{trouble}"
    );
    assert!(!status.stale, "it is followed all the same");
    assert!(!running.primary.status().is_good());
    let page = |path: &str| support::page(running.primary.status().metrics.as_deref(), path);
    let health = page("/healthz");
    assert!(
        health.starts_with("HTTP/1.1 200")
            && health.contains("1 commits of updates are not pushed: ")
            && health.contains("no forbidden here"),
        "{health}"
    );
    let metrics = page("/metrics");
    for line in [
        "stemma_remote_backlog_commits 1\n",
        "stemma_remote_push_failures_total{kind=\"refused\"} 1\n",
        "stemma_remote_backlog_oldest_timestamp_seconds 1",
    ] {
        assert!(metrics.contains(line), "{line}: {metrics}");
    }
    // More of it waits with the first; nobody is asked for each.
    add(&running, "h1 A 192.0.2.2");
    assert_eq!(
        remote(&running).backlog_oldest_secs,
        status.backlog_oldest_secs
    );
    there.repo.hook("pre-receive", "exit 0");
    // A person who has mended it need not wait.
    running.primary.look();
    wait_until_pushed(&there, &running);
    there
        .has_once("a.example", &["forbidden ", "h1 "])
        .expect("both");
    assert_eq!(remote(&running).push_trouble, None);
    running.primary.stop();
}

#[test]
fn a_token_that_may_only_read_is_named() {
    let repo = one_zone();
    let daemon = Web {
        authorization: None,
        ..Web::new(repo.base())
    };
    // Git's own program refuses pushes over http to who has not logged in.
    repo.git(&["config", "http.receivepack", "false"]);
    let daemon = daemon.plain();
    let url = format!("http://127.0.0.1:{}/zones.git", daemon.port);
    let running = Running::start_at(&url, |config| Config {
        durable: Some(Durability::Pushed),
        ..impatient(config)
    });
    let answer = running.ask("a.example", Change::new().add("h1 A 192.0.2.2"));
    let (code, text) = refused(&answer);
    assert_ne!(code, ResponseCode::NoError);
    assert!(text.contains("127.0.0.1"), "{text}");
    assert_eq!(addresses(&running, "h1.a.example"), Vec::<String>::new());
    running.primary.stop();
}
