//! How many connections each client has, counted over all threads.

use crate::TcpLimits;
use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// The open connections. Locked when one is accepted or closed, never to answer.
#[derive(Debug)]
pub(crate) struct Clients {
    connections: usize,
    connections_per_client: usize,
    open: Mutex<Open>,
}

#[derive(Debug, Default)]
struct Open {
    total: usize,
    by_client: HashMap<IpAddr, usize>,
}

/// Whether there is room for one more connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Admission {
    /// Yes; it is counted.
    Admitted,
    /// This client has as many as it may have.
    ClientIsFull,
    /// All clients together have.
    Full,
}

impl Clients {
    /// For one of so many kinds of connections, each of which is counted apart.
    pub(crate) fn new(limits: &TcpLimits, kinds: usize) -> Clients {
        Clients {
            connections: limits.affordable_connections(kinds),
            connections_per_client: limits.connections_per_client.max(1),
            open: Mutex::default(),
        }
    }

    pub(crate) fn admit(&self, client: IpAddr) -> Admission {
        let mut open = self.open();
        if open
            .by_client
            .get(&client)
            .is_some_and(|&count| count >= self.connections_per_client)
        {
            return Admission::ClientIsFull;
        }
        if open.total >= self.connections {
            return Admission::Full;
        }
        open.total += 1;
        *open.by_client.entry(client).or_default() += 1;
        Admission::Admitted
    }

    pub(crate) fn leave(&self, client: IpAddr) {
        let mut open = self.open();
        if let Some(count) = open.by_client.get_mut(&client) {
            *count -= 1;
            if *count == 0 {
                open.by_client.remove(&client);
            }
            open.total -= 1;
        }
    }

    /// Nothing can panic between the changes, so a poisoned lock would still guard a good table.
    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_client_and_all_together_are_limited() {
        let limits = TcpLimits {
            connections: 3,
            connections_per_client: 2,
            ..TcpLimits::default()
        };
        let clients = Clients::new(&limits, 1);
        let [a, b, c] = [1, 2, 3].map(|last| IpAddr::from([192, 0, 2, last]));
        assert_eq!([a, a, a, b, b, c].map(|client| clients.admit(client)), {
            use Admission::{Admitted, ClientIsFull, Full};
            [Admitted, Admitted, ClientIsFull, Admitted, Full, Full]
        });
        clients.leave(a);
        assert_eq!(clients.admit(c), Admission::Admitted);
        [a, b, c].iter().for_each(|&client| clients.leave(client));
        assert_eq!(clients.open().total, 0);
        assert!(clients.open().by_client.is_empty());
    }
}
