//! Signed messages: TSIG (RFC 8945), its keys and what they allow.
//!
//! Octets, keys and the time go in. A server gets a [`Verified`] request out, or a [`Rejection`] that knows its answer; a client gets
//! what verifies the answer. It opens nothing, has no clock and no randomness, and changes no message but the one it signs.
//!
//! The central types are [`Keyring`], which verifies requests, and [`Key`], whose name says what it may ([`KeyName`]).
//!
//! ```
//! use std::sync::Arc;
//! use tsig::{Keyring, Operation, ReplayGuard, Request, Time, sign_request, text};
//!
//! let line = "web._update.example.org:SHA256:AAECAwQFBgcICQoLDA0ODw==";
//! let keys = text::read_keys(line.as_bytes()).expect("no mistakes");
//! let key = Arc::new(text::read_key(line)?);
//! let now = Time::from_secs(1_800_000_000);
//!
//! // The client.
//! let zone = rr::Name::from_text("example.org")?;
//! let mut request = wire::message::query(7, zone.as_ref(), rr::Rtype::SOA);
//! let awaited = sign_request(&key, &mut request, now)?;
//!
//! // The server.
//! let mut guard = ReplayGuard::new();
//! let Ok(Request::Signed(verified)) = keys.verify(&request, now) else { panic!("refused") };
//! let fresh = guard.admit(verified, now).expect("not seen before");
//! assert!(fresh.verified().key().may(Operation::Update, zone.as_ref()));
//! let mut answer = wire::message::query(7, zone.as_ref(), rr::Rtype::SOA);
//! answer[2] |= 0x80;
//! fresh.into_signer().sign(&mut answer, now)?;
//!
//! // The client again.
//! assert!(awaited.verify(&answer, now).is_ok());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What is refused
//! A TSIG record that is not the last one, or there twice, or followed by octets; a class other than ANY, a TTL other than 0, a
//! compressed algorithm; MACs of impossible length: FORMERR. Then, in this order, each with its TSIG error: an unknown key or
//! another algorithm, a wrong MAC, a wrong time, a MAC shorter than agreed. Before the MAC is good nothing else is looked at, and
//! MACs are compared in a time that does not depend on them.
//!
//! # Streams
//! Answers of several messages are signed as RFC 8945 §5.3.1 says, each by default, up to 99 unsigned ones in between if asked, or
//! each for itself as MirageOS' ocaml-dns does ([`Dialect`]). See [`StreamSigner`], [`Settled`] and [`Open`].
//!
//! # Replays
//! A signature does not say that a request is new. What changes anything should take a [`Fresh`] request, which only a
//! [`ReplayGuard`] gives.
//!
//! # Keys
//! [`text`] reads and writes them; [`Key::may`] is all that a server has to ask. HMAC with SHA-1, SHA-224, SHA-256, SHA-384, SHA-512.
//!
//! Limits: [`limits`]. RFCs: 8945 (TSIG), 2104 (HMAC), 4635 (its algorithms), 4343 (case of names), 4648 (base64).
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;
#[cfg(test)]
extern crate std;

mod algorithm;
mod check;
mod client;
mod digest;
mod key;
mod key_name;
pub mod limits;
mod mac;
mod record;
mod rejection;
mod replay;
mod request;
mod response;
mod sign;
mod stream;
pub mod text;
mod time;

pub use algorithm::Algorithm;
pub use client::{AnswerError, Awaited, VerifiedAnswer, sign_request};
pub use key::{Dialect, Key, KeyError, Keyring};
pub use key_name::{Addresses, KeyName, KeyNameError, Operation};
pub use record::{Malformed, MalformedKind};
pub use rejection::{Refusal, Rejection, TsigError};
pub use replay::{Fresh, RepeatReason, Repeated, ReplayGuard};
pub use request::{Request, Verified};
pub use response::{ResponseSigner, StreamSigner};
pub use sign::SignError;
pub use stream::{Complete, Open, Settled, Stream, StreamError};
pub use time::Time;
