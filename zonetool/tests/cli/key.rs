//! Keys of signed messages, and the files they are kept in.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;

use crate::desk::Desk;

const NAME: &str = "web._update.example.org";

fn mode(desk: &Desk, name: &str) -> u32 {
    std::fs::metadata(desk.path(name))
        .unwrap()
        .permissions()
        .mode()
        & 0o777
}

#[test]
fn a_key_is_printed_in_two_forms_and_never_twice_the_same() {
    let desk = Desk::new();
    let line = || desk.zonetool("", &["key", "new", NAME]).succeeded();
    let (one, other) = (line(), line());
    assert!(
        one.out.starts_with("web._update.example.org.:SHA256:"),
        "{}",
        one.out
    );
    assert_ne!(one.out, other.out);
    assert_eq!(one.err.trim(), "may: change example.org. and all below");
    let bind = desk.zonetool(
        "",
        &[
            "key",
            "new",
            NAME,
            "--form",
            "bind",
            "--algorithm",
            "sha512",
        ],
    );
    assert!(
        bind.succeeded()
            .out
            .starts_with("key \"web._update.example.org.\" {\n\talgorithm hmac-sha512;\n")
    );
}

#[test]
fn a_file_is_its_owner_s_and_has_each_name_once() {
    let desk = Desk::new();
    let made = desk
        .zonetool("", &["key", "new", NAME, "--file", "keys"])
        .succeeded();
    assert_eq!(made.out, "keys: web._update.example.org.\n");
    assert_eq!(mode(&desk, "keys"), 0o600);
    // The last line may lack its end.
    desk.write("keys", desk.read("keys").trim_end());
    let transfer = "192.0.2.1.192.0.2.2._transfer";
    desk.zonetool("", &["key", "new", transfer, "--file", "keys"])
        .succeeded();
    let before = desk.read("keys");
    let doubled = desk
        .zonetool(
            "",
            &["key", "new", "WEB._update.example.org", "--file", "keys"],
        )
        .exited(1);
    assert!(
        doubled
            .err
            .contains("has a key web._update.example.org. already"),
        "{}",
        doubled.err
    );
    assert_eq!(desk.read("keys"), before);
    let listed = desk.zonetool("", &["key", "list", "keys"]).succeeded();
    assert_eq!(
        listed.out,
        "192.0.2.1.192.0.2.2._transfer. SHA256: transfer every zone, primary 192.0.2.1, secondary 192.0.2.2\n\
         web._update.example.org. SHA256: change example.org. and all below\n"
    );
}

#[test]
fn a_file_that_others_may_read_is_refused() {
    let desk = Desk::new();
    desk.write("keys", "");
    std::fs::set_permissions(desk.path("keys"), Permissions::from_mode(0o640)).unwrap();
    let refused = desk
        .zonetool("", &["key", "new", NAME, "--file", "keys"])
        .exited(3);
    assert!(
        refused.err.contains("(mode 640)") && refused.err.contains("chmod 600"),
        "{}",
        refused.err
    );
    assert_eq!(desk.read("keys"), "");
}

#[test]
fn secrets_are_told_to_who_asks_for_them_only() {
    let desk = Desk::new();
    let secret = "AAECAwQFBgcICQoLDA0ODw==";
    desk.write("keys", format!("{NAME}:SHA256:{secret}\n"));
    for words in [
        &["key", "list", "keys"][..],
        &["key", "list", "keys", "--format", "json"],
    ] {
        let listed = desk.zonetool("", words).succeeded();
        assert!(
            !listed.out.contains(secret) && listed.out.contains(NAME),
            "{}",
            listed.out
        );
    }
    let bind = desk
        .zonetool("", &["key", "list", "keys", "--secrets", "bind"])
        .succeeded();
    desk.write("bind", &bind.out);
    let back = desk.zonetool(
        "",
        &[
            "key",
            "list",
            "bind",
            "--secrets",
            "line",
            "--format",
            "json",
        ],
    );
    let back = back.succeeded().json();
    assert_eq!(back["keys"][0]["text"], format!("{NAME}.:SHA256:{secret}"));
    assert_eq!(back["keys"][0]["operation"], "update");
}

#[test]
fn mistakes_are_told_with_their_lines() {
    let desk = Desk::new();
    desk.write(
        "keys",
        format!("{NAME}:SHA256:AAEC\nnonsense\n{NAME}:SHA256:AAEC\n"),
    );
    for words in [
        &["key", "list", "keys"][..],
        &["key", "new", "other", "--file", "keys"],
    ] {
        std::fs::set_permissions(desk.path("keys"), Permissions::from_mode(0o600)).unwrap();
        let said = desk.zonetool("", words).exited(1).err;
        assert!(
            said.contains("line 2: ") && said.contains("line 3: ") && !said.contains("AAEC"),
            "{said}"
        );
    }
    desk.zonetool("", &["key", "list", "nowhere"]).exited(3);
    desk.zonetool("", &["key", "new", NAME, "--algorithm", "MD5"])
        .exited(2);
    desk.zonetool("", &["key", "new", "_p6-x._transfer.example.org"])
        .exited(2);
}

#[test]
fn a_key_is_followed_by_one_that_may_the_same() {
    let desk = Desk::new();
    let secret = "AAECAwQFBgcICQoLDA0ODw==";
    let line = format!("{NAME}:SHA384:{secret} mac-octets=24 fudge-secs=60 transfers=each-alone\n");
    desk.write("keys", &line);
    std::fs::set_permissions(desk.path("keys"), Permissions::from_mode(0o600)).unwrap();
    let ran = desk
        .zonetool("", &["key", "rotate", NAME, "--file", "keys"])
        .succeeded();
    assert!(
        ran.out
            .starts_with("keys: web-2._update.example.org.\n  1. if .zonepolicy has "),
        "{}",
        ran.out
    );
    let keys = desk.read("keys");
    let new = keys.strip_prefix(&line).unwrap();
    assert!(
        new.starts_with("web-2._update.example.org.:SHA384:") && !new.contains(secret),
        "{new}"
    );
    assert!(
        new.trim_end()
            .ends_with(" mac-octets=24 fudge-secs=60 transfers=each-alone"),
        "{new}"
    );
    let again = [
        "key",
        "rotate",
        NAME,
        "--file",
        "keys",
        "--algorithm",
        "sha512",
        "--format",
        "json",
    ];
    let json = desk.zonetool("", &again).succeeded().json();
    assert_eq!(json["new"]["name"], "web-3._update.example.org.");
    assert_eq!(json["new"]["algorithm"], "SHA512");
    assert_eq!(json["steps"].as_array().unwrap().len(), 4);
    let before = desk.read("keys");
    desk.zonetool("", &["key", "rotate", "no._update", "--file", "keys"])
        .exited(1);
    assert_eq!(desk.read("keys"), before);
}
