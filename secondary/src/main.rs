#![forbid(unsafe_code)]
//! The program `secondary`: its command line, its log and its signals around the library.

use std::process::ExitCode;

use secondary::args::{Args, Task};
use secondary::{Failure, Status, run_with};
use server::{Inherited, ServiceManager, control, log};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

fn main() -> ExitCode {
    let args = Args::read();
    let done = args.task().and_then(|task| match task {
        Task::Serve(config) => serve(&args, *config),
        Task::Status { control, format } => Ok(control::print_status::<Status>(
            "secondary",
            &control,
            format,
        )?),
    });
    let code = done.unwrap_or_else(|failure| {
        log::say(&format!("secondary: {failure}"));
        failure.exit_code()
    });
    log::finish();
    code
}

fn serve(args: &Args, config: secondary::Config) -> Result<ExitCode, Failure> {
    log::start(args.log.log_format, args.log.log_level);
    let mut signals = Signals::new([SIGTERM, SIGINT, SIGHUP])?;
    let inherited = Inherited::of_the_environment()?;
    let running = run_with(config, inherited, ServiceManager::of_the_environment())?;
    for signal in signals.forever() {
        match signal {
            SIGHUP => running.reload(),
            _ => break,
        }
    }
    running.stop();
    Ok(ExitCode::SUCCESS)
}
