//! Responses without records: to what is no proper query, and to a query at which we failed.

use wire::{Composer, Ede, Fault, Opt, Query, ResponseCode, Verdict};

use crate::answer::{Authority, Request, Told, Transport, UDP_SIZE, UDP_SIZE_WITHOUT_EDNS};
use crate::padding;

/// Writes SERVFAIL (RFC 1035 §4.1.1) to a query into `out`, and returns its octets; for a server whose answer came to
/// nothing. `None`: `message` is no query. 512 octets are enough for `out`. Over TLS it is padded for who pads (RFC 8467
/// §4.1).
#[cold]
#[must_use]
pub fn answer_failure(message: &[u8], transport: Transport, out: &mut [u8]) -> Option<usize> {
    let query = Query::parse(message).ok()?;
    let size = UDP_SIZE_WITHOUT_EDNS.min(out.len());
    let reply = Composer::reply(&query, &mut out[..size])?;
    let said = (ResponseCode::ServFail, None);
    let is_padded = transport == Transport::Tls && query.edns.is_some_and(|edns| edns.padding);
    finish(
        reply,
        said,
        query.edns.map(|edns| edns.dnssec_ok),
        is_padded,
    )
}

impl Authority {
    #[cold]
    pub(crate) fn answer_fault(
        &self,
        request: &Request<'_>,
        fault: &Fault<'_>,
        out: &mut [u8],
    ) -> Option<usize> {
        let Verdict::Reply(rcode, ede) = fault.kind.verdict() else {
            return None;
        };
        let size = UDP_SIZE_WITHOUT_EDNS.min(out.len());
        let mut reply = Composer::reply_to_fault(fault, &mut out[..size])?;
        let told = self.limit(request, Told::new(rcode), &mut reply)?;
        let ede = ede.filter(|_| !told.is_held_back);
        // Which options a broken query has is not known.
        finish(reply, (rcode, ede), fault.edns_do, false)
    }
}

/// `edns_do` is the DO bit of the request, if it has an OPT record.
fn finish(
    mut reply: Composer<'_>,
    (rcode, ede): (ResponseCode, Option<Ede<'_>>),
    edns_do: Option<bool>,
    is_padded: bool,
) -> Option<usize> {
    reply.set_rcode(rcode);
    // RFC 6891 §6.1.1: an OPT record in the request makes one in the response, errors included.
    if let Some(dnssec_ok) = edns_do {
        let mut opt = Opt {
            payload_size: UDP_SIZE as u16,
            dnssec_ok,
            ede,
            ..Opt::default()
        };
        if is_padded {
            let (written, most) = reply.extent();
            opt.padding = padding::to_block(written + opt.size(), most);
        }
        reply.opt(&opt).ok()?;
    }
    Some(reply.finish())
}

#[cfg(test)]
mod tests {
    use super::*;
    use wire::message::{Ask, AskEdns, Message};

    #[test]
    fn a_failure_is_told_with_the_question_and_edns_of_the_query() {
        let name = rr::Name::from_text("www.example.org").unwrap();
        let edns = AskEdns {
            payload_size: 4096,
            dnssec_ok: true,
            ..AskEdns::default()
        };
        for edns in [None, Some(edns)] {
            let ask = Ask {
                id: 7,
                flags: wire::Flags::RD,
                name: name.as_ref(),
                rtype: rr::Rtype::A,
                class: rr::Class::IN,
                edns,
            };
            let mut out = [0xff; 512];
            let length = answer_failure(&ask.emit(), Transport::Udp, &mut out).unwrap();
            let told = Message::read(&out[..length]).unwrap();
            assert_eq!((told.id, told.rcode), (7, ResponseCode::ServFail));
            assert_eq!(told.questions[0].name, name);
            let dnssec_ok = told.edns.map(|edns| edns.dnssec_ok);
            assert_eq!(dnssec_ok, ask.edns.map(|edns| edns.dnssec_ok));
        }
        assert_eq!(
            answer_failure(b"no query", Transport::Udp, &mut [0; 512]),
            None
        );
    }

    /// RFC 8467 §4.1, RFC 7830 §4: over TLS, and to who pads.
    #[test]
    fn a_failure_over_tls_is_as_long_as_an_answer() {
        let www = [&b"\x03www\x07example\x03org\0\0\x01\0\x01"[..]].concat();
        let opt = |options: &[u8]| {
            let head = [0, 0, 41, 4, 208, 0, 0, 0, 0, 0, options.len() as u8];
            [
                &[0, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 1],
                &www[..],
                &head,
                options,
            ]
            .concat()
        };
        let octets = |message: &[u8], transport| answer_failure(message, transport, &mut [0; 512]);
        let (padded, plain) = (opt(&[0, 12, 0, 1, 0]), opt(&[]));
        assert_eq!(octets(&padded, Transport::Tls), Some(468));
        let short = octets(&plain, Transport::Tls);
        assert!(short < Some(100));
        assert_eq!(octets(&padded, Transport::Tcp), short);
        assert_eq!(octets(&padded, Transport::Udp), short);
    }
}
