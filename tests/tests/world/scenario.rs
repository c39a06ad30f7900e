//! What happens to a world: made from a seed, and small enough to be read.

use std::time::Duration;

use primary::{Durability, Milestone};
use stack_sim::{Random, Weather};

use crate::mutation::Mutation;

/// Everything that makes one run; two that are equal run alike, octet by octet.
#[derive(Debug, Clone)]
pub(crate) struct Scenario {
    pub(crate) seed: u64,
    pub(crate) secondaries: Vec<Secondary>,
    /// Whether another machine has the repository, and what an update must have become before it is acknowledged then.
    pub(crate) far: Option<Durability>,
    /// Records of the zone that nobody touches: what changes is less than all.
    pub(crate) hosts: usize,
    /// How long it takes, until all is well again.
    pub(crate) troubled: Duration,
    pub(crate) deeds: Vec<(Duration, Deed)>,
    pub(crate) mutation: Option<Mutation>,
}

/// A secondary, as it begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Secondary {
    /// Whether it keeps its zones over a restart.
    pub(crate) keeps: bool,
    /// Whom it follows: the primary, or a secondary before it.
    pub(crate) source: Host,
}

/// A host of the world.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Host {
    Primary,
    Secondary(usize),
    Client,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Deed {
    /// A person pushes a commit. With a milestone it comes between, when the server is there in its own work.
    Push(Edit, Option<Milestone>),
    /// A person pushes when the server is about to, where another machine has the repository.
    Race(Edit),
    /// A person takes back what the last commits did, with a commit that says what was before so many.
    Revert(usize),
    /// A person puts another commit in place of the newest one, and the operator accepts that.
    Force,
    /// A program has a record added, or taken out.
    Update {
        token: Token,
        is_added: bool,
    },
    /// A process is killed, now or as soon as it comes to a milestone, and begins again soon.
    Kill(Host, Option<Milestone>),
    Part(Host, Host),
    /// The machine with the repository cannot be reached, if it is another one.
    Away,
    Join,
    Weather(Weather),
    /// The clock on the wall of a host jumps.
    Jump(Host, i64),
    /// Somebody asks the primary, or a secondary, a question.
    Ask(Host),
}

/// A record that programs have added and taken out, by its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Token {
    /// One that becomes a line in Git.
    Line(u32),
    /// A proof for a certificate: served, and never in Git.
    Brief(u32),
}

impl Token {
    /// Its owner, below the zone.
    pub(crate) fn owner(self) -> String {
        match self {
            Token::Line(number) => format!("t{number}"),
            Token::Brief(number) => format!("{BRIEF}.b{number}"),
        }
    }
}

/// The first label of records that are never in Git.
pub(crate) const BRIEF: &str = "_acme-challenge";

/// What a person changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Edit {
    /// The number that several records share.
    Number(u16),
    /// Another host, with a comment.
    Host(u8),
    /// A comment only.
    Remark(u8),
    /// The whole file is wrong.
    Mistake,
}

const MILESTONES: [Milestone; 4] = [
    Milestone::Stored,
    Milestone::Moved,
    Milestone::Promised,
    Milestone::Published,
];

/// Of so many histories one is long: many deeds, three secondaries, a larger zone. What goes wrong does so mostly with few.
const LONG: u64 = 21;
/// Of 100 histories in so many another machine has the repository and updates are pushed later, and in as many before they
/// are acknowledged: each costs as much as three others.
const FAR: u64 = 4;
const BOTH: u64 = 2 * FAR;

impl Scenario {
    pub(crate) fn of(seed: u64) -> Scenario {
        let mut random = Random::seeded(seed);
        let is_long = seed.is_multiple_of(LONG);
        let (most, secs, hosts) = match is_long {
            true => (7 + random.below(14), 100, 40),
            false => (2 + random.below(5), 20, 8),
        };
        let count = if is_long {
            3
        } else {
            1 + random.below(2) as usize
        };
        let secondaries = secondaries(&mut random, count);
        let far = match random.below(100) {
            0..FAR => Some(Durability::Local),
            FAR..BOTH => Some(Durability::Pushed),
            _ => None,
        };
        let troubled = Duration::from_secs(secs);
        let mut made = Made {
            secondaries: count as u64,
            is_far: far.is_some(),
            lines: 0,
            briefs: 0,
        };
        // Some come in bursts, so that they meet.
        let mut at = Duration::from_secs(1);
        let mut deeds = Vec::new();
        for _ in 0..most {
            let pause = match random.chance(60) {
                true => random.below(15),
                false => random.below(secs * 120),
            };
            at = (at + Duration::from_millis(pause)).min(troubled);
            deeds.push((at, deed(&mut random, &mut made)));
        }
        Scenario {
            seed,
            secondaries,
            far,
            hosts,
            troubled,
            deeds,
            mutation: None,
        }
    }
}

