#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, reason = "a test: a panic is its output")]
//! The real program, run as a person runs it, in repositories made for the occasion.

mod above;
mod check;
mod clone;
mod commit;
mod commits;
mod desk;
mod dump;
mod generated;
mod grant;
mod history;
mod hooks;
mod init;
mod key;
mod manners;
mod mistakes;
mod notify;
mod options;
mod pull;
mod query;
mod readme;
mod serials;
mod servers;
mod signed;
mod transfer;
mod up;
mod update;
mod verify;
mod wait;
