//! Pushes and ranges whose commits must be signed.

use crate::desk::{Desk, Ran};

/// A bare repository whose hook wants signatures of a key in `allowed`, and `dns` with it as origin.
fn with_signers() -> Desk {
    let desk = Desk::with_repository();
    desk.shell("", "ssh-keygen -q -t ed25519 -N '' -C ada -f key && ssh-keygen -q -t ed25519 -N '' -C bob -f other")
        .succeeded();
    desk.write(
        "allowed",
        format!("ada@example.org {}", desk.read("key.pub")),
    );
    desk.git("", &["clone", "-q", "--bare", "dns", "origin.git"])
        .succeeded();
    desk.git("dns", &["remote", "add", "origin", "../origin.git"])
        .succeeded();
    desk.git("dns", &["push", "-qu", "origin", "main"])
        .succeeded();
    for (name, value) in [
        ("gpg.format", "ssh".to_owned()),
        ("user.signingkey", path(&desk, "key")),
    ] {
        desk.git("dns", &["config", name, &value]).succeeded();
    }
    desk.zonetool(
        "",
        &[
            "hook",
            "install",
            "origin.git",
            "--allowed-signers",
            "allowed",
        ],
    )
    .succeeded();
    desk
}

fn path(desk: &Desk, name: &str) -> String {
    desk.path(name).to_str().unwrap().to_owned()
}

fn change(desk: &Desk, line: &str) {
    desk.append("dns/zones/example.org", line);
    desk.zonetool("dns", &["check", "--fix"]).succeeded();
    desk.commit("Add a host");
}

fn push(desk: &Desk) -> Ran {
    desk.git("dns", &["push", "-q"])
}

#[test]
fn a_push_that_is_not_signed_is_refused() {
    let desk = with_signers();
    change(&desk, "a A 192.0.2.7\n");
    change(&desk, "b A 192.0.2.8\n");
    let refused = push(&desk).exited(1).err;
    assert_eq!(
        refused.matches("error[commit-not-signed]").count(),
        2,
        "{refused}"
    );
    let since = desk
        .git("dns", &["rev-parse", "origin/main"])
        .succeeded()
        .out;
    let advice = format!("git rebase --force-rebase --gpg-sign {}", &since[..12]);
    assert!(refused.contains(&advice), "{refused}");
    desk.shell("dns", &format!("{advice} -q")).succeeded();
    push(&desk).succeeded();
    // Signed by somebody else.
    desk.git("dns", &["config", "user.signingkey", &path(&desk, "other")])
        .succeeded();
    change(&desk, "c A 192.0.2.9\n");
    desk.git(
        "dns",
        &["commit", "--amend", "--no-verify", "-qS", "--no-edit"],
    )
    .succeeded();
    let refused = push(&desk).exited(1).err;
    assert!(refused.contains("which is not in the list"), "{refused}");
    // A list that makes no sense lets nothing through.
    desk.write("allowed", "nobody\n");
    let refused = push(&desk).exited(1).err;
    assert!(
        refused.contains("line 1: a line is PRINCIPALS"),
        "{refused}"
    );
}

#[test]
fn a_hook_that_is_installed_again_stays_as_strict() {
    let desk = with_signers();
    let hook = desk.read("origin.git/hooks/pre-receive");
    assert!(
        hook.contains(&format!(
            "hook pre-receive --allowed-signers '{}'",
            path(&desk, "allowed")
        )),
        "{hook}"
    );
    desk.zonetool("", &["hook", "install", "origin.git"])
        .succeeded();
    assert_eq!(desk.read("origin.git/hooks/pre-receive"), hook);
    desk.write("it's", desk.read("allowed"));
    desk.zonetool(
        "",
        &["hook", "install", "origin.git", "--allowed-signers", "it's"],
    )
    .succeeded();
    change(&desk, "a A 192.0.2.7\n");
    assert!(push(&desk).exited(1).err.contains("commit-not-signed"));
    let list = ["hook", "install", "origin.git", "--allowed-signers", "gone"];
    let ran = desk.zonetool("", &list).exited(3);
    assert!(
        ran.err.contains("no allowed signers in gone"),
        "{}",
        ran.err
    );
    let ran = desk
        .zonetool(
            "dns",
            &["hook", "install", "--allowed-signers", "../allowed"],
        )
        .exited(2);
    assert!(ran.err.contains("bare repository"), "{}", ran.err);
}

#[test]
fn ranges_and_commits() {
    let desk = with_signers();
    change(&desk, "a A 192.0.2.7\n");
    desk.git(
        "dns",
        &["commit", "--amend", "--no-verify", "-qS", "--no-edit"],
    )
    .succeeded();
    change(&desk, "b A 192.0.2.8\n");
    let check = |target: &str| {
        let words = [
            "check",
            target,
            "--allowed-signers",
            "../allowed",
            "--format",
            "json",
        ];
        desk.zonetool("dns", &words)
    };
    let found = check("origin/main..").exited(1).json();
    let findings = found["findings"].as_array().unwrap();
    assert_eq!(findings.len(), 1, "{found}");
    assert_eq!(findings[0]["rule"], "commit-not-signed");
    let tip = desk.git("dns", &["rev-parse", "HEAD"]).succeeded().out;
    assert_eq!(findings[0]["origin"]["commit"], tip.trim());
    check("HEAD").exited(1);
    check("HEAD~1").succeeded();
    check("origin/main..HEAD~1").succeeded();
    check("HEAD~1..HEAD").exited(1);
    assert!(check(".").exited(2).err.contains("files are not signed"));
    desk.zonetool("dns", &["explain", "commit-not-signed"])
        .succeeded();
}
