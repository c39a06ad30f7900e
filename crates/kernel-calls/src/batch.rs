//! Many datagrams for one system call.

use crate::{
    address::{Address, Control},
    checked,
};
use std::{
    fmt, io,
    mem::{self, size_of},
    net::{IpAddr, SocketAddr},
    os::fd::{AsRawFd, BorrowedFd},
    ptr::{self, NonNull},
    slice,
};

/// Datagrams in a batch. Measured: 64 costs 2.3 µs per query where 8 cost 2.5; beyond that nothing is gained.
pub const SLOTS: usize = 64;

/// Octets kept of each received datagram: questions are small, but updates of fifty names come in one. An odd number of cache
/// lines, so that the first lines of consecutive slots fall into different sets of the cache.
pub const QUESTION_OCTETS: usize = 129 * CACHE_LINE;

const CACHE_LINE: usize = 64;

/// A datagram in a slot of a [`Batch`].
#[derive(Debug)]
pub struct Received<'b> {
    /// Its payload, cut at [`QUESTION_OCTETS`].
    pub octets: &'b [u8],
    /// Who sent it; `None` when the kernel named nobody, as after `shutdown(2)`.
    pub peer: Option<SocketAddr>,
    /// The local address it was sent to, if [`tell_destination`](crate::tell_destination) asked for it.
    pub destination: Option<IpAddr>,
}

/// Owned buffers for [`SLOTS`] questions and their answers.
///
/// The cycle is [`receive`](Batch::receive), then [`slot`](Batch::slot) and [`queue`](Batch::queue) for each datagram,
/// then [`send`](Batch::send) until [`unsent`](Batch::unsent) is 0. Nothing is allocated after [`new`](Batch::new).
pub struct Batch {
    /// Headers, addresses and control messages. Owned; everything the kernel is told points in here or into `octets`.
    area: NonNull<Area>,
    /// `SLOTS * stride` octets, owned: in each slot the answer, then the question, so that what most questions need of both is
    /// close together.
    octets: NonNull<[u8]>,
    stride: usize,
    answer_octets: usize,
    /// Slots that the last `receive` filled.
    received: usize,
    /// Answers queued since then, and how many of them left or were given up.
    queued: usize,
    sent: usize,
}

/// What the kernel reads and writes besides payloads. Pointers in it lead to other fields of the same area and to
/// `Batch::octets`; both stay where they are for the life of the batch.
struct Area {
    incoming: [libc::mmsghdr; SLOTS],
    outgoing: [libc::mmsghdr; SLOTS],
    slots: [Slot; SLOTS],
}

#[derive(Clone, Copy)]
struct Slot {
    peer: Address,
    control: Control,
    question: libc::iovec,
    answer: libc::iovec,
}

// SAFETY: the batch owns both allocations, nothing else points at them, and no field has anything to do with a thread.
unsafe impl Send for Batch {}

impl Batch {
    /// A batch whose answers have at most `answer_octets` octets each.
    pub fn new(answer_octets: usize) -> Batch {
        let stride = QUESTION_OCTETS + even_lines(answer_octets);
        let octets = NonNull::from(Box::leak(vec![0_u8; SLOTS * stride].into_boxed_slice()));
        let area = NonNull::from(Box::leak(Box::new(Area::UNARMED)));
        let mut batch = Batch {
            area,
            octets,
            stride,
            answer_octets,
            received: 0,
            queued: 0,
            sent: 0,
        };
        (0..SLOTS).for_each(|slot| batch.aim(slot));
        batch
    }

    /// Waits for a datagram, then takes up to [`SLOTS`] without waiting any more (`MSG_WAITFORONE`). Returns how many
    /// there are; what was in the batch before is gone.
    ///
    /// # Errors
    /// What `recvmmsg(2)` reports, among it `EINTR`, and `EAGAIN` for a socket with a time limit or without blocking.
    pub fn receive(&mut self, socket: BorrowedFd<'_>) -> io::Result<usize> {
        self.rearm();
        let incoming = self.incoming().as_mut_ptr();
        // SAFETY: `incoming` is an array of SLOTS headers. Each was armed by `aim` and `rearm`: its name, control message
        // and I/O vector are live, writable, disjoint parts of this batch with exactly the lengths given. The kernel writes
        // nothing else, and plain octets are all it writes there. No reference into the batch is alive: `self` is
        // borrowed mutably. No time limit is given.
        let count = unsafe {
            libc::recvmmsg(
                socket.as_raw_fd(),
                incoming,
                SLOTS as _,
                libc::MSG_WAITFORONE as _,
                ptr::null_mut(),
            )
        };
        self.received = checked(count)? as usize;
        Ok(self.received)
    }

