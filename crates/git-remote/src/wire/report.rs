//! What a server says about a push: `unpack ok`, then `ok REFERENCE` or `ng REFERENCE WHY`.

use std::io::{self, Read};

use super::packet;

/// What became of the one reference that was pushed: `Err` is the server's reason.
pub(crate) fn read(from: &mut impl Read) -> io::Result<Result<(), String>> {
    let mut outcome = Err("it did not say what became of the push".to_owned());
    while let Some(packet) = packet::read(from)? {
        let text = String::from_utf8_lossy(packet::line(&packet)).into_owned();
        match text.split_once(' ') {
            Some(("unpack", "ok")) => {}
            Some(("unpack", why)) => return Ok(Err(format!("the pack was not taken: {why}"))),
            Some(("ok", _)) => outcome = Ok(()),
            Some(("ng", rest)) => {
                let why = rest.split_once(' ').map_or("no reason", |(_, why)| why);
                outcome = Err(why.to_owned());
            }
            _ => return Err(packet::invalid("a report that is not understood")),
        }
    }
    Ok(outcome)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outcomes() {
        for (lines, wanted) in [
            (&["unpack ok\n", "ok refs/heads/main\n"][..], Ok(())),
            (
                &["unpack ok\n", "ng refs/heads/main hook declined\n"],
                Err("hook declined"),
            ),
            (
                &["unpack disk full\n", "ng refs/heads/main unpacker error\n"],
                Err("the pack was not taken: disk full"),
            ),
            (
                &["unpack ok\n"],
                Err("it did not say what became of the push"),
            ),
        ] {
            let mut octets = Vec::new();
            lines
                .iter()
                .for_each(|line| packet::write(&mut octets, line));
            packet::end_section(&mut octets);
            let read = read(&mut octets.as_slice()).unwrap();
            assert_eq!(read.as_ref().copied().map_err(String::as_str), wanted);
        }
    }
}
