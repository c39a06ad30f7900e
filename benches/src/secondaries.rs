//! From the branch moving to the answer on every secondary, where one of many zones changes.

use std::{
    env,
    error::Error,
    fs,
    net::SocketAddr,
    path::Path,
    process::Command,
    thread,
    time::{Duration, Instant},
};

use crate::{
    follower::Follower,
    history::{Edited, History},
    many_zones::ManyZones,
    publish::{at, millis},
    servers::{free_address, ours},
};

/// How long a commit takes until all secondaries answer from it
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Zones of the repository, which the secondaries follow by its catalog
    #[arg(long, value_delimiter = ',', default_value = "1000,10000")]
    zones: Vec<usize>,
    /// Secondaries, each a program of its own
    #[arg(long, default_value_t = 2)]
    secondaries: usize,
    /// Commits of each, with a pause after each
    #[arg(long, default_value_t = 100)]
    commits: usize,
}

const CATALOG: &str = "catalog.invalid";
/// Between two commits, so that each is told by itself. A secondary looks at one zone once a second, so with few zones that is
/// what is measured.
const PAUSE: Duration = Duration::from_millis(100);

/// Prints a row for each number of zones.
pub(crate) fn measure(options: &Options) -> Result<(), Box<dyn Error>> {
    println!(
        "{:>8} {:>9} {:>7} {:>7} {:>7} {:>7} {:>14} {:>16}",
        "zones",
        "start s",
        "p50 ms",
        "p90 ms",
        "p99 ms",
        "max ms",
        "CPU ms primary",
        "CPU ms secondary"
    );
    for &zones in &options.zones {
        let dir = env::temp_dir().join(format!("stemma-secondaries-{}", std::process::id()));
        fs::create_dir_all(&dir)?;
        let measured = ManyZones::begin(&dir, zones).and_then(|it| row(options, it, &dir));
        fs::remove_dir_all(&dir)?;
        println!("{zones:8} {}", measured?);
    }
    Ok(())
}

fn row(options: &Options, mut history: ManyZones, dir: &Path) -> Result<String, Box<dyn Error>> {
    let begun = Instant::now();
    let (primary, secondaries) = start(options, &history, dir)?;
    let started = begun.elapsed().as_secs_f64();
    let mut all = vec![primary];
    all.extend(secondaries);
    let cpu =
        |all: &[Follower]| -> Vec<f64> { all.iter().map(|it| it.process.cpu_secs()).collect() };
    let before = cpu(&all);
    let mut took = Vec::new();
    for number in 0..options.commits {
        let edited = history.commit(number)?;
        thread::sleep(PAUSE);
        let moved = Instant::now();
        history.publish()?;
        for secondary in &mut all[1..] {
            secondary.await_answer(&edited)?;
        }
        took.push(moved.elapsed());
    }
    let spent: Vec<f64> = cpu(&all)
        .iter()
        .zip(&before)
        .map(|(now, then)| now - then)
        .collect();
    let each = |cpu: f64| cpu * 1e3 / options.commits.max(1) as f64;
    took.sort_unstable();
    let [p50, p90, p99, max] = [50, 90, 99, 100].map(|percent| millis(at(&took, percent)));
    let (primary, secondary) = (
        each(spent[0]),
        each(spent.get(1).copied().unwrap_or_default()),
    );
    Ok(format!(
        "{started:9.1} {p50:7.1} {p90:7.1} {p99:7.1} {max:7.1} {primary:14.1} {secondary:16.1}"
    ))
}

/// A primary that tells the secondaries, and these, once they have a zone.
fn start(
    options: &Options,
    history: &ManyZones,
    dir: &Path,
) -> Result<(Follower, Vec<Follower>), Box<dyn Error>> {
    let addresses = (0..options.secondaries).map(|_| free_address());
    let addresses = addresses.collect::<Result<Vec<SocketAddr>, _>>()?;
    let mut command = Command::new(ours("primary")?);
    command.args(["--repo", &history.location(), "--catalog", CATALOG]);
    command.args(["--allow-transfer", "127.0.0.0/8", "--notify-ns", "off"]);
    command.args(["--rate-limit", "off"]);
    for address in &addresses {
        command.args(["--notify", &address.to_string()]);
    }
    let (first, server) = (history.first(), free_address()?);
    let primary = begin(command, server, &first, &dir.join("primary.log"))?;
    let list = dir.join("zones");
    fs::write(
        &list,
        format!("catalog {CATALOG} {}@{}\n", server.ip(), server.port()),
    )?;
    let follow = |(number, address): (usize, &SocketAddr)| {
        let mut command = Command::new(ours("secondary")?);
        command.arg("--zones").arg(&list);
        begin(
            command,
            *address,
            &first,
            &dir.join(format!("secondary-{number}.log")),
        )
    };
    let secondaries = addresses.iter().enumerate().map(follow);
    let mut secondaries = secondaries.collect::<Result<Vec<_>, _>>()?;
    let all = (0..).map_while(|number| history.zone(number));
    for zone in all {
        secondaries
            .iter_mut()
            .try_for_each(|it| it.await_answer(&zone))?;
    }
    Ok((primary, secondaries))
}

fn begin(
    mut command: Command,
    address: SocketAddr,
    first: &Edited,
    log: &Path,
) -> Result<Follower, Box<dyn Error>> {
    command.args(["--listen", &address.to_string()]);
    Follower::begin(command, address, first, log)
}
