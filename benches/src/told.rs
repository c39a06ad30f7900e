//! What a change of one of many zones costs the primary that tells many secondaries of it.

use std::{
    env,
    error::Error,
    fs,
    net::SocketAddr,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant, SystemTime},
};

use stack_os::{Message, Options as StackOptions, Server, Sockets};
use tsig::{Keyring, Request, Time};

use crate::{
    follower::Follower,
    history::History,
    many_zones::ManyZones,
    publish::{at, millis},
    servers::{free_address, ours, text},
};

/// What telling many secondaries of a change costs
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Secondaries that are told, each at an address of its own
    #[arg(long, value_delimiter = ',', default_value = "1,1000")]
    secondaries: Vec<usize>,
    /// Zones of the repository
    #[arg(long, value_delimiter = ',', default_value = "1,10000")]
    zones: Vec<usize>,
    /// Commits of each, which change one zone
    #[arg(long, default_value_t = 30)]
    commits: usize,
}

const SECRET: &str = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
/// How long it may take until all have answered.
const PATIENCE: Duration = Duration::from_secs(10);
/// Between two looks whether they have.
const LOOK: Duration = Duration::from_micros(500);
/// Commits that are not counted, until the keys are read.
const WARM_UP: usize = 20;

/// Prints a row for each number of secondaries and zones.
pub(crate) fn measure(options: &Options) -> Result<(), Box<dyn Error>> {
    println!(
        "{:>11} {:>7} {:>7} {:>7} {:>7} {:>16} {:>12}",
        "secondaries", "zones", "p50 ms", "p90 ms", "max ms", "CPU ms a change", "messages each"
    );
    for &secondaries in &options.secondaries {
        for &zones in &options.zones {
            let dir = env::temp_dir().join(format!("stemma-told-{}", std::process::id()));
            fs::create_dir_all(&dir)?;
            let measured = row((secondaries, zones), options.commits, &dir);
            fs::remove_dir_all(&dir)?;
            println!("{secondaries:11} {zones:7} {}", measured?);
        }
    }
    Ok(())
}

fn row(
    (secondaries, zones): (usize, usize),
    commits: usize,
    dir: &Path,
) -> Result<String, Box<dyn Error>> {
    let mut history = ManyZones::begin(dir, zones)?;
    let names: Vec<String> = (0..secondaries).map(key_name).collect();
    let hearing = Hearing::start(&names)?;
    let keys = dir.join("keys");
    // At the start a server tells of all zones, which would be ten million messages: the secondaries come later.
    write_keys(&keys, &["nobody._notify.invalid".to_owned()])?;
    let primary = start(&history, hearing.port, (&keys, dir))?;
    write_keys(&keys, &names)?;
    primary.process.signal("HUP")?;
    let (mut number, all) = (0, secondaries as u64);
    let mut change = || -> Result<Option<Duration>, Box<dyn Error>> {
        history.commit(number)?;
        number += 1;
        let (before, moved) = (hearing.count(), Instant::now());
        history.publish()?;
        Ok(hearing.reaches(before + all).then(|| moved.elapsed()))
    };
    let mut is_told = false;
    for _ in 0..WARM_UP {
        is_told = is_told || change()?.is_some();
    }
    if !is_told {
        return Err("nobody was told".into());
    }
    let (before, heard) = (primary.process.cpu_secs(), hearing.count());
    let mut took = Vec::new();
    for _ in 0..commits {
        // What may be sent at once comes back with time, unseen; without it the server's own pace would be measured.
        thread::sleep(Duration::from_millis(50).max(Duration::from_millis(all + all / 10)));
        took.push(change()?.ok_or("not all were told in time")?);
    }
    let cpu = (primary.process.cpu_secs() - before) * 1e3 / commits as f64;
    let messages = (hearing.count() - heard) as f64 / commits as f64;
    took.sort_unstable();
    let [p50, p90, max] = [50, 90, 100].map(|percent| millis(at(&took, percent)));
    Ok(format!(
        "{p50:7.1} {p90:7.1} {max:7.1} {cpu:16.1} {messages:12.1}"
    ))
}

fn start(
    history: &ManyZones,
    port: u16,
    (keys, dir): (&Path, &Path),
) -> Result<Follower, Box<dyn Error>> {
    let address = free_address()?;
    let mut command = Command::new(ours("primary")?);
    command.args(["--repo", &history.location(), "--keys", &text(keys)]);
    command.args(["--notify-ns", "off", "--notify-port", &port.to_string()]);
    command.args(["--listen", &address.to_string(), "--rate-limit", "off"]);
    Follower::begin(command, address, &history.first(), &dir.join("log"))
}

/// A key that says which address is to be told, of all zones.
fn key_name(number: usize) -> String {
    let (high, low) = (number / 250, number % 250 + 1);
    format!("127.0.0.1.127.1.{high}.{low}._transfer")
}

fn write_keys(path: &PathBuf, names: &[String]) -> Result<(), Box<dyn Error>> {
    let lines = names.iter().map(|name| format!("{name}:SHA256:{SECRET}\n"));
    fs::write(path, lines.collect::<String>())?;
    Ok(fs::set_permissions(
        path,
        fs::Permissions::from_mode(0o600),
    )?)
}

/// All secondaries: they answer NOTIFY, signed, and are counted.
struct Hearing {
    port: u16,
    heard: Arc<AtomicU64>,
    _server: Server,
}

impl Hearing {
    fn start(names: &[String]) -> Result<Hearing, Box<dyn Error>> {
        let mut ring = Keyring::default();
        for name in names {
            ring.insert(tsig::text::read_key(&format!("{name}:SHA256:{SECRET}"))?)
                .map_err(|_| "a key twice")?;
        }
        let port = free_address()?.port();
        let options = StackOptions {
            udp_workers: 1,
            tcp_workers: 1,
            ..StackOptions::new([SocketAddr::from(([0, 0, 0, 0], port))])
        };
        let (ring, heard) = (Arc::new(ring), Arc::<AtomicU64>::default());
        let counted = Arc::clone(&heard);
        let handler = move || {
            let (ring, counted) = (Arc::clone(&ring), Arc::clone(&counted));
            move |message: Message<'_>, room: &mut [u8]| {
                let answer = answer(message.octets, &ring)?;
                room.get_mut(..answer.len())?.copy_from_slice(&answer);
                counted.fetch_add(1, Ordering::Relaxed);
                Some(answer.len())
            }
        };
        Ok(Hearing {
            port,
            heard,
            _server: Sockets::bind(&options)?.serve(handler)?,
        })
    }

    fn count(&self) -> u64 {
        self.heard.load(Ordering::Relaxed)
    }

    /// Waits until so many were heard.
    fn reaches(&self, count: u64) -> bool {
        let begun = Instant::now();
        while self.count() < count && begun.elapsed() < PATIENCE {
            thread::sleep(LOOK);
        }
        self.count() >= count
    }
}

fn answer(message: &[u8], ring: &Keyring) -> Option<Vec<u8>> {
    let now = SystemTime::UNIX_EPOCH.elapsed().ok()?;
    let now = Time::from_secs(now.as_secs());
    let Ok(Request::Signed(verified)) = ring.verify(message, now) else {
        return None;
    };
    let code = wire::ResponseCode::NoError;
    let mut answer = replication::message::notify_answer(message, code)?;
    verified.into_signer().sign(&mut answer, now).ok()?;
    Some(answer)
}
