//! One file for each command: its arguments, what it does, how it prints.

pub(crate) mod accept;
mod asked;
pub(crate) mod blame;
pub(crate) mod check;
pub(crate) mod clone;
pub(crate) mod commit;
pub(crate) mod completions;
pub(crate) mod diff;
pub(crate) mod dump;
mod expected;
pub(crate) mod explain;
pub(crate) mod fmt;
pub(crate) mod grant;
pub(crate) mod hook;
pub(crate) mod init;
pub(crate) mod key;
pub(crate) mod log;
pub(crate) mod notify;
pub(crate) mod pull;
pub(crate) mod push;
pub(crate) mod query;
pub(crate) mod serial;
pub(crate) mod show;
pub(crate) mod transfer;
pub(crate) mod up;
pub(crate) mod update;
pub(crate) mod verify;
mod versions;
pub(crate) mod wait;

use crate::console::Console;
use crate::failure::Outcome;
use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Up(up::Up),
    Init(init::Init),
    Clone(clone::Clone),
    Commit(commit::Commit),
    Pull(pull::Pull),
    Push(push::Push),
    Check(check::Check),
    Explain(explain::Explain),
    Fmt(fmt::Fmt),
    Diff(diff::Diff),
    Show(show::Show),
    Log(log::Log),
    Blame(blame::Blame),
    Serial(serial::Serial),
    Accept(accept::Accept),
    Dump(dump::Dump),
    Query(query::Query),
    Update(update::Update),
    Notify(notify::Notify),
    Wait(wait::Wait),
    Verify(verify::Verify),
    Transfer(transfer::Transfer),
    Key(key::KeyCommand),
    Grant(grant::Grant),
    Hook(hook::Hook),
    Completions(completions::Completions),
}

impl Command {
    pub(crate) fn run(self, console: &mut Console<'_>) -> Outcome {
        match self {
            Command::Up(up) => up.run(console),
            Command::Init(init) => init.run(console),
            Command::Clone(clone) => clone.run(console),
            Command::Commit(commit) => commit.run(console),
            Command::Pull(pull) => pull.run(console),
            Command::Push(push) => push.run(console),
            Command::Check(check) => check.run(console),
            Command::Explain(explain) => explain.run(console),
            Command::Fmt(fmt) => fmt.run(console),
            Command::Diff(diff) => diff.run(console),
            Command::Show(show) => show.run(console),
            Command::Log(log) => log.run(console),
            Command::Blame(blame) => blame.run(console),
            Command::Serial(serial) => serial.run(console),
            Command::Accept(accept) => accept.run(console),
            Command::Dump(dump) => dump.run(console),
            Command::Query(query) => query.run(console),
            Command::Update(update) => update.run(console),
            Command::Notify(notify) => notify.run(console),
            Command::Wait(wait) => wait.run(console),
            Command::Verify(verify) => verify.run(console),
            Command::Transfer(transfer) => transfer.run(console),
            Command::Key(key) => key.run(console),
            Command::Grant(grant) => grant.run(console),
            Command::Hook(hook) => hook.run(console),
            Command::Completions(completions) => completions.run(console),
        }
    }
}
