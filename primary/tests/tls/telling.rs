//! What is told of TLS: metrics and status.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use crate::support::secure::{Authority, tls_address};
use crate::support::{PATIENCE, Repo, Server, poll, zone};

fn metrics(server: &Server) -> String {
    let status = server.status().expect("a status");
    let address = status["metrics"].as_str().expect("an address");
    let address: SocketAddr = address.parse().expect("an address");
    let mut stream = TcpStream::connect(address).expect("connected");
    stream.set_read_timeout(Some(PATIENCE)).expect("a limit");
    stream
        .write_all(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
        .expect("sent");
    let mut page = String::new();
    stream.read_to_string(&mut page).expect("a page");
    page
}

#[test]
fn sessions_questions_failures_and_the_certificate_are_counted() {
    let repo = Repo::new();
    repo.commit(&[("example.org", &zone(1, "192.0.2.81"))]);
    let authority = Authority::new(&repo);
    let server = authority.start(&repo, &["--metrics", "127.0.0.1:0"]);
    let mut client = authority.client(tls_address(&server));
    (0..3).for_each(|_| drop(client.ask("www.example.org")));
    // Plain DNS where TLS is spoken.
    let mut plain = TcpStream::connect(tls_address(&server)).expect("connected");
    plain.write_all(&[0, 12, 1, 2, 3, 4, 5]).expect("sent");
    plain.set_read_timeout(Some(PATIENCE)).expect("a limit");
    let _ = plain.read_to_end(&mut Vec::new());
    let wanted = [
        "stemma_answers_total{transport=\"tls\",family=\"ipv4\",rcode=\"NOERROR\"} 3\n",
        "stemma_messages_received_total{transport=\"tls\"} 3\n",
        "stemma_answer_duration_seconds_count{transport=\"tls\"} 3\n",
        "stemma_answer_duration_seconds_count{transport=\"tcp\"} 0\n",
        "stemma_tcp_connections_total{transport=\"tls\"} 2\n",
        "stemma_tls_handshakes_total{version=\"1.3\"} 1\n",
        "stemma_tls_handshake_failures_total{reason=\"not-tls\"} 1\n",
        "stemma_tls_handshakes_delayed_total 0\n",
        "stemma_tls_certificate_expiry_timestamp_seconds 4133894400\n",
        "stemma_tls_certificate_current 1\n",
    ];
    poll(|| {
        let page = metrics(&server);
        match wanted.iter().find(|line| !page.contains(**line)) {
            None => Ok(()),
            Some(line) => Err(format!("{line} is not in {page}")),
        }
    });
    let human = String::from_utf8_lossy(&server.ask_status("human").stdout).into_owned();
    let address = tls_address(&server).to_string();
    for said in [
        &address,
        "certificate good for ",
        "TLS         2 connections, 3 messages, 3 answers",
    ] {
        assert!(human.contains(said), "{human}");
    }
    assert!(server.log().contains("listening over TLS"));
    server.stop();
}

/// One in a second, after the first that may begin at once: until one has to wait.
#[test]
fn handshakes_that_come_faster_than_the_operator_wants_wait_and_are_counted() {
    let repo = Repo::new();
    repo.commit(&[("example.org", &zone(1, "192.0.2.81"))]);
    let authority = Authority::new(&repo);
    let limits = ["--tls-handshakes", "1", "--workers", "1"];
    let server = authority.start(
        &repo,
        &[&limits[..], &["--metrics", "127.0.0.1:0"]].concat(),
    );
    let mut open = authority.client(tls_address(&server));
    poll(|| {
        drop(
            authority
                .client(tls_address(&server))
                .ask("www.example.org"),
        );
        drop(open.ask("www.example.org"));
        let page = metrics(&server);
        match page.contains("stemma_tls_handshakes_delayed_total 0\n") {
            true => Err(page),
            false => Ok(()),
        }
    });
    server.stop();
}
