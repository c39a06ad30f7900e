//! From the branch moving to the first answer from the new commit, where little of much changes.

use std::{
    env,
    error::Error,
    fs,
    path::Path,
    thread,
    time::{Duration, Instant},
};

use crate::{follower::Follower, history::History, large_zone::LargeZone, many_zones::ManyZones};

/// How long a start and a commit take until they are answered from
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Records of the large zone
    #[arg(long, default_value_t = 900_000)]
    records: usize,
    /// Files that it is kept in besides its own; 0 keeps it in one
    #[arg(long, value_delimiter = ',', default_value = "256,0")]
    parts: Vec<usize>,
    /// Zones of repositories with many small ones
    #[arg(long, value_delimiter = ',', default_value = "1,10000,100000")]
    zones: Vec<usize>,
    /// Commits of each; all raise the serial, and change a host or add one
    #[arg(long, default_value_t = 100)]
    commits: usize,
    /// Print each commit's time
    #[arg(long)]
    each: bool,
}

/// Prints a row for each repository.
pub(crate) fn measure(options: &Options) -> Result<(), Box<dyn Error>> {
    println!(
        "{:>30} {:>8} {:>7} {:>7} {:>7} {:>7} {:>7} {:>7} {:>7} {:>7} {:>6} {:>6}",
        "",
        "start ms",
        "CPU s",
        "MiB",
        "p50 ms",
        "p90 ms",
        "p99 ms",
        "max ms",
        "CPU ms",
        "floor",
        "whole",
        "lost"
    );
    for &parts in &options.parts {
        let name = match parts {
            0 => format!("{} records, one file", options.records),
            parts => format!("{} records, {parts} parts", options.records),
        };
        row(options, &name, |dir| {
            LargeZone::begin(dir, options.records, parts)
        })?;
    }
    for &count in &options.zones {
        row(options, &format!("zones: {count}"), |dir| {
            ManyZones::begin(dir, count)
        })?;
    }
    Ok(())
}

fn row<H: History>(
    options: &Options,
    name: &str,
    begin: impl Fn(&Path) -> Result<H, Box<dyn Error>>,
) -> Result<(), Box<dyn Error>> {
    let dir = env::temp_dir().join(format!("stemma-publish-{}", std::process::id()));
    fs::create_dir_all(&dir)?;
    let measured = begin(&dir).and_then(|history| follow(options, history, &dir));
    fs::remove_dir_all(&dir)?;
    println!("{name:>30} {}", measured?);
    Ok(())
}

fn follow(
    options: &Options,
    mut history: impl History,
    dir: &Path,
) -> Result<String, Box<dyn Error>> {
    let (location, log) = (history.location(), dir.join("log"));
    let (mut follower, start) = Follower::start(&location, &history.first(), &log)?;
    let (before, memory) = (follower.process.cpu_secs(), follower.process.memory_mib());
    let bystander = follower.bystander(&history.first())?;
    let (mut took, mut floor) = (Vec::new(), Vec::new());
    for number in 0..options.commits {
        let edited = history.commit(number)?;
        floor.push(history.read_changed(&edited)?);
        // The writing of objects is over before the branch moves.
        thread::sleep(Duration::from_millis(100));
        let moved = Instant::now();
        history.publish()?;
        follower.await_answer(&edited)?;
        took.push(moved.elapsed());
        if options.each {
            println!("{number:6} {:8.1}", millis(took[number]));
        }
    }
    let cpu = (follower.process.cpu_secs() - before) * 1e3 / options.commits.max(1) as f64;
    let lost = bystander.lost()?;
    let whole = fs::read_to_string(log)?
        .matches("zone is read as a whole")
        .count();
    took.sort_unstable();
    floor.sort_unstable();
    let [p50, p90, p99, max] = [50, 90, 99, 100].map(|percent| millis(at(&took, percent)));
    let (start, floor) = (millis(start), millis(at(&floor, 50)));
    Ok(format!(
        "{start:8.0} {before:7.2} {memory:7.0} {p50:7.1} {p90:7.1} {p99:7.1} {max:7.1} {cpu:7.1} {floor:7.1} {whole:6} {lost:6}"
    ))
}

pub(crate) fn at(sorted: &[Duration], percent: usize) -> Duration {
    let number = (sorted.len() * percent).div_ceil(100).max(1) - 1;
    sorted.get(number).copied().unwrap_or_default()
}

pub(crate) fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
