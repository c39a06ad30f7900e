//! A strict reader of the text format, with the rules that `promtool check metrics` has.

use std::collections::{BTreeMap, BTreeSet};

/// Samples by name and labels, as they are written.
pub(crate) struct Metrics(BTreeMap<String, f64>);

impl Metrics {
    /// Reads a page.
    ///
    /// # Panics
    /// At the first line that is not as the format wants it.
    pub(crate) fn read(text: &str) -> Metrics {
        assert!(text.ends_with('\n'), "the last line has no end");
        let (mut samples, mut families) = (BTreeMap::new(), BTreeSet::new());
        let (mut name, mut kind) = ("", "");
        for line in text.lines() {
            if let Some(help) = line.strip_prefix("# HELP ") {
                name = help.split(' ').next().expect("a name");
                assert!(help.len() > name.len() + 5, "no help: {line}");
                assert!(families.insert(name), "a family in two places: {line}");
            } else if let Some(rest) = line.strip_prefix("# TYPE ") {
                let (of, is) = rest.split_once(' ').expect("a type");
                assert_eq!(of, name, "a type without help before it");
                assert!(["counter", "gauge", "histogram"].contains(&is), "{line}");
                assert_eq!(is == "counter", name.ends_with("_total"), "{line}");
                kind = is;
            } else {
                let (key, value) = read_sample(line, name, kind);
                let old = samples.insert(key, value);
                assert_eq!(old, None, "twice: {line}");
            }
        }
        Metrics(samples)
    }

    pub(crate) fn value(&self, key: &str) -> f64 {
        let value = self.0.get(key).copied();
        value.unwrap_or_else(|| panic!("{key} is not in {:#?}", self.0.keys()))
    }

    pub(crate) fn has(&self, key: &str) -> bool {
        self.0.contains_key(key)
    }

    /// The sum of all samples whose text begins so.
    pub(crate) fn sum(&self, beginning: &str) -> f64 {
        let samples = self.0.iter().filter(|(key, _)| key.starts_with(beginning));
        samples.map(|(_, value)| value).sum()
    }

    /// Buckets rise, and the last holds all.
    pub(crate) fn assert_histogram(&self, name: &str, labels: &str) {
        let bucket = format!("{name}_bucket{{{labels}");
        let bound = |key: &str| {
            let le = key.split("le=\"").nth(1).expect("a bound");
            let le = le.trim_end_matches("\"}");
            if le == "+Inf" {
                f64::INFINITY
            } else {
                le.parse().expect("a number")
            }
        };
        let buckets = self.0.iter().filter(|(key, _)| key.starts_with(&bucket));
        let mut buckets: Vec<_> = buckets.map(|(key, value)| (bound(key), *value)).collect();
        buckets.sort_by(|a, b| a.0.total_cmp(&b.0));
        assert!(
            buckets.len() > 5 && buckets.is_sorted_by(|a, b| a.1 <= b.1),
            "{buckets:?}"
        );
        let count = match labels {
            "" => self.value(&format!("{name}_count")),
            labels => self.value(&format!("{name}_count{{{}}}", labels.trim_end_matches(','))),
        };
        assert_eq!(buckets.last(), Some(&(f64::INFINITY, count)));
    }
}

fn read_sample(line: &str, family: &str, kind: &str) -> (String, f64) {
    let (key, value) = line.rsplit_once(' ').expect("name and value");
    let name = key.split('{').next().expect("a name");
    let suffix = name.strip_prefix(family).expect("a sample of its family");
    match kind {
        "histogram" => assert!(["_bucket", "_sum", "_count"].contains(&suffix), "{line}"),
        _ => assert_eq!(suffix, "", "{line}"),
    }
    let is_word = |text: &str| {
        text.starts_with(|c: char| c.is_ascii_lowercase())
            && text
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
    };
    assert!(is_word(name), "{line}");
    if let Some(labels) = key.strip_prefix(name).filter(|labels| !labels.is_empty()) {
        let labels = labels
            .strip_prefix('{')
            .and_then(|labels| labels.strip_suffix('}'));
        read_labels(labels.expect("braces"), &is_word);
    }
    (key.to_owned(), value.parse().expect("a number"))
}

fn read_labels(mut text: &str, is_word: &dyn Fn(&str) -> bool) {
    let mut names = BTreeSet::new();
    while !text.is_empty() {
        let (name, rest) = text.split_once("=\"").expect("a label");
        assert!(is_word(name) && names.insert(name), "{text}");
        let mut escaped = false;
        let end = rest.find(|c| {
            let ends = c == '"' && !escaped;
            assert!(!escaped || ['\\', '"', 'n'].contains(&c), "{text}");
            escaped = c == '\\' && !escaped;
            ends
        });
        let rest = &rest[end.expect("a closing quote") + 1..];
        text = rest.strip_prefix(',').unwrap_or(rest);
        assert!(rest.is_empty() || !text.is_empty(), "a comma at the end");
    }
}
