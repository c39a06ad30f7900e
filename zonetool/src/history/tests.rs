//! Histories told as a picture, without Git: each commit with its parents and what it says.

use super::{Entry, Past, Version, blame, log};
use crate::changes::Change;
use crate::records::Record;
use rr::{Class, Name, Rtype, Ttl};
use std::convert::Infallible;
use std::rc::Rc;
use zonefile::Pos;

/// Number, parents, records; a record is a letter, with its TTL where that is not 1. `?` at the end: with mistakes.
type Picture = &'static [(usize, &'static [usize], &'static str)];

#[derive(Clone)]
struct Told {
    picture: Rc<Vec<Rc<Version>>>,
    rows: Picture,
    number: usize,
}

impl Past for Told {
    type Commit = usize;
    type Age = usize;
    type Error = Infallible;

    fn commit(&self) -> usize {
        self.number
    }

    fn age(&self) -> usize {
        self.number
    }

    fn version(&self) -> &Rc<Version> {
        &self.picture[self.number]
    }

    fn came_with(&self) -> Result<Option<usize>, Infallible> {
        let mut trunk = vec![self.rows.len() - 1];
        while let Some(parent) = self.rows[trunk[trunk.len() - 1]].1.first() {
            trunk.push(*parent);
        }
        Ok(trunk.into_iter().rev().find(|at| self.is_in(*at)))
    }

    fn parent(&self, number: usize) -> Result<Option<Told>, Infallible> {
        let parent = self.rows[self.number].1.get(number);
        Ok(parent.map(|parent| Told {
            number: *parent,
            ..self.clone()
        }))
    }
}

impl Told {
    /// Whether it is `from`, or one that `from` was made on.
    fn is_in(&self, from: usize) -> bool {
        let mut parents = self.rows[from].1.iter();
        from == self.number || parents.any(|parent| self.is_in(*parent))
    }
}

fn tip(rows: Picture) -> Told {
    let versions = rows.iter().enumerate().map(|(at, (number, _, text))| {
        assert_eq!(at, *number);
        let records = text.split(' ').filter(|word| !["", "?"].contains(word));
        Rc::new(Version {
            records: records.map(|word| Rc::new(record(word))).collect(),
            is_whole: !text.ends_with('?'),
        })
    });
    Told {
        picture: Rc::new(versions.collect()),
        rows,
        number: rows.len() - 1,
    }
}

fn record(word: &str) -> Record {
    let (letter, ttl) = word.split_at(1);
    Record {
        owner: Name::from_text("a").unwrap(),
        ttl: Ttl::from_secs(ttl.parse().unwrap_or(1)),
        class: Class::IN,
        rtype: Rtype::TXT,
        rdata: [1, letter.as_bytes()[0]].into(),
        at: Pos::default(),
    }
}

fn letter(record: &Record) -> char {
    char::from(record.rdata[1])
}

/// `a0 b2/3`: a came with 0; b with 2, its TTL with 3.
fn blamed(rows: Picture) -> String {
    let Ok(blamed) = blame(tip(rows));
    let words = blamed.iter().map(|blamed| {
        let (letter, brought_by) = (letter(&blamed.record), blamed.brought_by);
        match blamed.ttl_by == brought_by {
            true => format!("{letter}{brought_by}"),
            false => format!("{letter}{brought_by}/{}", blamed.ttl_by),
        }
    });
    words.collect::<Vec<_>>().join(" ")
}

/// `2:-a+b 0:+a`, newest first; `=c` for a TTL; what came from a side in parentheses.
fn logged(rows: Picture) -> String {
    let Ok(entries) = log(tip(rows), usize::MAX);
    entries_in_words(&entries)
}

fn entries_in_words(entries: &[Entry<usize>]) -> String {
    let words = entries.iter().map(|entry| {
        let changes = entry.changes.iter().map(|change| match change {
            Change::Removed(record) => format!("-{}", letter(record)),
            Change::Added(record) => format!("+{}", letter(record)),
            Change::Ttl { after, .. } => format!("={}", letter(after)),
        });
        let told = format!("{}:{}", entry.commit, changes.collect::<String>());
        match entry.sides.is_empty() {
            true => told,
            false => format!("{told}({})", entries_in_words(&entry.sides)),
        }
    });
    words.collect::<Vec<_>>().join(" ")
}

