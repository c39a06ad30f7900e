//! What lies between the program and a server: it can be pulled, cut, and be slow.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread;
use std::time::Duration;

use crate::daemons;

/// How it carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Line {
    /// Everything, at once.
    Whole,
    /// Nothing, and nobody is told.
    Pulled,
    /// Nothing; who tries is hung up on.
    Cut,
    /// So many octets, then a rest of a millisecond.
    Slow(usize),
    /// So many octets from the server on each connection, then it is hung up on.
    CutAfter(usize),
    /// So many octets from the server on each connection, then nothing, and nobody is told.
    PulledAfter(usize),
}

/// A way to a port of this machine.
pub(crate) struct Cable {
    server: daemons::Server,
    state: Arc<State>,
}

struct State {
    line: Mutex<Line>,
    changed: Condvar,
    streams: Mutex<Vec<TcpStream>>,
}

impl Cable {
    pub(crate) fn to(port: u16, line: Line) -> Cable {
        let state = Arc::new(State {
            line: Mutex::new(line),
            changed: Condvar::new(),
            streams: Mutex::default(),
        });
        let carrying = state.clone();
        let server = daemons::Server::start(move |near| {
            // Where nobody listens any more, whoever came is hung up on.
            if let Ok(far) = TcpStream::connect(("127.0.0.1", port)) {
                carrying.carry_both_ways(&near, &far);
            }
        });
        Cable { server, state }
    }

    pub(crate) fn port(&self) -> u16 {
        self.server.port
    }

    pub(crate) fn set(&self, line: Line) {
        *self.state.line() = line;
        self.state.changed.notify_all();
        if line == Line::Cut {
            let mut streams = self.state.streams.lock().expect("not poisoned");
            streams.drain(..).for_each(|stream| hang_up(&stream));
        }
    }
}

impl State {
    fn carry_both_ways(self: &Arc<State>, near: &TcpStream, far: &TcpStream) {
        let clone = |stream: &TcpStream| stream.try_clone().expect("a handle");
        let mut streams = self.streams.lock().expect("not poisoned");
        streams.extend([clone(near), clone(far)]);
        drop(streams);
        let (state, back) = (self.clone(), (clone(far), clone(near)));
        let thread = thread::spawn(move || state.carry(back.0, back.1, true));
        self.carry(clone(near), clone(far), false);
        let _ = thread.join();
    }

    fn carry(&self, mut from: TcpStream, mut to: TcpStream, is_servers: bool) {
        let (mut octets, mut carried) = ([0; 16 << 10], 0);
        loop {
            let most = match *self.line() {
                Line::Slow(count) => count,
                _ => octets.len(),
            };
            let count = match from.read(&mut octets[..most]) {
                Ok(count @ 1..) => count,
                _ => break,
            };
            let passing = match *self.line() {
                Line::CutAfter(end) | Line::PulledAfter(end) if is_servers => {
                    count.min(end.saturating_sub(carried))
                }
                Line::Pulled | Line::Cut => 0,
                _ => count,
            };
            carried += count;
            let is_sent = |to: &mut TcpStream, octets: &[u8]| to.write_all(octets).is_ok();
            if !is_sent(&mut to, &octets[..passing])
                || !self.may_pass(passing < count)
                || !is_sent(&mut to, &octets[passing..count])
            {
                hang_up(&from);
                break;
            }
        }
        // A connection whose one end has nothing more to say may go on the other way.
        let _ = to.shutdown(Shutdown::Write);
    }

    /// Holds the octets for as long as the line is pulled. They may be `behind` what passes of this connection.
    fn may_pass(&self, behind: bool) -> bool {
        let is_held = |line: &mut Line| match *line {
            Line::Pulled => true,
            Line::PulledAfter(_) => behind,
            _ => false,
        };
        let line = self.line();
        let line = self
            .changed
            .wait_while(line, is_held)
            .expect("not poisoned");
        match *line {
            Line::Slow(_) => thread::sleep(Duration::from_millis(1)),
            Line::CutAfter(_) => return !behind,
            _ => {}
        }
        *line != Line::Cut
    }

    fn line(&self) -> MutexGuard<'_, Line> {
        self.line.lock().expect("not poisoned")
    }
}

impl Drop for Cable {
    fn drop(&mut self) {
        self.set(Line::Cut);
    }
}

fn hang_up(stream: &TcpStream) {
    let _ = stream.shutdown(Shutdown::Both);
}
