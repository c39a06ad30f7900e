#![forbid(unsafe_code)]
//! The program `secondary`: its command line, its log and its signals around the library.

use std::process::ExitCode;

use clap::Parser;
use secondary::args::Args;
use secondary::{Failure, run};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

fn main() -> ExitCode {
    let args = Args::parse();
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_max_level(tracing::Level::from(args.log_level))
        .with_ansi(false)
        .with_target(false)
        .init();
    match serve(args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            tracing::error!("secondary: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn serve(args: Args) -> Result<(), Failure> {
    let mut signals = Signals::new([SIGTERM, SIGINT])?;
    let running = run(args.config()?)?;
    let addresses = running.addresses();
    tracing::info!(?addresses, "answering");
    signals.forever().next();
    running.stop();
    Ok(())
}
