//! A key that may little, from `grant` to the day on which another one has taken its place.

use std::fs;
use std::io::Write;
use std::net::SocketAddr;
use std::process::Stdio;

use testbed::poll;
use testbed::process::{Process, free_address};

use crate::*;

const OLD: &str = "web._update.example.org";
const NEW: &str = "web-2._update.example.org";

/// A home with a server that takes updates by the keys of a file.
struct Desk {
    home: Home,
    server: Process,
    address: SocketAddr,
}

impl Desk {
    /// The file is made by who grants.
    fn new(grant: impl FnOnce(&Home)) -> Desk {
        let (home, address) = (Home::new(), free_address());
        grant(&home);
        let mut primary = our_program("primary");
        primary.arg("--repo").arg(home.bare());
        primary.arg("--control").arg(home.path("control"));
        primary.arg("--keys").arg(home.path("keys"));
        primary.args(["--notify-ns", "off", "--listen", &address.to_string()]);
        let server = Process::start(&mut primary, home.path("log"));
        Desk {
            home,
            server,
            address,
        }
    }

    /// What `nsupdate` complains of when it adds a TXT record at a name, with a key as the file has it, or had it.
    fn update(&self, line: &str, name: &str) -> String {
        let mut words = line.split(':');
        let mut word = || words.next().expect("a name, an algorithm and a secret");
        let (key, _, secret) = (word(), word(), word());
        let key = format!("hmac-sha256:{key}:{secret}");
        let port = self.address.port();
        let mut client = std::process::Command::new("nsupdate");
        client.args(["-v", "-y", &key]).stdin(Stdio::piped());
        let mut child = client.stderr(Stdio::piped()).spawn().expect("it starts");
        let mut input = child.stdin.take().expect("it reads");
        let script = format!(
            "server 127.0.0.1 {port}\nzone example.org\nupdate add {name}.example.org. 60 TXT x\nsend\n"
        );
        // One that has left already says so by what it complains of.
        let _ = input.write_all(script.as_bytes());
        drop(input);
        let output = child.wait_with_output().expect("it ends");
        String::from_utf8_lossy(&output.stderr).into_owned()
    }

    /// May change the one name and no other.
    fn is_good(&self, line: &str) -> bool {
        // One that says nothing new makes no commit, and is acknowledged as well.
        let said = self.update(line, "note");
        assert!(said.is_empty() || said.contains("NOTAUTH"), "{said}");
        let other = self.update(line, "www");
        assert_eq!(other.contains("REFUSED"), said.is_empty(), "{other}");
        said.is_empty()
    }

    fn wait_until_good(&self, line: &str, wanted: bool) {
        poll(|| match self.is_good(line) == wanted {
            true => Ok(()),
            false => Err(self.server.log()),
        });
    }
}

impl Home {
    fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    /// As an operator grants it, in a commit that is pushed.
    fn grant(&self, key: &str) {
        let mut grant = our_program("zonetool");
        grant.args([
            "grant",
            key,
            "--types",
            "TXT",
            "--names",
            "note.example.org",
        ]);
        grant.arg("--file").arg(self.path("keys"));
        must_run(grant.current_dir(self.work.path()));
        // What was updated meanwhile is there already.
        must_run(
            self.work
                .git()
                .args(["pull", "--quiet", "--rebase", "origin", "main"]),
        );
        must_run(self.work.git().args(["push", "--quiet", "origin", "main"]));
    }

    fn lines(&self) -> Vec<String> {
        let text = fs::read_to_string(self.path("keys")).expect("a file of keys");
        text.lines().map(str::to_owned).collect()
    }
}

#[test]
fn a_key_may_what_was_granted_and_another_one_takes_its_place_without_a_gap() {
    let desk = Desk::new(|home| home.grant(OLD));
    let lines = desk.home.lines();
    let [old] = &lines[..] else {
        panic!("{lines:?}")
    };
    poll(|| match fs::exists(desk.home.path("control")) {
        Ok(true) => Ok(()),
        _ => Err(desk.server.log()),
    });
    assert!(desk.is_good(old));
    let mut rotate = our_program("zonetool");
    rotate
        .args(["key", "rotate", OLD, "--file"])
        .arg(desk.home.path("keys"));
    let said = must_run(&mut rotate);
    assert!(said.contains(NEW), "{said}");
    let lines = desk.home.lines();
    let [_, new] = &lines[..] else {
        panic!("{lines:?}")
    };
    // As it says: the policy first, then the server, then the client, then the old one goes.
    desk.home.grant(NEW);
    assert!(
        desk.is_good(old) && !desk.is_good(new),
        "it is not read yet"
    );
    desk.server.signal("HUP");
    desk.wait_until_good(new, true);
    assert!(desk.is_good(old));
    fs::write(desk.home.path("keys"), format!("{new}\n")).expect("written");
    desk.server.signal("HUP");
    desk.wait_until_good(old, false);
    assert!(desk.is_good(new));
}
