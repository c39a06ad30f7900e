//! What a commit of many zones costs to read: `cargo bench -p git-store --bench reading`.
//!
//! 10,000 zones, in one folder and in 256, packed as `git repack` does it; the best of several times.
//! And one file of 25 MB, which takes what inflating it takes.

#![allow(clippy::print_stdout, reason = "a benchmark prints what it measured")]

#[path = "../tests/support/mod.rs"]
mod support;

use std::hint::black_box;
use std::time::{Duration, Instant};

use git_store::{CommitId, Snapshot, Store};
use support::Repo;

const ZONES: usize = 10_000;
const TIMES: usize = 7;

fn main() {
    measure("flat", |number| format!("z{number}.example"));
    measure("in 256 folders", |number| {
        format!("{:02x}/z{number}.example", number % 256)
    });
    measure_one_large();
}

fn measure(layout: &str, path: impl Fn(usize) -> String) {
    let repo = Repo::new();
    let mut files: Vec<(String, String)> = (0..ZONES)
        .map(|number| (path(number), zone_text(number, 1)))
        .collect();
    let first = commit(&repo, &files);
    files[77].1 = zone_text(77, 2);
    let second = commit(&repo, &files);
    repo.git(&["repack", "-q", "-a", "-d"]);
    let store = repo.store();
    let new = || store.snapshot(second).expect("it reads");
    println!("{ZONES} zones {layout}");
    report("open", || repo.store());
    report("all zones by name", || new().layout().expect("it reads"));
    report("all zones read", || read_all(&new()));
    report("one zone that differs", || {
        let older = store.snapshot(first).expect("it reads");
        new().changes_since(Some(&older)).expect("it reads")
    });
}

fn measure_one_large() {
    let repo = Repo::new();
    let text: String = (0..900_000)
        .map(|n| {
            format!(
                "host{n:06} A 10.{}.{}.{}\n",
                n * 7 % 256,
                n * 31 % 256,
                n % 256
            )
        })
        .collect();
    let id = commit(&repo, &[("example.org".to_owned(), text)]);
    let store: Store = repo.store();
    println!("one zone of 900,000 lines");
    report("read", || read_all(&store.snapshot(id).expect("it reads")));
}

fn commit(repo: &Repo, files: &[(String, String)]) -> CommitId {
    let files: Vec<(&str, &str)> = files
        .iter()
        .map(|(path, text)| (path.as_str(), text.as_str()))
        .collect();
    repo.commit(&files)
}

fn read_all(snapshot: &Snapshot) -> usize {
    let layout = snapshot.layout().expect("it reads");
    let files = layout.zones().filter_map(|(_, file)| file.ok());
    files
        .map(|file| {
            snapshot
                .file(&file.path, file.blob)
                .expect("it reads")
                .len()
        })
        .sum()
}

fn zone_text(number: usize, serial: u32) -> String {
    let hosts =
        (0..35).map(|host| format!("h{host} A 10.{}.{}.{host}\n", number / 256, number % 256));
    format!(
        "$TTL 3600\n@ SOA ns1 hostmaster {serial} 7200 3600 1209600 300\n NS ns1\n NS ns2\n{}",
        hosts.collect::<String>()
    )
}

fn report<T>(what: &str, work: impl Fn() -> T) {
    let best = (0..TIMES).map(|_| time(&work)).min().unwrap_or_default();
    println!("  {what:24} {:9.3} ms", best.as_secs_f64() * 1000.0);
}

fn time<T>(work: impl Fn() -> T) -> Duration {
    let started = Instant::now();
    black_box(work());
    started.elapsed()
}
