//! Who we are to web servers. Read from files or the environment, never from a URL or an argument; never printed.

use std::fmt;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rr::Secret;

use crate::error::RemoteError;

/// What a web server takes for a password: `TOKEN`, `USER:TOKEN`, or `Bearer TOKEN`.
///
/// The first two are sent as basic authentication (RFC 7617), which all forges take; a token without
/// a user goes with the user `git`, as they only look at the token. The third is sent as RFC 6750 says.
#[derive(Clone)]
pub struct Token {
    header: Arc<Secret>,
}

impl Token {
    /// Reads the first line of a file.
    ///
    /// # Errors
    /// [`RemoteError::Credential`] if there is none.
    pub fn from_file(path: &Path) -> Result<Token, RemoteError> {
        let named = path.display().to_string();
        let text = fs::read_to_string(path).map_err(|why| unusable(&named, why.to_string()))?;
        Token::parse(&named, text.lines().next().unwrap_or_default())
    }

    /// Reads a variable of the environment.
    ///
    /// # Errors
    /// [`RemoteError::Credential`] if it is not set.
    pub fn from_env(variable: &str) -> Result<Token, RemoteError> {
        let named = format!("${variable}");
        let text = std::env::var(variable)
            .map_err(|_| unusable(&named, "it is not set, or not UTF-8".into()))?;
        Token::parse(&named, text.trim_end())
    }

    fn parse(named: &str, text: &str) -> Result<Token, RemoteError> {
        if text.is_empty() || !text.bytes().all(|b| b == b' ' || b.is_ascii_graphic()) {
            let why = "the first line is not a token: TOKEN, USER:TOKEN or Bearer TOKEN";
            return Err(unusable(named, why.into()));
        }
        let header = match text.split_once(' ') {
            Some((word, token)) if word.eq_ignore_ascii_case("bearer") => format!("Bearer {token}"),
            _ if text.contains(':') => format!("Basic {}", STANDARD.encode(text)),
            _ => format!("Basic {}", STANDARD.encode(format!("git:{text}"))),
        };
        Ok(Token {
            header: Arc::new(Secret::new(header.into_bytes())),
        })
    }

    /// The value of the header `Authorization`.
    pub(crate) fn header(&self) -> &[u8] {
        self.header.expose()
    }
}

pub(crate) fn unusable(named: &str, why: String) -> RemoteError {
    RemoteError::Credential {
        named: named.to_owned(),
        why,
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Token(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_token_file_says() {
        let header = |text| {
            Token::parse("here", text).map(|token| String::from_utf8(token.header().to_vec()))
        };
        for (text, wanted) in [
            ("abc", "Basic Z2l0OmFiYw=="),
            ("ann:abc", "Basic YW5uOmFiYw=="),
            ("Bearer abc", "Bearer abc"),
        ] {
            assert_eq!(header(text).unwrap().unwrap(), wanted);
        }
        for text in ["", "a\x1bb", "a\r\nX: y", "ü"] {
            assert!(header(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn none_is_printed() {
        let token = Token::parse("here", "canary").unwrap();
        assert_eq!(format!("{token:?}"), "Token(..)");
    }
}
