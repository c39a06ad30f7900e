//! The comparison over TCP and TLS: each server in turn on CPU 0, dnsperf on CPU 1, connections that stay open.

use std::{
    error::Error,
    fs,
    net::TcpStream,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use crate::{
    process::Process,
    servers::{Place, Server, Tls},
    table::{SERVER_CPU, Sample, ask, await_answer, await_rest},
};

/// What to compare
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Servers, in this order; default: primary, NSD, Knot, BIND
    #[arg(value_enum)]
    servers: Vec<Server>,
    /// Size of the zone
    #[arg(long, default_value_t = 10_000)]
    records: usize,
    /// How long each server is asked over each transport
    #[arg(long, default_value_t = 5)]
    seconds: u32,
}

const ALL: [Server; 4] = [Server::Primary, Server::Nsd, Server::Knot, Server::Bind];
/// How long a listener may take to be there after the server has answered over UDP.
const PATIENCE: Duration = Duration::from_secs(10);

/// Prints a row for each server and transport.
pub(crate) fn compare(options: &Options) -> Result<(), Box<dyn Error>> {
    let servers = if options.servers.is_empty() {
        &ALL[..]
    } else {
        &options.servers
    };
    let sample = Sample::make(options.records)?;
    println!("{} records", options.records);
    println!(
        "{:20} {:9} {:>9} {:>8} {:>6}",
        "server", "transport", "q/s", "µs CPU/q", "lost %"
    );
    for (number, &server) in servers.iter().enumerate() {
        let port = 21_100 + 2 * number as u16;
        if let Err(error) = measure(server, &sample, port, options.seconds) {
            println!("{:20} {error}", server.name());
        }
    }
    Ok(())
}

fn measure(server: Server, sample: &Sample, port: u16, seconds: u32) -> Result<(), Box<dyn Error>> {
    let dir = sample.room(server)?;
    let tls = Tls {
        port: port + 1,
        certificate: dir.join("certificate.pem"),
        key: dir.join("key.pem"),
    };
    certify(&tls)?;
    let mut command = server.command(&Place {
        zones: &sample.0,
        dir: &dir,
        port,
        tls: Some(&tls),
    })?;
    let log = dir.join("log");
    let mut process = Process::start(&mut command, Some(SERVER_CPU), &log)
        .map_err(|error| format!("cannot start: {error}"))?;
    await_answer(&mut process, port)
        .map_err(|error| format!("{error}: {}", fs::read_to_string(&log).unwrap_or_default()))?;
    await_rest(&process);
    for (mode, port) in [("tcp", port), ("dot", tls.port)] {
        let row = measure_over(mode, sample, &process, port, seconds);
        let row = row.unwrap_or_else(|error| error.to_string());
        println!("{:20} {mode:9} {row}", server.name());
    }
    Ok(())
}

fn measure_over(
    mode: &str,
    sample: &Sample,
    process: &Process,
    port: u16,
    seconds: u32,
) -> Result<String, Box<dyn Error>> {
    await_listener(port)?;
    // Handshakes and the first growth of buffers are not what is measured.
    ask(sample, mode, port, 1)?;
    let before = process.cpu_secs();
    let asked = ask(sample, mode, port, seconds)?;
    let micros = (process.cpu_secs() - before) * 1e6 / asked.answered;
    Ok(format!(
        "{:9.0} {micros:8.2} {:6.2}",
        asked.per_second, asked.lost_percent
    ))
}

fn await_listener(port: u16) -> Result<(), Box<dyn Error>> {
    let start = Instant::now();
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        if start.elapsed() > PATIENCE {
            return Err("not spoken".into());
        }
        thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

/// A certificate of its own making, with a key on P-256 as most have today.
fn certify(tls: &Tls) -> Result<(), Box<dyn Error>> {
    let mut openssl = Command::new("openssl");
    openssl.args([
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
    ]);
    openssl.args(["-nodes", "-days", "30", "-subj", "/CN=localhost", "-keyout"]);
    openssl.arg(&tls.key).arg("-out").arg(&tls.certificate);
    let made = openssl.stderr(Stdio::null()).status();
    match made.map_err(|error| format!("openssl: {error}"))?.success() {
        true => Ok(()),
        false => Err("openssl makes no certificate".into()),
    }
}
