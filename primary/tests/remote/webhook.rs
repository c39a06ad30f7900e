//! Forges tell of pushes (`--webhook`).

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::path::PathBuf;

use ring::hmac;

use crate::daemons;
use crate::support::{PATIENCE, Repo, Server, poll, served};
use crate::{base, follow_with, git_url, metric, origin, push};

const SECRET: &str = "It's a Secret to Everybody";

/// Where the secrets are.
fn secrets(repo: &Repo, text: &str) -> PathBuf {
    let path = repo.beside("secret");
    std::fs::write(&path, text).expect("written");
    path
}

/// A server that looks at the remote only when it is told to.
fn hooked(repo: &Repo, url: &str) -> Server {
    let secret = secrets(repo, &format!("{SECRET}\n"));
    let secret = secret.to_str().expect("UTF-8");
    let more = ["--webhook", "127.0.0.1:0", "--webhook-secret", secret];
    follow_with("86400", repo, url, &more)
}

fn address(server: &Server) -> SocketAddr {
    let status = server.status().expect("a status");
    let address = status["webhook"].as_str().expect("an address");
    address.parse().expect("an address")
}

/// The status and the words of the answer; none if the connection was closed.
fn send(server: &Server, request: &str) -> Option<(u16, String)> {
    let mut stream = TcpStream::connect(address(server)).ok()?;
    stream.set_read_timeout(Some(PATIENCE)).expect("a limit");
    stream.write_all(request.as_bytes()).ok()?;
    let _ = stream.shutdown(Shutdown::Write);
    let mut text = String::new();
    stream.read_to_string(&mut text).ok()?;
    let status = text.split(' ').nth(1)?.parse().ok()?;
    let (_, words) = text.split_once("\r\n\r\n")?;
    Some((status, words.to_owned()))
}

fn post(server: &Server, fields: &str, body: &str) -> (u16, String) {
    let length = body.len();
    let request =
        format!("POST /any HTTP/1.1\r\nHost: x\r\n{fields}Content-Length: {length}\r\n\r\n{body}");
    send(server, &request).expect("an answer")
}

fn digits(body: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes());
    let tag = hmac::sign(&key, body.as_bytes());
    tag.as_ref()
        .iter()
        .map(|octet| format!("{octet:02x}"))
        .collect()
}

/// As GitHub signs it.
fn signed(body: &str) -> String {
    format!(
        "X-GitHub-Event: push\r\nX-Hub-Signature-256: sha256={}\r\n",
        digits(body)
    )
}

/// The same in a form, as GitHub and Gitea send it if nothing else is asked for.
fn as_form(body: &str) -> String {
    let coded = body.bytes().map(|octet| match octet {
        b'a'..=b'z' => char::from(octet).to_string(),
        other => format!("%{other:02X}"),
    });
    format!("payload={}", coded.collect::<String>())
}

const FORM: &str = "Content-Type: application/x-www-form-urlencoded\r\n";
const PUSH: &str = r#"{"ref": "refs/heads/main", "repository": {"default_branch": "main"}}"#;

#[test]
fn a_push_that_a_forge_tells_of_is_served_at_once() {
    let (repo, first) = origin("192.0.2.1");
    let daemon = daemons::Server::git_daemon(&base(&repo));
    let server = hooked(&repo, &git_url(daemon.port));
    server.wait_for_commit(&first);
    let gitea = format!(
        "X-Gitea-Event: push\r\nX-Gitea-Signature: {}\r\n",
        digits(PUSH)
    );
    let forgejo = format!("X-Forgejo-Signature: {}\r\n", digits(PUSH));
    let gitlab = format!("X-Gitlab-Event: Push Hook\r\nX-Gitlab-Token: {SECRET}\r\n");
    let json = [signed(PUSH), gitea, forgejo, gitlab].map(|fields| (fields, PUSH.to_owned()));
    let form = as_form(PUSH);
    let in_form = (format!("{FORM}{}", signed(&form)), form);
    for (number, (fields, body)) in json.iter().chain([&in_form]).enumerate() {
        let www = format!("192.0.2.{}", number + 2);
        let id = push(&repo, &www);
        let (status, words) = post(&server, fields, body);
        assert_eq!(
            (status, words.contains("main was pushed")),
            (202, true),
            "{words}"
        );
        server.wait_for_commit(&id);
        assert!(served(&www)(&server.ask("www.example.org")));
    }
    server.stop();
}

