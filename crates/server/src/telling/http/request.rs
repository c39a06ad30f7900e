//! Reading the first line of a request; its header fields change nothing here.

/// What is asked for.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Request {
    pub(super) method: Method,
    /// Without the query.
    pub(super) path: String,
}

/// The methods that are answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Method {
    Get,
    Head,
}

/// Why a request is not answered.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    Malformed,
    OtherMethod,
    OtherVersion,
    TooLarge,
    TooSlow,
}

impl Request {
    pub(super) fn parse(octets: &[u8]) -> Result<Request, Refusal> {
        let line = octets
            .split(|octet| *octet == b'\n')
            .next()
            .unwrap_or_default();
        let line = std::str::from_utf8(line).map_err(|_| Refusal::Malformed)?;
        let mut words = line.trim_end_matches('\r').split(' ');
        let (Some(method), Some(target), Some(version), None) =
            (words.next(), words.next(), words.next(), words.next())
        else {
            return Err(Refusal::Malformed);
        };
        match version {
            "HTTP/1.1" | "HTTP/1.0" => {}
            other if other.starts_with("HTTP/") => return Err(Refusal::OtherVersion),
            _ => return Err(Refusal::Malformed),
        }
        Ok(Request {
            method: match method {
                "GET" => Method::Get,
                "HEAD" => Method::Head,
                _ => return Err(Refusal::OtherMethod),
            },
            path: target.split('?').next().unwrap_or_default().to_owned(),
        })
    }
}

impl Refusal {
    /// RFC 9110 §15.5, RFC 6585 §5.
    pub(super) fn status(&self) -> &'static str {
        match self {
            Refusal::Malformed => "400 Bad Request",
            Refusal::OtherMethod => "405 Method Not Allowed",
            Refusal::OtherVersion => "505 HTTP Version Not Supported",
            Refusal::TooLarge => "431 Request Header Fields Too Large",
            Refusal::TooSlow => "408 Request Timeout",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn request_lines() {
        let get = |path: &str| {
            Ok(Request {
                method: Method::Get,
                path: path.to_owned(),
            })
        };
        for (text, wanted) in [
            ("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n", get("/metrics")),
            ("GET /readyz?verbose HTTP/1.0\n\n", get("/readyz")),
            ("POST /metrics HTTP/1.1\r\n\r\n", Err(Refusal::OtherMethod)),
            ("GET / HTTP/2.0\r\n\r\n", Err(Refusal::OtherVersion)),
            ("GET /\r\n\r\n", Err(Refusal::Malformed)),
            ("GET  / HTTP/1.1\r\n\r\n", Err(Refusal::Malformed)),
            ("\r\n\r\n", Err(Refusal::Malformed)),
        ] {
            assert_eq!(Request::parse(text.as_bytes()), wanted, "{text}");
        }
        assert!(Request::parse(b"\xff\xff / HTTP/1.1\r\n\r\n").is_err());
    }
}
