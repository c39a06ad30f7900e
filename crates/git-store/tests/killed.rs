//! A writer may be killed at any instant, and any of its system calls may fail: what it had a receipt for is
//! there, the repository is whole, and the next commit works.
//!
//! Not a harness of threads but a program of its own, which starts itself as the writer: under `strace`,
//! which kills it before a chosen system call or has that fail, without threads, so that the order is the same
//! on every run.
#![allow(clippy::print_stdout, reason = "a test prints what it does")]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Write};
use std::ops::RangeInclusive;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use git_store::{Store, Untidy, WriteError};
use support::{Repo, draft};
use testbed::Random;
use testbed::disk::on_small_disk;
use testbed::git::git_output;

/// Which repository the writer writes to, and how many commits it tries to make; with a minus, how often it
/// gathers what there is into one pack instead.
const REPOSITORY: &str = "GIT_STORE_TEST_REPOSITORY";
const COMMITS: &str = "GIT_STORE_TEST_COMMITS";
/// Set for the process that has a small disk of its own: where.
const SMALL_DISK: &str = "GIT_STORE_TEST_SMALL_DISK";

/// All that changes a file or a directory, or waits for the disk.
const CALLS: [&str; 11] = [
    "openat",
    "write",
    "fsync",
    "rename",
    "linkat",
    "unlink",
    "mkdir",
    "ftruncate",
    "flock",
    "chmod",
    "utimensat",
];

fn main() {
    if let Some(path) = std::env::var_os(REPOSITORY) {
        let commits = std::env::var(COMMITS).expect("how many");
        return match commits.parse().expect("a number") {
            tidy @ ..0 => tidy_up(path.as_ref(), -tidy),
            commits => write_commits(path.as_ref(), commits),
        };
    }
    if let Some(dir) = std::env::var_os(SMALL_DISK) {
        return fill_the_disk(dir.as_ref());
    }
    let scenarios: [(&str, fn()); 8] = [
        ("killed_before_each_call", killed_before_each_call),
        ("each_call_fails", each_call_fails),
        ("killed_while_tidying", killed_while_tidying),
        (
            "each_call_fails_while_tidying",
            each_call_fails_while_tidying,
        ),
        ("killed_at_some_instant", killed_at_some_instant),
        ("synced_before_each_receipt", synced_before_each_receipt),
        ("processes_race", processes_race),
        ("the_disk_is_full", the_disk_is_full),
    ];
    let wanted = Wanted::of_arguments();
    for (name, scenario) in scenarios {
        match wanted {
            Wanted::List => println!("{name}: test"),
            Wanted::Nothing => {}
            Wanted::Tests(ref filter) if !filter.fits(name) => {}
            Wanted::Tests(_) => {
                scenario();
                println!("test {name} ... ok");
            }
        }
    }
}

/// What a test runner wants: the little of libtest's command line that `cargo test` and `cargo nextest` use.
enum Wanted {
    List,
    Nothing,
    Tests(Filter),
}

struct Filter {
    name: String,
    is_exact: bool,
}

impl Wanted {
    fn of_arguments() -> Wanted {
        let arguments: Vec<String> = std::env::args().skip(1).collect();
        let has = |flag: &str| arguments.iter().any(|argument| argument == flag);
        match (has("--ignored"), has("--list")) {
            (true, _) => Wanted::Nothing,
            (false, true) => Wanted::List,
            (false, false) => Wanted::Tests(Filter {
                name: arguments
                    .iter()
                    .find(|argument| !argument.starts_with('-'))
                    .cloned()
                    .unwrap_or_default(),
                is_exact: has("--exact"),
            }),
        }
    }
}

impl Filter {
    fn fits(&self, name: &str) -> bool {
        match self.is_exact {
            true => name == self.name,
            false => name.contains(&self.name),
        }
    }
}

/// The writer: tells on its output what it has receipts for, and what failed.
fn write_commits(path: &Path, commits: i32) {
    let store = Store::open_path(path).expect("opens");
    let mut parent = store.tip(Some("main")).expect("read");
    say("ready");
    for number in 0..commits {
        let file = format!("{}-{number}", std::process::id());
        loop {
            match store.write("main", &draft(parent, &[(&file, Some(&file))])) {
                Ok(receipt) => {
                    parent = Some(receipt.commit());
                    say(&format!("receipt {}", receipt.commit()));
                    break;
                }
                Err(WriteError::Lost { found, .. }) => parent = found,
                Err(error) => {
                    say(&format!("failed {error:?}"));
                    parent = store.tip(Some("main")).unwrap_or(parent);
                    break;
                }
            }
        }
    }
}

