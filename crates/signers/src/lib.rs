#![no_std]
#![forbid(unsafe_code)]
//! Whether a Git commit is signed by somebody who may: SSH and OpenPGP signatures, checked in-process.
//!
//! Octets of a commit and a list of keys go in, who has signed or why nobody who may comes out. It deliberately reads no
//! file, no clock and no keyring, starts no program, looks no key up anywhere, and knows no web of trust: a key is good
//! because it is in the list.
//!
//! The central types are [`AllowedSigners`], the list, and [`Refusal`], why a commit is not taken.
//!
//! ```
//! use signers::{AllowedSigners, Refusal};
//!
//! let list = AllowedSigners::read(
//!     b"ann@example.org namespaces=\"git\" ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJdD7y3aLq454yWBdwLWbieU1ebz9/cu7/QEXn9OIeZJ\n",
//! )
//! .expect("a list");
//! let commit = b"tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n\
//!     author A <a> 1 +0000\ncommitter A <a> 1 +0000\n\nunsigned\n";
//! assert_eq!(list.judge(commit), Err(Refusal::Unsigned));
//! ```
//!
//! # What is understood
//! * SSH signatures (OpenSSH's PROTOCOL.sshsig) with the namespace `git`: Ed25519, ECDSA P-256 and P-384, RSA with 2048 to
//!   8192 bits and SHA-2, keys in tokens (`sk-`) that somebody touched.
//! * OpenPGP signatures and keys of version 4 (RFC 9580, RFC 4880): Ed25519 in both its forms, RSA, ECDSA P-256 and
//!   P-384, over SHA-256, SHA-384 and, except for ECDSA, SHA-512. Subkeys count if they are bound to sign and have agreed
//!   to that. What the owner says of a key is checked when the list is read.
//! * Commits of SHA-1 repositories (`gpgsig`) and of SHA-256 ones (`gpgsig-sha256`).
//!
//! # Times
//! A key must have been good when the signature says that it was made; so whether a commit is good never changes while the
//! list does not. Who has a stolen key can date back: take it out of the list, or revoke it as compromised.
//!
//! # Limits
//! They are in [`limits`]. Every loop is over octets that are there, none calls itself.

extern crate alloc;

mod allowed;
mod armor;
mod commit;
pub mod limits;
mod octets;
mod openpgp;
mod public_key;
mod refusal;
mod ssh;

pub use allowed::{AllowedSigners, Signer};
pub use refusal::{Mistake, Refusal};