fn secondaries(random: &mut Random, count: usize) -> Vec<Secondary> {
    let secondary = |number: usize| Secondary {
        keeps: random.chance(50),
        source: match number > 0 && random.chance(40) {
            true => Host::Secondary(number - 1),
            false => Host::Primary,
        },
    };
    (0..count).map(secondary).collect()
}

/// What deeds are made from.
struct Made {
    secondaries: u64,
    is_far: bool,
    /// Numbers of tokens so far.
    lines: u32,
    briefs: u32,
}

fn deed(random: &mut Random, made: &mut Made) -> Deed {
    let secondaries = made.secondaries;
    let host = |random: &mut Random| match random.below(secondaries + 1) {
        0 => Host::Primary,
        number => Host::Secondary(number as usize - 1),
    };
    match random.below(100) {
        0..38 => update(random, made),
        38..44 if made.is_far => Deed::Race(edit(random)),
        38..54 => {
            let milestone = random.chance(30).then(|| milestone(random));
            Deed::Push(edit(random), milestone)
        }
        54..58 => Deed::Revert(1 + random.below(4) as usize),
        58..61 => Deed::Force,
        61..74 => {
            let host = host(random);
            let milestone = (host == Host::Primary && random.chance(70)).then(|| milestone(random));
            Deed::Kill(host, milestone)
        }
        74..76 if made.is_far => Deed::Away,
        74..78 => Deed::Part(Host::Primary, host(random)),
        78..81 => Deed::Join,
        81..87 => Deed::Weather(weather(random)),
        87..90 => Deed::Jump(host(random), random.below(1200) as i64 - 600),
        _ => Deed::Ask(host(random)),
    }
}

fn update(random: &mut Random, made: &mut Made) -> Deed {
    let is_brief = random.chance(30);
    let (so_far, token): (_, fn(u32) -> Token) = match is_brief {
        true => (&mut made.briefs, Token::Brief),
        false => (&mut made.lines, Token::Line),
    };
    let is_added = *so_far == 0 || random.chance(75);
    *so_far += u32::from(is_added);
    let number = match is_added {
        true => *so_far,
        false => 1 + random.below(u64::from(*so_far)) as u32,
    };
    Deed::Update {
        token: token(number),
        is_added,
    }
}

fn milestone(random: &mut Random) -> Milestone {
    *random.pick(&MILESTONES).expect("four")
}

fn edit(random: &mut Random) -> Edit {
    match random.below(10) {
        0..5 => Edit::Number(random.below(60_000) as u16),
        5..7 => Edit::Host(random.below(200) as u8),
        7..9 => Edit::Remark(random.below(200) as u8),
        _ => Edit::Mistake,
    }
}

fn weather(random: &mut Random) -> Weather {
    Weather {
        loss: random.below(60) as u8,
        doubles: random.below(30) as u8,
        cuts: random.below(20) as u8,
        delay_least: Duration::from_millis(1),
        delay_most: Duration::from_millis(1 + random.below(2000)),
    }
}

/// Drops what the failure does not need: first halves, then single deeds.
pub(crate) fn shrink(scenario: &Scenario, fails: impl Fn(&Scenario) -> bool) -> Scenario {
    let mut best = scenario.clone();
    let mut size = best.deeds.len().div_ceil(2);
    while size > 0 {
        let mut from = 0;
        while from < best.deeds.len() {
            let mut less = best.clone();
            let end = (from + size).min(less.deeds.len());
            less.deeds.drain(from..end);
            match fails(&less) {
                true => best = less,
                false => from += size,
            }
        }
        size /= 2;
    }
    best
}
