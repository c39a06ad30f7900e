//! Certificates by DNS (RFC 8555 §8.4): lego and certbot put their challenges here, and Pebble asks for them.

use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;

use testbed::process::{Process, free_address, must_run};

use crate::sent::{NAME, SECRET, start};
use crate::support::{NXDOMAIN, Repo, Server, poll, zone};

/// An authority that asks this server, and the certificate by which its clients know it.
struct Pebble {
    _process: Process,
    directory: String,
    root: PathBuf,
}

fn pebble(repo: &Repo, server: SocketAddr) -> Pebble {
    let [key, root, config] =
        ["pebble.key", "pebble.pem", "pebble.json"].map(|name| repo.beside(name));
    let names = "subjectAltName=DNS:localhost,IP:127.0.0.1";
    let mut openssl = Command::new("openssl");
    openssl
        .args([
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
        ])
        .args([
            "-days",
            "9",
            "-subj",
            "/CN=localhost",
            "-addext",
            names,
            "-keyout",
        ])
        .arg(&key)
        .arg("-out")
        .arg(&root);
    must_run(&mut openssl);
    let [listen, manage, http, tls] = [(); 4].map(|()| free_address());
    let text = serde_json::json!({ "pebble": {
        "listenAddress": listen.to_string(),
        "managementListenAddress": manage.to_string(),
        "certificate": root,
        "privateKey": key,
        "httpPort": http.port(),
        "tlsPort": tls.port(),
    }});
    std::fs::write(&config, text.to_string()).expect("written");
    let mut pebble = Command::new("pebble");
    pebble
        .env("PEBBLE_VA_NOSLEEP", "1")
        .arg("-config")
        .arg(&config);
    pebble.args(["-dnsserver", &server.to_string()]);
    let process = Process::start(&mut pebble, repo.beside("pebble.log"));
    poll(|| TcpStream::connect(listen).map_err(|why| format!("{why}\n{}", process.log())));
    Pebble {
        directory: format!("https://localhost:{}/dir", listen.port()),
        _process: process,
        root,
    }
}

fn scene() -> (Repo, Server, Pebble) {
    let repo = Repo::new();
    repo.commit(&[("a.example", &zone(7, "192.0.2.1"))]);
    let server = start(&repo, &["--rate-limit", "off"]);
    let pebble = pebble(&repo, server.addresses[0]);
    (repo, server, pebble)
}

fn is_certificate(path: &Path) -> bool {
    std::fs::read_to_string(path).is_ok_and(|text| text.contains("BEGIN CERTIFICATE"))
}

/// What a client leaves behind: nothing.
fn is_tidy(server: &Server) -> bool {
    let names = ["_acme-challenge.a.example", "_acme-challenge.www.a.example"];
    names.iter().all(|name| server.ask(name).rcode == NXDOMAIN)
}

#[test]
fn lego_gets_a_certificate() {
    let (repo, server, pebble) = scene();
    let (dir, nameserver) = (repo.beside("lego"), server.addresses[0].to_string());
    let mut lego = Command::new("lego");
    lego.env("LEGO_CA_CERTIFICATES", &pebble.root)
        .env("RFC2136_NAMESERVER", &nameserver)
        .env("RFC2136_TSIG_ALGORITHM", "hmac-sha256.")
        .env("RFC2136_TSIG_KEY", format!("{NAME}."))
        .env("RFC2136_TSIG_SECRET", SECRET)
        .args([
            "--server",
            &pebble.directory,
            "--accept-tos",
            "--email",
            "x@a.example",
        ])
        .args([
            "--dns",
            "rfc2136",
            "--dns.disable-cp",
            "--dns.resolvers",
            &nameserver,
        ])
        .args(["--domains", "*.a.example", "--path"])
        .arg(&dir)
        .arg("run");
    must_run(&mut lego);
    assert!(is_certificate(&dir.join("certificates/_.a.example.crt")));
    assert!(is_tidy(&server));
    server.stop();
}

#[test]
fn certbot_gets_a_certificate_of_two_names() {
    let (repo, server, pebble) = scene();
    let [dir, credentials] = ["certbot", "rfc2136.ini"].map(|name| repo.beside(name));
    let port = server.addresses[0].port();
    let text = format!(
        "dns_rfc2136_server = 127.0.0.1\ndns_rfc2136_port = {port}\ndns_rfc2136_name = {NAME}.\n\
         dns_rfc2136_secret = {SECRET}\ndns_rfc2136_algorithm = HMAC-SHA256\n"
    );
    std::fs::write(&credentials, text).expect("written");
    let mut certbot = Command::new("certbot");
    certbot
        .env("REQUESTS_CA_BUNDLE", &pebble.root)
        .args([
            "certonly",
            "--non-interactive",
            "--agree-tos",
            "--email",
            "x@a.example",
        ])
        .args(["--server", &pebble.directory, "--dns-rfc2136"])
        .args([
            "--dns-rfc2136-propagation-seconds",
            "0",
            "--dns-rfc2136-credentials",
        ])
        .arg(&credentials)
        .args(["--domain", "www.a.example", "--domain", "*.a.example"]);
    for option in ["--config-dir", "--work-dir", "--logs-dir"] {
        certbot.arg(option).arg(&dir);
    }
    must_run(&mut certbot);
    assert!(is_certificate(
        &dir.join("live/www.a.example/fullchain.pem")
    ));
    assert!(is_tidy(&server));
    server.stop();
}