/// Has a receipt when everything is in one pack and all else is removed.
fn tidy_up(path: &Path, times: i32) {
    let store = Store::open_path(path).expect("opens");
    let tip = store.tip(Some("main")).expect("read").expect("a commit");
    say("ready");
    for _ in 0..times {
        let superseded = store.consolidate(&Untidy { packs: 0, loose: 0 });
        match superseded.and_then(|it| it.map_or(Ok(None), |it| it.remove(Duration::ZERO))) {
            Ok(_) => say(&format!("receipt {tip}")),
            Err(error) => say(&format!("failed {error:?}")),
        }
    }
}

/// In one system call, which may fail.
fn say(line: &str) {
    let _ = std::io::stdout().write_all(format!("{line}\n").as_bytes());
}

fn killed_before_each_call() {
    kill_before_each_call(&repository(), 1);
}

fn killed_while_tidying() {
    kill_before_each_call(&mirror(), -1);
}

fn kill_before_each_call(repo: &Repo, work: i32) {
    for (call, numbers) in calls_of(repo, work) {
        for number in some(&call, numbers) {
            let inject = format!("inject={call}:signal=KILL:when={number}");
            let said = run_injected(repo, &inject, work);
            assert!(!said.contains("failed"), "{inject}: {said}");
            check(repo, &said, &inject);
        }
    }
}

fn each_call_fails() {
    fail_each_call(&repository(), 1);
}

fn each_call_fails_while_tidying() {
    fail_each_call(&mirror(), -1);
}

fn fail_each_call(repo: &Repo, work: i32) {
    let mut failures = 0;
    for (call, numbers) in calls_of(repo, work) {
        let error = if call == "fsync" { "EIO" } else { "ENOSPC" };
        for number in some(&call, numbers) {
            let inject = format!("inject={call}:error={error}:when={number}");
            // The first may make fewer such calls than were counted, as folders are there by now; then the second fails.
            let said = run_injected(repo, &inject, 3 * work);
            let failed = said
                .lines()
                .filter(|line| line.starts_with("failed"))
                .count();
            // No sync may be left out, nor any file be missing; tidying up may fail.
            let must_fail = matches!(call.as_str(), "fsync" | "rename" | "linkat" | "ftruncate");
            assert!(
                failed <= 1 && failed >= usize::from(must_fail),
                "{inject}: {said}"
            );
            assert!(
                !said.contains("Full") || error == "ENOSPC",
                "{inject}: {said}"
            );
            let is_stdout = call == "write" && failed == 0;
            assert!(
                said.lines()
                    .last()
                    .unwrap_or_default()
                    .starts_with("receipt")
                    || is_stdout,
                "{inject}: {said}"
            );
            check(repo, &said, &inject);
            failures += failed;
        }
    }
    assert!(failures > 10, "{failures}");
}

/// All of them, but of files that are opened, most of which are only read, about 25.
fn some(call: &str, numbers: RangeInclusive<usize>) -> impl Iterator<Item = usize> {
    let step = match call {
        "openat" => 1 + numbers.clone().count() / 25,
        _ => 1,
    };
    numbers.step_by(step)
}

/// For each kind of system call, which of them (counted from the start) are made for the work.
fn calls_of(repo: &Repo, work: i32) -> BTreeMap<String, RangeInclusive<usize>> {
    let trace = repo.beside("trace");
    let mut traced = under_strace(repo, &[], work);
    traced[1] = trace.display().to_string();
    run(traced);
    let trace = std::fs::read_to_string(trace).expect("a trace");
    let (before, after) = trace.split_once("\"ready").expect("it was ready");
    let count = |text: &str, call: &str| text.matches(&format!(" {call}(")).count();
    let range = |call: &str| count(before, call) + 1..=count(before, call) + count(after, call);
    let ranges = CALLS.map(|call| (call.to_owned(), range(call)));
    let ranges: BTreeMap<_, _> = ranges
        .into_iter()
        .filter(|(_, range)| !range.is_empty())
        .collect();
    assert!(ranges.len() >= 5, "it does much: {ranges:?}");
    ranges
}

