//! Where keys come from, and how they are replaced.

use crate::support::{Server, program};
use crate::{NOTIFY, OTHER, SECRET, UPDATE, ask, line, run, scene, start, stop, write_keys};

fn is_good(server: &Server, name: &str, secret: &str) -> bool {
    let said = ask("dig", server, (name, secret), &["www.example.org"]);
    let is_good = said.contains("status: NOERROR");
    assert!(is_good || said.contains("status: NOTAUTH"), "{said}");
    is_good
}

/// Waits until the log has a line more that says so.
fn reload(server: &Server, wanted: &str) {
    let count = || server.log().matches(wanted).count();
    let before = count();
    server.signal("-HUP");
    crate::support::poll(|| match count() > before {
        true => Ok(()),
        false => Err(server.log()),
    });
}

#[test]
fn a_key_is_replaced_while_both_are_good_and_a_broken_file_changes_nothing() {
    let (repo, keys) = scene();
    write_keys(&repo, &line(UPDATE, SECRET));
    let server = start(&repo, &keys);
    let new = "web-2._update.example.org";
    assert!(is_good(&server, UPDATE, SECRET) && !is_good(&server, new, OTHER));
    let both = line(UPDATE, SECRET) + &line(new, OTHER);
    write_keys(&repo, &both);
    reload(&server, "the keys were read again");
    assert!(is_good(&server, UPDATE, SECRET) && is_good(&server, new, OTHER));
    write_keys(&repo, &(line(new, OTHER) + "nonsense\n"));
    reload(&server, "the keys stay as they were");
    assert!(is_good(&server, UPDATE, SECRET) && is_good(&server, new, OTHER));
    write_keys(&repo, &line(new, OTHER));
    reload(&server, "the keys were read again");
    assert!(!is_good(&server, UPDATE, SECRET) && is_good(&server, new, OTHER));
    stop(server);
}

/// As systemd passes credentials on (`LoadCredential=`): any file, named by its path.
#[test]
fn keys_come_from_several_files_and_the_command_line() {
    let (repo, keys) = scene();
    let more = repo.beside("credential");
    std::fs::write(&more, line("more._notify", OTHER)).expect("written");
    let said = line("said._notify", OTHER);
    let words = [
        ["--listen", "127.0.0.1:0"],
        ["--keys", keys.to_str().expect("UTF-8")],
        ["--keys", more.to_str().expect("UTF-8")],
        ["--key", said.trim()],
    ];
    let server = Server::start_with(&repo, &words.concat());
    for (name, secret) in [
        (NOTIFY, SECRET),
        ("more._notify", OTHER),
        ("said._notify", OTHER),
    ] {
        assert!(is_good(&server, name, secret), "{name}");
    }
    let log = server.log();
    assert!(log.contains("others can read the keys"), "{log}");
    assert!(
        log.contains("whoever can list processes sees keys"),
        "{log}"
    );
    stop(server);
}

#[test]
fn a_file_of_no_use_ends_the_start_with_6() {
    let (repo, _) = scene();
    for (text, wanted) in [
        (
            format!("a:SHA256:{SECRET}\nb:SHA999:{SECRET}\n"),
            "line 2: no algorithm `SHA999`",
        ),
        (
            line(UPDATE, SECRET).repeat(2),
            "line 2: there is a key web._update.example.org. already",
        ),
    ] {
        let keys = write_keys(&repo, &text);
        let mut command = program();
        command
            .arg("--repo")
            .arg(repo.path())
            .arg("--keys")
            .arg(&keys);
        command.args(["--listen", "127.0.0.1:0"]);
        assert_eq!(command.status().expect("it runs").code(), Some(6));
        let said = run(&mut command);
        assert!(said.contains(wanted) && !said.contains(SECRET), "{said}");
    }
}
