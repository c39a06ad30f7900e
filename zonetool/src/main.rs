#![forbid(unsafe_code)]
//! Work in progress.

fn main() {}
