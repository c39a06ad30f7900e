//! What the server gives up.

use clap::{Args, ValueEnum};

use crate::system::restraint::Restraint;

#[derive(Debug, Args)]
pub(super) struct RestraintArgs {
    /// User to become once the addresses are bound; only root can start the server with it
    #[arg(long, value_name = "NAME", requires = "serving")]
    user: Option<String>,

    /// Whether the kernel refuses the server what it does not need
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    confine: When,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum When {
    #[value(help = "As far as the kernel can")]
    Auto,
    #[value(help = "Not at all")]
    Off,
}

impl RestraintArgs {
    pub(super) fn read(&self) -> Restraint {
        Restraint {
            user: self.user.clone(),
            is_confined: self.confine == When::Auto,
        }
    }
}
