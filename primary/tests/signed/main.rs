//! Commits that must be signed: the real program, with signatures of `git`, `ssh-keygen` and `gpg`.

mod desk;
#[allow(dead_code, reason = "a client for tests that look at heads as well")]
#[path = "../telling/http.rs"]
mod http;
mod law;
mod list;
mod remote;
#[path = "../support/mod.rs"]
mod support;

use testbed::daemons;
