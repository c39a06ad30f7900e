//! A service manager, by hand: its notify socket, and its sockets to listen on.

use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr as UnixAddress, UnixDatagram};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use crate::http::get;
use crate::support::secure::Authority;
use crate::support::{PATIENCE, Repo, ask_tcp, ask_udp, poll, program, served, signal, zone};

fn hear(socket: &UnixDatagram) -> String {
    let mut message = [0; 4096];
    socket.set_read_timeout(Some(PATIENCE)).expect("a limit");
    let length = socket.recv(&mut message).expect("a message");
    String::from_utf8_lossy(&message[..length]).into_owned()
}

/// The next message that is not the watchdog's.
fn hear_state(socket: &UnixDatagram) -> String {
    loop {
        let state = hear(socket);
        if state != "WATCHDOG=1" {
            return state;
        }
    }
}

fn start(repo: &Repo, notify: &str, variables: &[(&str, &str)]) -> Child {
    program()
        .arg("--repo")
        .arg(repo.path())
        .args(["--listen", "127.0.0.1:0", "--poll", "3600", "--control"])
        .arg(repo.beside("control"))
        .env("NOTIFY_SOCKET", notify)
        .envs(variables.iter().copied())
        .stderr(Stdio::null())
        .spawn()
        .expect("starts")
}

#[test]
fn a_manager_hears_of_ready_reload_and_stop() {
    let repo = Repo::new();
    repo.commit(&[("example.org", &zone(1, "192.0.2.81"))]);
    let path = repo.beside("notify");
    let by_path = UnixDatagram::bind(&path).expect("a socket");
    let name = format!("stemma-{}", std::process::id());
    let abstract_name = UnixAddress::from_abstract_name(&name).expect("a name");
    let by_name = UnixDatagram::bind_addr(&abstract_name).expect("a socket");
    let path = path.to_str().expect("UTF-8").to_owned();
    for (socket, address) in [(by_path, path), (by_name, format!("@{name}"))] {
        let mut child = start(&repo, &address, &[]);
        assert!(hear(&socket).starts_with("READY=1\n"));
        signal(&child, "-HUP");
        let reloading = hear(&socket);
        let micros = reloading.strip_prefix("RELOADING=1\nMONOTONIC_USEC=");
        let micros: u64 = micros.expect("a time").parse().expect("a number");
        assert!(micros > 0);
        assert_eq!(hear(&socket), "READY=1");
        signal(&child, "-TERM");
        assert_eq!(hear(&socket), "STOPPING=1");
        assert!(child.wait().expect("ended").success());
    }
}

#[test]
fn ready_only_with_the_first_commit_and_the_watchdog_all_along() {
    let repo = Repo::new();
    let path = repo.beside("notify");
    let socket = UnixDatagram::bind(&path).expect("a socket");
    let variables = [("WATCHDOG_USEC", "100000")];
    let mut child = start(&repo, path.to_str().expect("UTF-8"), &variables);
    let begun = Instant::now();
    (0..5).for_each(|_| assert_eq!(hear(&socket), "WATCHDOG=1"));
    assert!(
        begun.elapsed() >= Duration::from_millis(150),
        "half of 100 ms each"
    );
    repo.commit(&[("example.org", &zone(1, "192.0.2.81"))]);
    assert!(hear_state(&socket).starts_with("READY=1\n"));
    signal(&child, "-TERM");
    assert_eq!(hear_state(&socket), "STOPPING=1");
    assert!(child.wait().expect("ended").success());
    // A watchdog of another process is not this one's.
    let others = [("WATCHDOG_USEC", "100000"), ("WATCHDOG_PID", "1")];
    let mut child = start(&repo, path.to_str().expect("UTF-8"), &others);
    assert!(hear(&socket).starts_with("READY=1\n"));
    signal(&child, "-TERM");
    assert_eq!(hear(&socket), "STOPPING=1");
    assert!(child.wait().expect("ended").success());
}

/// Binds the sockets, starts the program with them as descriptors 3 and so on, and keeps them, as systemd does.
const MANAGER: &str = r#"
import os, signal, socket, sys
kinds, program = sys.argv[1].split(','), sys.argv[2:]
sockets, port = [], 0
for kind in kinds:
    name, _, kind = kind.rpartition('=')
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM if kind == 'udp' else socket.SOCK_STREAM)
    s.bind(('127.0.0.1', 0 if name else port))
    port = port or s.getsockname()[1]
    if kind != 'udp': s.listen(16)
    sockets.append((name or 'dns', s))
print(' '.join(str(s.getsockname()[1]) for _, s in sockets), flush=True)
def start():
    pid = os.fork()
    if pid: return pid
    high = [os.dup(s.fileno()) for _, s in sockets]
    high = [__import__('fcntl').fcntl(fd, 0, 100) for fd in high]
    for at, fd in enumerate(high): os.dup2(fd, 3 + at)
    os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS=str(len(sockets)),
                      LISTEN_FDNAMES=':'.join(n for n, _ in sockets))
    os.closerange(3 + len(sockets), 200)
    os.execv(program[0], program)
