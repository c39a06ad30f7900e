//! What is told of updates and transfers, whose answers come later, and of keys.

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use testbed::dnstap::Capture;
use testbed::process::must_run;

use crate::exposition::Metrics;
use crate::http::{get, metrics_address, telling};
use crate::support::{Repo, Server, poll, zone};

const KEY: &str = "web._update.a.example";
const SECRET: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

/// Scripts of `nsupdate`, whether they are sent over TCP, and what they are answered (RFC 2136 §2.2).
const SCRIPTS: [(&str, bool, &str); 7] = [
    ("update add h.a.example. 60 A 192.0.2.9", false, "NOERROR"),
    ("update add h.a.example. 60 A 192.0.2.9", true, "NOERROR"),
    ("prereq nxdomain h.a.example.", false, "YXDOMAIN"),
    ("prereq nxrrset h.a.example. A", true, "YXRRSET"),
    ("prereq yxrrset h.a.example. AAAA", false, "NXRRSET"),
    ("prereq yxdomain no.a.example.", true, "NXDOMAIN"),
    ("update add h.b.example. 60 A 192.0.2.9", false, "NOTZONE"),
];

fn write_keys(path: &Path, text: &str) {
    fs::write(path, text).expect("written");
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).expect("it is ours");
}

fn start(repo: &Repo) -> (Server, PathBuf, PathBuf) {
    let (keys, socket) = (repo.beside("keys"), repo.beside("tap"));
    let capture = socket.to_str().expect("UTF-8").to_owned();
    write_keys(&keys, &format!("{KEY}:SHA256:{SECRET}\n"));
    let words = [
        "--keys",
        keys.to_str().expect("UTF-8"),
        "--dnstap",
        &capture,
    ];
    (telling(repo, &words), keys, socket)
}

fn play(server: &Server, script: &str, over_tcp: bool) -> String {
    let mut command = Command::new("nsupdate");
    command.args(["-y", &format!("hmac-sha256:{KEY}:{SECRET}")]);
    command.args(over_tcp.then_some("-v"));
    let pipes = command.stdin(Stdio::piped()).stderr(Stdio::piped());
    let mut child = pipes.spawn().expect("nsupdate is installed");
    let port = server.addresses[0].port();
    let mut input = child.stdin.take().expect("it reads");
    write!(
        input,
        "server 127.0.0.1 {port}\nzone a.example\n{script}\nsend\n"
    )
    .expect("it listens");
    drop(input);
    let output = child.wait_with_output().expect("it ends");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn transfer(server: &Server, what: &str) -> String {
    let mut dig = Command::new("dig");
    let port = server.addresses[0].port().to_string();
    dig.args(["@127.0.0.1", "-p", &port, "a.example", what, "+onesoa"]);
    must_run(dig.args(["-y", &format!("hmac-sha256:{KEY}:{SECRET}")]))
}

fn answered(metrics: &Metrics, transport: &str, rcode: &str) -> f64 {
    metrics.value(&format!(
        "stemma_answers_total{{transport=\"{transport}\",family=\"ipv4\",rcode=\"{rcode}\"}}"
    ))
}

fn metrics(server: &Server) -> Metrics {
    Metrics::read(&get(metrics_address(server), "/metrics").body)
}

/// RFC 2136 §2.2; `dnstap.proto` has types of their own for updates.
#[test]
fn answers_that_come_later_are_counted_and_copied_and_updates_are_in_the_status() {
    let repo = Repo::new();
    repo.commit(&[("a.example", &zone(1, "192.0.2.1"))]);
    let (server, _, socket) = start(&repo);
    let capture = Capture::start(&socket, repo.beside("frames"));
    poll(|| match server.log().contains("are copied") {
        true => Ok(()),
        false => Err(server.log()),
    });
    for (script, over_tcp, rcode) in SCRIPTS {
        let said = play(&server, script, over_tcp);
        assert_eq!(said.contains(rcode), rcode != "NOERROR", "{script}: {said}");
    }
    assert!(transfer(&server, "AXFR").contains("h.a.example."));
    assert!(transfer(&server, "IXFR=1").contains("h.a.example."));

    let told = metrics(&server);
    for (_, over_tcp, rcode) in SCRIPTS {
        let transport = if over_tcp { "tcp" } else { "udp" };
        let expected = match (rcode, over_tcp) {
            // With both transfers.
            ("NOERROR", true) => 3.0,
            _ => 1.0,
        };
        assert_eq!(answered(&told, transport, rcode), expected, "{rcode}");
    }
    let status = server.status().expect("it runs");
    let updates = &status["updates"];
    let count = |name: &str| updates[name].as_u64();
    assert_eq!(
        ["acknowledged", "unchanged", "refused", "waiting", "commits"].map(count),
        [1, 1, 5, 0, 1].map(Some)
    );
    let shown = String::from_utf8(server.ask_status("human").stdout).expect("text");
    assert!(
        shown
            .contains("updates     1 acknowledged in 1 commits, 1 unchanged, 5 refused, 0 waiting"),
        "{shown}"
    );
    poll(|| {
        let frames = "stemma_dnstap_frames_total{outcome=\"sent\"}";
        let sent = metrics(&server).value(frames);
        (sent >= 18.0).then_some(()).ok_or(format!("{sent}"))
    });
    let lines = capture.finish();
    let count = |kind: &str| {
        let kinds = lines.iter().filter_map(|line| line.split(' ').nth(2));
        kinds.filter(|it| *it == kind).count()
    };
    assert_eq!(["UQ", "UR"].map(count), [7, 7], "{lines:#?}");
    assert_eq!(["AQ", "AR"].map(count), [2, 2], "{lines:#?}");
    server.stop();
}

#[test]
fn keys_are_counted_and_files_that_make_no_sense_are_told() {
    let repo = Repo::new();
    repo.commit(&[("a.example", &zone(1, "192.0.2.1"))]);
    let (server, file, _) = start(&repo);
    let status = |server: &Server| server.status().expect("it runs")["keys"].clone();
    assert_eq!(status(&server)["keys"], 1);
    assert!(status(&server)["trouble"].is_null());
    let told = metrics(&server);
    assert_eq!(told.value("stemma_keys"), 1.0);
    assert_eq!(told.value("stemma_keys_readable"), 1.0);

    write_keys(&file, "nonsense\n");
    server.signal("-HUP");
    let status = server.wait_for(|status| status["keys"]["trouble"].is_string());
    assert_eq!(status["keys"]["keys"], 1, "it stays as it was");
    assert_eq!(metrics(&server).value("stemma_keys_readable"), 0.0);
    let shown = String::from_utf8(server.ask_status("human").stdout).expect("text");
    assert!(shown.contains("keys        1, as they were: "), "{shown}");
    assert!(!shown.contains(SECRET), "{shown}");

    let two = ["one", "two"].map(|name| format!("{name}._notify.a.example:SHA256:{SECRET}\n"));
    write_keys(&file, &two.concat());
    server.signal("-HUP");
    server.wait_for(|status| status["keys"]["keys"] == 2 && status["keys"]["trouble"].is_null());
    server.stop();
}
