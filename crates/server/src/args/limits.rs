//! How much is sent to one network, and how it is told from others.

use std::path::PathBuf;

use authority::{Prefix, RateLimit};
use clap::Args;

/// Rate limits and cookies.
#[derive(Debug, Args)]
pub(super) struct LimitArgs {
    /// UDP answers a second of one kind to one network (/24, /56), from 1, or `off`
    #[arg(long, value_name = "N", default_value = "200", value_parser = read_rate)]
    rate_limit: Rate,

    /// Of the answers over the rate, every Nth goes out empty, with TC, and the others are dropped; 0: all are
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u8).range(0..=RateLimit::SLIP_MAX as i64))]
    rate_limit_slip: u8,

    /// Network that is not limited; may be given several times
    #[arg(long, value_name = "PREFIX")]
    rate_limit_exempt: Vec<Prefix>,

    /// File with the secret of server cookies, shared with other servers [default: a secret of its own, new each day]
    #[arg(long, value_name = "FILE", requires = "serving")]
    pub(super) cookie_secret: Option<PathBuf>,
}

impl LimitArgs {
    pub(super) fn rate_limit(&self) -> Option<RateLimit> {
        let Rate(rate) = self.rate_limit;
        rate.map(|rate| RateLimit {
            rate,
            slip: self.rate_limit_slip,
            exempt: self.rate_limit_exempt.as_slice().into(),
        })
    }
}

/// Answers a second; `None`: no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Rate(Option<u32>);

fn read_rate(text: &str) -> Result<Rate, String> {
    match (text, text.parse()) {
        ("off", _) => Ok(Rate(None)),
        (_, Ok(rate @ 1..=RateLimit::RATE_MAX)) => Ok(Rate(Some(rate))),
        _ => Err(format!(
            "write `off` or a number from 1 to {}",
            RateLimit::RATE_MAX
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates() {
        assert_eq!(read_rate("off"), Ok(Rate(None)));
        assert_eq!(read_rate("1"), Ok(Rate(Some(1))));
        assert_eq!(read_rate("1000000"), Ok(Rate(Some(1_000_000))));
        for wrong in ["0", "1000001", "-1", "on", ""] {
            assert!(read_rate(wrong).is_err(), "{wrong}");
        }
    }
}
