//! From the branch moving to the first answer from the new commit, for a large zone in which little changes.

use std::{
    env,
    error::Error,
    fs,
    net::{Ipv4Addr, UdpSocket},
    path::Path,
    process::Command,
    thread,
    time::{Duration, Instant},
};

use crate::{
    history::{Edited, History},
    process::Process,
    sample::APEX,
    servers::ours,
};

/// How long the server may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// How long a commit takes to be answered from
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Records of the zone
    #[arg(long, default_value_t = 900_000)]
    records: usize,
    /// Files that the zone is kept in besides its own; 0 keeps it in one
    #[arg(long, value_delimiter = ',', default_value = "256,0")]
    parts: Vec<usize>,
    /// Commits of each; every second adds a host, the others change one, and all raise the serial
    #[arg(long, default_value_t = 100)]
    commits: usize,
    /// Print each commit's time
    #[arg(long)]
    each: bool,
}

/// Prints a row for each way to keep the zone.
pub(crate) fn measure(options: &Options) -> Result<(), Box<dyn Error>> {
    println!("{} records, {} commits", options.records, options.commits);
    println!(
        "{:>6} {:>8} {:>8} {:>8} {:>8} {:>10} {:>10} {:>8}",
        "parts", "p50 ms", "p90 ms", "p99 ms", "max ms", "CPU ms", "as a whole", "floor ms"
    );
    for &parts in &options.parts {
        println!("{}", row(options, parts)?);
    }
    Ok(())
}

fn row(options: &Options, parts: usize) -> Result<String, Box<dyn Error>> {
    let dir = env::temp_dir().join(format!("stemma-publish-{}-{parts}", std::process::id()));
    fs::create_dir_all(&dir)?;
    let measured = follow(options, parts, &dir);
    fs::remove_dir_all(&dir)?;
    measured
}

fn follow(options: &Options, parts: usize, dir: &Path) -> Result<String, Box<dyn Error>> {
    let mut history = History::begin(dir, options.records, parts)?;
    let mut server = Server::start(&history, dir)?;
    let (mut took, mut floor) = (Vec::new(), Vec::new());
    let before = server.process.cpu_secs();
    for number in 0..options.commits {
        let edited = history.commit(number)?;
        floor.push(history.read_changed(&edited)?);
        // The writing of objects is over before the branch moves.
        thread::sleep(Duration::from_millis(100));
        let moved = Instant::now();
        history.publish()?;
        server.await_answer(&edited)?;
        took.push(moved.elapsed());
        if options.each {
            println!("{number:6} {:8.1}", millis(took[number]));
        }
    }
    let cpu = (server.process.cpu_secs() - before) * 1e3 / options.commits as f64;
    let log = fs::read_to_string(dir.join("log"))?;
    let whole = log.matches("zone is read as a whole").count();
    took.sort_unstable();
    floor.sort_unstable();
    let [p50, p90, p99, max] = [50, 90, 99, 100].map(|percent| millis(at(&took, percent)));
    let floor = millis(at(&floor, 50));
    Ok(format!(
        "{parts:6} {p50:8.1} {p90:8.1} {p99:8.1} {max:8.1} {cpu:10.1} {whole:10} {floor:8.1}"
    ))
}

fn at(sorted: &[Duration], percent: usize) -> Duration {
    let number = (sorted.len() * percent).div_ceil(100).max(1) - 1;
    sorted.get(number).copied().unwrap_or_default()
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// The program that serves, and a client to ask it.
struct Server {
    process: Process,
    client: UdpSocket,
}

impl Server {
    fn start(history: &History, dir: &Path) -> Result<Server, Box<dyn Error>> {
        let client = UdpSocket::bind("127.0.0.1:0")?;
        // A port that is free now; nothing else on this machine is expected to take it.
        let address = UdpSocket::bind("127.0.0.1:0")?.local_addr()?;
        let mut command = Command::new(ours("primary")?);
        command.args(["--repo", &history.location()]);
        command.args(["--listen", &address.to_string(), "--log-level", "debug"]);
        let process = Process::start(&mut command, None, &dir.join("log"))?;
        client.connect(address)?;
        client.set_read_timeout(Some(Duration::from_millis(50)))?;
        let mut server = Server { process, client };
        server.await_answer(&Edited::nothing())?;
        Ok(server)
    }

    /// Asks for the name that was edited until its new address is there.
    fn await_answer(&mut self, edited: &Edited) -> Result<(), Box<dyn Error>> {
        let name = rr::Name::from_text(&format!("{}.{APEX}", edited.host))?;
        let question = wire::message::query(1, name.as_ref(), rr::Rtype::A);
        let start = Instant::now();
        while start.elapsed() < PATIENCE && self.process.is_running() {
            let mut answer = [0; 512];
            if self.client.send(&question).is_ok()
                && self.client.recv(&mut answer).is_ok()
                && has_address(&answer, question.len(), edited.address)
            {
                return Ok(());
            }
            thread::sleep(Duration::from_micros(200));
        }
        Err(format!("no answer with {} {}", edited.host, edited.address).into())
    }
}

/// Whether the first record of the answer, whose owner is a pointer to the question's, is this address.
fn has_address(answer: &[u8], question_octets: usize, address: Ipv4Addr) -> bool {
    let data = question_octets + 12;
    answer[3] & 15 == 0 && answer[7] == 1 && answer[data..data + 4] == address.octets()
}
