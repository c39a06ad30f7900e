//! `delv`, the validator of BIND: a program for one question.

use std::net::SocketAddr;
use std::process::Command;

use tempfile::TempDir;

use super::{Anchor, Verdict};
use crate::name::Name;
use crate::peers::{temporary, write};
use crate::process::run;
use crate::rtype::Rtype;

/// How to ask one server, trusting one key.
#[derive(Debug)]
pub struct Delv {
    upstream: SocketAddr,
    apex: Name,
    folder: TempDir,
}

impl Delv {
    /// All of its questions go to `upstream`.
    pub fn new(upstream: SocketAddr, anchor: &Anchor) -> Delv {
        let folder = temporary();
        // Key tag, algorithm and digest type are numbers, the digest is a string.
        let (numbers, digest) = anchor.ds.rsplit_once(' ').expect("a DS has four fields");
        let apex = anchor.apex.clone();
        write(
            &folder.path().join("anchors"),
            &format!("trust-anchors {{ \"{apex}\" static-ds {numbers} \"{digest}\"; }};\n"),
        );
        Delv {
            upstream,
            apex,
            folder,
        }
    }

    /// Its verdict on a question; of several, as for the links of a chain of aliases, the worst.
    pub fn judge(&self, name: &Name, rtype: u16) -> Verdict {
        let mut command = Command::new("delv");
        command
            .arg(format!("@{}", self.upstream.ip()))
            .args(["-p", &self.upstream.port().to_string(), "-a"])
            .arg(self.folder.path().join("anchors"))
            .arg(format!("+root={}", self.apex))
            .args([&name.to_string(), &Rtype(rtype).to_string()]);
        let said = run(&mut command).1;
        let says = |words: &[&str]| words.iter().any(|words| said.contains(words));
        if says(&[
            "broken trust chain",
            "RRSIG failed",
            "no valid",
            "insecurity proof failed",
        ]) {
            Verdict::Bogus
        } else if says(&["unsigned answer"]) {
            Verdict::Insecure
        } else if says(&["fully validated"]) {
            Verdict::Secure
        } else {
            Verdict::Indeterminate
        }
    }
}
