//! Every number that bounds what a peer can make the stack do.

use kernel_calls::{allowed_cpus, descriptor_limit};
use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};

/// Where to listen, with how many threads, within which limits.
#[derive(Debug, Clone)]
pub struct Options {
    /// Addresses and ports; each is served over UDP and TCP. Port 0 takes a free port, the same for both.
    pub listen: Vec<SocketAddr>,
    /// UDP threads and sockets for each address, pinned to the allowed CPUs in turn. Default: one per allowed CPU.
    pub udp_workers: usize,
    /// TCP threads for all addresses together, and as many for TLS. Default: one per allowed CPU, at most 4.
    pub tcp_workers: usize,
    /// Limits of UDP.
    pub udp: UdpLimits,
    /// Limits of TCP.
    pub tcp: TcpLimits,
    /// Limits of what is sent later than the message it answers, or without one.
    pub later: LaterLimits,
}

impl Options {
    /// The defaults for some addresses.
    pub fn new(listen: impl Into<Vec<SocketAddr>>) -> Options {
        let cpus = allowed_cpus().map_or(1, |cpus| cpus.len().max(1));
        let (udp, tcp) = (UdpLimits::default(), TcpLimits::default());
        Options {
            listen: listen.into(),
            udp_workers: cpus,
            tcp_workers: cpus.min(4),
            udp,
            tcp,
            later: LaterLimits::default(),
        }
    }
}

/// Limits of UDP.
#[derive(Debug, Clone)]
pub struct UdpLimits {
    /// Longest answer in octets. Default 1232, which fits the smallest IPv6 path whole (RFC 9715 §3.1 R3 asks for at most
    /// 1400).
    pub answer_octets: usize,
    /// Receive buffer asked of the kernel for each socket, in octets; `net.core.rmem_max` may allow less. Default 4 MiB:
    /// bursts of 2,000 questions overflow the usual buffer.
    pub receive_buffer_octets: usize,
    /// How long one answer may wait for room in the send buffer before the rest of its batch is dropped. Default 50 ms.
    pub send_time: Duration,
}

impl Default for UdpLimits {
    fn default() -> UdpLimits {
        UdpLimits {
            answer_octets: 1232,
            receive_buffer_octets: 4 << 20,
            send_time: Duration::from_millis(50),
        }
    }
}

/// Limits of TCP (RFC 7766 §6, RFC 9210 §4), and the same again, counted apart, of TLS (RFC 7858 §3.4).
#[derive(Debug, Clone)]
pub struct TcpLimits {
    /// Open connections, all clients and threads together. Beyond it the least useful one is closed for a new one.
    /// Default 8,192, but never more than three quarters of the descriptors the process may open, TCP and TLS together.
    pub connections: usize,
    /// Open connections of one client, see `client_prefix_v4`. Beyond it that client's least useful one is closed.
    /// Default 256.
    pub connections_per_client: usize,
    /// Leading bits of an IPv4 address that make a client. Default 32.
    pub client_prefix_v4: u32,
    /// Leading bits of an IPv6 address that make a client. Default 64, one site's smallest network.
    pub client_prefix_v6: u32,
    /// How long a connection may stay open without a question that got an answer. Default 10 s.
    pub idle_time: Duration,
    /// How long a TLS handshake may take, from the moment that the connection is accepted. Default 5 s.
    pub handshake_time: Duration,
    /// Octets that a client may send before its TLS handshake is done. Default 16 KiB: of what it sends little else than
    /// the list of what it knows has a length of its choice.
    pub handshake_octets: usize,
    /// How far apart TLS handshakes begin in each thread, on average. Those who come faster wait for their turn, for
    /// [`handshake_time`](TcpLimits::handshake_time) at most; open sessions and TCP do not. Default 4 ms: with ECDSA a
    /// tenth of a CPU, with RSA a quarter.
    pub handshake_interval: Duration,
    /// TLS handshakes that may begin at once after a pause, in each thread. Default 32.
    pub handshake_burst: u32,
    /// How long a message may take from its first octet to its last. Default 5 s.
    pub message_time: Duration,
    /// How long answers may wait for a peer that does not read them. Default 10 s.
    pub unread_time: Duration,
    /// How long a connection may stay open at all. Default 1 h.
    pub life_time: Duration,
    /// Messages of one connection; it is closed after the last. Default 1,000,000.
    pub messages: u64,
    /// Octets of answers held for a peer that does not read them, beyond the last answer; until they are gone nothing more
    /// is read from it. Default 64 KiB.
    pub unread_octets: usize,
    /// Send buffer asked of the kernel for each connection, in octets. Default 256 KiB.
    pub send_buffer_octets: usize,
    /// Connections that the kernel may hold before they are accepted; `net.core.somaxconn` may allow less. Default 4096.
    pub backlog: u32,
    /// How long to wait before accepting again when the process has no descriptors left. Default 100 ms.
    pub accept_pause: Duration,
}

