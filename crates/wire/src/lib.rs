#![no_std]
#![forbid(unsafe_code)]
//! Work in progress.

extern crate alloc;
