//! What is shown of the keys of signed messages.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::metrics::Page;

/// The keys of signed messages; never one of their secrets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeysStatus {
    /// How many are good.
    pub keys: usize,
    /// Why the files make no sense now, if they do not; what they said before holds.
    pub trouble: Option<String>,
}

impl KeysStatus {
    /// Adds the keys to a page of metrics.
    pub fn write_metrics(&self, page: &mut Page) {
        page.gauge(
            "stemma_keys",
            "Keys (TSIG) that messages may be signed with.",
        )
        .sample(&[], self.keys);
        page.gauge(
            "stemma_keys_readable",
            "Whether the files with those keys made sense when they were last read; what they said before holds when not.",
        )
        .sample(&[], u8::from(self.trouble.is_none()));
    }
}

impl fmt::Display for KeysStatus {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "keys        {}", self.keys)?;
        match &self.trouble {
            Some(trouble) => write!(out, ", as they were: {trouble}"),
            None => Ok(()),
        }
    }
}
