//! What a service says first: its references and what it can do.

use std::io::{self, Read};

use super::packet::{self, invalid};

/// References of a repository, and the capabilities of the service.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Greeting {
    /// Name and id in hexadecimal digits, as listed.
    pub(crate) references: Vec<(String, String)>,
    capabilities: Vec<String>,
}

impl Greeting {
    /// Reads up to the end of the section. A service that refuses says so in a packet `ERR`, which becomes `Err` inside.
    pub(crate) fn read(from: &mut impl Read) -> io::Result<Result<Greeting, String>> {
        let mut greeting = Greeting::default();
        while let Some(packet) = packet::read(from)? {
            if let Some(words) = packet.strip_prefix(b"ERR ") {
                return Ok(Err(
                    String::from_utf8_lossy(packet::line(words)).into_owned()
                ));
            }
            let text = std::str::from_utf8(packet::line(&packet))
                .map_err(|_| invalid("a reference that is not UTF-8"))?;
            greeting.line(text)?;
        }
        Ok(Ok(greeting))
    }

    fn line(&mut self, text: &str) -> io::Result<()> {
        // An answer in version 1 is one in version 0 behind this line.
        if text == "version 1" || text.starts_with("shallow ") {
            return Ok(());
        }
        let (reference, capabilities) = text.split_once('\0').unwrap_or((text, ""));
        let words = capabilities.split(' ').filter(|word| !word.is_empty());
        self.capabilities.extend(words.map(str::to_owned));
        match reference.split_once(' ') {
            // All zeros before capabilities^{}: there are no references, but something had to be said.
            Some((_, "capabilities^{}" | ".have")) => Ok(()),
            Some((id, name)) if is_id(id) => {
                self.references.push((name.to_owned(), id.to_owned()));
                Ok(())
            }
            _ => Err(invalid(format!(
                "{} is no reference",
                reference.escape_debug()
            ))),
        }
    }

    pub(crate) fn can(&self, capability: &str) -> bool {
        self.capabilities.iter().any(|found| found == capability)
    }

    /// `sha1`, unless said otherwise.
    pub(crate) fn object_format(&self) -> &str {
        self.value("object-format").next().unwrap_or("sha1")
    }

    /// The id of a reference, in hexadecimal digits.
    pub(crate) fn find(&self, reference: &str) -> Option<&str> {
        let mut all = self.references.iter();
        Some(&all.find(|(name, _)| name == reference)?.1)
    }

    /// The branch that `HEAD` names: told, or the only one at the same commit.
    pub(crate) fn head_branch(&self) -> Option<&str> {
        let told = self
            .value("symref")
            .find_map(|names| names.strip_prefix("HEAD:refs/heads/"));
        told.or_else(|| {
            let head = self.find("HEAD")?;
            let mut same = self.branches().filter(|(_, id)| *id == head);
            same.next().map(|(name, _)| name)
        })
    }

    /// Branches without `refs/heads/`, and their ids.
    pub(crate) fn branches(&self) -> impl Iterator<Item = (&str, &str)> {
        self.references
            .iter()
            .filter_map(|(name, id)| Some((name.strip_prefix("refs/heads/")?, id.as_str())))
    }

    fn value(&self, key: &str) -> impl Iterator<Item = &str> {
        self.capabilities
            .iter()
            .filter_map(move |word| word.strip_prefix(key)?.strip_prefix('='))
    }
}

fn is_id(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.bytes().all(|octet| octet.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn greeting(lines: &[&str]) -> io::Result<Result<Greeting, String>> {
        let mut octets = Vec::new();
        lines
            .iter()
            .for_each(|line| packet::write(&mut octets, line));
        packet::end_section(&mut octets);
        Greeting::read(&mut octets.as_slice())
    }

    const ID: &str = "95d09f2b10159347eece71399a7e2e907ea3df4f";

    #[test]
    fn as_servers_say_it() {
        let head = format!("{ID} HEAD\0ofs-delta symref=HEAD:refs/heads/main object-format=sha1\n");
        let read = greeting(&[&head, &format!("{ID} refs/heads/main\n")]);
        let read = read.unwrap().unwrap();
        assert_eq!(read.find("refs/heads/main"), Some(ID));
        assert_eq!(read.head_branch(), Some("main"));
        assert!(read.can("ofs-delta") && !read.can("ofs"));
        assert_eq!(read.object_format(), "sha1");
    }

    #[test]
    fn empty_ones_and_refusals() {
        let empty = format!("{} capabilities^{{}}\0report-status", "0".repeat(40));
        let read = greeting(&[&empty]).unwrap().unwrap();
        assert!(read.references.is_empty() && read.can("report-status"));
        assert_eq!(greeting(&[]).unwrap().unwrap(), Greeting::default());
        let refused = greeting(&["ERR access denied\n"]).unwrap();
        assert_eq!(refused, Err("access denied".into()));
        for nonsense in ["hello", "xyz refs/heads/main", "\u{1b}[2J"] {
            assert!(greeting(&[nonsense]).is_err());
        }
    }
}
