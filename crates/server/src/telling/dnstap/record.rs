//! A record of dnstap, as protocol buffers: of `dnstap.proto` the fields that an authoritative server has.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use stack_os::{Message, Transport};

/// Fields of `Dnstap`.
mod outer {
    pub(super) const IDENTITY: u32 = 1;
    pub(super) const VERSION: u32 = 2;
    pub(super) const MESSAGE: u32 = 14;
    pub(super) const TYPE: u32 = 15;
}

/// Fields of `Message`.
mod inner {
    pub(super) const TYPE: u32 = 1;
    pub(super) const SOCKET_FAMILY: u32 = 2;
    pub(super) const SOCKET_PROTOCOL: u32 = 3;
    pub(super) const QUERY_ADDRESS: u32 = 4;
    pub(super) const RESPONSE_ADDRESS: u32 = 5;
    pub(super) const QUERY_PORT: u32 = 6;
    pub(super) const RESPONSE_PORT: u32 = 7;
    pub(super) const QUERY_TIME_SEC: u32 = 8;
    pub(super) const QUERY_TIME_NSEC: u32 = 9;
    pub(super) const QUERY_MESSAGE: u32 = 10;
    pub(super) const RESPONSE_TIME_SEC: u32 = 12;
    pub(super) const RESPONSE_TIME_NSEC: u32 = 13;
    pub(super) const RESPONSE_MESSAGE: u32 = 14;
}

/// `Message.Type`: the query, and one more for the response.
const AUTH_QUERY: u64 = 1;
const UPDATE_QUERY: u64 = 13;
/// RFC 2136 §1.3, where RFC 1035 §4.1.1 has it in a header.
const UPDATE_OPCODE: u8 = 5 << 3;
/// `Dnstap.Type.MESSAGE`.
const IS_MESSAGE: u64 = 1;

/// A message that came, and when: since 1970, the time of all that arrived with it.
pub(super) struct Exchange<'a> {
    pub(super) message: &'a Message<'a>,
    pub(super) at: Duration,
    pub(super) identity: Option<&'a str>,
    pub(super) version: &'a str,
}

/// What of it is told.
#[derive(Clone, Copy)]
pub(super) enum Kind<'a> {
    Query,
    /// With the answer, and when that was given.
    Response(&'a [u8], Duration),
}

impl Exchange<'_> {
    pub(super) fn frame(&self, kind: Kind<'_>) -> Vec<u8> {
        let mut frame = Fields(Vec::with_capacity(128 + self.message.octets.len()));
        if let Some(identity) = self.identity {
            frame.octets(outer::IDENTITY, identity.as_bytes());
        }
        frame.octets(outer::VERSION, self.version.as_bytes());
        frame.octets(outer::MESSAGE, &self.message(kind).0);
        frame.number(outer::TYPE, IS_MESSAGE);
        frame.0
    }

    fn message(&self, kind: Kind<'_>) -> Fields {
        let Message { peer, local, .. } = *self.message;
        let mut fields = Fields(Vec::new());
        let of_query = match is_update(self.message.octets) {
            true => UPDATE_QUERY,
            false => AUTH_QUERY,
        };
        let number = match kind {
            Kind::Query => of_query,
            Kind::Response(..) => of_query + 1,
        };
        fields.number(inner::TYPE, number);
        fields.number(inner::SOCKET_FAMILY, if peer.is_ipv4() { 1 } else { 2 });
        fields.number(inner::SOCKET_PROTOCOL, protocol(self.message.transport));
        fields.place(inner::QUERY_ADDRESS, inner::QUERY_PORT, peer);
        fields.place(inner::RESPONSE_ADDRESS, inner::RESPONSE_PORT, local);
        fields.time(inner::QUERY_TIME_SEC, inner::QUERY_TIME_NSEC, self.at);
        match kind {
            Kind::Query => fields.octets(inner::QUERY_MESSAGE, self.message.octets),
            Kind::Response(answer, at) => {
                fields.time(inner::RESPONSE_TIME_SEC, inner::RESPONSE_TIME_NSEC, at);
                fields.octets(inner::RESPONSE_MESSAGE, answer);
            }
        }
        fields
    }
}

fn is_update(message: &[u8]) -> bool {
    message
        .get(2)
        .is_some_and(|flags| flags & 0x78 == UPDATE_OPCODE)
}

/// `SocketProtocol`.
fn protocol(transport: Transport) -> u64 {
    match transport {
        Transport::Udp => 1,
        Transport::Tcp => 2,
        Transport::Tls => 3,
    }
}

/// Fields of a message as they are written: number and kind, then the value.
struct Fields(Vec<u8>);

impl Fields {
    /// Kind 0.
    fn number(&mut self, field: u32, value: u64) {
        self.varint(u64::from(field) << 3);
        self.varint(value);
    }

    /// Kind 2: their length, and they.
    fn octets(&mut self, field: u32, octets: &[u8]) {
        self.varint(u64::from(field) << 3 | 2);
        self.varint(octets.len() as u64);
        self.0.extend(octets);
    }

    fn place(&mut self, address: u32, port: u32, place: SocketAddr) {
        match place.ip() {
            IpAddr::V4(ip) => self.octets(address, &ip.octets()),
            IpAddr::V6(ip) => self.octets(address, &ip.octets()),
        }
        self.number(port, u64::from(place.port()));
    }

    /// Nanoseconds are of kind 5: four octets, the lowest first.
    fn time(&mut self, secs: u32, nanos: u32, at: Duration) {
        self.number(secs, at.as_secs());
        self.varint(u64::from(nanos) << 3 | 5);
        self.0.extend(at.subsec_nanos().to_le_bytes());
    }

    /// Seven bits an octet, the lowest first.
    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_as_the_encoding_has_them() {
        let mut fields = Fields(Vec::new());
        fields.number(1, 150);
        fields.octets(2, b"testing");
        fields.time(12, 13, Duration::new(1, 2));
        // The first two are the examples of the encoding's own manual.
        let expected = b"\x08\x96\x01\x12\x07testing\x60\x01\x6d\x02\0\0\0";
        assert_eq!(fields.0, expected);
    }
}
