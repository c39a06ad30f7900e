//! Options about whose commits are served.

use std::path::PathBuf;

use clap::Args;

/// Whose commits are served.
#[derive(Debug, Args)]
pub(super) struct TrustArgs {
    /// File with the keys that commits must be signed with: lines as of ssh-keygen(1), blocks of OpenPGP public keys [default: none need be signed]
    #[arg(long, value_name = "FILE", requires = "repo")]
    pub(super) allowed_signers: Option<PathBuf>,
}
