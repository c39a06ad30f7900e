//! A whole zone from one server to another (AXFR), ours and Knot in both roles.

use std::{
    env,
    error::Error,
    fs,
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    process::Command,
    time::Instant,
};

use crate::{
    follower::Follower,
    history::Edited,
    sample::{APEX, Shape},
    servers::{command, free_address, ours, repository, text},
};

/// How long a secondary takes to fetch a zone and to serve it
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Records of the zone
    #[arg(long, default_value_t = 900_000)]
    records: usize,
    /// How often each is done
    #[arg(long, default_value_t = 3)]
    rounds: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Whose {
    Ours,
    Knot,
}

/// Prints a row for each pair and round.
pub(crate) fn compare(options: &Options) -> Result<(), Box<dyn Error>> {
    let dir = env::temp_dir().join(format!("stemma-transfers-{}", std::process::id()));
    fs::create_dir_all(&dir)?;
    fs::write(dir.join(APEX), Shape::of(options.records).text())?;
    println!(
        "{:>8} {:>10} {:>9} {:>14} {:>16} {:>14}",
        "primary", "secondary", "seconds", "CPU s primary", "CPU s secondary", "MiB secondary"
    );
    let compared = [Whose::Ours, Whose::Knot]
        .into_iter()
        .try_for_each(|primary| rows(options, primary, &dir));
    fs::remove_dir_all(&dir)?;
    compared
}

fn rows(options: &Options, primary: Whose, dir: &Path) -> Result<(), Box<dyn Error>> {
    let place = Place::new(dir, &format!("primary-{primary:?}"))?;
    let from = place.begin(primary.as_primary(&place, &dir.join(APEX))?)?;
    for round in 0..options.rounds {
        for secondary in [Whose::Ours, Whose::Knot] {
            let name = format!("secondary-{primary:?}-{secondary:?}-{round}");
            let here = Place::new(dir, &name)?;
            let command = secondary.as_secondary(&here, place.address)?;
            let (before, begun) = (from.process.cpu_secs(), Instant::now());
            let to = here.begin(command)?;
            let took = begun.elapsed().as_secs_f64();
            let spent = from.process.cpu_secs() - before;
            let (own, memory) = (to.process.cpu_secs(), to.process.memory_mib());
            let words = [primary, secondary].map(|whose| format!("{whose:?}").to_lowercase());
            println!(
                "{:>8} {:>10} {took:9.2} {spent:14.2} {own:16.2} {memory:14.0}",
                words[0], words[1]
            );
        }
    }
    Ok(())
}

/// Where a server listens, and its folder.
struct Place {
    dir: PathBuf,
    address: SocketAddr,
}

impl Place {
    fn new(dir: &Path, name: &str) -> Result<Place, Box<dyn Error>> {
        let dir = dir.join(name);
        fs::create_dir_all(&dir)?;
        let address = free_address()?;
        Ok(Place { dir, address })
    }

    /// Starts a server, and waits until it answers from the zone.
    fn begin(&self, command: Command) -> Result<Follower, Box<dyn Error>> {
        let first = Edited {
            name: format!("h0.{APEX}"),
            address: Ipv4Addr::new(10, 0, 0, 0),
            paths: Vec::new(),
        };
        Follower::begin(command, self.address, &first, &self.dir.join("log"))
    }

    fn configured(&self, text: &str) -> Result<String, Box<dyn Error>> {
        let path = self.dir.join("configuration");
        fs::write(&path, text)?;
        Ok(crate::servers::text(&path))
    }
}

impl Whose {
    fn as_primary(self, place: &Place, zone: &Path) -> Result<Command, Box<dyn Error>> {
        Ok(match self {
            Whose::Ours => {
                let mut command = Command::new(ours("primary")?);
                command.args(["--repo", &text(&repository(zone, &place.dir)?)]);
                command.args(["--listen", &place.address.to_string()]);
                command.args(["--allow-transfer", "127.0.0.0/8", "--rate-limit", "off"]);
                command
            }
            Whose::Knot => {
                let zone = format!("    acl: all\n    file: {}\n", text(zone));
                let before = "acl:\n  - id: all\n    address: 127.0.0.0/8\n    action: transfer\n";
                knot(place, before, &zone)?
            }
        })
    }

    fn as_secondary(self, place: &Place, primary: SocketAddr) -> Result<Command, Box<dyn Error>> {
        let server = format!("{}@{}", primary.ip(), primary.port());
        Ok(match self {
            Whose::Ours => {
                let list = place.configured(&format!("{APEX} {server}\n"))?;
                let mut command = Command::new(ours("secondary")?);
                command.args(["--zones", &list, "--rate-limit", "off"]);
                command.args(["--listen", &place.address.to_string()]);
                command
            }
            Whose::Knot => {
                let before = format!("remote:\n  - id: primary\n    address: {server}\n");
                knot(
                    place,
                    &before,
                    "    master: primary\n    zonefile-sync: -1\n",
                )?
            }
        })
    }
}

/// Nothing goes to the disk, as it does not with ours.
fn knot(place: &Place, before: &str, zone: &str) -> Result<Command, Box<dyn Error>> {
    let (dir, port) = (text(&place.dir), place.address.port());
    let configuration = format!(
        "server:\n  listen: 127.0.0.1@{port}\n  rundir: {dir}\n\
         database:\n  storage: {dir}\nlog:\n  - target: stderr\n    any: warning\n{before}\
         template:\n  - id: default\n    storage: {dir}\n    zonefile-load: whole\n    journal-content: none\n\
         zone:\n  - domain: {APEX}\n{zone}"
    );
    let path = place.configured(&configuration)?;
    Ok(command("knotd", &["-c".into(), path]))
}
