//! What the following thread is told by others.

use std::sync::mpsc::{Sender, SyncSender};

use replication::{Exchange, ZoneNumber};
use stack_os::outgoing::{Cutter, Ended};

use super::conversation::Brought;
use crate::clerk::Knock;
use crate::plan::Plan;
use crate::telling::status::ZoneStatus;

/// Something that has happened.
pub(crate) enum Order {
    /// A primary says that a zone has changed.
    Knock(Knock),
    /// A question over UDP has ended.
    Ended(Ended),
    /// A connection is there, and can be cut.
    Opened(ZoneNumber, Exchange, Cutter),
    /// A connection has brought something.
    Brought(ZoneNumber, Exchange, Box<Brought>),
    /// Other zones are to be followed from now on; called once they are.
    Follow(Box<Plan>, Box<dyn FnOnce() + Send>),
    /// Somebody wants to know how the zones fare.
    Report(SyncSender<Vec<ZoneStatus>>),
    /// The end.
    Stop,
}

/// The way to the following thread.
#[derive(Debug, Clone)]
pub(crate) struct Orders(Sender<Order>);

impl Orders {
    pub(crate) fn new(sender: Sender<Order>) -> Orders {
        Orders(sender)
    }

    pub(crate) fn knock(&self, knock: Knock) {
        self.send(Order::Knock(knock));
    }

    pub(crate) fn stop(&self) {
        self.send(Order::Stop);
    }

    /// Once the thread has ended there is nobody who wants to know.
    pub(crate) fn send(&self, order: Order) {
        let _ = self.0.send(order);
    }
}
