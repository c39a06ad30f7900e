use tsig::{Complete, Open, Settled, Time};

fn finished(open: Open) -> Complete {
    open.finish()
}

fn gone_on_after_an_error(stream: Settled, message: &[u8], now: Time) {
    if stream.next(message, now).is_err() {
        let _ = stream.next(message, now);
    }
}

fn main() {}