impl Default for TcpLimits {
    fn default() -> TcpLimits {
        TcpLimits {
            connections: 8192,
            connections_per_client: 256,
            client_prefix_v4: 32,
            client_prefix_v6: 64,
            idle_time: Duration::from_secs(10),
            handshake_time: Duration::from_secs(5),
            handshake_octets: 16 << 10,
            handshake_interval: Duration::from_millis(4),
            handshake_burst: 32,
            message_time: Duration::from_secs(5),
            unread_time: Duration::from_secs(10),
            life_time: Duration::from_secs(3600),
            messages: 1_000_000,
            unread_octets: 64 << 10,
            send_buffer_octets: 256 << 10,
            backlog: 4096,
            accept_pause: Duration::from_millis(100),
        }
    }
}

impl TcpLimits {
    /// The idle limit as edns-tcp-keepalive tells it to a client, in units of 100 milliseconds (RFC 7828 §3.1).
    pub fn keepalive_deciseconds(&self) -> u16 {
        u16::try_from(self.idle_time.as_millis() / 100).unwrap_or(u16::MAX)
    }

    /// The limit of connections with regard to the descriptors there are: some are needed for files and UDP. So many
    /// `kinds` of connections (TCP, TLS) have a share each.
    pub(crate) fn affordable_connections(&self, kinds: usize) -> usize {
        let descriptors = descriptor_limit().map_or(usize::MAX, |limit| {
            usize::try_from(limit).unwrap_or(usize::MAX)
        });
        self.connections.min(descriptors / 4 * 3 / kinds).max(1)
    }

    /// The network that counts as one client.
    pub(crate) fn client(&self, peer: IpAddr) -> IpAddr {
        network(peer, self.client_prefix_v4, self.client_prefix_v6)
    }

    /// The network that has its turns at handshakes: what one customer has, as where rates of answers are limited.
    pub(crate) fn handshake_network(&self, peer: IpAddr) -> IpAddr {
        network(
            peer,
            self.client_prefix_v4.min(24),
            self.client_prefix_v6.min(56),
        )
    }

    /// How often limits of time are looked at: a quarter of the shortest, so that it is overrun by a quarter at most.
    pub(crate) fn sweep_interval(&self, later: &LaterLimits) -> Duration {
        let shortest = self
            .idle_time
            .min(self.handshake_time)
            .min(self.message_time)
            .min(self.unread_time)
            .min(self.life_time)
            .min(later.stream_message_time)
            .min(later.stream_time);
        (shortest / 4).clamp(Duration::from_millis(5), Duration::from_millis(250))
    }
}

