//! Answers each question with one canned address record, over UDP and TCP: what the stack costs without an engine.
//! `echo ADDR:PORT [WORKERS]`.

use stack_os::{Message, Options, Sockets};
use std::{env, error::Error, thread};

const HEADER_OCTETS: usize = 12;
/// A pointer to the question, A, IN, 3600 s, 192.0.2.1.
const RECORD: [u8; 16] = [0xc0, 12, 0, 1, 0, 1, 0, 0, 14, 16, 0, 4, 192, 0, 2, 1];

fn main() -> Result<(), Box<dyn Error>> {
    let address = env::args()
        .nth(1)
        .ok_or("usage: echo ADDR:PORT [WORKERS]")?;
    let workers = env::args().nth(2).map_or(Ok(1), |count| count.parse())?;
    let options = Options {
        udp_workers: workers,
        tcp_workers: workers,
        ..Options::new([address.parse()?])
    };
    let _server = Sockets::bind(&options)?
        .serve(|| |message: Message<'_>, answer: &mut [u8]| emit(message.octets, answer))?;
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
