//! A process without descriptors. Alone in its program, for the limit is the process's.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use common::{TcpClient, ask_udp, await_tcp, options, serve};
use std::{fs::File, net::TcpStream, time::Duration};

#[test]
fn accepting_pauses_without_spinning_and_goes_on() {
    let server = serve(&options(&["127.0.0.1:0"]));
    let address = server.addresses()[0];
    let mut first = TcpClient::connect(address);
    first.ask(b"x");
    let udp = common::udp_client(address);

    // Take all descriptors but the one that the waiting client needs.
    let mut held: Vec<_> = std::iter::from_fn(|| File::open("/dev/null").ok()).collect();
    held.pop();
    let waiting = TcpStream::connect(address).unwrap();
    await_tcp(&server, |totals| totals.accept_pauses > 0);
    assert!(
        first.is_closed_within(common::PATIENCE),
        "the least useful one makes room"
    );
    held.extend(std::iter::from_fn(|| File::open("/dev/null").ok()));

    let before = common_cpu(&mut held);
    std::thread::sleep(Duration::from_millis(500));
    let used = common_cpu(&mut held) - before;
    assert!(
        used < Duration::from_millis(100),
        "{used:?} of CPU in 500 ms without descriptors"
    );
    udp.send_to(b"x", address).unwrap();
    udp.recv(&mut [0; 100]).unwrap();

    drop(held);
    let mut waiting = TcpClient(waiting);
    waiting.0.set_read_timeout(Some(common::PATIENCE)).unwrap();
    assert!(waiting.ask(b"late").ends_with(b"late"));
    ask_udp(address, b"x");
}

/// The measurement opens files, for which a few descriptors are lent.
fn common_cpu(held: &mut Vec<File>) -> Duration {
    held.truncate(held.len() - 5);
    let used = common::cpu_time();
    held.extend(std::iter::from_fn(|| File::open("/dev/null").ok()));
    used
}
