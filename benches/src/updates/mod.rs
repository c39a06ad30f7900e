//! Signed updates (RFC 2136): how long each takes until it is acknowledged, and how many a server acknowledges.

mod client;
mod large;
mod scene;
mod server;

use std::{
    error::Error,
    fs::File,
    io::Write,
    net::SocketAddr,
    path::Path,
    thread,
    time::{Duration, Instant},
};

use client::{Client, Way};
use scene::Scene;
use server::Server;

use crate::process::Process;

/// How long an update takes until it is acknowledged, and how many are
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Servers, in this order; default: all
    #[arg(value_enum)]
    servers: Vec<Server>,
    /// Clients, each with one update on its way
    #[arg(long, value_delimiter = ',', default_value = "1,64")]
    clients: Vec<usize>,
    /// How updates are sent
    #[arg(long, value_enum, value_delimiter = ',', default_value = "tcp,udp")]
    ways: Vec<Way>,
    /// Records of the zone that is updated
    #[arg(long, default_value_t = 10_000)]
    records: usize,
    /// Zones, the updated one among them
    #[arg(long, default_value_t = 1_000)]
    zones: usize,
    /// How long updates are sent
    #[arg(long, default_value_t = 5)]
    seconds: u64,
    /// Records of a large zone that only ours is asked to update, kept in 256 parts and in one file; 0 for none
    #[arg(long, default_value_t = 900_000)]
    large: usize,
}

const ALL: [Server; 4] = [
    Server::Primary,
    Server::PrimaryState,
    Server::Bind,
    Server::Knot,
];

/// Prints a table, and one for the large zone.
pub(crate) fn compare(options: &Options) -> Result<(), Box<dyn Error>> {
    let servers = match options.servers.is_empty() {
        true => &ALL[..],
        false => &options.servers,
    };
    let scene = Scene::make(options.records, options.zones)?;
    let fsync = fsync_millis(&scene.dir)?;
    println!(
        "{} records, {} zones; fsync of a small file here: {fsync:.2} ms",
        options.records, options.zones
    );
    println!("{HEAD}");
    for (number, &server) in servers.iter().enumerate() {
        if let Err(error) = rows(options, &scene, server, 20_960 + number as u16) {
            println!("{:24} {error}", server.name());
        }
    }
    drop(scene);
    match options.large {
        0 => Ok(()),
        records => large::measure(options, records),
    }
}

const HEAD: &str =
    "server                     clients      p50 ms   p99 ms   max ms    acked/s  CPU ms/update";

fn rows(options: &Options, scene: &Scene, server: Server, port: u16) -> Result<(), Box<dyn Error>> {
    let dir = scene.room(server)?;
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    let mut command = server.command(scene, &dir, address)?;
    let process = Process::start(&mut command, None, &dir.join("log"))?;
    scene.await_updates(address)?;
    for &way in &options.ways {
        for &clients in &options.clients {
            let asked = ask(scene, &process, (address, way), (clients, options.seconds))?;
            println!("{:24} {asked}", server.name());
        }
    }
    Ok(())
}

/// What came of many updates.
struct Asked {
    way: Way,
    clients: usize,
    /// Of each that was acknowledged, sorted.
    took: Vec<Duration>,
    secs: f64,
    cpu_secs: f64,
}

/// Updates from so many clients at once, for so long.
fn ask(
    scene: &Scene,
    process: &Process,
    (address, way): (SocketAddr, Way),
    (clients, seconds): (usize, u64),
) -> Result<Asked, Box<dyn Error>> {
    let (before, start) = (process.cpu_secs(), Instant::now());
    let end = start + Duration::from_secs(seconds);
    let took: Vec<Duration> = thread::scope(|scope| {
        let work =
            |number| move || Client::new(scene, address, way)?.ask_until(end, (number, clients));
        let threads: Vec<_> = (0..clients)
            .map(|number| scope.spawn(work(number)))
            .collect();
        let each = threads
            .into_iter()
            .map(|thread| thread.join().expect("clients do not panic"));
        each.collect::<Result<Vec<_>, String>>()
            .map(|each| each.concat())
    })?;
    let mut asked = Asked {
        way,
        clients,
        took,
        secs: start.elapsed().as_secs_f64(),
        cpu_secs: process.cpu_secs() - before,
    };
    asked.took.sort_unstable();
    Ok(asked)
}

impl std::fmt::Display for Asked {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let count = self.took.len().max(1) as f64;
        let [p50, p99, max] = [50, 99, 100].map(|percent| {
            let at = (self.took.len() * percent).div_ceil(100).max(1) - 1;
            self.took
                .get(at)
                .map_or(f64::NAN, |took| took.as_secs_f64() * 1e3)
        });
        write!(
            out,
            "{:3} over {:3} {p50:10.2} {p99:8.2} {max:8.2} {:10.0} {:14.2}",
            self.clients,
            self.way.name(),
            count / self.secs,
            self.cpu_secs * 1e3 / count
        )
    }
}

/// What the disk charges for a file of one block, the median of some.
fn fsync_millis(dir: &Path) -> Result<f64, Box<dyn Error>> {
    let path = dir.join("synced");
    let mut took = Vec::new();
    for number in 0..101_u8 {
        let mut file = File::create(&path)?;
        file.write_all(&[number; 4096])?;
        let start = Instant::now();
        file.sync_all()?;
        took.push(start.elapsed());
    }
    took.sort_unstable();
    Ok(took[50].as_secs_f64() * 1e3)
}
