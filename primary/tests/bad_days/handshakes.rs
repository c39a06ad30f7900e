//! Clients of TLS that leave, at each step of the handshake.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::thread;

use crate::support::secure::{Authority, tls_address};
use crate::support::{PATIENCE, poll, served};
use crate::{count, repo, resident_kib};

const HANDSHAKES: usize = 10_000;
const THREADS: usize = 4;
/// What memory may grow by: buffers that are used for the first time.
const GROWTH_KIB: u64 = 8 << 10;

/// CVE-2026-12245, CVE-2026-24030 and their like: whatever they leave behind is gone, and others are served.
#[test]
fn ten_thousand_clients_leave_at_each_step_of_the_handshake() {
    let repo = repo();
    let authority = Authority::new(&repo);
    let server = authority.start(&repo, &[]);
    let address = tls_address(&server);
    let mut hello = Vec::new();
    let mut client = authority.client(address);
    client.0.conn.write_tls(&mut hello).expect("octets");
    drop(client);
    let round = |handshakes: usize| {
        thread::scope(|scope| {
            for _ in 0..THREADS {
                scope.spawn(|| {
                    (0..handshakes / THREADS)
                        .for_each(|step| leave(&authority, &hello, address, step));
                });
            }
        });
    };
    round(HANDSHAKES / 10);
    let (files, memory) = (count(&server, "fd"), resident_kib(&server));
    round(HANDSHAKES);
    poll(|| match count(&server, "fd") {
        now if now <= files => Ok(()),
        now => Err(format!("{now} descriptors after {files}")),
    });
    let grown = resident_kib(&server).saturating_sub(memory);
    assert!(grown < GROWTH_KIB, "{grown} KiB more");
    assert!(served("192.0.2.1")(
        &authority.client(address).ask("www.a.example")
    ));
    let counters = server.status().expect("it runs")["counters"].clone();
    assert_eq!(counters["panics"], 0);
    // The one that was there at the start ends when it is told to.
    server.stop();
}

/// Each step goes further than the one before.
fn leave(authority: &Authority, hello: &[u8], server: SocketAddr, step: usize) {
    let step = step % 8;
    if step >= 6 {
        let mut client = authority.client(server);
        let dot = &mut client.0;
        dot.conn.complete_io(&mut dot.sock).expect("a handshake");
        let half_a_message = &[0, 99, 0][..if step == 7 { 3 } else { 0 }];
        dot.write_all(half_a_message).expect("sent");
        return;
    }
    let mut stream = TcpStream::connect(server).expect("connected");
    stream.set_read_timeout(Some(PATIENCE)).expect("a limit");
    let said = match step {
        0 => &[][..],
        1 => &hello[..hello.len() / 2],
        _ => hello,
    };
    stream.write_all(said).expect("sent");
    // RFC 8446 §6: an alert in place of the rest; octets that are no record of this session; half of what the server says.
    let _ = match step {
        3 => stream.write_all(&[21, 3, 3, 0, 2, 2, 40]),
        4 => stream.write_all(&[0x17; 100]),
        5 => stream.read_exact(&mut [0; 100]),
        _ => Ok(()),
    };
}
