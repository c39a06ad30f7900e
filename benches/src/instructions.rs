//! Instructions of the answer path and of loading, counted by valgrind: the same on every run of the same program.

use std::{env, error::Error, fs, path::Path, process::Command};

use crate::sample::{APEX, Kind, Shape};

const QUESTIONS: usize = 2000;

/// Prints instructions per record loaded and per question of each kind.
pub(crate) fn count(records: usize) -> Result<(), Box<dyn Error>> {
    let dir = env::temp_dir().join(format!("stemma-instructions-{}", std::process::id()));
    fs::create_dir_all(&dir)?;
    let counted = count_in(&dir, records);
    let _ = fs::remove_dir_all(&dir);
    counted
}

fn count_in(dir: &Path, records: usize) -> Result<(), Box<dyn Error>> {
    let shape = Shape::of(records);
    let (zone, questions) = (dir.join(APEX), dir.join("questions"));
    let text = shape.text();
    fs::write(&zone, &text)?;
    fs::write(&questions, "")?;
    // The first two lines are directives.
    let loaded = text.lines().count() - 2;
    for (part, function) in [("read", "read"), ("build", "build"), ("check", "check")] {
        println!(
            "{part:14} {:8.0} per record",
            counted(function, &zone, &questions)? / loaded as f64
        );
    }
    for kind in Kind::ALL {
        fs::write(&questions, shape.questions_of(kind, QUESTIONS))?;
        println!(
            "{:14} {:8.0} per question",
            kind.name(),
            counted("answer_all", &zone, &questions)? / QUESTIONS as f64
        );
    }
    Ok(())
}

/// Instructions inside this function of `engine` while the questions are answered.
fn counted(function: &str, zone: &Path, questions: &Path) -> Result<f64, Box<dyn Error>> {
    let mut valgrind = Command::new("valgrind");
    valgrind.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]);
    valgrind.arg(format!("--toggle-collect=benches::engine::{function}"));
    let output = valgrind
        .arg(env::current_exe()?)
        .arg("answer")
        .arg(zone)
        .arg(questions)
        .output();
    let output = output.map_err(|error| format!("valgrind: {error}"))?;
    let text = String::from_utf8_lossy(&output.stderr);
    let collected = text
        .split_once("Collected :")
        .and_then(|(_, rest)| rest.split_whitespace().next()?.parse().ok());
    collected.ok_or_else(|| format!("valgrind said: {text}").into())
}