/// What is refused costs no look at the remote.
#[test]
fn what_is_not_signed_or_not_for_us_is_not_acted_on() {
    let (repo, first) = origin("192.0.2.1");
    let daemon = daemons::Server::git_daemon(&base(&repo));
    let server = hooked(&repo, &git_url(daemon.port));
    server.wait_for_commit(&first);
    let looks = metric(&server, "stemma_remote_looks_total");
    let other = PUSH.replace("heads/main", "heads/other");
    let tag = PUSH.replace("heads/main", "tags/main");
    let (good, ping) = (signed(PUSH), r#"{"zen": "Keep it logically awesome."}"#);
    for (fields, body, wanted) in [
        ("", PUSH, 401),
        (&*good, &*other, 401),
        (&*good.replace("sha256=", ""), PUSH, 401),
        ("X-Gitlab-Token: It's a Secret\r\n", PUSH, 401),
        ("X-Gitlab-Token: \r\n", PUSH, 401),
        (&*format!("{good}X-Gitea-Signature: 00\r\n"), PUSH, 401),
        (&*signed("payload=%7B%7D"), "payload=%7B%7D", 415),
        (&*format!("{FORM}{good}"), PUSH, 415),
        (&*format!("{FORM}{good}"), &*as_form(PUSH), 401),
        (&*signed(&other), &*other, 200),
        (&*signed(&tag), &*tag, 200),
        (&*signed(ping), ping, 200),
    ] {
        let (status, words) = post(&server, fields, body);
        assert_eq!(status, wanted, "{fields}{body}: {words}");
        assert!(!words.contains(SECRET) && !words.is_empty());
    }
    for (request, wanted) in [
        ("GET / HTTP/1.1\r\nHost: x\r\n\r\n".to_owned(), 405),
        ("POST / HTTP/1.1\r\nHost: x\r\n\r\n".to_owned(), 411),
        (
            "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n".to_owned(),
            411,
        ),
        (
            "POST / HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n".to_owned(),
            413,
        ),
        (
            format!("POST / HTTP/1.1\r\nA: {}\r\n\r\n", "x".repeat(20_000)),
            431,
        ),
        ("PRI * HTTP/2.0\r\n\r\n".to_owned(), 505),
        ("\r\n\r\n".to_owned(), 400),
    ] {
        let answer = send(&server, &request);
        assert_eq!(
            answer.map(|(status, _)| status),
            Some(wanted),
            "{request:.60}"
        );
    }
    assert_eq!(metric(&server, "stemma_remote_looks_total"), looks);
    let log = server.stop_and_read();
    assert!(!log.contains(SECRET), "{log}");
}

/// With both in the file either is believed; what the file says counts from SIGHUP on.
#[test]
fn a_secret_is_replaced_without_a_gap() {
    let (repo, first) = origin("192.0.2.1");
    let daemon = daemons::Server::git_daemon(&base(&repo));
    let server = hooked(&repo, &git_url(daemon.port));
    server.wait_for_commit(&first);
    let token = |secret: &str| {
        let fields = format!("X-Gitlab-Token: {secret}\r\n");
        post(&server, &fields, PUSH).0
    };
    let wait_for = |new: u16, old: u16| {
        poll(|| match (token("new"), token(SECRET)) {
            found if found == (new, old) => Ok(()),
            found => Err(format!("{found:?}: {}", server.log())),
        });
    };
    wait_for(401, 202);
    for (text, new, old) in [
        (format!("new\n{SECRET}\n"), 202, 202),
        ("new\n".to_owned(), 202, 401),
    ] {
        secrets(&repo, &text);
        server.signal("-HUP");
        wait_for(new, old);
    }
    secrets(&repo, "");
    server.signal("-HUP");
    poll(|| match server.log().contains("stay as they were") {
        true => Ok(()),
        false => Err(server.log()),
    });
    wait_for(202, 401);
    server.stop();
}

/// As large as a body may be, and one octet larger.
#[test]
fn a_large_push_is_heard() {
    let (repo, first) = origin("192.0.2.1");
    let daemon = daemons::Server::git_daemon(&base(&repo));
    let server = hooked(&repo, &git_url(daemon.port));
    server.wait_for_commit(&first);
    let (most, rest) = (
        2 << 20,
        PUSH.trim_end_matches('}').len() + r#", "x": ""}}"#.len(),
    );
    let body = |octets: usize| {
        let filling = "x".repeat(octets - rest);
        PUSH.replace("}}", &format!(r#"}}, "x": "{filling}"}}"#))
    };
    let second = push(&repo, "192.0.2.2");
    let largest = body(most);
    assert_eq!(largest.len(), most);
    assert_eq!(post(&server, &signed(&largest), &largest).0, 202);
    server.wait_for_commit(&second);
    let larger = body(most + 1);
    let head = format!(
        "POST / HTTP/1.1\r\n{}Content-Length: {}\r\n\r\n",
        signed(&larger),
        larger.len()
    );
    // It is refused by its head.
    assert_eq!(send(&server, &head).map(|(status, _)| status), Some(413));
    server.stop();
}

#[test]
fn a_flood_of_slow_clients_and_of_replays_stops_neither_answers_nor_the_next_push() {
    let (repo, first) = origin("192.0.2.1");
    let daemon = daemons::Server::git_daemon(&base(&repo));
    let server = hooked(&repo, &git_url(daemon.port));
    server.wait_for_commit(&first);
    let slow: Vec<TcpStream> = (0..40)
        .map(|_| {
            let mut stream = TcpStream::connect(address(&server)).expect("connected");
            // It may be closed already, as one too many.
            let _ = stream.write_all(b"POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\n{");
            stream
        })
        .collect();
    assert!(served("192.0.2.1")(&server.ask("www.example.org")));
    // While all of them are there, who is not slow is heard.
    let second = push(&repo, "192.0.2.2");
    assert_eq!(post(&server, &signed(PUSH), PUSH).0, 202);
    server.wait_for_commit(&second);
    drop(slow);
    let fields = signed(PUSH);
    let request = format!(
        "POST / HTTP/1.1\r\n{fields}Content-Length: {}\r\n\r\n{PUSH}",
        PUSH.len()
    );
    let looks = || metric(&server, "stemma_remote_looks_total").expect("counted");
    let before = looks();
    let replay = || {
        poll(|| {
            send(&server, &request)
                .filter(|(status, _)| *status == 202)
                .ok_or_else(|| "closed".into())
        })
    };
    (0..200).for_each(|_| drop(replay()));
    assert!(looks() - before < 100.0, "each replay was a look");
    let third = push(&repo, "192.0.2.3");
    replay();
    server.wait_for_commit(&third);
    server.stop();
}
