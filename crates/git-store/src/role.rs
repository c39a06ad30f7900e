//! The layout: what a file is, told by its path alone.
//!
//! Paths are below the *zone root*: the folder `zones/` of the commit if there is one, else its top.
//! The first line that fits decides.
//!
//! | path | what it is |
//! |---|---|
//! | a component begins with `.` | ignored |
//! | the file's name ends in `.md` | ignored |
//! | the file's name is `_keys` or ends in `._keys` | keys: never served, reported; read by who asks for keys |
//! | a folder of the path ends in `.d` | a part: read only where a zone brings it in by `$INCLUDE` |
//! | the file's name is one label with a capital letter (`README`, `Makefile`) | ignored |
//! | the file's name is a domain name ([`ZoneName::from_file_name`]) | the zone of that name |
//! | anything else | reported, not served |
//!
//! Folders that do not end in `.d` only arrange: `example.org`, `org/example.org` and
//! `customers/7/example.org` are the same zone, and two of them in one commit are a clash.

use crate::zone_name::{NameProblem, ZoneName};

/// What a path stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Role {
    /// Neither served nor reported.
    Ignored,
    /// The one file of this zone.
    Zone(ZoneName),
    /// A piece that a zone file may bring in by `$INCLUDE`.
    Part,
    /// Secrets by name: reported wherever they are.
    Keys,
    /// A file with a name that cannot be a zone's.
    NotAZone(NameProblem),
}

/// The folder that holds the zones, in a commit that has one.
pub const ZONE_ROOT: &str = "zones";

impl Role {
    /// The role of a file from its path below the zone root.
    ///
    /// ```
    /// use git_store::{Role, ZoneName};
    /// let zone = ZoneName::from_file_name("example.org")?;
    /// assert_eq!(Role::of("org/example.org"), Role::Zone(zone));
    /// assert_eq!(Role::of("org/example.org.d/hosts"), Role::Part);
    /// assert_eq!(Role::of("README.md"), Role::Ignored);
    /// # Ok::<(), git_store::NameProblem>(())
    /// ```
    #[must_use]
    pub fn of(path: &str) -> Role {
        let (folders, file) = path.rsplit_once('/').unwrap_or(("", path));
        if path.split('/').any(|component| component.starts_with('.')) || is_markdown(file) {
            return Role::Ignored;
        }
        if is_keys(file) {
            return Role::Keys;
        }
        if folders.split('/').any(|folder| folder.ends_with(".d")) {
            return Role::Part;
        }
        if is_capital_word(file) {
            return Role::Ignored;
        }
        ZoneName::from_file_name(file).map_or_else(Role::NotAZone, Role::Zone)
    }
}

fn is_markdown(file: &str) -> bool {
    ends_with_ignoring_case(file, ".md")
}

fn is_keys(file: &str) -> bool {
    file.eq_ignore_ascii_case("_keys") || ends_with_ignoring_case(file, "._keys")
}

fn is_capital_word(file: &str) -> bool {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    file.chars().all(is_word) && file.contains(|c: char| c.is_ascii_uppercase())
}

fn ends_with_ignoring_case(text: &str, end: &str) -> bool {
    let (text, end) = (text.as_bytes(), end.as_bytes());
    text.len() >= end.len() && text[text.len() - end.len()..].eq_ignore_ascii_case(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table() {
        let zone = |file: &str| Role::Zone(ZoneName::from_file_name(file).expect("a zone name"));
        for (path, wanted) in [
            ("example.org", zone("example.org")),
            ("org/example.org", zone("example.org")),
            ("a/b/c/Example.Org", zone("example.org")),
            ("org", zone("org")),
            ("@", zone("@")),
            (
                "0%2f25.2.0.192.in-addr.arpa",
                zone("0%2f25.2.0.192.in-addr.arpa"),
            ),
            ("2.0.192.in-addr.arpa", zone("2.0.192.in-addr.arpa")),
            ("example.d", zone("example.d")),
            ("example.org.d/a", Role::Part),
            ("common.d/sub/mail.inc", Role::Part),
            ("x.d/_keys", Role::Keys),
            ("_keys", Role::Keys),
            ("example.org._keys", Role::Keys),
            ("example.org._KEYS", Role::Keys),
            ("README.md", Role::Ignored),
            ("docs/How.MD", Role::Ignored),
            ("README", Role::Ignored),
            ("LICENSE", Role::Ignored),
            (".gitmodules", Role::Ignored),
            (".github/workflows/check.yml", Role::Ignored),
            (".d/x", Role::Ignored),
            ("example.org~", Role::NotAZone(NameProblem::Character('~'))),
            ("GIT~1", Role::NotAZone(NameProblem::Character('~'))),
            ("my zone", Role::NotAZone(NameProblem::Character(' '))),
        ] {
            assert_eq!(Role::of(path), wanted, "{path}");
        }
    }
}
