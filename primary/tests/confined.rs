//! What the running program has given up, and that it does its work all the same.
//!
//! Where the kernel has no Landlock or no seccomp, the status line says so, and that is what is expected then.

#![allow(clippy::print_stdout, reason = "a test says what it could not do")]

mod support;

use std::fs;
use std::net::TcpStream;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;
use std::process::{Child, Command};
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::Value;
use support::secure::{Authority, tls_address};
use support::{PATIENCE, Repo, Server, ask_serial, ask_tcp, poll, program, served, zone};

const LISTEN: [&str; 2] = ["--listen", "127.0.0.1:0"];

fn repo() -> Repo {
    let repo = Repo::new();
    repo.commit(&[("a.example", &zone(1, "192.0.2.1"))]);
    repo
}

/// Another user than the one of the test, as root can have: the name, or nothing and a line that says so.
fn another_user() -> Option<&'static str> {
    let is_root = fs::metadata("/proc/self").expect("/proc").uid() == 0;
    if !is_root {
        println!("NOT TESTED: to become another user takes root");
    }
    is_root.then_some("nobody")
}

fn open_to_all(path: &Path) {
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("permissions");
}

/// The code that it ends with; it is ended if it does not.
fn ended(mut child: Child) -> i32 {
    let started = Instant::now();
    loop {
        match child.try_wait().expect("it can be waited for") {
            Some(status) => return status.code().expect("a code"),
            None if started.elapsed() < PATIENCE => sleep(Duration::from_millis(5)),
            None => {
                child.kill().expect("it is ended");
                panic!("it serves");
            }
        }
    }
}

/// What `/proc` tells of the process: the values of a line.
fn told(server: &Server, name: &str) -> String {
    told_of(&server.id().to_string(), name)
}

fn told_of(process: &str, name: &str) -> String {
    let status = fs::read_to_string(format!("/proc/{process}/status")).expect("it runs");
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    line.expect("a line").trim().replace('\t', " ")
}

fn confined(status: &Value) -> &str {
    status["confined"].as_str().expect("a line")
}

/// All threads, by what the kernel says of each.
fn is_in_force(server: &Server, line: &str) {
    if line.contains("no seccomp") || line.contains("no Landlock") {
        println!("NOT TESTED in full, this kernel has less: {line}");
    }
    let tasks = fs::read_dir(format!("/proc/{}/task", server.id())).expect("it runs");
    for task in tasks {
        let status = task.expect("a thread").path().join("status");
        let text = fs::read_to_string(status).unwrap_or_default();
        let filter = (!line.contains("no seccomp")).then_some("Seccomp:\t2");
        for said in filter.into_iter().chain(["NoNewPrivs:\t1"]) {
            assert!(text.is_empty() || text.contains(said), "{said}: {text}");
        }
    }
}

/// Following, SIGHUP with a secret that was replaced, state, metrics, thousands of zones, and the end.
#[test]
fn a_confined_server_does_its_work() {
    let repo = repo();
    let secret = repo.beside("secret");
    fs::write(&secret, "000102030405060708090a0b0c0d0e0f\n").expect("written");
    let [state, secret_text] = [repo.beside("state"), secret.clone()];
    let paths = [
        state.to_str().expect("UTF-8"),
        secret_text.to_str().expect("UTF-8"),
    ];
    let more = [
        "--state-dir",
        paths[0],
        "--cookie-secret",
        paths[1],
        "--metrics",
        "127.0.0.1:0",
    ];
    let server = Server::start_with(&repo, &[&LISTEN[..], &more].concat());
    let status = server.wait_for(|status| !status["commit"].is_null());
    is_in_force(&server, confined(&status));

    let names: Vec<String> = (0..2000)
        .map(|n| format!("zones/{}/z{n}.example", n % 50))
        .collect();
    let text = zone(1, "192.0.2.2");
    let files: Vec<_> = names
        .iter()
        .map(|name| (name.as_str(), text.as_str()))
        .collect();
    let id = repo.commit(&files);
    let status = server.wait_for_commit(&id);
    assert_eq!(status["zones"].as_array().map(Vec::len), Some(2000));
    assert!(served("192.0.2.2")(&server.ask("www.z1999.example")));
    assert_eq!(ask_serial(server.addresses[0], "z0.example"), Some(1));

    // Replaced by renaming, as editors and tools do it.
    fs::write(
        repo.beside("new"),
        "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff\nwrong\n",
    )
    .expect("written");
    fs::rename(repo.beside("new"), &secret).expect("replaced");
    server.signal("-HUP");
    // It is read, as what is wrong with it is said.
    poll(
        || match server.log().contains("line 2 is not 32 hexadecimal") {
            true => Ok(()),
            false => Err(server.log()),
        },
    );
    assert!(state.join("high-water").metadata().expect("kept").len() > 2000 * 20);
    server.stop();
    assert!(!repo.beside("control").exists(), "the socket is removed");
}

