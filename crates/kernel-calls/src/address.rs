//! Socket addresses and packet information as the kernel writes them, read without `unsafe`.

use std::{
    mem::{offset_of, size_of},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6},
};

/// Room for a `sockaddr_in` or a `sockaddr_in6`, filled by the kernel.
#[repr(C, align(8))]
#[derive(Clone, Copy)]
pub(crate) struct Address(pub(crate) [u8; size_of::<libc::sockaddr_in6>()]);

impl Address {
    pub(crate) const EMPTY: Address = Address([0; size_of::<libc::sockaddr_in6>()]);

    /// The address in the first `len` octets; `None` when the kernel wrote none of the two families.
    #[inline]
    pub(crate) fn read(&self, len: usize) -> Option<SocketAddr> {
        match (u16::from_ne_bytes(self.at(0)).into(), len) {
            (libc::AF_INET, 16..) => Some(self.read_v4().into()),
            (libc::AF_INET6, 28..) => Some(self.read_v6().into()),
            _ => None,
        }
    }

    // The offsets are those of `struct sockaddr_in`, part of the kernel's interface on every architecture.
    #[inline]
    fn read_v4(&self) -> SocketAddrV4 {
        SocketAddrV4::new(
            Ipv4Addr::from(self.at::<4>(4)),
            u16::from_be_bytes(self.at(2)),
        )
    }

    fn read_v6(&self) -> SocketAddrV6 {
        let (port, flow) = (
            u16::from_be_bytes(self.at(2)),
            u32::from_ne_bytes(self.at(4)),
        );
        SocketAddrV6::new(
            Ipv6Addr::from(self.at::<16>(8)),
            port,
            flow,
            u32::from_ne_bytes(self.at(24)),
        )
    }

    #[inline]
    fn at<const N: usize>(&self, offset: usize) -> [u8; N] {
        octets_at(&self.0, offset)
    }
}

/// Room for one control message with packet information of either family, filled by the kernel and sent back to it.
#[repr(C, align(8))]
#[derive(Debug, Clone, Copy)]
pub(crate) struct Control(pub(crate) [u8; CONTROL_OCTETS]);

const HEADER_OCTETS: usize = size_of::<libc::cmsghdr>();
/// `CMSG_SPACE(sizeof(struct in6_pktinfo))`, the larger of the two.
const CONTROL_OCTETS: usize =
    HEADER_OCTETS + size_of::<libc::in6_pktinfo>().next_multiple_of(size_of::<usize>());

/// What is told the kernel with a datagram that is to leave from a certain address: the control message of
/// `sendmsg(2)`, for sockets that are bound to a wildcard.
#[derive(Debug, Clone, Copy)]
pub struct Departure {
    control: Control,
    len: usize,
}

impl Departure {
    /// Leaves from this local address. `interface` is its number, or 0 for any; a link-local address wants one, which is
    /// the scope of the peer's address.
    pub fn from(address: IpAddr, interface: u32) -> Departure {
        let mut control = Control::EMPTY;
        let len = match address {
            IpAddr::V4(address) => {
                let info = HEADER_OCTETS + offset_of!(libc::in_pktinfo, ipi_spec_dst);
                control.put(info, address.octets());
                control.put(HEADER_OCTETS, interface.to_ne_bytes());
                control.head(
                    libc::IPPROTO_IP,
                    libc::IP_PKTINFO,
                    size_of::<libc::in_pktinfo>(),
                )
            }
            IpAddr::V6(address) => {
                let info = HEADER_OCTETS + offset_of!(libc::in6_pktinfo, ipi6_ifindex);
                control.put(HEADER_OCTETS, address.octets());
                control.put(info, interface.to_ne_bytes());
                let octets = size_of::<libc::in6_pktinfo>();
                control.head(libc::IPPROTO_IPV6, libc::IPV6_PKTINFO, octets)
            }
        };
        Departure { control, len }
    }

    /// The control message.
    pub fn as_octets(&self) -> &[u8] {
        &self.control.0[..self.len]
    }
}

impl Control {
    pub(crate) const EMPTY: Control = Control([0; CONTROL_OCTETS]);

    /// Writes the header of a message with so many octets of data, and returns its length with padding.
    fn head(&mut self, level: i32, kind: i32, octets: usize) -> usize {
        // The kernel's own layout: a `size_t`, whatever the C library calls it.
        self.put(0, (HEADER_OCTETS + octets).to_ne_bytes());
        self.put(offset_of!(libc::cmsghdr, cmsg_level), level.to_ne_bytes());
        self.put(offset_of!(libc::cmsghdr, cmsg_type), kind.to_ne_bytes());
        HEADER_OCTETS + octets.next_multiple_of(size_of::<usize>())
    }