/// The command line of a writer under `strace`, with only one thread.
fn under_strace(repo: &Repo, inject: &[&str], commits: i32) -> Vec<String> {
    let mut line = vec!["-o".to_owned(), "/dev/null".to_owned(), "-f".to_owned()];
    // Each call that is looked at costs much more than the call.
    let injected = inject
        .first()
        .and_then(|inject| inject.split(['=', ':']).nth(1));
    let calls = injected.map_or(CALLS.join(","), str::to_owned);
    line.push(format!("--trace={calls},clone3"));
    // Reading a pack back needs a thread, which changes nothing.
    let no_threads = ["inject=clone3:error=EAGAIN"];
    let no_threads = no_threads.iter().filter(|_| commits > 0);
    for inject in inject.iter().chain(no_threads) {
        line.extend(["-e".to_owned(), (*inject).to_owned()]);
    }
    line.extend([
        "-E".to_owned(),
        format!("{REPOSITORY}={}", repo.path().display()),
        "-E".to_owned(),
        format!("{COMMITS}={commits}"),
    ]);
    line
}

fn run(strace: Vec<String>) -> String {
    let output = Command::new("strace")
        .args(strace)
        .arg(std::env::current_exe().expect("this test"))
        .output()
        .expect("strace is installed (Debian package strace)");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// What a writer says to whom something is done. Made sure of: not all ways of `strace` do what they are told, and then
/// nothing is shown. Of some calls there are fewer than there were, such as of folders to be made.
fn run_injected(repo: &Repo, inject: &str, work: i32) -> String {
    let trace = repo.beside("trace");
    let mut traced = under_strace(repo, &[inject], work);
    traced[1] = trace.display().to_string();
    let said = run(traced);
    let trace = std::fs::read_to_string(trace).expect("a trace");
    let mut words = inject.split(['=', ':']).skip(1);
    let call = format!(" {}(", words.next().expect("a call"));
    let number: usize = words.last().expect("which").parse().expect("a number");
    let mut calls: BTreeMap<&str, usize> = BTreeMap::new();
    for line in trace.lines().filter(|line| line.contains(&call)) {
        *calls
            .entry(line.split(' ').next().expect("a thread"))
            .or_default() += 1;
    }
    let is_done = trace.contains("+++ killed by SIGKILL")
        || trace
            .lines()
            .any(|line| line.contains(&call) && line.contains("(INJECTED)"));
    assert!(
        is_done || calls.values().all(|count| *count < number),
        "{inject} missed: {trace}"
    );
    said
}

/// Everything that was said to be kept is there, the repository is whole, and a commit can be made.
fn check(repo: &Repo, said: &str, after: &str) {
    let history = repo.git(&["rev-list", "main"]);
    let history: BTreeSet<&str> = history.lines().collect();
    for receipt in said
        .lines()
        .filter_map(|line| line.strip_prefix("receipt "))
    {
        assert!(history.contains(receipt), "{after}: {receipt} is lost");
    }
    assert_eq!(repo.fsck(), "", "{after}");
    let store = repo.store();
    let tip = store.tip(Some("main")).expect("read");
    let next = store
        .write("main", &draft(tip, &[("next", Some(after))]))
        .expect("the next commit works");
    assert_eq!(store.tip(Some("main")), Ok(Some(next.commit())), "{after}");
}

fn repository() -> Repo {
    let repo = Repo::new();
    let _ = repo
        .store()
        .write("main", &draft(None, &[("first", Some("1"))]))
        .expect("written");
    repo
}

/// One with packs and loose objects, which is taken to be ours.
fn mirror() -> Repo {
    let repo = repository();
    repo.git(&["config", "stemma.mirror", "true"]);
    repo.git(&["repack", "-q", "-d"]);
    check(&repo, "", "a start");
    repo
}

fn writer(repo: &Repo, commits: i32) -> Command {
    let mut writer = Command::new(std::env::current_exe().expect("this test"));
    writer
        .env(REPOSITORY, repo.path())
        .env(COMMITS, commits.to_string())
        .stdout(Stdio::piped());
    writer
}

fn killed_at_some_instant() {
    let repo = repository();
    for round in 0..15 {
        let mut child = writer(&repo, 100_000).spawn().expect("it starts");
        std::thread::sleep(Duration::from_millis(5 + round * 7 % 50));
        child.kill().expect("killed");
        let mut said = String::new();
        child
            .stdout
            .take()
            .expect("piped")
            .read_to_string(&mut said)
            .expect("read");
        child.wait().expect("ended");
        check(&repo, &said, &format!("round {round}"));
    }
}

fn processes_race() {
    let repo = repository();
    let writers: Vec<_> = (0..3)
        .map(|_| writer(&repo, 8).spawn().expect("it starts"))
        .collect();
    let mut said = String::new();
    for writer in writers {
        let output = writer.wait_with_output().expect("ended");
        said += &String::from_utf8_lossy(&output.stdout);
    }
    assert_eq!(said.matches("receipt").count(), 24, "{said}");
    check(&repo, &said, "a race");
    assert_eq!(repo.git(&["rev-list", "--count", "main"]), "26");
}

/// Seen from outside: whatever is renamed was synced before, its directory after, all before the receipt, and
/// the branch moves when all else is durable.
fn synced_before_each_receipt() {
    let repo = repository();
    let trace = repo.beside("trace");
    let mut traced = under_strace(&repo, &[], 3);
    traced[1] = trace.display().to_string();
    traced.insert(0, "-y".to_owned());
    assert_eq!(run(traced).matches("receipt").count(), 3);
    let trace = std::fs::read_to_string(trace).expect("a trace");
    let (_, trace) = trace.split_once("\"ready").expect("it was ready");
    for commit in trace.split_inclusive("\"receipt").take(3) {
        assert!(commit.ends_with("\"receipt"));
        let lines: Vec<&str> = commit.lines().collect();
        let renamed: Vec<(usize, &str, &str)> = renames(&lines);
        assert!(renamed.len() >= 4, "blob, tree, commit, branch: {commit}");
        let (moved, ..) = *renamed.last().expect("there");
        let synced = |path: &str, lines: &[&str]| {
            lines
                .iter()
                .any(|line| line.contains(" fsync(") && line.contains(&format!("<{path}>")))
        };
        for (at, from, to) in renamed {
            let dir = to.rsplit_once('/').expect("a folder").0;
            // The lock of the branch has another name, by which it was synced.
            let from = from.replace("/main.lock", "/main..stemma.lock");
            assert!(
                synced(&from, &lines[..at]),
                "{from} was not synced: {commit}"
            );
            let before = if at == moved { lines.len() } else { moved };
            assert!(
                synced(dir, &lines[at..before]),
                "{dir} was not synced: {commit}"
            );
        }
    }
}

fn renames<'a>(lines: &[&'a str]) -> Vec<(usize, &'a str, &'a str)> {
    let numbered = lines
        .iter()
        .enumerate()
        .filter(|(_, line)| line.contains(" rename("));
    numbered
        .map(|(at, line)| {
            let mut names = line.split('"').skip(1).step_by(2);
            (at, names.next().expect("from"), names.next().expect("to"))
        })
        .collect()
}

