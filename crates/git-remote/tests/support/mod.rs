//! Remotes at real servers.
#![allow(dead_code, reason = "each test file uses its part of this module")]
#![allow(clippy::unwrap_used, reason = "a test: a panic is its output")]

pub(crate) mod repo;
pub(crate) mod scenarios;

use std::time::Duration;

use git_remote::{Limits, Remote, RemoteOptions};
use git_store::{Location, Place, RemoteUrl};

pub(crate) fn url(text: &str) -> RemoteUrl {
    match Location::parse(text).unwrap().repository {
        Place::Remote(url) => *url,
        Place::Local(path) => panic!("{}", path.display()),
    }
}

pub(crate) fn open(text: &str, options: &RemoteOptions) -> Remote {
    Remote::open(&url(text), options.clone()).unwrap()
}

/// Short ones: what hangs is given up within a second or two.
pub(crate) fn impatient() -> Limits {
    Limits {
        connect: Duration::from_millis(700),
        idle: Duration::from_millis(700),
        total: Duration::from_millis(1500),
        ..Limits::default()
    }
}
