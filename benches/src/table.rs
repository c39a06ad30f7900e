//! The comparison: each server in turn on CPU 0, dnsperf on CPU 1.

use std::{
    env,
    error::Error,
    fs,
    net::UdpSocket,
    path::PathBuf,
    process::Command,
    thread,
    time::{Duration, Instant},
};

use crate::{
    process::{Process, on_cpu},
    sample::{APEX, Shape},
    servers::{Place, Server},
};

pub(crate) const SERVER_CPU: usize = 0;
const LOAD_CPU: usize = 1;
const QUESTIONS: usize = 1_000_000;
/// How long a server may take to load.
const PATIENCE: Duration = Duration::from_secs(120);

/// What to compare
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Servers, in this order; default: all but `serve`
    #[arg(value_enum)]
    servers: Vec<Server>,
    /// Sizes of the zone
    #[arg(long, value_delimiter = ',', default_value = "10000,900000")]
    records: Vec<usize>,
    /// How long each server is asked
    #[arg(long, default_value_t = 5)]
    seconds: u32,
}

const ALL: [Server; 6] = [
    Server::Echo,
    Server::Primary,
    Server::Nsd,
    Server::Knot,
    Server::Bind,
    Server::Powerdns,
];

/// Prints a table for each size of the zone.
pub(crate) fn compare(options: &Options) -> Result<(), Box<dyn Error>> {
    let servers = if options.servers.is_empty() {
        &ALL[..]
    } else {
        &options.servers
    };
    for &records in &options.records {
        let sample = Sample::make(records)?;
        println!("{records} records");
        println!(
            "{:20} {:>8} {:>8} {:>8} {:>9} {:>8} {:>6}",
            "server", "load s", "CPU s", "PSS MiB", "q/s", "µs CPU/q", "lost %"
        );
        for (number, &server) in servers.iter().enumerate() {
            match measure(server, &sample, 20_900 + number as u16, options.seconds) {
                Ok(row) => println!("{row}"),
                Err(error) => println!("{:20} {error}", server.name()),
            }
        }
    }
    Ok(())
}

/// A zone and its questions, in a folder that goes away with it.
pub(crate) struct Sample(pub(crate) PathBuf);

impl Sample {
    pub(crate) fn make(records: usize) -> Result<Sample, Box<dyn Error>> {
        let dir = env::temp_dir().join(format!("stemma-bench-{}-{records}", std::process::id()));
        fs::create_dir_all(&dir)?;
        let shape = Shape::of(records);
        fs::write(dir.join(APEX), shape.text())?;
        fs::write(dir.join("questions"), shape.questions(QUESTIONS))?;
        Ok(Sample(dir))
    }

    /// A fresh folder for a server.
    pub(crate) fn room(&self, server: Server) -> std::io::Result<PathBuf> {
        let dir = self.0.join(format!("{server:?}"));
        fs::create_dir(&dir)?;
        Ok(dir)
    }
}

