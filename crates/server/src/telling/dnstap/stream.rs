//! Frame Streams, over a socket that is read at the other end (the protocol of `fstrm`).
//!
//! ```text
//! we    READY, content type          they  ACCEPT, content type
//! we    START, content type          we    frames: length, octets
//! we    STOP                         they  FINISH
//! ```
//! A control frame is a length of 0, its own length, its kind and fields; all numbers have four octets, the highest first.

use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

/// What the frames are.
const CONTENT: &[u8] = b"protobuf:dnstap.Dnstap";
/// How long the other end may take to answer, and to take what is written.
const PATIENCE: Duration = Duration::from_secs(2);
/// Octets of a control frame.
const CONTROL_OCTETS: usize = 512;

const ACCEPT: u32 = 1;
const START: u32 = 2;
const STOP: u32 = 3;
const READY: u32 = 4;
const FINISH: u32 = 5;
/// The one kind of field.
const CONTENT_TYPE: u32 = 1;

/// Connects, and agrees on what is sent.
pub(super) fn open(socket: &Path) -> io::Result<UnixStream> {
    let mut stream = UnixStream::connect(socket)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    stream.write_all(&control(READY, Some(CONTENT)))?;
    let accepted = expect(&mut stream, ACCEPT)?;
    // Without a field any content is fine.
    if !accepted.is_empty() && !accepted.ends_with(CONTENT) {
        return Err(io::Error::other("it takes something else than dnstap"));
    }
    stream.write_all(&control(START, Some(CONTENT)))?;
    Ok(stream)
}

/// Says that no more comes, and waits until that is understood.
pub(super) fn close(stream: &mut UnixStream) -> io::Result<()> {
    stream.write_all(&control(STOP, None))?;
    expect(stream, FINISH).map(drop)
}

/// Appends a frame as it is written.
pub(super) fn put_frame(out: &mut Vec<u8>, frame: &[u8]) {
    out.extend((frame.len() as u32).to_be_bytes());
    out.extend(frame);
}

fn control(kind: u32, content: Option<&[u8]>) -> Vec<u8> {
    let mut frame = kind.to_be_bytes().to_vec();
    if let Some(content) = content {
        frame.extend(CONTENT_TYPE.to_be_bytes());
        put_frame(&mut frame, content);
    }
    let mut octets = vec![0; 4];
    put_frame(&mut octets, &frame);
    octets
}

/// The fields of the control frame that comes, which is to be of this kind.
fn expect(stream: &mut UnixStream, kind: u32) -> io::Result<Vec<u8>> {
    let mut head = [0; 12];
    stream.read_exact(&mut head)?;
    let number = |at: usize| {
        head[at..at + 4]
            .iter()
            .fold(0, |all, octet| all << 8 | u32::from(*octet))
    };
    let fields = (number(4) as usize).checked_sub(4);
    match fields.filter(|octets| *octets <= CONTROL_OCTETS) {
        Some(octets) if number(0) == 0 && number(8) == kind => {
            let mut fields = vec![0; octets];
            stream.read_exact(&mut fields)?;
            Ok(fields)
        }
        _ => Err(io::Error::other("it does not speak Frame Streams")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::net::UnixListener;
    use std::thread;

    #[test]
    fn control_frames_are_as_the_protocol_has_them() {
        assert_eq!(control(STOP, None), [0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 3]);
        let ready = control(READY, Some(b"x"));
        assert_eq!(
            ready[4..],
            [0, 0, 0, 13, 0, 0, 0, 4, 0, 0, 0, 1, 0, 0, 0, 1, b'x']
        );
    }

    #[test]
    fn who_takes_something_else_is_left() {
        let folder = tempfile::tempdir().expect("a folder");
        let socket = folder.path().join("socket");
        for (answer, said) in [
            (control(ACCEPT, Some(b"protobuf:other")), "something else"),
            (control(FINISH, None), "does not speak"),
            (b"HTTP/1.1 400 what?".to_vec(), "does not speak"),
            (
                vec![0, 0, 0, 0, 255, 255, 255, 255, 0, 0, 0, 1],
                "does not speak",
            ),
            (control(ACCEPT, None), ""),
        ] {
            let _ = std::fs::remove_file(&socket);
            let listener = UnixListener::bind(&socket).expect("bound");
            let peer = thread::spawn(move || {
                let (mut stream, _) = listener.accept().expect("connected");
                stream.read_exact(&mut [0; 42]).expect("READY");
                stream.write_all(&answer).expect("sent");
                stream
            });
            match open(&socket) {
                Ok(_) => assert_eq!(said, ""),
                Err(why) => assert!(!said.is_empty() && why.to_string().contains(said), "{why}"),
            }
            drop(peer.join().expect("it ends"));
        }
    }
}
