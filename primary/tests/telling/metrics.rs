//! The metrics of a server that has something to tell.

use std::net::TcpStream;
use std::time::Instant;

use crate::exposition::Metrics;
use crate::http::{ask, get, metrics_address, telling};
use crate::support::{Repo, Server, ask_tcp, ask_udp, poll, zone};

/// A worker counts what it has sent, which may be a moment after it has arrived.
fn wait_for(server: &Server, is_there: impl Fn(&Metrics) -> bool) -> Metrics {
    let address = metrics_address(server);
    poll(|| {
        let page = get(address, "/metrics");
        assert_eq!(page.status, 200);
        let metrics = Metrics::read(&page.body);
        match is_there(&metrics) {
            true => Ok(metrics),
            false => Err(page.body),
        }
    })
}

#[test]
fn answers_are_counted_by_code_type_transport_and_family() {
    let repo = Repo::new();
    repo.commit(&[("example.org", &zone(1, "192.0.2.81"))]);
    let server = telling(&repo, &["--listen", "[::1]:0", "--workers", "2"]);
    let [v4, v6] = server.addresses[..] else {
        panic!("two addresses");
    };
    let names = [
        "www.example.org",
        "www.example.org",
        "no.example.org",
        "example.com",
    ];
    names.iter().for_each(|name| drop(ask_udp(v4, name)));
    ask_udp(v6, "www.example.org");
    let mut stream = TcpStream::connect(v6).expect("connected");
    (0..3).for_each(|_| drop(ask_tcp(&mut stream, "no.example.org")));
    let metrics = wait_for(&server, |metrics| {
        metrics.sum("stemma_answer_duration_seconds_count") == 8.0
    });
    let rcode = |transport: &str, family: &str, rcode: &str| {
        metrics.value(&format!(
            "stemma_answers_total{{transport=\"{transport}\",family=\"{family}\",rcode=\"{rcode}\"}}"
        ))
    };
    assert_eq!(rcode("udp", "ipv4", "NOERROR"), 2.0);
    assert_eq!(rcode("udp", "ipv4", "NXDOMAIN"), 1.0);
    assert_eq!(rcode("udp", "ipv4", "REFUSED"), 1.0);
    assert_eq!(rcode("udp", "ipv6", "NOERROR"), 1.0);
    assert_eq!(rcode("tcp", "ipv6", "NXDOMAIN"), 3.0);
    assert_eq!(metrics.sum("stemma_answers_total"), 8.0);
    assert_eq!(metrics.sum("stemma_questions_total"), 8.0);
    let types = "stemma_questions_total{transport=\"tcp\",family=\"ipv6\",type=\"A\"}";
    assert_eq!(metrics.value(types), 3.0);
    assert_eq!(
        metrics.value("stemma_tcp_connections_open{transport=\"tcp\"}"),
        1.0
    );
    assert_eq!(
        metrics.value("stemma_answers_sent_total{transport=\"udp\"}"),
        5.0
    );
    assert_eq!(metrics.sum("stemma_panics_total"), 0.0);
    metrics.assert_histogram("stemma_answer_duration_seconds", "transport=\"udp\",");
    metrics.assert_histogram("stemma_answer_duration_seconds", "transport=\"tcp\",");
    drop(stream);
    wait_for(&server, |metrics| {
        metrics.value("stemma_tcp_connections_closed_total{transport=\"tcp\",reason=\"peer\"}")
            == 1.0
    });
    server.stop();
}

#[test]
fn commits_and_zones_are_told() {
    let repo = Repo::new();
    let good = ("example.net", zone(1, "192.0.2.91"));
    let first = repo.commit(&[
        ("example.org", &zone(7, "192.0.2.81")),
        (good.0, &good.1),
        ("0%2f25.2.0.192.in-addr.arpa", &zone(1, "192.0.2.1")),
    ]);
    let server = telling(&repo, &[]);
    let metrics = wait_for(&server, |_| true);
    assert_eq!(
        metrics.value(&format!("stemma_commit_info{{commit=\"{first}\"}}")),
        1.0
    );
    assert_eq!(
        metrics.value("stemma_commit_timestamp_seconds"),
        1_700_000_000.0
    );
    assert_eq!(
        metrics.value("stemma_zone_serial{zone=\"example.org.\"}"),
        7.0
    );
    assert!(metrics.has("stemma_zone_records{zone=\"0/25.2.0.192.in-addr.arpa.\"}"));
    assert_eq!(metrics.value("stemma_zones{standing=\"good\"}"), 3.0);

    let second = repo.commit(&[
        ("example.org", "garbage\n"),
        (good.0, &good.1),
        ("new.org", "x\n"),
    ]);
    server.wait_for_commit(&second);
    let metrics = wait_for(&server, |metrics| {
        metrics.value("stemma_loads_total{result=\"served\"}") == 2.0
    });
    assert!(metrics.has(&format!("stemma_commit_info{{commit=\"{second}\"}}")));
    assert!(!metrics.has(&format!("stemma_commit_info{{commit=\"{first}\"}}")));
    for (standing, count) in [("good", 1.0), ("kept", 1.0), ("not-served", 1.0)] {
        assert_eq!(
            metrics.value(&format!("stemma_zones{{standing=\"{standing}\"}}")),
            count
        );
    }
    let kept =
        format!("stemma_zone_info{{zone=\"example.org.\",standing=\"kept\",commit=\"{first}\"}}");
    assert_eq!(metrics.value(&kept), 1.0);
    assert_eq!(
        metrics.value("stemma_zone_good{zone=\"example.org.\"}"),
        0.0
    );
    assert_eq!(
        metrics.value("stemma_zone_good{zone=\"example.net.\"}"),
        1.0
    );
    assert!(metrics.value("stemma_findings{about=\"zones\"}") >= 2.0);
    metrics.assert_histogram("stemma_load_duration_seconds", "");
    repo.git(&["update-ref", "-d", "refs/heads/main"]);
    wait_for(&server, |metrics| {
        metrics.value("stemma_branch_readable") == 0.0
    });
    server.stop();
}