    /// The datagram in slot `index`, and the room for its answer.
    ///
    /// # Panics
    /// If the last [`receive`](Batch::receive) filled fewer slots.
    #[inline]
    pub fn slot(&mut self, index: usize) -> (Received<'_>, &mut [u8]) {
        assert!(
            index < self.received,
            "slot {index} of {} received",
            self.received
        );
        let incoming = &self.incoming()[index];
        let len = (incoming.msg_len as usize).min(QUESTION_OCTETS);
        let peer_octets = incoming.msg_hdr.msg_namelen as usize;
        let control_octets = control_octets(&incoming.msg_hdr);
        let (question, answer) = self.payload_pointers(index);
        // SAFETY: `len` is at most QUESTION_OCTETS, so this ends with the slot; the octets are initialised
        // (zero at first) and borrowed as long as `self`, during which the kernel is not called.
        let octets = unsafe { slice::from_raw_parts(question.as_ptr(), len) };
        // SAFETY: `answer_octets` octets of this slot are before the question, and no other slice covers them.
        let answer = unsafe { slice::from_raw_parts_mut(answer.as_ptr(), self.answer_octets) };
        // SAFETY: the slot is live, and `self` is borrowed, so neither the kernel nor anybody else writes to it.
        let slot = unsafe { &*self.slot_pointer(index) };
        let peer = slot.peer.read(peer_octets);
        let destination = slot.control.destination(control_octets);
        (
            Received {
                octets,
                peer,
                destination,
            },
            answer,
        )
    }

    /// The payloads of the datagrams in the slots from `first` on, in order.
    #[inline]
    pub fn questions(&self, first: usize) -> impl Iterator<Item = &[u8]> {
        (first..self.received).map(|index| {
            let (question, _) = self.payload_pointers(index);
            // SAFETY: the area is live and owned, and `self` is borrowed, so nobody writes to the header.
            let len = unsafe { (*self.area.as_ptr()).incoming[index].msg_len };
            let len = (len as usize).min(QUESTION_OCTETS);
            // SAFETY: as in `slot`; shared, for as long as `self` is borrowed and no answer is written.
            unsafe { slice::from_raw_parts(question.as_ptr(), len) }
        })
    }

    /// Queues the first `len` octets of the answer in slot `index`, to be sent to the peer of that slot from the address
    /// the peer asked.
    ///
    /// # Panics
    /// If the slot is not one of those received, if `len` exceeds the room for an answer, or if [`SLOTS`] answers are
    /// queued already.
    #[inline]
    pub fn queue(&mut self, index: usize, len: usize) {
        assert!(
            index < self.received,
            "slot {index} of {} received",
            self.received
        );
        assert!(
            len <= self.answer_octets,
            "{len} octets in an answer of {}",
            self.answer_octets
        );
        let received = self.incoming()[index].msg_hdr;
        let slot = self.slot_pointer(index);
        // SAFETY: the slot is live and `self` is borrowed mutably, so this is the only reference to its vector.
        unsafe { &mut (*slot).answer }.iov_len = len;
        // SAFETY: as above, for the control message.
        unsafe { &mut (*slot).control }.make_reply(control_octets(&received));
        // Field by field: musl has private ones.
        let mut header = received;
        // SAFETY: a place in a live slot is named, and not read.
        header.msg_iov = unsafe { &raw mut (*slot).answer };
        header.msg_flags = 0;
        let queued = self.queued;
        self.outgoing()[queued] = libc::mmsghdr {
            msg_hdr: header,
            msg_len: 0,
        };
        self.queued += 1;
    }

    /// Answers that are queued and have not left.
    #[inline]
    pub fn unsent(&self) -> usize {
        self.queued - self.sent
    }

    /// Sends queued answers, in order, and returns how many left, which may be fewer than were queued. The error is that
    /// of the first one.
    ///
    /// # Errors
    /// What `sendmmsg(2)` reports; the answer stays queued, see [`give_up`](Batch::give_up).
    pub fn send(&mut self, socket: BorrowedFd<'_>) -> io::Result<usize> {
        let (sent, queued) = (self.sent, self.queued);
        let outgoing = &mut self.outgoing()[sent..queued];
        let (first, count) = (outgoing.as_mut_ptr(), outgoing.len() as _);
        // SAFETY: `first` points to `count` headers written by `queue` since the last `receive`. Each one's name, control
        // message and I/O vector are live parts of this batch with the lengths given (the lengths of the first two are
        // what the kernel wrote, at most what `rearm` allowed). The kernel reads them and writes only `msg_len` of each
        // header. No reference into the batch is alive.
        let count = unsafe { libc::sendmmsg(socket.as_raw_fd(), first, count, 0) };
        let count = checked(count)? as usize;
        self.sent += count;
        Ok(count)
    }

    /// Drops up to `count` queued answers from the front, those that [`send`](Batch::send) could not send.
    pub fn give_up(&mut self, count: usize) {
        self.sent += count.min(self.unsent());
    }

