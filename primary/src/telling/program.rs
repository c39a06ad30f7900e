//! A running primary, as those see it who watch it.

use std::time::Duration;

use kernel_calls::Peer;
use serde_json::{Value, json};
use server::metrics::Page;
use server::{Front, NotWell, Program};

use super::metrics;
use crate::loading::loader::lock;
use crate::running::View;

/// How long the branch may go without a look, besides three times what the operator wants. Reading a commit is not counted.
const WITHOUT_LOOK: Duration = Duration::from_secs(120);
/// How long the reading of one commit may take until the server is not well.
const READING: Duration = Duration::from_secs(15 * 60);

impl Program for View {
    fn front(&self) -> &Front {
        &self.front
    }

    /// The branch is followed: that a remote is away is not for this server to mend.
    fn well(&self) -> Result<(), NotWell> {
        let has_ended = self.remote.as_ref().is_some_and(|it| it.has_ended());
        if has_ended {
            return Err("the remote is not followed any more");
        }
        let patience = WITHOUT_LOOK.max(self.config.look_every() * 3);
        match self.pulse.is_well(patience, READING) {
            true => Ok(()),
            false => Err("the branch is not followed any more"),
        }
    }

    fn remarks(&self) -> String {
        let Some(known) = self.remote.as_ref().map(|remote| remote.known()) else {
            return String::new();
        };
        let line = |what: &str, why: &Option<String>| match why {
            Some(why) => format!("{what}: {why}\n"),
            None => String::new(),
        };
        let commits = known.backlog.commits;
        let unpushed = format!("{commits} commits of updates are not pushed");
        line("the remote is not followed", &known.trouble) + &line(&unpushed, &known.push_trouble)
    }

    fn ready(&self) -> Result<(), NotWell> {
        let board = lock(&self.board);
        if board.commit.is_none() {
            return Err(match self.remote {
                Some(_) => "nothing has been fetched and read yet",
                None => "no commit has been read yet",
            });
        }
        match board.zones.values().any(|held| held.served.is_some()) {
            true => Ok(()),
            false => Err("no zone is right"),
        }
    }

    /// A commit is served.
    fn has_begun(&self) -> bool {
        lock(&self.board).commit.is_some()
    }

    /// The branch has been looked at.
    fn has_reloaded(&self, begun: u64) -> bool {
        self.pulse.has_looked_since(begun)
    }

    fn status(&self) -> Value {
        json!(self.shown())
    }

    fn orders(&self) -> &'static str {
        "`status` or `accept COMMIT`"
    }

    fn obey(&self, order: &str, about: &str, by: Option<Peer>) -> Option<Value> {
        (order == "accept").then(|| match self.gate.accept(about, by) {
            Ok(id) => json!({ "accepted": id.to_string() }),
            Err(why) => json!({ "error": why }),
        })
    }

    fn write_metrics(&self, page: &mut Page) {
        metrics::write(page, self);
    }
}
