//! Signed messages, and files of keys.

use std::sync::{Arc, LazyLock};

use tsig::{Keyring, Request, Settled, Time, text};

/// The key and the time that the corpus was signed with, which are those of `crates/tsig/tests/vectors.py`.
const LINE: &str = "vector._update.example.org:SHA256:AAECAwQFBgcICQoLDA0ODw==";
const NOW: Time = Time::from_secs(1_700_000_002);

/// What was signed: a question, and answers that differ in the octet after these.
const QUESTION: &[u8] = b"\0\0\0\0\0\x01\0\0\0\0\0\0\x03www\x07example\x03org\0\0\x01\0\x01";
const ANSWER: &[u8] = b"\0\0\x84\0\0\x01\0\x01\0\0\0\0\x03www\x07example\x03org\0\0\x01\0\x01\
    \xC0\x0C\0\x01\0\x01\0\0\x01\x2C\0\x04\xC0\0\x02";
const ID: u16 = 0x1236;

static KEYS: LazyLock<Keyring> =
    LazyLock::new(|| text::read_keys(LINE.as_bytes()).expect("a line is a file"));

/// Messages with their lengths before them: a request, and answers to the one that the corpus has.
pub fn signed_message(octets: &[u8]) {
    let mut messages = framed(octets);
    let Some(request) = messages.next() else {
        return;
    };
    if let Ok(Request::Signed(verified)) = KEYS.verify(request, NOW) {
        // A forwarder's identity is not signed.
        let mut plain = plain(verified.message());
        plain[..2].fill(0);
        assert_eq!(plain, QUESTION);
        assert_eq!(verified.original_id(), ID);
    }
    refused_and_told(request);
    let first = awaited().verify_first(messages.next().unwrap_or_default(), NOW);
    if let Ok(first) = first {
        stream(first, messages);
    }
}

/// Whoever refuses has an answer with room for what stands behind it, and it is an answer.
fn refused_and_told(request: &[u8]) {
    let Err(rejection) = KEYS.verify(request, NOW) else {
        return;
    };
    let (room, before) = (rejection.signature_octets(), [ANSWER, &[9]].concat());
    let mut answer = before.clone();
    rejection.finish(&mut answer).expect("there is room");
    assert_eq!(answer.len(), before.len() + room);
    assert_eq!(plain(&answer), before);
}

/// What a stream proves is what was signed.
fn stream<'m>(first: Settled, messages: impl Iterator<Item = &'m [u8]>) {
    let (mut stream, mut taken) = (tsig::Stream::Settled(first), Vec::new());
    for message in messages {
        taken.push(message);
        match stream.next(message, NOW) {
            Ok(next) => stream = next,
            Err(_) => return,
        }
        if let tsig::Stream::Settled(_) = stream {
            for message in taken.drain(..) {
                let plain = plain(message);
                let (number, before) = plain.split_last().expect("a message");
                assert_eq!((&before[..2], *number < 10), (&ID.to_be_bytes()[..], true));
                assert_eq!(before[2..], ANSWER[2..]);
            }
        }
    }
}

fn awaited() -> tsig::Awaited {
    let key = Arc::new(text::read_key(LINE).expect("a key"));
    let mut request = QUESTION.to_vec();
    request[..2].copy_from_slice(&ID.to_be_bytes());
    tsig::sign_request(&key, &mut request, NOW).expect("there is room")
}

/// A message without its TSIG record.
fn plain(message: &[u8]) -> Vec<u8> {
    let last = wire::Records::of(message).ok().and_then(Iterator::last);
    let Some(Ok(last)) =
        last.filter(|last| last.as_ref().is_ok_and(|r| r.rtype == rr::Rtype::TSIG))
    else {
        return message.to_vec();
    };
    let count = u16::from_be_bytes([message[10], message[11]]) - 1;
    let mut plain = message[..last.at].to_vec();
    plain[10..12].copy_from_slice(&count.to_be_bytes());
    plain
}

/// Messages with their lengths before them.
pub(crate) fn framed(mut octets: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let (length, rest) = octets.split_first_chunk::<2>()?;
        let length = usize::from(u16::from_be_bytes(*length)).min(rest.len());
        let (message, rest) = rest.split_at(length);
        octets = rest;
        Some(message)
    })
}

/// A file of keys, whose keys are written so that they read back, or mistakes in lines that it has.
pub fn key_file(octets: &[u8]) {
    match text::read_keys(octets) {
        Ok(keys) => keys.iter().for_each(|key| reads_back(key)),
        Err(mistakes) => {
            let lines = octets.split(|octet| *octet == b'\n').count();
            assert!(!mistakes.is_empty() && mistakes.len() <= tsig::limits::MISTAKES);
            let within = |mistake: &text::Mistake| (1..=lines).contains(&mistake.line);
            assert!(mistakes.iter().all(within));
        }
    }
}

fn reads_back(key: &tsig::Key) {
    let mut line = String::new();
    text::write_key(key, &mut line).expect("a string takes all");
    let back = text::read_keys(line.as_bytes()).unwrap_or_else(|mistakes| panic!("{mistakes:?}"));
    let back = back.by_name(key.name()).expect("its name");
    let facts = |key: &tsig::Key| {
        let numbers = (key.mac_octets(), key.fudge_secs());
        (
            key.algorithm(),
            numbers,
            key.dialect(),
            key.rights().cloned(),
        )
    };
    assert_eq!(facts(back), facts(key));
    assert_eq!(back.secret().expose(), key.secret().expose());
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Mutations begin at what is good.
    #[test]
    fn the_corpus_is_signed() {
        let read = |name: &str| {
            let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/corpus/signed_message");
            std::fs::read(format!("{folder}/{name}")).expect("a corpus")
        };
        for name in ["request", "answer", "late", "stream"] {
            let octets = read(name);
            let request = framed(&octets).next().expect("a request");
            assert!(
                matches!(KEYS.verify(request, NOW), Ok(Request::Signed(_))),
                "{name}"
            );
        }
        let octets = read("stream");
        let mut messages = framed(&octets).skip(1);
        let first = awaited().verify_first(messages.next().expect("an answer"), NOW);
        let first = tsig::Stream::Settled(first.expect("good"));
        let end = messages.try_fold(first, |stream, message| stream.next(message, NOW));
        assert_eq!(
            end.and_then(tsig::Stream::finish).expect("good").messages(),
            7
        );
    }
}
