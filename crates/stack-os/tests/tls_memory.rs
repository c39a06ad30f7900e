//! What an open connection costs in memory: alone in its process, whose memory is looked at.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use common::{await_totals, framed, options, secure::Identity};
use std::io::Write;

/// `MESSAGES=1000000` for a long run.
#[test]
fn endless_questions_take_no_memory() {
    let identity = Identity::new();
    let server = identity.serve(&options(&["127.0.0.1:0"]));
    let messages: usize = std::env::var("MESSAGES").map_or(40_000, |count| count.parse().unwrap());
    let (at_once, batch) = (200, framed(&[7; 40]).repeat(200));
    let mut client = identity.connect(server.tls_addresses()[0]);
    let mut after_some = 0;
    for round in 0..messages / at_once {
        client.0.write_all(&batch).unwrap();
        (0..at_once).for_each(|_| assert!(client.receive().ends_with(&[7; 40])));
        if round == messages / at_once / 10 {
            after_some = resident_kib();
        }
    }
    let grown = resident_kib().saturating_sub(after_some);
    assert!(after_some > 0 && grown < 2048, "{grown} KiB more");
    await_totals(&server, |totals| totals.tls.answers == messages as u64);
}

fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.split_whitespace().next());
    kib.unwrap().parse().unwrap()
}