/// Limits of what is sent later than the message it answers ([`Later`](crate::Later)), or without one
/// ([`Connection`](crate::Connection)), all transports together.
#[derive(Debug, Clone)]
pub struct LaterLimits {
    /// Answers that are awaited at once. Beyond it there is no [`Later`](crate::Later) for a message. Default 4,096.
    pub answers: usize,
    /// Of them, those of one connection. Default 64.
    pub answers_per_connection: usize,
    /// Octets that wait to be sent. A connection for which there is no room is closed. Default 64 MiB.
    pub octets: usize,
    /// Of them, those of one connection that it has not asked for. Beyond it the connection is closed. Default 64 KiB.
    pub unasked_octets: usize,
    /// Streams of answers at once. Beyond it the next is not begun; what was not begun does not count. Default 1,024.
    pub streams: usize,
    /// Of them, those of one client, see [`TcpLimits::client_prefix_v4`]. Default 64.
    pub streams_per_client: usize,
    /// Of them, those of one connection. Default 8.
    pub streams_per_connection: usize,
    /// How long a message of a stream may wait for a peer that does not read it, in place of
    /// [`TcpLimits::unread_time`]. Default 60 s.
    pub stream_message_time: Duration,
    /// How long a stream may take, in place of [`TcpLimits::life_time`] and [`TcpLimits::idle_time`]. Default 2 h.
    pub stream_time: Duration,
    /// Connections that are kept open for messages that nobody asks for. Default 1,024.
    pub held: usize,
    /// Of them, those of one client. Default 64.
    pub held_per_client: usize,
    /// How long a kept connection may be silent until the kernel asks whether the peer is still there. Default 60 s.
    pub held_probe_time: Duration,
}

impl Default for LaterLimits {
    fn default() -> LaterLimits {
        LaterLimits {
            answers: 4096,
            answers_per_connection: 64,
            octets: 64 << 20,
            unasked_octets: 64 << 10,
            streams: 1024,
            streams_per_client: 64,
            streams_per_connection: 8,
            stream_message_time: Duration::from_secs(60),
            stream_time: Duration::from_secs(7200),
            held: 1024,
            held_per_client: 64,
            held_probe_time: Duration::from_secs(60),
        }
    }
}

/// The address with its leading bits only.
fn network(address: IpAddr, bits_v4: u32, bits_v6: u32) -> IpAddr {
    match address {
        IpAddr::V4(address) => {
            let host_bits = 32_u32.saturating_sub(bits_v4);
            let mask = u32::MAX.checked_shl(host_bits).unwrap_or(0);
            Ipv4Addr::from_bits(address.to_bits() & mask).into()
        }
        IpAddr::V6(address) => {
            let host_bits = 128_u32.saturating_sub(bits_v6);
            let mask = u128::MAX.checked_shl(host_bits).unwrap_or(0);
            Ipv6Addr::from_bits(address.to_bits() & mask).into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_is_a_host_or_a_network() {
        let mut limits = TcpLimits::default();
        let client =
            |limits: &TcpLimits, text: &str| limits.client(text.parse().unwrap()).to_string();
        assert_eq!(client(&limits, "192.0.2.77"), "192.0.2.77");
        assert_eq!(client(&limits, "2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
        let turns = |text: &str| limits.handshake_network(text.parse().unwrap()).to_string();
        assert_eq!(turns("192.0.2.77"), "192.0.2.0");
        assert_eq!(turns("2001:db8:1:2ff:3::1"), "2001:db8:1:200::");
        (limits.client_prefix_v4, limits.client_prefix_v6) = (24, 0);
        assert_eq!(client(&limits, "192.0.2.77"), "192.0.2.0");
        assert_eq!(client(&limits, "2001:db8::1"), "::");
        (limits.client_prefix_v4, limits.client_prefix_v6) = (0, 200);
        assert_eq!(client(&limits, "192.0.2.77"), "0.0.0.0");
        assert_eq!(client(&limits, "2001:db8::1"), "2001:db8::1");
    }

    #[test]
    fn the_keepalive_value_is_the_idle_time() {
        let mut limits = TcpLimits::default();
        assert_eq!(limits.keepalive_deciseconds(), 100);
        limits.idle_time = Duration::from_secs(100_000);
        assert_eq!(limits.keepalive_deciseconds(), u16::MAX);
    }

    #[test]
    fn connections_leave_descriptors_for_the_rest() {
        let limits = TcpLimits {
            connections: usize::MAX,
            ..TcpLimits::default()
        };
        let descriptors = descriptor_limit().unwrap();
        assert!((limits.affordable_connections(1) as u64) <= descriptors / 4 * 3);
        assert!((limits.affordable_connections(2) as u64) <= descriptors / 8 * 3);
        assert_eq!(
            TcpLimits {
                connections: 0,
                ..limits
            }
            .affordable_connections(2),
            1
        );
    }
}
