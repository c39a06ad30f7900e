//! What a key may do: a line `allow` of a policy.

use alloc::vec::Vec;
use core::fmt;
use core::str::FromStr;

use rr::{Name, NameRef, Rtype, UnknownMnemonic};

use super::{Date, Pattern};

/// What a line of the policy allows a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// The name of the key.
    pub key: Name,
    /// What it may do.
    pub actions: Actions,
    /// With records of these types.
    pub types: Types,
    /// At these names.
    pub names: Vec<Pattern>,
    /// To the end of this day.
    pub until: Option<Date>,
}

/// Types of records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Types {
    /// Each that updates may change at all.
    All,
    /// These.
    Some(Vec<Rtype>),
}

/// A set of actions, each a right of its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Actions(u8);

/// The word is no action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownAction;

impl Actions {
    /// Nothing.
    pub const NONE: Self = Self(0);
    /// To add records.
    pub const ADD: Self = Self(1);
    /// To delete records.
    pub const DELETE: Self = Self(2);
    /// To put records in the place of as many or more of the same name and type, or to change their TTL.
    pub const REPLACE: Self = Self(4);
    /// To add, to delete, and so to replace.
    pub const ALL: Self = Self(7);
    /// To remove the whole zone, by deleting its SOA record. Not among [`Actions::ALL`].
    pub const REMOVE_ZONE: Self = Self(8);
    /// To make a zone, by adding its SOA record. Not among [`Actions::ALL`].
    pub const MAKE_ZONE: Self = Self(16);

    const WORDS: [(&'static str, Self); 6] = [
        ("all", Self::ALL),
        ("add", Self::ADD),
        ("delete", Self::DELETE),
        ("replace", Self::REPLACE),
        ("make-zone", Self::MAKE_ZONE),
        ("remove-zone", Self::REMOVE_ZONE),
    ];

    /// Whether all of `others` are among these.
    #[must_use]
    pub const fn include(self, others: Self) -> bool {
        self.0 & others.0 == others.0
    }

    /// These and those.
    #[must_use]
    pub const fn and(self, others: Self) -> Self {
        Self(self.0 | others.0)
    }
}

impl Grant {
    /// Whether the line is about records of this type at this name; with [`Rtype::ANY`], whether it is about any type there.
    #[must_use]
    pub fn is_about(&self, owner: NameRef<'_>, rtype: Rtype) -> bool {
        (rtype == Rtype::ANY || self.types.include(rtype)) && fits(&self.names, owner)
    }
}

/// Whether one of the patterns fits.
pub(super) fn fits(patterns: &[Pattern], name: NameRef<'_>) -> bool {
    patterns.iter().any(|pattern| pattern.fits(name))
}

impl Types {
    /// Whether the type is one of these.
    #[must_use]
    pub fn include(&self, rtype: Rtype) -> bool {
        match self {
            Self::All => true,
            Self::Some(types) => types.contains(&rtype),
        }
    }
}

/// Words with commas between them.
impl FromStr for Actions {
    type Err = UnknownAction;

    fn from_str(text: &str) -> Result<Self, UnknownAction> {
        text.split(',').try_fold(Self::NONE, |actions, word| {
            let known = Self::WORDS.iter().find(|(known, _)| *known == word);
            known
                .map(|(_, action)| actions.and(*action))
                .ok_or(UnknownAction)
        })
    }
}

/// `*`, or mnemonics with commas between them.
impl FromStr for Types {
    type Err = UnknownMnemonic;

    fn from_str(text: &str) -> Result<Self, UnknownMnemonic> {
        let data = |word: &str| {
            let rtype: Rtype = word.parse()?;
            (!rtype.is_meta()).then_some(rtype).ok_or(UnknownMnemonic)
        };
        match text {
            "*" => Ok(Self::All),
            list => list
                .split(',')
                .map(data)
                .collect::<Result<_, _>>()
                .map(Self::Some),
        }
    }
}

impl fmt::Display for Actions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut left = *self;
        for (word, action) in Self::WORDS {
            if left.include(action) {
                let comma = if left == *self { "" } else { "," };
                write!(f, "{comma}{word}")?;
                left = Self(left.0 & !action.0);
            }
        }
        Ok(())
    }
}

impl fmt::Display for Types {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("*"),
            Self::Some(types) => write_list(f, types),
        }
    }
}

/// The line of a policy, without the line's end.
impl fmt::Display for Grant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = alloc::format!("{}", self.key);
        let key = key.strip_suffix('.').unwrap_or(&key);
        write!(f, "allow {key} {} {} ", self.actions, self.types)?;
        write_list(f, &self.names)?;
        match self.until {
            Some(date) => write!(f, " until {date}"),
            None => Ok(()),
        }
    }
}

fn write_list(f: &mut fmt::Formatter<'_>, list: &[impl fmt::Display]) -> fmt::Result {
    for (number, item) in list.iter().enumerate() {
        let comma = if number == 0 { "" } else { "," };
        write!(f, "{comma}{item}")?;
    }
    Ok(())
}

impl fmt::Display for UnknownAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "actions are add, delete, replace, all, make-zone and remove-zone, with commas between them",
        )
    }
}

impl core::error::Error for UnknownAction {}
