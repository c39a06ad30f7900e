#![forbid(unsafe_code)]
//! The program `primary`: its command line, its log and its signals around the library.

use std::process::ExitCode;

use primary::args::{Args, Task};
use primary::{Edges, Failure, control};
use server::log;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

fn main() -> ExitCode {
    let args = Args::read();
    let done = args.task().and_then(|task| match task {
        Task::Serve(config) => serve(&args, *config),
        Task::Status { control, format } => control::print_status(&control, format),
    });
    let code = done.unwrap_or_else(|failure| {
        log::say(&format!("primary: {failure}"));
        failure.exit_code()
    });
    log::finish();
    code
}

fn serve(args: &Args, config: primary::Config) -> Result<ExitCode, Failure> {
    log::start(args.log.log_format, args.log.log_level);
    let mut signals = Signals::new([SIGTERM, SIGINT, SIGHUP]).map_err(Failure::system)?;
    let running = primary::run(config, Edges::of_the_system()?.with_service_manager()?)?;
    for signal in signals.forever() {
        match signal {
            SIGHUP => running.look(),
            _ => break,
        }
    }
    running.stop();
    Ok(ExitCode::SUCCESS)
}
