//! Responses without records: to what is no proper query, and to a query at which we failed.

use wire::{Composer, Ede, Fault, Opt, Query, ResponseCode, Verdict};

use crate::answer::{Authority, Request, Told, UDP_SIZE, UDP_SIZE_WITHOUT_EDNS};

/// Writes SERVFAIL (RFC 1035 §4.1.1) to a query into `out`, and returns its octets; for a server whose answer came to
/// nothing. `None`: `message` is no query. 512 octets are enough for `out`.
#[cold]
#[must_use]
pub fn answer_failure(message: &[u8], out: &mut [u8]) -> Option<usize> {
    let query = Query::parse(message).ok()?;
    let size = UDP_SIZE_WITHOUT_EDNS.min(out.len());
    let reply = Composer::reply(&query, &mut out[..size])?;
    let said = (ResponseCode::ServFail, None);
    finish(reply, said, query.edns.map(|edns| edns.dnssec_ok))
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
        finish(reply, (rcode, ede), fault.edns_do)
    }
}

/// `edns_do` is the DO bit of the request, if it has an OPT record.
fn finish(
    mut reply: Composer<'_>,
    (rcode, ede): (ResponseCode, Option<Ede<'_>>),
    edns_do: Option<bool>,
) -> Option<usize> {
    reply.set_rcode(rcode);
    // RFC 6891 §6.1.1: an OPT record in the request makes one in the response, errors included.
    if let Some(dnssec_ok) = edns_do {
        let opt = Opt {
            payload_size: UDP_SIZE as u16,
            dnssec_ok,
            ede,
            ..Opt::default()
        };
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
            let length = answer_failure(&ask.emit(), &mut out).unwrap();
            let told = Message::read(&out[..length]).unwrap();
            assert_eq!((told.id, told.rcode), (7, ResponseCode::ServFail));
            assert_eq!(told.questions[0].name, name);
            let dnssec_ok = told.edns.map(|edns| edns.dnssec_ok);
            assert_eq!(dnssec_ok, ask.edns.map(|edns| edns.dnssec_ok));
        }
        assert_eq!(answer_failure(b"no query", &mut [0; 512]), None);
    }
}
