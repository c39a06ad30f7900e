//! The running threads.

use crate::{
    Service, Sockets, Totals,
    counters::{HandshakeCounts, TcpCounts, UdpCounts},
    later::{Datagrams, LateCounts, Ledger, Reply},
    sockets::Bound,
    tcp, udp,
};
use kernel_calls::{allowed_cpus, pin_thread};
use socket2::SockRef;
use std::{
    fmt, io,
    net::{Shutdown, SocketAddr, TcpListener, UdpSocket},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
};

/// Stack of each thread: enough for a handler that keeps its buffers on it, and little beside a batch of datagrams.
const STACK_OCTETS: usize = 1 << 20;

/// What a thread for connections counts.
type StreamCounts = (Arc<TcpCounts>, Arc<HandshakeCounts>);

/// Running UDP, TCP and TLS service. Dropping it stops it.
pub struct Server {
    addresses: Vec<SocketAddr>,
    tls_addresses: Vec<SocketAddr>,
    stopping: Arc<AtomicBool>,
    udp_sockets: Vec<UdpSocket>,
    wakers: Vec<Arc<mio::Waker>>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    udp_counts: Vec<Arc<UdpCounts>>,
    tcp_counts: Vec<Arc<TcpCounts>>,
    tls_counts: Vec<StreamCounts>,
    late: Late,
}

/// What is counted of answers that come later.
struct Late {
    ledger: Arc<Ledger>,
    udp: Arc<LateCounts>,
    tcp: Arc<LateCounts>,
    tls: Arc<LateCounts>,
}

impl Server {
    pub(crate) fn start(sockets: &Sockets, service: impl Service) -> io::Result<Server> {
        let mut server = Server {
            addresses: sockets.addresses(),
            tls_addresses: sockets.tls_addresses(),
            stopping: Arc::default(),
            udp_sockets: Vec::new(),
            wakers: Vec::new(),
            threads: Mutex::default(),
            udp_counts: Vec::new(),
            tcp_counts: Vec::new(),
            tls_counts: Vec::new(),
            late: Late {
                ledger: Arc::new(Ledger::new(sockets.options.later.clone())),
                udp: Arc::default(),
                tcp: Arc::default(),
                tls: Arc::default(),
            },
        };
        let service = Arc::new(service);
        let tcp = server.tcp_workers(sockets)?;
        let tls = server.tls_workers(sockets)?;
        for place in places(sockets)? {
            server.start_udp(sockets, place, Arc::clone(&service))?;
        }
        for (number, worker) in tcp.into_iter().enumerate() {
            let service = Arc::clone(&service);
            server.spawn(format!("tcp-{number}"), move || worker.run(&*service))?;
        }
        for (number, worker) in tls.into_iter().enumerate() {
            let service = Arc::clone(&service);
            server.spawn(format!("tls-{number}"), move || worker.run(&*service))?;
        }
        Ok(server)
    }

    /// The addresses in the order of [`Options::listen`](crate::Options::listen), with real ports.
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// The addresses for TLS, in the order asked for, with real ports.
    pub fn tls_addresses(&self) -> &[SocketAddr] {
        &self.tls_addresses
    }

    /// What has been counted so far; costs the serving threads nothing.
    pub fn totals(&self) -> Totals {
        let mut totals = Totals::default();
        self.udp_counts
            .iter()
            .for_each(|counts| totals.udp.add(counts));
        self.tcp_counts
            .iter()
            .for_each(|counts| totals.tcp.add(counts));
        for (counts, handshakes) in &self.tls_counts {
            totals.tls.add(counts);
            totals.handshakes.add(handshakes);
        }
        totals.udp.add_late(&self.late.udp);
        totals.tcp.add_late(&self.late.tcp);
        totals.tls.add_late(&self.late.tls);
        totals
    }

    /// Whether all threads are there: none has ended, as no handler can make it.
    pub fn is_whole(&self) -> bool {
        let threads = self.threads.lock().unwrap_or_else(PoisonError::into_inner);
        !threads.is_empty() && !threads.iter().any(JoinHandle::is_finished)
    }

    /// Answers what has arrived, closes all connections and waits for the threads, which takes no longer than the handler
    /// does. Calling it again does nothing.
    pub fn stop(&self) {
        self.stopping.store(true, Ordering::SeqCst);
        for socket in &self.udp_sockets {
            // Linux says ENOTCONN, as the socket has no peer, and yet wakes the thread that waits in it.
            let _ = SockRef::from(socket).shutdown(Shutdown::Read);
        }
        for waker in &self.wakers {
            // It fails only when no descriptor is left of it, that is, when the thread has gone.
            let _ = waker.wake();
        }
        let mut threads = self.threads.lock().unwrap_or_else(PoisonError::into_inner);
        for thread in threads.drain(..) {
            // A thread that panicked has nothing left to stop.
            let _ = thread.join();
        }
    }

