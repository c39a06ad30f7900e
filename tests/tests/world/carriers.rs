//! Answers of servers, on their way into the network.

use std::sync::{Arc, Mutex, PoisonError};

use stack_os::{Carrier, Carriers, Next};
use stack_sim::Connection;
use std::net::SocketAddr;

/// Makes the next message of a stream.
pub(crate) type Pull = Box<dyn FnMut(&mut Vec<u8>) -> Next + Send>;

/// Where an answer goes.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Way {
    Datagram { from: SocketAddr, to: SocketAddr },
    Connection(Connection),
}

/// Something to be sent.
pub(crate) enum Parcel {
    Message(Way, Vec<u8>),
    Stream(Way, Pull),
}

/// What a host wants to send, in order.
#[derive(Clone, Default)]
pub(crate) struct Outbox(Arc<Mutex<Vec<Parcel>>>);

impl Outbox {
    fn put(&self, parcel: Parcel) {
        let mut parcels = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        parcels.push(parcel);
    }

    pub(crate) fn take(&self) -> Vec<Parcel> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn on(&self, way: Way) -> OnWay {
        OnWay {
            outbox: self.clone(),
            way,
        }
    }
}

/// Carries answers to one message.
#[derive(Clone)]
pub(crate) struct OnWay {
    outbox: Outbox,
    way: Way,
}

impl Carriers for OnWay {
    fn carrier(&self) -> Option<Box<dyn Carrier>> {
        Some(Box::new(self.clone()))
    }
}

impl Carrier for OnWay {
    fn answer(self: Box<Self>, octets: &[u8]) {
        self.outbox.put(Parcel::Message(self.way, octets.to_vec()));
    }

    fn stream(self: Box<Self>, next: Pull) {
        self.outbox.put(Parcel::Stream(self.way, next));
    }
}

impl std::fmt::Debug for OnWay {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "OnWay({:?})", self.way)
    }
}
