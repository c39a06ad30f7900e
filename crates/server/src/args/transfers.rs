//! Options about who may transfer zones.

use authority::Prefix;
use clap::Args;

/// Who may transfer zones without a key.
#[derive(Debug, Args)]
pub(super) struct TransferArgs {
    /// Network that may transfer all zones without a key; may be given several times [default: none, a key of --keys is needed]
    #[arg(long, value_name = "PREFIX", help_heading = super::notify::HEADING, requires = "serving")]
    pub(super) allow_transfer: Vec<Prefix>,
}
