//! Prints the files of a folder, such as a fuzzer leaves behind, as lines for `found/TARGET.txt`.
#![allow(clippy::print_stdout, reason = "this is what it is for")]

use std::collections::BTreeSet;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let mut lines = BTreeSet::new();
    for folder in env::args_os().skip(1) {
        for entry in fs::read_dir(folder)? {
            let input = fs::read(entry?.path())?;
            if input.len() <= fuzz::found::LONGEST {
                lines.insert(fuzz::found::write(&input));
            }
        }
    }
    lines.iter().for_each(|line| println!("{line}"));
    Ok(())
}
