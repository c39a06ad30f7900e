#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, reason = "a test: a panic is its output")]
//! Every help text, held still, and held to one grammar.

use clap::builder::PossibleValue;
use clap::{Arg, Command};

/// All commands with the words that reach them.
fn commands() -> Vec<(String, Command)> {
    let mut root = zonetool::command();
    root.build();
    let mut found = Vec::new();
    collect("zonetool", &root, &mut found);
    found
}

fn collect(words: &str, command: &Command, found: &mut Vec<(String, Command)>) {
    found.push((words.to_owned(), command.clone()));
    for sub in command.get_subcommands() {
        collect(&format!("{words} {}", sub.get_name()), sub, found);
    }
}

#[test]
fn help_texts() {
    for (words, mut command) in commands() {
        let name = words.replace(' ', "-");
        insta::assert_snapshot!(name, command.render_long_help().to_string());
    }
}

#[test]
fn commands_and_options_are_imperative_sentences_without_a_final_dot() {
    for (words, command) in commands() {
        let about = command
            .get_about()
            .unwrap_or_else(|| panic!("{words} says nothing"))
            .to_string();
        assert_imperative(&words, &about);
        for argument in command.get_arguments().filter(|argument| is_ours(argument)) {
            let help = argument
                .get_help()
                .unwrap_or_else(|| panic!("{words} {}", argument.get_id()));
            assert_imperative(&format!("{words} {}", argument.get_id()), &help.to_string());
        }
    }
}

/// Those with a heading of their own are shared with `primary`, in whose words they are.
fn is_ours(argument: &Arg) -> bool {
    argument.get_help_heading().is_none()
        && !["help", "version"].contains(&argument.get_id().as_str())
}

/// Begins with a capital verb (never "The", "A", "If", "Whether" or a third person), ends without a dot, fits a line.
fn assert_imperative(what: &str, text: &str) {
    let first = text.split_whitespace().next().unwrap_or_default();
    assert!(
        first.starts_with(|c: char| c.is_ascii_uppercase()),
        "{what}: {text}"
    );
    assert!(
        !["The", "A", "An", "If", "Whether", "Which"].contains(&first),
        "{what}: {text}"
    );
    assert!(
        !first.ends_with('s') || first.ends_with("ss"),
        "{what} is in the third person: {text}"
    );
    assert!(!text.ends_with('.') && text.len() <= 90, "{what}: {text}");
}

#[test]
fn values_are_named_in_capitals() {
    for (words, command) in commands() {
        for argument in command
            .get_arguments()
            .filter(|argument| is_ours(argument) && argument.get_action().takes_values())
        {
            for name in argument.get_value_names().unwrap() {
                assert_eq!(name.to_uppercase(), name.as_str(), "{words}");
            }
        }
    }
}

#[test]
fn commands_that_do_something_tell_their_exit_codes_and_an_example() {
    for (words, command) in commands()
        .into_iter()
        .filter(|(_, command)| !command.has_subcommands())
    {
        let after = command
            .get_after_help()
            .unwrap_or_else(|| panic!("{words}"))
            .to_string();
        assert!(after.contains("Exit codes:\n  0  "), "{words}");
        assert!(after.contains("Examples:\n  "), "{words}");
    }
}

#[test]
fn every_command_prints_json_too() {
    for (words, command) in commands()
        .into_iter()
        .filter(|(_, command)| !command.has_subcommands())
    {
        let format = command
            .get_arguments()
            .find(|argument| argument.get_id() == "format");
        let values = format
            .unwrap_or_else(|| panic!("{words} has no --format"))
            .get_possible_values();
        let names: Vec<&str> = values.iter().map(PossibleValue::get_name).collect();
        assert_eq!(names[..2], ["human", "json"], "{words}");
    }
}

/// The manual names each command with each of its options, and no others.
#[test]
fn the_readme_has_every_option() {
    let readme = include_str!("../README.md");
    let synopsis = readme
        .split("**SYNOPSIS**")
        .nth(1)
        .unwrap()
        .split("Every command")
        .next()
        .unwrap();
    for (words, command) in commands() {
        let name = words.rsplit(' ').next().unwrap();
        assert!(synopsis.contains(name), "{words}");
        for option in command
            .get_arguments()
            .filter(|argument| is_ours(argument))
            .filter_map(Arg::get_long)
        {
            assert!(
                option == "format" || synopsis.contains(&format!("[--{option}")),
                "{words} --{option}"
            );
        }
    }
}