    fn tcp_workers(&mut self, sockets: &Sockets) -> io::Result<Vec<tcp::Worker<tcp::Plain>>> {
        let listeners: Vec<_> = sockets.bound.iter().map(|bound| &bound.listener).collect();
        let late = Arc::clone(&self.late.tcp);
        let (workers, counts) = self.stream_workers(sockets, &tcp::Plain, &listeners, &late)?;
        self.tcp_counts = counts.into_iter().map(|(counts, _)| counts).collect();
        Ok(workers)
    }

    fn tls_workers(&mut self, sockets: &Sockets) -> io::Result<Vec<tcp::Worker<tcp::Sealed>>> {
        let Some(tls) = &sockets.tls else {
            return Ok(Vec::new());
        };
        let door = tcp::Sealed {
            config: Arc::clone(&tls.config),
            handshake_octets: sockets.options.tcp.handshake_octets,
        };
        let listeners: Vec<_> = tls.listeners.iter().map(|(_, listener)| listener).collect();
        let late = Arc::clone(&self.late.tls);
        let (workers, counts) = self.stream_workers(sockets, &door, &listeners, &late)?;
        self.tls_counts = counts;
        Ok(workers)
    }

    /// Workers that share listeners and a count of connections.
    fn stream_workers<D: tcp::Door + Clone>(
        &mut self,
        sockets: &Sockets,
        door: &D,
        listeners: &[&TcpListener],
        late: &Arc<LateCounts>,
    ) -> io::Result<(Vec<tcp::Worker<D>>, Vec<StreamCounts>)> {
        let limits = &sockets.options.tcp;
        let kinds = 1 + usize::from(sockets.tls.is_some());
        let clients = Arc::new(tcp::Clients::new(limits, kinds));
        let (mut workers, mut all_counts) = (Vec::new(), Vec::new());
        for _ in 0..sockets.options.tcp_workers.max(1) {
            let counts = StreamCounts::default();
            let shared = tcp::Shared {
                clients: Arc::clone(&clients),
                counts: Arc::clone(&counts.0),
                handshakes: Arc::clone(&counts.1),
                stopping: Arc::clone(&self.stopping),
                ledger: Arc::clone(&self.late.ledger),
                late: Arc::clone(late),
            };
            let worker = tcp::Worker::new(door.clone(), listeners, limits.clone(), shared)?;
            self.wakers.push(worker.waker());
            workers.push(worker);
            all_counts.push(counts);
        }
        Ok((workers, all_counts))
    }

    fn start_udp<S: Service>(
        &mut self,
        sockets: &Sockets,
        place: Place,
        service: Arc<S>,
    ) -> io::Result<()> {
        let Place {
            address,
            number,
            socket,
            is_adopted,
        } = place;
        if !is_adopted {
            self.udp_sockets.push(socket.try_clone()?);
        }
        let counts = Arc::new(UdpCounts::default());
        self.udp_counts.push(Arc::clone(&counts));
        let answer_octets = sockets.options.udp.answer_octets;
        let stopping = Arc::clone(&self.stopping);
        let datagrams = Datagrams::new(Reply {
            socket,
            is_wildcard: address.ip().is_unspecified(),
            answer_octets,
            ledger: Arc::clone(&self.late.ledger),
            counts: Arc::clone(&self.late.udp),
        });
        self.spawn(format!("udp-{number}"), move || {
            pin(number);
            let shared = udp::Shared {
                service: &*service,
                counts: &counts,
                stopping: &stopping,
            };
            udp::Worker::new(datagrams, address, answer_octets, shared).run();
        })
    }

    fn spawn(&self, name: String, work: impl FnOnce() + Send + 'static) -> io::Result<()> {
        let thread = thread::Builder::new()
            .name(name)
            .stack_size(STACK_OCTETS)
            .spawn(work)?;
        self.threads
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(thread);
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server")
            .field("addresses", &self.addresses)
            .finish_non_exhaustive()
    }
}

/// Where a UDP thread works: its address, its number among the workers of that address, its socket.
struct Place {
    address: SocketAddr,
    number: usize,
    socket: UdpSocket,
    is_adopted: bool,
}

fn places(sockets: &Sockets) -> io::Result<Vec<Place>> {
    let each = sockets
        .bound
        .iter()
        .flat_map(|bound| bound.udp.iter().enumerate().map(move |udp| (bound, udp)));
    let place = |(bound, (number, socket)): (&Bound, (usize, &UdpSocket))| {
        Ok(Place {
            address: bound.address,
            number,
            socket: socket.try_clone()?,
            is_adopted: bound.is_adopted,
        })
    };
    each.map(place).collect()
}

/// Best effort: without it the scheduler moves the thread about, which costs time and nothing else.
fn pin(worker: usize) {
    if let Ok(cpus) = allowed_cpus()
        && !cpus.is_empty()
    {
        let _ = pin_thread(cpus[worker % cpus.len()]);
    }
}
