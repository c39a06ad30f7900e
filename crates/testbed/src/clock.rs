//! Programs whose clock of the wall is another one; the steady one is not touched.

use std::fs;
use std::path::Path;

/// What is put into the environment of a program.
pub type Environment = Vec<(&'static str, String)>;

/// The clock is off by what the file says, such as `+2d`, at each look.
pub fn off_by_file(file: &Path) -> Environment {
    under([
        ("FAKETIME_TIMESTAMP_FILE", file.display().to_string()),
        ("FAKETIME_NO_CACHE", "1".into()),
    ])
}

/// The clock is off by so much, such as `-4000s`.
pub fn off_by(much: &str) -> Environment {
    under([("FAKETIME", much.into())])
}

/// Words in front of a program for the same.
pub fn words(environment: &Environment) -> Vec<String> {
    let words = environment
        .iter()
        .map(|(name, value)| format!("{name}={value}"));
    std::iter::once("env".into()).chain(words).collect()
}

fn under(clock: impl IntoIterator<Item = (&'static str, String)>) -> Environment {
    let library = fs::read_dir("/usr/lib").expect("a folder").flatten();
    let library = library.map(|dir| dir.path().join("faketime/libfaketimeMT.so.1"));
    let library = library.filter(|path| path.exists()).last();
    let library = library.expect("Debian's package faketime; tests/run programs installs it");
    let always = [
        ("LD_PRELOAD", library.display().to_string()),
        ("FAKETIME_DONT_FAKE_MONOTONIC", "1".into()),
    ];
    always.into_iter().chain(clock).collect()
}
