//! Which commit is next, where the branch belongs to another machine and is ours as well.
//!
//! ```text
//!   B --- S ------- x --- F       F: what the other machine has      (refs/stemma/fetched)
//!          \                      T: what is served, with updates    (refs/heads)
//!           u1 --- u2 --- T       S: the newest F that is in T       (refs/stemma/shared)
//! ```
//! | | what is next |
//! |---|---|
//! | F has all of T | F, by the law of trust, as for who only follows |
//! | T has all of F | T: there is nothing new from there |
//! | S is in F, and both have more | both, in a merge; what they have in common is what it begins with |
//! | S is not in F | history was rewritten: F, which the law refuses; once it is accepted, F with what of T is not in S |
//!
//! That T has an F which does not have S is no rewriting, but a merge of one that was accepted, before S was written down.

use git_store::{CommitId, Result};

/// The commits that are known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Sides {
    /// F.
    pub(super) theirs: Option<CommitId>,
    /// T.
    pub(super) ours: Option<CommitId>,
    /// S.
    pub(super) shared: Option<CommitId>,
    /// One that an operator lets in although it does not follow.
    pub(super) accepted: Option<CommitId>,
}

/// What is next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meeting {
    /// There is no commit yet.
    Nothing,
    /// Nothing new from there.
    Ours(CommitId),
    /// What is there has all of ours, or nothing of ours is to be kept.
    Theirs(CommitId),
    /// History was rewritten there. Nothing of it is served unless the law lets it in.
    Rewritten { theirs: CommitId, ours: CommitId },
    /// Both have more than the other.
    Apart(Apart),
}

/// Two histories that are to become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Apart {
    /// What both began with.
    pub(crate) base: CommitId,
    pub(crate) ours: CommitId,
    pub(crate) theirs: CommitId,
}

/// What is asked of history.
pub(super) trait History {
    /// Whether the newer one is the older one, or was made on it.
    fn is_in(&self, older: CommitId, newer: CommitId) -> Result<bool>;
    /// The newest that both have.
    fn common(&self, one: CommitId, other: CommitId) -> Result<Option<CommitId>>;
}

impl History for git_store::Store {
    fn is_in(&self, older: CommitId, newer: CommitId) -> Result<bool> {
        Ok(older == newer || self.is_ancestor(older, newer)?)
    }

    fn common(&self, one: CommitId, other: CommitId) -> Result<Option<CommitId>> {
        self.common_ancestor(one, other)
    }
}

impl Sides {
    /// Whether nothing came from the other machine since the last time: what is served is made on what it has.
    pub(super) fn are_settled(&self) -> bool {
        self.ours.is_some() && self.theirs.is_some() && self.theirs == self.shared
    }

    pub(super) fn meet(&self, history: &impl History) -> Result<Meeting> {
        let (theirs, ours) = match (self.theirs, self.ours) {
            (Some(theirs), Some(ours)) => (theirs, ours),
            (Some(theirs), None) => return Ok(Meeting::Theirs(theirs)),
            (None, Some(ours)) => return Ok(Meeting::Ours(ours)),
            (None, None) => return Ok(Meeting::Nothing),
        };
        // Before there were updates, what was served was theirs.
        let shared = self.shared.unwrap_or(ours);
        let apart = |base| Meeting::Apart(Apart { base, ours, theirs });
        if !history.is_in(shared, theirs)? {
            if history.is_in(theirs, ours)? && !history.is_in(theirs, shared)? {
                return Ok(Meeting::Ours(ours));
            }
            let is_ours_shared = history.is_in(ours, shared)?;
            return Ok(match self.is_accepted(theirs, history)? {
                true if is_ours_shared => Meeting::Theirs(theirs),
                true => apart(shared),
                false => Meeting::Rewritten { theirs, ours },
            });
        }
        if history.is_in(ours, theirs)? {
            return Ok(Meeting::Theirs(theirs));
        }
        if history.is_in(theirs, ours)? {
            return Ok(Meeting::Ours(ours));
        }
        Ok(apart(history.common(ours, theirs)?.unwrap_or(shared)))
    }

