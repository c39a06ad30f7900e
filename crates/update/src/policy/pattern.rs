//! Names that a line of a policy is about.

use alloc::string::String;
use core::fmt;
use core::str::FromStr;

use rr::{Name, NameError, NameRef};

/// One name, or all that look alike: `*` as a label of a pattern stands for one or more labels.
///
/// ```
/// use rr::Name;
/// use update::Pattern;
///
/// let fits = |pattern: &str, name: &str| {
///     let pattern: Pattern = pattern.parse().expect("a pattern");
///     pattern.fits(Name::from_text(name).expect("a name").as_ref())
/// };
/// assert!(fits("www.example.org", "WWW.example.org."));
/// assert!(fits("*.example.org", "a.b.example.org") && !fits("*.example.org", "example.org"));
/// assert!(fits("_acme-challenge.*", "_acme-challenge.www.example.org"));
/// assert!(fits("_acme-challenge.*.example.org", "_acme-challenge.a.b.example.org"));
/// assert!(!fits("_acme-challenge.*.example.org", "_acme-challenge.example.org"));
/// assert!(fits("*", "example.org") && !fits("*", "."));
/// assert!(fits(r"\*.example.org", "*.example.org") && !fits(r"\*.example.org", "a.example.org"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern(Kind);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Kind {
    One(Name),
    Between {
        /// The labels before the `*`, as a name.
        first: Name,
        /// The labels after it.
        last: Name,
    },
}

/// Why a word is no pattern of names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PatternError {
    /// A part of it is no name.
    Name(NameError),
    /// A second `*`.
    TwoStars,
    /// A `*` that is a part of a label.
    PartOfLabel,
}

impl Pattern {
    /// The one name.
    #[must_use]
    pub fn one(name: Name) -> Self {
        Self(Kind::One(name))
    }

    /// Whether the name is one of those that are meant.
    #[must_use]
    pub fn fits(&self, name: NameRef<'_>) -> bool {
        match &self.0 {
            Kind::One(one) => one.as_ref() == name,
            Kind::Between { first, last } => {
                let Some(before) = name.prefix_of(last.as_ref()) else {
                    return false;
                };
                let first = first
                    .as_wire()
                    .split_last()
                    .map_or(&[][..], |(_, labels)| labels);
                // Length octets are below letters: what begins alike is split alike.
                let begins = before
                    .get(..first.len())
                    .is_some_and(|start| start.eq_ignore_ascii_case(first));
                begins && before.len() > first.len()
            }
        }
    }

    /// Whether none of these names can be at or below `apex`.
    #[must_use]
    pub fn is_outside(&self, apex: NameRef<'_>) -> bool {
        match &self.0 {
            Kind::One(one) => !one.as_ref().is_at_or_below(apex),
            Kind::Between { last, .. } => {
                let last = last.as_ref();
                !last.is_at_or_below(apex) && !apex.is_at_or_below(last)
            }
        }
    }
}

impl From<NameError> for PatternError {
    fn from(error: NameError) -> Self {
        Self::Name(error)
    }
}

/// Reads a name, absolute whether or not it ends in a dot. The owner of a wildcard is written `\*.example.org`.
impl FromStr for Pattern {
    type Err = PatternError;

    fn from_str(text: &str) -> Result<Self, PatternError> {
        if text.len() > 1 && text.starts_with('.') {
            return Err(NameError::EmptyLabel.into());
        }
        let Some((first, last)) = split_at_star(text) else {
            let is_partial = text.replace("\\*", "").contains('*');
            return match is_partial {
                true => Err(PatternError::PartOfLabel),
                false => Ok(Self(Kind::One(Name::from_text(text)?))),
            };
        };
        if split_at_star(last).is_some() {
            return Err(PatternError::TwoStars);
        }
        if [first, last]
            .iter()
            .any(|part| part.replace("\\*", "").contains('*'))
        {
            return Err(PatternError::PartOfLabel);
        }
        let part = |text: &str| match text {
            "" => Ok(Name::root()),
            text => Name::from_text(text),
        };
        let (first, last) = (part(first)?, part(last)?);
        Ok(Self(Kind::Between { first, last }))
    }
}

