//! The status as a person reads it.

use std::fmt;

use server::HearerList;
use server::status::Span;

use super::{SignersStatus, Standing, Status, ZoneStatus};

/// Zones that fare well and are listed one by one; of more only the number is told.
const GOOD_LISTED: usize = 40;

impl fmt::Display for Status {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write_head(out)?;
        let (good, others): (Vec<_>, Vec<_>) = self
            .zones
            .iter()
            .partition(|zone| zone.standing == Standing::Good);
        writeln!(out, "zones       {} good, {} not", good.len(), others.len())?;
        let listed = if good.len() > GOOD_LISTED {
            &[][..]
        } else {
            &good[..]
        };
        let width = listed
            .iter()
            .chain(&others)
            .map(|zone| zone.zone.len())
            .max()
            .unwrap_or(0);
        for zone in listed.iter().chain(&others) {
            zone.write_row(out, width)?;
        }
        HearerList(&self.secondaries).fmt(out)?;
        self.layout
            .iter()
            .try_for_each(|report| writeln!(out, "  {report}"))
    }
}

impl Status {
    fn write_head(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            out,
            "primary     {}, up {}, {} workers",
            self.version,
            Span(self.up_secs),
            self.workers
        )?;
        writeln!(out, "listening   {}", self.listen.join(" "))?;
        if let Some(tls) = &self.tls {
            writeln!(out, "over TLS    {tls}")?;
        }
        writeln!(out, "repository  {}", self.repository)?;
        if let Some(remote) = &self.remote {
            writeln!(out, "{remote}")?;
        }
        if let Some(confined) = &self.confined {
            writeln!(out, "confined    {confined}")?;
        }
        match &self.commit {
            None => writeln!(out, "commit      none yet, so nothing is served")?,
            Some(commit) => writeln!(
                out,
                "commit      {:.12} {} ({})",
                commit.id, commit.summary, commit.author
            )?,
        }
        if let Some(trouble) = &self.trouble {
            writeln!(out, "trouble     {trouble}")?;
        }
        if let Some(signers) = &self.allowed_signers {
            writeln!(out, "{signers}")?;
        }
        if let Some(keys) = &self.keys {
            writeln!(out, "{keys}")?;
        }
        if let Some(updates) = &self.updates {
            writeln!(out, "{updates}")?;
        }
        self.counters.write_rows(out, self.tls.is_some())
    }
}

impl fmt::Display for SignersStatus {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let SignersStatus { path, keys, .. } = self;
        let s = if *keys == 1 { "" } else { "s" };
        write!(out, "signers     {keys} key{s} of {path}")?;
        match &self.trouble {
            Some(trouble) => write!(out, "\n            as they were: {trouble}"),
            None => Ok(()),
        }
    }
}

impl ZoneStatus {
    fn write_row(&self, out: &mut fmt::Formatter<'_>, width: usize) -> fmt::Result {
        let dash = || "-".to_owned();
        let serial = self.serial.map_or_else(dash, |serial| serial.to_string());
        let commit = self
            .commit
            .as_deref()
            .map_or_else(dash, |commit| commit.chars().take(12).collect());
        writeln!(
            out,
            "  {:width$}  {:10}  {serial:>10}  {commit}{}{}",
            self.zone,
            self.standing,
            self.stated
                .map_or_else(String::new, |stated| format!("  (the file says {stated})")),
            match self.ephemeral {
                0 => String::new(),
                records => format!("  {records} ephemeral"),
            },
        )?;
        if let Some(commit) = &self.brought_by {
            writeln!(
                out,
                "    since {:.12} {} ({})",
                commit.id, commit.summary, commit.author
            )?;
        }
        self.findings
            .iter()
            .try_for_each(|report| writeln!(out, "    {report}"))
    }
}

impl fmt::Display for Standing {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(match self {
            Standing::Good => "good",
            Standing::Kept => "kept",
            Standing::NotServed => "not served",
        })
    }
}