impl Drop for Sample {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn measure(
    server: Server,
    sample: &Sample,
    port: u16,
    seconds: u32,
) -> Result<String, Box<dyn Error>> {
    let dir = sample.room(server)?;
    let mut command = server.command(&Place {
        zones: &sample.0,
        dir: &dir,
        port,
        tls: None,
    })?;
    let (start, log) = (Instant::now(), dir.join("log"));
    let mut process = Process::start(&mut command, Some(SERVER_CPU), &log)
        .map_err(|error| format!("cannot start: {error}"))?;
    await_answer(&mut process, port)
        .map_err(|error| format!("{error}: {}", fs::read_to_string(&log).unwrap_or_default()))?;
    let (load_secs, load_cpu_secs) = (start.elapsed().as_secs_f64(), process.cpu_secs());
    await_rest(&process);
    let memory = process.memory_mib();
    ask(sample, "udp", port, 1)?;
    let before = process.cpu_secs();
    let asked = ask(sample, "udp", port, seconds)?;
    let micros = (process.cpu_secs() - before) * 1e6 / asked.answered;
    Ok(format!(
        "{:20} {load_secs:8.2} {load_cpu_secs:8.2} {memory:8.1} {:9.0} {micros:8.2} {:6.2}",
        server.name(),
        asked.per_second,
        asked.lost_percent
    ))
}

/// What a server does after its first answer, such as giving memory back, ends when a while costs it no CPU time.
pub(crate) fn await_rest(process: &Process) {
    const WHILE: Duration = Duration::from_millis(100);
    let (start, mut before) = (Instant::now(), process.cpu_secs());
    while start.elapsed() < PATIENCE {
        thread::sleep(WHILE);
        let now = process.cpu_secs();
        if now <= before {
            return;
        }
        before = now;
    }
}

/// Asks for a name of the zone until it is there.
pub(crate) fn await_answer(process: &mut Process, port: u16) -> Result<(), Box<dyn Error>> {
    let name = rr::Name::from_text(&format!("h1.{APEX}"))?;
    let question = wire::message::query(1, name.as_ref(), rr::Rtype::A);
    let client = UdpSocket::bind("127.0.0.1:0")?;
    client.connect(("127.0.0.1", port))?;
    client.set_read_timeout(Some(Duration::from_millis(10)))?;
    let start = Instant::now();
    while start.elapsed() < PATIENCE && process.is_running() {
        let mut answer = [0; 512];
        // NOERROR with at least one answer record; refusals and unreachable ports count as not yet.
        if client.send(&question).is_ok()
            && client.recv(&mut answer).is_ok()
            && answer[3] & 15 == 0
            && answer[7] > 0
        {
            return Ok(());
        }
        // A closed port and a refusal are told at once, and the server needs the CPU more than the question does.
        thread::sleep(Duration::from_millis(5));
    }
    Err("does not answer".into())
}

pub(crate) struct Asked {
    pub(crate) answered: f64,
    pub(crate) per_second: f64,
    pub(crate) lost_percent: f64,
}

/// Asks with dnsperf over `udp`, `tcp` or `dot`, from eight sockets that stay open, 200 questions at a time.
pub(crate) fn ask(
    sample: &Sample,
    mode: &str,
    port: u16,
    seconds: u32,
) -> Result<Asked, Box<dyn Error>> {
    let mut dnsperf = Command::new("dnsperf");
    dnsperf.args([
        "-s",
        "127.0.0.1",
        "-c",
        "8",
        "-q",
        "200",
        "-m",
        mode,
        "-p",
        &port.to_string(),
        "-l",
        &seconds.to_string(),
        "-d",
    ]);
    dnsperf.arg(sample.0.join("questions"));
    let output =
        on_cpu(LOAD_CPU, || dnsperf.output()).map_err(|error| format!("dnsperf: {error}"))?;
    let text = String::from_utf8(output.stdout)?;
    let field = |name: &str, word: usize| {
        number_after(&text, name, word).ok_or_else(|| format!("dnsperf said: {text}"))
    };
    Ok(Asked {
        answered: field("Queries completed:", 0)?,
        per_second: field("Queries per second:", 0)?,
        lost_percent: field("Queries lost:", 1)?,
    })
}

/// The word of this number after `name`, as in `Queries lost:  0 (0.00%)`.
fn number_after(text: &str, name: &str, word: usize) -> Option<f64> {
    let (_, rest) = text.split_once(name)?;
    rest.split_whitespace()
        .nth(word)?
        .trim_matches(['(', ')', '%'])
        .parse()
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_dnsperf_says_is_understood() {
        let text = "  Queries completed:    921816 (100.00%)\n  Queries lost:         3 (0.25%)\n";
        assert_eq!(number_after(text, "Queries completed:", 0), Some(921_816.0));
        assert_eq!(number_after(text, "Queries lost:", 1), Some(0.25));
        assert_eq!(number_after(text, "Queries per second:", 0), None);
    }
}