/// By what the kernel says of each thread: those that answer have more filters than the others.
#[test]
fn threads_that_answer_may_do_less() {
    let repo = repo();
    let authority = Authority::new(&repo);
    let server = authority.start(&repo, &["--workers", "2"]);
    // Two of each kind: UDP, TCP, TLS.
    let status = server.wait_for(|status| {
        let line = confined(status);
        line.contains("no seccomp") || line.ends_with("narrower in the 6 threads that answer")
    });
    if confined(&status).contains("no seccomp") {
        println!("NOT TESTED: this kernel has no seccomp");
        return;
    }
    let tasks = fs::read_dir(format!("/proc/{}/task", server.id())).expect("it runs");
    let mut filters = [vec![], vec![]];
    for task in tasks {
        let task = task.expect("a thread").path();
        let name = fs::read_to_string(task.join("comm")).expect("it runs");
        let answers = ["udp-", "tcp-", "tls-"]
            .iter()
            .any(|kind| name.starts_with(kind));
        let process = format!(
            "self/../{}/task/{}",
            server.id(),
            task.file_name().expect("a number").display()
        );
        let number: u32 = told_of(&process, "Seccomp_filters:")
            .parse()
            .expect("a number");
        filters[usize::from(answers)].push(number);
    }
    let [others, answering] = filters;
    let most = others.iter().max().expect("others");
    assert!(
        answering.len() == 6 && answering.iter().all(|number| number > most),
        "{answering:?} {others:?}"
    );

    assert!(served("192.0.2.1")(&server.ask("www.a.example")));
    let mut stream = TcpStream::connect(server.addresses[0]).expect("connected");
    assert!(served("192.0.2.1")(&ask_tcp(&mut stream, "www.a.example")));
    let mut client = authority.client(tls_address(&server));
    assert!(served("192.0.2.1")(&client.ask("www.a.example")));
    server.stop();
}

/// Packs that replace loose objects, and references that are packed, while the server follows.
#[test]
fn housekeeping_goes_on_around_a_confined_server() {
    let repo = repo();
    let server = Server::start(&repo);
    for n in 2..5 {
        let address = format!("192.0.2.{n}");
        let id = repo.commit(&[("a.example", &zone(n, &address))]);
        repo.git(&["gc", "-q", "--prune=now"]);
        server.wait_for_commit(&id);
        assert!(served(&address)(&server.ask("www.a.example")));
    }
    server.stop();
}

/// Objects that are borrowed from elsewhere, and references that are a link to elsewhere.
#[test]
fn a_repository_in_several_places_is_followed() {
    let repo = repo();
    let [borrowed, refs] = ["borrowed", "references"].map(|name| repo.beside(name));
    fs::rename(repo.path().join("objects"), &borrowed).expect("moved");
    fs::create_dir_all(repo.path().join("objects/info")).expect("made");
    let alternates = repo.path().join("objects/info/alternates");
    fs::write(alternates, format!("{}\n", borrowed.display())).expect("written");
    fs::rename(repo.path().join("refs"), &refs).expect("moved");
    symlink(&refs, repo.path().join("refs")).expect("linked");
    let server = Server::start(&repo);
    server.wait_for(|status| status["zones"][0]["standing"] == "good");
    let id = repo.commit(&[("a.example", &zone(2, "192.0.2.2"))]);
    server.wait_for_commit(&id);
    assert!(served("192.0.2.2")(&server.ask("www.a.example")));
    server.stop();
}

#[test]
fn root_becomes_another_user() {
    let Some(user) = another_user() else { return };
    let repo = repo();
    open_to_all(repo.beside("").as_path());
    let state = repo.beside("state");
    let more = [
        "--user",
        user,
        "--state-dir",
        state.to_str().expect("UTF-8"),
    ];
    let server = Server::start_with(&repo, &[&LISTEN[..], &more].concat());
    let status = server.wait_for(|status| !status["commit"].is_null());
    assert!(confined(&status).starts_with("user nobody, "), "{status}");
    is_in_force(&server, confined(&status));
    let uid = told(&server, "Uid:");
    let [real, others @ ..] = &uid.split(' ').collect::<Vec<_>>()[..] else {
        panic!("{uid}");
    };
    assert!(
        *real != "0" && others.iter().all(|other| other == real),
        "{uid}"
    );
    assert!(told(&server, "Gid:").split(' ').all(|gid| gid != "0"));
    assert!(told(&server, "Groups:").split(' ').all(|gid| gid != "0"));
    for set in ["CapInh:", "CapPrm:", "CapEff:", "CapAmb:"] {
        assert_eq!(told(&server, set), "0000000000000000", "{set}");
    }
    // PR_SET_DUMPABLE: what /proc has of it is root's.
    let proc = fs::metadata(format!("/proc/{}/maps", server.id())).expect("it runs");
    assert_eq!(proc.uid(), 0);
    let owner = state.join("high-water").metadata().expect("kept").uid();
    assert_eq!(owner.to_string(), *real);
    let id = repo.commit(&[("a.example", &zone(2, "192.0.2.9"))]);
    server.wait_for_commit(&id);
    server.stop();

    // What it left behind is in nobody's way.
    let server = Server::start_with(&repo, &[&LISTEN[..], &more].concat());
    server.wait_for_commit(&id);
    assert!(served("192.0.2.9")(&server.ask("www.a.example")));
    server.stop();
}

