//! Objects on their way from and to other repositories: packs taken in, packs made.

mod delta;
mod novel;
mod outgoing;
mod quarantine;
mod receive;
