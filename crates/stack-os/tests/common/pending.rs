//! A service that leaves answers to the test.

use super::{PATIENCE, TcpClient, echo, options, secure::Identity};
use stack_os::{
    Connection, Later, LaterLimits, Message, Options, Server, Service, Sockets, TcpLimits,
};
use std::sync::{
    Arc,
    mpsc::{Receiver, Sender, channel},
};

/// What messages have left behind, in order.
pub(crate) struct Desk {
    pub(crate) server: Server,
    laters: Receiver<Later>,
    connections: Receiver<Connection>,
}

impl Desk {
    pub(crate) fn open(listen: &[&str], later: LaterLimits, tcp: TcpLimits) -> Desk {
        let options = Options {
            later,
            tcp,
            ..options(listen)
        };
        let (service, laters, connections) = pending();
        Desk {
            server: Sockets::bind(&options).unwrap().serve(service).unwrap(),
            laters,
            connections,
        }
    }

    /// Over TLS as well.
    pub(crate) fn secure(identity: &Identity) -> Desk {
        let (service, laters, connections) = pending();
        let options = options(&["127.0.0.1:0"]);
        let sockets = Sockets::bind(&options).unwrap();
        let sockets = sockets.bind_tls(&options.listen, Arc::clone(&identity.server));
        Desk {
            server: sockets.unwrap().serve(service).unwrap(),
            laters,
            connections,
        }
    }

    pub(crate) fn client(&self) -> TcpClient {
        TcpClient::connect(self.server.addresses()[0])
    }

    /// The way of the next answer that was left to the test.
    pub(crate) fn later(&self) -> Later {
        self.laters.recv_timeout(PATIENCE).unwrap()
    }

    /// The next connection that was to be kept.
    pub(crate) fn connection(&self) -> Connection {
        self.connections.recv_timeout(PATIENCE).unwrap()
    }
}

/// Answers `later` and `keep` to be continued; `full` to those for which there is no room; and everything else as
/// [`echo`] does.
pub(crate) fn pending() -> (impl Service, Receiver<Later>, Receiver<Connection>) {
    let (later_sender, laters) = channel();
    let (connection_sender, connections) = channel();
    let service = move || {
        let senders = (later_sender.clone(), connection_sender.clone());
        move |message: Message<'_>, answer: &mut [u8]| {
            let is_taken = match message.octets {
                b"later" => send(message.later(), &senders.0),
                b"keep" => send(message.connection(), &senders.1),
                _ => return echo(message, answer),
            };
            match (is_taken, message.octets) {
                (true, b"later") => None,
                (true, _) => say(answer, b"kept"),
                (false, _) => say(answer, b"full"),
            }
        }
    };
    (service, laters, connections)
}

fn send<T>(what: Option<T>, to: &Sender<T>) -> bool {
    what.is_some_and(|what| to.send(what).is_ok())
}

fn say(answer: &mut [u8], what: &[u8]) -> Option<usize> {
    answer[..what.len()].copy_from_slice(what);
    Some(what.len())
}
