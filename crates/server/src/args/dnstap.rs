//! Who is told of questions and answers.

use std::num::NonZeroU32;
use std::path::PathBuf;

use clap::Args;

use crate::telling::dnstap::Dnstap;

#[derive(Debug, Args)]
pub(super) struct DnstapArgs {
    /// Unix socket at which somebody takes copies of questions and answers, as Frame Streams (dnstap)
    #[arg(long, value_name = "SOCKET", requires = "serving")]
    dnstap: Option<PathBuf>,

    /// Copy every Nth message only, and its answer
    #[arg(long, value_name = "N", default_value = "1", requires = "dnstap")]
    dnstap_sample: NonZeroU32,
}

impl DnstapArgs {
    pub(super) fn read(&self) -> Option<Dnstap> {
        self.dnstap.clone().map(|socket| Dnstap {
            socket,
            sample: self.dnstap_sample,
        })
    }
}
