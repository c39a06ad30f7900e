//! What `secondary` has from crate `server`: all of it at once, in one process, asked by clients of others.

use std::fs;
use std::net::TcpStream;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::Command;

use testbed::dnstap::Capture;
use testbed::poll;
use testbed::process::{free_address, must_run, run};

use crate::program::{Place, Running, page, told};
use crate::support::primaries::{Kind, PrimaryServer};
use crate::support::{KEY, SECRET, await_seen, version, zone_text};

const SLOW: &str = "3600 3600 86400";

/// A certificate for this name, and its key, where the program looks for them.
fn certify(place: &Place, name: &str) {
    let made = rcgen::generate_simple_self_signed([name.to_owned()]).unwrap();
    place.write("key.pem", &made.signing_key.serialize_pem());
    place.write("certificate.pem", &made.cert.pem());
}

/// What is said to a question over TLS, to who is believed to have this name.
fn kdig(place: &Place, port: u16, name: &str, words: &[&str]) -> String {
    let mut kdig = Command::new("kdig");
    kdig.args(["@127.0.0.1", "-p", &port.to_string(), "+retry=0"]);
    kdig.args(["+tls-ca=certificate.pem", &format!("+tls-hostname={name}")]);
    run(kdig.args(words).current_dir(place.path(""))).1
}

fn is_root() -> bool {
    fs::metadata("/proc/self").unwrap().uid() == 0
}

/// Each thread is confined (where the kernel can), and all are another user's.
fn has_given_up(running: &Running, confined: &str) {
    let tasks = fs::read_dir(format!("/proc/{}/task", running.id())).unwrap();
    for task in tasks {
        let text = fs::read_to_string(task.unwrap().path().join("status")).unwrap_or_default();
        let is_filtered = confined.contains("no seccomp") || text.contains("Seccomp:\t2");
        assert!(text.is_empty() || is_filtered, "{confined}: {text}");
        assert!(text.is_empty() || text.contains("NoNewPrivs:\t1"), "{text}");
    }
    if is_root() {
        assert!(confined.starts_with("user nobody, "), "{confined}");
        assert!(
            told(running.id(), "Uid:").split(' ').all(|uid| uid != "0"),
            "it is root"
        );
    }
}

#[test]
fn all_that_programs_share_is_wired() {
    let (place, tls, metrics) = (Place::new(), free_address(), free_address());
    let primary = PrimaryServer::start(Kind::Knot, &zone_text(1, SLOW), place.address);
    certify(&place, "one.example");
    let secret = place.write("secret", "000102030405060708090a0b0c0d0e0f\n");
    let (port, tls_address, told_at) = (
        primary.address.port().to_string(),
        tls.to_string(),
        metrics.to_string(),
    );
    let keys = place.keys(&[KEY]);
    let [certificate, key, tap, state] =
        ["certificate.pem", "key.pem", "tap", "state"].map(|name| place.word(name));
    let files = [
        "--keys",
        &keys,
        "--cookie-secret",
        &secret,
        "--tls-certificate",
        &certificate,
        "--tls-key",
        &key,
        "--dnstap",
        &tap,
        "--state-dir",
        &state,
    ];
    let others = [
        "--primary-port",
        &port,
        "--listen-tls",
        &tls_address,
        "--metrics",
        &told_at,
        "--rate-limit",
        "20",
        "--id",
        "ns2",
    ];
    let user: &[&str] = if is_root() {
        &["--user", "nobody"]
    } else {
        &[]
    };
    let capture = Capture::start(Path::new(&tap), place.path("frames"));
    open_to_all(&tap);
    let running = place.start(&[&files[..], &others, user].concat());
    await_seen(place.address, "example.org", &version(1));
    let status = running.wait_for(|status| status["zones"][0]["standing"] == "served");
    has_given_up(&running, status["confined"].as_str().unwrap());
    assert_eq!(status["keys"]["keys"], 1);

    over_tls(&place, tls.port());
    cookies_and_rates(&place, &running);
    connections(&place, &told_at);
    told_to_who_listens(&running, &told_at, capture);
    read_again(&place, &running, tls.port());
    assert!(place.path("state").join("lock").exists());
    running.stop();
}

/// The socket of who takes copies, which root has made, for another user.
fn open_to_all(socket: &str) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(socket, fs::Permissions::from_mode(0o777)).unwrap();
}

