//! What holds for all commands: explanations, completions, closed pipes, errors.

use crate::desk::{Desk, ZONETOOL};

#[test]
fn every_rule_is_explained() {
    let desk = Desk::new();
    let list = desk
        .zonetool("", &["explain", "--format", "json"])
        .succeeded()
        .json();
    let rules = list["rules"].as_array().unwrap();
    assert!(rules.len() > 50);
    for rule in rules {
        assert!(rule["text"].as_str().unwrap().len() > 20, "{rule}");
    }
    assert!(
        desk.zonetool("", &["explain", "Missing-Final-Dot"])
            .succeeded()
            .out
            .starts_with("missing-final-dot (error): ")
    );
    let ran = desk
        .zonetool("", &["explain", "mising-final-dot"])
        .exited(2);
    assert!(
        ran.err.contains("next: zonetool explain missing-final-dot"),
        "{}",
        ran.err
    );
}

#[test]
fn completions_for_every_shell() {
    let desk = Desk::new();
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = desk.zonetool("", &["completions", shell]).succeeded().out;
        assert!(
            script.contains("pre-receive") && script.contains("fail-on"),
            "{shell}"
        );
        let json = desk
            .zonetool("", &["completions", shell, "--format", "json"])
            .succeeded()
            .json();
        assert_eq!(json["script"], script.as_str());
    }
}

#[test]
fn a_reader_that_leaves_early_is_no_error() {
    let desk = Desk::new();
    let ran = desk.shell(
        "",
        &format!(
            "set -o pipefail 2>/dev/null; {ZONETOOL} explain | head -1; {ZONETOOL} explain >&-"
        ),
    );
    assert_eq!(ran.err, "");
}

#[test]
fn errors_are_json_where_json_was_asked_for() {
    let desk = Desk::new();
    let ran = desk
        .zonetool("", &["show", "example.org", "--format", "json"])
        .exited(3);
    let error: serde_json::Value = serde_json::from_str(&ran.err).unwrap();
    assert!(
        error["error"]["message"]
            .as_str()
            .unwrap()
            .contains("in no Git repository"),
        "{error}"
    );
}

#[test]
fn accepting_needs_a_primary_and_the_id_of_a_commit() {
    let desk = Desk::new();
    let words = ["accept", "5f0c3bd9", "--control", "nobody"];
    let ran = desk.zonetool("", &words).exited(3);
    assert!(ran.err.contains("no running primary"), "{}", ran.err);
    for branch in ["main", "5f0", "5f0c3bd9~1"] {
        desk.zonetool("", &["accept", branch]).exited(2);
    }
}
