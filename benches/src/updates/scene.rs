//! The zones that are updated, the same for all servers.

use std::{
    env,
    error::Error,
    fs, io,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use rr::Name;
use tsig::Key;

use super::{
    client::{Client, Way},
    server::Server,
};
use crate::sample::{APEX, Shape};

/// The key that may update all of the zone, as its name says to ours.
pub(crate) const KEY: &str = "bench._update.bench.example";
pub(crate) const SECRET: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

/// How long a server may take to load.
const PATIENCE: Duration = Duration::from_secs(120);

/// A folder with the zones' files, which goes away with it.
pub(crate) struct Scene {
    pub(crate) dir: PathBuf,
    pub(crate) apex: Name,
    /// Hosts `h0`, `h1` and so on of the zone, each with an address.
    pub(crate) hosts: usize,
    pub(crate) key: Arc<Key>,
    /// The names of all zones.
    pub(crate) zones: Vec<String>,
}

impl Scene {
    /// The zone with so many records, and so many zones in all.
    pub(crate) fn make(records: usize, zones: usize) -> Result<Scene, Box<dyn Error>> {
        let mut scene = Scene::empty(records)?;
        fs::write(scene.files().join(APEX), Shape::of(records).text())?;
        let others = (1..zones).map(|zone| format!("z{zone}.example"));
        scene.zones.push(APEX.to_owned());
        scene.zones.extend(others);
        for zone in &scene.zones[1..] {
            fs::write(scene.files().join(zone), SMALL)?;
        }
        Ok(scene)
    }

    /// Without a file.
    pub(crate) fn empty(records: usize) -> Result<Scene, Box<dyn Error>> {
        let dir = env::temp_dir().join(format!("stemma-updates-{}-{records}", std::process::id()));
        fs::create_dir_all(dir.join("files"))?;
        Ok(Scene {
            dir,
            apex: Name::from_text(APEX)?,
            hosts: records / 5,
            key: Arc::new(tsig::text::read_key(&format!("{KEY}:SHA256:{SECRET}"))?),
            zones: Vec::new(),
        })
    }

    pub(crate) fn files(&self) -> PathBuf {
        self.dir.join("files")
    }

    /// A fresh folder for a server.
    pub(crate) fn room(&self, server: Server) -> io::Result<PathBuf> {
        let dir = self.dir.join(format!("{server:?}"));
        fs::create_dir(&dir)?;
        Ok(dir)
    }

    /// The files, copied to where a server may change them.
    pub(crate) fn copy_to(&self, dir: &Path) -> io::Result<()> {
        fs::create_dir(dir)?;
        for zone in &self.zones {
            fs::copy(self.files().join(zone), dir.join(zone))?;
        }
        Ok(())
    }

    /// Waits until the server has loaded, and takes an update: none that was signed before it began.
    pub(crate) fn await_updates(&self, address: SocketAddr) -> Result<(), Box<dyn Error>> {
        let start = Instant::now();
        loop {
            let asked = Client::new(self, address, Way::Tcp).and_then(|mut client| client.ask(0));
            match asked {
                Ok(()) => return Ok(()),
                Err(why) if start.elapsed() > PATIENCE => return Err(why.into()),
                Err(_) => thread::sleep(Duration::from_millis(50)),
            }
        }
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.dir);
    }
}

const SMALL: &str = "$TTL 3600\n@ SOA ns1 hostmaster 1 7200 3600 1209600 300\n NS ns1\n NS ns2\n MX 10 mail\n\
    ns1 A 192.0.2.1\nns2 A 192.0.2.2\nmail A 192.0.2.3\nwww A 192.0.2.4\n";
