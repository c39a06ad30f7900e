#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, reason = "a test: a panic is its output")]
//! The engine by itself: tables, rights, a naive model, merges, limits.

#[path = "../support/mod.rs"]
mod support;

mod ignored;
mod merging;
mod model;
mod refusals;
mod rights;
mod tables;
