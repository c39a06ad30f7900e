//! What a program adds to what all programs that serve zones do.

use kernel_calls::Peer;
use serde_json::Value;

use crate::front::Front;
use crate::telling::health::NotWell;
use crate::telling::metrics::Page;

/// A running program, as those see it who watch it: at its control socket, over HTTP, and the service manager.
pub trait Program: Send + Sync + 'static {
    /// What answers.
    fn front(&self) -> &Front;

    /// Whether what makes the zones does its work.
    ///
    /// # Errors
    /// Why not, for people.
    fn well(&self) -> Result<(), NotWell>;

    /// What is not well, and not for this process to mend: lines for people, told with the health.
    fn remarks(&self) -> String {
        String::new()
    }

    /// Whether questions can be sent here: there is something right to serve.
    ///
    /// # Errors
    /// Why not, for people.
    fn ready(&self) -> Result<(), NotWell>;

    /// Whether it has begun to do its work, for the service manager; it stays so from then on.
    fn has_begun(&self) -> bool;

    /// Whether a reload that was asked for when so many had begun has ended.
    fn has_reloaded(&self, begun: u64) -> bool;

    /// The state of the program, for `--status`.
    fn status(&self) -> Value;

    /// What it can be told at the control socket, for people: `` `status` or `accept COMMIT` ``.
    fn orders(&self) -> &'static str;

    /// Does what it is told at the control socket, beyond giving its status. `None`: it knows no such order.
    fn obey(&self, order: &str, about: &str, by: Option<Peer>) -> Option<Value>;

    /// Adds its own metrics to those of all programs.
    fn write_metrics(&self, page: &mut Page);
}
