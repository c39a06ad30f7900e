//! The message that tells a server of a new version of a zone (RFC 1996).

use super::{Request, UDP_OCTETS};
use rr::{Class, Name, Rtype};
use wire::Flags;
use wire::message::{Ask, AskEdns, Message};

/// The operation code in its place (RFC 1996 §3.2), with AA, as the sender has authority (§3.6 has it so in the example).
const NOTIFY: Flags = Flags(4 << 11 | Flags::AA.0);

/// Tells that the zone has changed; which version it has now is for the server to ask.
#[derive(Debug)]
pub(crate) struct Notify {
    pub(crate) zone: Name,
}

impl Request for Notify {
    fn emit(&self, id: u16) -> Vec<u8> {
        let edns = AskEdns {
            payload_size: UDP_OCTETS,
            ..AskEdns::default()
        };
        // RFC 1996 §3.7: QTYPE is SOA, QNAME the zone.
        Ask {
            id,
            flags: NOTIFY,
            name: self.zone.as_ref(),
            rtype: Rtype::SOA,
            class: Class::IN,
            edns: Some(edns),
        }
        .emit()
    }

    fn is_answered_by(&self, response: &Message) -> bool {
        let asked = response.questions.first();
        response.flags.only(Flags::OPCODE) == NOTIFY.only(Flags::OPCODE)
            && asked.is_none_or(|asked| asked.name == self.zone && asked.rtype == Rtype::SOA)
    }

    fn may_go_again(&self) -> bool {
        true
    }
}