    fn is_accepted(&self, theirs: CommitId, history: &impl History) -> Result<bool> {
        self.accepted
            .map_or(Ok(false), |accepted| history.is_in(accepted, theirs))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;

    /// Commits by a letter, each with those it was made on.
    struct Picture(BTreeMap<char, &'static str>);

    fn id(letter: char) -> CommitId {
        CommitId::from_hex(&format!("{:040x}", u32::from(letter))).expect("an id")
    }

    impl Picture {
        fn new(commits: &[(char, &'static str)]) -> Picture {
            Picture(commits.iter().copied().collect())
        }

        fn letter(&self, wanted: CommitId) -> char {
            let mut letters = self.0.keys().copied();
            letters.find(|letter| id(*letter) == wanted).expect("drawn")
        }

        fn all_of(&self, letter: char) -> BTreeSet<char> {
            let above = self.0[&letter].chars().flat_map(|it| self.all_of(it));
            above.chain([letter]).collect()
        }

        fn meet(&self, [theirs, ours, shared, accepted]: [Option<char>; 4]) -> Meeting {
            let sides = Sides {
                theirs: theirs.map(id),
                ours: ours.map(id),
                shared: shared.map(id),
                accepted: accepted.map(id),
            };
            sides.meet(self).expect("nothing is read")
        }
    }

    impl History for Picture {
        fn is_in(&self, older: CommitId, newer: CommitId) -> Result<bool> {
            Ok(self
                .all_of(self.letter(newer))
                .contains(&self.letter(older)))
        }

        fn common(&self, one: CommitId, other: CommitId) -> Result<Option<CommitId>> {
            let (one, other) = (
                self.all_of(self.letter(one)),
                self.all_of(self.letter(other)),
            );
            let common: Vec<char> = one.intersection(&other).copied().collect();
            let newest = common
                .iter()
                .max_by_key(|letter| self.all_of(**letter).len());
            Ok(newest.map(|letter| id(*letter)))
        }
    }

    /// `s` was shared; `u`, `v` are updates on it, `x`, `y` commits of a person; `m` merges `v` and `x`.
    fn picture() -> Picture {
        Picture::new(&[
            ('b', ""),
            ('s', "b"),
            ('u', "s"),
            ('v', "u"),
            ('x', "s"),
            ('y', "x"),
            ('m', "vx"),
            // A person has built on an update that was pushed.
            ('p', "u"),
            // Another history.
            ('r', "b"),
            ('q', "r"),
            ('n', "vr"),
        ])
    }

    fn apart(base: char, ours: char, theirs: char) -> Meeting {
        let [base, ours, theirs] = [base, ours, theirs].map(id);
        Meeting::Apart(Apart { base, ours, theirs })
    }

    #[test]
    fn who_is_next() {
        let picture = picture();
        let rewritten = |theirs, ours| Meeting::Rewritten {
            theirs: id(theirs),
            ours: id(ours),
        };
        for (sides, wanted) in [
            ("----", Meeting::Nothing),
            ("s---", Meeting::Theirs(id('s'))),
            ("-s--", Meeting::Ours(id('s'))),
            // Who only follows.
            ("sss-", Meeting::Theirs(id('s'))),
            ("yss-", Meeting::Theirs(id('y'))),
            ("ys--", Meeting::Theirs(id('y'))),
            // Updates that are not pushed, some of them, and all of them.
            ("svs-", Meeting::Ours(id('v'))),
            ("uvs-", Meeting::Ours(id('v'))),
            ("vvs-", Meeting::Theirs(id('v'))),
            // A race; then it has been won, and what was merged is seen again.
            ("xvs-", apart('s', 'v', 'x')),
            ("pvs-", apart('u', 'v', 'p')),
            ("xmx-", Meeting::Ours(id('m'))),
            ("xms-", Meeting::Ours(id('m'))),
            ("ymx-", apart('x', 'm', 'y')),
            // Rewritten, with and without a backlog.
            ("rss-", rewritten('r', 's')),
            ("rvs-", rewritten('r', 'v')),
            ("bss-", rewritten('b', 's')),
            ("bvs-", rewritten('b', 'v')),
            ("rssx", rewritten('r', 's')),
            ("rssr", Meeting::Theirs(id('r'))),
            ("bssb", Meeting::Theirs(id('b'))),
            ("rvsr", apart('s', 'v', 'r')),
            ("qvsr", apart('s', 'v', 'q')),
            ("bvsb", apart('s', 'v', 'b')),
            // What was accepted was merged, and the process ended before that was written down.
            ("rns-", Meeting::Ours(id('n'))),
            ("qnr-", apart('r', 'n', 'q')),
            ("rrs-", Meeting::Ours(id('r'))),
        ] {
            let letters: Vec<_> = sides.chars().map(|it| (it != '-').then_some(it)).collect();
            let letters = <[_; 4]>::try_from(letters).expect("four");
            assert_eq!(picture.meet(letters), wanted, "{sides}");
        }
    }
}
