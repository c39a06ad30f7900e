//! Servers that do nothing: what the kernel costs, and what the stack adds to it.

use kernel_calls::Batch;
use stack_os::{Message, Options, Sockets};
use std::{
    error::Error,
    net::{SocketAddr, UdpSocket},
    os::fd::AsFd,
    thread,
};

const HEADER_OCTETS: usize = 12;
/// A pointer to the question, A, IN, 3600 s, 192.0.2.1.
const RECORD: [u8; 16] = [0xc0, 12, 0, 1, 0, 1, 0, 0, 14, 16, 0, 4, 192, 0, 2, 1];

/// One thread, one socket, batches of 64, nothing else.
pub(crate) fn echo(address: SocketAddr) -> Result<(), Box<dyn Error>> {
    let socket = UdpSocket::bind(address)?;
    let mut batch = Batch::new(1232);
    loop {
        let count = batch.receive(socket.as_fd())?;
        for index in 0..count {
            let (question, answer) = batch.slot(index);
            if let Some(len) = emit(question.octets, answer) {
                batch.queue(index, len);
            }
        }
        while batch.unsent() > 0 {
            batch.send(socket.as_fd())?;
        }
    }
}

/// The same, and over TCP, with one worker of the stack each.
pub(crate) fn stack_echo(address: SocketAddr) -> Result<(), Box<dyn Error>> {
    let options = Options {
        udp_workers: 1,
        tcp_workers: 1,
        ..Options::new([address])
    };
    let handler = || |message: Message<'_>, answer: &mut [u8]| emit(message.octets, answer);
    let _server = Sockets::bind(&options)?.serve(handler)?;
    loop {
        thread::park();
    }
}

/// The question as far as its type and class, then the record; `None` for what is no question.
fn emit(question: &[u8], answer: &mut [u8]) -> Option<usize> {
    let mut end = HEADER_OCTETS;
    while *question.get(end)? != 0 {
        end += usize::from(question[end]) + 1;
    }
    end += 5;
    let room = answer.get_mut(..end + RECORD.len())?;
    room[..end].copy_from_slice(question.get(..end)?);
    room[end..].copy_from_slice(&RECORD);
    (room[2], room[3]) = (room[2] | 0x84, 0);
    room[7..HEADER_OCTETS].copy_from_slice(&[1, 0, 0, 0, 0]);
    Some(end + RECORD.len())
}
