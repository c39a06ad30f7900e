//! The options of a line: what a key is allowed for, and when.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::time;

/// What a line says of its key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Options {
    /// Patterns of namespaces; `None`: any.
    namespaces: Option<String>,
    /// Seconds since 1970, inclusive.
    pub(crate) valid_after: Option<i64>,
    /// Seconds since 1970, inclusive.
    pub(crate) valid_before: Option<i64>,
}

impl Options {
    /// Reads them as far as they go, up to white space outside of quotes.
    pub(crate) fn read(text: &str) -> Result<Options, String> {
        let mut options = Options::default();
        for option in split(text)? {
            options.take(&option)?;
        }
        Ok(options)
    }

    fn take(&mut self, option: &str) -> Result<(), String> {
        let (name, value) = match option.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (option, None),
        };
        let name = name.to_ascii_lowercase();
        let is_second = match (name.as_str(), value) {
            ("namespaces", Some(value)) => self.namespaces.replace(unquoted(value)?).is_some(),
            ("valid-after", Some(value)) => self.valid_after.replace(moment(value)?).is_some(),
            ("valid-before", Some(value)) => self.valid_before.replace(moment(value)?).is_some(),
            ("cert-authority", None) => {
                return Err(
                    "certificates (cert-authority) are not supported; list the keys themselves"
                        .into(),
                );
            }
            _ => {
                return Err(format!(
                    "the option `{option}` is not known; known are namespaces, valid-after, valid-before"
                ));
            }
        };
        match is_second {
            true => Err(format!("{name} stands there twice")),
            false => Ok(()),
        }
    }

    /// Whether the key is for this namespace: patterns with `*` and `?`, one with `!` in front takes away.
    pub(crate) fn is_for(&self, namespace: &[u8]) -> bool {
        let Some(patterns) = &self.namespaces else {
            return true;
        };
        let mut is_for = false;
        for pattern in patterns.split(',') {
            match pattern.strip_prefix('!') {
                Some(pattern) if matches(pattern.as_bytes(), namespace) => return false,
                None if matches(pattern.as_bytes(), namespace) => is_for = true,
                _ => {}
            }
        }
        is_for
    }
}

/// At commas outside of quotes, to be read until white space outside of quotes.
fn split(text: &str) -> Result<Vec<String>, String> {
    let (mut options, mut option, mut is_quoted) = (Vec::new(), String::new(), false);
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' if letters.peek() == Some(&'"') => {
                option.push(letter);
                option.extend(letters.next());
                continue;
            }
            '"' => is_quoted = !is_quoted,
            ',' if !is_quoted => {
                options.push(core::mem::take(&mut option));
                continue;
            }
            ' ' | '\t' if !is_quoted => break,
            _ => {}
        }
        option.push(letter);
    }
    options.push(option);
    match is_quoted {
        true => Err("a quotation mark is not closed".into()),
        false => Ok(options),
    }
}

fn unquoted(value: &str) -> Result<String, String> {
    let inner = value
        .strip_prefix('"')
        .and_then(|value| value.strip_suffix('"'));
    inner
        .map(|inner| inner.replace("\\\"", "\""))
        .ok_or_else(|| format!("{value} must stand in quotation marks"))
}

fn moment(value: &str) -> Result<i64, String> {
    let text = unquoted(value)?;
    time::read(&text).ok_or_else(|| {
        format!("{value} is no time that is known here: write YYYYMMDD[HHMM[SS]] and Z, for UTC")
            .to_string()
    })
}

/// `*` stands for any octets, `?` for one. In time of the product of both lengths at most.
fn matches(pattern: &[u8], text: &[u8]) -> bool {
    let (mut at, mut star) = ((0, 0), None);
    while at.1 < text.len() {
        match pattern.get(at.0) {
            Some(b'*') => {
                star = Some((at.0 + 1, at.1));
                at.0 += 1;
            }
            Some(octet) if *octet == b'?' || *octet == text[at.1] => at = (at.0 + 1, at.1 + 1),
            _ => match &mut star {
                Some((after, taken)) => {
                    *taken += 1;
                    at = (*after, *taken);
                }
                None => return false,
            },
        }
    }
    pattern[at.0..].iter().all(|octet| *octet == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn namespaces() {
        let is_for = |text: &str| Options::read(text).expect(text).is_for(b"git");
        for text in [
            r#"namespaces="git" "#,
            r#"NAMESPACES="file,git""#,
            r#"namespaces="*""#,
            r#"namespaces="g?t,file",valid-after="20200101Z""#,
            r#"valid-before="20200101Z""#,
            r#"namespaces="*i*t""#,
        ] {
            assert!(is_for(text), "{text}");
        }
        for text in [
            r#"namespaces="file""#,
            r#"namespaces="""#,
            r#"namespaces="*,!git""#,
            r#"namespaces="!git,git""#,
            r#"namespaces="g,gi,gitt,?git,GIT""#,
        ] {
            assert!(!is_for(text), "{text}");
        }
    }

    #[test]
    fn mistakes() {
        for (text, said) in [
            ("cert-authority", "certificates"),
            ("cert-authority,namespaces=\"git\"", "certificates"),
            ("verify-required", "`verify-required` is not known"),
            ("namespaces=git", "quotation marks"),
            ("namespaces=\"git", "not closed"),
            ("namespaces=\"git\",namespaces=\"x\"", "twice"),
            ("valid-after=\"20200101\"", "and Z"),
            ("valid-before=\"tomorrow\"", "and Z"),
            ("", "`` is not known"),
        ] {
            let why = Options::read(text).expect_err(text);
            assert!(why.contains(said), "{text}: {why}");
        }
    }
}
