//! A stream in packets that each say what they are: data, words for people, or the end in failure.

use std::fmt;
use std::io::{self, BufRead, Read};

use super::packet::{self, invalid};

/// Octets of words that are kept; the rest is passed over.
const WORDS: usize = 4096;

/// The words of a server that gives up.
#[derive(Debug)]
pub(crate) struct Words(pub(crate) String);

impl fmt::Display for Words {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl std::error::Error for Words {}

/// The data of a stream; its words are put aside.
pub(crate) struct Sideband<R> {
    inner: R,
    packet: Vec<u8>,
    at: usize,
    is_over: bool,
    words: Vec<u8>,
}

impl<R: Read> Sideband<R> {
    pub(crate) fn new(inner: R) -> Sideband<R> {
        Sideband {
            inner,
            packet: Vec::new(),
            at: 0,
            is_over: false,
            words: Vec::new(),
        }
    }

    /// With its first packet, which was read already.
    pub(crate) fn behind(first: Vec<u8>, inner: R) -> io::Result<Sideband<R>> {
        let mut sideband = Sideband::new(inner);
        sideband.accept(first)?;
        Ok(sideband)
    }

    /// What the server said to people, in lines, without those that are empty.
    pub(crate) fn words(&self) -> String {
        let text = String::from_utf8_lossy(&self.words);
        // What points into a line stands under it: space before words is kept.
        let lines = text.split(['\n', '\r']).map(str::trim_end);
        let spoken: Vec<&str> = lines.filter(|line| !line.is_empty()).collect();
        spoken.join("\n")
    }

    fn next(&mut self) -> io::Result<()> {
        match packet::read(&mut self.inner)? {
            Some(packet) => self.accept(packet),
            None => {
                self.is_over = true;
                Ok(())
            }
        }
    }

    fn accept(&mut self, packet: Vec<u8>) -> io::Result<()> {
        match packet.split_first() {
            Some((1, _)) => {
                self.packet = packet;
                self.at = 1;
            }
            Some((2, words)) => self.keep(words),
            Some((3, words)) => {
                self.keep(words);
                return Err(io::Error::other(Words(self.words())));
            }
            _ => return Err(invalid("a packet that is neither data nor words")),
        }
        Ok(())
    }

    fn keep(&mut self, words: &[u8]) {
        let room = WORDS.saturating_sub(self.words.len());
        self.words.extend(&words[..words.len().min(room)]);
    }
}

impl<R: Read> Read for Sideband<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut data = self.fill_buf()?;
        let count = data.read(buffer)?;
        self.consume(count);
        Ok(count)
    }
}

impl<R: Read> BufRead for Sideband<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        while self.at == self.packet.len() && !self.is_over {
            self.next()?;
        }
        Ok(&self.packet[self.at..])
    }

    fn consume(&mut self, count: usize) {
        self.at += count;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_and_words_are_told_apart() {
        let stream = b"0007\x01ab000a\x02hello0006\x01c0005\x010000";
        let mut sideband = Sideband::new(&stream[..]);
        let mut data = String::new();
        sideband.read_to_string(&mut data).unwrap();
        assert_eq!((data.as_str(), sideband.words().as_str()), ("abc", "hello"));
    }

    #[test]
    fn the_third_band_is_the_end() {
        let mut sideband = Sideband::new(&b"0009\x03full"[..]);
        let error = sideband.read_to_end(&mut Vec::new()).unwrap_err();
        assert_eq!(error.to_string(), "full");
        assert!(Sideband::new(&b"0005\x07"[..]).fill_buf().is_err());
        assert!(Sideband::new(&b"0004"[..]).fill_buf().is_err());
    }
}
