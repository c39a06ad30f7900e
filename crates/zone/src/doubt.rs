//! Why the next version of a zone is not known from what changed.

use crate::PatchError;
use crate::rules::Rule;
use core::fmt;

/// Why [`Zone::amend`](crate::Zone::amend) cannot say that the next version is right. It may be: a check of its whole text decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Doubt {
    /// The policy is another than that of the version before, or makes an error of what is seen in whole zones only.
    Policy,
    /// The text of the version before said more than the zone holds, or a comment in it allows an error of several
    /// records.
    NotPlain,
    /// The changes do not fit the version before.
    Patch(PatchError),
    /// A name is spelt in two ways, and the text decides which of them is served.
    Spelling,
    /// A record is there twice, or not with the TTL of its set.
    Defect,
    /// The zone may be larger than its limit.
    TooLarge,
    /// More names are concerned than would be looked at.
    TooMany,
    /// The zone is signed from now on, or no longer.
    Signed,
    /// An alias leads back to itself, or through more aliases than are followed.
    LongChain,
    /// What was meant stands in the text only.
    Text,
    /// There is an error, unless a comment in the text allows it.
    Error(Rule),
}

impl fmt::Display for Doubt {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Doubt::Policy => out.write_str("the policy asks for more than a look at what changed"),
            Doubt::NotPlain => out.write_str("the text before said more than its zone holds"),
            Doubt::Patch(why) => why.fmt(out),
            Doubt::Spelling => out.write_str("a name is spelt in two ways"),
            Doubt::Defect => out.write_str("a record is there twice or with another TTL"),
            Doubt::TooLarge => out.write_str("the zone may be larger than its limit"),
            Doubt::TooMany => out.write_str("too many names are concerned"),
            Doubt::Signed => out.write_str("the zone is signed from now on, or no longer"),
            Doubt::LongChain => out.write_str("a chain of aliases is long or closed"),
            Doubt::Text => out.write_str("only the text says what was meant"),
            Doubt::Error(rule) => write!(out, "there may be an error: {rule}"),
        }
    }
}

impl core::error::Error for Doubt {}
