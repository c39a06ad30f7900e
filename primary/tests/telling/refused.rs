//! A system call that the kernel refuses the server. It makes none by itself: `strace` has it make one.

use crate::exposition::Metrics;
use crate::http::{get, metrics_address};
use crate::support::{Repo, Server, poll, served, zone};

/// One worker, as `strace` counts calls by thread.
const PAGE: [&str; 6] = [
    "--listen",
    "127.0.0.1:0",
    "--metrics",
    "127.0.0.1:0",
    "--workers",
    "1",
];

/// In the place of one call of this name, `getppid`, which neither list has.
fn start_under(inject: &str, repo: &Repo) -> Server {
    let (name, when) = inject.split_once(' ').expect("a call and when");
    let (trace, inject) = (
        format!("trace={name}"),
        format!("inject={name}:error=EINTR:syscall=getppid:when={when}"),
    );
    let strace = ["strace", "-D", "-f", "-qq", "-o", "/dev/null", "-e", &trace];
    Server::start_under(&[&strace[..], &["-e", &inject]].concat(), repo, &PAGE)
}

fn refused(server: &Server, threads: &str) -> f64 {
    let page = get(metrics_address(server), "/metrics").body;
    let metrics = Metrics::read(&page);
    metrics.value(&format!(
        "stemma_refused_system_calls_total{{threads=\"{threads}\"}}"
    ))
}

#[test]
fn a_call_that_is_refused_is_told_and_counted_and_answers_go_on() {
    let repo = Repo::new();
    repo.commit(&[("example.org", &zone(1, "192.0.2.81"))]);
    for (inject, by_answering) in [("recvmmsg 2", true), ("inotify_add_watch 1", false)] {
        let server = start_under(inject, &repo);
        let status = server.wait_for(|status| !status["commit"].is_null());
        if status["confined"]
            .as_str()
            .expect("a line")
            .contains("no seccomp")
        {
            return;
        }
        for _ in 0..4 {
            assert!(served("192.0.2.81")(&server.ask("www.example.org")));
        }
        let told = poll(|| {
            let lines = server.log_lines();
            let mut told = lines
                .into_iter()
                .filter(|line| line["by_answering"].is_boolean());
            told.next().ok_or_else(|| server.log())
        });
        assert_eq!(
            (&told["by_answering"], &told["times"]),
            (&by_answering.into(), &1.into())
        );
        assert_eq!(
            refused(&server, "answering"),
            f64::from(u8::from(by_answering))
        );
        assert_eq!(
            refused(&server, "other"),
            f64::from(u8::from(!by_answering))
        );
        assert!(server.stop_and_read().contains("refused a system call"));
    }
}