/// Said before anything is served, with what to do.
#[test]
fn what_the_other_user_may_not_do_is_said_at_the_start() {
    let Some(user) = another_user() else { return };
    let refused = |repo: &Repo, arguments: &[&str]| {
        let (control, log) = (repo.beside("control"), repo.beside("log"));
        let mut command = program();
        command
            .arg("--repo")
            .arg(repo.path())
            .arg("--control")
            .arg(control);
        command.args(LISTEN).args(arguments);
        command.stderr(fs::File::create(&log).expect("a log"));
        let code = ended(command.spawn().expect("it runs"));
        (code, fs::read_to_string(&log).expect("a log"))
    };
    let closed = repo();
    fs::set_permissions(closed.path(), fs::Permissions::from_mode(0o700)).expect("permissions");
    let (code, said) = refused(&closed, &["--user", user]);
    assert!(
        code == 6 && said.contains("let it read that, and all below"),
        "{code} {said}"
    );

    let open = repo();
    open_to_all(open.beside("").as_path());
    let (code, said) = refused(&open, &["--user", "no-such-user"]);
    assert!(
        code == 6 && said.contains("there is no such user"),
        "{code} {said}"
    );

    let state = open.beside("state");
    fs::create_dir(&state).expect("root's");
    let state = state.to_str().expect("UTF-8");
    let (code, said) = refused(&open, &["--user", user, "--state-dir", state]);
    assert!(
        code == 7 && said.contains("give it and what is in it to the user"),
        "{code} {said}"
    );
}

#[test]
fn nothing_is_given_up_on_request_and_root_is_warned() {
    let repo = repo();
    let server = Server::start_with(&repo, &[&LISTEN[..], &["--confine", "off"]].concat());
    let status = server.wait_for(|status| !status["commit"].is_null());
    assert!(confined(&status).contains("--confine off"), "{status}");
    // As the test itself: whoever runs it may have taken something away already.
    for what in ["Seccomp:", "NoNewPrivs:"] {
        assert_eq!(told(&server, what), told_of("self", what), "{what}");
    }
    let is_root = another_user().is_some();
    let log = server.stop_and_read();
    let is_warned = log.contains("give --user") || log.contains("--user NAME");
    assert_eq!(is_warned, is_root, "{log}");
}

/// With capabilities and nothing else, as a service manager starts it: they go.
#[test]
fn capabilities_of_a_user_that_is_not_root_go() {
    let Some(user) = another_user() else { return };
    let repo = repo();
    open_to_all(repo.beside("").as_path());
    let mut command = Command::new("setpriv");
    command.args(["--reuid", user, "--clear-groups", "--regid", "nogroup"]);
    command.args([
        "--inh-caps",
        "+net_bind_service",
        "--ambient-caps",
        "+net_bind_service",
    ]);
    let control = repo.path().with_file_name("shared").join("control");
    fs::create_dir(control.parent().expect("a folder")).expect("made");
    fs::set_permissions(
        control.parent().expect("a folder"),
        fs::Permissions::from_mode(0o777),
    )
    .expect("permissions");
    command
        .arg(program().get_program())
        .arg("--repo")
        .arg(repo.path())
        .args(LISTEN);
    let mut child = command
        .arg("--control")
        .arg(&control)
        .spawn()
        .expect("setpriv runs");
    let status = || {
        let mut ask = program();
        ask.args(["--status", "--format", "json", "--control"])
            .arg(&control);
        serde_json::from_slice::<Value>(&ask.output().expect("it runs").stdout)
    };
    poll(|| status().map_err(|why| format!("not within {PATIENCE:?}: {why}")));
    let text = fs::read_to_string(format!("/proc/{}/status", child.id())).expect("it runs");
    for set in ["CapInh", "CapPrm", "CapEff", "CapAmb"] {
        assert!(
            text.contains(&format!("{set}:\t0000000000000000")),
            "{text}"
        );
    }
    support::signal(&child, "-TERM");
    assert!(child.wait().expect("it ends").success());
}