/// RFC 7858, RFC 9103, RFC 7830.
fn over_tls(place: &Place, port: u16) {
    let ask = |words: &[&str]| kdig(place, port, "one.example", words);
    let answer = ask(&["www.example.org", "TXT", "+padding=128"]);
    assert!(answer.contains("version 1"), "{answer}");
    assert!(answer.contains("PADDING"), "{answer}");
    let key = format!("hmac-sha256:{KEY}:{SECRET}");
    let zone = ask(&["example.org", "AXFR", "-y", &key]);
    assert!(zone.contains("host-1999.example.org."), "all of it");
    let refused = ask(&["example.org", "AXFR"]);
    assert!(refused.contains("REFUSED"), "{refused}");
}

/// RFC 7873: who has shown its address is held to no rate; others are.
fn cookies_and_rates(place: &Place, running: &Running) {
    let mut dig = Command::new("dig");
    let port = place.address.port().to_string();
    dig.args(["@127.0.0.1", "-p", &port, "+cookie", "example.org", "SOA"]);
    let first = must_run(&mut dig);
    assert!(first.contains("(good)"), "{first}");
    let held_back = |status: &serde_json::Value| {
        let counters = &status["counters"];
        let count = |name: &str| counters[name].as_u64().unwrap();
        count("udp_limited_truncated") + count("udp_limited_dropped")
    };
    let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let name = crate::support::name("www.example.org");
    let question = wire::message::query(7, name.as_ref(), rr::Rtype::TXT);
    running.wait_for(|status| {
        for _ in 0..100 {
            socket.send_to(&question, place.address).unwrap();
        }
        held_back(status) > 0
    });
}

/// Who keeps connections open has 256 at most, and keeps nobody out.
fn connections(place: &Place, metrics: &str) {
    let open = || TcpStream::connect(place.address).unwrap();
    let kept: Vec<TcpStream> = (0..300).map(|_| open()).collect();
    let mut dig = Command::new("dig");
    let port = place.address.port().to_string();
    dig.args(["@127.0.0.1", "-p", &port, "+tcp", "www.example.org", "TXT"]);
    assert!(must_run(&mut dig).contains("version 1"));
    let gauge = "stemma_tcp_connections_open{transport=\"tcp\"} ";
    poll(|| {
        let page = page(metrics, "/metrics");
        let count = page.lines().find_map(|line| line.strip_prefix(gauge));
        let count: usize = count.unwrap().parse().unwrap();
        (1..=256).contains(&count).then_some(()).ok_or(page)
    });
    drop(kept);
}

fn told_to_who_listens(running: &Running, metrics: &str, capture: Capture) {
    let sent = "stemma_dnstap_frames_total{outcome=\"sent\"} ";
    poll(|| {
        let page = page(metrics, "/metrics");
        let count = page.lines().find_map(|line| line.strip_prefix(sent));
        let count: u64 = count.unwrap().parse().unwrap();
        (count > 20).then_some(()).ok_or(page)
    });
    let text = page(metrics, "/metrics");
    for sample in [
        "stemma_answers_total{transport=\"tls\",family=\"ipv4\",rcode=\"REFUSED\"} 1\n",
        // A question and a transfer.
        "stemma_answers_total{transport=\"tls\",family=\"ipv4\",rcode=\"NOERROR\"} 2\n",
        "stemma_zone_serial{zone=\"example.org.\"} 1\n",
        "stemma_keys 1\n",
    ] {
        assert!(text.contains(sample), "{sample}{text}");
    }
    assert!(page(metrics, "/readyz").starts_with("HTTP/1.1 200"));
    let mut frames = capture.finish();
    let asked = |frame: &String, what: &str| frame.ends_with(what);
    assert!(frames.iter().any(|it| asked(it, "www.example.org/IN/TXT")));
    frames.retain(|it| asked(it, " example.org/IN/AXFR"));
    let kinds = frames.iter().filter_map(|it| it.split(' ').nth(2));
    // The second one was refused.
    assert_eq!(
        kinds.collect::<Vec<_>>(),
        ["AQ", "AR", "AQ", "AR"],
        "{frames:#?}"
    );
    assert!(running.log().contains("are copied"));
}

/// SIGHUP: a certificate that was renewed, a file of keys with one more, and then one that makes no sense.
fn read_again(place: &Place, running: &Running, port: u16) {
    certify(place, "two.example");
    place.keys(&[KEY, "more._transfer.example.org"]);
    running.signal("HUP");
    running.wait_for(|status| status["keys"]["keys"] == 2);
    poll(|| {
        let said = kdig(place, port, "two.example", &["www.example.org", "TXT"]);
        said.contains("version 1").then_some(()).ok_or(said)
    });
    place.write("keys", "nonsense\n");
    running.signal("HUP");
    let status = running.wait_for(|status| status["keys"]["trouble"].is_string());
    assert_eq!(status["keys"]["keys"], 2, "it goes on with what it had");
    assert_eq!(status["zones"][0]["standing"], "served");
}
