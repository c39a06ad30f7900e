//! The file with those who may sign.

use crate::desk::{Desk, refused};
use crate::http::{get, metrics_address};
use crate::support::{program, served, zone};

#[test]
fn the_list_is_read_again() {
    let desk = Desk::new();
    let first = desk.signed("ann", &[("a.example", &zone(1, "192.0.2.1"))]);
    let server = desk.start(&[]);
    server.wait_for_commit(&first);
    let second = desk.signed("bob", &[("a.example", &zone(2, "192.0.2.2"))]);
    refused(&server, &second);
    let gauge = |line: &str| {
        let page = get(metrics_address(&server), "/metrics").body;
        assert!(page.lines().any(|other| other == line), "{line}\n{page}");
    };
    // A list with a mistake changes nothing, and is told.
    desk.list(&format!("{}\n{}bob\n", desk.line("ann"), desk.line("bob")));
    server.signal("-HUP");
    let status = server.wait_for(|status| !status["allowed_signers"]["trouble"].is_null());
    let trouble = status["allowed_signers"]["trouble"].as_str().expect("text");
    assert!(
        trouble.contains("line 4: a line is PRINCIPALS"),
        "{trouble}"
    );
    assert_eq!(status["allowed_signers"]["keys"], 1);
    assert_eq!(status["refused"], second.as_str());
    gauge("stemma_allowed_signers_readable 0");
    gauge("stemma_allowed_signers 1");
    let logged = |line: &serde_json::Value| {
        line["message"] == "the allowed signers stay as they were" && line["error"] == trouble
    };
    assert!(server.log_lines().iter().any(logged));
    desk.list(&format!("{}{}", desk.line("ann"), desk.line("bob")));
    server.signal("-HUP");
    let status = server.wait_for_commit(&second);
    assert!(status["allowed_signers"]["trouble"].is_null(), "{status}");
    gauge("stemma_allowed_signers_readable 1");
    gauge("stemma_allowed_signers 2");
    assert!(served("192.0.2.2")(&server.ask("www.a.example")));
    // Taken out: what is served stays, what comes is refused.
    desk.list(&desk.line("ann"));
    server.signal("-HUP");
    server.wait_for(|status| status["allowed_signers"]["keys"] == 1);
    let third = desk.signed("bob", &[("a.example", &zone(3, "192.0.2.3"))]);
    let status = refused(&server, &third);
    assert_eq!(status["commit"]["id"], second.as_str());
    std::fs::remove_file(desk.path("allowed")).expect("removed");
    server.signal("-HUP");
    let status = server.wait_for(|status| !status["allowed_signers"]["trouble"].is_null());
    assert_eq!(status["allowed_signers"]["keys"], 1);
    server.stop();
}

#[test]
fn a_list_of_no_use_at_the_start() {
    let desk = Desk::new();
    desk.signed("ann", &[("a.example", &zone(1, "192.0.2.1"))]);
    let six = "x\n".repeat(6);
    for (text, wanted) in [
        ("", "there is no key in it"),
        ("# nobody\nann ssh-dss AAAA\n", "line 2: "),
        (
            "ann cert-authority ssh-ed25519 AAAA\n",
            "line 1: certificates (cert-authority) are not supported",
        ),
        (&six, "line 5: a line is PRINCIPALS [OPTIONS] TYPE KEY"),
        (&six, "and 1 more"),
    ] {
        desk.list(text);
        let mut primary = program();
        primary
            .arg("--repo")
            .arg(desk.repo.path())
            .args(["--listen", "127.0.0.1:0"]);
        primary.arg("--control").arg(desk.path("control"));
        let output = primary
            .arg("--allowed-signers")
            .arg(desk.path("allowed"))
            .output();
        let output = output.expect("it runs");
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(6), "{told}");
        assert!(
            told.contains(wanted) && told.contains("leave --allowed-signers out"),
            "{told}"
        );
    }
}