    /// Points the vectors and the incoming header of a slot at its buffers; once, for the buffers never move.
    fn aim(&mut self, index: usize) {
        let (question, answer) = self.payload_pointers(index);
        let slot = self.slot_pointer(index);
        let question = libc::iovec {
            iov_base: question.as_ptr().cast(),
            iov_len: QUESTION_OCTETS,
        };
        let answer = libc::iovec {
            iov_base: answer.as_ptr().cast(),
            iov_len: 0,
        };
        // SAFETY: the slot is live and `self` is borrowed mutably, so nobody reads or writes it meanwhile.
        unsafe { ((*slot).question, (*slot).answer) = (question, answer) };
        // SAFETY: places in a live slot are named, and not read.
        let (name, control, vector) = unsafe {
            (
                &raw mut (*slot).peer,
                &raw mut (*slot).control,
                &raw mut (*slot).question,
            )
        };
        let header = &mut self.incoming()[index].msg_hdr;
        (header.msg_name, header.msg_control) = (name.cast(), control.cast());
        (header.msg_iov, header.msg_iovlen) = (vector, 1);
        arm(header);
    }

    /// Restores the lengths that the kernel overwrote in the slots it filled.
    fn rearm(&mut self) {
        let received = self.received;
        self.incoming()[..received]
            .iter_mut()
            .for_each(|message| arm(&mut message.msg_hdr));
        (self.received, self.queued, self.sent) = (0, 0, 0);
    }

    #[inline]
    fn incoming(&mut self) -> &mut [libc::mmsghdr; SLOTS] {
        // SAFETY: the area is live and owned, and `self` is borrowed mutably for as long as the result. Only this field is
        // borrowed, so the pointers into the slots stay valid.
        unsafe { &mut (*self.area.as_ptr()).incoming }
    }

    #[inline]
    fn outgoing(&mut self) -> &mut [libc::mmsghdr; SLOTS] {
        // SAFETY: as in `incoming`.
        unsafe { &mut (*self.area.as_ptr()).outgoing }
    }

    /// Where the question and the answer of a slot begin.
    #[inline]
    fn payload_pointers(&self, index: usize) -> (NonNull<u8>, NonNull<u8>) {
        assert!(index < SLOTS, "slot {index} of {SLOTS}");
        let start = self.octets.cast::<u8>();
        // SAFETY: slot `index` is below SLOTS, so its `stride` octets are inside the one allocation of SLOTS * stride.
        let answer = unsafe { start.add(index * self.stride) };
        // SAFETY: `stride` is QUESTION_OCTETS and the room for the answer, so the question ends with the same slot.
        let question = unsafe { answer.add(self.stride - QUESTION_OCTETS) };
        (question, answer)
    }

    /// Pointers that the kernel is given come from here and not from a reference, which would end with its borrow.
    #[inline]
    fn slot_pointer(&self, index: usize) -> *mut Slot {
        // SAFETY: the area is live and owned; a place is named and not read; the index is checked by the array.
        unsafe { &raw mut (*self.area.as_ptr()).slots[index] }
    }
}

impl Drop for Batch {
    fn drop(&mut self) {
        // SAFETY: `area` came from `Box::leak` in `new` and is freed here only.
        drop(unsafe { Box::from_raw(self.area.as_ptr()) });
        // SAFETY: as is `octets`.
        drop(unsafe { Box::from_raw(self.octets.as_ptr()) });
    }
}

impl fmt::Debug for Batch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Batch {
            received,
            queued,
            sent,
            ..
        } = self;
        write!(
            f,
            "Batch {{ received: {received}, queued: {queued}, sent: {sent} }}"
        )
    }
}

impl Area {
    const UNARMED: Area = Area {
        incoming: [NO_MESSAGE; SLOTS],
        outgoing: [NO_MESSAGE; SLOTS],
        slots: [Slot::UNARMED; SLOTS],
    };
}

impl Slot {
    const UNARMED: Slot = Slot {
        peer: Address::EMPTY,
        control: Control::EMPTY,
        question: NO_OCTETS,
        answer: NO_OCTETS,
    };
}

const NO_OCTETS: libc::iovec = libc::iovec {
    iov_base: ptr::null_mut(),
    iov_len: 0,
};

// SAFETY: integers and raw pointers, and padding with some C libraries: all zeros is a valid value.
const NO_MESSAGE: libc::mmsghdr = unsafe { mem::zeroed() };

#[allow(
    clippy::unnecessary_cast,
    reason = "32 bits wide with some C libraries"
)]
#[inline]
fn control_octets(header: &libc::msghdr) -> usize {
    header.msg_controllen as usize
}

fn arm(header: &mut libc::msghdr) {
    header.msg_namelen = size_of::<libc::sockaddr_in6>() as _;
    header.msg_controllen = size_of::<Control>() as _;
}

/// `octets` rounded up to an even number of cache lines: with its question, a slot has an odd number of them.
fn even_lines(octets: usize) -> usize {
    octets.div_ceil(CACHE_LINE).next_multiple_of(2) * CACHE_LINE
}
