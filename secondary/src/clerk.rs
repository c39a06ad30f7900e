//! Who may say that a zone has changed.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use authority::Reply;
use replication::message::read_notify;
use rr::{Name, Serial};
use server::{Arrived, Asked, not_done, plain, prohibited};
use tsig::{Key, Operation, Verified};
use wire::ResponseCode;

use crate::following::Orders;

/// What is known of primaries; the thread that follows them writes it.
#[derive(Debug, Default)]
pub(crate) struct Door(Mutex<Known>);

#[derive(Debug, Default)]
pub(crate) struct Known {
    /// The addresses of the primaries of each zone that is followed.
    pub(crate) followed: BTreeMap<Name, Vec<IpAddr>>,
    /// Addresses of primaries that may announce further zones, if they sign with the key of this name.
    pub(crate) announcers: Vec<(IpAddr, Name)>,
}

/// A NOTIFY that was let in.
#[derive(Debug, Clone)]
pub(crate) struct Knock {
    pub(crate) zone: Name,
    pub(crate) serial: Option<Serial>,
    pub(crate) from: IpAddr,
    /// The zone is not followed yet, and may be.
    pub(crate) is_new: bool,
}

impl Door {
    /// What is known, for as long as that is held.
    pub(crate) fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// RFC 1996 §3.10: from a primary of the zone. Addresses can be forged over UDP, which costs us one question a second at
    /// most; a key cannot, so it alone may bring new zones.
    fn judge(
        &self,
        message: &[u8],
        from: IpAddr,
        key: Option<&Key>,
    ) -> Result<Knock, ResponseCode> {
        let notified = read_notify(message)?;
        let known = self.known();
        let primaries = known.followed.get(&notified.zone);
        let may = |operation| key.is_some_and(|key| key.may(operation, notified.zone.as_ref()));
        let is_known = primaries.is_some_and(|ips| may(Operation::Notify) || ips.contains(&from));
        let is_announcer = |(ip, named): &(IpAddr, Name)| {
            *ip == from && key.is_some_and(|key| key.name() == named.as_ref())
        };
        let is_new = primaries.is_none()
            && may(Operation::Transfer)
            && known.announcers.iter().any(is_announcer);
        match is_known || is_new {
            true => Ok(Knock {
                zone: notified.zone,
                serial: notified.serial,
                from,
                is_new,
            }),
            // RFC 1996 §3.10 leaves a stranger unanswered; one who is told does not come again.
            false => Err(ResponseCode::Refused),
        }
    }
}

/// Does what is asked at the desk; all threads have the same.
#[derive(Debug)]
pub(crate) struct Clerk {
    pub(crate) door: Arc<Door>,
    pub(crate) orders: Orders,
}

impl server::Clerk for Clerk {
    fn hear(&self, asked: &Asked<'_>, said: &[u8], key: Option<&Key>) -> Reply {
        match self.door.judge(said, asked.request.client, key) {
            Ok(knock) => {
                self.orders.knock(knock);
                // RFC 1996 §3.11 and §4.7.
                Reply {
                    is_authoritative: true,
                    ..plain(ResponseCode::NoError)
                }
            }
            Err(ResponseCode::NotImp) => not_done(ResponseCode::NotImp),
            Err(ResponseCode::Refused) => prohibited(),
            Err(code) => plain(code),
        }
    }

    /// Nobody is asked on anybody's behalf (RFC 2136 §6 would have it forwarded).
    fn takes_updates(&self) -> bool {
        false
    }

    fn update(
        &self,
        _: (&Asked<'_>, &Arrived<'_>),
        _: Verified<'_>,
        _: &mut [u8],
    ) -> Option<usize> {
        None
    }
}
