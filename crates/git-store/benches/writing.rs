//! What a durable commit costs: `cargo bench -p git-store --bench writing`.
//!
//! Most of the time is the disk's, which is asked to sync each new object, its directory, the branch and its directory:
//! the processor's time is told beside it.

#![allow(clippy::print_stdout, reason = "a benchmark prints what it measured")]

#[path = "../tests/support/mod.rs"]
mod support;

use std::time::{Duration, Instant};

use git_store::{CommitId, ObjectFormat, Store, Untidy};
use support::{Repo, draft};

const ZONES: usize = 10_000;
const COMMITS: usize = 50;

fn main() {
    measure("flat", |number| format!("z{number}.example"));
    measure("in 256 folders", |number| {
        format!("zones/{:02x}/z{number}.example", number % 256)
    });
    measure_many_in_one();
    measure_tidying();
}

fn measure(layout: &str, path: impl Fn(usize) -> String) {
    let repo = Repo::new();
    let text = "@ SOA ns1 hostmaster 1 2 3 4 5\n".repeat(30);
    let paths: Vec<String> = (0..ZONES).map(path).collect();
    let files: Vec<(&str, &str)> = paths
        .iter()
        .map(|path| (path.as_str(), text.as_str()))
        .collect();
    let mut tip = repo.commit(&files);
    repo.git(&["repack", "-q", "-a", "-d"]);
    let store = repo.store();
    report(
        &format!("one zone of {ZONES}, {layout}"),
        COMMITS,
        |number| {
            tip = write(&store, tip, &[&paths[number * 17 % ZONES]], number);
        },
    );
}

fn measure_many_in_one() {
    let repo = Repo::new();
    let mut tip = repo.commit(&[("first", "1")]);
    let store = repo.store();
    let paths: Vec<String> = (0..100)
        .map(|number| format!("zones/{number}/zone"))
        .collect();
    let paths: Vec<&String> = paths.iter().collect();
    report("100 zones in 100 folders at once", 10, |number| {
        tip = write(&store, tip, &paths, number);
    });
}

fn measure_tidying() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let store =
        Store::create_mirror(&dir.path().join("mirror.git"), ObjectFormat::Sha1).expect("made");
    let first = store
        .write("main", &draft(None, &[("first", Some("1"))]))
        .expect("written");
    let mut tip = first.commit();
    for number in 0..300 {
        tip = write(&store, tip, &[&format!("zones/{}", number % 50)], number);
    }
    report("300 commits into one pack", 1, |_| {
        let untidy = Untidy { packs: 0, loose: 0 };
        let superseded = store
            .consolidate(&untidy)
            .expect("written")
            .expect("there is something");
        let _ = superseded.remove(Duration::ZERO).expect("removed");
    });
}

fn write(store: &Store, tip: CommitId, paths: &[&String], number: usize) -> CommitId {
    let text = format!(
        "@ SOA ns1 hostmaster {number} 2 3 4 5\n{}",
        "www A 192.0.2.1\n".repeat(30)
    );
    let texts: Vec<String> = paths
        .iter()
        .map(|path| format!("; {path}\n{text}"))
        .collect();
    let files: Vec<(&str, Option<&str>)> = paths
        .iter()
        .zip(&texts)
        .map(|(path, text)| (path.as_str(), Some(text.as_str())))
        .collect();
    store
        .write("main", &draft(Some(tip), &files))
        .expect("written")
        .commit()
}

fn report(what: &str, times: usize, mut work: impl FnMut(usize)) {
    let (wall, cpu) = (Instant::now(), cpu());
    (0..times).for_each(&mut work);
    let each = |time: Duration| time.as_secs_f64() * 1000.0 / times as f64;
    println!(
        "{what:40} {:8.2} ms, of which processor {:6.2} ms",
        each(wall.elapsed()),
        each(self::cpu() - cpu)
    );
}

/// Of this process, all threads, in the kernel's ticks of 10 ms.
fn cpu() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").expect("Linux");
    let fields: Vec<&str> = stat
        .rsplit(") ")
        .next()
        .unwrap_or_default()
        .split(' ')
        .collect();
    let ticks = |field: usize| fields[field].parse::<u64>().expect("a number");
    Duration::from_millis(10 * (ticks(11) + ticks(12)))
}
