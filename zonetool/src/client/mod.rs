//! A small DNS client: one message, one server and its answer, UDP and then TCP where either is too long for it.
//!
//! [`exchange`] is the only way in which a message leaves. What is sent is a [`Request`]: a question ([`Ask`]), an update
//! ([`Update`]), a notification ([`Notify`]); how it goes, and who signs it, is a [`Manner`].

mod ask;
mod exchange;
mod notify;
mod server;
mod transfer;
mod update;
mod words;

pub(crate) use ask::{Ask, Edns, UDP_OCTETS};
pub(crate) use exchange::{Distrusted, Manner, Reply, Request, exchange, random};
pub(crate) use notify::Notify;
pub(crate) use server::{address, address_at, no_response, server_word};
pub(crate) use transfer::{Fetched, How, Unfetched, newer_zone, whole_zone};
pub(crate) use update::{Entry, Said, Update};
pub(crate) use words::{ede_word, extended_errors, print_extended_errors, rcode_word};
