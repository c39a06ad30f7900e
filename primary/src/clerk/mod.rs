//! What is asked for beyond questions and transfers: NOTIFY, and updates.
//!
//! The desk of `server` has looked at signatures when these are asked. NOTIFY rings a bell that one thread hears, at its own
//! pace: so many may ring, and none waits.

mod bell;

use authority::Reply;
use rr::{Class, Rtype};
use server::{Arrived, Asked, not_done, plain, prohibited};
use tsig::{Key, Operation, Verified};
use wire::{Ede, ResponseCode};

use crate::updating::Intake;
pub(crate) use bell::{Bell, Ear};

/// Who does what is asked at the desk; all threads have the same.
#[derive(Debug)]
pub(crate) struct Clerk {
    pub(crate) bell: Bell,
    /// Takes updates; none if they are not.
    pub(crate) intake: Option<Intake>,
}

impl server::Clerk for Clerk {
    /// RFC 1996: a zone has changed, so the repository is looked at.
    fn hear(&self, asked: &Asked<'_>, _: &[u8], key: Option<&Key>) -> Reply {
        // RFC 1996 §3.10: from whoever is not known, it is not acted on.
        let Some(key) = key else {
            return prohibited();
        };
        let Some(question) = &asked.query.question else {
            return plain(ResponseCode::FormErr);
        };
        // RFC 1996 §3.7: SOA is what is told of. RFC 1996 §3.12: another type is not implemented.
        if question.rtype != Rtype::SOA || question.class != Class::IN {
            return not_done(ResponseCode::NotImp);
        }
        if !key.may(Operation::Notify, question.name) {
            return prohibited();
        }
        // Also of a zone that is not served: it may be what the commit brings.
        self.bell.ring();
        let client = asked.request.client;
        tracing::debug!(zone = %question.name, key = %key.name(), %client, "notified");
        let found = asked.zones.find(question.name);
        let is_ours = found.is_some_and(|found| found.zone.apex() == question.name);
        match is_ours || asked.zones.is_pending() {
            // RFC 1996 §3.11 and §4.7: heard; AA, as the zone is ours.
            true => Reply {
                is_authoritative: true,
                ..plain(ResponseCode::NoError)
            },
            // RFC 2136 §2.2 gives this code its sense: not authoritative for the zone.
            false => Reply::because(ResponseCode::NotAuth, Ede::new(Ede::NOT_AUTHORITATIVE, "")),
        }
    }

    fn takes_updates(&self) -> bool {
        self.intake.is_some()
    }

    fn update(
        &self,
        asked: (&Asked<'_>, &Arrived<'_>),
        verified: Verified<'_>,
        out: &mut [u8],
    ) -> Option<usize> {
        self.intake.as_ref()?.take(asked, verified, out)
    }
}