for line in sys.stdin:
    if line.strip() == 'start': pid = start()
    if line.strip() == 'stop': os.kill(pid, signal.SIGTERM)
    if line.strip() != 'start': print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
"#;

struct Manager {
    child: Child,
    out: BufReader<ChildStdout>,
    ports: Vec<u16>,
}

impl Manager {
    fn new(repo: &Repo, sockets: &str) -> Manager {
        Manager::with(repo, sockets, &[])
    }

    fn with(repo: &Repo, sockets: &str, arguments: &[&str]) -> Manager {
        let mut child = Command::new("python3")
            .args([
                "-c",
                MANAGER,
                sockets,
                env!("CARGO_BIN_EXE_primary"),
                "--repo",
            ])
            .arg(repo.path())
            .args(["--workers", "2", "--control"])
            .arg(repo.beside("control"))
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(std::fs::File::create(repo.beside("log")).expect("a log"))
            .spawn()
            .expect("python3 runs");
        let mut out = BufReader::new(child.stdout.take().expect("piped"));
        let line = read_line(&mut out);
        let ports = line.split(' ').map(|port| port.parse().expect("a port"));
        Manager {
            ports: ports.collect(),
            child,
            out,
        }
    }

    fn tell(&mut self, word: &str) {
        use std::io::Write;
        let stdin = self.child.stdin.as_mut().expect("piped");
        writeln!(stdin, "{word}").expect("told");
    }

    /// Ends the program, and gives its exit code.
    fn code(&mut self, word: &str) -> String {
        self.tell(word);
        read_line(&mut self.out)
    }
}

impl Drop for Manager {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn read_line(out: &mut impl BufRead) -> String {
    let mut line = String::new();
    out.read_line(&mut line).expect("a line");
    line.trim_end().to_owned()
}

fn log(path: &Path) -> String {
    std::fs::read_to_string(path).expect("a log")
}

#[test]
fn sockets_of_the_manager_are_served_and_live_on() {
    let repo = Repo::new();
    repo.commit(&[("example.org", &zone(1, "192.0.2.81"))]);
    let mut manager = Manager::new(&repo, "tcp,udp,metrics=tcp");
    let dns = SocketAddr::from(([127, 0, 0, 1], manager.ports[0]));
    let metrics = SocketAddr::from(([127, 0, 0, 1], manager.ports[2]));
    assert_eq!(manager.ports[0], manager.ports[1]);
    for _ in 0..2 {
        // Asked before anybody is there: the question waits in the socket.
        let early = UdpSocket::bind("127.0.0.1:0").expect("a socket");
        early.set_read_timeout(Some(PATIENCE)).expect("a limit");
        early
            .send_to(&crate::support::query("www.example.org"), dns)
            .expect("sent");
        manager.tell("start");
        assert!(early.recv(&mut [0; 4096]).expect("an answer") > 12);
        for _ in 0..10 {
            assert!(served("192.0.2.81")(&ask_udp(dns, "www.example.org")));
        }
        let mut stream = TcpStream::connect(dns).expect("connected");
        assert!(served("192.0.2.81")(&ask_tcp(
            &mut stream,
            "www.example.org"
        )));
        drop(stream);
        assert_eq!(get(metrics, "/readyz").status, 200);
        let page = get(metrics, "/metrics").body;
        assert!(
            page.contains("stemma_receive_errors_total{transport=\"udp\"} 0\n"),
            "{page}"
        );
        assert_eq!(manager.code("stop"), "0", "{}", log(&repo.beside("log")));
    }
}

#[test]
fn sockets_with_the_name_tls_are_for_tls() {
    let repo = Repo::new();
    repo.commit(&[("example.org", &zone(1, "192.0.2.81"))]);
    let authority = Authority::new(&repo);
    let mut manager = Manager::with(&repo, "tcp,udp,tls=tcp", &authority.options());
    manager.tell("start");
    // The question waits in the socket, as it does for others.
    let tls = SocketAddr::from(([127, 0, 0, 1], manager.ports[2]));
    let answer = authority.client(tls).ask("www.example.org");
    assert!(served("192.0.2.81")(&answer));
    assert_eq!(manager.code("stop"), "0", "{}", log(&repo.beside("log")));
}

#[test]
fn sockets_that_cannot_be_served_are_said() {
    let repo = Repo::new();
    repo.commit(&[("example.org", &zone(1, "192.0.2.81"))]);
    for (sockets, word) in [
        ("udp", "is for UDP only"),
        ("tcp", "is for TCP only"),
        ("tcp,udp,tls=tcp", "give --tls-certificate FILE"),
    ] {
        let mut manager = Manager::new(&repo, sockets);
        manager.tell("start");
        poll(|| match log(&repo.beside("log")) {
            log if log.contains(word) => Ok(()),
            log => Err(log),
        });
        assert_eq!(manager.code("wait"), "4");
    }
}
