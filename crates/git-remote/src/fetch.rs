//! Fetching one branch: what is new since a commit that is here, in one exchange.
//!
//! History is always fetched whole. A shallow one would save the first fetch some time, and cost
//! every later question that needs the past: whether a branch was rewritten, who changed a record,
//! and what a push must carry.

use std::io::{self, BufReader, Read};

use git_store::{CommitId, ObjectFormat, Store};

use crate::error::RemoteError;
use crate::remote::{Limited, Remote, Session, Tip};
use crate::transport::Service;
use crate::wire::packet;
use crate::wire::sideband::Sideband;

/// Ancestors of the known commit that are offered as well, each twice as far back as the one before:
/// a server whose branch was rewritten then has one of them.
const OFFERED: usize = 1 << 10;

/// What a fetch found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched {
    /// The branch, without `refs/heads/`.
    pub branch: String,
    /// Its newest commit, which is here now.
    pub commit: CommitId,
    /// The octets of the pack that was sent; 0 where nothing was, as the commit was here already.
    pub pack_octets: u64,
}

impl Remote {
    /// Fetches a branch, or the one that `HEAD` names, with all its history; `None` in a repository without commits.
    ///
    /// `known` is a commit that is here and, most likely, there: what it has is not sent again. No
    /// reference and no tag is written. Where the commit is here already, nothing is sent at all.
    ///
    /// # Errors
    /// Whatever keeps us from it; the repository is then as it was.
    pub fn fetch(
        &self,
        into: &Store,
        branch: Option<&str>,
        known: Option<CommitId>,
    ) -> Result<Option<Fetched>, RemoteError> {
        let mut session = self.begin(Service::UploadPack)?;
        let Some(Tip { branch, commit }) = session.tip(branch)? else {
            return Ok(None);
        };
        session.check_format(into)?;
        let pack_octets = match into.commit(commit) {
            Ok(_) => 0,
            Err(_) => {
                let known = known.filter(|&id| into.commit(id).is_ok());
                session.receive(into, commit, known)?
            }
        };
        Ok(Some(Fetched {
            branch,
            commit,
            pack_octets,
        }))
    }
}

impl Session {
    pub(crate) fn check_format(&self, local: &Store) -> Result<(), RemoteError> {
        let ours = local.object_format().name();
        let theirs = self.greeting.object_format();
        let formats = [ObjectFormat::Sha1, ObjectFormat::Sha256];
        match formats.iter().find(|format| format.name() == theirs) {
            _ if ours == theirs => Ok(()),
            Some(&theirs) => Err(RemoteError::ObjectFormat {
                server: self.server.clone(),
                theirs,
            }),
            None => Err(self.protocol(format!("its object format is {theirs}"))),
        }
    }

    /// Gives the octets of the pack.
    fn receive(
        &mut self,
        into: &Store,
        tip: CommitId,
        known: Option<CommitId>,
    ) -> Result<u64, RemoteError> {
        if !self.greeting.can("side-band-64k") {
            return Err(self.protocol("it lacks side-band-64k; it is too old".into()));
        }
        let request = self.wish(into, tip, known);
        let limit = self.limits.pack_octets;
        let mut failed = None;
        let mut octets = 0;
        let taken = {
            let mut answer = self.peer.ask(&request)?;
            acknowledged(&mut answer).and_then(|first| {
                let sideband = Sideband::behind(first, answer)?;
                let data = Limited::new(sideband, limit, "the pack");
                let mut pack = BufReader::new(Remembering {
                    inner: data,
                    failed: &mut failed,
                    octets: &mut octets,
                });
                Ok(into.take_pack(&mut pack, tip, known))
            })
        };
        match (taken, failed) {
            (Err(error), _) | (_, Some(error)) => Err(self.failed(error)),
            (Ok(taken), None) => Ok(taken.map(|()| octets)?),
        }
    }

    /// `gitprotocol-pack`, "Packfile Negotiation": what is wanted, what is here, and that this is all.
    fn wish(&self, store: &Store, tip: CommitId, known: Option<CommitId>) -> Vec<u8> {
        let mut request = Vec::new();
        let mut want = format!("want {tip} side-band-64k agent={}", crate::transport::AGENT);
        for capability in ["ofs-delta", "thin-pack", "no-progress"] {
            if self.greeting.can(capability) {
                want = format!("{want} {capability}");
            }
        }
        let format = self.greeting.object_format();
        if format != "sha1" {
            want = format!("{want} object-format={format}");
        }
        packet::write(&mut request, &format!("{want}\n"));
        packet::end_section(&mut request);
        for id in offered(store, known) {
            packet::write(&mut request, &format!("have {id}\n"));
        }
        packet::write(&mut request, "done\n");
        request
    }
}

fn offered(store: &Store, known: Option<CommitId>) -> Vec<CommitId> {
    let Some(known) = known else {
        return Vec::new();
    };
    store
        .first_parents(known)
        .take(OFFERED)
        .map_while(Result::ok)
        .enumerate()
        .filter(|(back, _)| *back == 0 || back.is_power_of_two())
        .map(|(_, commit)| commit.id)
        .collect()
}

/// Passes over which commits of ours the server has (`ACK`), or that it has none (`NAK`); gives the first packet behind.
fn acknowledged(answer: &mut impl Read) -> io::Result<Vec<u8>> {
    loop {
        let packet = packet::read(answer)?.unwrap_or_default();
        match packet::line(&packet) {
            b"NAK" => {}
            line if line.starts_with(b"ACK ") => {}
            line => match line.strip_prefix(b"ERR ") {
                Some(words) => return Err(spoken(words)),
                None => return Ok(packet),
            },
        }
    }
}

fn spoken(words: &[u8]) -> io::Error {
    let words = String::from_utf8_lossy(words).into_owned();
    io::Error::other(crate::wire::sideband::Words(words))
}

/// Counts the octets of a stream, and keeps its error, which whoever reads it passes on as words only.
struct Remembering<'a, R> {
    inner: R,
    failed: &'a mut Option<io::Error>,
    octets: &'a mut u64,
}

impl<R: Read> Read for Remembering<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer).map_err(|error| {
            let kind = error.kind();
            *self.failed = Some(error);
            io::Error::from(kind)
        })?;
        *self.octets += count as u64;
        Ok(count)
    }
}