    fn put<const N: usize>(&mut self, offset: usize, octets: [u8; N]) {
        self.0[offset..offset + N].copy_from_slice(&octets);
    }

    /// The address that a datagram was sent to, from the control message in the first `len` octets.
    #[inline]
    pub(crate) fn destination(&self, len: usize) -> Option<IpAddr> {
        match self.family(len)? {
            // `ipi_spec_dst`, the local address: it is not the destination itself when that was a broadcast.
            Family::V4 => Some(
                Ipv4Addr::from(
                    self.at::<4>(HEADER_OCTETS + offset_of!(libc::in_pktinfo, ipi_spec_dst)),
                )
                .into(),
            ),
            Family::V6 => Some(Ipv6Addr::from(self.at::<16>(HEADER_OCTETS)).into()),
        }
    }

    /// Turns the control message received with a question into the one sent with its answer: the same address, but any
    /// interface, for the route back may lead through another one. A link-local address is meaningless without its
    /// interface and keeps it.
    #[inline]
    pub(crate) fn make_reply(&mut self, len: usize) {
        let interface = match (self.family(len), self.destination(len)) {
            (Some(Family::V4), _) => offset_of!(libc::in_pktinfo, ipi_ifindex),
            (Some(Family::V6), Some(IpAddr::V6(asked))) if !asked.is_unicast_link_local() => {
                offset_of!(libc::in6_pktinfo, ipi6_ifindex)
            }
            _ => return,
        };
        self.0[HEADER_OCTETS + interface..][..4].fill(0);
    }

    #[inline]
    fn family(&self, len: usize) -> Option<Family> {
        if len < HEADER_OCTETS + size_of::<libc::in_pktinfo>() {
            return None;
        }
        let level = i32::from_ne_bytes(self.at(offset_of!(libc::cmsghdr, cmsg_level)));
        let kind = i32::from_ne_bytes(self.at(offset_of!(libc::cmsghdr, cmsg_type)));
        match (level, kind) {
            (libc::IPPROTO_IP, libc::IP_PKTINFO) => Some(Family::V4),
            (libc::IPPROTO_IPV6, libc::IPV6_PKTINFO)
                if len >= HEADER_OCTETS + size_of::<libc::in6_pktinfo>() =>
            {
                Some(Family::V6)
            }
            _ => None,
        }
    }

    #[inline]
    fn at<const N: usize>(&self, offset: usize) -> [u8; N] {
        octets_at(&self.0, offset)
    }
}

enum Family {
    V4,
    V6,
}

#[inline]
fn octets_at<const N: usize>(octets: &[u8], offset: usize) -> [u8; N] {
    octets[offset..offset + N]
        .try_into()
        .expect("the slice is N octets long")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_other_families_and_short_ones_are_none() {
        let mut address = Address::EMPTY;
        assert_eq!(address.read(28), None);
        address.0[..2].copy_from_slice(&(libc::AF_INET as u16).to_ne_bytes());
        assert_eq!(address.read(15), None);
        assert_eq!(address.read(16), Some("0.0.0.0:0".parse().unwrap()));
    }

    #[test]
    fn a_control_message_that_is_missing_or_short_has_no_destination() {
        let control = Control::EMPTY;
        assert_eq!(control.destination(0), None);
        assert_eq!(control.destination(CONTROL_OCTETS), None);
    }

    #[test]
    fn a_departure_is_read_as_the_address_it_was_made_of() {
        for address in ["192.0.2.7", "2001:db8::7"] {
            let address: IpAddr = address.parse().unwrap();
            let departure = Departure::from(address, 0);
            let octets = departure.as_octets().len();
            assert_eq!(departure.control.destination(octets), Some(address));
        }
        let here = Departure::from("fe80::1".parse().unwrap(), 7).control;
        assert_eq!(u32::from_ne_bytes(here.at(HEADER_OCTETS + 16)), 7);
    }

    #[test]
    fn a_reply_keeps_the_interface_of_a_link_local_address_only() {
        for (asked, interface) in [("fe80::1", 7), ("2001:db8::1", 0)] {
            let mut control = Departure::from(asked.parse().unwrap(), 7).control;
            control.make_reply(CONTROL_OCTETS);
            assert_eq!(
                control.destination(CONTROL_OCTETS),
                Some(asked.parse().unwrap())
            );
            assert_eq!(
                u32::from_ne_bytes(control.at(HEADER_OCTETS + 16)),
                interface,
                "{asked}"
            );
        }
    }
}
