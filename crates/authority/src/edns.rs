//! What EDNS adds to a question and to its answer: version, cookie, NSID, keepalive, ZONEVERSION, padding (RFC 6891).

use wire::{Composer, Edns, Opt, Query, ResponseCode, ZoneVersion};
use zone::{Published, Revision};

use crate::answer::{Authority, Request, Source, Told, Transport, UDP_SIZE};
use crate::config::{CookiePolicy, Nsid};
use crate::cookie;
use crate::padding;

/// Octets of an NSID that are sent.
const NSID_MAX: usize = 128;

/// A query with EDNS and how it came.
#[derive(Clone, Copy)]
pub(crate) struct Asking<'a> {
    pub(crate) request: &'a Request<'a>,
    pub(crate) query: &'a Query<'a>,
    pub(crate) edns: &'a Edns<'a>,
}

impl Authority {
    /// `None` if `out` is so short that not even the OPT record fits behind the question.
    pub(crate) fn answer_with_edns(
        &self,
        source: Source<'_>,
        asking: &Asking<'_>,
        reply: &mut Composer<'_>,
    ) -> Option<()> {
        let Asking {
            request,
            query,
            edns,
        } = *asking;
        let cookie = self.check_cookie(asking);
        let mut opt = Opt {
            payload_size: UDP_SIZE as u16,
            dnssec_ok: edns.dnssec_ok,
            cookie: cookie.map(|cookie| cookie.reply),
            keepalive: self.keepalive(asking),
            ..Opt::default()
        };
        let asks_nsid = edns.nsid && self.config.nsid != Nsid::Silent;
        let room_for_nsid = if asks_nsid { 4 + NSID_MAX } else { 0 };
        let room_for_version = if edns.zone_version {
            ZoneVersion::SIZE
        } else {
            0
        };
        reply
            .reserve(opt.size() + room_for_nsid + room_for_version)
            .ok()?;
        let mut told = match self.refuse_edns(asking, cookie) {
            Some(told) => told,
            None => self.decide(source, request.transport, query, reply),
        };
        // RFC 7873 §5.2.3: who has our cookie is not forged; who has none yet takes one home even if it is held back.
        if !cookie.is_some_and(|cookie| cookie.is_valid) {
            told = self.limit(request, told, reply)?;
        }
        reply.set_rcode(told.rcode);
        opt.rcode_high = told.rcode.high();
        // Only responses without records have one, and they have the room.
        opt.ede = told.ede;
        if asks_nsid && !told.is_held_back {
            let revision = told.published.map(|published| &published.revision);
            opt.nsid = self.nsid(revision.unwrap_or(source.zones.revision()));
        }
        if edns.zone_version {
            opt.zone_version = told.published.and_then(zone_version);
        }
        // RFC 8467 §4.1: to who pads, and only where nobody reads along.
        if edns.padding && request.transport == Transport::Tls {
            let (written, most) = reply.extent();
            opt.padding = padding::to_block(written + opt.size(), most);
        }
        reply.opt(&opt).ok()
    }

    fn check_cookie(&self, asking: &Asking<'_>) -> Option<cookie::Checked> {
        let Asking { request, edns, .. } = asking;
        let cookies = self.config.cookies.as_ref()?;
        // RFC 9018 §4.3: the time in a cookie is counted modulo 2^32.
        let now_secs = request.now.as_secs() as u32;
        Some(cookies.check(edns.cookie.as_ref()?, request.client, now_secs))
    }

    /// What EDNS alone decides, before the question is looked at.
    fn refuse_edns(
        &self,
        asking: &Asking<'_>,
        cookie: Option<cookie::Checked>,
    ) -> Option<Told<'static>> {
        let Asking {
            request,
            query,
            edns,
        } = asking;
        // RFC 6891 §6.1.3: the version we speak is in the response, which says no more.
        if edns.version > 0 {
            return Some(Told::new(ResponseCode::BADVERS));
        }
        let is_valid = cookie.is_some_and(|cookie| cookie.is_valid);
        if query.question.is_none() {
            return Some(cookie_instead_of_question(edns, cookie.is_some(), is_valid));
        }
        // RFC 7873 §5.2.3: over TCP the address is known to be right.
        let is_required = self
            .config
            .cookies
            .as_ref()
            .is_some_and(|c| c.policy == CookiePolicy::Require);
        let must_prove = is_required && !request.transport.is_stream() && edns.cookie.is_some();
        (must_prove && !is_valid).then_some(Told::new(ResponseCode::BADCOOKIE))
    }

    /// RFC 7828 §3.2.1 and §3.2.2: told over TCP to who asks; over UDP the option is ignored.
    fn keepalive(&self, asking: &Asking<'_>) -> Option<u16> {
        let is_told = asking.edns.keepalive && asking.request.transport.is_stream();
        if is_told { self.config.tcp_idle } else { None }
    }

    fn nsid<'a>(&'a self, revision: &'a Revision) -> Option<&'a [u8]> {
        let octets = match &self.config.nsid {
            Nsid::Silent => return None,
            Nsid::Revision => revision.as_str().as_bytes(),
            Nsid::Octets(octets) => octets,
        };
        Some(&octets[..octets.len().min(NSID_MAX)])
    }
}

/// RFC 9660 §3.2: of the zone that answers, also in a referral and where a name or type is not there; of no other zone on the
/// way of an alias.
#[cold]
fn zone_version(published: &Published) -> Option<ZoneVersion> {
    Some(ZoneVersion {
        labels: u8::try_from(published.zone.apex().label_count()).ok()?,
        serial: published.zone.serial()?.0,
    })
}

/// RFC 7873 §5.4: NOERROR to a client cookie alone or with a valid server cookie, else BADCOOKIE.
fn cookie_instead_of_question(
    edns: &Edns<'_>,
    speaks_cookies: bool,
    is_valid: bool,
) -> Told<'static> {
    let is_first = edns.cookie.is_some_and(|cookie| cookie.server.is_empty());
    Told::new(match (speaks_cookies, is_first || is_valid) {
        (true, true) => ResponseCode::NoError,
        (true, false) => ResponseCode::BADCOOKIE,
        // RFC 9619 §4: who does not speak cookies sees no question at all.
        (false, _) => ResponseCode::FormErr,
    })
}
