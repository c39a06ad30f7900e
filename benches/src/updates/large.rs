//! Updates of a large zone, kept in parts and in one file.

use std::{error::Error, net::SocketAddr, time::Instant};

use gix::{
    objs::Kind,
    zlib::{Compression, stream::deflate},
};

use super::{HEAD, Options, ask, client::Way, scene::Scene, server::Server};
use crate::{history::History, large_zone::LargeZone, process::Process, sample::Shape};

/// Files that it is kept in besides its own; none keeps it in one.
const PARTS: [usize; 2] = [256, 0];

/// Prints a row for each form.
pub(super) fn measure(options: &Options, records: usize) -> Result<(), Box<dyn Error>> {
    let text = Shape::of(records).text();
    let (hash, deflate) = floor(text.as_bytes())?;
    println!(
        "{records} records; of its text in one, {} octets: {hash:.0} ms to hash, {deflate:.0} ms to deflate",
        text.len()
    );
    drop(text);
    println!("{HEAD}");
    for (number, parts) in PARTS.into_iter().enumerate() {
        let scene = Scene::empty(records)?;
        let zone = LargeZone::begin(&scene.dir, records, parts)?;
        let address = SocketAddr::from(([127, 0, 0, 1], 20_980 + number as u16));
        let mut command = Server::Primary.primary(&zone.location(), &scene.dir, address)?;
        let process = Process::start(&mut command, None, &scene.dir.join("log"))?;
        scene.await_updates(address)?;
        for &clients in &options.clients {
            let asked = ask(
                &scene,
                &process,
                (address, Way::Tcp),
                (clients, options.seconds),
            )?;
            let name = match parts {
                0 => "one file".to_owned(),
                parts => format!("{parts} parts"),
            };
            println!("{name:24} {asked}");
        }
    }
    Ok(())
}

/// Milliseconds to hash and to deflate a blob, each alone, as a loose object is made.
fn floor(text: &[u8]) -> Result<(f64, f64), Box<dyn Error>> {
    use std::io::Write;
    let start = Instant::now();
    gix::objs::compute_hash(gix::hash::Kind::Sha1, Kind::Blob, text)?;
    let hash = start.elapsed();
    let start = Instant::now();
    let mut out = deflate::Write::new(Vec::new(), Compression::BEST_SPEED);
    out.write_all(text)?;
    out.flush()?;
    Ok((
        hash.as_secs_f64() * 1e3,
        start.elapsed().as_secs_f64() * 1e3,
    ))
}
