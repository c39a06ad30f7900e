//! The primary following a branch: how long it takes to answer from a commit, and what others miss meanwhile.

use std::{
    error::Error,
    io,
    net::{Ipv4Addr, SocketAddr, UdpSocket},
    path::Path,
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use crate::{
    history::Edited,
    process::Process,
    servers::{free_address, ours},
};

/// How long the server may take.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long an answer may be on its way until it is asked for again.
const ON_THE_WAY: Duration = Duration::from_millis(50);
/// Pause between two questions of somebody who waits for a new answer.
const POLL: Duration = Duration::from_micros(200);
/// Pause between two questions of a [`Bystander`].
const PACE: Duration = Duration::from_millis(1);

/// The program that serves, and a client to ask it.
pub(crate) struct Follower {
    pub(crate) process: Process,
    client: UdpSocket,
    address: SocketAddr,
}

impl Follower {
    /// Starts the primary and waits until it answers what `first` says; gives how long that took as well.
    pub(crate) fn start(
        location: &str,
        first: &Edited,
        log: &Path,
    ) -> Result<(Follower, Duration), Box<dyn Error>> {
        let address = free_address()?;
        let mut command = Command::new(ours("primary")?);
        command.args(["--repo", location, "--listen", &address.to_string()]);
        // Everybody who asks here does so from one address.
        command.args(["--rate-limit", "off", "--log-level", "debug"]);
        let start = Instant::now();
        let follower = Follower::begin(command, address, first, log)?;
        Ok((follower, start.elapsed()))
    }

    /// Starts a program that answers there, and waits until it answers what `first` says.
    pub(crate) fn begin(
        mut command: Command,
        address: SocketAddr,
        first: &Edited,
        log: &Path,
    ) -> Result<Follower, Box<dyn Error>> {
        let client = UdpSocket::bind("127.0.0.1:0")?;
        client.connect(address)?;
        client.set_read_timeout(Some(ON_THE_WAY))?;
        let process = Process::start(&mut command, None, log)?;
        let mut follower = Follower {
            process,
            client,
            address,
        };
        follower.await_answer(first)?;
        Ok(follower)
    }

    /// Asks for the name that was edited until its new address is there.
    pub(crate) fn await_answer(&mut self, edited: &Edited) -> Result<(), Box<dyn Error>> {
        let question = question(edited, 1)?;
        let start = Instant::now();
        while start.elapsed() < PATIENCE && self.process.is_running() {
            let mut answer = [0; 512];
            if self.client.send(&question).is_ok()
                && self.client.recv(&mut answer).is_ok()
                && has_address(&answer, question.len(), edited.address)
            {
                return Ok(());
            }
            thread::sleep(POLL);
        }
        Err(format!("no answer with {} {}", edited.name, edited.address).into())
    }

    /// Somebody else, who asks for the same name all the time.
    pub(crate) fn bystander(&self, asks: &Edited) -> Result<Bystander, Box<dyn Error>> {
        let client = UdpSocket::bind("127.0.0.1:0")?;
        client.connect(self.address)?;
        client.set_read_timeout(Some(PACE))?;
        let question = question(asks, 0)?;
        let is_over = Arc::<AtomicBool>::default();
        let seen = Arc::clone(&is_over);
        let thread = thread::spawn(move || ask_until(&seen, &client, question));
        Ok(Bystander { is_over, thread })
    }
}

fn question(edited: &Edited, id: u16) -> Result<Vec<u8>, Box<dyn Error>> {
    let name = rr::Name::from_text(&edited.name)?;
    Ok(wire::message::query(id, name.as_ref(), rr::Rtype::A))
}

/// Whether the first record of the answer, whose owner is a pointer to the question's, is this address.
fn has_address(answer: &[u8], question_octets: usize, address: Ipv4Addr) -> bool {
    let data = question_octets + 12;
    answer[3] & 15 == 0 && answer[7] == 1 && answer[data..data + 4] == address.octets()
}

/// Asks a question each millisecond.
pub(crate) struct Bystander {
    is_over: Arc<AtomicBool>,
    thread: JoinHandle<io::Result<u64>>,
}

impl Bystander {
    /// How many questions got no answer.
    pub(crate) fn lost(self) -> Result<u64, Box<dyn Error>> {
        self.is_over.store(true, Ordering::Relaxed);
        let lost = self.thread.join().map_err(|_| "a client panicked")?;
        Ok(lost?)
    }
}

fn ask_until(is_over: &AtomicBool, client: &UdpSocket, mut question: Vec<u8>) -> io::Result<u64> {
    let (mut sent, mut answered, mut answer) = (0_u64, 0, [0; 512]);
    while !is_over.load(Ordering::Relaxed) {
        question[..2].copy_from_slice(&(sent as u16).to_be_bytes());
        client.send(&question)?;
        sent += 1;
        answered += u64::from(is_answered(client, &mut answer));
    }
    client.set_read_timeout(Some(Duration::from_millis(500)))?;
    while answered < sent && is_answered(client, &mut answer) {
        answered += 1;
    }
    Ok(sent - answered)
}

/// Waits for the next answer; one with an error is none.
fn is_answered(client: &UdpSocket, answer: &mut [u8]) -> bool {
    client.recv(answer).is_ok() && answer[3] & 15 == 0 && answer[7] > 0
}
