//! What `zonetool explain` shows is true: each bad example breaks its rule and no other, each good one breaks none.

#![allow(clippy::unwrap_used, reason = "a test: a panic is its output")]

mod common;

use std::path::Path;

use common::{Checked, TOP};
use zone::rules::Rule;

/// Rules whose examples need more than one text, or more than fits a page.
const WITHOUT_EXAMPLE: &[Rule] = &[
    Rule::BadOctet,
    Rule::NameTooLong,
    Rule::IncludeMissing,
    Rule::IncludeRefused,
    Rule::IncludeTooDeep,
    Rule::ZoneTooLarge,
    Rule::TooManyErrors,
    Rule::SetTooLarge,
    Rule::UnsignedRrset,
    Rule::SignatureCoversNothing,
    Rule::SignatureExpired,
    Rule::SerialNotRaised,
    Rule::SerialLowered,
    Rule::BadPolicy,
    Rule::BadUpdatePolicy,
    Rule::BadKey,
];

#[test]
fn examples_are_true() {
    let with_example = |rule: &&Rule| !WITHOUT_EXAMPLE.contains(rule);
    let mut wrong = Vec::new();
    for rule in Rule::ALL.iter().copied().filter(|rule| with_example(&rule)) {
        // What a comment fails to allow is found.
        let bad = if rule == Rule::BadAllowance {
            vec![Rule::BadHostName, rule]
        } else {
            vec![rule]
        };
        for (heading, expected) in [("Bad:", bad), ("Good:", vec![])] {
            let found = found(rule, heading);
            if found.iter().map(|(rule, _)| *rule).ne(expected) {
                wrong.push((rule, heading, found));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn explanations_say_where_it_is_written() {
    let own = [
        Rule::BadAllowance,
        Rule::UnusedAllowance,
        Rule::BadPolicy,
        Rule::BadUpdatePolicy,
        Rule::BadKey,
        Rule::ZoneTooLarge,
        Rule::TooManyErrors,
    ];
    for rule in Rule::ALL.iter().filter(|rule| !own.contains(rule)) {
        let last = rule.explain().trim_end().rsplit("\n\n").next().unwrap();
        assert!(last.starts_with("See "), "{rule}: {last}");
    }
}

fn found(rule: Rule, heading: &str) -> Vec<(Rule, String)> {
    let example = example(rule, heading);
    let whole = example.contains(" SOA ") && example.contains(" NS ");
    let lacks = matches!(rule, Rule::NoSoa | Rule::NoApexNs);
    let text = if whole || lacks {
        example
    } else {
        format!("{TOP}{example}")
    };
    let policy = format!(
        ";! policy * {rule} {}\n",
        if rule == Rule::CaaNoAccount {
            "note"
        } else {
            "error"
        }
    );
    let policy = if rule.is_fixed() {
        String::new()
    } else {
        policy
    };
    let text = if text.contains("$TTL") || rule == Rule::NoTtl {
        text
    } else {
        format!("$TTL 3600\n{text}")
    };
    let checked = Checked::text(Path::new("example"), format!("{policy}{text}").as_bytes());
    checked
        .findings
        .into_iter()
        .map(|finding| (finding.rule, finding.message))
        .collect()
}

/// The indented lines below a heading.
fn example(rule: Rule, heading: &str) -> String {
    let (_, after) = rule
        .explain()
        .split_once(heading)
        .unwrap_or_else(|| panic!("{rule} has no {heading}"));
    let lines = after.trim_start_matches('\n').lines();
    let mut text = String::new();
    for line in lines.take_while(|line| line.is_empty() || line.starts_with("    ")) {
        text.extend([line.strip_prefix("    ").unwrap_or(line), "\n"]);
    }
    text
}
