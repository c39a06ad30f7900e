//! One question about a name (RFC 1035 §4.1.2), with what EDNS asks beside it.

use super::Request;
use rr::{Class, Name, Rtype};
use wire::message::{AskEdns, Message};
use wire::{EdnsOption, Flags, OptionCode};

/// What is asked.
#[derive(Debug, Clone)]
pub(crate) struct Ask {
    pub(crate) name: Name,
    pub(crate) rtype: Rtype,
    pub(crate) recursion: bool,
    /// `None` asks as before 1999.
    pub(crate) edns: Option<Edns>,
}

/// The OPT record of the question (RFC 6891).
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Edns {
    pub(crate) udp_octets: u16,
    pub(crate) dnssec: bool,
    pub(crate) nsid: bool,
    pub(crate) zone_version: bool,
    /// What the server has to repeat.
    pub(crate) cookie: Option<[u8; 8]>,
}

/// The largest UDP response that is asked for where nobody says otherwise: it is not cut on its way.
pub(crate) const UDP_OCTETS: u16 = 1232;

impl Ask {
    /// The SOA record of `name`, or of the zone around it where the server has that.
    pub(crate) fn soa(name: Name) -> Ask {
        Ask {
            name,
            rtype: Rtype::SOA,
            recursion: false,
            edns: Some(Edns {
                udp_octets: UDP_OCTETS,
                ..Edns::default()
            }),
        }
    }

    /// RFC 7873 §5.3: a cookie that is not for ours has the response discarded; one without is from who knows no cookies.
    fn has_our_cookie(&self, message: &Message) -> bool {
        let Some(ours) = self.edns.and_then(|edns| edns.cookie) else {
            return true;
        };
        let mut told = message.edns.iter().flat_map(|edns| &edns.options);
        let cookie = told.find(|(code, _)| *code == OptionCode::COOKIE);
        cookie.is_none_or(|(_, data)| data.starts_with(&ours))
    }
}

impl Request for Ask {
    fn emit(&self, id: u16) -> Vec<u8> {
        let edns = self.edns.as_ref().map(|edns| AskEdns {
            payload_size: edns.udp_octets,
            dnssec_ok: edns.dnssec,
            version: 0,
            options: edns.options(),
        });
        let flags = if self.recursion {
            Flags::RD
        } else {
            Flags::default()
        };
        let (name, rtype, class) = (self.name.as_ref(), self.rtype, Class::IN);
        wire::message::Ask {
            id,
            flags,
            name,
            rtype,
            class,
            edns,
        }
        .emit()
    }

    fn is_answered_by(&self, response: &Message) -> bool {
        // A server that could not read the question need not repeat it (RFC 9619 has it say FORMERR).
        let asked = response.questions.first();
        let repeats =
            asked.is_none_or(|asked| asked.name == self.name && asked.rtype == self.rtype);
        repeats && self.has_our_cookie(response)
    }

    fn may_go_again(&self) -> bool {
        true
    }
}

impl Edns {
    fn options(&self) -> Vec<EdnsOption<'_>> {
        // RFC 5001 §2.1, RFC 9660 §3.1: an empty option asks for the server's.
        let nsid = self.nsid.then_some((OptionCode::NSID, &[][..]));
        let version = self
            .zone_version
            .then_some((OptionCode::ZONEVERSION, &[][..]));
        let cookie = self.cookie.as_ref();
        let cookie = cookie.map(|cookie| (OptionCode::COOKIE, &cookie[..]));
        let all = [nsid, version, cookie].into_iter().flatten();
        all.map(|(code, data)| EdnsOption { code, data }).collect()
    }
}
