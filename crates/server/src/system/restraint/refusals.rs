//! The thread that tells which system calls the kernel refused.

use std::collections::HashMap;
use std::thread;

use confine::Refused;

use crate::failure::Failure;
use crate::telling::log;

/// Starts it, in a process that is confined; it waits for as long as the process runs.
pub(crate) fn tell() -> Result<(), Failure> {
    let thread = thread::Builder::new().name("refusals".into());
    thread.spawn(watch).map_err(Failure::system)?;
    Ok(())
}

fn watch() {
    let (mut seen, mut told) = (0, Told::default());
    loop {
        seen = confine::await_refusal(seen);
        for refused in confine::refused() {
            if told.is_news(&refused) {
                log::refused(&refused);
            }
        }
    }
}

/// How often each call had been refused when that was told last.
#[derive(Default)]
struct Told(HashMap<(i64, bool), u32>);

impl Told {
    /// The first, and then each time that there are ten times as many: nobody can fill the log.
    fn is_news(&mut self, refused: &Refused) -> bool {
        let told = self
            .0
            .entry((refused.call, refused.by_answering))
            .or_default();
        let is_news = refused.times >= told.saturating_mul(10).max(1);
        if is_news {
            *told = refused.times;
        }
        is_news
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_call_is_told_at_once_and_then_ever_less_often() {
        let mut told = Told::default();
        let mut is_news = |by_answering, times| {
            told.is_news(&Refused {
                call: 59,
                by_answering,
                times,
            })
        };
        let news: Vec<u32> = (1..=2000).filter(|times| is_news(false, *times)).collect();
        assert_eq!(news, [1, 10, 100, 1000]);
        assert!(is_news(true, 7), "by other threads, it is another matter");
    }
}
