//! The program itself.

use super::text::Page;
use crate::program::Program;
use crate::telling::dnstap::Sending;

pub(super) fn write(page: &mut Page, program: &dyn Program) {
    page.gauge("stemma_build_info", "The program that answers.")
        .sample(&[("version", env!("CARGO_PKG_VERSION"))], 1);
    page.gauge(
        "process_start_time_seconds",
        "When the server began, in seconds since 1970.",
    )
    .sample(&[], program.front().started_at_secs);
    let ready = u8::from(program.ready().is_ok());
    page.gauge("stemma_ready", "Whether /readyz answers 200.")
        .sample(&[], ready);
    page.counter(
        "stemma_log_lines_dropped_total",
        "Lines of the log that standard error was not read fast enough for.",
    )
    .sample(&[], crate::telling::log::dropped_lines());
    write_refused(page);
    let [sent, dropped] = program
        .front()
        .copying
        .as_ref()
        .map_or([0; 2], Sending::counts);
    page.counter(
        "stemma_dnstap_frames_total",
        "Copies of questions and answers: taken at the other end, or dropped as there was no room.",
    )
    .sample(&[("outcome", "sent")], sent)
    .sample(&[("outcome", "dropped")], dropped);
}

/// All zeros where there is no filter.
fn write_refused(page: &mut Page) {
    page.counter(
        "stemma_refused_system_calls_total",
        "System calls that the kernel refused the server: by threads that answer, or by others. Please report if it is not 0.",
    );
    let refused = confine::refused();
    for (threads, by_answering) in [("answering", true), ("other", false)] {
        let those = refused.iter().filter(|it| it.by_answering == by_answering);
        let times: u64 = those.map(|it| u64::from(it.times)).sum();
        page.sample(&[("threads", threads)], times);
    }
}
