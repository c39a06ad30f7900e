//! The process among others: what a service manager hands over and is told, and what the process gives up.

pub(crate) mod activation;
pub(crate) mod manager;
pub mod restraint;
