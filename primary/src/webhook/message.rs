//! Reading the head of a request that has a body (RFC 9110, RFC 9112).

/// Octets of a body; more are answered 413. What forges tell of a push is a few thousand, unless hundreds of commits come at once.
pub(super) const BODY_OCTETS: usize = 2 << 20;

/// What stands before the body.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Head {
    fields: Vec<(String, String)>,
    /// Octets of the body.
    pub(super) length: usize,
}

/// Why a request is not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    Malformed,
    OtherMethod,
    OtherVersion,
    /// RFC 9112 §6.3: how long the body is has to be said first.
    NoLength,
    HeadTooLarge,
    BodyTooLarge,
    TooSlow,
}

impl Head {
    /// From the first line to the empty one.
    pub(super) fn parse(octets: &[u8]) -> Result<Head, Refusal> {
        let text = std::str::from_utf8(octets).map_err(|_| Refusal::Malformed)?;
        let mut lines = text.lines().take_while(|line| !line.is_empty());
        check_first(lines.next().unwrap_or_default())?;
        let mut head = Head {
            fields: Vec::new(),
            length: 0,
        };
        for line in lines {
            // RFC 9112 §5.1 and §5.2: no space before the colon, no line that goes on with the one before.
            let (name, value) = line.split_once(':').ok_or(Refusal::Malformed)?;
            if name.is_empty() || name.contains(|it: char| it.is_ascii_whitespace()) {
                return Err(Refusal::Malformed);
            }
            head.fields.push((name.to_owned(), value.trim().to_owned()));
        }
        head.length = head.body_octets()?;
        Ok(head)
    }

    /// RFC 9110 §5.1: names know no case. Of a field that is there twice there is none: which of them would be right?
    pub(super) fn field(&self, name: &str) -> Option<&str> {
        let mut values = self
            .fields
            .iter()
            .filter(|(it, _)| it.eq_ignore_ascii_case(name));
        let (_, value) = values.next()?;
        values.next().is_none().then_some(value)
    }

    fn has(&self, name: &str) -> bool {
        self.fields
            .iter()
            .any(|(it, _)| it.eq_ignore_ascii_case(name))
    }

    /// RFC 9110 §10.1.1: the sender waits to hear that the body is wanted.
    pub(super) fn is_waiting(&self) -> bool {
        let expected = self.field("Expect");
        expected.is_some_and(|it| it.eq_ignore_ascii_case("100-continue"))
    }

    /// RFC 9112 §6.1: where there is a coding besides a length, who else has read the request may have seen another one.
    fn body_octets(&self) -> Result<usize, Refusal> {
        if self.has("Transfer-Encoding") {
            return Err(Refusal::NoLength);
        }
        let said = match self.field("Content-Length") {
            Some(said) => said,
            None if self.has("Content-Length") => return Err(Refusal::Malformed),
            None => return Err(Refusal::NoLength),
        };
        if said.is_empty() || !said.bytes().all(|digit| digit.is_ascii_digit()) {
            return Err(Refusal::Malformed);
        }
        let length = said.parse().ok().filter(|length| *length <= BODY_OCTETS);
        length.ok_or(Refusal::BodyTooLarge)
    }
}

fn check_first(line: &str) -> Result<(), Refusal> {
    match line.split(' ').collect::<Vec<_>>()[..] {
        ["POST", _, "HTTP/1.1" | "HTTP/1.0"] => Ok(()),
        [_, _, "HTTP/1.1" | "HTTP/1.0"] => Err(Refusal::OtherMethod),
        [_, _, version] if version.starts_with("HTTP/") => Err(Refusal::OtherVersion),
        _ => Err(Refusal::Malformed),
    }
}

impl Refusal {
    /// RFC 9110 §15.5, RFC 6585 §5.
    pub(super) fn status(self) -> &'static str {
        match self {
            Refusal::Malformed => "400 Bad Request",
            Refusal::OtherMethod => "405 Method Not Allowed",
            Refusal::TooSlow => "408 Request Timeout",
            Refusal::NoLength => "411 Length Required",
            Refusal::BodyTooLarge => "413 Content Too Large",
            Refusal::HeadTooLarge => "431 Request Header Fields Too Large",
            Refusal::OtherVersion => "505 HTTP Version Not Supported",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads() {
        let parse = |text: &str| Head::parse(text.as_bytes());
        let head = parse(
            "POST /x HTTP/1.1\r\nHost: a\r\nX-A: \t1 2 \r\nExpect: 100-continue\r\ncontent-length: 5\r\n\r\n",
        );
        let head = head.expect("good");
        assert_eq!(
            (head.length, head.field("x-a"), head.is_waiting()),
            (5, Some("1 2"), true)
        );
        let twice = parse("POST / HTTP/1.0\nX-A: 1\nx-a: 2\nContent-Length: 0\n\n").expect("good");
        assert_eq!((twice.field("X-A"), twice.is_waiting()), (None, false));
        let most = format!("Content-Length: {BODY_OCTETS}");
        assert!(parse(&format!("POST / HTTP/1.1\r\n{most}\r\n\r\n")).is_ok());
        for (first, field, wanted) in [
            ("GET / HTTP/1.1", "A: b", Refusal::OtherMethod),
            ("POST / HTTP/2.0", "A: b", Refusal::OtherVersion),
            ("POST /", "A: b", Refusal::Malformed),
            ("", "A: b", Refusal::Malformed),
            ("POST / HTTP/1.1", "A: b", Refusal::NoLength),
            (
                "POST / HTTP/1.1",
                "Transfer-Encoding: chunked\r\nContent-Length: 1",
                Refusal::NoLength,
            ),
            (
                "POST / HTTP/1.1",
                "Content-Length: 1\r\nContent-Length: 1",
                Refusal::Malformed,
            ),
            ("POST / HTTP/1.1", "Content-Length: +1", Refusal::Malformed),
            ("POST / HTTP/1.1", "Content-Length: ", Refusal::Malformed),
            ("POST / HTTP/1.1", "Content-Length : 1", Refusal::Malformed),
            ("POST / HTTP/1.1", "A: b\r\n c: d", Refusal::Malformed),
            ("POST / HTTP/1.1", "nothing", Refusal::Malformed),
            (
                "POST / HTTP/1.1",
                "Content-Length: 2097153",
                Refusal::BodyTooLarge,
            ),
            (
                "POST / HTTP/1.1",
                "Content-Length: 99999999999999999999",
                Refusal::BodyTooLarge,
            ),
        ] {
            assert_eq!(
                parse(&format!("{first}\r\n{field}\r\n\r\n")),
                Err(wanted),
                "{first} {field}"
            );
        }
        assert_eq!(
            Head::parse(b"POST / HTTP/1.1\r\nA: \xff\r\n\r\n"),
            Err(Refusal::Malformed)
        );
    }
}
