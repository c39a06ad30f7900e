//! Which line of ours stands for which section of which RFC, and which test names that RFC.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use crate::source::Source;

/// A mention such as `RFC 2308 §5` in a comment or a text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reference {
    /// The number of the RFC.
    pub rfc: u16,
    /// The section, `4.2.1`; empty where none is named.
    pub section: String,
}

/// Where each reference stands.
#[derive(Debug, Default)]
pub struct RfcIndex {
    rows: BTreeMap<Reference, Places>,
}

#[derive(Debug, Default)]
struct Places {
    code: BTreeSet<(String, usize)>,
    tests: BTreeSet<(String, usize)>,
}

impl RfcIndex {
    /// Collects the references of all files.
    pub fn of<'s>(sources: impl IntoIterator<Item = &'s Source>) -> RfcIndex {
        let mut index = RfcIndex::default();
        for source in sources {
            index.add(source);
        }
        index
    }

    fn add(&mut self, source: &Source) {
        let path = source.path.display().to_string();
        for (at, line) in source.text.lines().enumerate() {
            for reference in references(line) {
                let places = self.rows.entry(reference).or_default();
                let list = if source.is_test_line(at + 1) {
                    &mut places.tests
                } else {
                    &mut places.code
                };
                list.insert((path.clone(), at + 1));
            }
        }
    }

    /// RFCs that code names and no test does.
    pub fn untested(&self) -> Vec<u16> {
        let tested: BTreeSet<u16> = self.rfcs(|places| !places.tests.is_empty());
        self.rfcs(|places| !places.code.is_empty())
            .difference(&tested)
            .copied()
            .collect()
    }

    fn rfcs(&self, wanted: impl Fn(&Places) -> bool) -> BTreeSet<u16> {
        self.rows
            .iter()
            .filter(|(_, places)| wanted(places))
            .map(|(reference, _)| reference.rfc)
            .collect()
    }

    /// The table in Markdown: reference, code, tests.
    pub fn to_markdown(&self) -> String {
        let mut out = "| RFC | code | tests |\n|---|---|---|\n".to_owned();
        for (Reference { rfc, section }, places) in &self.rows {
            let mark = if section.is_empty() { "" } else { " §" };
            writeln!(
                out,
                "| {rfc}{mark}{section} | {} | {} |",
                list(&places.code),
                list(&places.tests)
            )
            .expect("a String takes all");
        }
        out
    }
}

fn list(places: &BTreeSet<(String, usize)>) -> String {
    let texts: Vec<_> = places
        .iter()
        .map(|(path, line)| format!("{path}:{line}"))
        .collect();
    texts.join("<br>")
}

/// The references in one line of text; `RFC 4035 §3.1.4.1, §5` and `RFC 6672 §2.2 and §3` are two each.
pub fn references(line: &str) -> Vec<Reference> {
    let mut found = Vec::new();
    for part in line.split("RFC ").skip(1) {
        let (number, rest) = split_digits(part);
        let Ok(rfc) = number.parse() else { continue };
        let sections: Vec<_> = rest
            .split('§')
            .skip(1)
            .map(section)
            .filter(|s| !s.is_empty())
            .collect();
        if sections.is_empty() {
            found.push(Reference {
                rfc,
                section: String::new(),
            });
        }
        found.extend(
            sections
                .into_iter()
                .map(|section| Reference { rfc, section }),
        );
    }
    found
}

fn split_digits(text: &str) -> (&str, &str) {
    text.split_at(
        text.find(|c: char| !c.is_ascii_digit())
            .unwrap_or(text.len()),
    )
}

/// `4.3.2:` is section 4.3.2.
fn section(text: &str) -> String {
    let end = text
        .find(|c: char| !c.is_ascii_alphanumeric() && c != '.')
        .unwrap_or(text.len());
    text[..end].trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(line: &str) -> Vec<(u16, String)> {
        references(line)
            .into_iter()
            .map(|r| (r.rfc, r.section))
            .collect()
    }

    #[test]
    fn sections_belong_to_the_rfc_before_them() {
        assert_eq!(
            found("// RFC 1034 §4.3.2: step 3, RFC 4592 §2.2.1."),
            [(1034, "4.3.2".into()), (4592, "2.2.1".into())]
        );
        assert_eq!(
            found("RFC 4035 §3.1.4.1, §5"),
            [(4035, "3.1.4.1".into()), (4035, "5".into())]
        );
        assert_eq!(found("RFC 9619"), [(9619, String::new())]);
        assert_eq!(found("the RFC says"), []);
    }
}