#[test]
fn a_line_of_commits() {
    let rows: Picture = &[
        (0, &[], "a b"),
        (1, &[0], "a b"),
        (2, &[1], "a c"),
        (3, &[2], "a9 c"),
        (4, &[3], "c"),
        (5, &[4], "a c d"),
        (6, &[5], "a c8 d"),
    ];
    assert_eq!(blamed(rows), "a5 c2/6 d5");
    assert_eq!(logged(rows), "6:=c 5:+a+d 4:-a 3:=a 2:-b+c 0:+a+b");
}

#[test]
fn a_merge_is_asked_who_brought_it() {
    // 0 - 1 ----- 4 - 5      2 and 3 on the side, 4 the merge
    //  \- 2 - 3 -/
    let rows: Picture = &[
        (0, &[], "a b"),
        (1, &[0], "a b c"),
        (2, &[0], "a b d"),
        (3, &[2], "a b9 d"),
        (4, &[1, 3], "a b9 c d e"),
        (5, &[4], "a b9 c d e"),
    ];
    assert_eq!(blamed(rows), "a0 b0/3 c1 d2 e4");
    assert_eq!(logged(rows), "4:=b+d+e(3:=b 2:+d) 1:+c 0:+a+b");
}

#[test]
fn a_record_of_both_sides_is_that_of_the_first_parent() {
    let rows: Picture = &[
        (0, &[], ""),
        (1, &[0], "a"),
        (2, &[0], "a7 b"),
        (3, &[1, 2], "a7 b"),
    ];
    assert_eq!(blamed(rows), "a1/2 b2");
}

#[test]
fn what_the_first_parent_dropped_and_the_side_kept_is_as_old_as_the_side_knows() {
    let rows: Picture = &[
        (0, &[], "a"),
        (1, &[0], ""),
        (2, &[0], "a b"),
        (3, &[1, 2], "a b"),
    ];
    assert_eq!(blamed(rows), "a0 b2");
    assert_eq!(logged(rows), "3:+a+b(2:+b) 1:-a 0:+a");
}

#[test]
fn a_side_is_told_once_and_up_to_where_it_left_the_branch() {
    // The side takes the branch in at 4, is merged at 5 and, going on, at 7.
    let rows: Picture = &[
        (0, &[], "a"),
        (1, &[0], "b"),
        (2, &[0], "a x"),
        (3, &[1], "b c"),
        (4, &[2, 3], "b c x"),
        (5, &[3, 4], "b c x"),
        (6, &[4], "b c x y"),
        (7, &[5, 6], "b c x y"),
    ];
    assert_eq!(
        logged(rows),
        "7:+y(6:+y) 5:+x(4:-a+b+c 2:+x) 3:+c 1:-a+b 0:+a"
    );
    assert_eq!(blamed(rows), "b1 c3 x2 y6");
}

#[test]
fn mistakes_hide_and_do_not_remove() {
    let rows: Picture = &[
        (0, &[], "a b c"),
        (1, &[0], "a ?"),
        (2, &[1], "a d5 ?"),
        (3, &[2], "a b d e"),
    ];
    assert_eq!(blamed(rows), "a0 b0 d2/3 e3");
    assert_eq!(logged(rows), "3:-c=d+e 2:+d 0:+a+b+c");
}

#[test]
fn a_history_may_begin_and_end_with_mistakes() {
    let rows: Picture = &[(0, &[], "a ?"), (1, &[0], "a b"), (2, &[1], "a c ?")];
    assert_eq!(blamed(rows), "a0 c2");
    assert_eq!(logged(rows), "2:+c 1:+b 0:+a");
}

#[test]
fn a_side_with_mistakes_hides_only_what_no_parent_shows() {
    let rows: Picture = &[
        (0, &[], "b"),
        (1, &[0], "?"),
        (2, &[0], "a"),
        (3, &[1, 2], "a b c"),
    ];
    assert_eq!(blamed(rows), "a2 b0 c3");
}
