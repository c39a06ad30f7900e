//! Failures of the server itself, in the log: where in the program, and at which question.
//!
//! Whoever has found such a question can ask it ten thousand times a second: so few lines are written, and a later one says
//! how many are missing.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::panic::PanicHookInfo;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use stack_os::Message;
use wire::Query;

/// Lines of each kind in one period.
const LINES: u32 = 10;
/// As long as a person needs to read them.
const PERIOD: Duration = Duration::from_secs(60);

static PLACES: Mutex<Rarely> = Mutex::new(Rarely::NEW);
static QUESTIONS: Mutex<Rarely> = Mutex::new(Rarely::NEW);

/// The usual hook writes to standard error itself, and a thread that answers must not wait for that.
pub(super) fn log(panic: &PanicHookInfo<'_>) {
    let Some(not_told) = admit(&PLACES) else {
        return;
    };
    let thread = std::thread::current();
    let place = panic.location().map(ToString::to_string);
    let said = panic.payload_as_str().unwrap_or_default().escape_debug();
    let (thread, place) = (thread.name().unwrap_or_default(), place.unwrap_or_default());
    tracing::error!(
        thread,
        place,
        not_told,
        "the server failed; please report this: {said}"
    );
}

/// The question at which that was. Names are escaped as in zone files, so that none does anything to a terminal.
#[cold]
pub(crate) fn log_question(message: &Message<'_>) {
    let Ok(query) = Query::parse(message.octets) else {
        return;
    };
    let (Some(question), Some(not_told)) = (query.question, admit(&QUESTIONS)) else {
        return;
    };
    let network = network(message.peer.ip());
    tracing::error!(
        name = %question.name,
        rtype = %question.rtype,
        network,
        transport = ?message.transport,
        not_told,
        "the server failed at this question and answered SERVFAIL; please report it"
    );
}

/// As much of the address as rates are counted for: a network, not a person.
fn network(client: IpAddr) -> String {
    match client.to_canonical() {
        IpAddr::V4(address) => {
            let network = Ipv4Addr::from_bits(address.to_bits() & (u32::MAX << 8));
            format!("{network}/24")
        }
        IpAddr::V6(address) => {
            let network = Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 72));
            format!("{network}/56")
        }
    }
}

fn admit(rarely: &Mutex<Rarely>) -> Option<u64> {
    let mut rarely = rarely.lock().unwrap_or_else(PoisonError::into_inner);
    rarely.admit(Instant::now())
}

/// Lets so many lines through in each period.
#[derive(Debug)]
struct Rarely {
    began: Option<Instant>,
    lines: u32,
    not_told: u64,
}

impl Rarely {
    const NEW: Rarely = Rarely {
        began: None,
        lines: 0,
        not_told: 0,
    };

    /// Whether a line is written now: then, how many before it were not.
    fn admit(&mut self, now: Instant) -> Option<u64> {
        let is_over = |began| now.saturating_duration_since(began) >= PERIOD;
        if self.began.is_none_or(is_over) {
            (self.began, self.lines) = (Some(now), 0);
        }
        if self.lines == LINES {
            self.not_told += 1;
            return None;
        }
        self.lines += 1;
        Some(std::mem::take(&mut self.not_told))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[test]
    fn few_lines_are_written_and_none_is_missing_unsaid() {
        let (mut rarely, start) = (Rarely::NEW, Instant::now());
        let told = |rarely: &mut Rarely, secs| rarely.admit(start + Duration::from_secs(secs));
        for _ in 0..LINES {
            assert_eq!(told(&mut rarely, 0), Some(0));
        }
        for _ in 0..7 {
            assert_eq!(told(&mut rarely, 59), None);
        }
        assert_eq!(told(&mut rarely, 60), Some(7));
        assert_eq!(told(&mut rarely, 60), Some(0));
    }

    #[test]
    fn the_question_is_told_and_does_nothing_to_a_terminal() {
        let mut octets = vec![0, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
        octets.extend(b"\x04\x1b[2J\x03org\0\0\x21\0\x01");
        let (peer, local) = (([192, 0, 2, 77], 4321).into(), ([192, 0, 2, 1], 53).into());
        let message = Message::new(&octets, peer, local, stack_os::Transport::Udp);
        let written = tempfile::NamedTempFile::new().expect("a file");
        let log = tracing_subscriber::fmt()
            .with_writer(Arc::new(written.reopen().expect("a file")))
            .with_ansi(false)
            .finish();
        tracing::subscriber::with_default(log, || log_question(&message));
        let text = std::fs::read_to_string(written.path()).expect("UTF-8");
        for part in [
            "name=\\027[2J.org.",
            "rtype=SRV",
            "network=\"192.0.2.0/24\"",
            "not_told=0",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
        assert!(
            !text.contains('\x1b') && text.lines().count() == 1,
            "{text}"
        );
        let cut = Message::new(&octets[..20], peer, local, stack_os::Transport::Udp);
        log_question(&cut);
    }

    #[test]
    fn of_a_client_the_network_is_told() {
        for (client, wanted) in [
            ("192.0.2.77", "192.0.2.0/24"),
            ("::ffff:192.0.2.77", "192.0.2.0/24"),
            ("2001:db8:1:2ff:3::1", "2001:db8:1:200::/56"),
        ] {
            assert_eq!(network(client.parse().expect("an address")), wanted);
        }
    }
}
