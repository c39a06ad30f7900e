//! The log on the command line.

use clap::Args;

use crate::telling::log::{LogFormat, LogLevel};

/// What is logged, and how.
#[derive(Debug, Clone, Copy, Args)]
pub struct LogArgs {
    /// Format of the log, which goes to standard error
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub log_format: LogFormat,

    /// How much is logged
    #[arg(long, value_name = "LEVEL", default_value = "info")]
    pub log_level: LogLevel,
}