#[test]
fn of_many_zones_only_those_that_are_not_right_are_told_one_by_one() {
    let repo = Repo::new();
    let text = zone(1, "192.0.2.81");
    let names: Vec<String> = (0..1001).map(|n| format!("z{n}.example")).collect();
    let mut files: Vec<(&str, &str)> = names.iter().map(|name| (&name[..], &text[..])).collect();
    files[500].1 = "garbage\n";
    repo.commit(&files);
    let server = telling(&repo, &[]);
    let metrics = wait_for(&server, |_| true);
    assert_eq!(metrics.value("stemma_zones{standing=\"good\"}"), 1000.0);
    assert_eq!(metrics.value("stemma_zones_told"), 1.0);
    assert_eq!(
        metrics.value("stemma_zone_good{zone=\"z500.example.\"}"),
        0.0
    );
    assert!(!metrics.has("stemma_zone_good{zone=\"z1.example.\"}"));
    server.stop();
}

#[test]
fn only_what_is_asked_properly_is_answered() {
    let repo = Repo::new();
    repo.commit(&[("example.org", &zone(1, "192.0.2.81"))]);
    let server = telling(&repo, &[]);
    let address = metrics_address(&server);
    let page = get(address, "/metrics");
    assert!(
        page.head
            .contains("Content-Type: text/plain; version=0.0.4"),
        "{}",
        page.head
    );
    assert!(
        page.head
            .contains(&format!("Content-Length: {}", page.body.len()))
    );
    let head = ask(address, "HEAD /metrics HTTP/1.1\r\n\r\n");
    assert_eq!((head.status, head.body.as_str()), (200, ""));
    let large = format!("GET / HTTP/1.1\r\nX: {}\r\n\r\n", "x".repeat(9000));
    for (request, status) in [
        ("GET /healthz?x=y HTTP/1.0\r\n\r\n", 200),
        ("GET / HTTP/1.1\r\n\r\n", 404),
        ("POST /metrics HTTP/1.1\r\nContent-Length: 2\r\n\r\nhi", 405),
        ("GET /metrics HTTP/3\r\n\r\n", 505),
        ("nonsense\r\n\r\n", 400),
        (&large, 431),
    ] {
        assert_eq!(ask(address, request).status, status, "{request:.40}");
    }
    // Connections that say nothing do not keep others out, and there is a limit to them.
    let silent: Vec<TcpStream> = (0..10)
        .map(|_| TcpStream::connect(address).expect("connected"))
        .collect();
    assert_eq!(get(address, "/healthz").status, 200);
    drop(silent);
    server.stop();
}

#[test]
fn an_address_that_is_taken_or_public_is_said() {
    let repo = Repo::new();
    repo.commit(&[("example.org", &zone(1, "192.0.2.81"))]);
    let server = telling(&repo, &[]);
    let taken = metrics_address(&server).to_string();
    let second = crate::support::program()
        .arg("--repo")
        .arg(repo.path())
        .args(["--listen", "127.0.0.1:0", "--metrics", &taken, "--control"])
        .arg(repo.beside("second"))
        .output()
        .expect("runs");
    assert_eq!(second.status.code(), Some(4));
    let said = String::from_utf8_lossy(&second.stderr).into_owned();
    assert!(said.contains("--metrics ADDR:PORT"), "{said}");
    server.stop();
    let public = ["--listen", "127.0.0.1:0", "--metrics", "0.0.0.0:0"];
    let server = Server::start_with(&repo, &public);
    // The log is written by a thread of its own.
    poll(|| match server.log() {
        log if log.contains("metrics are not on loopback") => Ok(()),
        log => Err(log),
    });
    server.stop();
}

#[test]
fn answers_over_the_rate_are_counted_by_class() {
    let repo = Repo::new();
    repo.commit(&[("example.org", &zone(1, "192.0.2.81"))]);
    let limits = ["--rate-limit", "1", "--rate-limit-slip", "1"];
    let server = telling(&repo, &limits);
    let names = ["a.example.org", "b.example.org", "c.example.org"];
    let start = Instant::now();
    names
        .iter()
        .for_each(|name| drop(ask_udp(server.addresses[0], name)));
    let at_least = 2.0 - start.elapsed().as_secs_f64().ceil() + 1.0;
    let metrics = wait_for(&server, |metrics| {
        metrics.sum("stemma_answers_total") == 3.0
    });
    let truncated = "stemma_rate_limited_total{class=\"name_error\",outcome=\"truncated\"}";
    assert!((at_least..=2.0).contains(&metrics.value(truncated)));
    assert_eq!(
        metrics.sum("stemma_rate_limited_total"),
        metrics.value(truncated)
    );
}