/// On a disk of 512 KiB in a mount namespace of its own, where that may be had; failing calls are tried anyway.
fn the_disk_is_full() {
    let repo = Repo::new();
    let dir = repo.beside("disk");
    std::fs::create_dir(&dir).expect("made");
    let this = std::env::current_exe().expect("this test");
    let Some(mut this) = on_small_disk(&dir, 512, this.as_os_str()) else {
        return;
    };
    let filled = this.env(SMALL_DISK, &dir).status().expect("it runs");
    assert!(filled.success());
}

fn fill_the_disk(dir: &Path) {
    let git = |arguments: &[&str]| git_output(dir, arguments);
    git(&["init", "-q", "--bare", "--template=", "-b", "main", "."]);
    let store = Store::open_path(dir).expect("opens");
    let reserve = dir.join("reserve");
    std::fs::write(&reserve, vec![1; 100_000]).expect("written");
    let (mut tip, mut kept) = (None, 0);
    for round in 0..3 {
        let error = loop {
            let text = incompressible(kept);
            match store.write("main", &draft(tip, &[("a", Some(&text))])) {
                Ok(receipt) => (tip, kept) = (Some(receipt.commit()), kept + 1),
                Err(error) => break error,
            }
        };
        assert!(
            matches!(error, WriteError::Full { .. }),
            "round {round}: {error}"
        );
        assert_eq!(
            store.tip(Some("main")),
            Ok(tip),
            "the last one that was kept"
        );
        assert_eq!(
            git(&["fsck", "--strict", "--no-dangling", "--no-progress"]),
            ""
        );
        let small = store.write("main", &draft(tip, &[("a", Some("small"))]));
        if round == 0 && small.is_err() {
            std::fs::remove_file(&reserve).expect("removed");
        }
        tip = store.tip(Some("main")).expect("read");
        kept = git(&["rev-list", "--count", "main"])
            .parse()
            .expect("a number");
    }
    assert!(kept >= 3, "{kept}");
}

/// 20,000 characters, other ones for each number.
fn incompressible(number: usize) -> String {
    let mut random = Random::seeded(number as u64);
    let mut next = || char::from(b' ' + random.below(90) as u8);
    (0..20_000).map(|_| next()).collect()
}
