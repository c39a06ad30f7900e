#![forbid(unsafe_code)]
//! The program `zonetool`; everything it does is in the library of the same name.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(zonetool::run(std::env::args_os()))
}