/// What stands before and after the first label that is `*`, without the dots next to it.
fn split_at_star(text: &str) -> Option<(&str, &str)> {
    let mut start = 0;
    loop {
        let label = &text[start..];
        let end = start + label_length(label);
        if &text[start..end] == "*" {
            let first = text[..start].strip_suffix('.').unwrap_or(&text[..start]);
            return Some((first, text.get(end + 1..).unwrap_or("")));
        }
        match end < text.len() {
            true => start = end + 1,
            false => return None,
        }
    }
}

/// Octets up to the first dot that no backslash stands before.
fn label_length(text: &str) -> usize {
    let mut escaped = false;
    let end = text.bytes().position(|octet| {
        let is_end = octet == b'.' && !escaped;
        escaped = octet == b'\\' && !escaped;
        is_end
    });
    end.unwrap_or(text.len())
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::One(name) => f.write_str(&plain(name)),
            Kind::Between { first, last } => {
                if !first.as_ref().is_root() {
                    write!(f, "{}.", plain(first))?;
                }
                f.write_str("*")?;
                match last.as_ref().is_root() {
                    true => Ok(()),
                    false => write!(f, ".{}", plain(last)),
                }
            }
        }
    }
}

/// A name as the policy has it: without the last dot, and no label that could be taken for a star.
fn plain(name: &Name) -> String {
    let text = alloc::format!("{name}");
    let text = match name.as_ref().is_root() {
        true => text.as_str(),
        false => text.strip_suffix('.').unwrap_or(&text),
    };
    let mut out = String::new();
    let mut escaped = false;
    for letter in text.chars() {
        if letter == '*' && !escaped {
            out.push('\\');
        }
        escaped = letter == '\\' && !escaped;
        out.push(letter);
    }
    out
}

impl fmt::Display for PatternError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(error) => error.fmt(f),
            Self::TwoStars => f.write_str("a pattern has one `*`, which stands for one or more labels"),
            Self::PartOfLabel => f.write_str(
                "`*` is a label of its own and stands for one or more; write `\\*` for the owner of a wildcard",
            ),
        }
    }
}

impl core::error::Error for PatternError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_pattern() {
        for (text, error) in [
            ("*.*.example.org", PatternError::TwoStars),
            ("a.*.b.*", PatternError::TwoStars),
            ("web*.example.org", PatternError::PartOfLabel),
            ("*a.*.example.org", PatternError::PartOfLabel),
            ("a..b", PatternError::Name(NameError::EmptyLabel)),
            (".*", PatternError::Name(NameError::EmptyLabel)),
            ("a.*..b", PatternError::Name(NameError::EmptyLabel)),
        ] {
            assert_eq!(text.parse::<Pattern>(), Err(error), "{text}");
        }
    }

    #[test]
    fn patterns_are_written_as_they_are_read() {
        for text in [
            "example.org",
            ".",
            "*",
            "*.example.org",
            "_acme-challenge.*",
            "a.b.*.example.org",
            r"\*.example.org",
            r"a\.b.*",
            r"x\*y.example.org",
        ] {
            let pattern: Pattern = text.parse().expect(text);
            assert_eq!(alloc::format!("{pattern}"), text);
            let with_dot: Pattern = alloc::format!("{}.", text.trim_end_matches('.'))
                .parse()
                .unwrap();
            assert_eq!(with_dot, pattern, "{text}");
        }
    }

    #[test]
    fn a_pattern_knows_where_it_cannot_be() {
        let outside = |text: &str| {
            let apex = Name::from_text("example.org").unwrap();
            text.parse::<Pattern>().unwrap().is_outside(apex.as_ref())
        };
        for inside in [
            "example.org",
            "a.example.org",
            "*",
            "_x.*",
            "*.org",
            "*.sub.example.org",
        ] {
            assert!(!outside(inside), "{inside}");
        }
        for text in ["org", "example.net", "*.example.net", "_x.*.net"] {
            assert!(outside(text), "{text}");
        }
    }
}
